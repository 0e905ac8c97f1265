"""Erasing people's names and addresses from a journal; ids, counts and the mail ledger stay.

SQLite overwrites what is deleted (`secure_delete`, set at every opening), but its rollback journal
holds what stood there before, and is only unlinked: it is overwritten, too. A disk may keep old
copies of its own, and so does a backup (docs/privacy.md).
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aapimport.errors import ServiceError
from aapimport.run.runs import Runs

DAY = 86_400.0
_DOUBTS_KEPT = 30 * DAY
"""Seconds for which whoever is in doubt in a closed upload is known: the next takes them over."""
_ENDED = "coalesce(finished_at, closed_at)"
_IN_DOUBT = (
    "EXISTS (SELECT 1 FROM steps WHERE steps.receipt = people.receipt AND steps.row = people.row"
    " AND steps.kind = 'account' AND attempts > 0 AND state IN ('written', 'intent', 'doubt'))"
)
_NAMED = (
    "(wanted IS NOT NULL OR json_extract(before, '$.portal.names') IS NOT NULL"
    " OR json_extract(before, '$.jhana.names') IS NOT NULL)"
)


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What was erased.

    Attributes:
        people: How many people; whoever was in two runs counts twice.
        runs: The runs, the oldest first.
    """

    people: int = 0
    runs: Sequence[str] = ()


class Purging(Runs):
    """Erases people from the runs that a journal knows."""

    def purge_due(self) -> Purged:
        """Erase whom `keep_people` keeps no longer; nobody of an open run."""
        if self.keep_people is None:
            return Purged()
        now = time.time()
        return self._purge(now - self.keep_people * DAY, now - _DOUBTS_KEPT)

    def purge(self, before: float) -> Purged:
        """Erase everybody of runs that ended before a time, in doubt or not, and tidy the file."""
        purged = self._purge(before, before)
        self._database.execute("PRAGMA temp_store=MEMORY")
        self._without_traces("VACUUM")
        return purged

    def _purge(self, before: float, doubts_before: float) -> Purged:
        """Erase everybody of runs that ended before a time.

        Args:
            before: The time.
            doubts_before: The time for people who are in doubt.
        """
        condition = (
            f"{_NAMED} AND receipt IN (SELECT receipt FROM runs WHERE {_ENDED} < ?1)"
            f" AND (NOT {_IN_DOUBT} OR receipt IN (SELECT receipt FROM runs WHERE {_ENDED} < ?2))"
        )
        found = self._database.execute(
            f"SELECT receipt, count(*) FROM people JOIN runs USING (receipt)"
            f" WHERE {condition} GROUP BY receipt ORDER BY started_at",
            (before, doubts_before),
        ).fetchall()
        if found:
            self._without_traces(
                "UPDATE people SET wanted = NULL, before ="
                " json_remove(before, '$.portal.names', '$.jhana.names')"
                f" WHERE {condition}",
                (before, doubts_before),
            )
            with self._writing():
                self._database.executemany(
                    "UPDATE runs SET purged_at = ? WHERE receipt = ?",
                    ((time.time(), receipt) for receipt, _ in found),
                )
        return Purged(people=sum(number for _, number in found), runs=[one for one, _ in found])

    def _without_traces(self, statement: str, values: Sequence[float] = ()) -> None:
        """Carry out a statement, and overwrite the rollback journal that it has left."""
        left = self._path.with_name(f"{self._path.name}-journal")
        try:
            self._database.execute("PRAGMA journal_mode=PERSIST")  # its head alone is zeroed
            self._database.execute(statement, values)
            if left.exists():
                left.write_bytes(b"\0" * left.stat().st_size)
            self._database.execute("PRAGMA journal_mode=DELETE")
        except (OSError, sqlite3.DatabaseError) as error:
            raise ServiceError(
                f"names and addresses can't be erased from the journal: {error}",
                hint="make room on the disk, then run the same command again",
            ) from error
