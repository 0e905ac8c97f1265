"""A repair is cut off at every commit, loses answers, and meets lists that prove nothing."""

import copy
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from aapimport.app.undo import _undo_of
from aapimport.errors import ServiceError
from aapimport.plan.names import which_pass
from aapimport.run.comparing import compare
from aapimport.run.journal import Journal
from aapimport.run.records import State, StepKind
from aapimport.template.roles import Role
from support.repairing import PASS, begun, compared, go_on, kinds, user
from support.setting_values import through_kills
from support.uploading import Uploading, people, services
from support.wire import RESET, after_acting, as_json, error, instead


@pytest.fixture(autouse=True, params=["kept", "erased"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both while the journal keeps names and addresses, and when it has erased them."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)


def lost(uploading: Uploading) -> Uploading:
    """Six people with Jhana in a team; an upload whose answers about two of them were lost.

    One was there with another role, and one wasn't put into the team; two were renamed on the
    portal, and one was closed there.
    """
    uploading.portal.add_user("p2@acme.com", roles=[{"value": "facilitator", "primary": True}])
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}, {"value": "else"}]
    uploading.rows = people(6, team="Sales", jhana=True, role=Role.MANAGER)
    uploading.options = replace(uploading.options, update_roles=True)
    uploading.emails = False
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        role = journal.step(receipt, 2, "portal")
        team = journal.step(receipt, 3, "portal", StepKind.TEAM)
        assert role
        assert team
        journal.record(receipt, [replace(role, state=State.DOUBT, attempts=1)])
        journal.record(receipt, [replace(team, state=State.DOUBT, attempts=1)])
    p2 = user(uploading.portal, "p2@acme.com")
    p2["roles"] = [{"value": "facilitator", "primary": True}]
    members = uploading.portal.store.groups["team-1"]["members"]
    gone = user(uploading.portal, "p3@acme.com")["id"]
    uploading.portal.store.groups["team-1"]["members"] = [
        one for one in members if one["value"] != gone
    ]
    for row in (4, 5):
        user(uploading.portal, f"p{row}@acme.com")["name"] = {
            "givenName": "Ana",
            "familyName": f"Perez-{'AB'[row - 4]}",
        }
    user(uploading.portal, "p6@acme.com")["active"] = False
    return uploading


ALL = {
    ("p2@acme.com", "role", True),
    ("p3@acme.com", "team", True),
    ("p4@acme.com", "name", True),
    ("p5@acme.com", "name", True),
    ("p6@acme.com", "off on the portal", True),
}


def state(uploading: Uploading) -> dict[str, Any]:
    """What both services hold."""
    return {
        "users": copy.deepcopy(uploading.portal.store.users),
        "groups": copy.deepcopy(uploading.portal.store.groups),
        "jhana": copy.deepcopy(uploading.jhana.store.users),
        "seats": copy.deepcopy(uploading.portal.store.seats),
    }


def is_right(uploading: Uploading, before: dict[str, Any]) -> None:
    """All is put right, and nothing else is otherwise than before."""
    wanted = copy.deepcopy(before)
    p2 = user(uploading.portal, "p2@acme.com")["id"]
    wanted["users"][p2]["roles"] = [{"value": "manager", "primary": True}]
    p3 = user(uploading.portal, "p3@acme.com")["id"]
    for one in wanted["jhana"].values():
        mine = user(uploading.portal, one["userName"])
        if one["userName"] in {"p4@acme.com", "p5@acme.com"}:
            one["name"] = one["name"] | mine["name"]
            one["displayName"] = mine["displayName"]  # the portal's own, which nobody changed
        if one["userName"] == "p6@acme.com":
            one["active"] = False
    now = state(uploading)
    assert [it["value"] for it in now["groups"]["team-1"]["members"]] == [
        *(it["value"] for it in before["groups"]["team-1"]["members"]),
        p3,
    ]
    now["groups"] = wanted["groups"]
    assert now == wanted
    assert uploading.portal.store.mails == uploading.jhana.store.mails == []


def test_what_was_lost_is_set_again(uploading: Uploading) -> None:
    """Role and team of whom an answer was lost; a second comparison finds nothing."""
    lost(uploading)
    assert kinds(compared(uploading)) == ALL
    before = state(uploading)
    report = go_on(uploading, begun(uploading))
    assert (report.repaired, report.not_repaired, report.unfinished) == (5, 0, 0)
    is_right(uploading, before)
    assert kinds(compared(uploading)) == set()


def test_what_somebody_wanted_undone_is_not_set_again(uploading: Uploading) -> None:
    """Nothing of it could be taken back, as answers were lost: it isn't carried out instead."""
    lost(uploading)
    with Journal(uploading.journal_path) as journal:
        for run in journal.runs():
            journal.ask_back(run.receipt)
    found = compared(uploading)
    assert not [one for one in found.repairable if one.kind.value in {"role", "team"}]
    assert any("wanted upload" in one.why_not for one in found.differences)


def wanted_again(uploading: Uploading) -> set[str]:
    """Whose role or team a repair would set again, as their upload wants it."""
    found = compared(uploading).repairable
    return {one.email for one in found if one.kind.value in {"role", "team"}}


@pytest.mark.parametrize("ended", [False, True])
def test_an_undo_of_the_whole_upload_is_about_everybody(
    uploading: Uploading, *, ended: bool
) -> None:
    """Also about whom it has nothing to take back; not where it was ended as it was."""
    lost(uploading)
    people = wanted_again(uploading)
    assert people == {"p2@acme.com", "p3@acme.com"}
    with Journal(uploading.journal_path) as journal:
        for run in journal.runs():
            undo = _undo_of(run, None, {})
            journal.begin_back(undo, (), ())
            (journal.close if ended else journal.finish)(undo.receipt)
    assert wanted_again(uploading) == (people if ended else set())


@pytest.mark.parametrize("done", [False, True])
def test_an_undo_of_some_rows_is_about_these_alone(uploading: Uploading, *, done: bool) -> None:
    """Whether something of them could be taken back or not."""
    lost(uploading)
    with Journal(uploading.journal_path) as journal:
        for run in journal.runs():
            if done:
                undo = _undo_of(run, frozenset({3}), {})
                journal.begin_back(undo, (), ())
                journal.finish(undo.receipt)
            else:
                journal.ask_back(run.receipt, {3})
    assert wanted_again(uploading) == {"p2@acme.com"}


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_commit_loses_nothing(uploading: Uploading, *, after: bool) -> None:
    """Killed at the first commit, resumed and killed at the second, and so on until it is through.

    Whatever was done already is never sent again: a write changes something each time.
    """
    lost(uploading)
    before = state(uploading)
    run = begun(uploading)
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    report = through_kills(partial(go_on, uploading, run), after=after)
    assert (report.repaired, report.not_repaired, report.unfinished) == (5, 0, 0)
    is_right(uploading, before)
    for stub in (uploading.portal, uploading.jhana):
        writes = Counter((it.path, it.body) for it in stub.writes)
        assert set(writes.values()) == {1}
        assert not stub.creates


def test_lost_answers_are_looked_up(uploading: Uploading) -> None:
    """What was carried out all the same is done, and what wasn't is sent again."""
    lost(uploading)
    before = state(uploading)
    run = begun(uploading)
    for fault in (after_acting(RESET), instead(RESET)):
        uploading.portal.on("PATCH", "/.*", fault)
        uploading.jhana.on("PATCH", "/.*", fault)
    report = go_on(uploading, run)
    assert (report.repaired, report.not_repaired, report.unfinished) == (5, 0, 0)
    is_right(uploading, before)


def test_what_changes_between_plan_and_write_is_left(uploading: Uploading) -> None:
    """On either service; nothing of theirs is written over, and they are named."""
    lost(uploading)
    run = begun(uploading)
    user(uploading.portal, "p2@acme.com")["roles"] = [{"value": "individualcontributor"}]
    user(uploading.portal, "p3@acme.com")["entitlements"] = []
    user(uploading.portal, "p4@acme.com")["name"] = {"givenName": "Ana", "familyName": "Ng"}
    user(uploading.jhana, "p5@acme.com")["name"] = {"givenName": "Ana", "familyName": "Ko"}
    user(uploading.portal, "p6@acme.com")["active"] = True
    before = state(uploading)
    report = go_on(uploading, run)
    assert (report.repaired, report.not_repaired, report.unfinished) == (0, 5, 0)
    assert {one.reason.partition(": ")[2] for one in report.effects} == {
        "role is individualcontributor",
        "not on the pass",
        "the name on the portal",
        "the name on Jhana",
        "switched on again on the portal",
    }
    assert state(uploading) == before


def test_rights_and_accounts_that_were_handed_on_are_left_alone(uploading: Uploading) -> None:
    """Whoever became a client admin, or somebody else, since the repair was approved."""
    lost(uploading)
    run = begun(uploading)
    for row in (2, 3, 4):
        user(uploading.portal, f"p{row}@acme.com")["roles"] = [{"value": "client admin"}]
    for stub in (uploading.portal, uploading.jhana):
        user(stub, "p5@acme.com")["userName"] = "zoe@acme.com"
        user(stub, "p6@acme.com")["userName"] = "noa@acme.com"
    before = state(uploading)
    report = go_on(uploading, run)
    assert (report.repaired, report.not_repaired) == (0, 5)
    assert state(uploading) == before


def test_a_refusal_is_the_persons_own(uploading: Uploading) -> None:
    """The others are put right all the same."""
    lost(uploading)
    run = begun(uploading)
    path = f"/Users/{user(uploading.jhana, 'p4@acme.com')['id']}"
    uploading.jhana.on("PATCH", path, instead(error(422, "closed")), times=9)
    report = go_on(uploading, run)
    assert (report.repaired, report.not_repaired) == (4, 1)
    assert [one.reason for one in report.effects if one.result == "rejected"] == ["closed"]


def test_client_admins_and_ones_own_account_are_named_and_left(uploading: Uploading) -> None:
    """Whatever differs about them."""
    lost(uploading)
    user(uploading.portal, "p4@acme.com")["roles"] = [{"value": "client admin"}]
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS)
        found = compare(journal, both, pass_, "p5@acme.com")
    assert {one for one in kinds(found) if one[1] == "name"} == {
        ("p4@acme.com", "name", False),
        ("p5@acme.com", "name", False),
    }


def test_a_team_that_hides_its_members_proves_nothing(uploading: Uploading) -> None:
    """Nobody is said to be out of it."""
    lost(uploading)
    uploading.portal.habits.shows_members = False
    found = compared(uploading)
    assert not any(kind == "team" for _, kind, _ in kinds(found))
    assert [one for one in found.unproven if "'Sales' doesn't show who is in it" in one]


def test_a_pass_that_hides_its_members_proves_nothing(uploading: Uploading) -> None:
    """Where being on it is membership of a Group: nothing at all is concluded."""
    uploading.portal.add_team(PASS, 100)
    uploading.options = replace(uploading.options, pass_as="group")
    uploading.rows, uploading.emails = people(3, jhana=True), False
    uploading.run()
    assert (compared(uploading).on_pass, kinds(compared(uploading))) == (3, set())
    user(uploading.portal, "p3@acme.com")["name"]["familyName"] = "Ng"
    assert kinds(compared(uploading)) == {("p3@acme.com", "name", True)}
    assert go_on(uploading, begun(uploading)).repaired == 1
    uploading.portal.habits.shows_members = False
    found = compared(uploading)
    assert (found.on_pass, found.differences) == (0, ())
    assert "that proves nothing about who is on it" in found.unproven[0]


def test_a_team_is_joined_where_the_pass_is_a_group(uploading: Uploading) -> None:
    """Whoever is in the Group uses no seat by joining; whoever isn't by then doesn't join."""
    group = uploading.portal.add_team(PASS, 100)
    uploading.options = replace(uploading.options, pass_as="group")
    uploading.rows, uploading.emails = people(3, team="Sales"), False
    receipt = uploading.run().receipt
    teams = uploading.portal.store.groups
    with Journal(uploading.journal_path) as journal:
        for row in (2, 3):
            team = journal.step(receipt, row, "portal", StepKind.TEAM)
            assert team
            journal.record(receipt, [replace(team, state=State.DOUBT)])
    out = [user(uploading.portal, f"p{row}@acme.com")["id"] for row in (2, 3)]
    teams["team-1"]["members"] = [it for it in teams["team-1"]["members"] if it["value"] not in out]
    run = begun(uploading)
    teams[group]["members"] = [it for it in teams[group]["members"] if it["value"] != out[1]]
    report = go_on(uploading, run)
    assert [one.result for one in report.effects] == ["repaired", "changed since"]
    assert out[0] in [it["value"] for it in teams["team-1"]["members"]]
    assert out[1] not in [it["value"] for it in teams["team-1"]["members"]]


def test_a_create_that_had_no_answer_is_known_by_its_key(uploading: Uploading) -> None:
    """What the upload said of the person counts; one that isn't there is named."""
    uploading.rows, uploading.emails = people(2, jhana=True), False
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        for row in (2, 3):
            step = journal.step(receipt, row, "portal")
            assert step
            doubt = replace(step, state=State.DOUBT, account_id="", attempts=2)
            journal.record(receipt, [doubt])
    del uploading.portal.store.users[user(uploading.portal, "p3@acme.com")["id"]]
    del uploading.jhana.store.users[user(uploading.jhana, "p2@acme.com")["id"]]
    found = compared(uploading)
    assert {one.kind.value for one in found.differences} == {"not on Jhana", "not on the portal"}
    assert all(one.why_not for one in found.differences)
    (gone,) = (one for one in found.differences if one.kind.value == "not on the portal")
    assert "had no answer" in gone.words


def test_everybody_shown_as_deactivated_proves_nothing(uploading: Uploading) -> None:
    """A portal may say it in a word of its own: nobody is closed on Jhana for that."""
    uploading.rows, uploading.emails = people(3, jhana=True), False
    uploading.run()
    for one in uploading.portal.store.users.values():
        one["active"] = "current"
    found = compared(uploading)
    assert found.repairable == ()
    assert len(found.not_known) == 3
    for one in uploading.portal.store.users.values():
        one["active"] = False
    found = compared(uploading)
    assert found.repairable == ()
    assert [one for one in found.unproven if "everybody as deactivated" in one]


def test_lists_without_people_or_passes_prove_nothing(uploading: Uploading) -> None:
    """Jhana that lists nobody, and a portal whose list shows nobody on any pass."""
    lost(uploading)
    empty = as_json(200, {"totalResults": 0, "Resources": []})
    uploading.jhana.on("GET", "/Users", instead(empty), times=9)
    found = compared(uploading)
    assert "Jhana lists nobody" in found.unproven[0]
    assert {kind for _, kind, _ in kinds(found)} == {"role", "team"}
    uploading.jhana._rules.clear()
    for one in uploading.portal.store.users.values():
        one["entitlements"] = []
    found = compared(uploading)
    assert found.differences == ()
    assert "shows nobody on any pass" in found.unproven[0]


def test_a_list_that_is_cut_ends_it(uploading: Uploading) -> None:
    """Its total says that there are more: an error, and nothing is concluded."""
    lost(uploading)
    cut = {"totalResults": 99, "Resources": [*uploading.jhana.store.users.values()]}
    uploading.jhana.on("GET", "/Users", instead(as_json(200, cut)), times=99)
    with pytest.raises(ServiceError, match="shows 6 of 99"):
        compared(uploading)


def test_requests_grow_with_the_pages(uploading: Uploading) -> None:
    """Not one a person."""
    uploading.rows, uploading.emails = people(40, team="Sales", jhana=True), False
    uploading.run()
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    found = compared(uploading)
    assert (found.on_pass, found.on_jhana, found.differences) == (40, 40, ())
    assert len(uploading.portal.seen) < 15
    assert len(uploading.jhana.seen) < 8
    assert not uploading.portal.writes


@pytest.mark.parametrize("habits", [{"patch": "refused"}, {"etags": True}, {"int_ids": True}])
def test_other_servers(uploading: Uploading, habits: dict[str, Any]) -> None:
    """PUT where there is no PATCH, under a version where there is one."""
    for name, value in habits.items():
        setattr(uploading.jhana.habits, name, value)
    lost(uploading)
    report = go_on(uploading, begun(uploading))
    assert (report.repaired, report.not_repaired, report.unfinished) == (5, 0, 0)


def strangers(uploading: Uploading, portal: str, jhana: str, mail: str = "") -> None:
    """Somebody off on the portal, and an account on Jhana that isn't known to be theirs."""
    number = uploading.portal.add_user(
        portal, "Ana", "Perez", active=False, entitlements=[{"value": "p26", "type": "pass"}]
    )
    uploading.portal.store.users[number]["emails"] = [{"value": mail or "ana@acme.com"}]
    other = uploading.jhana.add_user(jhana, "Bob", "Ng")
    uploading.jhana.store.users[other]["emails"] = [{"value": "bob@other.com"}]


def test_a_number_is_nobodys_name_on_another_service(uploading: Uploading) -> None:
    """Two services may give the same employee number to two people: nobody is touched."""
    uploading.run()
    strangers(uploading, "1001", "1001")
    assert not compared(uploading).repairable


def test_an_address_with_no_name_in_common_is_not_certain(uploading: Uploading) -> None:
    """The address was handed on on one of the services."""
    uploading.run()
    strangers(uploading, "ana@acme.com", "ana@acme.com")
    found = compared(uploading)
    assert not found.repairable
    assert any("isn't certain that both" in one.why_not for one in found.differences)


def test_whom_somebody_else_on_the_portal_may_be_is_left(uploading: Uploading) -> None:
    """The rehired person has another account, of another pass, with the same address."""
    uploading.run()
    number = uploading.portal.add_user(
        "ana@acme.com", active=False, entitlements=[{"value": "p26", "type": "pass"}]
    )
    uploading.jhana.add_user("ana@acme.com")
    assert compared(uploading).repairable
    again = uploading.portal.add_user("5001", entitlements=[{"value": "other", "type": "pass"}])
    uploading.portal.store.users[again]["emails"] = [{"value": "ana@acme.com"}]
    assert not compared(uploading).repairable
    del uploading.portal.store.users[number]


def test_ones_own_account_on_jhana_is_left_alone(uploading: Uploading) -> None:
    """Known by an address that only Jhana has."""
    uploading.run()
    uploading.portal.add_user(
        "old.me@acme.com", active=False, entitlements=[{"value": "p26", "type": "pass"}]
    )
    mine = uploading.jhana.add_user("old.me@acme.com")
    assert compared(uploading).repairable
    uploading.jhana.store.users[mine]["emails"] = [{"value": "me@acme.com"}]
    assert not compared(uploading, administrator="me@acme.com").repairable
