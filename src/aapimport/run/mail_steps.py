"""Welcome e-mails: last, once, to people whose accounts are done and still theirs."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from aapimport.config.addresses import place_of
from aapimport.errors import AapimportError
from aapimport.run.confirming import look_again, still_theirs
from aapimport.run.conveyor import Batch, Call
from aapimport.run.jhana_alone import with_portal
from aapimport.run.landing import BY_ANOTHER, NOT_MAILED, UNKNOWN_IF_MAILED
from aapimport.run.not_mailed import not_to_be_mailed
from aapimport.run.progress import Progress
from aapimport.run.records import FINAL, RunKind, State, StepKind, Task
from aapimport.run.session import Session, ahead
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.portal import Welcome, read_welcome, send_welcome, welcomed
from aapimport.services.values import EmailKind

_NOT_SHOWN = 600.0  # seconds since its last write after which an account that isn't shown is gone


class MailSteps:
    """Has welcome e-mails sent.

    A service that can be asked for one answers a request id with one e-mail at the most, so a
    request in doubt may be repeated with its own id. The ledger refuses a second one from another
    upload.

    Args:
        session: The session.

    Attributes:
        at_once: E-mails that are claimed and confirmed together.
    """

    at_once = 200

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conveyor = session.conveyor
        self._without_jhana: set[int] = set()
        self._only_row: int | None = None

    def steps(self, only_row: int | None = None) -> Iterator[Progress]:
        """Mail everybody who is to be mailed and may be; nobody before the run's embargo ends.

        Args:
            only_row: The only row to mail; None for all.

        Raises:
            AapimportError: The run can't go on.
        """
        if self._session.run.is_embargoed:
            return
        self._only_row = only_row
        lines = {service: self._mailable(service) for service in self._session.directories}
        yield from self._conveyor.drive(lines, self._mailing)
        yield from self._read_back()

    def _mailable(self, service: str) -> Iterator[Batch]:
        states = (State.PLANNED, State.INTENT, State.DOUBT)
        due = (
            task
            for task in self._session.due(StepKind.EMAIL, *states, service=service)
            if self._only_row in {None, task.row}
        )
        for some in ahead(due, self.at_once):
            settled = self._earlier(some)
            open_ = [task for task in some if task.row not in settled]
            ready = [one for task in open_ if (one := self._ready(task)) is not None]
            theirs = still_theirs(self._session, ready) if ready else []
            unmailed = self._unmailed(self._with_jhana(with_portal(self._session, theirs)))
            yield from ([task] for task in self._claimed(unmailed))

    def _earlier(self, tasks: list[Task]) -> set[int]:
        """The rows whose e-mail an earlier session asked for and is sent, whoever left since."""
        asked = []
        for task in tasks:
            own = self._step(task.row, task.service)
            if task.state is not State.PLANNED and own is not None and own.account_id:
                asked.append(replace(task, account_id=own.account_id))
        directories = self._session.directories
        calls = [
            partial(read_welcome, directories[task.service], task.account_id, task.key)
            for task in asked
        ]
        outcomes = zip(asked, self._session.read_many(calls), strict=True)
        sent = [task for task, outcome in outcomes if outcome.verdict is Verdict.DONE]
        for task in sent:
            self._note_half(task)
        self._conveyor.record([replace(task, state=State.DONE) for task in sent])
        return {task.row for task in sent}

    def _unmailed(self, tasks: list[Task]) -> list[Task]:
        """Those whom nobody has mailed meanwhile, as the services tell; the others are recorded.

        Of those whom this very command has just created nobody knows but us.
        """
        session = self._session
        is_fresh = session.options.begun_now and session.run.kind == RunKind.UPLOAD
        looked = [] if session.run.mails_again else tasks
        looked = [task for task in looked if not (is_fresh and task.state is State.PLANNED)]
        calls = [
            partial(welcomed, session.directories[task.service], task.account_id) for task in looked
        ]
        left = set()
        for task, look in zip(looked, session.read_many(calls), strict=True):
            sent = self._sent_there(task, look) if isinstance(look, Welcome) else None
            if sent is False:
                continue
            left.add(task.row)
            if sent is None:
                reason = "whether the services have mailed them can't be looked up"
                self._conveyor.record([replace(task, reason=reason)])
                continue
            known = task.state is State.PLANNED
            itself = "the service has mailed them itself"
            reason = f"{NOT_MAILED}{itself}" if known else f"{UNKNOWN_IF_MAILED}; {itself}"
            self._conveyor.record([replace(task, state=State.NEEDS_PERSON, reason=reason)])
        return [task for task in tasks if task.row not in left]

    def _sent_there(self, task: Task, look: Welcome) -> bool | None:
        """Whether the services have mailed somebody themselves what the e-mail is about.

        Where only Jhana has, the e-mail speaks of the portal alone.

        Returns:
            None where Jhana can't be asked.
        """
        if self._session.run.mails_again:
            return False
        if look.sent & self._halves(task) and look.request_id != task.key:
            return True
        jhana = self._step(task.row, "jhana")
        if self._kind(task) is not EmailKind.COMBINED or not (jhana and jhana.account_id):
            return False
        there = welcomed(self._session.directories["jhana"], jhana.account_id)
        if not isinstance(there, Welcome):
            return None if there is not None else False
        if "jhana" in there.sent:
            self._without_jhana.add(task.row)
        return False

    def _halves(self, task: Task) -> set[str]:
        """What a person's e-mail speaks of."""
        kind = self._kind(task)
        return {"portal", "jhana"} if kind is EmailKind.COMBINED else {kind.value}

    def _note_half(self, task: Task) -> None:
        """Leave Jhana's half to others where the portal tells that its e-mail was about itself."""
        if EmailKind(task.target) is not EmailKind.COMBINED:
            return
        look = welcomed(self._session.services.portal, task.account_id)
        ours = isinstance(look, Welcome) and look.request_id == task.key
        if isinstance(look, Welcome) and ours and "jhana" not in look.sent:
            self._session.journal.give_up_half(self._session.receipt, task.row, "jhana")

    def _without_half(self, task: Task) -> None:
        """Leave Jhana's half to others where the e-mail doesn't speak of it any more."""
        was_both = EmailKind(task.target) is EmailKind.COMBINED and task.state is State.PLANNED
        if was_both and self._kind(task) is EmailKind.PORTAL:
            self._session.journal.give_up_half(self._session.receipt, task.row, "jhana")

    def _with_jhana(self, tasks: list[Task]) -> list[Task]:
        """Those whose account on Jhana is still theirs, where the e-mail speaks of it.

        Where it isn't, the e-mail speaks of the portal alone, and the receipt says why. Where that
        can't be seen, the e-mail waits.
        """
        steps = {
            task.row: step
            for task in tasks
            if self._kind(task) is EmailKind.COMBINED and (step := self._step(task.row, "jhana"))
        }
        try:
            outcomes = look_again(self._session, [*steps.values()], mails=True)
        except AapimportError as error:  # Jhana's trouble: the portal's e-mails go on
            self._conveyor.halt("jhana", error)
            return [task for task in tasks if task.row not in steps]
        waiting = set()
        for row, outcome in outcomes.items():
            step = steps[row]
            long_ago = time.time() - (step.sent_at or 0) > _NOT_SHOWN
            if outcome.verdict is Verdict.NEEDS_PERSON and (long_ago or not outcome.gone):
                self._without_jhana.add(row)
                but = "; ".join(filter(None, [step.but, outcome.reason]))
                self._conveyor.record([replace(step, but=but)])
            elif outcome.verdict is not Verdict.DONE:
                waiting.add(row)
        return [task for task in tasks if task.row not in waiting]

    def _ready(self, task: Task) -> Task | None:
        """A step with its account, and the kind that is true now; None when it has to wait."""
        steps = {
            "portal": self._step(task.row, "portal"),
            "jhana": self._step(task.row, "jhana"),
            "pass": self._step(task.row, "portal", StepKind.PASS),
        }
        if any(step is not None and step.state not in FINAL for step in steps.values()):
            return None  # in doubt: mailed by a later resume, once that is settled
        own = steps[task.service]
        if why := not_to_be_mailed(own, steps["pass"]):
            is_there = own is not None and own.state is State.DONE
            state = State.NEEDS_PERSON if is_there else State.SKIPPED
            known = task.state is State.PLANNED
            said = f"not mailed: {why}" if known else f"{UNKNOWN_IF_MAILED}; {why}"
            self._conveyor.record([replace(task, state=state, reason=said)])
            return None
        return replace(task, account_id=own.account_id) if own else None

    def _step(self, row: int, service: str, kind: StepKind = StepKind.ACCOUNT) -> Task | None:
        return self._session.journal.step(self._session.receipt, row, service, kind)

    def _claimed(self, tasks: list[Task]) -> Iterator[Task]:
        """Those whose e-mail no other upload has sent, or may have sent: the ledger knows."""
        claims = {task.row: self._claims(task) for task in tasks}
        people = self._session.journal.wanted(self._session.receipt, tasks) if tasks else []
        addresses = {task.row: one.email for task, one in zip(tasks, people, strict=True)}
        taken = self._session.journal.claim_mails(
            self._session.receipt,
            claims,
            addresses,
            again=self._session.run.mails_again,
            way=self._session.run.way,
        )
        for task in tasks:
            if other := taken.get(task.row):
                reason = f"{NOT_MAILED}{other}{BY_ANOTHER}"
                self._conveyor.record([replace(task, state=State.NEEDS_PERSON, reason=reason)])
            else:
                self._without_half(task)
                yield task

    def _claims(self, task: Task) -> list[tuple[str, str, str]]:
        """What the ledger is asked for: a combined e-mail counts as both."""
        kind = self._kind(task)
        if kind is not EmailKind.COMBINED:
            return [(self._address(task.service), task.account_id, kind.value)]
        jhana = self._step(task.row, "jhana")
        claims = [(self._address("portal"), task.account_id, EmailKind.PORTAL.value)]
        if jhana:
            claims.append((self._address("jhana"), jhana.account_id, EmailKind.JHANA.value))
        return claims

    def _address(self, service: str) -> str:
        practice = self._session.is_practice
        return "practice" if practice else place_of(self._session.directories[service].url)

    def _kind(self, task: Task) -> EmailKind:
        """The kind that is no lie: without Jhana's half for whom a welcome to it would be wrong."""
        kind = EmailKind(task.target)
        if kind is EmailKind.COMBINED and (
            task.row in self._without_jhana or not_to_be_mailed(self._step(task.row, "jhana"))
        ):
            return EmailKind.PORTAL
        return kind

    def _mailing(self, batch: Batch) -> Call:
        (task,) = batch
        kind = self._kind(task)
        directory = self._session.directories[task.service]

        def send() -> list[Outcome]:
            outcome = send_welcome(directory, task.account_id, kind, task.key)
            if outcome.verdict is Verdict.DONE and kind is EmailKind.PORTAL:
                self._note_half(task)
            return [outcome]

        return send

    def _read_back(self) -> Iterator[Progress]:
        """Read whether what was accepted was sent, until it was or the time is over."""
        for gap in self._session.gaps():
            lines: dict[str, Iterator[Batch]] = {}
            for service in self._session.directories:
                written = self._written(service)
                if written and not self._conveyor.is_halted(service):
                    lines[service] = iter([[task] for task in written])
            if not lines:
                return
            left = max(self._session.unsettled(service) for service in lines)
            looking = self._looking if left > 0 else self._looking_last
            yield from self._conveyor.drive(lines, looking, sends=False)
            if left <= 0:
                return
            if any(self._written(service) for service in lines):
                note = "waiting for e-mails that were accepted"
                yield from self._session.wait(max(0.05, min(gap, left)), note, left)

    def _written(self, service: str) -> list[Task]:
        return [*self._session.due(StepKind.EMAIL, State.WRITTEN, service=service)]

    def _looking(self, batch: Batch) -> Call:
        (task,) = batch
        directory = self._session.directories[task.service]

        def look() -> list[Outcome]:
            outcome = read_welcome(directory, task.account_id, task.key)
            if outcome.verdict is Verdict.UNKNOWN:
                outcome = replace(outcome, verdict=Verdict.WRITTEN)
            if outcome.verdict is Verdict.DONE and self._kind(task) is EmailKind.PORTAL:
                self._note_half(task)
            return [outcome]

        return look

    def _looking_last(self, batch: Batch) -> Call:
        look = self._looking(batch)

        def last() -> list[Outcome]:
            (outcome,) = look()
            if outcome.verdict is not Verdict.WRITTEN:
                return [outcome]
            if outcome.short:  # nobody can tell: it may have been sent, so it isn't asked for again
                reason = "accepted, and not shown as sent; look on the service whether it was"
                return [Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)]
            return [replace(outcome, verdict=Verdict.UNKNOWN)]

        return last
