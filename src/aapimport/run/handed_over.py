"""Whose e-mails are handed over and not settled, as the mail ledger has it: by uploads and rows."""

from collections.abc import Iterable, Mapping

from aapimport.run.journal import Journal
from aapimport.run.on_record import HALVES, OnRecord
from aapimport.run.records import Run, State

Place = tuple[str, int]
"""The run that was asked about, and somebody's row there."""


def handed_over_of(
    journal: Journal, address: str, runs: Iterable[Run]
) -> Mapping[str, Mapping[int, Place]]:
    """The people of some uploads, or of a sending, who are handed over by whichever hand-over.

    Whose account's id may have been another's before isn't among them: nobody can tell.

    Args:
        journal: The journal.
        address: The pair of services.
        runs: The uploads, the newest first; or the sending.

    Returns:
        By the hand-over's number, and by the row there, where each of them stands.
    """
    found: dict[str, dict[int, Place]] = {}
    record = OnRecord(journal, address)
    for one in record.candidates(runs):
        ours = [half for half in HALVES if record.has_created(one, half)]
        entries = {half: record.entry(one, half) for half in ours}
        if record.not_told(one, entries):
            continue
        for entry in entries.values():
            if entry and entry.state is State.HANDED_OVER and not entry.elsewhere:
                receipt, row = entry.mail
                found.setdefault(receipt, {})[row] = one.receipt, one.row
    return found
