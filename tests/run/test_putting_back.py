"""Writes never take away: what was there before is there afterwards, however late it is seen."""

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict, replace
from typing import Any

import pytest

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.run.group_steps import GroupSteps
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.putting_back import put_back_first
from aapimport.run.records import State, StepKind
from aapimport.run.session import Session
from aapimport.services.kept import Saved
from aapimport.services.ownership import HANDED_ON
from support.stub import EXTENSION, ScimStub
from support.uploading import Uploading, people, person, services
from support.wire import RESET, Act, Response, as_json, error, instead

SETTLE = 0.6
STILL_SETTLING = 8.0
SEEN_ONCE = (None, json.dumps(asdict(Saved(once=True))))
"""What is known of `add` after one person's or one team's values went with it."""
P25 = {"value": "p25", "display": "Leadership 2025", "type": "pass"}


@pytest.fixture
def uploading(uploading: Uploading, portal_stub: ScimStub) -> Uploading:
    """One person who is there already, on another pass; a portal on which `add` replaces."""
    uploading.settle_seconds = SETTLE
    uploading.emails = False
    portal_stub.habits.replaces_on_add = portal_stub.habits.replaces_members = True
    portal_stub.add_user("p2@acme.com", entitlements=[P25], roles=[{"value": "manager"}])
    return uploading


def passes(stub: ScimStub, identifier: str = "user-1") -> list[str]:
    """The passes that somebody is on."""
    return sorted(one["value"] for one in stub.store.users[identifier]["entitlements"])


def members(stub: ScimStub, team: str = "team-1") -> list[str]:
    """Who is in a team."""
    return [one["value"] for one in stub.store.groups[team]["members"]]


def operations(stub: ScimStub, kind: str) -> list[str]:
    """The operations of the PATCHes that arrived, in their order."""
    return [
        request.json["Operations"][0]["op"]
        for request in stub.writes
        if request.method == "PATCH" and request.path.startswith(f"/{kind}/")
    ]


def put_in(stub: ScimStub, *names: str, team: str = "team-1") -> list[str]:
    """Former members of a team; returns their ids."""
    ids = [stub.add_user(f"{name}@acme.com", name.title(), "Former") for name in names]
    stub.store.groups[team]["members"] = [{"value": one} for one in ids]
    return ids


def adding(uploading: Uploading, kind: str) -> tuple[bool | None, str]:
    """What the journal knows of `add` on the portal, and what it keeps because of that."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        return journal.adding(both.address, "portal", kind)


@pytest.mark.parametrize("lag", [0.2, 0.8], ids=["soon", "after the settle time"])
def test_what_is_seen_late_is_put_back(uploading: Uploading, lag):
    """The other pass, and the former members of the team, on a service that reads old values."""
    former = put_in(uploading.portal, "xeno", "yara")
    uploading.portal.habits.lag = lag
    uploading.rows = (person(2, team="Sales"),)
    exit_code = uploading.run().exit_code  # later than the settle time, it may be called gone
    assert exit_code is ExitCode.OK or lag > SETTLE
    assert passes(uploading.portal) == ["p25", "p26"]
    assert {*former, "user-1"} == {*members(uploading.portal)}
    assert adding(uploading, "people") == adding(uploading, "teams") == SEEN_ONCE


def test_somebody_who_is_not_shown_after_the_write_is_read_again(uploading: Uploading):
    """One 404 right after the PATCH hides the loss for a moment only."""
    uploading.portal.on("GET", "/Users/user-1", instead(error(404)), skip=2)
    (one,) = uploading.run().people
    assert (one.portal, one.but) == ("changed", "")
    assert passes(uploading.portal) == ["p25", "p26"]


def test_a_pass_that_is_a_group_keeps_everybody(uploading: Uploading):
    """Twenty people on it, reads that lag, and `add` replaces."""
    group = uploading.portal.add_team("Leadership 2026", 100)
    former = put_in(uploading.portal, *(f"old{number}" for number in range(20)), team=group)
    uploading.portal.habits.lag = 0.2
    uploading.options = replace(uploading.options, pass_as="group")
    assert uploading.run().exit_code is ExitCode.OK
    assert {*former, "user-1"} == {*members(uploading.portal, group)}


def unread_after_the_write(stub: ScimStub, path: str, **more: Any) -> None:
    """No answer comes of what was written to: the process may as well be dead."""

    def fault(act: Act) -> Response:
        stub.on("GET", stub.seen[-1].path, instead(RESET), times=99_999)
        return act()

    stub.on("PATCH", path, fault, **more)


@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_a_later_session_puts_back_what_an_earlier_one_took(uploading: Uploading, kind):
    """What was there is in the journal before the first byte leaves."""
    former = put_in(uploading.portal, "xeno", "yara")
    uploading.rows = (person(2, team="Sales"),)
    unread_after_the_write(uploading.portal, f"/{kind}/(user|team)-1")
    assert uploading.run().exit_code is ExitCode.SERVICE
    kept = adding(uploading, "people" if kind == "Users" else "teams")
    assert kept[0] is None
    assert ("p25" if kind == "Users" else former[0]) in kept[1]
    uploading.portal._rules.clear()
    uploading.settle_seconds = STILL_SETTLING
    report = uploading.run()
    assert report.exit_code is ExitCode.OK
    was_put_back = "given back" if kind == "Users" else f"put back: {', '.join(former)}"
    assert was_put_back in report.people[0].reason  # somebody may have taken it away on purpose
    assert passes(uploading.portal) == ["p25", "p26"]
    assert {*former, "user-1"} == {*members(uploading.portal)}
    assert adding(uploading, "people") == ((None, "") if kind == "Users" else SEEN_ONCE)


@pytest.mark.parametrize("part", [False, True])
def test_what_is_gone_long_after_a_write_is_named_and_not_given_back(uploading: Uploading, part):
    """It may have been taken away on purpose; also where a part is left, nobody knows by whom."""
    former = put_in(uploading.portal, "xeno", "yara")
    uploading.portal.habits.replaces_members = False
    uploading.rows = (person(2, team="Sales"),)
    unread_after_the_write(uploading.portal, "/Groups/team-1")
    uploading.run()
    uploading.portal._rules.clear()
    left = [*former[:part], "user-1"]
    uploading.portal.store.groups["team-1"]["members"] = [{"value": one} for one in left]
    with pytest.raises(RefusedError, match="may have taken away what is gone now"):
        uploading.run()
    assert uploading.run().exit_code is ExitCode.OK
    assert members(uploading.portal) == left


def test_no_second_add_leaves_before_the_first_was_seen(uploading: Uploading):
    """Nobody else is risked: they get whole arrays until it is known what `add` does there."""
    uploading.rows = people(4)
    for row in (3, 4, 5):
        uploading.portal.add_user(f"p{row}@acme.com", entitlements=[P25])
    unread_after_the_write(uploading.portal, "/Users/.*")
    assert uploading.run().exit_code is ExitCode.SERVICE
    assert operations(uploading.portal, "Users") == ["add", *["replace"] * 3]
    uploading.portal._rules.clear()
    uploading.settle_seconds = STILL_SETTLING
    assert uploading.run().exit_code is ExitCode.OK
    for number in range(1, 5):
        assert passes(uploading.portal, f"user-{number}") == ["p25", "p26"]
    assert operations(uploading.portal, "Users").count("add") == 1


@pytest.mark.parametrize("replaces", [True, False])
def test_what_add_does_is_found_out_for_good(uploading: Uploading, replaces):
    """It is remembered for later uploads, which send one write for each person and team.

    That it keeps what is there is seen once; that it doesn't, twice: else it is a coincidence.
    """
    habits = uploading.portal.habits
    habits.replaces_on_add = habits.replaces_members = replaces
    former = put_in(uploading.portal, "xeno")
    uploading.rows = (person(2, team="Sales"),)
    uploading.run()
    known = SEEN_ONCE if replaces else (True, "")
    for row in (3, 4):
        assert adding(uploading, "people") == adding(uploading, "teams") == known
        uploading.portal.seen.clear()
        email = f"p{row}@acme.com"
        uploading.portal.add_user(email, entitlements=[P25], roles=[{"value": "manager"}])
        uploading.rows = (person(row, team="Sales"),)
        assert uploading.run().exit_code is ExitCode.OK
        known = (not replaces, "")
    expected = ["replace" if replaces else "add"]
    assert operations(uploading.portal, "Users") == expected
    assert operations(uploading.portal, "Groups") == expected
    assert members(uploading.portal)[:2] == [*former, "user-1"]


def test_people_without_anything_else_prove_nothing_and_wait_for_nobody(uploading: Uploading):
    """An empty array can lose nothing, so that many are written to at once."""
    uploading.rows = people(4)
    uploading.portal.store.users.clear()
    for row in range(2, 6):
        uploading.portal.add_user(f"p{row}@acme.com", roles=[{"value": "manager"}])
    assert uploading.run().exit_code is ExitCode.OK
    assert adding(uploading, "people") == (None, "")


def test_one_old_list_is_not_what_add_did(uploading: Uploading):
    """A team that shows itself empty once: it is read again until the new member shows."""
    uploading.portal.habits.replaces_members = False
    put_in(uploading.portal, "xeno")
    empty = instead(as_json(200, {"id": "team-1", "members": []}))
    uploading.portal.on("GET", "/Groups/team-1", empty, skip=2)
    uploading.rows = (person(2, team="Sales"),)
    assert uploading.run().exit_code is ExitCode.OK
    assert operations(uploading.portal, "Groups") == ["add"]
    assert adding(uploading, "teams") == (True, "")


def test_what_an_earlier_session_took_for_good_is_said_once(uploading: Uploading):
    """The upload stops there with the names, and the same command goes on afterwards."""
    unread_after_the_write(uploading.portal, "/Users/user-1")
    uploading.run()
    uploading.portal._rules.clear()
    uploading.settle_seconds = STILL_SETTLING
    refusal = instead(error(403, "one pass at a time"))
    uploading.portal.on("PATCH", "/Users/user-1", refusal, times=99, body='"replace"')
    with pytest.raises(RefusedError, match="entitlement Leadership 2025 of account user-1"):
        uploading.run()
    assert uploading.run().exit_code is ExitCode.OK
    assert adding(uploading, "people") == (None, "")


def test_nothing_of_those_who_were_there_stays_in_the_journal(uploading: Uploading):
    """Names and addresses are kept until it is seen that nobody is gone, and no longer."""
    uploading.portal.habits.replaces_members = False
    former = put_in(uploading.portal, "xeno")
    uploading.portal.store.groups["team-1"]["members"] = [
        {"value": former[0], "display": "Xeno Former"}
    ]
    uploading.rows = (person(2, team="Sales"),)
    unread_after_the_write(uploading.portal, "/Groups/team-1")
    uploading.run()
    assert b"Xeno Former" in uploading.journal_path.read_bytes()
    uploading.portal._rules.clear()
    uploading.settle_seconds = STILL_SETTLING
    uploading.run()
    assert b"Xeno Former" not in uploading.journal_path.read_bytes()


def hides_some(stub: ScimStub, team: str) -> None:
    """A team shows its first member only, and counts all."""

    def fault(act: Act) -> Response:
        shown = dict(stub.store.groups[team])
        act()
        count = len(stub.store.groups[team]["members"])
        extension = shown[f"{EXTENSION}:Group"] | {"placesUsed": count}
        shown |= {"members": shown["members"][:1], f"{EXTENSION}:Group": extension}
        return as_json(200, shown)

    for method in ("GET", "PATCH"):
        stub.on(method, f"/Groups/{team}", fault, times=999)


def test_a_team_that_hides_members_waits_for_another_to_show_what_add_does(uploading: Uploading):
    """The other team comes first; then whoever is added is known by the count."""
    uploading.portal.habits.replaces_members = False
    put_in(uploading.portal, "xeno", "yara")
    other = uploading.portal.add_team("Finance", 50, "p26")
    put_in(uploading.portal, "zeno", team=other)
    hides_some(uploading.portal, "team-1")
    uploading.rows = (person(2, team="Sales"), person(3, team="Finance"))
    report = uploading.run()
    assert [one.team_state for one in report.people] == ["joined", "joined"]
    assert len(members(uploading.portal)) == 3
    assert adding(uploading, "teams") == (True, "")


def test_a_team_that_hides_members_is_left_alone_where_add_may_replace(uploading: Uploading):
    """A person has to see to it: nothing was sent."""
    put_in(uploading.portal, "xeno", "yara")
    hides_some(uploading.portal, "team-1")
    uploading.rows = (person(2, team="Sales"),)
    report = uploading.run()
    (one,) = report.people
    assert one.team_state == "needs_person"
    assert report.exit_code is ExitCode.FINDINGS
    assert operations(uploading.portal, "Groups") == []


def test_a_count_that_does_not_grow_is_not_membership(uploading: Uploading):
    """Accepted and ignored, in a team that shows only some: only a look there can tell."""
    put_in(uploading.portal, "xeno", "yara")
    hides_some(uploading.portal, "team-1")
    with Journal(uploading.journal_path) as journal:
        journal.remember_adding((uploading.plan().address, "portal", "teams"), True, "")
    uploading.portal.habits.patch = "ignored"
    uploading.portal.store.users["user-1"]["entitlements"].append({"value": "p26"})
    uploading.rows = (person(2, team="Sales"),)
    (one,) = uploading.run().people
    assert one.team_state == "needs_person"
    assert "counts no more than before" in one.reason


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_team_that_is_not_shown_once_is_not_gone(uploading: Uploading, at):
    """404 of something that was just seen is not yet a no, before and after a write."""
    uploading.rows = (person(2, team="Sales"),)
    uploading.portal.on("GET", "/Groups/team-1", instead(error(404)), skip=at)
    assert [one.team_state for one in uploading.run().people] == ["joined"]


def test_an_account_that_is_not_shown_once_is_not_gone(uploading: Uploading):
    """It was in the plan; one that stays away for the settle time is gone."""
    uploading.portal.on("GET", "/Users/user-1", instead(error(404)))
    assert [one.portal for one in uploading.run().people] == ["changed"]


def test_a_journal_keeps_what_any_thread_is_about_to_risk(uploading: Uploading):
    """Workers write it down; one row for each kind of array of a service."""
    uploading.run()
    with closing(sqlite3.connect(uploading.journal_path)) as database:
        found = database.execute("SELECT service, kind, appends, kept FROM adding").fetchall()
    assert found == [("portal", "people", *SEEN_ONCE)]


@pytest.mark.parametrize("refusal", [error(401), error(429, "", {"Retry-After": "900"})])
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_what_could_not_be_put_back_now_is_put_back_later(uploading: Uploading, kind, refusal):
    """A token that expired, or a pause, just then: the next session does it, if it comes soon."""
    former = put_in(uploading.portal, "xeno", "yara")
    uploading.rows = (person(2, team="Sales"),)
    path = "user-1" if kind == "Users" else "team-1"
    uploading.portal.on("PATCH", f"/{kind}/{path}", instead(refusal), skip=1, times=99)
    try:
        uploading.run()
    except AapimportError as raised:
        first: str | ExitCode = raised.message
    else:
        first = ExitCode.OK
    assert first is not ExitCode.OK
    uploading.portal._rules.clear()
    uploading.settle_seconds = STILL_SETTLING
    assert uploading.run().exit_code is ExitCode.OK
    assert passes(uploading.portal) == ["p25", "p26"]
    assert {*former, "user-1"} == {*members(uploading.portal)}


def test_what_is_put_back_at_the_start_of_a_session_is_a_remark_of_the_run(uploading: Uploading):
    """Also where nobody of this upload has to do with it."""
    former = put_in(uploading.portal, "xeno")
    uploading.rows = (person(2, team="Sales"),)
    unread_after_the_write(uploading.portal, "/Groups/team-1")
    uploading.run()
    uploading.portal._rules.clear()
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.open_run(both.address)
        assert run is not None
        session = Session(journal, run, both, RunOptions(settle_seconds=STILL_SETTLING))
        notes = [one.note for one in put_back_first(session)]
    assert notes[-1] == f"put back on All Access Pass: {former[0]} in team team-1"


def test_what_is_gone_is_named_however_often_a_session_is_cut_off(uploading: Uploading):
    """It is forgotten only when a session has come to its end and named it."""
    unread_after_the_write(uploading.portal, "/Users/user-1")
    uploading.run()
    uploading.portal._rules.clear()
    for _ in range(2):
        with (
            services(uploading.portal, uploading.jhana) as both,
            Journal(uploading.journal_path) as journal,
        ):
            run = journal.open_run(both.address)
            assert run is not None
            options = RunOptions(settle_seconds=SETTLE)
            list(put_back_first(Session(journal, run, both, options)))
    with pytest.raises(RefusedError, match=r"is gone now: entitlement Leadership 2025"):
        uploading.run()
    assert uploading.run().exit_code is ExitCode.OK


def test_what_is_gone_from_a_renamed_account_is_named(uploading: Uploading):
    """The same id under another address: nothing is given back to it, and what is gone is said."""
    unread_after_the_write(uploading.portal, "/Users/user-1")
    uploading.run()
    uploading.portal._rules.clear()
    uploading.portal.store.users["user-1"]["userName"] = "married@acme.com"
    with pytest.raises(RefusedError, match=r"is gone now: entitlement Leadership 2025"):
        uploading.run()
    assert passes(uploading.portal) == ["p26"]


def test_a_team_that_is_not_shown_once_in_a_later_session_is_looked_at_again(uploading: Uploading):
    """One 404 says nothing of its former members: whoever is gone is named."""
    put_in(uploading.portal, "xeno", "yara")
    uploading.rows = (person(2, team="Sales"),)
    unread_after_the_write(uploading.portal, "/Groups/team-1")
    uploading.run()
    uploading.portal._rules.clear()
    uploading.portal.on("GET", "/Groups/team-1", instead(error(404)))
    with pytest.raises(RefusedError, match=r"is gone now: user-2, user-3 in team team-1"):
        uploading.run()


def test_one_account_that_cannot_be_read_holds_back_nobody_else(uploading: Uploading):
    """Once all has settled the others get whole arrays; a later session names it."""
    uploading.rows = people(4)
    for row in (3, 4, 5):
        uploading.portal.add_user(f"p{row}@acme.com", entitlements=[P25])
    uploading.portal.habits.replaces_on_add = False
    uploading.settle_seconds = 3.0  # the others are seen at once, also by a busy machine
    unread_after_the_write(uploading.portal, "/Users/.*")  # the first one's, whoever that is
    report = uploading.run()
    assert sorted(one.portal for one in report.people) == [*["changed"] * 3, "unknown"]
    with pytest.raises(RefusedError, match="it can't be read whether that is still there"):
        uploading.run()
    uploading.portal._rules.clear()
    assert uploading.run().exit_code is ExitCode.OK
    assert {*map(str, passes(uploading.portal, "user-4"))} == {"p25", "p26"}


def test_what_was_seen_to_go_is_not_given_back_long_after(uploading: Uploading):
    """Somebody may have seen to it by hand: last year's client admin stays what they are by now."""
    uploading.portal.on("PATCH", "/Users/user-1", instead(error(401)), skip=1, times=99)
    with pytest.raises(AapimportError, match="is gone now: Leadership 2025"):
        uploading.run()
    uploading.portal._rules.clear()
    time.sleep(SETTLE)
    with pytest.raises(RefusedError, match="is gone now: entitlement Leadership 2025"):
        uploading.run()
    assert passes(uploading.portal) == ["p26"]
    assert uploading.run().exit_code is ExitCode.OK


def test_all_who_are_gone_from_a_team_are_named(uploading: Uploading):
    """A receipt names ten; whoever else is gone is in the error that ends the session."""
    put_in(uploading.portal, *(f"former{number}" for number in range(12)))
    uploading.rows = (person(2, team="Sales"),)
    uploading.portal.on("PATCH", "/Groups/team-1", instead(error(403)), skip=1, times=99)
    uploading.portal.on("PUT", "/Groups/team-1", instead(error(403)), times=99)
    with pytest.raises(RefusedError, match=r"user-13 in team team-1"):
        uploading.run()


def test_one_who_was_deleted_keeps_no_other_former_member_out(uploading: Uploading):
    """A portal that refuses a list with somebody unknown gets it without them."""
    former = put_in(uploading.portal, "xeno", "yara", "zara")
    uploading.rows = (person(2, team="Sales"),)

    def without(act: Act) -> Response:
        uploading.portal.store.users.pop(former[0], None)
        return error(400, "no such member")

    for method in ("PATCH", "PUT"):
        uploading.portal.on(method, "/Groups/team-1", without, body=former[0], times=99)
    report = uploading.run()
    assert {*former[1:], "user-1"} == {*members(uploading.portal)}
    assert former[0] in report.people[0].but


@pytest.mark.parametrize("handed_on", [False, True])
@pytest.mark.parametrize("known", [True, False])
def test_a_later_session_knows_whom_an_earlier_one_has_put_into_a_team(uploading, known, handed_on):
    """A whole list holds them although the team doesn't show them yet, if they are still they."""
    uploading.settle_seconds = STILL_SETTLING
    uploading.portal.store.users["user-1"]["entitlements"] = [{"value": "p26", "type": "pass"}]
    put_in(uploading.portal, "xeno")
    uploading.rows = (person(2, team="Sales"), person(3, team="Sales"))
    old = dict(uploading.portal.store.groups["team-1"])
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading.plan())
        session = Session(journal, run, both, RunOptions(settle_seconds=STILL_SETTLING))
        tasks = [*session.due(StepKind.TEAM, State.PLANNED)]
        first = replace(tasks[0], state=State.WRITTEN, account_id="user-1", sent_at=time.time())
        session.conveyor.record([first])
        session.conveyor.last_sent["portal"] = time.monotonic()
        if handed_on:
            uploading.portal.store.users["user-1"] |= {
                "userName": "zed@acme.com",
                "name": {"givenName": "Zed", "familyName": "Other"},
                "emails": [{"value": "zed@acme.com"}],
            }
        GroupSteps(session)._recall(StepKind.TEAM)
        (first, *_) = session.due(StepKind.TEAM, State.WRITTEN, State.NEEDS_PERSON)
        assert (first.state is State.NEEDS_PERSON) == handed_on
        assert (HANDED_ON in first.reason) == handed_on
        if known:
            both.portal.adds_to_teams.learn(appends=False)
        late = instead(as_json(200, old | {"members": old["members"]}))
        uploading.portal.on("GET", "/Groups/team-1", late, times=2)
        both.portal.add_members("team-1", {"user-9": "p3@acme.com"})
    inside = {"user-2", "user-9"} if handed_on else {"user-2", "user-1", "user-9"}
    assert {*members(uploading.portal)} == inside


def test_what_is_partly_gone_since_an_earlier_session_is_named(uploading: Uploading):
    """An `add` that replaces leaves nothing: of two passes, a colleague has taken one away."""
    p24 = {"value": "p24", "display": "Leadership 2024", "type": "pass"}
    uploading.portal.store.users["user-1"]["entitlements"] = [P25, p24]
    uploading.portal.habits.replaces_on_add = False
    unread_after_the_write(uploading.portal, "/Users/user-1")
    uploading.run()
    uploading.portal._rules.clear()
    uploading.portal.store.users["user-1"]["entitlements"].remove(P25)
    uploading.settle_seconds = STILL_SETTLING
    with pytest.raises(RefusedError, match="is gone now: entitlement Leadership 2025"):
        uploading.run()
    assert passes(uploading.portal) == ["p24", "p26"]


def test_nothing_is_given_back_to_an_account_that_was_handed_on(uploading: Uploading):
    """What was there was another person's: it is named."""
    unread_after_the_write(uploading.portal, "/Users/user-1")
    uploading.run()
    uploading.portal._rules.clear()
    uploading.portal.store.users["user-1"] |= {
        "userName": "new.hire@acme.com",
        "entitlements": [],
        "emails": [{"value": "new.hire@acme.com"}],
    }
    uploading.settle_seconds = STILL_SETTLING
    with pytest.raises(RefusedError, match="is gone now: entitlement Leadership 2025"):
        uploading.run()
    assert passes(uploading.portal) == []


def test_what_was_given_back_is_said_where_the_role_is_not_kept(uploading: Uploading):
    """Later looks, which see the role alone, take nothing away from the receipt."""
    uploading.settle_seconds = 0.1
    uploading.options = replace(uploading.options, update_roles=True)
    uploading.portal.store.users["user-1"]["roles"] = [{"value": "facilitator"}]

    def ignores_roles(act: Act) -> Response:
        before = uploading.portal.store.users["user-1"]["roles"]
        answer = act()
        uploading.portal.store.users["user-1"]["roles"] = before
        return answer

    for method in ("PATCH", "PUT"):
        uploading.portal.on(method, "/Users/user-1", ignores_roles, times=99)
    (one,) = uploading.run().people
    assert "role not kept" in one.but
    assert "entitlement Leadership 2025 was gone after the write and was given back" in one.reason
    assert passes(uploading.portal) == ["p25", "p26"]
