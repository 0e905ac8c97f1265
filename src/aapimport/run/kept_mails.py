"""E-mails about what an undo takes back that nobody was sent so far: they are kept back."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from aapimport.run.journal import Journal
from aapimport.run.records import Run, State, StepKind, Task


def embargoed(journal: Journal, run: Run, rows: Collection[int]) -> Iterator[tuple[int, str, Task]]:
    """The e-mails about accounts of some of a run's people that were never asked for.

    Yields:
        The person's row in the run, the run of the e-mail, and its step there.
    """
    for row, receipt, task in journal.mails_about(run.receipt, State.PLANNED):
        if row in rows and journal.run(receipt).closed_at is None:
            yield row, receipt, task


def kept_back_by(journal: Journal, undo: Run) -> Iterator[tuple[int, Task]]:
    """The e-mails that an undo has kept back, each after its person's row in the upload."""
    for row, _, mail in journal.mails_about(undo.of, State.SKIPPED):
        if mail.reason.endswith(undo.receipt):
            yield row, mail


def keep_mails_back(journal: Journal, undo: Run) -> None:
    """Have nobody mailed about an account that an undo has taken back; may be repeated.

    Whoever is left as they are keeps the e-mail, so this follows the steps about accounts. Whoever
    is switched off isn't mailed meanwhile either (`addressees`, `letter_steps`).
    """
    rows = journal.rows(undo.receipt)
    off = {
        (task.row, task.service)
        for task in journal.tasks(
            undo.receipt, StepKind.TAKE_BACK, State.DONE, State.SKIPPED, service=None
        )
    }
    for row, receipt, task in [*embargoed(journal, journal.run(undo.of), rows)]:
        if (row, task.service) in off:
            reason = f"kept back by undo {undo.receipt}"
            journal.record(receipt, [replace(task, state=State.SKIPPED, reason=reason)])
            journal.finish(receipt)
