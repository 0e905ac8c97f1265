import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import SettingsError
from aapimport.run.journal import Journal
from aapimport.run.schema import SCHEMA_VERSION
from support.extent import ALL
from support.uploading import Uploading, people
from support.version_1 import as_version_1, says
from support.wire import RESET, instead

pytestmark = pytest.mark.campaign
_SECTOR = 512
_STRIDE = 61
_EVERY = 1 if ALL else 17
Rows = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit, as it lay on the disk: the file before and after it, and the rollback journal."""

    before: bytes
    rollback: bytes
    after: bytes


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch, path: Path) -> Iterator[list[Commit]]:
    """Every commit to a journal; a second name keeps what SQLite deletes."""
    seen: list[Commit] = []
    kept = path.with_suffix(".kept")

    class Connection(sqlite3.Connection):
        def execute(self, statement: str, *more: Any) -> sqlite3.Cursor:
            rollback = path.with_name(f"{path.name}-journal")
            if statement != "COMMIT" or not rollback.exists():
                return super().execute(statement, *more)
            before = path.read_bytes()
            os.link(rollback, kept)
            done = super().execute(statement, *more)
            seen.append(Commit(before=before, rollback=kept.read_bytes(), after=path.read_bytes()))
            kept.unlink()
            return done

    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(
            sqlite3, "connect", lambda *words, **named: connect(*words, **named, factory=Connection)
        )
        yield seen


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch, uploading: Uploading) -> list[Commit]:
    """Every commit of one upload."""
    with recorded(monkeypatch, uploading.journal_path) as seen:
        uploading.rows = people(3, team="Sales", jhana=True)
        uploading.run()
    return seen


def rows_of(path: Path) -> Rows:
    """Everything that a journal says."""
    with closing(sqlite3.connect(path)) as database:
        return tuple(
            row
            for table in ("runs", "people", "steps", "mails")
            for row in database.execute(f"SELECT '{table}', * FROM {table} ORDER BY 2, 3, 4, 5")  # noqa: S608 -- literals
        )


class Disk:
    """What a power cut left behind, opened as the next process opens it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "disk" / "journal.sqlite3"
        self._path.parent.mkdir()

    def opened(self, file: bytes, rollback: bytes | None) -> Rows | None:
        """What the journal says; None when it is refused."""
        beside = self._path.with_name(f"{self._path.name}-journal")
        beside.unlink(missing_ok=True)
        self._path.write_bytes(file)
        if rollback is not None:
            beside.write_bytes(rollback)
        try:
            with Journal(self._path):
                pass
        except SettingsError:
            return None
        return rows_of(self._path)

    def states(self, commit: Commit) -> tuple[Rows | None, Rows | None]:
        """What is true before and after a commit."""
        return self.opened(commit.before, None), self.opened(commit.after, None)


def torn(commit: Commit, step: int) -> Iterator[bytes]:
    """The file while a commit is written into it: a part of it is new."""
    size = max(len(commit.before), len(commit.after))
    old, new = commit.before.ljust(size, b"\0"), commit.after.ljust(size, b"\0")
    for at in range(0, size, step):
        if old[at : at + step] != new[at : at + step]:
            yield (new[: at + step // 2] + old[at + step // 2 :])[: len(commit.after)]


def cuts(size: int, step: int) -> Iterable[int]:
    """Where to cut: at every step, and at every byte of the header."""
    return sorted({*range(0, size, step), *range(min(size, 40)), size})


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """A disk."""
    return Disk(tmp_path)


def test_the_last_commit_cut_at_every_byte(disk: Disk, commits: list[Commit]):
    """A rollback journal of any length, beside the old file: what was true before is true.

    In CI of every length up to the end of its header, then in steps; in `bench/campaign.py` of all.
    """
    commit = commits[-1]
    before, after = disk.states(commit)
    assert before != after
    size = len(commit.rollback)
    lengths = sorted({*range(0, size, _EVERY), *range(40), *range(size - 40, size)})
    found = [disk.opened(commit.before, commit.rollback[:at]) for at in lengths]
    assert set(found) == {before}
    sys.stderr.write(f"\n{len(found):,} cuts, none lost\n")


def test_every_commit_torn(disk: Disk, commits: list[Commit]):
    """A file half written is taken back to what was true before, whichever commit it was."""
    tries = 0
    for commit in commits:
        before, _ = disk.states(commit)
        for file in torn(commit, _SECTOR):
            assert disk.opened(file, commit.rollback) == before
            tries += 1
        for at in cuts(len(commit.rollback), len(commit.rollback) // 20):
            assert disk.opened(commit.before, commit.rollback[:at]) == before
            tries += 1
    assert tries > len(commits) * 20


def test_a_file_cut_short(disk: Disk, commits: list[Commit]):
    """A file that lost its end is what it was before or after a commit, or is refused."""
    refused = 0
    for commit in (commits[0], commits[1], commits[-1]):
        truths = {*disk.states(commit), None, ()}
        for at in range(1, len(commit.after), _STRIDE):
            found = disk.opened(commit.after[:at], None)
            assert found in truths
            refused += found is None
    assert refused


@pytest.fixture
def migration(monkeypatch: pytest.MonkeyPatch, uploading: Uploading) -> Commit:
    """The commit that brings a journal of version 1, with an upload half done, to this version."""
    uploading.rows = people(6, team="Sales", jhana=True)
    uploading.portal.on("PATCH", "/Users/.*", instead(RESET), times=99, body="welcomeEmail", skip=2)
    uploading.run()
    as_version_1(uploading.journal_path)
    with recorded(monkeypatch, uploading.journal_path) as seen:
        Journal(uploading.journal_path).__exit__()
    (commit,) = seen
    return commit


def left_behind(path: Path, file: bytes, rollback: bytes) -> tuple[int, dict[str, Any], int]:
    """What SQLite itself finds after a cut: the version, what is said, and e-mails on record."""
    path.write_bytes(file)
    path.with_name(f"{path.name}-journal").write_bytes(rollback)
    with closing(sqlite3.connect(path)) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        tables = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'mails'")
        mails = (
            tables.fetchone()[0] and database.execute("SELECT count(*) FROM mails").fetchone()[0]
        )
    return version, says(path), mails


def test_a_migration_cut_anywhere(disk: Disk, migration: Commit, tmp_path: Path):
    """The journal is version 1 whole or today's whole, and the next process loses nothing."""
    path = tmp_path / "cut.sqlite3"
    path.write_bytes(migration.before)
    said = says(path)
    _, truth = disk.states(migration)
    assert truth is not None
    mails = sum(row[0] == "mails" for row in truth)
    assert mails > 2
    found = set()
    tries = 0
    for file, rollback in cut_migrations(migration):
        version, says_now, on_record = left_behind(path, file, rollback)
        assert says_now == said
        assert (version, on_record) in {(1, 0), (SCHEMA_VERSION, mails)}
        assert disk.opened(file, rollback) == truth
        found.add(version)
        tries += 1
    assert found == {1, SCHEMA_VERSION}
    sys.stderr.write(f"\n{tries:,} cuts of a migration, none lost\n")


def cut_migrations(commit: Commit) -> Iterator[tuple[bytes, bytes]]:
    """The file and its rollback journal, as cuts during and after the commit leave them."""
    for file in torn(commit, _SECTOR):
        yield file, commit.rollback
    for at in cuts(len(commit.rollback), _SECTOR):
        yield commit.before, commit.rollback[:at]
    # the commit is the end of the rollback journal: cut to nothing, or its header overwritten
    yield commit.after, b""
    yield commit.after, b"\0" * 28 + commit.rollback[28:]
