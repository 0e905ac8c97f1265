"""An upload: check, preview, ask, carry out, receipt."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, ExitCode, RefusedError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import Approvals, PlanChoices, RunChoices
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Memory, Services
    from aapimport.plan.plan import Plan
    from aapimport.plan.report import PlanReport
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run

_LONGEST_AGE = 600.0
"""Seconds after which what the services held is asked again before anything is written."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One upload.

    Attributes:
        settings: The settings.
        desk: Where the administrator sits.
        file: The file.
        plan_file: The plan that was written before; None where one is made now.
        choices: What was decided by flags.
        approvals: The words that were given by flags.
        running: How it is carried out.
    """

    settings: "Settings"
    desk: "Desk"
    file: Path
    plan_file: Path | None
    choices: "PlanChoices"
    approvals: "Approvals"
    running: "RunChoices"

    def carry_out(self) -> ExitCode:
        """Do all of it, or finish the one of this file that was interrupted.

        Raises:
            AapimportError: It could not be begun, or not go on.
        """
        from aapimport.app.carry_out import Carrier
        from aapimport.app.letters import Following, with_place_for_letters
        from aapimport.app.notice import teller_of
        from aapimport.app.open_uploads import mention_open_uploads
        from aapimport.app.results import ResultsFiles, check_results_name
        from aapimport.app.session import opened
        from aapimport.screens.target import show_target

        check_results_name(self.running.results)
        teller = teller_of(self.settings)
        self.desk.show(show_target, self.settings)
        try:
            checked = [self.check()]
        except (AapimportError, KeyboardInterrupt):
            mention_open_uploads(self.settings, self.settings.address, self.desk)
            raise
        with opened(self.settings, self.desk, self.running.pace, begins=True) as (
            journal,
            services,
        ):
            encoding = checked[0].encoding
            results = ResultsFiles(
                choices=self.running, settings=self.settings, file=self.file, encoding=encoding
            )
            addresses = {person.row: person.email for person in checked[0].people}
            # from here on the journal knows everything: neither the file nor the plan is kept
            run, begun_now = self.begun(journal, services, checked.pop())
            run = self._remembered(journal, run, encoding)
            desk = with_place_for_letters(self.desk, run)
            carrier = Carrier(
                journal=journal,
                services=services,
                choices=self.running,
                desk=desk,
                settle_seconds=self.settings.settle_seconds,
                begun_now=begun_now,
                results=results,
                teller=teller,
            )
            code = carrier.carry_out(run, addresses)
            follow = Following(carrier=carrier, settings=self.settings, addresses=addresses)
            return follow.go_on(run.receipt, code)

    def _remembered(self, journal: "Journal", run: "Run", encoding: str) -> "Run":
        """The run, whose file and results workbook are known to whoever resumes it."""
        out = self.running.results
        return journal.remember_file(
            run.receipt,
            self.file.absolute(),
            encoding,
            out.absolute() if out else None,
            no_results=self.running.no_results,
        )

    def check(self) -> "Checked":
        """The checked file."""
        from aapimport.app.approving import refuse_choices_beside_plan
        from aapimport.app.planning import checked_file

        if self.plan_file:
            refuse_choices_beside_plan(self.choices)
        elif self.approvals.fingerprint is not None:
            raise UsageError(
                "--fingerprint belongs to a written plan", hint="give the plan with --plan"
            )
        return checked_file(self.file, self.choices, self.desk)

    def begun(
        self, journal: "Journal", services: "Services", checked: "Checked"
    ) -> "tuple[Run, bool]":
        """The interrupted upload of this file, else a new one that was approved; whether new.

        Raises:
            RefusedError: Another upload, an undo or a repair is open, or it was not approved.
        """
        from aapimport.app.open_uploads import interrupted_upload
        from aapimport.app.setting_values import refuse_beside_open_values
        from aapimport.app.taken_back_meanwhile import begun_alone, say_who_takes_back
        from aapimport.run.recall import recall

        refuse_beside_open_values(journal, services.address)
        say_who_takes_back(journal, services.address, self.desk)
        run = interrupted_upload(journal, services, checked, self)
        if run is not None:
            return run, False
        memory = recall(journal, services.address)
        if self.plan_file:
            written = self.written(journal, self.plan_file)
            plan = self.approved_before(journal, written, services, checked, memory)
        else:
            plan = self.approved(journal, services, checked, memory)
        plan = self.not_old(journal, plan, services, checked, memory)
        return begun_alone(journal, plan), True

    @staticmethod
    def not_old(
        journal: "Journal", plan: "Plan", services: "Services", checked: "Checked", memory: "Memory"
    ) -> "Plan":
        """The plan, made again where a question stood open: nothing old is written from, or told.

        So it is after a while, and where another profile has written to these people meanwhile.

        Raises:
            RefusedError: What was approved is not what would happen now.
            ServiceError: A service can't be asked.
        """
        from aapimport.app.taken_back_meanwhile import written_since
        from aapimport.plan.approval import refuse_changes
        from aapimport.plan.refresh import differs, refreshed

        others = written_since(journal, plan)
        if not others and time.time() - plan.taken_at <= _LONGEST_AGE:
            return plan
        now = refreshed(plan, checked, services, memory)
        changes = differs(plan, now)
        refuse_changes([*others, *changes] if changes else [])
        return replace(now, letters=plan.letters)

    def written(self, journal: "Journal", plan_file: Path) -> "PlanReport":
        """A written plan that was not carried out yet, and whose fingerprint is the right one."""
        from aapimport.app.approving import approve_fingerprint
        from aapimport.plan.approval import read_plan

        report = read_plan(plan_file)
        if report.emails is None:
            raise RefusedError(
                "the plan leaves open whether welcome e-mails are sent",
                hint="make it again with --emails or --no-emails",
            )
        if journal.knows(report.receipt):
            raise RefusedError(
                f"this plan was carried out already: upload {report.receipt}",
                hint=f"see its receipt with: aapimport receipt {report.receipt}",
            )
        approve_fingerprint(report, self.desk, self.approvals.fingerprint)
        return report

    def approved_before(
        self,
        journal: "Journal",
        report: "PlanReport",
        services: "Services",
        checked: "Checked",
        memory: "Memory",
    ) -> "Plan":
        """The plan that a written one describes, if it still is what would happen.

        Giving the written plan is the approval where nobody can be asked; a terminal is asked.
        """
        from aapimport.app.approving import approve_plan, check_seats_again
        from aapimport.app.letters import checked_server, with_approved_letters
        from aapimport.app.planning import say_where_set
        from aapimport.plan.approval import approved_again
        from aapimport.screens.plan import show_plan

        with self.desk.busy("asking the services"):
            plan = approved_again(report, checked, services, self.settings, memory)
        plan = with_approved_letters(plan, report, self.settings)
        plan = checked_server(plan, self.settings, self.desk)
        say_where_set(plan, self.settings, self.desk)
        self.desk.show(show_plan, plan, self.desk.profile)
        if plan.welcomes:
            journal.check_beside()
        self._approve_specially(plan)
        if self.desk.on_terminal:
            approve_plan(plan, self.desk)
            check_seats_again(plan, services)
        return plan

    def _approve_specially(self, plan: "Plan") -> None:
        """Have a word on what `--yes` and a written plan don't approve."""
        from aapimport.app.approving import approve_client_admins, approve_doubts

        approve_doubts(plan, self.desk, self.approvals)
        approve_client_admins(plan, self.desk, self.approvals.client_admins)

    def approved(
        self, journal: "Journal", services: "Services", checked: "Checked", memory: "Memory"
    ) -> "Plan":
        """The plan that the administrator saw and approved."""
        from aapimport.app.approving import (
            approve_plan,
            check_seats_again,
            plan_with_emails,
            refuse_emails_without_way,
        )
        from aapimport.app.deciding import decided_plan
        from aapimport.app.letters import checked_server, with_letters
        from aapimport.app.planning import drafted_plan, warned_rows
        from aapimport.plan.decide import impossible, refuse_impossible
        from aapimport.screens.plan import show_plan, show_preview

        draft = drafted_plan(services, checked, self.choices, self.settings, self.desk, memory)
        if self.choices.emails is False:
            draft = draft.without_emails()
        plan = with_letters(decided_plan(draft, self.desk, self.choices), self.settings)
        refuse_emails_without_way(plan, self.choices.emails)
        self.desk.show(
            show_preview, plan, self.choices.preview, warned_rows(checked), self.desk.profile
        )
        if not impossible(plan):
            plan = plan_with_emails(plan, self.desk, self.choices.emails)
        plan = checked_server(plan, self.settings, self.desk)
        self.desk.show(show_plan, plan, self.desk.profile)
        refuse_impossible(plan)
        if plan.welcomes:
            journal.check_beside()
        self._approve_specially(plan)
        approve_plan(plan, self.desk)
        check_seats_again(plan, services)
        return plan
