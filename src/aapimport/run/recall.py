"""What the journal tells a plan about the services: what earlier uploads have learnt there."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from aapimport.config.addresses import place
from aapimport.plan.make import NO_MEMORY, Memory
from aapimport.run.beside import Beside
from aapimport.run.glance import opened
from aapimport.run.memory import Memory as JournalMemory
from aapimport.run.records import Fact
from aapimport.run.schema import SCHEMA_VERSION

_SERVICES = ("portal", "jhana")
_NOBODY: frozenset[str] = frozenset()


def recall(journal: JournalMemory, address: str) -> Memory:
    """What earlier uploads to a pair of services know, for a plan."""
    groups = journal.groups(address)
    return Memory(
        unique=frozenset(one for one in _SERVICES if journal.has_shown(address, one, Fact.UNIQUE)),
        remembered=lambda group_id: groups.get(group_id, _NOBODY),
        not_kept=journal.not_kept(address),
        unmailed=journal.unmailed(address),
        unsettled=journal.unsettled(place(address, one) for one in _SERVICES),
    )


def recall_unlocked(path: Path, address: str, beside: Beside | None = None) -> Memory:
    """The same, for a command that only reads: no lock, no migration.

    Nothing is known where there is no journal of this version; the next upload brings it to it.

    Args:
        path: The journal.
        address: The pair of services.
        beside: The journals of the other profiles.
    """
    with opened(path) as database, suppress(sqlite3.Error):
        if database is None:
            return NO_MEMORY
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == SCHEMA_VERSION:
            return recall(JournalMemory.over(database, beside), address)
    return NO_MEMORY
