"""What became of the welcome e-mails of a run's people since, where the run itself sent none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aapimport.run.candidates import Candidate
from aapimport.run.entries import Entry
from aapimport.run.journal import Journal
from aapimport.run.landing import BY_ANOTHER
from aapimport.run.on_record import HALVES, OnLedger, OnRecord
from aapimport.run.records import UNSENT, Run, RunKind, State, StepKind

_LEFT = frozenset({State.REJECTED, State.NEEDS_PERSON, State.SKIPPED, State.PLANNED})
"""How a run that has ended leaves an e-mail of its own that it hasn't sent.

Whom another run had mailed before it came to them is told with that run's number as it is.
"""


@dataclass(frozen=True, slots=True)
class Since:
    """How the e-mail of one person stands by another run.

    Attributes:
        standing: How.
        receipt: That run's number.
        by: The same in words, with the profile where it is another one's.
    """

    standing: OnLedger
    receipt: str
    by: str


@dataclass(frozen=True, kw_only=True)
class MailedSince:
    """How people stand by the mail ledger whom the run itself hasn't mailed.

    Attributes:
        sendings: The numbers of its own sendings, and of all others that have mailed any of them
            since, or may have: the oldest first, those of other profiles last.
        rows: How each of them stands, by row: whoever an upload without e-mails has put on the
            pass; of a run with e-mails, whose e-mail it hasn't sent.
        by: Whom another run has mailed since, may have, or has handed over: likewise.
    """

    sendings: Sequence[str]
    rows: Mapping[int, OnLedger]
    by: Mapping[int, Since]

    @property
    def people(self) -> Counter[OnLedger]:
        """How many of them stand how."""
        return Counter(self.rows.values())


def mailed_since(journal: Journal, run: Run) -> MailedSince | None:
    """The same; None where the run has sent all of its own, or nobody was to be mailed since.

    Args:
        journal: The journal.
        run: An upload that planned none or has ended, or a sending that has ended; None for others.
    """
    own = [*journal.tasks(run.receipt, StepKind.EMAIL)]
    left = {it.row for it in own if it.state in _LEFT and not it.reason.endswith(BY_ANOTHER)}
    is_over = not own or (left and not run.is_open)
    if run.kind not in {RunKind.UPLOAD, RunKind.SEND} or not is_over:
        return None
    record = OnRecord(journal, run.address)
    people = [one for one in record.candidates([run]) if not own or one.row in left]
    last = {one.row: _last_since(record, one, run) for one in people}
    numbers = {one.receipt for one in journal.sends_of(run.receipt)} | {
        entry.mail[0] for entries in last.values() for entry in entries
    }
    if not numbers:
        return None
    ours = [one.receipt for one in reversed(journal.runs(run.address)) if one.receipt in numbers]
    standings = {one.row: record.standing(one) for one in people}
    return MailedSince(
        sendings=[*ours, *sorted(numbers.difference(ours))],
        rows={
            row: standing
            for row, standing in standings.items()
            if not own or last[row] or standing == "waits"  # else it is the run's own
        },
        by={
            row: Since(standings[row], entry.mail[0], entry.by)
            for row, entries in last.items()
            for entry in sorted(entries, key=lambda it: it.at)
        },
    )


def _last_since(record: OnRecord, one: Candidate, run: Run) -> Iterable[Entry]:
    """What the ledger says of e-mails to somebody, by other runs, since a run was begun."""
    entries = (record.entry(one, half) for half in HALVES if record.has_created(one, half))
    return [
        entry
        for entry in entries
        if entry
        and entry.state not in UNSENT
        and entry.at >= run.started_at
        and entry.mail[0] != run.receipt
    ]
