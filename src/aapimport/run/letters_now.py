"""How the e-mails stand that a mail server was to send after an upload: steps for its receipt.

They are in no step of the upload's own: the mail ledger says who was mailed, by whichever run, and
the sendings of the upload say why somebody wasn't.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from aapimport.plan.plan import Action
from aapimport.run.candidates import Candidate
from aapimport.run.entries import Entry
from aapimport.run.journal import Journal
from aapimport.run.on_record import HALVES, OnRecord
from aapimport.run.own_words import nameless
from aapimport.run.records import FINAL, UNSENT, Run, State, StepKind, Task, Way
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the e-mails, as the record of the run that has, or had, them tells.

    Attributes:
        run: That run, in words.
        receipt: Its number.
        way: How it sends them.
        server: Sender and server, where a mail server sends them and this journal has the run.
    """

    run: str
    receipt: str
    way: Way
    server: str


@dataclass(frozen=True, kw_only=True)
class LettersNow:
    """How they stand.

    Attributes:
        wanted: What was approved.
        sendings: The upload's sendings, the newest first.
        steps: One e-mail's step for each row, as the ledger and the sendings have it.
        parts: How many people each run has mailed, may have, or has handed over, by the way and
            the server; none of them for a sending that has mailed nobody so far.
        is_over: Whether the upload owes none of them any more.
    """

    wanted: WantedLetters
    sendings: tuple[Run, ...]
    steps: Mapping[int, Task]
    parts: Mapping[Part, int]
    is_over: bool

    @property
    def open_sending(self) -> str:
        """The number of the sending that is to be resumed; empty for none."""
        return next((one.receipt for one in self.sendings if one.is_open), "")


def letters_now(journal: Journal, run: Run, *, named: bool = True) -> LettersNow | None:
    """How the e-mails of an upload stand; None where no mail server was to send any.

    Args:
        journal: The journal.
        run: The upload.
        named: Whether senders are told by their addresses, which name somebody.
    """
    wanted = wanted_letters(run if named else nameless(run))
    if wanted is None:
        return None
    sendings = tuple(journal.sends_of(run.receipt))
    record = OnRecord(journal, run.address)
    there = {one.row: one for one in record.candidates([run]) if one.row in wanted.rows}
    told: dict[int, Task] = {}
    for one in sendings:
        for task in journal.tasks(one.receipt, StepKind.EMAIL):
            told.setdefault(task.row, task)
    steps = {it.row: it for it in _steps(journal, run, wanted, told, (record, there))}
    runs = _Runs(journal, named=named)
    parts = Counter(part for one in there.values() for part in runs.parts(record, one))
    has = {part.receipt for part in parts}
    begun = {runs.part(one): 0 for one in sendings if one.receipt not in has}
    return LettersNow(
        wanted=wanted,
        sendings=sendings,
        steps=steps,
        parts={**parts, **begun},
        is_over=journal.letters_ended(run.receipt),
    )


class _Runs:
    """Which run has mailed somebody, by which way and from which server.

    Args:
        journal: The journal.
        named: Whether senders are told by their addresses.
    """

    def __init__(self, journal: Journal, *, named: bool) -> None:
        self._journal = journal
        self._named = named
        self._known: dict[str, tuple[Run, Mapping[int, float | None]]] = {}

    def part(self, run: Run, moment: float | None = None) -> Part:
        """What a run sends at a time."""
        run = run if self._named else nameless(run)
        return Part(run=run.name, receipt=run.receipt, way=run.way, server=run.server_at(moment))

    def parts(self, record: OnRecord, one: Candidate) -> set[Part]:
        """Those of which somebody's e-mails are, that were sent or may have been."""
        entries = [record.entry(one, half) for half in HALVES if record.has_created(one, half)]
        return {self._of(entry) for entry in entries if entry and entry.state not in UNSENT}

    def _of(self, entry: Entry) -> Part:
        receipt, row = entry.mail
        if entry.elsewhere:
            return Part(run=entry.by, receipt=receipt, way=entry.way, server="")
        if receipt not in self._known:
            mails = self._journal.tasks(receipt, StepKind.EMAIL)
            self._known[receipt] = self._journal.run(receipt), {it.row: it.sent_at for it in mails}
        run, sent = self._known[receipt]
        return replace(self.part(run, sent.get(row)), way=entry.way)


def _steps(
    journal: Journal,
    run: Run,
    wanted: WantedLetters,
    told: Mapping[int, Task],
    known: tuple[OnRecord, Mapping[int, Candidate]],
) -> Iterator[Task]:
    record, there = known
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
