"""The journal's tables, what marks a file as a journal, its versions and its transactions."""

import sqlite3

APPLICATION_ID = 0x61617069  # "aapi"
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE runs (
    receipt TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    target TEXT NOT NULL,
    file TEXT NOT NULL,
    file_digest TEXT NOT NULL,
    sheet TEXT NOT NULL,
    pass_id TEXT NOT NULL,
    pass_name TEXT NOT NULL,
    emails INTEGER NOT NULL,
    seats_free INTEGER,
    started_at REAL NOT NULL,
    finished_at REAL
) STRICT;
CREATE TABLE people (
    receipt TEXT NOT NULL REFERENCES runs,
    row INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    wanted TEXT,
    PRIMARY KEY (receipt, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE steps (
    receipt TEXT NOT NULL REFERENCES runs,
    row INTEGER NOT NULL,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    adopted INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    sent_at REAL,
    PRIMARY KEY (receipt, row, service, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX open_steps ON steps (receipt, kind, service, state, row)
    WHERE state NOT IN ('done', 'rejected', 'skipped');
"""


MIGRATIONS: dict[int, str] = {}
"""The statements that bring a journal from a version to the next, by the version it has."""


def adopt_or_create(database: sqlite3.Connection) -> None:
    """Make a new file a journal, or make sure that a file is one, and of this version.

    An older journal is brought to this version whole or not at all, with all that it remembers.

    Raises:
        NotAJournalError: It belongs to another program, or to a later version of this one.
        sqlite3.DatabaseError: It is damaged.
    """
    with Transaction(database):
        application, version = (
            int(database.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("application_id", "user_version")
        )
        tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not tables and not application:
            _execute(database, SCHEMA)
            database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        elif application != APPLICATION_ID:
            raise NotAJournalError("it belongs to another program")
        elif not 1 <= version <= SCHEMA_VERSION:
            raise NotAJournalError(f"its version is {version}, not {SCHEMA_VERSION}")
        elif (damage := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(" ".join(str(damage).split()))
        else:
            for older in range(version, SCHEMA_VERSION):
                _execute(database, MIGRATIONS[older])
        if version != SCHEMA_VERSION:
            database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _execute(database: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        database.execute(statement)


class Transaction:
    """A write transaction that leaves nothing behind when it fails."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:  # some failures end it by themselves
                self._database.execute("ROLLBACK")


class NotAJournalError(Exception):
    """The file is a database, but not a journal of ours."""
