from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.plan.plan import Action
from aapimport.services.scim import AAP_GROUP
from support.stub import ScimStub
from support.undoing import begun, go_on
from support.uploading import Uploading, people
from support.wire import as_json, error, instead

PASS = "Leadership 2026"
IS_GROUP = "the pass is the Group of that name"


@pytest.fixture
def group(portal_stub: ScimStub) -> str:
    """The Group that stands for the pass; returns its id."""
    return portal_stub.add_team(PASS, 100)


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Three people in two teams' worth of rows, and the pass as a Group."""
    upload = Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        rows=people(3, team="Sales"),
        emails=False,
    )
    upload.options = replace(upload.options, pass_as="group")
    return upload


def _members(stub: ScimStub, group: str) -> set[str]:
    return {one["value"] for one in stub.store.groups[group].get("members", [])}


def test_being_on_the_pass_is_being_in_the_group(uploading, portal_stub, group):
    """People become members, nobody gets an entitlement, and a seat is used for each."""
    plan = uploading.plan()
    assert any(IS_GROUP in notice for notice in plan.notices)
    assert plan.seats == 3
    report = uploading.run()
    assert report.services.portal.created == 3
    assert report.seats.used == 3
    assert _members(portal_stub, group) == set(portal_stub.store.users)
    assert not any(one.get("entitlements") for one in portal_stub.store.users.values())


def test_members_use_no_seat_and_are_the_same(uploading, portal_stub, group):
    """The second upload of the same people writes nothing."""
    uploading.run()
    writes = len(portal_stub.writes)
    plan = uploading.plan()
    assert plan.seats == 0
    assert {one.action for one in plan.people} == {Action.SAME}
    assert uploading.run().services.portal.same == 3
    assert len(portal_stub.writes) == writes


def test_somebody_who_is_there_and_not_on_the_pass_joins_it(uploading, portal_stub, group):
    """Joining the Group is a change of the account, and takes a seat."""
    portal_stub.add_user("p2@acme.com")
    plan = uploading.plan()
    assert plan.portal[Action.CHANGE] == 1
    assert plan.seats == 3
    assert uploading.run().services.portal.changed == 1
    assert len(_members(portal_stub, group)) == 3


def test_a_group_that_refuses_people_uses_no_seat(uploading, portal_stub, group):
    """An account without the membership is there, but not on the pass, and counts no seat."""
    portal_stub.on("PATCH", f"/Groups/{group}", instead(error(422, "closed")), times=99)
    report = uploading.run()
    assert report.services.portal.created == 3
    assert {one.but for one in report.people} == {"pass: not on the pass"}
    assert report.exit_code is ExitCode.FINDINGS
    assert "pass: closed" in report.people[0].reason
    assert report.seats.used == 0


def test_whom_the_group_refused_is_not_welcomed(uploading, portal_stub, group):
    """A welcome to a pass that somebody isn't on can't be unsent."""
    uploading.emails = True
    portal_stub.on("PATCH", f"/Groups/{group}", instead(error(422, "closed")), times=99)
    report = uploading.run()
    assert portal_stub.store.mails == []
    assert {one.email_state for one in report.people} == {"needs_person"}
    assert "e-mail: not mailed: not on the pass" in report.people[0].reason


def test_a_portal_without_the_group_refuses_the_plan(uploading, portal_stub):
    """`group` is an order: nobody is created without being put on the pass."""
    with pytest.raises(RefusedError, match="has no Groups for pass 'Leadership 2026'"):
        uploading.plan()
    assert portal_stub.writes == []


def test_two_groups_of_the_name_refuse_the_plan(uploading, portal_stub, group):
    """Names of Groups are not unique on many services; nothing is guessed."""
    portal_stub.add_team(PASS, 100)
    with pytest.raises(RefusedError, match="has 2 Groups"):
        uploading.plan()


def test_auto_takes_the_entitlement_where_it_is_kept(uploading, portal_stub, group):
    """A Group of the pass's name changes nothing on a portal that keeps entitlements."""
    uploading.options = replace(uploading.options, pass_as="auto")
    plan = uploading.plan()
    assert not any(IS_GROUP in notice for notice in plan.notices)
    uploading.run()
    assert _members(portal_stub, group) == set()


@pytest.mark.parametrize("team", ["Sales", None])
def test_who_was_taken_out_of_the_group_since_is_left_alone(uploading, portal_stub, group, team):
    """Between two sessions: neither mailed nor put into a team, and named."""
    uploading.emails = True
    uploading.rows = people(2, team=team)
    path, body = ("/Groups/team-1", "") if team else ("/Users/.*", "welcomeEmail")
    portal_stub.on("PATCH", path, instead(error(401)), times=99, body=body)
    with suppress(AapimportError):
        uploading.run()
    portal_stub._rules.clear()
    inside = portal_stub.store.groups[group]["members"]
    assert len(inside) == 2
    portal_stub.store.groups[group]["members"] = [one for one in inside if one["value"] == "user-1"]
    first, second = uploading.run().people
    assert first.email_state == "sent"
    assert "isn't on the pass any more" in second.reason
    assert [mail[0] for mail in portal_stub.store.mails] == ["p2@acme.com"]
    assert "user-2" not in _members(portal_stub, "team-1")


def test_who_was_taken_out_is_left_alone_where_others_were_put_back(uploading, portal_stub, group):
    """What else a step says is no word of the portal that had to do."""
    uploading.emails, uploading.rows = True, people(2)
    portal_stub.habits.replaces_members = True
    former = portal_stub.add_user("former@acme.com")
    portal_stub.store.groups[group]["members"] = [{"value": former}]
    portal_stub.on("PATCH", "/Users/.*", instead(error(401)), times=99, body="welcomeEmail")
    with suppress(AapimportError):
        uploading.run()
    portal_stub._rules.clear()
    taken = portal_stub.store.groups[group]["members"].pop()["value"]
    assert taken != former
    first, second = uploading.run().people
    assert "former members were gone after the write and were put back" in first.reason
    assert {first.email_state, second.email_state} == {"sent", "needs_person"}
    assert len(portal_stub.store.mails) == 1


@pytest.mark.parametrize("shows", ["404", "a part", "none"])
def test_a_group_that_does_not_show_all_proves_nobodys_absence(
    uploading, portal_stub, group, shows
):
    """It may be gone for a moment, or list a part of its members only."""
    uploading.emails, uploading.rows = True, people(2)
    portal_stub.on("PATCH", "/Users/.*", instead(error(401)), times=99, body="welcomeEmail")
    with suppress(AapimportError):
        uploading.run()
    portal_stub._rules.clear()
    if shows == "404":
        portal_stub.on("GET", f"/Groups/{group}", instead(error(404)), times=9)
        uploading.run()
        assert portal_stub.store.mails == []
        portal_stub._rules.clear()
    else:
        shown = {"id": group, "displayName": PASS, AAP_GROUP: {"placesUsed": 2}}
        shown |= {"members": [{"value": "user-1"}]} if shows == "a part" else {}
        portal_stub.on("GET", f"/Groups/{group}", instead(as_json(200, shown)), times=99)
    assert {one.email_state for one in uploading.run().people} == {"sent"}


def test_an_undo_leaves_on_the_pass_whom_a_later_upload_has(uploading, portal_stub, group):
    """That one has found them there: nobody is taken off it by an undo of the first."""
    uploading.rows = people(3)
    first = uploading.run()
    uploading.run()
    done = go_on(uploading, begun(uploading, first.receipt))
    assert (done.taken_back, done.half) == (0, 0)
    assert _members(portal_stub, group) == set(portal_stub.store.users)
