from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import RefusedError, ServiceError
from aapimport.plan.make import Memory, draft_plan, new_receipt
from aapimport.plan.plan import Action, Plan
from aapimport.services.values import EmailKind
from aapimport.template.roles import Role
from support.stub import ScimStub
from support.uploading import Uploading, checked, people, person, services
from support.wire import error, instead


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person to be uploaded to two scripted services."""
    return Uploading(portal=portal_stub, jhana=jhana_stub, journal_path=tmp_path / "j.sqlite3")


def test_planning_writes_nothing(uploading: Uploading):
    """Both services are only read."""
    uploading.rows = people(20, team="Sales", jhana=True)
    plan = uploading.plan()
    assert plan.portal[Action.CREATE] == plan.jhana[Action.CREATE] == plan.seats == 20
    assert not uploading.portal.writes
    assert not uploading.jhana.writes


def test_who_is_new_changed_and_the_same(uploading: Uploading):
    """Each person's step says what differs, a seat is used only by those new to the pass."""
    on_pass = [{"value": "p26", "type": "pass"}]
    manager = [{"value": "manager"}]
    uploading.portal.add_user("P2@acme.com", roles=manager, entitlements=on_pass)
    uploading.portal.add_user("p3@acme.com", roles=manager)
    uploading.portal.add_user("p4@acme.com", roles=manager, entitlements=on_pass, active=False)
    uploading.rows = people(4)
    uploading.options = replace(uploading.options, returning="include")
    plan = uploading.plan()
    assert [one.action for one in plan.people] == [
        Action.SAME,
        Action.CHANGE,
        Action.CHANGE,
        Action.CREATE,
    ]
    assert [one.seat for one in plan.people] == [False, True, False, True]
    assert [change.attribute for change in plan.people[1].portal.changes] == ["pass"]
    assert [change.attribute for change in plan.people[2].portal.changes] == ["account"]


def test_roles_and_names_are_kept_unless_asked(uploading: Uploading):
    """An existing person's role and names differ and stay, or change when the flag is given."""
    on_pass = [{"value": "p26"}]
    uploading.portal.add_user("p2@acme.com", "Anna", roles=[{"value": "x"}], entitlements=on_pass)
    (one,) = uploading.plan().people
    assert one.action is Action.SAME
    assert {change.attribute for change in one.portal.kept} == {"role", "first name"}
    uploading.options = replace(uploading.options, update_roles=True, update_names=True)
    (one,) = uploading.plan().people
    assert {change.attribute for change in one.portal.changes} == {"role", "first name"}


def test_who_is_mailed(uploading: Uploading):
    """New people get one e-mail, combined with Jhana's where both are new; others get none."""
    uploading.portal.add_user("p2@acme.com")
    uploading.jhana.add_user("p4@acme.com")
    uploading.rows = (*people(4, jhana=True), person(6))
    kinds = [one.email for one in uploading.plan().people]
    assert kinds == [
        EmailKind.JHANA,
        EmailKind.COMBINED,
        EmailKind.PORTAL,
        EmailKind.COMBINED,
        EmailKind.PORTAL,
    ]


def test_a_member_does_not_join_again(uploading: Uploading):
    """Who is in the team takes no place there."""
    identifier = uploading.portal.add_user("p2@acme.com")
    uploading.portal.store.groups["team-1"]["members"] = [{"value": identifier}]
    uploading.rows = people(2, team="SALES")
    assert [one.team is None for one in uploading.plan().people] == [True, False]


def test_two_teams_of_one_name_are_not_guessed_between(uploading: Uploading):
    """Names of Groups are not unique: people are not put into the wrong one."""
    uploading.portal.add_team("Sales", 10, "p26")
    uploading.rows = people(2, team="Sales")
    with pytest.raises(
        RefusedError, match="'Sales' is the name of several teams on the pass: Users!E2:E3"
    ):
        uploading.plan()


def test_a_team_of_another_pass_is_not_on_this_one(uploading: Uploading):
    """The same name on last year's pass doesn't count."""
    uploading.portal.store.groups.clear()
    uploading.portal.add_team("Sales", 10, "p25")
    uploading.rows = people(1, team="Sales")
    with pytest.raises(RefusedError, match="not on the pass"):
        uploading.plan()


@pytest.mark.parametrize(("free", "fits"), [(3, True), (2, False), (0, False)])
def test_seats_are_a_gate(uploading: Uploading, free: int, fits: bool):
    """Exactly enough seats is enough; one too few refuses everybody and says who."""
    uploading.portal.add_user("boss@acme.com", "Li", "Wei")
    uploading.portal.store.passes["p26"]["seatsUsed"] = 100 - free
    uploading.rows = people(3)
    if fits:
        assert uploading.plan().seats == 3
        return
    with pytest.raises(RefusedError, match=rf"has {free} free seats, this file needs 3; no seat"):
        uploading.plan()


def test_unpublished_seats_are_not_pretended(uploading: Uploading):
    """Without /Passes the pass is what was typed, and a notice says what can't be checked."""
    uploading.portal.habits.passes = False
    plan = uploading.plan()
    assert (plan.pass_.id, plan.pass_.free) == ("Leadership 2026", None)
    assert any("does not publish its seats" in notice for notice in plan.notices)


def test_two_passes_of_one_name_are_not_guessed_between(uploading: Uploading):
    """A name that two passes have names neither; the id does."""
    uploading.portal.add_pass("p27", "Leadership 2026", 5)
    with pytest.raises(RefusedError, match="2 passes"):
        uploading.plan()
    uploading.options = replace(uploading.options, pass_name="P27")
    assert uploading.plan().pass_.id == "p27"


@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_one_witness_of_who_is_new_is_said_and_asked_about(uploading: Uploading, service: str):
    """Where look-ups find nobody, only the list says who is new; a proven 409 ends the question."""
    stub = uploading.portal if service == "portal" else uploading.jhana
    stub.habits.filters = "empty"
    stub.add_user("li@acme.com", "Li", "Wei")
    uploading.rows = people(2, jhana=True)
    plan = planned(uploading, Memory())
    (doubt,) = plan.doubts
    assert doubt.flag == "--unproven"
    assert doubt.sentence.startswith("only the list of accounts of ")
    assert doubt.sentence in plan.notices
    plan = planned(uploading, Memory(unique=frozenset({service})))
    assert plan.doubts == ()
    assert doubt.sentence in plan.notices
    uploading.rows = (person(2, email="li@acme.com", jhana=True),)
    other = uploading.jhana if service == "portal" else uploading.portal
    other.add_user("LI@acme.com", "Li", "Wei")
    assert planned(uploading, Memory()).doubts == ()


def planned(uploading: Uploading, memory: Memory) -> Plan:
    """What an upload could do, with what earlier ones know."""
    with services(uploading.portal, uploading.jhana) as both:
        return draft_plan(checked(uploading.rows), both, uploading.options, memory)


def test_an_account_that_can_not_be_read_is_named(uploading: Uploading):
    """It forbids nothing."""
    uploading.portal.add_user("li@acme.com", "Li", "Wei")
    uploading.portal.store.users["odd"] = {"id": "odd", "name": {"givenName": "Nameless"}}
    plan = uploading.plan()
    assert plan.portal[Action.CREATE] == 1
    assert [one for one in plan.notices if one.startswith("an account can't be read: ")]


def test_a_team_that_can_not_be_read_stops_the_plan(uploading: Uploading):
    """Who is in a team is never taken for nobody because the question failed."""
    uploading.rows = people(1, team="Sales")
    uploading.portal.on("GET", "/Groups/.*", instead(error(500)), times=10)
    with pytest.raises(ServiceError, match="Sales"):
        uploading.plan()


def test_receipts_have_no_letters_that_look_alike():
    """A number that is read over the telephone arrives as it is."""
    receipts = {new_receipt() for _ in range(500)}
    assert len(receipts) == 500
    assert not set("".join(receipts)) & set("01IO")
    assert {len(receipt) for receipt in receipts} == {6}


def test_whoever_would_be_no_client_admin_any_more_is_named(uploading: Uploading):
    """A blank cell means manager: with `--update-roles` one empty column is enough."""
    admin = [{"value": Role.CLIENT_ADMIN.value}]
    uploading.portal.add_user("p2@acme.com", roles=admin)
    uploading.portal.add_user("p3@acme.com", roles=[{"value": Role.FACILITATOR.value}])
    uploading.rows = people(2)
    assert not any("client admin" in one for one in uploading.plan().notices)
    uploading.options = replace(uploading.options, update_roles=True)
    said = "no longer client admin after this: p2@acme.com (row 2)"
    assert said in uploading.plan().notices
    uploading.rows = (person(2, role=Role.CLIENT_ADMIN), person(3))
    assert said not in uploading.plan().notices
