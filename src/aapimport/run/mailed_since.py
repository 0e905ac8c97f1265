"""What became of the welcome e-mails of an upload that planned none: by sendings since."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aapimport.run.journal import Journal
from aapimport.run.on_record import OnLedger, OnRecord
from aapimport.run.records import Run, RunKind, StepKind


@dataclass(frozen=True, kw_only=True)
class MailedSince:
    """How the people whom the upload created stand by the mail ledger.

    Attributes:
        sendings: The numbers of the sendings that were about them or their pass, the oldest first.
        rows: How each of them stands, by row.
    """

    sendings: Sequence[str]
    rows: Mapping[int, OnLedger]

    @property
    def people(self) -> Counter[OnLedger]:
        """How many of them stand how."""
        return Counter(self.rows.values())


def mailed_since(journal: Journal, run: Run) -> MailedSince | None:
    """The same; None where the upload planned e-mails itself, or no sending was begun since."""
    if run.kind != RunKind.UPLOAD or any(journal.tasks(run.receipt, StepKind.EMAIL)):
        return None
    sendings = [
        one.receipt
        for one in reversed(journal.runs(run.address))
        if one.kind == RunKind.SEND
        and one.started_at >= run.started_at
        and (one.of == run.receipt or (not one.of and one.pass_id == run.pass_id))
    ]
    if not sendings:
        return None
    record = OnRecord(journal, run.address)
    rows = {one.row: record.standing(one) for one in record.candidates([run])}
    return MailedSince(sendings=sendings, rows=rows)
