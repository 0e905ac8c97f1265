"""Telling whom `[notify]` names how a session of a run ended, whatever became of it.

A run is never another one for it: what hinders the notice is told on one line, and that is all.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, ExitCode

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.mail import Mail
    from aapimport.config.settings import Settings
    from aapimport.mail.outcomes import Outcome
    from aapimport.mail.smtp import Mailer
    from aapimport.run.journal import Journal
    from aapimport.run.reconcile_report import RepairReport
    from aapimport.run.records import Run
    from aapimport.screens.notice import End, Notice

_CONNECT, _COMMAND, _DOT = 30.0, 30.0, 60.0
"""Seconds that each step may take: nobody waits for long for an e-mail that may be missing."""
_MEND = "mend what the settings or the log-in lack (aapimport doctor tells more), then: "


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Tells how sessions of runs ended.

    Attributes:
        settings: Who is told, and where it is practice.
        mail: By which server; None on the practice portal, whose outbox gets it.
    """

    settings: "Settings"
    mail: "Mail | None"

    def tell(
        self,
        journal: "Journal",
        receipt: str,
        desk: "Desk",
        error: AapimportError | None = None,
        repair: "RepairReport | None" = None,
    ) -> None:
        """Tell it, once; ^C ends the attempt.

        Args:
            journal: The journal.
            receipt: The run's number.
            desk: Is told whether it was sent.
            error: What ended the session before the run; None where nothing did.
            repair: The receipt of a repair that was printed, which knows what still differs.
        """
        why = "it was stopped"
        with suppress(OSError), ExitStack() as stack:
            with suppress(OSError):  # nobody sees it: the terminal may be gone
                stack.enter_context(desk.busy("sending the completion notice"))
            why = self._tried(journal, receipt, error, repair)
        to = ", ".join(self.settings.notify.to)
        with suppress(OSError):
            if why:
                whom = " to everybody" if len(self.settings.notify.to) > 1 else ""
                desk.say(
                    f"the completion notice could not be sent{whom}: {why}; the run stands as told"
                )
            elif self.mail is None:
                desk.say(f"completion notice to {to}: aapimport sandbox show has it")
            else:
                desk.say(f"completion notice sent to {to}")

    def _tried(
        self,
        journal: "Journal",
        receipt: str,
        error: AapimportError | None,
        repair: "RepairReport | None",
    ) -> str:
        """Why it isn't sent, in words; empty where it is."""
        from aapimport.app.signals import ended_by_signals
        from aapimport.run.conveyor import StoppedError

        try:
            with ended_by_signals():
                notice = self._notice(journal, journal.run(receipt), error, repair)
                if self.mail is None:
                    self._into_the_outbox(notice)
                    return ""
                return "; ".join(self._sent(self.mail, notice))
        except StoppedError:
            return "it was stopped"
        except AapimportError as failed:
            return failed.message
        except OSError as failed:
            return failed.strerror or type(failed).__name__
        except Exception as failed:  # noqa: BLE001 -- whatever it is, the run has ended as it has
            return f"a mistake of aapimport's own ({type(failed).__name__})"

    def _notice(
        self,
        journal: "Journal",
        run: "Run",
        error: AapimportError | None,
        repair: "RepairReport | None",
    ) -> "Notice":
        from aapimport.app.carry_out import next_step
        from aapimport.run.reconcile_report import repair_report
        from aapimport.run.records import RunKind
        from aapimport.run.report import make_report
        from aapimport.run.undo_again import undo_again
        from aapimport.run.undo_report import undo_report
        from aapimport.run.wanted_letters import upload_of
        from aapimport.screens.notice import repair_notice, run_notice, undo_notice
        from aapimport.screens.receipt_page import digest_of

        show, resume = f"aapimport receipt {run.receipt}", f"aapimport resume {run.receipt}"

        def end(step: str, digests: dict[str, str]) -> "End":
            return self._end(run, error, step, digests)

        if run.kind == RunKind.UNDO:
            undone = undo_report(journal, run, journal.addresses(run.of))
            again = undo_again(journal, run) or f"nothing; see what became of it: {show}"
            step = resume if run.is_open else again
            return undo_notice(undone, end(step, {f"{show} --json": digest_of(undone)}))
        if run.kind == RunKind.REPAIR:
            kept = repair_report(journal, run)
            step = resume if run.is_open else _after_repair(run, repair, show)
            return repair_notice(repair or kept, end(step, {f"{show} --json": digest_of(kept)}))
        report, sending = make_report(journal, run, None), None
        step = next_step(run, report.model_copy(update={"other_sheets": []}))
        if run.is_open and not run.is_embargoed:
            is_set_wrong = error is not None and error.exit_code is ExitCode.SETTINGS
            step = f"{_MEND}{resume}" if is_set_wrong else resume
        if upload := upload_of(journal, run):  # one notice of both: how far it is tells the sending
            report, sending = make_report(journal, upload, None), report
            run = replace(upload, finished_at=run.finished_at, closed_at=run.closed_at)
            show = f"aapimport receipt {run.receipt}"
            if report.unmailed and not run.is_open and error is None:  # more than it was about
                step = next_step(run, report.model_copy(update={"other_sheets": []}))
        named = make_report(journal, upload or run, journal.addresses(run.receipt))
        digests = {  # others once people are erased, or somebody more is mailed
            f"{show} --json": digest_of(named),
            f"{show} --json --without-people": digest_of(report),
        }
        return run_notice(report, end(step.removeprefix("next: "), digests), sending)

    def _end(
        self, run: "Run", error: AapimportError | None, step: str, digests: dict[str, str]
    ) -> "End":
        from aapimport.screens.commands import with_flags
        from aapimport.screens.notice import End

        flags = self._flags
        return End(
            run=run,
            profile=self.settings.profile,
            error=error,
            next=with_flags(step, flags),
            digests={with_flags(command, flags): one for command, one in digests.items()},
        )

    @property
    def _flags(self) -> str:
        """What a command needs to work where this one has."""
        if self.mail is None:
            return " --practice"
        return f" --profile {self.settings.profile}" if self.settings.profile else ""

    def _into_the_outbox(self, notice: "Notice") -> None:
        from contextlib import closing

        from aapimport.sandbox.practice import Practice

        with closing(Practice(self.settings.state_dir)) as practice:
            for to in self.settings.notify.to:
                practice.tell(to, notice.subject, notice.text)

    def _sent(self, mail: "Mail", notice: "Notice") -> Iterator[str]:
        """Send it to everybody, one attempt each; why somebody didn't get it.

        Each counts for the server's day's limit, and keeps to it.
        """
        from aapimport.app.session import common_folder
        from aapimport.mail.counted import count, counted
        from aapimport.mail.notice import notice_message
        from aapimport.mail.outcomes import Refused, Sent

        folder = common_folder(self.settings)
        mailer = _mailer(mail, counted(folder, mail))
        try:
            for to in self.settings.notify.to:
                now = time.time()
                message = notice_message(mail, notice.subject, notice.text, to=to, now=now)
                outcome = mailer.send(message, to=to, intent=partial(count, folder, mail))
                if not isinstance(outcome, Sent):
                    yield f"{to}: {_why(outcome)}"
                    if not isinstance(outcome, Refused):
                        return  # it is the server's, whoever it is for
        finally:
            mailer.close()


def _after_repair(run: "Run", repair: "RepairReport | None", show: str) -> str:
    """What is to be done after a repair that is finished or closed."""
    from aapimport.text import as_typed

    if repair and repair.still_differs:
        return f"aapimport reconcile --pass {as_typed(run.pass_name)}"
    return f"nothing; see what became of it: {show}"


def teller_of(settings: "Settings") -> Teller | None:
    """What tells how the runs of a command end; None where nobody is to be told.

    It is asked for before a run begins, so that what can't be right is told then.

    Raises:
        SettingsError: There is no mail server that could, its secret is missing, or one of its
            certificates can't be used.
    """
    from aapimport.config.notify import check_can_tell

    check_can_tell(settings)
    if not settings.notify.to:
        return None
    if settings.target == "practice" or settings.mail is None:
        return Teller(settings=settings, mail=None)
    _mailer(settings.mail).close()
    return Teller(settings=settings, mail=settings.mail)


def _mailer(mail: "Mail", before: Iterable[float] = ()) -> "Mailer":
    """What sends notices, and doesn't keep anybody waiting for long.

    Raises:
        SettingsError: The secret is missing, or one of its certificates can't be used.
    """
    from aapimport.mail.connection import Patience
    from aapimport.mail.smtp import Mailer

    patience = Patience(connect=_CONNECT, command=_COMMAND, dot=_DOT)
    return Mailer(mail, sent=before, patience=patience)


def _why(outcome: "Outcome") -> str:
    """Why a notice wasn't sent, or nobody knows."""
    from aapimport.mail.outcomes import InDoubt, Refused, Sent

    match outcome:
        case InDoubt(reason=reason):
            return f"it may have been sent all the same: {reason}"
        case Refused(reason=reason):
            return f"the server refuses the address: {reason}"
        case Sent(reply=reply):  # no failure
            return reply
    return outcome.reason
