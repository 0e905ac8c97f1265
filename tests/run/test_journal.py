import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.errors import RefusedError, ServiceError, SettingsError
from aapimport.run import schema
from aapimport.run.canaries import Canary
from aapimport.run.journal import Journal, journal_path
from aapimport.run.records import FINAL, NOT_FINAL, State, StepKind, Task
from support.uploading import Uploading, people, person
from support.wire import RESET, error, instead


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "j" / "journal.sqlite3"


def test_it_is_for_its_owner_only(uploading: Uploading):
    """The folder is 0700 and every file in it 0600, also while something is written."""
    if os.name != "posix":
        return  # on Windows the user's profile folder keeps others out
    modes: set[int] = set()

    def look(act):
        modes.update(
            stat.S_IMODE(one.stat().st_mode) for one in uploading.journal_path.parent.iterdir()
        )
        return act()

    uploading.portal.on("POST", "/Users", look)
    old = os.umask(0)
    try:
        uploading.run()
    finally:
        os.umask(old)
    assert stat.S_IMODE(uploading.journal_path.parent.stat().st_mode) == 0o700
    assert modes == {0o600}


def test_durability_is_as_promised(path: Path):
    """A rollback journal, commits on the disk before they are believed, erased data overwritten."""
    with Journal(path) as journal:
        pragmas = {
            name: journal._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert pragmas == {"journal_mode": "delete", "synchronous": 3, "secure_delete": 1}


@pytest.mark.parametrize(
    "content",
    [
        b"\x00" * 4096,
        b"not a database at all" * 100,
        b"SQLite format 3\x00" + b"\xff" * 5000,
        b"xy",
    ],
)
def test_what_is_no_database_is_refused_with_its_path(path: Path, content: bytes):
    """A damaged file is refused by name and left as it is."""
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Journal(path)
    assert str(path) in caught.value.message
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_is_refused_untouched(path: Path, mode: str):
    """A foreign database stays byte by byte what it was."""
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("CREATE TABLE recipes (name TEXT)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="another program"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_journal_of_a_later_version_is_refused(path: Path):
    """Nothing is written to a file whose meaning may have changed."""
    Journal(path).__exit__()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(SettingsError, match="its version is 99"):
        Journal(path)


def test_a_journal_that_lost_its_end_is_refused(uploading: Uploading, path: Path):
    """A file cut at any page is refused with its path, or still tells the truth: never a guess."""
    uploading.rows = people(60)
    uploading.portal.on("POST", "/Users", instead(RESET), times=1000)
    with pytest.raises(ServiceError, match="did not answer the last"):
        uploading.run()
    whole = uploading.journal_path.read_bytes()
    assert len(whole) > 5 * 4096
    for size in range(2, len(whole), 2048):
        uploading.journal_path.write_bytes(whole[:size])
        with pytest.raises(SettingsError) as caught:
            Journal(uploading.journal_path)
        assert str(uploading.journal_path) in caught.value.message


def test_a_journal_with_damage_inside_is_refused(uploading: Uploading):
    """A page that was overwritten is found when the file is opened, not in the middle of a run."""
    uploading.rows = people(60)
    uploading.portal.on("POST", "/Users", instead(RESET), times=1000)
    with pytest.raises(ServiceError, match="did not answer the last"):
        uploading.run()
    whole = bytearray(uploading.journal_path.read_bytes())
    pages = len(whole) // 4096
    for page in range(1, pages):
        damaged = whole.copy()
        damaged[page * 4096 : page * 4096 + 2048] = b"\xa5" * 2048
        uploading.journal_path.write_bytes(damaged)
        with pytest.raises(SettingsError, match="journal"):
            Journal(uploading.journal_path)


def test_an_empty_file_becomes_a_journal(path: Path):
    """A process that died between creating the file and filling it left nothing in the way."""
    path.parent.mkdir()
    path.touch()
    with Journal(path) as journal, pytest.raises(RefusedError, match="confirmation number"):
        journal.run("NOSUCH")


def test_a_journal_is_created_whole_or_not_at_all(path: Path, monkeypatch: pytest.MonkeyPatch):
    """When the tables can't be written to their end, none of them is there."""
    last = schema.MIGRATIONS[1]
    monkeypatch.setitem(schema.MIGRATIONS, 1, last + "; CREATE TABLE steps (no TEXT)")
    with pytest.raises(SettingsError):
        Journal(path)
    monkeypatch.setitem(schema.MIGRATIONS, 1, last)
    with Journal(path) as journal:
        assert journal.open_runs() == []


def test_a_run_is_written_whole_or_not_at_all(uploading: Uploading):
    """A plan that can't be written to its end leaves no run behind."""
    uploading.rows = people(3)
    plan = uploading.plan()
    broken = type(plan)(**{**vars(plan), "people": (*plan.people, plan.people[0])})
    with Journal(uploading.journal_path) as journal:
        with pytest.raises(sqlite3.IntegrityError):
            journal.begin(broken)
        with pytest.raises(RefusedError):
            journal.run(plan.receipt)
        assert journal.begin(plan).receipt == plan.receipt
        assert len(list(journal.tasks(plan.receipt, StepKind.ACCOUNT, State.PLANNED))) == 3


def test_addresses_are_gone_when_a_run_is_final(uploading: Uploading):
    """After the receipt no byte of the file, nor of what lies beside it, names anybody."""
    uploading.rows = (
        *people(30, team="Sales", jhana=True),
        person(40, email="Bo.Berg@acme.com", first_name="Bosse", last_name="Bergström"),
    )
    detail = "bo.berg@ACME.com is refused, see bo.berg%40acme.com or 'other.person@acme.com'"
    uploading.portal.on("POST", "/Users", instead(error(422, detail)), body="Bo.Berg")
    uploading.portal.on("PATCH", "/Users/.*", instead(error(400, "p7@acme.com")), times=1)
    report = uploading.run()
    assert report.services.portal.rejected == 1
    for file in uploading.journal_path.parent.iterdir():
        content = file.read_bytes().lower()
        for word in (b"acme.com", b"%40", b"berg", b"perez"):
            assert word not in content, (file, word)


def test_addresses_stay_while_something_is_left_to_do(uploading: Uploading):
    """Only the people who are final are erased, so that a resume needs no file."""
    uploading.rows = people(3)
    uploading.emails = False
    uploading.portal.on("POST", "/Users", instead(RESET), times=100, body="p3@acme.com")
    uploading.run()
    content = uploading.journal_path.read_bytes()
    assert b"p3@acme.com" in content
    assert b"p2@acme.com" not in content
    assert b"p4@acme.com" not in content


def test_what_was_done_otherwise_than_wanted_is_on_record(uploading: Uploading):
    """A step keeps what isn't as it should be although it is done, beside its reason."""
    uploading.rows = people(2)
    with Journal(uploading.journal_path) as journal:
        run = journal.begin(uploading.plan())
        first, second = journal.tasks(run.receipt, StepKind.ACCOUNT)
        journal.record(run.receipt, [replace(first, state=State.DONE, but="role not kept")])
        found = list(journal.tasks(run.receipt, StepKind.ACCOUNT))
    assert [(task.row, task.but) for task in found] == [(2, "role not kept"), (3, "")]
    assert found[1] == second


def test_queries_for_open_steps_know_every_final_state(uploading: Uploading):
    """Whatever is final, a person's decision too, counts as nothing left to do."""
    uploading.rows = people(len(FINAL) + 1)
    uploading.emails = False
    with Journal(uploading.journal_path) as journal:
        run = journal.begin(uploading.plan())
        tasks: list[Task] = list(journal.tasks(run.receipt))
        for task, state in zip(tasks, sorted(FINAL), strict=False):
            journal.record(run.receipt, [replace(task, state=state)])
        last = tasks[-1].row
        assert journal.next_canary(run.receipt, 100) == Canary(last, last)
        assert set(journal.addresses(run.receipt)) == {tasks[-1].row}
        assert journal.finish(run.receipt).finished_at is None
        journal.record(run.receipt, [replace(tasks[-1], state=State.NEEDS_PERSON)])
        assert journal.next_canary(run.receipt, 100) is None
        assert journal.finish(run.receipt).finished_at is not None
        plan = journal._database.execute(
            f"EXPLAIN QUERY PLAN SELECT row FROM steps WHERE receipt = 'R' AND kind = 'account'"  # noqa: S608 -- a literal
            f" AND {NOT_FINAL}"
        ).fetchall()
    assert "open_steps" in str(plan)


def test_practice_and_real_runs_have_journals_of_their_own(tmp_path: Path):
    """Practising can't touch what real uploads remember."""
    assert journal_path(tmp_path, "practice") != journal_path(tmp_path, "live")
