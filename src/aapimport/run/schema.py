"""The journal's tables, and what marks a file as a journal."""

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
