"""A fresh look before the first write of every session."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import ExitCode, RefusedError
from aapimport.plan.make import make_plan
from aapimport.run.journal import Journal
from aapimport.run.options import Drift, RunOptions
from aapimport.run.records import State, StepKind
from aapimport.run.runner import Runner
from aapimport.services.ownership import ROLE_STAYS
from aapimport.template.roles import Role
from support.uploading import Uploading, checked, people, person, services
from support.wire import Act, Response, error, instead

ON_PASS = [{"value": "p26", "type": "pass"}]


def test_a_colleague_who_was_quicker_stops_the_upload(uploading: Uploading):
    """Who arrived on the pass meanwhile changes the seats: nothing is sent or left open."""
    uploading.portal.habits.unique = False
    uploading.rows = people(5)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        for one in uploading.rows:
            uploading.portal.add_user(one.email, entitlements=ON_PASS)
        with Journal(uploading.journal_path) as journal:
            run = journal.begin(plan)
            with pytest.raises(RefusedError, match="seats: 5 were approved, 0 are used now") as no:
                uploading.carry_out(journal, both, run, begun_now=True)
            assert not journal.knows(run.receipt)
    assert no.value.state == "nothing was sent"
    assert uploading.portal.writes == []
    assert len(uploading.portal.store.users) == 5


def test_a_drift_after_the_first_people_leaves_the_upload_open(uploading: Uploading):
    """Whoever was created is still to be mailed: the run stays, and says how to go on with it."""
    uploading.portal.habits.unique = False
    uploading.rows = people(3)
    options = RunOptions(settle_seconds=0.0, begun_now=True)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        with Journal(uploading.journal_path) as journal:
            runner = Runner(journal, both, journal.begin(plan), options)
            for _ in runner.steps(last_row=2):
                pass
            uploading.portal.add_user("p4@acme.com", entitlements=ON_PASS)
            with pytest.raises(RefusedError, match="seats: 2 were approved, 1 are used") as no:
                for _ in runner.steps():
                    pass
            assert journal.run(plan.receipt).is_open
    assert no.value.state.endswith(f"continue with: aapimport resume {plan.receipt}")
    assert "run the command again" not in no.value.hint


def test_a_drift_counts_the_e_mails_that_are_sent_still(uploading: Uploading):
    """Nobody whom others created meanwhile is mailed, nor whom the service has rejected."""
    uploading.portal.habits.unique = False
    uploading.rows = people(6)
    uploading.portal.on("POST", "/Users", instead(error(422, "no")), times=9, body="p3@")
    drifts: list[Drift] = []
    options = RunOptions(settle_seconds=0.0, begun_now=True, bulk=False, approve=drifts.append)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        with Journal(uploading.journal_path) as journal:
            runner = Runner(journal, both, journal.begin(plan), options)
            for _ in runner.steps(last_row=3):
                pass
            uploading.portal.add_user("p5@acme.com", entitlements=ON_PASS)
            for _ in runner.steps():
                pass
    (drift,) = drifts
    assert (drift.seats, drift.mails) == (3, 4)
    mailed = {address for address, *_ in uploading.portal.store.mails}
    assert mailed == {f"p{row}@acme.com" for row in (2, 4, 6, 7)}


def test_a_drift_before_the_first_write_of_a_take_over(uploading: Uploading):
    """Nothing was sent by this upload: it is closed with the doubt that it took over."""
    uploading.portal.habits.unique = False
    uploading.rows = people(2)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        old = make_plan(checked(uploading.rows[:1]), both, uploading.options)
        (task,) = journal.tasks(journal.begin(old).receipt, StepKind.ACCOUNT)
        journal.record(old.receipt, [replace(task, state=State.DOUBT, attempts=1, sent_at=1.0)])
        journal.close(old.receipt)
        new = make_plan(checked(uploading.rows), both, uploading.options)
        uploading.portal.add_user("p3@acme.com", entitlements=ON_PASS)
        with pytest.raises(RefusedError, match="row 3") as no:
            uploading.carry_out(journal, both, journal.begin(new), begun_now=True)
        assert journal.open_run(both.address) is None
    assert no.value.state == "nothing was sent"


@pytest.mark.parametrize("carried_out", [False, True])
def test_people_in_doubt_may_still_use_a_seat(uploading: Uploading, *, carried_out: bool):
    """They count as approved and as needed; unless a look shows that they have theirs already."""
    uploading.rows, uploading.emails = people(3), False
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(make_plan(checked(uploading.rows), both, uploading.options))
        (task, *_) = journal.tasks(run.receipt, StepKind.ACCOUNT)
        journal.record(run.receipt, [replace(task, state=State.DOUBT, attempts=1, sent_at=1.0)])
        assert journal.seats_left(run.receipt) == 3
        if carried_out:
            uploading.portal.add_user("p2@acme.com", externalId=task.key, entitlements=ON_PASS)
        uploading.portal.store.passes["p26"]["seats"] = 2 + carried_out
        if carried_out:
            seats = uploading.carry_out(journal, both, run).seats
            assert seats is not None
            assert seats.used == 3
            return
        with pytest.raises(RefusedError, match="seats: 3 are needed, the pass has 2 free by now"):
            uploading.carry_out(journal, both, run)
    assert uploading.portal.writes == []


def test_who_arrived_without_a_seat_is_adopted(uploading: Uploading):
    """The same names, not on the pass: put on it as approved, never mailed, role and names kept."""
    uploading.portal.habits.unique = False
    uploading.rows = (person(2, role=Role.FACILITATOR), person(3, role=Role.FACILITATOR))
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        uploading.portal.add_user("P3@acme.com", roles=[{"value": "manager"}])
        with Journal(uploading.journal_path) as journal:
            report = uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    assert [one.portal for one in report.people] == ["created", "changed"]
    assert uploading.portal.people == {"p2@acme.com": 1, "p3@acme.com": 1}
    arrived = next(
        one for one in uploading.portal.store.users.values() if one["userName"][0] == "P"
    )
    assert [one["value"] for one in arrived["roles"]] == ["manager"]
    assert [one["value"] for one in arrived["entitlements"]] == ["p26"]
    assert [mail[0] for mail in uploading.portal.store.mails] == ["p2@acme.com"]
    assert report.people[1].email_state == "needs_person"
    assert [one.but for one in report.people] == ["", f"All Access Pass: {ROLE_STAYS}"]
    assert report.exit_code is ExitCode.FINDINGS


def test_whose_role_is_the_rows_already_is_no_finding(uploading: Uploading):
    """Nothing is otherwise than approved but that somebody else has made the account."""
    uploading.portal.habits.unique = False
    uploading.rows = (person(2, role=Role.FACILITATOR),)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        uploading.portal.add_user("P2@acme.com", roles=[{"value": "facilitator", "primary": True}])
        with Journal(uploading.journal_path) as journal:
            report = uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    assert [one.but for one in report.people] == [""]


@pytest.mark.parametrize(
    "account",
    [
        {"active": False},
        {"roles": [{"value": "client admin"}]},
        {"first": "Zoe"},
    ],
)
def test_who_arrived_otherwise_needs_a_person(uploading: Uploading, account: dict[str, Any]):
    """Deactivated, a client admin, or another's name: nothing is written to the account."""
    uploading.portal.habits.unique = False
    uploading.rows = people(2)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        identifier = uploading.portal.add_user("p3@acme.com", **account)
        before = dict(uploading.portal.store.users[identifier])
        with Journal(uploading.journal_path) as journal:
            report = uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    assert [one.portal for one in report.people] == ["created", "needs_person"]
    assert uploading.portal.store.users[identifier] == before
    assert [mail[0] for mail in uploading.portal.store.mails] == ["p2@acme.com"]


@pytest.mark.parametrize("known", [False, True])
def test_who_arrived_with_the_address_as_a_second_one(uploading: Uploading, *, known: bool):
    """Nobody is created beside them without a word; a word that was given holds."""
    theirs = {"emails": [{"value": "ana@acme.com"}, {"value": "p2@acme.com"}]}
    uploading.rows = people(2)
    if known:
        uploading.portal.add_user("ana@acme.com", "Ana", "Sol", **theirs)
        uploading.options = replace(uploading.options, maybe="create")
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        if not known:
            uploading.portal.add_user("ana@acme.com", "Ana", "Sol", **theirs)
        with Journal(uploading.journal_path) as journal:
            report = uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    first, second = report.people
    assert (first.portal, second.portal) == ("created" if known else "needs_person", "created")
    assert known or "another userName" in first.reason
    assert ("p2@acme.com" in uploading.portal.people) == known


@pytest.mark.parametrize("damage", ["userName", "id"])
def test_who_cant_be_looked_up_stops_nobody_else(uploading: Uploading, damage: str):
    """Somebody has arrived whom the service can't name: that row alone is left to a person."""
    uploading.rows = people(2)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        there = uploading.portal.add_user("p3@acme.com")
        uploading.portal.store.users[there][damage] = ""
        with Journal(uploading.journal_path) as journal:
            report = uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    assert [one.portal for one in report.people] == ["created", "needs_person"]
    assert "whether they are there already" in report.people[1].reason
    assert uploading.portal.creates == {"p2@acme.com": 1}


def test_many_are_looked_up_at_once(uploading: Uploading):
    """The fresh look costs one request for 49 people."""
    uploading.emails = False
    uploading.portal.store.passes["p26"]["seats"] = 1000
    uploading.portal.add_user("somebody@acme.com")
    uploading.rows = people(200)
    with services(uploading.portal, uploading.jhana) as both:
        plan = make_plan(checked(uploading.rows), both, uploading.options)
        asked = len(uploading.portal.seen)
        with Journal(uploading.journal_path) as journal:
            uploading.carry_out(journal, both, journal.begin(plan), begun_now=True)
    reads = [one for one in uploading.portal.seen[asked:] if one.path == "/Users/.search"]
    assert len(reads) <= 10 + 4 + 5  # fresh (two ways), read back, the proofs


def test_a_second_machine_at_the_same_moment_is_seen_and_said(uploading: Uploading):
    """Where an address may be taken twice, two accounts are told before anybody is mailed."""
    uploading.portal.habits.unique = False
    uploading.portal.add_user("somebody@acme.com")
    uploading.rows = people(3)

    def twice(act: Act) -> Response:
        uploading.portal.add_user("p3@acme.com", entitlements=ON_PASS)
        return act()

    uploading.portal.on("POST", "/Users", twice, body="p3@acme.com")
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created"] * 3
    assert "there are two accounts with this address" in report.people[1].but
    assert sorted(mail[0] for mail in uploading.portal.store.mails) == [
        "p2@acme.com",
        "p4@acme.com",
    ]
    assert report.exit_code is ExitCode.FINDINGS


def joining(uploading: Uploading, journal: Journal, state: State) -> tuple[str, list[str]]:
    """An upload whose two people are created, and how far their joining a team of two is.

    Returns:
        The team, and the people's accounts.
    """
    team = uploading.portal.add_team("Small", 2, "p26")
    uploading.rows = people(2, team="Small")
    receipt = journal.begin(uploading.plan()).receipt
    accounts = []
    for task in [*journal.tasks(receipt, StepKind.ACCOUNT)]:
        email = f"p{task.row}@acme.com"
        account = uploading.portal.add_user(email, entitlements=ON_PASS, externalId=task.key)
        join = journal.step(receipt, task.row, "portal", StepKind.TEAM)
        assert join is not None
        done = replace(task, state=State.DONE, account_id=account, attempts=1)
        sent = account if state is not State.PLANNED else ""
        journal.record(receipt, [done, replace(join, state=state, account_id=sent)])
        accounts.append(account)
    return team, accounts


@pytest.mark.parametrize("state", [State.PLANNED, State.INTENT])
def test_places_that_were_taken_meanwhile_are_asked_about(uploading: Uploading, state: State):
    """A portal need not refuse more people than a team has places: nobody joins without a word."""
    with Journal(uploading.journal_path) as journal:
        team, _ = joining(uploading, journal, state)
    colleague = uploading.portal.add_user("boss@acme.com")
    uploading.portal.store.groups[team]["members"] = [{"value": colleague}]
    with pytest.raises(RefusedError, match="places: 2 are needed in the team Small, it has 1"):
        uploading.run()
    assert uploading.portal.writes == []


def test_who_is_in_the_team_by_now_needs_no_other_place(uploading: Uploading):
    """Put into it just before the process died: the team is full, of the right people."""
    with Journal(uploading.journal_path) as journal:
        team, accounts = joining(uploading, journal, State.INTENT)
    uploading.portal.store.groups[team]["members"] = [{"value": one} for one in accounts]
    report = uploading.run()
    assert [one.team_state for one in report.people] == ["joined", "joined"]
