"""The e-mails about what a run has done: which were sent, and which somebody is to send by hand."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from aapimport.run.journal import Journal
from aapimport.run.records import Run, State, Task
from aapimport.text import path_text

MAYBE_SENT = "sent, or may have been"
_STATES = (
    *(State.DONE, State.WRITTEN, State.INTENT, State.DOUBT, State.HANDED_OVER),
    State.NEEDS_PERSON,  # where it was begun to be sent: what became of it nobody knows
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftMail:
    """One e-mail that can't be taken back.

    Attributes:
        task: Its step, with the person's row in the run.
        words: What became of it, behind `a welcome e-mail was`; with what is to be done.
    """

    task: Task
    words: str

    def is_told(self, until: float) -> bool:
        """Whether an undo has told of it, and nothing is to be done about it any more.

        Args:
            until: Until when undos have told, in seconds since 1970; negative where none has.
        """
        open_ = {State.HANDED_OVER, State.NEEDS_PERSON}
        return self.task.state not in open_ and (self.task.sent_at or 0.0) <= until


def left_mails(
    journal: Journal, run: Run, rows: Collection[int] | None = None
) -> dict[int, list[LeftMail]]:
    """The e-mails that were sent, may have been, or are handed over and not settled, by row.

    Args:
        journal: The journal.
        run: The run that has made the accounts.
        rows: Which rows; all of them by default.
    """
    found = [
        (sending, replace(mail, row=row))
        for row, sending, mail in journal.mails_about(run.receipt, *_STATES)
        if rows is None or row in rows
        if mail.state is not State.NEEDS_PERSON or mail.sent_at is not None
    ]
    ours = Counter(sending for sending, mail in found if mail.state is State.HANDED_OVER)
    numbers = {it: len(rows) for it, rows in journal.handed_over(run.address).items()}
    words = {
        sending: _handed_over(journal.run(sending), alone=number == numbers.get(sending))
        for sending, number in ours.items()
    }
    mails: dict[int, list[LeftMail]] = {}
    for sending, mail in found:
        said = words[sending] if mail.state is State.HANDED_OVER else MAYBE_SENT
        said = _in_doubt(sending) if mail.state is State.NEEDS_PERSON else said
        mails.setdefault(mail.row, []).append(LeftMail(task=mail, words=said))
    return mails


def _in_doubt(run: str) -> str:
    """What is to be done about an e-mail of which nobody knows whether it was sent."""
    return (
        "perhaps sent, and nobody knows: ask them, then say so with: aapimport send-emails"
        f" {run} --sent --to ADDRESS (or --not-sent), for each of them"
    )


def _handed_over(sending: Run, *, alone: bool) -> str:
    """What is to be done about e-mails of a workbook; `alone` where it holds nobody else's."""
    workbook = json.loads(sending.options or "{}").get("workbook")
    where = f"by sending {sending.receipt}"
    if workbook:
        where = f"in {path_text(Path(Path(workbook).name))} (sending {sending.receipt})"
    whom = "" if alone else " --to ADDRESS, for each of them"
    return (
        f"handed over {where}, to be sent by hand: don't send it to these people, and settle it"
        f" with: aapimport send-emails {sending.receipt} --not-sent{whom}"
    )
