"""Welcome e-mails by a mail server of one's own: each to one person, with one point of no return.

The intent is durable just before the final dot. What is lost before it was not sent; what is lost
between the dot and its reply is in doubt for good, and named, unless the server knows an e-mail
again (docs/emails.md).
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from functools import partial

from aapimport.config.mail import Mail
from aapimport.errors import AapimportError, RefusedError, ServiceError, SettingsError
from aapimport.mail.delivery import Delivery, Letter, of_a_try
from aapimport.mail.envelope import is_writable
from aapimport.mail.message import Texts
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    Later,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
    Withdrawn,
)
from aapimport.mail.pace import Clock, SystemClock
from aapimport.mail.smtp import Mailer
from aapimport.person import address_key
from aapimport.run.confirming import look_again
from aapimport.run.jhana_alone import other_address
from aapimport.run.landing import UNKNOWN_BY_SMTP
from aapimport.run.mail_steps import MailSteps
from aapimport.run.progress import Progress
from aapimport.run.recipients import mail_address, recipient
from aapimport.run.records import State, Task, without_names
from aapimport.run.session import Session
from aapimport.run.switched_off import being_undone_at, switched_off_at, who_is_off
from aapimport.services.directory import Unknown
from aapimport.services.identity import has_names
from aapimport.services.outcomes import Verdict
from aapimport.services.ownership import HANDED_ON, is_still
from aapimport.services.portal import welcomed
from aapimport.services.scim import Account
from aapimport.services.values import EmailKind, Wanted

_TICK = 0.2


class LetterSteps(MailSteps):
    """Has welcome e-mails sent by a mail server.

    Args:
        session: The session; its options name the server.

    Raises:
        SettingsError: There is no mail server any more, or nothing can be sent by it; or a text of
            one's own can't be used.
    """

    at_once = 20  # e-mails go out slowly, and who they are for is looked at shortly before

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        mail = session.options.mail
        if mail is None:
            raise SettingsError(
                f"{session.run.name} goes by a mail server, and none is configured",
                hint="write it into [mail] of the settings file again (docs/settings.md); or end it"
                f" as it is, and send anew:  aapimport resume {session.receipt} --close",
            )
        self._mail: Mail = mail
        self._texts = Texts(mail)
        self._texts.check()
        self._clock: Clock = SystemClock(lambda: self._ends or self._conveyor.is_stopping)
        self._counter = session.options.counter
        sent = self._counter.times() if self._counter else ()
        self._mailer = Mailer(mail, self._clock, sent)
        self._tasks: dict[str, Task] = {}
        self._looks: dict[str, Account] = {}
        self._ends = False
        self._note = ""
        self._failures = 0
        self._waiting: dict[str, str] = {}
        self._error: BaseException | None = None

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
        thread = threading.Thread(target=self._in_thread)
        thread.start()
        try:
            while thread.is_alive():  # the server is never given up within an e-mail
                yield self._conveyor.progress(self._note)
                thread.join(_TICK)
        finally:
            self._ends = True
            thread.join()
            self._mailer.close()
        if isinstance(self._error, AapimportError):
            self._conveyor.halt("portal", self._error)
        elif self._error is not None:
            raise self._error
        elif self._waiting:
            self._conveyor.halt("portal", self._are_waiting())
        self._conveyor.check()

    def _in_thread(self) -> None:
        try:
            delivery = Delivery(self._mailer, self._mail, self._clock, self._intend)
            for letter, outcome in delivery.run(self._letters()):
                self._land(letter, outcome)
        except BaseException as error:  # noqa: BLE001 -- raised by the thread that waits
            self._error = self._error or error

    def _letters(self) -> Iterator[Letter]:
        """Everybody's e-mail; who may be mailed is found out for some at a time."""
        for service in self._session.directories:
            for (task,) in self._mailable(service):
                look = self._looked(task)
                if isinstance(look, Withdrawn | Later):
                    self._put_down(task, of_a_try(task.sent_at, look), task.sent_at)
                    continue
                self._tasks[task.key], self._looks[task.key] = task, look
                to = mail_address(look)
                yield Letter(
                    key=task.key,
                    to=to,
                    message=partial(self._message, task.key, to),
                    began=task.sent_at,
                )

    def _earlier(self, tasks: list[Task]) -> set[int]:
        """The rows whose e-mail an earlier session has begun to send, and nobody may send again."""
        begun = [task for task in tasks if task.state is not State.PLANNED]
        lost = [task for task in begun if not self._may_repeat(task)]
        why = f"{UNKNOWN_BY_SMTP}: its reply to the whole e-mail was lost"
        self._conveyor.record(
            [replace(task, state=State.NEEDS_PERSON, reason=why) for task in lost]
        )
        return {task.row for task in lost}

    def _may_repeat(self, task: Task) -> bool:
        """Whether the server knows again what it was sent, as another one, used meanwhile, doesn't.

        No clock decides by which of several it was sent: one that was put back may lie.
        """
        same = {name for name, _ in self._session.run.servers} == {self._mail.server}
        return same and self._mail.may_repeat(task.sent_at or 0.0, self._clock.now())

    def _unmailed(self, tasks: list[Task]) -> list[Task]:
        """All of them: each is looked at by itself before it is sent."""
        return tasks

    def _once_more(self, task: Task) -> Withdrawn | Later | None:
        """Why somebody who was put off isn't mailed now; None when they may be."""
        about_jhana = self._kind(task) is not EmailKind.PORTAL
        for service in ("portal", *(["jhana"] if about_jhana else [])):
            step = self._step(task.row, service)
            if step is None:
                continue
            self._session.confirmed.discard((service, task.row))
            outcome = look_again(self._session, [step], mails=True)[task.row]
            if outcome.verdict is Verdict.DONE:
                continue
            if outcome.verdict is not Verdict.NEEDS_PERSON:
                return Later(outcome.reason)
            if service in {"portal", task.service}:
                return Withdrawn(outcome.reason)
            self._without_jhana.add(task.row)
        return None

    def _looked(self, task: Task) -> Account | Withdrawn | Later:
        """The account that is mailed, as it is now, or why it isn't."""
        found = welcomed(self._session.directories[task.service], task.account_id)
        if isinstance(found, Unknown):
            return Later(f"the account can't be looked at: {found.reason}")
        if found is None:
            return Withdrawn("the account isn't there any more")
        account = found.account
        (wanted,) = self._session.wanted([task])
        if why := self._left(task, account, wanted):
            return Withdrawn(why)
        if task.service == "jhana":
            outcome = other_address(self._session, task)
            if outcome.verdict is not Verdict.DONE:
                is_unknown = outcome.verdict is Verdict.UNKNOWN
                return Later(outcome.reason) if is_unknown else Withdrawn(outcome.reason)
        if (sent := self._sent_there(task, found)) is None:
            return Later("whether Jhana has mailed them itself can't be looked up")
        if sent:
            return Withdrawn("the service has mailed them itself")
        if not is_writable(mail_address(account)):
            return Withdrawn("the account has no e-mail address that can be written to")
        return account

    def _left(self, task: Task, account: Account, wanted: Wanted) -> str:
        """Why somebody isn't welcome any more; empty where they are."""
        if not (has_names(account, wanted) or is_still(account, wanted)):
            return HANDED_ON
        if wanted.pass_id and wanted.pass_id not in account.passes:
            return "the account isn't on the pass any more"
        if not account.active:
            undos = switched_off_at(self._session.journal, self._session.run.address)
            return who_is_off(undos, task.service, task.account_id)
        return ""

    def _message(self, key: str, to: str) -> EmailMessage | Withdrawn | Later:
        """Somebody's e-mail, made anew for each try; the person may have left since the last."""
        task = self._tasks[key]
        look: Account | Withdrawn | Later | None = self._looks.pop(key, None)
        if look is None:  # a try before has failed, perhaps long ago
            look = self._once_more(task) or self._looked(task)
        if isinstance(look, Withdrawn | Later):
            return look
        undone = being_undone_at(self._session.journal, self._session.run.address)
        if why := undone.get((task.service, task.account_id)):  # begun since some were looked at
            return Later(why)
        self._without_half(task)
        if address_key(mail_address(look)) != address_key(to):
            return Withdrawn("they have another address by now; send their e-mail anew")
        person = recipient(look, self._kind(task), self._session.run.pass_name)
        try:
            return self._texts.message(self._kind(task), person, row=key, now=self._clock.now())
        except SettingsError as error:  # a text of one's own that doesn't fit this person
            return Withdrawn(f"the text can't be made for them: {error.message}")

    def _intend(self, letter: Letter) -> None:
        """Make durable that the final dot of an e-mail comes now; when that fails, it doesn't."""
        task = self._tasks[letter.key]
        began = letter.began or self._clock.now()
        if self._counter:
            self._counter.count()  # before the intent: where it can't be, nothing was sent
        self._keep(replace(task, state=State.INTENT, attempts=task.attempts + 1, sent_at=began))
        self._note = "waiting for the mail server's word"

    def _land(self, letter: Letter, outcome: Outcome) -> None:
        self._note = ""
        self._put_down(self._tasks[letter.key], outcome, letter.began)

    def _put_down(self, task: Task, outcome: Outcome, began: float | None = None) -> None:
        """Make durable what became of one try.

        Args:
            task: The e-mail's step.
            outcome: What became of it.
            began: When it may have been sent before; None where it certainly wasn't.
        """
        self._waiting.pop(task.key, None)
        unsent = replace(task, state=State.PLANNED, attempts=0, sent_at=None, reason="")
        if began is not None:
            unsent = replace(task, state=State.DOUBT, sent_at=began)
        match outcome:
            case Sent():
                self._keep(replace(task, state=State.DONE, reason=""))
            case Refused(reason=reason):
                self._keep(replace(unsent, state=State.REJECTED, reason=reason))
                self._count_failure(reason)
            case Withdrawn(reason=reason):
                said = f"not mailed: {reason}"
                self._keep(replace(unsent, state=State.NEEDS_PERSON, reason=said))
            case InDoubt(reason=reason):
                again = self._may_repeat(replace(task, sent_at=task.sent_at or time.time()))
                state = State.DOUBT if again else State.NEEDS_PERSON
                self._keep(replace(task, state=state, reason=f"{UNKNOWN_BY_SMTP}: {reason}"))
                if again:
                    self._waiting[task.key] = reason
            case NotSent(reason=reason) | Later(reason=reason):
                self._keep(replace(unsent, reason=reason))
                self._waiting[task.key] = reason
                self._note = "waiting for the mail server to take more"
            case TakesNothing(reason=reason) | DayIsFull(reason=reason):
                self._keep(unsent)
                self._error = self._error or self._ended(outcome)

    def _keep(self, task: Task) -> None:
        """Make a step's new state durable, in words that name nobody."""
        if task.key in self._tasks:
            self._tasks[task.key] = task
        (wanted,) = self._session.journal.remembered(self._session.receipt, [task])
        self._conveyor.record([replace(task, reason=without_names(task.reason, wanted))])

    def _count_failure(self, reason: str) -> None:
        self._failures += 1
        most = self._session.options.stop_after
        if most is not None and self._failures >= most:
            self._ends = True
            self._error = self._error or RefusedError(
                f"paused after {self._failures:,} failure{'s' if self._failures > 1 else ''},"
                f" the last with: {reason}",
                hint="mend the cause, then resume",
            )

    def _ended(self, outcome: TakesNothing | DayIsFull) -> AapimportError:
        """Why nothing more is sent now, and when or after what it goes on."""
        resume = f"aapimport resume {self._session.receipt}"
        if isinstance(outcome, DayIsFull):
            until = datetime.fromtimestamp(outcome.until).astimezone()
            return ServiceError(
                f"{self._mail.place}: {outcome.reason}",
                hint=f"go on at {until:%d %b %Y %H:%M %Z}:  {resume}",
            )
        said = f"{self._mail.place} takes no e-mails: {outcome.reason}"
        if outcome.cure:
            return SettingsError(said, hint=f"{outcome.cure}; then:  {resume}")
        return ServiceError(said, hint=f"try again later:  {resume}")

    def _are_waiting(self) -> ServiceError:
        number = len(self._waiting)
        who = "1 e-mail was" if number == 1 else f"{number:,} e-mails were"
        why = [*self._waiting.values()][-1]
        return ServiceError(
            f"{who} put off by {self._mail.place} until later, the last with: {why}",
            hint=f"go on later:  aapimport resume {self._session.receipt}",
        )
