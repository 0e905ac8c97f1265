import json
import socket
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aapimport import __version__
from aapimport.errors import ExitCode, RefusedError
from aapimport.plan.plan import PlanOptions
from aapimport.run import planned
from aapimport.run.debts import debts_of
from aapimport.run.digests import address_digest, names_digest
from aapimport.run.glance import glance
from aapimport.run.journal import Journal
from aapimport.run.planned import people_digest
from aapimport.run.records import Seats, State, StepKind
from aapimport.run.report import make_report
from aapimport.run.schema import SCHEMA_VERSION
from aapimport.template.roles import Role
from support.uploading import Uploading, person
from support.version_1 import as_version_1
from support.wire import RESET, instead

ROWS = (
    person(2, email="bo.berg@acme.com", first_name="Bo", last_name="Berg", jhana=True),
    person(3, email="li.wei@acme.com", first_name="Li", last_name="Wei", team="Sales"),
    person(5, email="ada.obi@acme.com", first_name="Ada", last_name="Obi", role=Role.FACILITATOR),
)


@pytest.fixture
def three(uploading: Uploading) -> Uploading:
    """Three people of different kinds."""
    uploading.rows = ROWS
    return uploading


def before(uploading: Uploading) -> dict[int, Any]:
    """What the journal says that people were before, by row; None for who wasn't there."""
    with closing(sqlite3.connect(uploading.journal_path)) as database:
        found = database.execute("SELECT row, before FROM people").fetchall()
    return {row: json.loads(text) if text else None for row, text in found}


def test_a_run_knows_its_circumstances(three: Uploading, monkeypatch: pytest.MonkeyPatch):
    """Who began it and where, with which version and plan, and when the services were asked."""
    monkeypatch.setattr("getpass.getuser", lambda: "ana")
    three.rows = ROWS[::2]
    three.portal.add_pass("p25", "Leadership 2025", 7, 3)
    three.portal.add_user("somebody@acme.com")
    three.options = replace(three.options, pass_name="Leadership 2025")
    plan = three.plan()
    with Journal(three.journal_path) as journal:
        run = journal.begin(plan)
        assert journal.run(run.receipt) == run
    assert run.started_by == f"ana@{socket.gethostname()}"
    assert run.version == __version__
    assert (run.seats_used_before, run.seats_used_after) == (3, None)
    assert 0 < run.taken_at <= run.started_at <= time.time()
    assert run.is_open


def test_nobody_has_a_name_in_some_containers(monkeypatch: pytest.MonkeyPatch):
    """An account that the system can't name still begins an upload."""

    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert planned.this_user() == f"somebody@{socket.gethostname()}"


def test_digests_tell_plans_and_people_apart(three: Uploading):
    """The same people planned again have the same digests; another role or decision has not."""
    plan = three.plan()
    other_role = (*ROWS[:2], replace(ROWS[2], role=Role.MANAGER))
    with Journal(three.journal_path) as journal:
        first = journal.begin(plan)
        again = journal.begin(replace(three.plan(), receipt="AGAIN2"))
        silent = journal.begin(replace(plan.without_emails(), receipt="SILENT"))
        three.rows = other_role
        other = journal.begin(replace(three.plan(), receipt="OTHER2"))
    assert first.people_digest == again.people_digest == silent.people_digest
    assert first.people_digest == people_digest(ROWS) != other.people_digest
    assert first.plan_digest == again.plan_digest
    assert len({first.plan_digest, silent.plan_digest, other.plan_digest}) == 3


def test_what_people_were_before_is_kept_and_names_nobody(three: Uploading):
    """Active, roles, pass, team and Jhana stay for good; former names only where changed."""
    three.portal.add_user(
        "BO.BERG@acme.com",
        first="Bosse",
        last="Bergström",
        active=False,
        displayName="Bo",
        roles=[{"value": "facilitator"}],
        entitlements=[{"value": "p26", "type": "pass"}],
    )
    three.jhana.add_user("bo.berg@acme.com", first="Bo", last="Berg")
    li = three.portal.add_user("li.wei@acme.com", first="Li", last="Wei")
    (team,) = three.portal.store.groups.values()
    team["members"] = [{"value": li}]
    three.options = replace(three.options, update_names=True, returning="include")
    receipt = three.run().receipt
    assert before(three) == {
        2: {
            "portal": {
                "active": False,
                "roles": ["facilitator"],
                "replaced": ["facilitator"],
                "named": names_digest("bo.berg@acme.com", "Bosse", "Bergström"),
                "renamed": True,
                "names": ["Bosse", "Bergström", {"displayName": "Bo", "name.formatted": ""}],
            },
            "jhana": {
                "active": True,
                "roles": [],
                "replaced": [],
                "named": names_digest("bo.berg@acme.com", "Bo", "Berg"),
            },
            "on_pass": True,
            "team": None,
            "on_jhana": True,
            "person": address_digest("bo.berg@acme.com"),
            "named": names_digest("bo.berg@acme.com", "Bo", "Berg"),
            "called": names_digest(receipt, "Bo", "Berg"),
            "role": None,
            "by_entitlement": True,
        },
        3: {
            "portal": {
                "active": True,
                "roles": [],
                "replaced": [],
                "named": names_digest("li.wei@acme.com", "Li", "Wei"),
            },
            "jhana": None,
            "on_pass": False,
            "team": True,
            "on_jhana": None,
            "person": address_digest("li.wei@acme.com"),
            "named": names_digest("li.wei@acme.com", "Li", "Wei"),
            "called": names_digest(receipt, "Li", "Wei"),
            "role": None,
            "by_entitlement": True,
            "found_in": {"team": team["id"]},
        },
        5: {
            "portal": None,
            "jhana": None,
            "on_pass": False,
            "team": None,
            "on_jhana": None,
            "person": address_digest("ada.obi@acme.com"),
            "named": names_digest("ada.obi@acme.com", "Ada", "Obi"),
            "called": names_digest(receipt, "Ada", "Obi"),
            "role": "facilitator",
            "by_entitlement": True,
        },
    }


def test_names_that_were_not_changed_after_all_are_erased(three: Uploading):
    """A refused change leaves nothing for a way back, so the journal forgets the names."""
    three.portal.add_user("li.wei@acme.com", first="Lili", last="Weissman")
    three.options = PlanOptions(pass_name="Leadership 2026", maybe="create", update_names=True)
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        assert "names" in before(three)[3]["portal"]
        journal.record(
            run.receipt,
            [replace(one, state=State.REJECTED) for one in journal.tasks(run.receipt)],
        )
    assert "names" not in before(three)[3]["portal"]
    assert b"Weissman" not in three.journal_path.read_bytes()


def test_open_runs_are_of_their_services(three: Uploading):
    """The newest first; another pair of services has its own; closed and finished ones aren't."""
    plan = three.plan()
    elsewhere = "https://portal.example/v2 https://jhana.example/v2"
    with Journal(three.journal_path) as journal:
        assert journal.open_run(plan.address) is None
        for receipt, address in (("AAAAAA", plan.address), ("BBBBBB", elsewhere)):
            journal.begin(replace(plan, receipt=receipt, address=address))
        journal.begin(replace(plan, receipt="CCCCCC"))
        assert [run.receipt for run in journal.open_runs()] == ["CCCCCC", "BBBBBB", "AAAAAA"]
        assert [run.receipt for run in journal.open_runs(elsewhere)] == ["BBBBBB"]
        journal.close("CCCCCC")
        found = journal.open_run(plan.address)
        assert found is not None
        assert found.receipt == "AAAAAA"
        assert not journal.run("CCCCCC").is_open


def test_a_run_whose_end_was_not_written_is_finished_on_sight(three: Uploading):
    """All is done, and the process died before it could say so: that is not open."""
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        journal.record(
            run.receipt, [replace(one, state=State.DONE) for one in journal.tasks(run.receipt)]
        )
        assert glance(three.journal_path, run.address) == []
        assert journal.open_run(run.address) is None
        assert journal.run(run.receipt).finished_at is not None


def test_the_end_is_written_once(three: Uploading):
    """Printing a receipt again doesn't move the end; seats that are told later are kept."""
    receipt = three.run().receipt
    with Journal(three.journal_path) as journal:
        first = journal.run(receipt)
        again = journal.finish(receipt, Seats(used=41, free=59))
        assert again == replace(first, seats_used_after=41, seats_free_after=59)
        assert journal.finish(receipt) == again


def interrupted(three: Uploading) -> str:
    """An upload of which one is done, one is created and in doubt, and one was never sent."""
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        for task in journal.tasks(run.receipt):
            if task.kind is StepKind.ACCOUNT and task.row == 2:
                state = State.DONE if task.service == "portal" else State.DOUBT
                sent = replace(task, state=state, account_id=f"u{task.row}", attempts=1)
                journal.record(run.receipt, [sent])
            if task.kind is StepKind.ACCOUNT and task.row == 3:
                sent = replace(task, state=State.DONE, account_id="u3", attempts=1)
                journal.record(run.receipt, [sent])
    return run.receipt


def test_closing_keeps_debts_and_forgets_whom_nothing_is_owed(three: Uploading):
    """Steps stay as they are; the addresses of people who were never sent go."""
    receipt = interrupted(three)
    with Journal(three.journal_path) as journal:
        steps = list(journal.tasks(receipt))
        debts = debts_of(journal, journal.run(receipt))
        assert debts.not_mailed == [2, 3]
        assert debts.in_doubt == {2: ["Jhana"]}
        assert debts.not_sent == {3: ["team"], 5: ["All Access Pass"]}
        run = journal.close(receipt)
        assert run.closed_at is not None
        assert run.finished_at is None
        assert list(journal.tasks(receipt)) == steps
        assert debts_of(journal, run) == debts
        assert journal.addresses(receipt) == {2: "bo.berg@acme.com", 3: "li.wei@acme.com"}
        assert journal.close(receipt) == run
        assert journal.finish(receipt).finished_at is None
    assert b"ada.obi" not in three.journal_path.read_bytes()


def test_a_closed_upload_owes_and_never_advises_to_resume(three: Uploading):
    """Exit 1, also with a doubt; who was created waits for their e-mail; the advice is another."""
    receipt = interrupted(three)
    with Journal(three.journal_path) as journal:
        doubt = journal.step(receipt, 2, "jhana")
        assert doubt is not None
        advice = f"not found; to send it once more: aapimport resume {receipt} --again"
        journal.record(receipt, [replace(doubt, reason=advice)])
        assert make_report(journal, journal.run(receipt), {}).exit_code is ExitCode.SERVICE
        report = make_report(journal, journal.close(receipt), journal.addresses(receipt))
    assert report.closed
    assert report.exit_code is ExitCode.FINDINGS
    assert [(one.row, one.portal, one.email_state) for one in report.people] == [
        (2, "created", "owed"),
        (3, "created", "owed"),
        (5, "not_sent", "not_asked"),
    ]
    assert (report.never_sent, report.skipped) == (1, 0)
    (doubt_, mail) = report.people[0].failures
    assert doubt_.words == "not found"
    assert doubt_.cure == (
        "look for bo.berg@acme.com on Jhana; then upload the file again, which looks them up first"
        " and makes nobody twice"
    )
    assert f"aapimport send-emails {receipt}" in mail.cure
    said = [one.reason + str(one.failures) for one in report.people]
    assert "resume" not in " ".join(said)


def test_who_is_on_jhana_alone_is_owed_the_combined_e_mail(three: Uploading):
    """Created there, never sent to the portal: not mailed, and listed."""
    with Journal(three.journal_path) as journal:
        receipt = journal.begin(three.plan()).receipt
        jhana = journal.step(receipt, 2, "jhana")
        assert jhana is not None
        journal.record(receipt, [replace(jhana, state=State.DONE, account_id="j2", attempts=1)])
        assert debts_of(journal, journal.run(receipt)).not_mailed == [2]
        report = make_report(journal, journal.close(receipt), {})
    assert [one.email_state for one in report.people] == ["owed", "not_asked", "not_asked"]


def test_a_run_of_which_nothing_was_sent_can_be_taken_back(three: Uploading):
    """Whole, as if it had never been; as soon as something left, it stays."""
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        journal.told_once(run.receipt, "roles are dropped")
        journal.claim_mails(run.receipt, {2: [("https://p", "u2", "portal")]})
        journal.discard(run.receipt)
        assert not journal.knows(run.receipt)
        rows = [
            journal._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- literals
            for table in ("runs", "people", "steps", "mails", "told")
        ]
        assert rows == [0] * 5
        journal.begin(three.plan())
    receipt = interrupted(three)
    with Journal(three.journal_path) as journal:
        with pytest.raises(RefusedError, match="has sent something"):
            journal.discard(receipt)
        assert len(journal.rows(receipt)) == 3


@pytest.mark.parametrize("state", [State.INTENT, State.DOUBT, State.WRITTEN, State.REJECTED])
def test_what_may_have_left_is_never_taken_back(three: Uploading, state: State):
    """A change that was tried, whatever became of it, is a reason to keep the run."""
    three.portal.add_user("li.wei@acme.com", first="Li", last="Wei")
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        (task,) = (one for one in journal.tasks(run.receipt, StepKind.ACCOUNT) if one.account_id)
        journal.record(run.receipt, [replace(task, state=state, sent_at=time.time())])
        with pytest.raises(RefusedError):
            journal.discard(run.receipt)
        journal.record(run.receipt, [replace(task, state=State.PLANNED, sent_at=time.time())])
        journal.discard(run.receipt)  # certainly not carried out


def test_seats_are_counted_from_what_was_done(three: Uploading):
    """Adopted people whom the run put on the pass used one; who was on it, or isn't, did not."""
    with Journal(three.journal_path) as journal:
        run = journal.begin(three.plan())
        done = [
            replace(one, state=State.DONE, but="role not kept", attempts=1)
            for one in journal.tasks(run.receipt, StepKind.ACCOUNT, service="portal")
        ]
        journal.record(run.receipt, done)
        assert journal.seats_used(run.receipt) == 3
        journal.record(run.receipt, [replace(done[0], adopted=True)])
        assert journal.seats_used(run.receipt) == 3
        journal.record(run.receipt, [replace(done[0], adopted=True, attempts=0)])
        assert journal.seats_used(run.receipt) == 2
        journal.record(run.receipt, [replace(done[1], but="role, pass not kept")])
        assert journal.seats_used(run.receipt) == 1


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_glance_changes_nothing(three: Uploading, version: int):
    """A journal of any version is looked into without a lock, and stays byte by byte the same."""
    three.portal.on("POST", "/Users", instead(RESET), times=99, body="li.wei")
    report = three.run()
    if version == 1:
        as_version_1(three.journal_path)
    elif version > SCHEMA_VERSION:
        with closing(sqlite3.connect(three.journal_path)) as database:
            database.execute("ALTER TABLE runs ADD COLUMN later TEXT")
    content = three.journal_path.read_bytes()
    address = f"{three.portal.url} {three.jhana.url}"
    ((run, far),) = glance(three.journal_path, address)
    assert (run.receipt, run.file, far.done) == (report.receipt, "people.xlsx", 5)
    assert far.steps == 8
    assert glance(three.journal_path, "practice") == []
    assert three.journal_path.read_bytes() == content


def test_a_glance_at_what_is_no_journal_sees_nothing(three: Uploading, tmp_path):
    """No file, a foreign database, a damaged one: the next upload says so, not a plan."""
    assert glance(tmp_path / "none.sqlite3", "practice") == []
    assert not (tmp_path / "none.sqlite3").exists()
    foreign = tmp_path / "foreign.sqlite3"
    with closing(sqlite3.connect(foreign)) as database:
        database.execute("CREATE TABLE runs (receipt TEXT)")
    (tmp_path / "damaged.sqlite3").write_bytes(b"xy" * 999)
    for name in ("foreign", "damaged"):
        assert glance(tmp_path / f"{name}.sqlite3", "practice") == []


def test_closing_is_dated(three: Uploading):
    """The time of closing is now, not that of the run."""
    receipt = interrupted(three)
    with Journal(three.journal_path) as journal:
        closed_at = journal.close(receipt).closed_at
    assert closed_at is not None
    assert abs(datetime.now(UTC).timestamp() - closed_at) < 60
