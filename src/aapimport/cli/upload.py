"""`aapimport upload`: check, preview, ask, upload, receipt."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.approving import ApprovalFlags, approval_options
from aapimport.cli.grouping import UNATTENDED, GroupedCommand
from aapimport.cli.planning import PlanFlags, option, plan_options
from aapimport.cli.running import RunFlags, run_options
from aapimport.errors import ExitCode, RefusedError, UsageError

_LONGEST_AGE = 600.0
"""Seconds after which what the services held is asked again before anything is written."""

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.check.check_file import Checked
    from aapimport.cli.asking import Asker
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Memory, Services
    from aapimport.plan.plan import Plan
    from aapimport.plan.report import PlanReport
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


@click.command(cls=GroupedCommand)
@click.argument("file", type=click.Path(path_type=Path))
@plan_options
@option(
    UNATTENDED,
    "--yes",
    is_flag=True,
    help="Answer questions with yes, e-mails included; on a real portal not those about client"
    " admins, people who may be there already or return, and what can't be proven.",
)
@approval_options
@option(
    UNATTENDED,
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path),
    help="Do exactly what a plan written with plan -o says, or nothing.",
)
@run_options
def upload(
    file: Path,
    *,
    yes: bool,
    plan_file: Path | None,
    **shared: Any,
) -> ExitCode:
    """Upload the people in FILE to a pass, and to Jhana where the file says so.

    The whole file is checked first: nothing is sent while it has an error. An upload that was
    interrupted is finished by the same command, and has to be before another file's can begin.
    """
    from aapimport.cli.asking import Asker
    from aapimport.cli.connection import connected
    from aapimport.cli.running import Carrier, opened_journal
    from aapimport.config.settings import read_settings
    from aapimport.screens.console import make_console
    from aapimport.screens.target import show_target

    running = RunFlags(**{name: shared.pop(name) for name in RunFlags.__dataclass_fields__})
    approvals = ApprovalFlags(
        **{name: shared.pop(name) for name in ApprovalFlags.__dataclass_fields__}
    )
    flags = PlanFlags(**shared)
    settings = read_settings()
    console = make_console(sys.stderr if running.as_json else sys.stdout)
    show_target(console, settings.target)
    asker = Asker(practice=settings.target == "practice", yes=yes)
    command = _Upload(settings, flags, approvals, console, asker)
    checked = [command.check(file, plan_file)]
    with (
        opened_journal(settings) as journal,
        connected(settings, pace=running.pace) as services,
    ):
        addresses = {person.row: person.email for person in checked[0].people}
        # from here on the journal knows everything: neither the file nor the plan is kept
        run, begun_now = command.begun(journal, services, checked.pop(), plan_file)
        carrier = Carrier(
            journal=journal,
            services=services,
            flags=running,
            asker=asker,
            settle_seconds=settings.settle_seconds,
            begun_now=begun_now,
        )
        return carrier.carry_out(run, addresses)


class _Upload:
    """The steps of one upload before its first write."""

    def __init__(
        self,
        settings: "Settings",
        flags: PlanFlags,
        approvals: ApprovalFlags,
        console: "Console",
        asker: "Asker",
    ) -> None:
        self._settings = settings
        self._flags = flags
        self._approvals = approvals
        self._console = console
        self._asker = asker

    def check(self, file: Path, plan_file: Path | None) -> "Checked":
        """The checked file."""
        from aapimport.cli.approving import refuse_flags_beside_plan
        from aapimport.cli.planning import checked_file

        if plan_file:
            refuse_flags_beside_plan(self._flags)
        elif self._approvals.fingerprint is not None:
            raise UsageError(
                "--fingerprint belongs to a written plan", hint="give the plan with --plan"
            )
        return checked_file(file, self._flags, self._console, self._asker)

    def begun(
        self,
        journal: "Journal",
        services: "Services",
        checked: "Checked",
        plan_file: Path | None,
    ) -> "tuple[Run, bool]":
        """The interrupted upload of this file, else a new one that was approved; whether new."""
        from aapimport.cli.open_uploads import interrupted_upload
        from aapimport.run.recall import recall

        run = interrupted_upload(
            journal,
            services.address,
            checked,
            self._flags,
            plan_file,
            self._approvals.client_admins,
        )
        if run is not None:
            return run, False
        memory = recall(journal, services.address)
        if plan_file:
            written = self.written(journal, plan_file)
            plan = self.approved_before(written, services, checked, memory)
        else:
            plan = self.approved(services, checked, memory)
        return journal.begin(self.not_old(plan, services, checked, memory)), True

    @staticmethod
    def not_old(plan: "Plan", services: "Services", checked: "Checked", memory: "Memory") -> "Plan":
        """The plan, made again where a question stood open for long: nothing old is written from.

        Raises:
            RefusedError: What was approved is not what would happen now.
            ServiceError: A service can't be asked.
        """
        from aapimport.plan.approval import refuse_changes
        from aapimport.plan.refresh import differs, refreshed

        if time.time() - plan.taken_at <= _LONGEST_AGE:
            return plan
        now = refreshed(plan, checked, services, memory)
        refuse_changes(differs(plan, now))
        return now

    def written(self, journal: "Journal", plan_file: Path) -> "PlanReport":
        """A written plan that was not carried out yet, and whose fingerprint is the right one."""
        from aapimport.cli.approving import approve_fingerprint
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
                hint=f"see its receipt with: aapimport resume {report.receipt}",
            )
        approve_fingerprint(report, self._asker, self._approvals.fingerprint)
        return report

    def approved_before(
        self,
        report: "PlanReport",
        services: "Services",
        checked: "Checked",
        memory: "Memory",
    ) -> "Plan":
        """The plan that a written one describes, if it still is what would happen.

        Giving the written plan is the approval where nobody can be asked; a terminal is asked.
        """
        from aapimport.cli.approving import approve_plan, check_seats_again
        from aapimport.plan.approval import approved_again
        from aapimport.screens.plan import show_plan

        plan = approved_again(report, checked, services, self._settings, memory)
        show_plan(self._console, plan)
        self._approve_specially(plan)
        if self._asker.on_terminal:
            plan = approve_plan(plan, self._asker, plan.emails)
            check_seats_again(plan, services)
        return plan

    def _approve_specially(self, plan: "Plan") -> None:
        """Have a word on what `--yes` and a written plan don't approve."""
        from aapimport.cli.approving import approve_client_admins, approve_doubts

        approve_doubts(plan, self._asker, self._approvals)
        named = self._approvals.client_admins
        approve_client_admins(plan, self._asker, self._console, named)

    def approved(self, services: "Services", checked: "Checked", memory: "Memory") -> "Plan":
        """The plan that the administrator saw and approved."""
        from aapimport.cli.approving import approve_plan, check_seats_again
        from aapimport.cli.deciding import decided_plan
        from aapimport.cli.planning import drafted_plan, picked_pass, warned_rows
        from aapimport.plan.decide import refuse_impossible
        from aapimport.screens.plan import show_plan, show_preview

        name = self._flags.pass_name or picked_pass(services, self._asker)
        draft = drafted_plan(services, checked, self._flags, self._settings, name, memory)
        if self._flags.emails is False:
            draft = draft.without_emails()
        plan = decided_plan(draft, self._asker, self._console, self._flags)
        show_preview(self._console, plan, self._flags.preview, warned_rows(checked))
        show_plan(self._console, plan)
        refuse_impossible(plan)
        self._approve_specially(plan)
        plan = approve_plan(plan, self._asker, self._flags.emails)
        check_seats_again(plan, services)
        return plan
