"""The accounts on Jhana that go with an account on the portal, by whichever upload has said so."""

from collections.abc import Mapping

from aapimport.run.journal_file import JournalFile
from aapimport.run.records import Task, read_task

_TASK = ", ".join(f"jhana.{name}" for name in Task.__dataclass_fields__)
_THERE = (
    "({0}.account_id <> '' AND ({0}.state = 'done'"
    " OR {0}.attempts > 0 AND {0}.state IN ('written', 'intent', 'doubt')))"
)
"""The condition, in SQL, that a step is about an account whose id is known."""


class AlsoOnJhana(JournalFile):
    """Which account on Jhana is of the person of one on the portal."""

    def also_on_jhana(self, address: str) -> Mapping[str, tuple[Task, int]]:
        """By the account on the portal, the step of the last upload that has ended and has both.

        With it goes that upload's number (`order`).
        Where that upload has none on the portal, as the portal has refused the person, by the
        digest of address and names (`planned.before_json`): who has both is known by them.

        Args:
            address: The pair of services.
        """
        found = self._database.execute(
            f"SELECT iif({_THERE.format('portal')}, portal.account_id,"
            f" json_extract(before, '$.named')), runs.rowid, {_TASK}"
            " FROM runs JOIN steps AS jhana USING (receipt)"
            " JOIN steps AS portal ON portal.receipt = jhana.receipt AND portal.row = jhana.row"
            "  AND portal.service = 'portal' AND portal.kind = 'account'"
            " JOIN people ON people.receipt = jhana.receipt AND people.row = jhana.row"
            " WHERE address = ? AND runs.kind = 'upload'"
            "  AND (finished_at IS NOT NULL OR closed_at IS NOT NULL)"
            "  AND jhana.service = 'jhana' AND jhana.kind = 'account'"
            f" AND {_THERE.format('jhana')} ORDER BY runs.rowid",
            (address,),
        )
        return {who: (read_task(tuple(step)), order) for who, order, *step in found if who}

    def order(self, receipt: str) -> int:
        """The number of a run in the journal: an upload ends before the next begins."""
        query = "SELECT rowid FROM runs WHERE receipt = ?"
        return int(self._database.execute(query, (receipt,)).fetchone()[0])
