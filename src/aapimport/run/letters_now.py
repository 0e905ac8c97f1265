"""How the e-mails stand that a mail server was to send after an upload: steps for its receipt.

They are in no step of the upload's own: the mail ledger says who was mailed, by whichever run, and
the sendings of the upload say why somebody wasn't.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from aapimport.plan.plan import Action
from aapimport.run.journal import Journal
from aapimport.run.on_record import OnRecord
from aapimport.run.records import FINAL, Run, State, StepKind, Task
from aapimport.run.standing import IN_DOUBT
from aapimport.run.wanted_letters import WantedLetters, wanted_letters
from aapimport.services.values import EmailKind

_STATES = {
    "mailed": State.DONE,
    "handed_over": State.HANDED_OVER,
    "in_doubt": State.DOUBT,
    "was_there": State.SKIPPED,
    "off": State.SKIPPED,
}
_SAID = frozenset({State.REJECTED, State.NEEDS_PERSON})
"""How a sending leaves whoever waits all the same, with a reason."""


@dataclass(frozen=True, kw_only=True)
class LettersNow:
    """How they stand.

    Attributes:
        wanted: What was approved.
        sendings: The upload's sendings, the newest first.
        steps: One e-mail's step for each row, as the ledger and the sendings have it.
    """

    wanted: WantedLetters
    sendings: tuple[Run, ...]
    steps: Mapping[int, Task]

    @property
    def open_sending(self) -> str:
        """The number of the sending that is to be resumed; empty for none."""
        return next((one.receipt for one in self.sendings if one.is_open), "")


def letters_now(journal: Journal, run: Run) -> LettersNow | None:
    """How the e-mails of an upload stand; None where no mail server was to send any."""
    wanted = wanted_letters(run)
    if wanted is None:
        return None
    sendings = journal.sends_of(run.receipt)
    told: dict[int, Task] = {}
    for one in sendings:
        for task in journal.tasks(one.receipt, StepKind.EMAIL):
            told.setdefault(task.row, task)
    steps = {it.row: it for it in _steps(journal, run, wanted, told)}
    return LettersNow(wanted=wanted, sendings=tuple(sendings), steps=steps)


def _steps(
    journal: Journal, run: Run, wanted: WantedLetters, told: Mapping[int, Task]
) -> Iterator[Task]:
    record = OnRecord(journal, run.address)
    there = {one.row: one for one in record.candidates([run])}
    ended = {
        task.row for task in journal.tasks(run.receipt, StepKind.ACCOUNT, *FINAL, service="portal")
    }
    for row in sorted(wanted.rows):
        one = there.get(row)
        kind = EmailKind.PORTAL
        if one is None:
            yield _step(row, kind, State.SKIPPED if row in ended else State.PLANNED)
            continue
        if record.has_created(one, "jhana"):
            both = record.has_created(one, "portal")
            kind = EmailKind.COMBINED if both else EmailKind.JHANA
        standing = record.standing(one)
        said = told.get(row)
        if standing == "waits":
            yield (
                replace(said, service="portal")
                if said and said.state in _SAID
                else _step(row, kind)
            )
        elif standing == "in_doubt" and said and said.state in {*IN_DOUBT, State.NEEDS_PERSON}:
            yield replace(said, service="portal")
        elif standing == "was_there" and row not in ended:
            yield _step(row, kind)  # the portal hasn't said so far that it has created them
        else:
            yield _step(row, kind, _STATES[standing])


def _step(row: int, kind: EmailKind, state: State = State.PLANNED) -> Task:
    return Task(
        row=row,
        service="portal",
        kind=StepKind.EMAIL,
        action=Action.CREATE,
        target=kind,
        state=state,
        key="",
        account_id="",
        attempts=0,
        adopted=False,
        reason="",
        sent_at=None,
    )
