"""Journals as version 1 made them: its own statements, which must never change."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

_APPLICATION_ID = 0x61617069
TABLES = """
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
_COLUMNS = {
    "runs": "receipt, address, target, file, file_digest, sheet, pass_id, pass_name, emails,"
    " seats_free, started_at, finished_at",
    "people": "receipt, row, seat, wanted",
    "steps": "receipt, row, service, kind, action, target, state, key, account_id, attempts,"
    " adopted, reason, sent_at",
}


_WANTED = ("email", "first_name", "last_name", "names", "role", "pass_id", "pass_name")
_FORGET = """
UPDATE people SET wanted = NULL WHERE NOT EXISTS (
    SELECT 1 FROM steps WHERE steps.receipt = people.receipt AND steps.row = people.row
    AND state NOT IN ('done', 'rejected', 'skipped')
)
"""
"""Whoever was final was erased at once."""
_COUNT = """
UPDATE steps SET attempts = CASE WHEN adopted THEN max(1, attempts) ELSE 0 END
WHERE NOT (kind = 'account' AND action = 'create' AND NOT adopted)
"""
"""Only what creates was counted; that a change was sent, its time alone told."""


def _as_then(wanted: str | None) -> str | None:
    """What accounts should be, without what nobody asked about then."""
    if wanted is None:
        return None
    kept = {
        service: {name: one[name] for name in _WANTED} | {"external_id": ""}
        for service, one in json.loads(wanted).items()
    }
    return json.dumps(kept, ensure_ascii=False)


def as_version_1(path: Path) -> None:
    """Put in a journal's place what version 1 would have written of the same uploads."""
    with closing(sqlite3.connect(path)) as left:  # what a killed process left is due first
        left.execute("SELECT count(*) FROM runs").fetchone()
    newer = path.with_suffix(".newer")
    path.rename(newer)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(TABLES)
        database.execute("ATTACH DATABASE ? AS newer", (str(newer),))
        for table, columns in _COLUMNS.items():
            database.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"  # noqa: S608 -- literals
            )
        database.execute("DETACH DATABASE newer")
        database.create_function("as_then", 1, _as_then)
        database.execute(_COUNT)
        database.execute("UPDATE people SET wanted = as_then(wanted)")
        database.execute(_FORGET)
        database.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        database.execute("PRAGMA user_version=1")
    newer.unlink()


def says(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a journal of any version says, as far as version 1 could say it."""
    with closing(sqlite3.connect(path)) as database:
        return {
            table: database.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3, 4").fetchall()  # noqa: S608 -- literals
            for table, columns in _COLUMNS.items()
        }
