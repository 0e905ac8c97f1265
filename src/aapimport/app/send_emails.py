"""Welcome e-mails after the upload: who was never mailed, the question, the sending."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aapimport.app.choices import MailChoices
from aapimport.errors import DeclinedError, ExitCode, RefusedError

if TYPE_CHECKING:
    from aapimport.app.choices import RunChoices
    from aapimport.app.desk import Desk
    from aapimport.app.notice import Teller
    from aapimport.app.results import ResultsFiles
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.send_plan import SendPlan, Source
    from aapimport.run.wanted_letters import WantedLetters


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Welcome e-mails of one upload, or of everybody whom uploads have put on a pass.

    Attributes:
        settings: The settings.
        desk: Where the administrator sits.
        receipt: The upload's confirmation number; None for a pass.
        choices: What was decided by flags.
        running: How it is carried out.
    """

    settings: "Settings"
    desk: "Desk"
    receipt: str | None
    choices: "MailChoices"
    running: "RunChoices"

    def carry_out(self) -> ExitCode:
        """Do all of it, or go on with what was interrupted.

        Raises:
            AapimportError: It could not be begun, or not go on.
        """
        from aapimport.app.cut_hand_over import cut_off, refuse_choice, written_anew
        from aapimport.app.notice import teller_of
        from aapimport.app.send_flags import check_flags, were_sent
        from aapimport.app.session import opened
        from aapimport.screens.target import show_target

        check_flags(self.receipt, self.choices)
        teller = teller_of(self.settings)
        self.desk.show_beside(show_target, self.settings)
        with opened(self.settings, self.desk, self.running.pace, begins=False) as (
            journal,
            services,
        ):
            if not self.choices.dry_run:
                self._results.leave_due(journal, self.desk)
            source = self._source(journal, services)
            if self.choices.sent or self.choices.not_sent:
                return self._settled(journal, services, source, sent=were_sent(self.choices))
            cut = cut_off(journal, source, self.desk)
            found = journal.open_sends(services.address, source.upload, source.pass_id)
            if found and not self.choices.dry_run:
                return cut.code(self.go_on(journal, services, found[0]))
            if cut.ours and self.choices.hand_over and not self.choices.dry_run:
                first = cut.ours[0]
                refuse_choice(first, self.choices.who)
                asked = (journal, services, first, self.choices.hand_over, self.desk)
                code = written_anew(*asked, self._results)
                return self._told(journal, first.receipt, teller, code)
            plan = self._planned(journal, services, source)
            if self.choices.dry_run or not plan.to_mail:
                return cut.code(self._nothing_sent(plan))
            self._approve(plan)
            if self.choices.hand_over:
                from aapimport.app.hand_over import handed_over

                code = handed_over(journal, plan, self.choices.hand_over, self.desk, self._results)
                return self._told(journal, plan.receipt, teller, cut.code(code))
            run = journal.begin_send(plan)
            return cut.code(self._carried_out(journal, services, run, plan))

    def after_upload(
        self,
        journal: "Journal",
        services: "Services",
        wanted: "WantedLetters",
        results: "ResultsFiles | None",
    ) -> ExitCode:
        """Send what was approved with an upload, by the mail server, in the same command.

        Args:
            journal: The open journal.
            services: The services.
            wanted: What was approved: nobody else is mailed, and another server approved anew.
            results: Where results workbooks go; None for where they were asked for.

        Raises:
            AapimportError: It could not be begun, or not be carried out.
        """
        from aapimport.app.send_way import missing_server

        if self.settings.mail is None:
            command = f"aapimport send-emails {self.receipt}"
            again = (
                f"send them:  {command}\n"
                f"      or send them by hand:  {command} --hand-over OUT.xlsx\n"
                f"      or withdraw them:  aapimport resume {self.receipt} --close"
            )
            what = f"the welcome e-mails of upload {self.receipt} go"
            raise missing_server(self.settings, wanted.server, what, again)
        source = self._source(journal, services)
        plan = self._planned(journal, services, source, only=wanted.rows)
        if not plan.to_mail:
            if all(one.standing != "unknown" for one in plan.people):
                journal.end_letters(source.of)
            return self._nothing_sent(plan)
        if not wanted.are_from(self.settings.mail.server):
            self._approve(plan, yes_answers=False)
        run = journal.begin_send(plan)
        return self._carried_out(journal, services, run, plan, results)

    def _told(
        self, journal: "Journal", receipt: str, teller: "Teller | None", code: ExitCode
    ) -> ExitCode:
        if teller:
            teller.tell(journal, receipt, self.desk)
        return code

    @property
    def _results(self) -> "ResultsFiles":
        """Where the results workbooks go of those who are mailed."""
        from aapimport.app.results import ResultsFiles

        return ResultsFiles(choices=self.running, settings=self.settings)

    def _settled(
        self, journal: "Journal", services: "Services", source: "Source", *, sent: bool
    ) -> ExitCode:
        """Record what somebody knows of e-mails that were sent by hand, or are in doubt."""
        from aapimport.app.hand_over import settled, settled_people
        from aapimport.app.send_way import means_of
        from aapimport.run.addressees import make_send_plan
        from aapimport.run.send_plan import SendChoice

        if not self.choices.to:
            return settled(journal, source, self.desk, self._results, sent=sent)
        asked = (
            journal,
            services,
            source,
            SendChoice(),
            means_of(self.choices, self.settings, services),
        )
        with self.desk.busy("asking the services"):
            plan = make_send_plan(*asked)
        settled_people(journal, plan, source, self.choices, self.desk, self._results)
        self._as_it_stands(make_send_plan(*asked))
        return ExitCode.OK  # what was asked for is recorded, however others stand

    def _source(self, journal: "Journal", services: "Services") -> "Source":
        """The uploads that e-mails are sent of.

        Raises:
            RefusedError: There is no such pass, or no such upload, or it isn't finished.
        """
        from aapimport.plan.names import choose_pass
        from aapimport.run.runs import refuse_other_services
        from aapimport.run.send_plan import Source

        if self.receipt is not None:
            run = journal.run(self.receipt)
            refuse_other_services(run, services.address)
            if run.is_open:
                raise RefusedError(
                    f"{run.name} is not finished: it may still mail people itself",
                    hint=f"finish it:  aapimport resume {run.receipt}",
                )
            return Source(
                address=run.address,
                runs=[run],
                of=run.receipt,
                pass_id=run.pass_id,
                pass_name=run.pass_name,
            )
        chosen = choose_pass(services.portal, self.choices.pass_name or "", self.settings.pass_as)
        runs = journal.uploads_to(services.address, chosen.id)
        if not runs:
            self.desk.say(
                f"no upload from here has put anybody on the pass {chosen.name!r}: only people whom"
                " uploads have created are mailed"
            )
        return Source(
            address=services.address,
            runs=runs,
            of="",
            pass_id=chosen.id,
            pass_name=chosen.name,
        )

    def go_on(
        self,
        journal: "Journal",
        services: "Services",
        run: "Run",
        results: "ResultsFiles | None" = None,
    ) -> ExitCode:
        """Go on with a sending that was interrupted, as it was approved.

        Raises:
            RefusedError: Something else was asked for now.
            SettingsError: It goes by a mail server, and there is none any more.
        """
        from aapimport.app.send_way import check_server_there

        if self.choices != MailChoices(pass_name=self.choices.pass_name):
            raise RefusedError(
                f"{run.described} is still open: {journal.progress(run.receipt)}",
                hint=f"finish it, as it was approved:  aapimport resume {run.receipt}\n"
                f"      end it as it is:                aapimport resume {run.receipt} --close",
            )
        check_server_there(journal, run, self.settings)
        self.desk.say(f"going on with {run.name}, which was interrupted")
        return self._carried_out(journal, services, run, None, results)

    def _planned(
        self,
        journal: "Journal",
        services: "Services",
        source: "Source",
        only: "Collection[int] | None" = None,
    ) -> "SendPlan":
        """Who is mailed, as everybody is told before it begins.

        Args:
            journal: The journal.
            services: The services.
            source: The uploads that e-mails are sent of.
            only: The rows of the only people whom it is about; None for all.

        Raises:
            RefusedError: Nobody has an address that was named.
        """
        from aapimport.app.cut_hand_over import with_cut_off
        from aapimport.app.send_flags import addresses_of, check_there
        from aapimport.app.send_way import means_of
        from aapimport.person import address_key
        from aapimport.run.addressees import make_send_plan
        from aapimport.screens.send_emails import show_send_plan

        with self.desk.busy("asking the services"):
            means = means_of(self.choices, self.settings, services)
            plan = make_send_plan(journal, services, source, self.choices.who, means)
        plan = with_cut_off(journal, plan if only is None else plan.of_rows(only))
        check_there(filter(None, (*self.choices.to, self.choices.canary)), plan)
        if self.choices.canary and address_key(self.choices.canary) not in addresses_of(
            plan.to_mail
        ):
            raise RefusedError(
                f"{self.choices.canary!r} is not mailed, so that nobody could be mailed first",
                hint="see why with --dry-run",
            )
        self.desk.show(show_send_plan, plan, self.desk.profile)
        return plan

    def _nothing_sent(self, plan: "SendPlan") -> ExitCode:
        """End without an e-mail: there is nobody, or only the plan was asked for."""
        self.desk.say("nothing was sent")
        return self._as_it_stands(plan)

    def _as_it_stands(self, plan: "SendPlan") -> ExitCode:
        """Print how everybody stands, for scripts; the exit code of that."""
        from aapimport.app.send_report import send_plan_report

        if self.desk.as_json:
            report = send_plan_report(plan)
            self.desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        if any(one.standing == "unknown" for one in plan.people):
            return ExitCode.SERVICE
        return ExitCode.FINDINGS if plan.told or plan.in_part else ExitCode.OK

    def _approve(self, plan: "SendPlan", *, yes_answers: bool = True) -> None:
        """Have the number of e-mails typed back; to mail somebody again needs a person.

        Args:
            plan: Who is mailed.
            yes_answers: Whether `--yes` is enough, where nobody is mailed again.

        Raises:
            DeclinedError: The administrator said no.
            UsageError: Nothing can answer.
        """
        from aapimport.screens.target import place
        from aapimport.services.values import EmailKind

        with_jhana = any(kind is not EmailKind.PORTAL for kind in plan.kinds)
        where = place(plan.target, plan.address, self.desk.profile, with_jhana=with_jhana)
        again = self.choices.again
        what = f"the e-mails that are sent, on {where}"
        if self.choices.hand_over:
            what = "the people who are handed over, to be mailed by you"
        if again:
            what += ", also to people who were mailed before"
        if self.choices.checked:
            what += ", whose accounts you have looked at"
        word = "" if yes_answers else "another mail server"
        word = "--again" if again else "--checked" if self.choices.checked else word
        flags = f"an answer at a terminal: --yes is no word on {word}" if word else "--yes"
        if not self.desk.type_number(what, len(plan.to_mail), flags, yes_answers=not word):
            raise DeclinedError("you did not say yes")

    def _carried_out(
        self,
        journal: "Journal",
        services: "Services",
        run: "Run",
        plan: "SendPlan | None",
        results: "ResultsFiles | None" = None,
    ) -> ExitCode:
        from aapimport.app.carry_out import Carrier
        from aapimport.app.notice import teller_of
        from aapimport.app.send_way import counter_of
        from aapimport.person import address_key
        from aapimport.run.canaries import Canary

        if plan and self.choices.canary:
            key = address_key(self.choices.canary)
            row = next(one.row for one in plan.to_mail if address_key(one.email) == key)
            journal.keep_canary(run.receipt, Canary(row, row))
        carrier = Carrier(
            journal=journal,
            services=services,
            choices=self.running,
            desk=self.desk,
            settle_seconds=self.settings.settle_seconds,
            results=results or self._results,
            mail=self.settings.mail,
            counter=counter_of(self.settings),
            teller=teller_of(self.settings),
        )
        addresses = {one.row: one.email for one in plan.people if one.email} if plan else {}
        return carrier.carry_out(run, addresses)
