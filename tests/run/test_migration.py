import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import SettingsError
from aapimport.run import schema
from aapimport.run.glance import glance
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.records import State, StepKind
from aapimport.run.report import make_report
from support.undoing import begun, go_on
from support.uploading import Uploading, people, person
from support.version_1 import TABLES, as_version_1, says
from support.wire import RESET, error, instead

ROWS = (
    person(2, email="bo.berg@acme.com", first_name="Bo", last_name="Berg", jhana=True),
    person(3, email="li.wei@acme.com", first_name="Li", last_name="Wei", team="Sales"),
    person(4, email="ada.obi@acme.com", first_name="Ada", last_name="Obi"),
)


def version(path: Path) -> int:
    """A journal's version."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def ledger(path: Path) -> list[tuple[str, str, str, int, str]]:
    """The mail ledger: address, account, kind, row, state."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute(
            "SELECT service_address, account_id, kind, row, state FROM mails ORDER BY row, kind"
        ).fetchall()


def mailed(uploading: Uploading) -> list[str]:
    """Whom both services mailed."""
    stubs = (uploading.portal, uploading.jhana)
    return sorted(mail[0] for stub in stubs for mail in stub.store.mails)


def test_what_makes_journals_of_version_1_is_version_1():
    """The tests' own statements are those from which every journal comes."""
    assert schema._VERSION_1 == TABLES
    assert schema.MIGRATIONS[0] == TABLES


def test_a_finished_upload_of_version_1_says_the_same(uploading: Uploading):
    """It migrates when it is opened, once, keeps all it said, and its receipt is the same."""
    uploading.rows = ROWS
    before = uploading.run()
    as_version_1(uploading.journal_path)
    said = says(uploading.journal_path)
    for _ in range(2):
        with Journal(uploading.journal_path) as journal:
            run = journal.run(before.receipt)
            addresses = {one.row: one.email for one in ROWS}
            after = make_report(journal, run, addresses)
            assert before.seats is not None
            untold = before.seats.model_copy(update={"free_after": None})
            assert after == before.model_copy(update={"seats": untold})
            assert journal.open_runs() == []
            assert (run.started_by, run.plan_digest, run.closed_at) == ("", "", None)
        assert says(uploading.journal_path) == said
        assert version(uploading.journal_path) == schema.SCHEMA_VERSION


def test_what_version_1_has_changed_is_known(uploading: Uploading):
    """It counted only creations: whoever was changed isn't the same, and an undo names them."""
    for one in people(2):
        uploading.portal.add_user(one.email, roles=[{"value": "facilitator"}])
    uploading.rows = people(3)
    uploading.emails = False
    uploading.options = replace(uploading.options, update_roles=True)
    receipt = uploading.run().receipt
    as_version_1(uploading.journal_path)
    with closing(sqlite3.connect(uploading.journal_path)) as database:
        told = database.execute(
            "SELECT row, action, attempts, sent_at > 0 FROM steps WHERE kind = 'account'"
        ).fetchall()
    assert told == [(2, "change", 0, 1), (3, "change", 0, 1), (4, "create", 1, 1)]
    with Journal(uploading.journal_path) as journal:
        report = make_report(journal, journal.run(receipt), {})
        left = [*left_by(journal, journal.run(receipt))]
    assert (report.services.portal.created, report.services.portal.changed) == (1, 2)
    assert [one.touched for person in left for one in person.accounts] == [True] * 3
    undone = go_on(uploading, begun(uploading, receipt))
    not_back = [(one.row, one.result) for one in undone.effects if one.result == "impossible"]
    assert not_back == [(2, "impossible"), (3, "impossible")]


def test_an_open_upload_of_version_1_goes_on(uploading: Uploading):
    """It is finished by the next process: everybody once, and mailed once."""
    uploading.rows = ROWS
    uploading.portal.on("POST", "/Users", instead(error(401, "no")), skip=1, times=9)
    with pytest.raises(SettingsError):
        uploading.run()
    as_version_1(uploading.journal_path)
    uploading.portal._rules.clear()
    report = uploading.run()
    assert report.services.portal.created == 3
    assert uploading.portal.people == {one.email: 1 for one in ROWS}
    assert mailed(uploading) == sorted(one.email for one in ROWS)


def test_who_was_mailed_by_version_1_is_in_the_ledger(uploading: Uploading):
    """A combined e-mail counts for both services; whoever wasn't mailed is not there."""
    uploading.rows = ROWS
    uploading.portal.on(
        "PATCH", "/Users/.*", instead(error(422, "no")), times=9, body="welcomeEmail", skip=2
    )
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        tasks = {(one.row, one.service): one for one in journal.tasks(receipt, StepKind.ACCOUNT)}
        mails = {one.row: one.state for one in journal.tasks(receipt, StepKind.EMAIL)}
    as_version_1(uploading.journal_path)
    Journal(uploading.journal_path).__exit__()
    expected = [
        (url, tasks[row, service].account_id, service, row, "done")
        for row, service, url in (
            (2, "jhana", uploading.jhana.url),
            (2, "portal", uploading.portal.url),
            (3, "portal", uploading.portal.url),
            (4, "portal", uploading.portal.url),
        )
        if mails[row] is State.DONE
    ]
    assert sum(state is State.DONE for state in mails.values()) == 2
    assert ledger(uploading.journal_path) == expected


@pytest.mark.parametrize("state", [State.INTENT, State.DOUBT])
def test_an_email_of_version_1_under_way_stays_exactly_once(uploading: Uploading, state: State):
    """Its own upload may ask again with its own request id; no other upload may mail."""
    uploading.rows = ROWS[2:]
    uploading.portal.on("PATCH", "/Users/.*", instead(RESET), times=99, body="welcomeEmail")
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        (mail,) = journal.tasks(receipt, StepKind.EMAIL)
        journal.record(receipt, [replace(mail, state=state)])
        account = journal.step(receipt, 4, "portal")
    assert account is not None
    as_version_1(uploading.journal_path)
    claims = [(uploading.portal.url, account.account_id, "portal")]
    with Journal(uploading.journal_path) as journal:
        (found,) = journal.tasks(receipt, StepKind.EMAIL)
        assert (found.state, found.key) == (state, mail.key)
        other = journal.begin(replace(uploading.plan(), receipt="ANOTHR"))
        assert journal.claim_mails(other.receipt, {4: claims}).get(4, "") == f"upload {receipt}"
        someone = {4: "somebody.else@acme.com"}  # version 1 didn't say whom it meant
        assert (
            journal.claim_mails(other.receipt, {4: claims}, someone).get(4, "")
            == f"upload {receipt}"
        )
        assert journal.claim_mails(receipt, {4: claims}).get(4, "") == ""
    uploading.portal._rules.clear()
    with Journal(uploading.journal_path) as journal:
        journal.discard("ANOTHR")
    uploading.run()
    assert mailed(uploading) == ["ada.obi@acme.com"]


def test_several_open_uploads_of_version_1_are_all_known(uploading: Uploading):
    """Version 1 allowed several at once; none is lost, the newest comes first."""
    uploading.rows = ROWS
    plan = uploading.plan()
    with Journal(uploading.journal_path) as journal:
        journal.begin(replace(plan, receipt="FIRST2"))
        journal.begin(
            replace(plan, receipt="SECND2", address="https://p.example https://j.example")
        )
        journal.begin(replace(plan, receipt="THIRD2"))
    as_version_1(uploading.journal_path)
    with Journal(uploading.journal_path) as journal:
        assert [run.receipt for run in journal.open_runs(plan.address)] == ["THIRD2", "FIRST2"]
        assert len(journal.open_runs()) == 3


def test_a_migration_that_fails_leaves_all_as_it_was(uploading: Uploading, monkeypatch):
    """Byte by byte; the next version of aapimport that can do it, does it."""
    uploading.rows = ROWS
    uploading.run()
    as_version_1(uploading.journal_path)
    before = uploading.journal_path.read_bytes()
    whole = schema.MIGRATIONS[1]
    monkeypatch.setitem(schema.MIGRATIONS, 1, whole + "; DROP TABLE nowhere")
    with pytest.raises(SettingsError):
        Journal(uploading.journal_path)
    assert uploading.journal_path.read_bytes() == before
    monkeypatch.setitem(schema.MIGRATIONS, 1, whole)
    Journal(uploading.journal_path).__exit__()
    assert version(uploading.journal_path) == schema.SCHEMA_VERSION


def test_new_and_migrated_journals_are_the_same(uploading: Uploading, tmp_path: Path):
    """The same tables and indexes, statement by statement."""
    uploading.run()
    as_version_1(uploading.journal_path)
    fresh = tmp_path / "fresh" / "journal.sqlite3"
    found = []
    for path in (uploading.journal_path, fresh):
        Journal(path).__exit__()
        with closing(sqlite3.connect(path)) as database:
            found.append(database.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    assert sorted(found[0]) == sorted(found[1])


def test_addresses_of_version_1_are_brought_to_one_spelling(uploading: Uploading):
    """An open upload is found again, also by a glance, however its services were spelled then."""
    uploading.rows = ROWS
    plan = uploading.plan()
    with Journal(uploading.journal_path) as journal:
        journal.begin(plan)
    as_version_1(uploading.journal_path)
    typed = plan.address.replace("http://127.0.0.1", "HTTP://localhost")
    with closing(sqlite3.connect(uploading.journal_path)) as database, database:
        database.execute("UPDATE runs SET address = ?", (typed,))
    assert [run.receipt for run, _ in glance(uploading.journal_path, plan.address)] == [
        plan.receipt
    ]
    with Journal(uploading.journal_path) as journal:
        assert [run.receipt for run in journal.open_runs(plan.address)] == [plan.receipt]


@pytest.mark.parametrize("older", [1, 2, 3])
def test_every_older_version_becomes_this_one(older: int, tmp_path: Path, monkeypatch):
    """With the same tables; runs and e-mails of before are uploads, mailed by the portal."""
    path = tmp_path / "journal.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        with monkeypatch.context() as patched:
            patched.setattr(schema, "SCHEMA_VERSION", older)
            schema.adopt_or_create(database)
        database.execute(
            "INSERT INTO runs (receipt, address, target, file, file_digest, sheet, pass_id,"
            " pass_name, emails, started_at)"
            " VALUES ('OLDER2', 'practice', 'practice', 'a.csv', '', '', 'p', 'P', 1, 1.0)"
        )
        if older > 1:
            database.execute(
                "INSERT INTO mails (service_address, account_id, kind, receipt, row, state,"
                " request_id, at) VALUES ('practice', '7', 'portal', 'OLDER2', 2, 'done', 'k', 1.0)"
            )
    with Journal(path) as journal:
        run = journal.run("OLDER2")
    assert (run.kind, run.of, run.not_before, run.purged_at) == ("upload", "", None, None)
    fresh = tmp_path / "fresh" / "journal.sqlite3"
    Journal(fresh).__exit__()
    found = []
    for one in (path, fresh):
        with closing(sqlite3.connect(one)) as database:
            found.append(sorted(database.execute("SELECT name, sql FROM sqlite_schema")))
            ways = database.execute("SELECT DISTINCT way FROM mails").fetchall()
            assert ways == ([("portal",)] if one == path and older > 1 else [])
    assert found[0] == found[1]
