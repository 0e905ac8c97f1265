"""A look into a journal from a command that only reads: no lock, no migration, no complaint."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aapimport.config.addresses import places_of, share_a_place
from aapimport.run.how_far import HowFar, how_far
from aapimport.run.records import Run, State
from aapimport.run.schema import APPLICATION_ID


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A journal of any version, to be read; None where there is none, or none that can be read.

    Args:
        path: The journal.
    """
    database = None
    try:
        if path.exists():
            # read and write: a rollback that a killed process left is due before it is believed
            database = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)
            if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                database.close()
                database = None
    except sqlite3.Error:
        database = None
    try:
        yield database
    finally:
        if database is not None:
            database.close()


def glance(path: Path, address: str | None = None) -> list[tuple[Run, HowFar]]:
    """The open runs, each with how far it is.

    Nothing where there is no journal, or none that can be read: the next upload says so.

    Args:
        path: The journal, of any version.
        address: A pair of services, one of which they have; None for all of them.
    """
    with opened(path) as database:
        if database is None:
            return []
        try:
            database.row_factory = sqlite3.Row
            found = database.execute("SELECT * FROM runs WHERE finished_at IS NULL").fetchall()
            # version 1 wrote addresses as they were typed
            runs = (
                _run(dict(row))
                for row in found
                if address is None or share_a_place(places_of(row["address"]), address)
            )
            counted = [(run, _progress(database, run.receipt)) for run in runs if run.is_open]
        except sqlite3.Error:
            return []
    return [(run, it) for run, it in counted if it.done - it.unread < it.steps]


def _run(row: dict[str, Any]) -> Run:
    """A run from the columns that its version has; what it doesn't know is left out."""
    known = {name: row[name] for name in Run.__dataclass_fields__ if name in row}
    return Run(**known | {"emails": bool(row["emails"])})


def _progress(database: sqlite3.Connection, receipt: str) -> HowFar:
    states = database.execute("SELECT state FROM steps WHERE receipt = ?", (receipt,)).fetchall()
    return how_far(Counter(State(state) for (state,) in states))
