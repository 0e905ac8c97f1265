"""What a repair may write: decided when it is planned, and once more just before each write."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import pytest
from rich.console import Console

from aapimport.app.reconcile import _repair_of
from aapimport.errors import ServiceError
from aapimport.plan.names import which_pass
from aapimport.run.comparing import compare
from aapimport.run.how_far import how_far
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.reconcile_report import repair_report
from aapimport.run.records import State, StepKind
from aapimport.run.repair_steps import repair_steps
from aapimport.run.since import read_back
from aapimport.screens.open_uploads import show_open_uploads
from aapimport.template.roles import Role
from support.repairing import PASS, begun, compared, go_on, kinds, user
from support.uploading import Uploading, people, person, services
from support.wire import as_json, error, instead

ON = [{"value": "p26", "type": "pass"}]
KIM = {"givenName": "Kim", "familyName": "Ode"}
EXTENSION = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
Change = Callable[[Uploading], object]


def off(uploading: Uploading) -> Uploading:
    """Eva, off on the portal and on on Jhana, and Bo; no upload has said anything of them."""
    uploading.run()
    for name in ("eva", "bo"):
        more = {"entitlements": ON, "active": name != "eva"}
        uploading.portal.add_user(f"{name}@acme.com", name.title(), "Lund", **more)
        uploading.jhana.add_user(f"{name}@acme.com", name.title(), "Lund")
    return uploading


def lost_role(uploading: Uploading) -> Uploading:
    """Somebody who was there as facilitator, and whom an upload made a manager, unanswered."""
    uploading.portal.add_user(
        "p2@acme.com", entitlements=ON, roles=[{"value": "facilitator", "primary": True}]
    )
    uploading.rows, uploading.emails = people(1, role=Role.MANAGER), False
    uploading.options = replace(uploading.options, update_roles=True)
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        step = journal.step(receipt, 2, "portal")
        assert step
        journal.record(receipt, [replace(step, state=State.DOUBT, attempts=1)])
    user(uploading.portal, "p2@acme.com")["roles"] = [{"value": "facilitator", "primary": True}]
    return uploading


def lost_team(uploading: Uploading, count: int = 1) -> Uploading:
    """People who were put into a team, of which no answer told; and they aren't in it."""
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}]
    uploading.rows, uploading.emails = people(count, team="Sales"), False
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        for row in range(2, count + 2):
            step = journal.step(receipt, row, "portal", StepKind.TEAM)
            assert step
            journal.record(receipt, [replace(step, state=State.DOUBT, attempts=1)])
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}]
    return uploading


def again(uploading: Uploading) -> dict[str, str]:
    """What a repair that was approved before a change is planned as now: why not, by kind."""
    return {one.kind.value: one.why_not for one in compared(uploading).differences}


def other_account(uploading: Uploading) -> None:
    """Eva is back: another account on the portal has her address, as a second one."""
    mails = [{"value": "eva.lund@acme.com"}, {"value": "eva@acme.com"}]
    uploading.portal.add_user("eva.lund@acme.com", "Eva", "Lund", entitlements=ON, emails=mails)


def nameless_account(uploading: Uploading) -> None:
    """The same, by an account that has no userName."""
    mails = [{"value": "eva@acme.com"}]
    uploading.portal.add_user("x", "Eva", "Lund", entitlements=ON, emails=mails)
    del user(uploading.portal, "x")["userName"]


def another_human(uploading: Uploading) -> None:
    """Jhana's account is Kim's by now, at the same address."""
    user(uploading.jhana, "eva@acme.com")["name"] = KIM


def own_account(uploading: Uploading) -> None:
    """The token is Eva's by now."""
    me = as_json(200, user(uploading.portal, "eva@acme.com"))
    uploading.portal.on("GET", "/Me", instead(me), times=99)


OFF_CHANGES = [other_account, nameless_account, another_human, own_account]


@pytest.mark.parametrize("change", OFF_CHANGES)
def test_nobody_is_switched_off_whose_account_is_not_certain_any_more(
    uploading: Uploading, change: Change
) -> None:
    """Changed between approval and write: as it would be planned then, nothing is written."""
    run = begun(off(uploading))
    change(uploading)
    report = go_on(uploading, run)
    assert [one.result for one in report.effects] == ["changed since"]
    assert user(uploading.jhana, "eva@acme.com")["active"] is True
    assert again(uploading)["off on the portal"] in report.effects[0].reason


@pytest.mark.parametrize("change", OFF_CHANGES)
def test_nobody_is_planned_to_be_switched_off_whose_account_is_not_certain(
    uploading: Uploading, change: Change
) -> None:
    """The same before anything was approved."""
    off(uploading)
    assert ("eva@acme.com", "off on the portal", True) in kinds(compared(uploading))
    change(uploading)
    assert ("eva@acme.com", "off on the portal", False) in kinds(compared(uploading))


@pytest.mark.parametrize("filters", ["refused", "ignored"])
def test_the_list_is_read_again_where_look_ups_are_not_proven(
    uploading: Uploading, filters: Literal["refused", "ignored"]
) -> None:
    """Who came after the approval is met there; without them all is written."""
    uploading.portal.habits.filters = filters
    run = begun(off(uploading))
    other_account(uploading)
    assert go_on(uploading, run).repaired == 0
    uploading.portal.store.users.popitem()
    assert go_on(uploading, begun(uploading)).repaired == 1


@pytest.mark.parametrize("path", ["/Users(/.search)?", "/Users/user-.*"])
def test_what_cannot_be_looked_at_is_not_written(uploading: Uploading, path: str) -> None:
    """The step is left to a later look: who else has an address, and who is off on the portal."""
    run = begun(off(uploading))
    for method in ("GET", "POST"):
        uploading.portal.on(method, path, instead(error(503, "busy")), times=999)
    with suppress(ServiceError):
        go_on(uploading, run)
    with Journal(uploading.journal_path) as journal:
        assert repair_report(journal, run).unfinished == 1
    assert not uploading.jhana.writes
    assert user(uploading.jhana, "eva@acme.com")["active"] is True
    uploading.portal._rules.clear()
    assert go_on(uploading, run).repaired == 1


def test_a_list_that_hides_addresses_is_read_account_by_account(uploading: Uploading) -> None:
    """Who else has an address is told so, and nobody is switched off where it isn't told at all."""
    off(uploading)
    portal = uploading.portal
    portal.habits.unlisted = frozenset({"emails"})
    portal.seen.clear()
    assert again(uploading)["off on the portal"] == ""
    by_id = [one for one in portal.seen if one.path.startswith("/Users/") and one.method == "GET"]
    assert 0 < len(by_id) <= len(portal.store.users)
    mails = [{"value": "eva@acme.com"}]
    portal.add_user("other@acme.com", "Eva", "Lund", entitlements=ON, emails=mails)
    assert "another account" in again(uploading)["off on the portal"]
    for one in portal.store.users.values():
        one.pop("emails", None)
    assert "nor the accounts, read one by one" in again(uploading)["off on the portal"]


def test_so_many_accounts_are_not_read_one_by_one(uploading: Uploading) -> None:
    """Just before each write it would be done anew: how many there are is said, and what to do."""
    off(uploading)
    portal = uploading.portal
    portal.habits.unlisted = frozenset({"emails"})
    for at in range(201 - len(portal.store.users)):
        portal.add_user(f"q{at}@acme.com")
    portal.seen.clear()
    said = again(uploading)["off on the portal"]
    assert "it has 201 accounts, and at most 200 are read one by one" in said
    assert "ask the portal's owner to have e-mail addresses listed" in said
    assert not [one for one in portal.seen if one.path.startswith("/Users/user-")]


def test_a_repair_reads_account_by_account_as_well(uploading: Uploading) -> None:
    """Just before it writes: what was approved is what is written."""
    off(uploading)
    uploading.portal.habits.unlisted = frozenset({"emails"})
    assert go_on(uploading, begun(uploading)).repaired == 1
    assert user(uploading.jhana, "eva@acme.com")["active"] is False


def test_two_people_with_no_name_in_common_are_never_one(uploading: Uploading) -> None:
    """Also where an upload has left both accounts, before and after the approval."""
    uploading.rows, uploading.emails = people(2, jhana=True), False
    uploading.run()
    user(uploading.portal, "p2@acme.com")["active"] = False
    run = begun(uploading)
    user(uploading.jhana, "p2@acme.com")["name"] = KIM
    assert not compared(uploading).repairable
    assert go_on(uploading, run).repaired == 0
    assert user(uploading.jhana, "p2@acme.com")["active"] is True


@pytest.mark.parametrize("said", ["invited", {"value": False}, [False], "Y", "locked", ""])
def test_what_is_no_clear_no_switches_nobody_off(uploading: Uploading, said: Any) -> None:
    """It isn't known, and the person is named."""
    off(uploading)
    user(uploading.portal, "eva@acme.com")["active"] = said
    found = compared(uploading)
    assert not found.differences
    assert [one.email for one in found.not_known] == ["eva@acme.com"]


@pytest.mark.parametrize("said", ["inactive", "FALSE", 0, False])
def test_a_clear_no_switches_off(uploading: Uploading, said: Any) -> None:
    """In whatever spelling."""
    off(uploading)
    user(uploading.portal, "eva@acme.com")["active"] = said
    assert compared(uploading).repairable


def test_no_role_is_given_to_another_human(uploading: Uploading) -> None:
    """At the same id and address, whom the upload found there; before and after the approval."""
    run = begun(lost_role(uploading))
    user(uploading.portal, "p2@acme.com")["name"] = KIM
    assert "isn't certain" in again(uploading)["role"]
    report = go_on(uploading, run)
    assert "isn't certain" in report.effects[0].reason
    assert user(uploading.portal, "p2@acme.com")["roles"][0]["value"] == "facilitator"


def test_a_role_is_set_where_nothing_speaks_against_it(uploading: Uploading) -> None:
    """So that the tests above and below have something to forbid."""
    assert go_on(uploading, begun(lost_role(uploading))).repaired == 1


def test_no_role_is_set_without_names_to_compare(uploading: Uploading) -> None:
    """An earlier version kept no digest of them."""
    lost_role(uploading)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute(
            "UPDATE people SET wanted = NULL, before = json_remove(before, '$.named')"
        )
    assert "isn't certain" in again(uploading)["role"]


@pytest.mark.parametrize(
    "state", [State.REJECTED, State.SKIPPED, State.NEEDS_PERSON, State.PLANNED]
)
@pytest.mark.parametrize("pass_name", ["Leadership 2026", "Basics"])
def test_a_newer_row_that_says_another_role_blocks_the_older(
    uploading: Uploading, state: State, pass_name: str
) -> None:
    """To whichever pass, and whatever became of it."""
    lost_role(uploading)
    uploading.portal.add_pass("basics", "Basics", 100)
    uploading.rows = people(1, role=Role.INDIVIDUAL_CONTRIBUTOR)
    uploading.options = replace(uploading.options, pass_name=pass_name)
    with Journal(uploading.journal_path) as journal:
        before = {one.receipt for one in journal.runs()}
    uploading.run()
    with Journal(uploading.journal_path) as journal:
        receipt = next(one.receipt for one in journal.runs() if one.receipt not in before)
        step = journal.step(receipt, 2, "portal")
        assert step
        journal.record(receipt, [replace(step, state=state, attempts=0)])
        journal.close(receipt)
    user(uploading.portal, "p2@acme.com")["roles"] = [{"value": "facilitator", "primary": True}]
    uploading.options = replace(uploading.options, pass_name="Leadership 2026")
    assert "is newer" in again(uploading)["role"]


def test_a_team_is_joined_where_nothing_speaks_against_it(uploading: Uploading) -> None:
    """So that the tests below have something to forbid."""
    assert go_on(uploading, begun(lost_team(uploading))).repaired == 1


def _to_another_pass(uploading: Uploading) -> None:
    uploading.portal.store.groups["team-1"][EXTENSION]["pass"] = {"value": "basics"}


def _renamed(uploading: Uploading) -> None:
    uploading.portal.store.groups["team-1"]["displayName"] = "Board"


def _full(uploading: Uploading) -> None:
    uploading.portal.store.groups["team-1"][EXTENSION]["places"] = 1


def _in_another(uploading: Uploading) -> None:
    other = uploading.portal.add_team("EMEA", 50, "p26")
    members = [{"value": user(uploading.portal, "p2@acme.com")["id"]}]
    uploading.portal.store.groups[other]["members"] = members


def _of_another_human(uploading: Uploading) -> None:
    user(uploading.portal, "p2@acme.com")["name"] = KIM


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_to_another_pass, "belongs to another pass"),
        (_renamed, "called otherwise"),
        (_full, "no free place"),
        (_in_another, "in team 'EMEA'"),
        (_of_another_human, "isn't certain"),
    ],
)
def test_a_team_that_is_not_what_it_was_is_not_joined(
    uploading: Uploading, change: Change, why: str
) -> None:
    """Neither planned, nor written where it changed after the approval."""
    run = begun(lost_team(uploading))
    change(uploading)
    assert why in again(uploading)["team"]
    report = go_on(uploading, run)
    assert why in report.effects[0].reason
    members = uploading.portal.store.groups["team-1"]["members"]
    assert members == [{"value": "somebody"}]


def test_the_repairs_own_joins_take_places(uploading: Uploading) -> None:
    """Two people and one free place: one is put in, the other is named; also at the write."""
    lost_team(uploading, 2)
    run = begun(uploading)
    uploading.portal.store.groups["team-1"][EXTENSION]["places"] = 2
    assert sorted(again_teams(uploading)) == ["", "the team has no free place"]
    report = go_on(uploading, run)
    assert sorted(one.result for one in report.effects) == ["changed since", "repaired"]


def again_teams(uploading: Uploading) -> list[str]:
    """Why people aren't put into their team, each."""
    found = compared(uploading).differences
    return [one.why_not for one in found if one.kind.value == "team"]


def test_a_newer_row_that_names_another_team_blocks_the_older(uploading: Uploading) -> None:
    """Though that one was refused, or named none."""
    lost_team(uploading)
    uploading.rows = (person(2),)
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        step = journal.step(receipt, 2, "portal")
        assert step
        journal.record(receipt, [replace(step, state=State.REJECTED)])
    assert "is newer" in again(uploading)["team"]


def test_a_name_repair_touches_only_what_differs(uploading: Uploading) -> None:
    """The displayed name is the portal's, and said in the plan; blanks around names don't count."""
    uploading.run()
    names = {"givenName": "葵", "familyName": "佐藤"}
    more = {"entitlements": ON, "displayName": "佐藤 葵"}
    uploading.portal.add_user("aoi@acme.com", "葵", "佐藤", **more)
    uploading.jhana.add_user("aoi@acme.com", "葵", "Sato", displayName="佐藤 葵")
    uploading.portal.add_user("bo@acme.com", "Bo ", "Lund", **more)
    uploading.jhana.add_user("bo@acme.com", "Bo", "Lund", displayName="Bo L")
    uploading.portal.add_user("cy@acme.com", "Cy ", "Roth", entitlements=ON)
    uploading.jhana.add_user("cy@acme.com", "Cy", "Rot", displayName="Cy Rot")
    found = {one.email: one for one in compared(uploading).repairable}
    assert found.keys() == {"aoi@acme.com", "cy@acme.com"}
    assert "displayName" not in found["aoi@acme.com"].after
    assert "displayName 'Cy Roth'" in found["cy@acme.com"].after
    assert go_on(uploading, begun(uploading)).repaired == 2
    aoi, cy = user(uploading.jhana, "aoi@acme.com"), user(uploading.jhana, "cy@acme.com")
    assert (aoi["name"], aoi["displayName"]) == (names, "佐藤 葵")
    assert (cy["name"]["givenName"], cy["displayName"]) == ("Cy", "Cy Roth")


def test_what_a_list_cannot_show_is_said(uploading: Uploading) -> None:
    """Accounts on Jhana without a userName, and a Jhana that lists nobody."""
    off(uploading)
    del user(uploading.jhana, "bo@acme.com")["userName"]
    assert any("on Jhana account" in one for one in compared(uploading).unproven)
    uploading.jhana.store.users.clear()
    found = compared(uploading)
    assert any("Jhana lists nobody" in one for one in found.remarks)
    assert not found.without_jhana


@pytest.mark.parametrize("total", [0, None])
def test_nobody_on_jhana_is_no_difference_where_nobody_is_expected(
    uploading: Uploading, total: int | None
) -> None:
    """No upload has ever asked for Jhana, and Jhana says itself that nobody is there."""
    uploading.rows, uploading.emails = people(2), False
    uploading.run()
    uploading.jhana.store.users.clear()
    if total is None:
        empty = as_json(200, {"Resources": []})
        uploading.jhana.on("GET", "/Users", instead(empty), times=9)
    found = compared(uploading)
    assert [*map(bool, (found.remarks, found.unproven))] == [total == 0, total is None]
    assert not found.differences
    assert not found.without_jhana


def test_a_list_that_shows_nobody_on_this_pass_proves_nothing(uploading: Uploading) -> None:
    """Somebody is shown on another one, and seats of this one are used."""
    off(uploading)
    for one in uploading.portal.store.users.values():
        one["entitlements"] = [{"value": "basics", "type": "pass"}]
    found = compared(uploading)
    assert "shows nobody on this pass" in found.unproven[0]
    assert not found.differences


def test_what_is_not_shown_is_no_change(uploading: Uploading) -> None:
    """Of a receipt that is verified: names and roles; of `active` nothing is known."""
    uploading.rows, uploading.emails = people(3), False
    receipt = uploading.run().receipt
    del user(uploading.portal, "p2@acme.com")["active"]
    del user(uploading.portal, "p3@acme.com")["name"]
    del user(uploading.portal, "p4@acme.com")["roles"]
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        found = [*read_back(left_by(journal, journal.run(receipt)), both)]
    assert [one.standing.value for one in found] == ["unknown", "same", "same"]
    assert [one.words for one in found] == [(), (), ()]
    assert all(len(one.not_shown) == 1 for one in found)


def test_an_open_upload_is_said(uploading: Uploading) -> None:
    """What it does isn't compared, so that it is never a 0."""
    off(uploading)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute("UPDATE runs SET finished_at = NULL")
        journal._database.execute("UPDATE steps SET state = 'doubt'")
    assert any("is still open" in one for one in compared(uploading).unproven)


def test_ones_own_account_is_left_alone_by_the_setting(uploading: Uploading) -> None:
    """Of which only a digest is kept, so that it is known at the write, too."""
    off(uploading)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        pass_, _ = which_pass(both.portal, PASS)
        run = _repair_of(both, pass_, "eva@acme.com")
        steps, known = repair_steps(compare(journal, both, pass_).repairable)
        journal.begin_back(run, known.keys(), steps, known)
    assert "eva@" not in (run.options or "")
    report = go_on(uploading, run)
    assert "your own account" in report.effects[0].reason


def test_somebody_without_a_name_is_named(uploading: Uploading) -> None:
    """Where the portal shows others' names, and Jhana theirs."""
    off(uploading)
    del user(uploading.portal, "bo@acme.com")["name"]
    assert [one.email for one in compared(uploading).not_known] == ["bo@acme.com"]


def test_an_open_repair_names_its_pass_once(uploading: Uploading) -> None:
    """In the list of what is open."""
    run = begun(off(uploading))
    stream = io.StringIO()
    console = Console(file=stream, width=80, markup=False, highlight=False)
    show_open_uploads(console, [(run, how_far({}))])
    assert stream.getvalue().count("pass") == 1
