"""What `upload` and `resume` share: carrying a run out and printing its receipt."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aapimport.app.receipts import print_receipt, print_unfinished
from aapimport.app.signals import ended_by_signals, stoppable
from aapimport.errors import (
    AapimportError,
    BugError,
    DeclinedError,
    ExitCode,
    ServiceError,
    SettingsError,
)

if TYPE_CHECKING:
    from aapimport.app.choices import RunChoices
    from aapimport.app.desk import Desk
    from aapimport.app.notice import Teller
    from aapimport.app.results import ResultsFiles
    from aapimport.config.mail import Mail
    from aapimport.mail.counted import Counter
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.options import Drift
    from aapimport.run.records import Run
    from aapimport.run.report import UploadReport
    from aapimport.run.runner import Runner


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """Carries runs out.

    Attributes:
        journal: The open journal.
        services: The services.
        choices: How.
        desk: Shows how far it is, and asks whether to go on after a canary.
        settle_seconds: How long a service may still be finishing a lost request.
        again: Whether those who were sent twice and are not found are sent once more.
        begun_now: Whether the run was planned by this very command.
        is_named: Whether the run was named by its number.
        results: Where results workbooks go; None for nowhere.
        mail: The mail server; None without one.
        counter: Counts e-mails for its day's limit; None without one.
        teller: Tells whom `[notify]` names how it ended; None for nobody.
    """

    journal: "Journal"
    services: "Services"
    choices: "RunChoices"
    desk: "Desk"
    settle_seconds: float
    again: bool = False
    begun_now: bool = False
    is_named: bool = False
    results: "ResultsFiles | None" = None
    mail: "Mail | None" = None
    counter: "Counter | None" = None
    teller: "Teller | None" = None

    def carry_out(self, run: "Run", addresses: Mapping[int, str]) -> ExitCode:
        """Do everything that is left of a run, then print its receipt, however it ends.

        Args:
            run: The run.
            addresses: The people's addresses by row, where the file is at hand.

        Raises:
            AapimportError: The run could not go on; what was done is recorded.
        """
        from aapimport.run.options import RunOptions
        from aapimport.run.runner import Runner

        options = RunOptions(
            settle_seconds=self.settle_seconds,
            stop_after=self.choices.stop_after,
            bulk=self.choices.bulk,
            again=self.again,
            begun_now=self.begun_now,
            approve=partial(self._approve, run),
            mail=self.mail,
            counter=self.counter,
        )
        runner = Runner(self.journal, self.services, run, options)
        self._have_mail_approved(run)
        try:
            self._have_word(runner, run, addresses)
            with stoppable(runner, self.desk):  # until the receipt is out: ^C must not lose it
                return self._carried_out(runner, run, addresses)
        except AapimportError as error:
            with stoppable(runner, self.desk):
                print_unfinished(self.journal, run.receipt, addresses, self.desk)
                self._leave(run, error)
            raise
        except Exception:  # a bug, a full disk: nothing but the number is sure
            if self.teller and run.finished_at is None:
                self.teller.tell(self.journal, run.receipt, self.desk, BugError(""))
            raise

    def _carried_out(self, runner: "Runner", run: "Run", addresses: Mapping[int, str]) -> ExitCode:
        from aapimport.app.doubts import say_doubts
        from aapimport.app.taken_back_meanwhile import note_what_may_come
        from aapimport.run.wanted_letters import letters_due

        try:
            self.desk.progress(runner.steps())
        except (ServiceError, SettingsError) as error:
            if run.finished_at is None:
                raise
            self.desk.say(f"nothing is left to do; the services can't be asked: {error}")
        if run.kind == "upload":
            note_what_may_come(self.journal, run)
        report = print_receipt(self.journal, run.receipt, addresses, self.desk)
        named = False
        with suppress(OSError):  # a full stderr
            named = say_doubts(self.journal, self.journal.run(run.receipt), report, self.desk)
        self._leave(run)
        run = self.journal.run(run.receipt)
        if letters_due(self.journal, run) is None:  # else this very command goes on with them
            with suppress(OSError):  # a full stderr takes nothing from what was done
                owed = self._is_owed(run, report)
                self.desk.say(next_step(run, report, is_owed=owed, is_in_doubt=named))
        return report.exit_code

    def _is_owed(self, run: "Run", report: "UploadReport") -> bool:
        """Whether somebody is to be named as never mailed whom the upload, or another, has made."""
        from aapimport.run.on_record import OnRecord
        from aapimport.run.wanted_letters import unmailed_of, wanted_letters

        if wanted_letters(run) is None:
            waits = run.kind == "upload" and not run.is_open
            return report.unmailed > 0 or (
                waits and OnRecord(self.journal, run.address).waiting([run]) > 0
            )
        return unmailed_of(self.journal, run) > 0

    def _have_mail_approved(self, run: "Run") -> None:
        """Have another mail server, or another sender, than the approved ones approved.

        Raises:
            DeclinedError: The answer was no.
            UsageError: Nothing can answer: `--yes` is no word on that.
        """
        mail = self.mail
        if not (mail and run.server and run.is_open) or run.is_embargoed:
            return
        used = [name for name, _ in run.servers]
        if used[-1] == mail.server:
            return
        if mail.server in used:
            self.journal.remember_server(run.receipt, mail.server)
            return
        from aapimport.run.records import FINAL

        counts = self.journal.counts(run.receipt)
        left = sum(number for state, number in counts.items() if state not in FINAL)
        what = f"the e-mails that now go out from {mail.server}; approved was {used[-1]}"
        flags = f"an answer at a terminal; or end it: aapimport resume {run.receipt} --close"
        if left and not self.desk.type_number(what, left, flags, yes_answers=False):
            raise DeclinedError("you did not say yes")
        self.journal.remember_server(run.receipt, mail.server)

    def _leave(self, run: "Run", error: AapimportError | None = None) -> None:
        """Write the results workbooks, and tell how it ended; not of a run that ended before."""
        from aapimport.run.wanted_letters import letters_due

        if run.finished_at is not None:  # as it was when this command began
            return
        run = self.journal.run(run.receipt)
        if self.results:
            self.results.leave(self.journal, [run], self.desk)
        follows = error is None and letters_due(self.journal, run)  # and the notice after it
        if self.teller and not follows:
            self.teller.tell(self.journal, run.receipt, self.desk, error)

    def _have_word(self, runner: "Runner", run: "Run", addresses: Mapping[int, str]) -> None:
        """Have the word given on which a canary waits, that of now or an earlier one.

        Raises:
            AapimportError: The run can't go on, or nobody gave it.
        """
        from aapimport.app.canary import CanaryWord

        CanaryWord(
            journal=self.journal,
            desk=self.desk,
            run=run,
            runner=runner,
            where=self._place(run),
            addresses=addresses,
            is_named=self.is_named,
        ).have_given(self.choices.canary)

    def _approve(self, run: "Run", drift: "Drift") -> None:
        """Have what differs from what was approved approved again, by the last screen's rule.

        `--yes` is no word on who is left out where seats or places don't suffice any more.

        Raises:
            RefusedError: It isn't, or the command that asked before has to be given again.
            UsageError: Nothing can answer.
        """
        from aapimport.app.approving import approve_number, say_what_comes
        from aapimport.run.options import refuse_drift

        if drift.is_short if self.desk.yes else not drift.begun:
            refuse_drift(drift)
        where = self._place(run)
        self.desk.say(f"not as it was when {run.name} was approved, on {where}:")
        for sentence in drift.changes:
            self.desk.say(f"  {sentence}")
        mails = say_what_comes(self.desk, run, drift.seats, drift.mails, drift.letters)
        try:
            with ended_by_signals():
                approve_number(self.desk, where, seats=drift.seats, mails=mails)
        except DeclinedError:
            refuse_drift(drift)

    def _place(self, run: "Run") -> str:
        """The run's services, as a question names them: both may be written to from now on."""
        from aapimport.screens.target import place

        return place(run.target, run.address, self.desk.profile, with_jhana=True)


def next_step(
    run: "Run", report: "UploadReport", *, is_owed: bool | None = None, is_in_doubt: bool = False
) -> str:
    """What the administrator does after a run.

    Args:
        run: The run.
        report: Its receipt.
        is_owed: Whether somebody is to be named as never mailed; None for what the receipt says.
        is_in_doubt: Whether somebody was named who may have been mailed by another run.
    """
    from aapimport.screens.how_long import moment

    is_owed = report.unmailed > 0 if is_owed is None else is_owed
    receipt, code = run.receipt, report.exit_code
    if report.email_counts.handed_over:
        return (
            f"next: send the e-mails, then: aapimport send-emails {receipt} --sent (or --not-sent)"
        )
    if run.is_open and run.not_before is not None and run.is_embargoed:
        return (
            f"no e-mail is sent before {moment(run.not_before)}; then: aapimport resume {receipt}"
        )
    if code is ExitCode.SERVICE:
        return f"next: aapimport resume {receipt}"
    again = f"see this receipt again with: aapimport receipt {receipt}"
    if code is ExitCode.FINDINGS:
        later = f"; e-mails: aapimport send-emails {receipt}" if is_owed else ""
        return f"next: look at what is listed above{later}; {again}"
    if is_owed:
        return f"next: aapimport send-emails {receipt}, when they are to be welcomed; {again}"
    if report.taken_back:
        return f"next: nothing; what was taken back of it is said above; {again}"
    if report.other_sheets:
        names = ", ".join(repr(one.name) for one in report.other_sheets)
        return f"next: this sheet is complete; if {names} is meant as well, upload it, too; {again}"
    left = "settle who is in doubt, as said above" if is_in_doubt else "nothing, it is complete"
    return f"next: {left}; {again}"
