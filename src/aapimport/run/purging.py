"""Erasing people's names and addresses from a journal; ids, counts and the mail ledger stay.

What services said in words of their own may name anybody, and goes with the people; so does what is
kept of accounts and teams while a write may take something away, but for the ids.

SQLite overwrites what is deleted (`secure_delete`, set at every opening), but its rollback journal
holds what stood there before, and is only unlinked: it is overwritten, too. A disk may keep old
copies of its own, and so does a backup (docs/privacy.md).
"""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from aapimport.config.addresses import place
from aapimport.errors import ServiceError
from aapimport.run.own_roles import without_own_roles
from aapimport.run.own_words import our_words
from aapimport.run.records import without_names
from aapimport.run.runs import Runs
from aapimport.services.kept import without_people

DAY = 86_400.0
_DOUBTS_KEPT = 30 * DAY
"""Seconds for which whoever is in doubt in a closed upload is known: the next takes them over."""
_ENDED = "coalesce(finished_at, closed_at)"
_IN_DOUBT = (
    "EXISTS (SELECT 1 FROM steps WHERE steps.receipt = people.receipt AND steps.row = people.row"
    " AND steps.kind = 'account' AND attempts > 0 AND state IN ('written', 'intent', 'doubt'))"
)
_IN_USE = "SELECT of FROM runs WHERE of <> '' AND finished_at IS NULL AND closed_at IS NULL"
"""The runs whose people an open undo or sending still needs."""
_NAMED = (
    "(wanted IS NOT NULL OR json_extract(before, '$.portal.names') IS NOT NULL"
    " OR json_extract(before, '$.jhana.names') IS NOT NULL)"
)

_ERASED = "erased: people, own words, own roles"
"""What is kept of a run once all that this version erases is: earlier ones have erased less."""
_NOT_SO_FAR = (
    "(?3 OR NOT EXISTS"
    f" (SELECT 1 FROM told WHERE told.receipt = runs.receipt AND what = '{_ERASED}'))"
)
_OWN_ROLES = (
    f"(receipt IN (SELECT receipt FROM runs WHERE {_NOT_SO_FAR})"
    " AND no_own_roles(before) <> before)"
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
        purged = self._purge(before, before, anew=True)
        self._database.execute("PRAGMA temp_store=MEMORY")
        self._without_traces("VACUUM")
        return purged

    def _purge(self, before: float, doubts_before: float, *, anew: bool = False) -> Purged:
        """Erase everybody of runs that ended before a time.

        Args:
            before: The time.
            doubts_before: The time for people who are in doubt.
            anew: Whether runs are looked at that were erased before, too.
        """
        times = (before, doubts_before, anew)
        self._database.create_function("no_own_roles", 1, without_own_roles, deterministic=True)
        condition = (
            f"({_NAMED} OR {_OWN_ROLES}) AND receipt NOT IN ({_IN_USE})"
            f" AND receipt IN (SELECT receipt FROM runs WHERE {_ENDED} < ?1)"
            f" AND (NOT {_IN_DOUBT} OR receipt IN (SELECT receipt FROM runs WHERE {_ENDED} < ?2))"
        )
        found = self._database.execute(
            f"SELECT receipt, count(*) FROM people JOIN runs USING (receipt)"
            f" WHERE {condition} GROUP BY receipt ORDER BY started_at",
            times,
        ).fetchall()
        due = {receipt for receipt, _ in found}
        due |= {
            receipt
            for (receipt,) in self._database.execute(
                f"SELECT receipt FROM runs WHERE {_ENDED} < ?1 AND {_NOT_SO_FAR}"
                f" AND receipt NOT IN ({_IN_USE})",
                times,
            )
        }
        if found:
            self._without_traces(
                "UPDATE people SET wanted = NULL, before = no_own_roles("
                "json_remove(before, '$.portal.names', '$.jhana.names'))"
                f" WHERE {condition}",
                times,
            )
        for receipt in sorted(due):
            self._erase_words(receipt)
        if due:
            with self._writing():
                self._database.executemany(
                    "UPDATE runs SET purged_at = ? WHERE receipt = ?",
                    ((time.time(), receipt) for receipt in due),
                )
                self._database.executemany(
                    "INSERT OR IGNORE INTO told VALUES (?, ?)",
                    ((receipt, _ERASED) for receipt in sorted(due)),
                )
        self._erase_what_is_kept()
        return Purged(people=sum(number for _, number in found), runs=[one for one, _ in found])

    def _erase_words(self, receipt: str) -> None:
        """Erase what services said of a run's people, where its file was, addresses in names."""
        self._database.create_function("our_words", 2, our_words, deterministic=True)
        self._database.create_function("without_addresses", 1, _struck, deterministic=True)
        told = (
            " WHERE receipt = ?1 AND (reason <> '' OR but <> '')"
            " AND (our_words(reason, trouble) <> reason OR our_words(but, '') <> but)"
            " AND NOT EXISTS (SELECT 1 FROM people WHERE people.receipt = steps.receipt"
            f"  AND people.row = steps.row AND {_NAMED})"
        )
        if self._database.execute(f"SELECT 1 FROM steps {told} LIMIT 1", (receipt,)).fetchone():
            self._without_traces(
                "UPDATE steps SET reason = our_words(reason, trouble), but = our_words(but, '')"
                + told,
                (receipt,),
            )
        names = (
            " WHERE receipt = ?1 AND (without_addresses(file) <> file"
            " OR without_addresses(sheet) <> sheet OR without_addresses(options) <> options"
            " OR json_extract(options, '$.path') IS NOT NULL"
            " OR json_extract(options, '$.results') IS NOT NULL"
            " OR json_extract(options, '$.workbook') IS NOT NULL"
            " OR json_extract(options, '$.copies') IS NOT NULL)"
        )
        if self._database.execute(f"SELECT 1 FROM runs {names}", (receipt,)).fetchone():
            self._without_traces(
                "UPDATE runs SET file = without_addresses(file), sheet = without_addresses(sheet),"
                f" options = json_remove(without_addresses(options), '$.path', '$.results',"
                " '$.workbook', '$.copies')"
                f" {names}",
                (receipt,),
            )

    def _erase_what_is_kept(self) -> None:
        """Erase names and addresses beside an `add`, at services of which no run keeps people."""
        found = self._database.execute("SELECT address, service, kind, kept FROM adding")
        due = [(*it, erased) for *it, kept in found if (erased := without_people(kept)) != kept]
        if not due:
            return
        named = self._database.execute(
            f"SELECT DISTINCT address FROM runs JOIN people USING (receipt) WHERE {_NAMED}"
            f" OR {_ENDED} IS NULL"
        )
        busy = {place(address, one) for (address,) in named for one in ("portal", "jhana")}
        for address, service, kind, erased in due:
            if address not in busy:
                self._without_traces(
                    "UPDATE adding SET kept = ? WHERE address = ? AND service = ? AND kind = ?",
                    (erased, address, service, kind),
                )

    def _without_traces(self, statement: str, values: Sequence[float | str] = ()) -> None:
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


def _struck(text: str | None) -> str | None:
    return None if text is None else without_names(text, None)
