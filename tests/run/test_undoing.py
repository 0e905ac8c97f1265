"""An undo is cut off at every commit, loses answers, and meets servers with odd habits."""

import copy
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from aapimport.run.back_reasons import BY_HAND, NOT_THEIRS
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.runner import Runner
from aapimport.template.roles import Role
from support.setting_values import through_kills
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import RESET, after_acting, error, instead


@pytest.fixture(autouse=True, params=["kept", "erased"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both while the journal keeps names and addresses, and when it has erased them."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)


def uploaded(uploading: Uploading) -> str:
    """Four people, of whom one was there with another role, in a team and on Jhana."""
    uploading.portal.add_user("p2@acme.com", roles=[{"value": "facilitator", "primary": True}])
    uploading.portal.store.groups["team-1"]["members"] = [{"value": "somebody"}, {"value": "else"}]
    uploading.rows = people(4, team="Sales", jhana=True, role=Role.MANAGER)
    uploading.options = replace(uploading.options, update_roles=True)
    uploading.emails = False
    return uploading.run().receipt


def state(uploading: Uploading) -> dict[str, Any]:
    """What both services hold."""
    return {
        "users": copy.deepcopy(uploading.portal.store.users),
        "groups": copy.deepcopy(uploading.portal.store.groups),
        "jhana": copy.deepcopy(uploading.jhana.store.users),
    }


def test_all_is_taken_back(uploading: Uploading) -> None:
    """Whoever was there is as before, whoever was made is off, and the team has its own again."""
    receipt = uploaded(uploading)
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.taken_back, report.half, report.not_taken_back, report.unfinished) == (
        8,
        4,
        0,
        0,
    )
    users = {one["userName"]: one for one in uploading.portal.store.users.values()}
    assert users["p2@acme.com"]["roles"] == [{"value": "facilitator", "primary": True}]
    assert users["p2@acme.com"]["entitlements"] == []
    assert [users[f"p{row}@acme.com"]["active"] for row in range(2, 6)] == [True, *[False] * 3]
    members = uploading.portal.store.groups["team-1"]["members"]
    assert [one["value"] for one in members] == ["somebody", "else"]
    assert not any(one["active"] for one in uploading.jhana.store.users.values())


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_commit_loses_nothing(uploading: Uploading, *, after: bool) -> None:
    """Killed at the first commit, resumed and killed at the second, and so on until it is through.

    Whatever was done already is never sent again: a write changes something each time.
    """
    receipt = uploaded(uploading)
    undo = begun(uploading, receipt)
    uploading.portal.seen.clear()
    uploading.jhana.seen.clear()
    report = through_kills(partial(go_on, uploading, undo), after=after)
    assert (report.taken_back, report.half, report.not_taken_back, report.unfinished) == (
        8,
        4,
        0,
        0,
    )
    for stub in (uploading.portal, uploading.jhana):
        writes = Counter((it.path, it.body) for it in stub.seen if it.method == "PATCH")
        assert set(writes.values()) == {1}


def test_lost_answers_are_looked_up(uploading: Uploading) -> None:
    """What was carried out all the same is done, and what wasn't is sent again."""
    receipt = uploaded(uploading)
    undo = begun(uploading, receipt)
    for fault in (after_acting(RESET), instead(RESET)):
        uploading.portal.on("PATCH", "/.*", fault, times=2)
        uploading.jhana.on("PATCH", "/.*", fault)
    report = go_on(uploading, undo)
    assert (report.taken_back, report.half, report.unfinished) == (8, 4, 0)


def test_what_changes_between_plan_and_write_is_left(uploading: Uploading) -> None:
    """The look just before each write tells; an account that was handed on isn't written to."""
    receipt = uploaded(uploading)
    undo = begun(uploading, receipt)
    users = {one["userName"]: one for one in uploading.portal.store.users.values()}
    users["p3@acme.com"]["roles"] = [{"value": "client admin"}]
    users["p4@acme.com"] |= {
        "userName": "zoe@acme.com",
        "name": {"givenName": "Zoe", "familyName": "Ng"},
    }
    untouched = copy.deepcopy([users["p3@acme.com"], users["p4@acme.com"]])
    report = go_on(uploading, undo)
    assert report.not_taken_back == 3
    assert {one.reason for one in report.effects if one.result == "changed since"} == {
        "changed since: role is client admin",
        f"{NOT_THEIRS}; {BY_HAND}",
    }
    assert [users["p3@acme.com"], users["p4@acme.com"]] == untouched
    members = uploading.portal.store.groups["team-1"]["members"]
    assert untouched[1]["id"] in [one["value"] for one in members]


def test_a_portal_whose_remove_clears_the_team_is_put_right(uploading: Uploading) -> None:
    """All others are put back each time, and so the next one is taken out, too."""
    receipt = uploaded(uploading)
    uploading.portal.habits.clears_on_remove = True
    report = go_on(uploading, begun(uploading, receipt))
    members = [one["value"] for one in uploading.portal.store.groups["team-1"]["members"]]
    assert {*members} == {"somebody", "else"}
    assert (report.taken_back, report.not_taken_back, report.unfinished) == (8, 0, 0)
    with Journal(uploading.journal_path) as journal:  # nothing of that tells what an `add` does
        known = journal.adding(journal.run(receipt).address, "portal", "teams")
    assert known[0] is not False


def test_a_refusal_is_the_persons_own(uploading: Uploading) -> None:
    """The others are taken back all the same."""
    receipt = uploaded(uploading)
    undo = begun(uploading, receipt)
    users = {one["userName"]: one for one in uploading.portal.store.users.values()}
    path = f"/Users/{users['p3@acme.com']['id']}"
    uploading.portal.on("PATCH", path, instead(error(422, "closed")), times=9)
    report = go_on(uploading, undo)
    (refused,) = (one for one in report.effects if one.result == "rejected")
    assert (refused.row, refused.reason) == (3, "closed")
    assert not users["p4@acme.com"]["active"]


@pytest.mark.parametrize("habits", [{"patch": "refused"}, {"etags": True}, {"int_ids": True}])
def test_other_servers(uploading: Uploading, habits: dict[str, Any]) -> None:
    """PUT where there is no PATCH, under a version where there is one, ids that are numbers."""
    receipt = uploaded(uploading)
    for name, value in habits.items():
        setattr(uploading.portal.habits, name, value)
    report = go_on(uploading, begun(uploading, receipt))
    accounts = [one for one in report.effects if one.what != "out of the team"]
    assert {one.result for one in accounts} <= {"taken back", "half"}


def test_mails_that_nobody_was_sent_are_kept_back(uploading: Uploading) -> None:
    """They are skipped in the upload's own journal, so that nothing sends them any more."""
    uploading.rows = people(3)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading.plan())
        options = RunOptions(settle_seconds=0.0, sleep=uploading._sleep)
        for _ in Runner(journal, both, run, options).steps(last_row=99):
            pass
        assert not journal.run(run.receipt).finished_at
    report = go_on(uploading, begun(uploading, run.receipt))
    assert (report.half, report.taken_back, report.not_taken_back) == (3, 3, 0)
    with Journal(uploading.journal_path) as journal:
        assert journal.run(run.receipt).finished_at
        assert journal.open_runs() == []
    assert uploading.portal.store.mails == []
