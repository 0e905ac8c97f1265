"""One SQLite file under the practice portal and Jhana; several processes may use it at once.

Rollback journal and no fsync: a process that is killed at any instant leaves a consistent file,
because the operating system keeps what was written. Only a power cut could damage it, and
`aapimport sandbox reset` mends that; nothing real is in it.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from aapimport.config.folders import private_file, private_folder
from aapimport.errors import SettingsError

SCHEMA_VERSION = 1
LISTED = ("emails", "entitlements")
"""Multi-valued attributes whose values are looked up: each has a table of its name."""
BUSY_SECONDS = 60
"""How long a process waits for another one's transaction."""

CACHE_KIB = 64 * 1024
"""Enough for the indexes of 50,000 people."""

_NOTICES = """CREATE TABLE IF NOT EXISTS notices (
    number INTEGER PRIMARY KEY, address TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
    sent_at TEXT NOT NULL)"""
"""What people were told of the ends of runs; a practice portal of earlier days lacks it."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # One row a user, group or pass. `used` counts the seats of a pass and the places of a team.
    """CREATE TABLE resources (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
        name_key TEXT, external_id TEXT, used INTEGER NOT NULL DEFAULT 0,
        version INTEGER NOT NULL, created TEXT NOT NULL, modified TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (id, type, service))""",
    "CREATE INDEX resources_type ON resources (service, type)",  # in the order of creation
    """CREATE UNIQUE INDEX resources_name ON resources (name_key, type, service)
        WHERE name_key IS NOT NULL""",
    """CREATE INDEX resources_external ON resources (external_id)
        WHERE external_id IS NOT NULL""",
    *(
        statement
        for attribute in LISTED
        for statement in (
            f"""CREATE TABLE {attribute} (
                value_key TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (value_key, seq))
                WITHOUT ROWID""",
            f"CREATE INDEX {attribute}_owner ON {attribute} (seq)",
        )
    ),
    """CREATE TABLE members (
        team TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY (team, person)) WITHOUT ROWID""",
    "CREATE INDEX members_person ON members (person)",
    # `left_as` is the folded user name of a person who was deleted: who returns pays nothing.
    """CREATE TABLE seats (
        pass TEXT NOT NULL, person TEXT NOT NULL, left_as TEXT, PRIMARY KEY (pass, person))
        WITHOUT ROWID""",
    "CREATE INDEX seats_person ON seats (person)",
    "CREATE INDEX seats_left ON seats (left_as, pass) WHERE left_as IS NOT NULL",
    """CREATE TRIGGER seats_are_for_good BEFORE DELETE ON seats
        BEGIN SELECT RAISE(ABORT, 'a used seat cannot be given back'); END""",
    _NOTICES,
    """CREATE TABLE mails (
        request_id TEXT PRIMARY KEY, service TEXT NOT NULL, person TEXT NOT NULL,
        recipient TEXT NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL,
        pass_name TEXT NOT NULL, sent_at TEXT NOT NULL)""",
)
_DATA = ("resources", *LISTED, "members", "seats", "mails", "notices")


class Database:
    """The practice portal's file, opened; created with its tables when it is missing.

    One connection, one lock: a transaction of one thread is finished before the next begins.

    Args:
        folder: The practice folder; created with mode 0700, the file in it with 0600.
        fill: Writes the seed into empty tables.

    Raises:
        SettingsError: The folder can't be used, or the file isn't a practice portal of this
            version.
    """

    def __init__(self, folder: Path, fill: Callable[["Database"], None]) -> None:
        self.path = database_path(private_folder(folder))
        self._fill = fill
        self._lock = RLock()
        self._depth = 0
        self._read_only = False
        self._after_commit: list[Callable[[], None]] = []
        self._connection = _connect(self.path)
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise _unreadable(self.path) from error
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self.execute("PRAGMA journal_mode = TRUNCATE")
        self.execute("PRAGMA synchronous = OFF")
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if self._version() == SCHEMA_VERSION:
            self.execute(_NOTICES)
            return
        with self.transaction():
            version = self._version()  # another process may have been faster
            if version == SCHEMA_VERSION:
                self.execute(_NOTICES)
                return
            if version or self.one("SELECT 1 FROM sqlite_master LIMIT 1"):
                raise _unreadable(self.path)
            self._create()
            self.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        row = self.one("PRAGMA user_version")
        return int(row[0]) if row else 0

    def _create(self) -> None:
        for statement in _TABLES:
            self.execute(statement)
        self.execute(
            "INSERT OR IGNORE INTO settings VALUES ('token', ?)", (secrets.token_urlsafe(32),)
        )
        self._fill(self)

    def start_over(self) -> None:
        """Drop everything but the token, and fill in the seed again, in one transaction."""
        with self.transaction():
            for table in _DATA:
                self.execute(f"DROP TABLE {table}")
            self._create()

    @property
    def token(self) -> str:
        """The bearer token of both services; the same as long as the file exists."""
        row = self.one("SELECT value FROM settings WHERE name = 'token'")
        if row is None:
            raise _unreadable(self.path)
        return str(row[0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that happens inside, or nothing; a transaction inside another is a savepoint.

        Inside `reading()` it does nothing.

        Raises:
            sqlite3.OperationalError: Another process kept the file busy for too long.
        """
        with self._lock:
            if self._read_only:
                yield
                return
            level, pending = self._depth, len(self._after_commit)
            self.execute(f"SAVEPOINT level_{level}" if level else "BEGIN IMMEDIATE")
            self._depth = level + 1
            try:
                yield
                self.execute(f"RELEASE level_{level}" if level else "COMMIT")
            except BaseException:
                self._undo(level)
                del self._after_commit[pending:]
                raise
            finally:
                self._depth = level
            if not level:
                callbacks, self._after_commit = self._after_commit, []
                for callback in callbacks:
                    callback()

    @contextmanager
    def joining(self) -> Iterator[None]:
        """Be part of the transaction that is open, or of a new one; never a savepoint."""
        with self._lock:
            if self._depth:
                yield
                return
            with self.transaction():
                yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one state of the file throughout, without keeping other processes from reading."""
        with self._lock:
            if self._depth or self._read_only:
                yield
                return
            self.execute("BEGIN")
            self._read_only = True
            try:
                yield
            finally:
                self._read_only = False
                self.execute("COMMIT")

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Have something done once the open transaction is committed; not if it is rolled back."""
        self._after_commit.append(callback)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        with self._lock:
            return self._connection.execute(sql, values)

    def one(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self._lock:
            row: tuple[Any, ...] | None = self._connection.execute(sql, values).fetchone()
            return row

    def all(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file, after the transaction that is open in another thread."""
        with self._lock:
            self._connection.close()

    def _undo(self, level: int) -> None:
        if not self._connection.in_transaction:  # SQLite rolled back by itself (full disk)
            return
        if level:
            self.execute(f"ROLLBACK TO level_{level}")
            self.execute(f"RELEASE level_{level}")
        else:
            self.execute("ROLLBACK")


def database_path(folder: Path) -> Path:
    """Where the file is in a practice folder."""
    return folder / "practice.sqlite3"


def _connect(path: Path) -> sqlite3.Connection:
    try:
        # Private from its first byte; SQLite gives its journal the same mode.
        private_file(path)
        return sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.OperationalError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> SettingsError:
    return SettingsError(
        f"the practice portal in {path} can't be read: damaged, in use, or of another version",
        hint="`aapimport sandbox reset` makes a new one; nothing real is in it",
    )
