"""Receipts add up: rows, seats, e-mails and teams, in JSON and in words, however a run stands."""

import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aapimport.errors import AapimportError, ExitCode
from aapimport.plan.decide import decide
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.run.cures import NOT_YET
from aapimport.run.journal import Journal
from aapimport.run.records import FINAL, Run, Seats, State, StepKind, Task
from aapimport.run.report import UploadReport, make_report
from aapimport.screens.console import make_console
from aapimport.screens.receipt import show_receipt
from aapimport.services.troubles import Trouble
from aapimport.template.roles import Role
from support.uploading import Uploading, people, person, services
from support.wire import RESET, Act, Response, as_json, error, instead

ROWS = (
    person(2, email="bo.berg@acme.com", first_name="Bo", last_name="Berg", jhana=True),
    person(3, email="li.wei@acme.com", first_name="Li", last_name="Wei", team="Sales"),
    person(4, email="ada.obi@acme.com", first_name="Ada", last_name="Obi", jhana=True),
    person(5, email="uma.rao@acme.com", first_name="Uma", last_name="Rao", team="Sales"),
    person(6, email="kim.lee@acme.com", first_name="Kim", last_name="Lee"),
    person(7, email="eva.ruiz@acme.com", first_name="Eva", last_name="Ruiz", jhana=True),
    person(9, email="tom.ek@acme.com", first_name="Tom", last_name="Ek", team="Sales", jhana=True),
)
IN_ONE_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def plan(uploading: Uploading) -> Plan:
    """Newcomers, somebody who is there as wanted, and two who are left out."""
    portal = uploading.portal
    portal.add_user("kim.lee@acme.com", "Kim", "Lee", entitlements=[{"value": "p26"}])
    portal.add_user("e.ruiz@home.example", "Eva", "Ruiz", emails=[{"value": "eva.ruiz@acme.com"}])
    portal.add_user("uma.rao@acme.com", "Uma", "Rao", active=False)
    uploading.rows = ROWS
    uploading.options = PlanOptions(pass_name="Leadership 2026", maybe="leave-out")
    drafted = decide(uploading.plan())
    assert Counter(bool(one.skipped) for one in drafted.people) == {True: 2, False: 5}
    return drafted


def shown(report: UploadReport, run: Run) -> str:
    """A receipt as a pipe gets it."""
    stream = io.StringIO()
    show_receipt(make_console(stream), report, run)
    return stream.getvalue()


def lines_of(text: str, label: str) -> str:
    """The words of a labelled part, in one line."""
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(label)), None)
    if at is None:
        return ""
    more = []
    for line in lines[at + 1 :]:
        if not line.startswith(" " * 17):
            break
        more.append(line.strip())
    return " ".join([lines[at].removeprefix(label).strip(), *more])


def check_sum(words: str, total: int) -> None:
    """`7 planned = 5 sent + 2 owed`, or a number alone where all are one part."""
    left, equals, right = words.partition(" = ")
    assert int(left.split()[0].replace(",", "")) == total
    parts = [int(part.split()[0].replace(",", "")) for part in right.split(" + ") if part]
    assert not equals or sum(parts) == total, words


def check(report: UploadReport, run: Run, tasks: list[Task]) -> None:
    """Whatever a receipt counts is the sum of its parts, and the steps' own number."""
    rows = {task.row for task in tasks}
    kinds = Counter(task.kind for task in tasks)
    on_jhana = sum(task.service == "jhana" and task.kind is StepKind.ACCOUNT for task in tasks)
    counts = report.services.model_dump()
    assert report.rows == len(report.people) == len(rows)
    assert sum(counts["portal"].values()) == len(rows)
    assert sum(counts["jhana"].values()) == on_jhana
    for planned, state, kind in (
        (report.email_counts.model_dump(), "email_state", StepKind.EMAIL),
        (report.team_counts.model_dump(), "team_state", StepKind.TEAM),
    ):
        total = planned.pop("planned")
        assert total == sum(planned.values()) == kinds[kind]
        states = Counter(getattr(one, state) for one in report.people)
        assert states.pop("none", 0) == len(rows) - kinds[kind]
        assert states == {name: number for name, number in planned.items() if number}
    assert report.seats is not None
    assert report.seats.free_by_plan == report.seats.free_before - report.seats.used
    assert report.seats.free_after == run.seats_free_after
    well = {State.DONE, State.HANDED_OVER}
    settled = all(task.state in well and not task.but for task in tasks)
    assert (report.exit_code is ExitCode.OK) == settled
    for one in report.people:
        mine = [task for task in tasks if task.row == one.row]
        if not all(task.state in well and not task.but for task in mine):
            dependent = {task.state for task in mine} <= well | {State.SKIPPED}
            assert one.failures or dependent or report.closed
        for failure in one.failures:
            assert failure.words
            assert failure.cure
            assert "{" not in failure.cure
    check_words(report, shown(report, run))


def check_words(report: UploadReport, text: str) -> None:
    """What is printed says the same numbers, and names everybody who needs attention."""
    check_sum(lines_of(text, "Rows "), report.rows)
    if report.email_counts.planned:
        check_sum(lines_of(text, "E-mails "), report.email_counts.planned)
    if report.team_counts.planned:
        check_sum(lines_of(text, "Teams "), report.team_counts.planned)
    seats = lines_of(text, "Seats ")
    assert report.seats is not None
    assert seats.startswith(f"{report.seats.used:,} used; ")
    told = report.seats.free_after
    if told is None:
        assert re.search(rf"by the plan of .* UTC, {report.seats.free_by_plan} are left", seats)
    else:
        assert f"; {told:,} left free, as the portal told" in seats
    flat = " ".join(text.split())
    for one in report.people:
        if {failure.words for failure in one.failures} == {NOT_YET}:
            assert "something is not sent so far" in flat  # told once for all of them
            continue
        for failure in one.failures:
            assert re.search(rf"^Users!A{one.row}\b", text, re.MULTILINE)
            assert re.search(rf"hint: ([\w ,-]+: )?{re.escape(failure.cure)}", flat)


STATES = st.sampled_from([*State])


@IN_ONE_FOLDER
@given(data=st.data())
def test_however_a_run_stands_its_receipt_adds_up(plan: Plan, tmp_path: Path, data: Any) -> None:
    """Open, finished or closed, with any step in any state; the same when it is shown again."""
    path = tmp_path / "generated.sqlite3"
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        receipt = journal.begin(plan).receipt
        journal.record(receipt, [*_drawn(journal, receipt, data)])
        tasks = [*journal.tasks(receipt)]
        seats = data.draw(st.none() | st.integers(0, 99))
        if seats is not None or all(task.state in FINAL for task in tasks):
            journal.finish(receipt, Seats(used=4, free=seats))
        addresses = {one.row: one.email for one in ROWS} if data.draw(st.booleans()) else {}
        check(make_report(journal, journal.run(receipt), addresses), journal.run(receipt), tasks)
        if data.draw(st.booleans()):
            journal.close(receipt)
        run = journal.run(receipt)
        report = make_report(journal, run, addresses)
        check(report, run, tasks)
    with Journal(path) as journal:
        again = make_report(journal, journal.run(receipt), addresses)
        assert again.model_dump_json() == report.model_dump_json()
        assert shown(again, journal.run(receipt)) == shown(report, run)


def _drawn(journal: Journal, receipt: str, data: Any) -> Iterator[Task]:
    left_out = {
        task.row for task in journal.tasks(receipt, StepKind.ACCOUNT) if task.state is State.SKIPPED
    }
    for task in journal.tasks(receipt):
        if task.row in left_out:
            continue
        state = data.draw(STATES)
        if state is State.SKIPPED and task.kind is StepKind.ACCOUNT:
            state = State.PLANNED  # only a plan leaves people out
        if state is State.HANDED_OVER and task.kind is not StepKind.EMAIL:
            state = State.DONE  # only e-mails are
        yield replace(
            task,
            state=state,
            attempts=data.draw(st.integers(0, 2)),
            adopted=data.draw(st.booleans()),
            but=data.draw(st.sampled_from(["", "role not kept"])) if state is State.DONE else "",
            reason=data.draw(st.sampled_from(["", "no, {who}!"])),
            trouble=data.draw(st.sampled_from(["", *Trouble])) if state not in _WELL else "",
        )


_WELL = {State.DONE, State.PLANNED}


@pytest.mark.parametrize("seed", range(4))
def test_what_a_receipt_counts_is_what_the_services_hold(uploading: Uploading, seed: int) -> None:
    """Refusals, lost answers and a pause at random; then resumed, or closed, and shown again."""
    choose = random.Random(seed)
    uploading.rows = people(14, jhana=True, team="Sales")
    uploading.stop_after = choose.choice([None, 3])
    for service in (uploading.portal, uploading.jhana):
        for row in choose.sample(range(2, 16), 4):
            faults = [error(422, "no"), error(403, "not you"), RESET, error(500, "x")]
            fault = choose.choice(faults)
            times = choose.choice([1, 9])
            service.on("POST", "/Users", instead(fault), times=times, body=f"p{row}@")
    refused = instead(error(choose.choice([403, 413]), "no"))
    uploading.portal.on("PATCH", "/Users/user-1", refused, times=9, body="welcomeEmail")
    full = instead(error(400, "the team is full"))
    who = f'user-{choose.randint(2, 6)}"'
    uploading.portal.on("PATCH", "/Groups/.*", full, times=99, body=who)
    with suppress(AapimportError):
        uploading.run()
    with Journal(uploading.journal_path) as journal:
        if choose.random() < 0.5 and (open_ := journal.open_runs()):
            journal.close(open_[0].receipt)
    with suppress(AapimportError), Journal(uploading.journal_path) as journal:
        if open_ := journal.open_runs():
            with services(uploading.portal, uploading.jhana) as both:
                uploading.carry_out(journal, both, open_[0])
    with Journal(uploading.journal_path) as journal:
        (run,) = journal._runs("1", ())
        tasks = [*journal.tasks(run.receipt)]
        report = make_report(journal, run, {one.row: one.email for one in uploading.rows})
    check(report, run, tasks)
    store = uploading.portal.store
    results = Counter(one.portal for one in report.people)
    doubts = results["unknown"] + report.email_counts.unknown + report.team_counts.unknown
    assert report.email_counts.sent <= len(store.mails) + len(uploading.jhana.store.mails)
    assert results["created"] <= len(store.users) <= results["created"] + doubts
    assert report.seats is not None
    assert report.seats.used <= len(store.seats.get("p26", ())) <= report.seats.used + doubts


def test_the_seats_left_are_those_that_the_portal_tells(uploading: Uploading) -> None:
    """A colleague uses seats meanwhile: the plan's figure would be wrong, and isn't told."""
    uploading.rows = people(3)
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading._plan(both))
        for number in range(7):
            uploading.portal.add_user(f"x{number}@else.com", entitlements=[{"value": "p26"}])
        report = uploading.carry_out(journal, both, run, begun_now=True)
        run = journal.run(run.receipt)
    assert report.seats is not None
    seats = report.seats
    assert (seats.free_before, seats.used, seats.free_by_plan, seats.free_after) == (100, 3, 97, 90)
    assert "3 used; 90 left free, as the portal told at the end" in shown(report, run)
    uploading.portal.add_user("late@else.com", entitlements=[{"value": "p26"}])
    with (
        Journal(uploading.journal_path) as journal,
        services(uploading.portal, uploading.jhana) as both,
    ):
        assert uploading.carry_out(journal, both, run).seats == seats  # what was told at the end


def test_where_the_portal_can_not_be_asked_it_is_the_plans_figure(uploading: Uploading) -> None:
    """And is called that, with its time."""
    uploading.rows = people(3)

    def fails_by_now(act: Act) -> Response:
        return error(500) if uploading.portal.writes else act()

    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.begin(uploading._plan(both))
        uploading.portal.on("GET", "/Passes", fails_by_now, times=99)
        report = uploading.carry_out(journal, both, run, begun_now=True)
        run = journal.run(run.receipt)
    assert report.seats is not None
    assert (report.seats.free_by_plan, report.seats.free_after) == (97, None)
    planned_at = datetime.fromtimestamp(run.taken_at, UTC).strftime("%d %b %Y %H:%M UTC")
    words = f"3 used; by the plan of {planned_at}, 97 are left free, if nobody else has used any"
    assert lines_of(shown(report, run), "Seats ") == words


def test_an_upload_that_is_not_finished_has_no_end_to_tell_of(uploading: Uploading) -> None:
    """What the portal told before more was sent would be wrong: it is the plan's figure."""
    uploading.rows = people(3)
    uploading.portal.on("POST", "/Users", instead(RESET), times=9, body="p3@")
    report = uploading.run()
    assert report.exit_code is ExitCode.SERVICE
    assert report.seats is not None
    assert (report.seats.used, report.seats.free_by_plan, report.seats.free_after) == (2, 98, None)


def test_a_count_that_lags_behind_is_not_told(uploading: Uploading) -> None:
    """A portal that doesn't count our own seats yet can't say what is free."""
    uploading.rows = people(3)
    uploading.portal.habits.counts = False
    seats = uploading.run().seats
    assert seats is not None
    assert (seats.used, seats.free_after) == (3, None)


CREATING = [
    (409, "uniqueness", "no", "taken", "look on the All Access Pass who has this address"),
    (400, "invalidValue", "no", "invalid", "correct what the All Access Pass names in this row"),
    (400, "tooMany", "no", "too large", "shorten"),
    (422, "", "no", "invalid", "correct"),
    (403, "", "no", "not allowed", "why this is not allowed"),
    (402, "", "no", "full", "ask for more seats"),
    (403, "", "the pass has no seats left", "full", "ask for more seats"),
    (404, "", "no", "gone", "is not there any more"),
    (413, "", "no", "too large", "shorten"),
    (418, "", "no", "refused", "ask whoever runs the All Access Pass"),
]


@pytest.mark.parametrize(("status", "scim_type", "words", "kind", "cure"), CREATING)
def test_each_refusal_of_an_account_has_its_cure(
    uploading: Uploading, status: int, scim_type: str, words: str, kind: str, cure: str
) -> None:
    """The row, the service's own words, made harmless, and what to do by what it answered."""
    uploading.rows = people(2)
    body = {"detail": f"{words} \x1b[2J\u202e", "scimType": scim_type, "status": str(status)}
    uploading.portal.on("POST", "/Users", instead(as_json(status, body)), times=9, body="p3@")
    report = uploading.run()
    (failure,) = report.people[1].failures
    assert (failure.where, failure.standing, failure.kind) == ("All Access Pass", "rejected", kind)
    assert failure.words.startswith(words)
    assert cure in failure.cure
    with Journal(uploading.journal_path) as journal:
        text = shown(report, journal.run(report.receipt))
    assert re.search(rf"^Users!A3  p3@acme.com  All Access Pass: {words}", text, re.MULTILINE)
    assert not {"\x1b", "\u202e"} & {*text}
    assert report.exit_code is ExitCode.FINDINGS


JOINING = [
    (400, "the team is full", "full", "ask for more places in the team"),
    (403, "no", "not allowed", "why this is not allowed"),
    (404, "no", "gone", "which teams there are"),
]


@pytest.mark.parametrize(("status", "words", "kind", "cure"), JOINING)
def test_each_refusal_of_a_team_has_its_cure(
    uploading: Uploading, status: int, words: str, kind: str, cure: str
) -> None:
    """A team's places are no seats."""
    uploading.rows = people(1, team="Sales")
    refusal = instead(error(status, words))
    uploading.portal.on("PATCH", "/Groups/.*", refusal, times=99)
    uploading.portal.on("PUT", "/Groups/.*", refusal, times=99)
    (failure,) = uploading.run().people[0].failures
    assert (failure.where, failure.kind) == ("team", kind)
    assert cure in failure.cure


def test_an_email_that_is_refused_can_be_sent_later(uploading: Uploading) -> None:
    """By its own command, as the next upload mails nobody who is there."""
    uploading.portal.on("PATCH", "/Users/.*", instead(error(403)), times=9, body="welcomeEmail")
    report = uploading.run()
    (failure,) = report.people[0].failures
    assert (failure.where, failure.kind, failure.standing) == ("e-mail", "not allowed", "rejected")
    assert f"aapimport send-emails {report.receipt}" in failure.cure


def test_a_doubt_says_who_where_and_what_next(uploading: Uploading) -> None:
    """Before the upload is closed, and after; with the words for an answer that never came."""
    uploading.portal.on("POST", "/Users", instead(RESET), times=9)
    report = uploading.run()
    (failure,) = report.people[0].failures
    assert (failure.standing, failure.kind) == ("unknown", "no answer")
    again = f"aapimport resume {report.receipt} --again"
    assert failure.cure == (
        "look for p2@acme.com on the All Access Pass; if nobody is there, to send it once more: "
        + again
    )
    assert report.exit_code is ExitCode.SERVICE
    with Journal(uploading.journal_path) as journal:
        run = journal.close(report.receipt)
        closed = make_report(journal, run, journal.addresses(run.receipt))
        (failure,) = closed.people[0].failures
        text = shown(closed, run)
    assert failure.cure == (
        "look for p2@acme.com on the All Access Pass; then upload the file again, which looks them"
        " up first and makes nobody twice"
    )
    assert "resume" not in failure.words + failure.cure
    assert "Users!A2  p2@acme.com  All Access Pass: sent 2 times without an answer" in text


def test_an_email_that_waits_is_not_the_end(uploading: Uploading) -> None:
    """Whoever's account isn't shown is mailed by a later resume: exit 4, and no word of an end."""
    uploading.emails = True
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        receipt = journal.begin(uploading._plan(both)).receipt
        (task,) = journal.tasks(receipt, StepKind.ACCOUNT)
        journal.record(receipt, [replace(task, state=State.DONE, account_id="u9", attempts=1)])
        report = make_report(journal, journal.run(receipt), {})
    assert (report.people[0].email_state, report.email_counts.waiting) == ("waiting", 1)
    assert report.exit_code is ExitCode.SERVICE


@pytest.mark.parametrize("dropped", ["roles", "name"])
def test_what_is_not_sent_is_said_of_everybody_it_concerns(uploading: Uploading, dropped: str):
    """As where the portal drops it by itself: exit 1, in words, and nobody becomes client admin."""
    uploading.portal.habits.schemas = frozenset(
        one for one in DECLARED if not one.startswith(dropped)
    )
    uploading.rows = (ROWS[1], replace(ROWS[4], role=Role.CLIENT_ADMIN))
    plan = uploading.plan()
    kind = "role" if dropped == "roles" else "names"
    assert [one.portal.unsent for one in plan.people] == [(kind,)] * 2
    assert not plan.is_whole
    assert len(plan.client_admins) == (dropped != "roles")
    report = uploading.run()
    assert report.exit_code is ExitCode.FINDINGS
    assert all(f"{kind} not kept: not sent" in one.but for one in report.people)
    assert [one.portal for one in report.people] == ["created", "created"]
    with Journal(uploading.journal_path) as journal:  # who lacks a role is owed it
        lacking = journal.not_kept(report.address)
    assert all(kind in but for but in lacking.values())
    assert len(lacking) == 2


DECLARED = (
    *("userName", "emails.value", "active", "entitlements", "externalId", "roles"),
    *("name.givenName", "name.familyName"),
)
