"""The accounts on Jhana that go with an account on the portal, by whichever upload has said so."""

from collections.abc import Mapping
from dataclasses import dataclass

from aapimport.run.candidates import may_be_there
from aapimport.run.journal_file import JournalFile
from aapimport.run.records import Task, read_task

_FIELDS = tuple(Task.__dataclass_fields__)
_BOTH = ", ".join(f"{service}.{name}" for service in ("portal", "jhana") for name in _FIELDS)


@dataclass(frozen=True, slots=True)
class OnJhana:
    """An account on Jhana, as an upload has left it.

    Attributes:
        step: The upload's step about it.
        order: The upload's number (`order`).
        portal: The account on the portal that the upload has for the person; empty for none, as
            the portal has refused them.
        by_address: Whether nothing but the address tells that it is the person's.
    """

    step: Task
    order: int
    portal: str
    by_address: bool = False


class AlsoOnJhana(JournalFile):
    """Which account on Jhana is of the person of one on the portal."""

    def also_on_jhana(self, address: str) -> Mapping[str, OnJhana]:
        """What the last upload that has ended has of each person's account on Jhana.

        Args:
            address: The pair of services.

        Returns:
            By the account on the portal, where the upload has one; and by the digests of address
            and names and of the address (`planned.before_json`), which tell who it is where the
            portal had refused the person, or the account there was made anew.
        """
        found = self._database.execute(
            "SELECT json_extract(before, '$.named'), json_extract(before, '$.person'),"
            f" runs.rowid, {_BOTH}"
            " FROM runs JOIN steps AS jhana USING (receipt)"
            " JOIN steps AS portal ON portal.receipt = jhana.receipt AND portal.row = jhana.row"
            "  AND portal.service = 'portal' AND portal.kind = 'account'"
            " JOIN people ON people.receipt = jhana.receipt AND people.row = jhana.row"
            " WHERE address = ? AND runs.kind = 'upload'"
            "  AND (finished_at IS NOT NULL OR closed_at IS NOT NULL)"
            "  AND jhana.service = 'jhana' AND jhana.kind = 'account'"
            "  AND jhana.account_id <> '' ORDER BY runs.rowid",
            (address,),
        )
        also: dict[str, OnJhana] = {}
        for named, person, order, *steps in found:
            portal, jhana = map(
                read_task, (tuple(steps[: len(_FIELDS)]), tuple(steps[len(_FIELDS) :]))
            )
            if may_be_there(jhana):
                account = portal.account_id if may_be_there(portal) else ""
                one = OnJhana(jhana, order, account)
                also |= {who: one for who in (account, named, person) if who}
        return also

    def order(self, receipt: str) -> int:
        """The number of a run in the journal: an upload ends before the next begins."""
        query = "SELECT rowid FROM runs WHERE receipt = ?"
        return int(self._database.execute(query, (receipt,)).fetchone()[0])

    def is_found_since(self, service: str, person: str, order: int) -> bool:
        """Whether an upload after one has somebody's account on a service.

        Args:
            service: `portal` or `jhana`.
            person: A digest of the address.
            order: The number of the one.
        """
        query = (
            "SELECT 1 FROM runs JOIN steps USING (receipt) JOIN people USING (receipt, row)"
            " WHERE runs.rowid > ? AND runs.kind = 'upload' AND service = ?"
            "  AND steps.kind = 'account' AND state = 'done' AND account_id <> ''"
            "  AND json_extract(before, '$.person') = ? LIMIT 1"
        )
        found = self._database.execute(query, (order, service, person)).fetchone()
        return bool(person and found)
