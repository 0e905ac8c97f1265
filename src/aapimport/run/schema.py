"""The journal's tables, what marks a file as a journal, its versions and its transactions."""

import sqlite3

from aapimport.config.addresses import places_of
from aapimport.run.records import NOT_FINAL

APPLICATION_ID = 0x61617069  # "aapi"
SCHEMA_VERSION = 4

_VERSION_1 = """
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

_MAILS_OF_VERSION_1 = """
INSERT OR IGNORE INTO mails (service_address, account_id, kind, receipt, row, state, request_id, at)
SELECT
    CASE
        WHEN instr(runs.address, ' ') = 0 THEN runs.address
        WHEN account.service = 'portal'
            THEN substr(runs.address, 1, instr(runs.address, ' ') - 1)
        ELSE substr(runs.address, instr(runs.address, ' ') + 1)
    END,
    account.account_id, account.service, mail.receipt, mail.row, mail.state, mail.key,
    coalesce(mail.sent_at, runs.started_at)
FROM steps AS mail
JOIN runs ON runs.receipt = mail.receipt
JOIN steps AS account ON account.receipt = mail.receipt AND account.row = mail.row
    AND account.kind = 'account' AND account.state = 'done' AND account.account_id <> ''
    AND (account.service = mail.service OR mail.target = 'combined')
WHERE mail.kind = 'email' AND mail.state IN ('done', 'intent', 'doubt')
ORDER BY mail.state <> 'done', runs.started_at
"""
"""Who was mailed, or may have been, by runs of version 1; a combined e-mail speaks of both."""

_WRITTEN_BY_VERSION_1 = """
UPDATE steps SET attempts = 1
WHERE kind = 'account' AND action = 'change' AND attempts = 0 AND sent_at IS NOT NULL
    AND state IN ('done', 'written', 'intent', 'doubt')
"""
"""It counted only what creates: of a change that was sent its time alone tells."""

_NOT_FINAL_OF_VERSION_2 = "state NOT IN ('done', 'needs a person', 'rejected', 'skipped')"

_VERSION_2 = f"""
UPDATE runs SET address = places_of(address);
ALTER TABLE runs ADD COLUMN closed_at REAL;
ALTER TABLE runs ADD COLUMN taken_at REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN started_by TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN plan_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN people_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN seats_used_before INTEGER;
ALTER TABLE runs ADD COLUMN seats_used_after INTEGER;
ALTER TABLE runs ADD COLUMN leavers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN options TEXT;
ALTER TABLE people ADD COLUMN before TEXT;
ALTER TABLE steps ADD COLUMN but TEXT NOT NULL DEFAULT '';
DROP INDEX open_steps;
CREATE INDEX open_steps ON steps (receipt, kind, service, state, row)
    WHERE {_NOT_FINAL_OF_VERSION_2};
CREATE TABLE mails (
    service_address TEXT NOT NULL,
    account_id TEXT NOT NULL,
    person TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    again INTEGER NOT NULL DEFAULT 0,
    receipt TEXT NOT NULL REFERENCES runs,
    row INTEGER NOT NULL,
    state TEXT NOT NULL,
    request_id TEXT NOT NULL,
    at REAL NOT NULL,
    UNIQUE (service_address, account_id, person, kind, again)
) STRICT;
CREATE INDEX mails_of_runs ON mails (receipt, row);
CREATE TABLE facts (
    address TEXT NOT NULL,
    service TEXT NOT NULL,
    fact TEXT NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (address, service, fact)
) STRICT, WITHOUT ROWID;
CREATE TABLE adding (
    address TEXT NOT NULL,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    appends INTEGER,
    kept TEXT NOT NULL,
    PRIMARY KEY (address, service, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE told (
    receipt TEXT NOT NULL REFERENCES runs,
    what TEXT NOT NULL,
    PRIMARY KEY (receipt, what)
) STRICT, WITHOUT ROWID;
{_MAILS_OF_VERSION_1};
{_WRITTEN_BY_VERSION_1};
"""

_VERSION_3 = """
ALTER TABLE runs ADD COLUMN seats_free_after INTEGER;
ALTER TABLE steps ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
"""

_VERSION_4 = f"""
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'upload';
ALTER TABLE runs ADD COLUMN of TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN not_before REAL;
ALTER TABLE runs ADD COLUMN purged_at REAL;
ALTER TABLE mails ADD COLUMN way TEXT NOT NULL DEFAULT 'portal';
DROP INDEX open_steps;
CREATE INDEX open_steps ON steps (receipt, kind, service, state, row) WHERE {NOT_FINAL};
"""

MIGRATIONS: dict[int, str] = {0: _VERSION_1, 1: _VERSION_2, 2: _VERSION_3, 3: _VERSION_4}
"""The statements that bring a journal from a version to the next, by the version it has.

A new journal comes from version 0, an empty file, so that new and old ones are the same in the end.
"""


def adopt_or_create(database: sqlite3.Connection) -> None:
    """Make a new file a journal, or make sure that a file is one, and of this version.

    An older journal is brought to this version whole or not at all, with all that it remembers.

    Raises:
        NotAJournalError: It belongs to another program, or to a later version of this one.
        sqlite3.DatabaseError: It is damaged.
    """
    database.create_function("places_of", 1, places_of, deterministic=True)
    with Transaction(database):
        version = version_of(database)
        if not version:
            database.execute(f"PRAGMA application_id={APPLICATION_ID}")
        else:
            check_sound(database)
        for older in range(version, SCHEMA_VERSION):
            for statement in MIGRATIONS[older].split(";"):
                database.execute(statement)
        if version != SCHEMA_VERSION:
            database.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def version_of(database: sqlite3.Connection) -> int:
    """The version of a journal; 0 for a file to which nothing was ever written.

    Raises:
        NotAJournalError: It belongs to another program, or to a later version of this one.
        sqlite3.DatabaseError: It is damaged.
    """
    application, version = (
        int(database.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("application_id", "user_version")
    )
    tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not tables and not application:
        return 0
    if application != APPLICATION_ID:
        raise NotAJournalError("it belongs to another program")
    if not 1 <= version <= SCHEMA_VERSION:
        raise NotAJournalError(f"its version is {version}, not {SCHEMA_VERSION}")
    return version


def check_sound(database: sqlite3.Connection) -> None:
    """Refuse a journal that might have lost what it knew.

    Raises:
        sqlite3.DatabaseError: It is damaged.
    """
    if (damage := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise sqlite3.DatabaseError(" ".join(str(damage).split()))


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
