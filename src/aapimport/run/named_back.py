"""What undos of a run have named already: of that, and of nothing newer, a further undo is a hint.

An undo that has ended has named what its steps left, and the e-mails that were sent until then. One
for which there was nothing to write has no steps: of whom it told, and when, is kept with the run.
"""

import time
from collections.abc import Collection, Mapping

from aapimport.run.back_reasons import LEFT
from aapimport.run.effects import NAMED_HEAD
from aapimport.run.journal_file import JournalFile
from aapimport.run.records import State, StepKind

Named = Mapping[int, frozenset[tuple[str, StepKind]]]
"""What was named, by row: the service, and the undo's step."""
_ALL = frozenset((service, kind) for service in ("portal", "jhana") for kind in StepKind)
_TOLD = "named at "
_ENDED = "coalesce(finished_at, closed_at)"


class NamedBack(JournalFile):
    """What the undos of a run have named."""

    def tell_named(self, receipt: str, rows: Collection[int]) -> None:
        """Remember of whom an undo without steps has told just now, given by their rows.

        Args:
            receipt: The run that was to be undone.
            rows: Theirs; without those of whom it only said that a later run has them.
        """
        said = [f"{_TOLD}{time.time():.3f} row {row}" for row in rows]
        with self._writing():
            self._database.executemany(
                "DELETE FROM told WHERE receipt = ? AND what GLOB ?",
                ((receipt, f"{_TOLD}* row {row}") for row in rows),
            )
            self._database.executemany(
                "INSERT INTO told VALUES (?, ?)", ((receipt, one) for one in said)
            )

    def named_back(self, receipt: str) -> Named:
        """What undos of a run have named and left.

        What they only left to a later run, what was refused, and what became unknown, isn't among
        it: nobody has been told how it stands.
        """
        found = self._database.execute(
            "SELECT row, service, steps.kind FROM steps JOIN runs USING (receipt)"
            f" WHERE of = ?1 AND runs.kind = 'undo' AND {_ENDED} IS NOT NULL"
            "  AND (state = ?4 AND substr(reason, 1, length(?2)) <> ?2"
            "   OR substr(reason, 1, length(?3)) = ?3)",
            (receipt, LEFT, NAMED_HEAD, State.NEEDS_PERSON),
        )
        named = dict.fromkeys(self._told_without_steps(receipt), _ALL)
        for row, service, kind in found:
            named[row] = named.get(row, frozenset()) | {(service, StepKind(kind))}
        return named

    def told_until(self, receipt: str, before: float | None = None) -> dict[int, float]:
        """Until when undos of a run have told of somebody's e-mails, by row, in seconds since 1970.

        Args:
            receipt: The run.
            before: Undos that were begun before a time only, in seconds since 1970; None for all.
        """
        found = self._database.execute(
            f"SELECT row, max({_ENDED}) FROM people JOIN runs USING (receipt) WHERE of = ?1"
            f" AND runs.kind = 'undo' AND {_ENDED} IS NOT NULL"
            " AND started_at < coalesce(?2, 9e99) GROUP BY row",
            (receipt, before),
        )
        until = {row: float(at) for row, at in found}
        for row, at in self._told_without_steps(receipt).items():
            if before is None or at < before:
                until[row] = max(at, until.get(row, at))
        return until

    def _told_without_steps(self, receipt: str) -> dict[int, float]:
        found = self._database.execute(
            "SELECT what FROM told WHERE receipt = ? AND what GLOB ?", (receipt, f"{_TOLD}*")
        )
        said = (what.removeprefix(_TOLD).split(" row ") for (what,) in found)
        return {int(row): float(at) for at, row in said}
