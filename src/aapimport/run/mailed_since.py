"""What became of the welcome e-mails of an upload that planned none: by sendings since."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aapimport.run.journal import Journal
from aapimport.run.on_record import HALVES, OnLedger, OnRecord
from aapimport.run.records import UNSENT, Run, RunKind, StepKind


@dataclass(frozen=True, kw_only=True)
class MailedSince:
    """How the people whom the upload created stand by the mail ledger.

    Attributes:
        sendings: The numbers of its own sendings, and of all others that have mailed any of them
            since, or may have: the oldest first, those of other profiles last.
        rows: How each of them stands, by row.
    """

    sendings: Sequence[str]
    rows: Mapping[int, OnLedger]

    @property
    def people(self) -> Counter[OnLedger]:
        """How many of them stand how."""
        return Counter(self.rows.values())


def mailed_since(journal: Journal, run: Run) -> MailedSince | None:
    """The same; None where the upload planned e-mails itself, or nobody was to be mailed since."""
    if run.kind != RunKind.UPLOAD or any(journal.tasks(run.receipt, StepKind.EMAIL)):
        return None
    record = OnRecord(journal, run.address)
    people = [*record.candidates([run])]
    by = {one.receipt for one in journal.sends_of(run.receipt)} | {
        entry.mail[0]
        for one in people
        for half in HALVES
        if record.has_created(one, half)
        and (entry := record.entry(one, half))
        and entry.state not in UNSENT
        and entry.at >= run.started_at
    }
    if not by:
        return None
    ours = [one.receipt for one in reversed(journal.runs(run.address)) if one.receipt in by]
    return MailedSince(
        sendings=[*ours, *sorted(by.difference(ours))],
        rows={one.row: record.standing(one) for one in people},
    )
