"""`aapimport upload`: check, preview, ask, upload, receipt."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.grouping import UNATTENDED, GroupedCommand
from aapimport.cli.planning import PlanFlags, option, plan_options
from aapimport.cli.running import RunFlags, run_options
from aapimport.errors import ExitCode, RefusedError

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.cli.asking import Asker
    from aapimport.config import Settings
    from aapimport.people.check import Checked
    from aapimport.plan.make import Services
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
    " admins and people who may be there already.",
)
@option(
    UNATTENDED,
    "--client-admins",
    type=click.IntRange(min=0),
    metavar="N",
    help="Allow exactly N people to become client admins.",
)
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
    client_admins: int | None,
    plan_file: Path | None,
    **shared: Any,
) -> ExitCode:
    """Upload the people in FILE to a pass, and to Jhana where the file says so.

    The whole file is checked first: nothing is sent while it has an error. An upload that was
    interrupted is finished by the same command.
    """
    from aapimport.cli.asking import Asker
    from aapimport.cli.connection import connected
    from aapimport.cli.running import Carrier, opened_journal
    from aapimport.config import read_settings
    from aapimport.screens.console import make_console
    from aapimport.screens.target import show_target

    running = RunFlags(**{name: shared.pop(name) for name in RunFlags.__dataclass_fields__})
    flags = PlanFlags(**shared)
    settings = read_settings()
    console = make_console(sys.stderr if running.as_json else sys.stdout)
    show_target(console, settings.target)
    asker = Asker(practice=settings.target == "practice", yes=yes)
    command = _Upload(settings, flags, console, asker)
    checked = [command.check(file, plan_file)]
    with (
        opened_journal(settings) as journal,
        connected(settings, pace=running.pace) as services,
    ):
        addresses = {person.row: person.email for person in checked[0].people}
        # from here on the journal knows everything: neither the file nor the plan is kept
        run = command.begun(journal, services, checked.pop(), plan_file, client_admins)
        carrier = Carrier(
            journal=journal,
            services=services,
            flags=running,
            asker=asker,
            settle_seconds=settings.settle_seconds,
        )
        return carrier.carry_out(run, addresses)


class _Upload:
    """The steps of one upload before its first write."""

    def __init__(
        self, settings: "Settings", flags: PlanFlags, console: "Console", asker: "Asker"
    ) -> None:
        self._settings = settings
        self._flags = flags
        self._console = console
        self._asker = asker

    def check(self, file: Path, plan_file: Path | None) -> "Checked":
        """The checked file."""
        from aapimport.cli.approving import refuse_flags_beside_plan
        from aapimport.cli.planning import checked_file

        if plan_file:
            refuse_flags_beside_plan(self._flags)
        return checked_file(file, self._flags, self._console, self._asker)

    def begun(
        self,
        journal: "Journal",
        services: "Services",
        checked: "Checked",
        plan_file: Path | None,
        client_admins: int | None,
    ) -> "Run":
        """The interrupted upload of this file, else a new one that was approved."""
        run = self.unfinished(journal, services, checked, plan_file)
        if run is not None:
            return run
        if plan_file:
            written = self.written(journal, plan_file)
            return journal.begin(self.approved_before(written, services, checked, client_admins))
        return journal.begin(self.approved(services, checked, client_admins))

    def unfinished(
        self,
        journal: "Journal",
        services: "Services",
        checked: "Checked",
        plan_file: Path | None,
    ) -> "Run | None":
        """The interrupted upload of the same file, which goes on as it was approved."""
        from aapimport.people.person import fold
        from aapimport.plan.approval import read_plan

        run = journal.unfinished(services.address, checked.digest)
        if run is None:
            return None
        if plan_file and read_plan(plan_file).receipt != run.receipt:
            raise RefusedError(
                f"upload {run.receipt} of this file was interrupted, and it is not this plan's",
                hint=f"finish it first, as it was approved: aapimport resume {run.receipt}",
            )
        if checked.sheet != run.sheet or journal.rows(run.receipt) != {
            person.row for person in checked.people
        }:
            sheet = f" of sheet {run.sheet!r}" if run.sheet else ""
            raise RefusedError(
                f"upload {run.receipt} of this file was interrupted, and it is of other rows{sheet}"
                " than were read now",
                hint=f"finish it first, as it was approved: aapimport resume {run.receipt}",
            )
        named = fold(self._flags.pass_name or run.pass_name)
        other_emails = self._flags.emails not in {None, run.emails}
        if named not in {fold(run.pass_name), fold(run.pass_id)} or other_emails:
            raise RefusedError(
                f"upload {run.receipt} of this file to pass {run.pass_name!r} was interrupted,"
                f" with welcome e-mails {'on' if run.emails else 'off'}",
                hint=f"finish it first, as it was approved: aapimport resume {run.receipt}",
            )
        click.echo(f"going on with upload {run.receipt}, which was interrupted", err=True)
        return run

    @staticmethod
    def written(journal: "Journal", plan_file: Path) -> "PlanReport":
        """A written plan that was not carried out yet."""
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
        return report

    def approved_before(
        self,
        report: "PlanReport",
        services: "Services",
        checked: "Checked",
        client_admins: int | None,
    ) -> "Plan":
        """The plan that a written one describes, if it still is what would happen.

        Giving the written plan is the approval where nobody can be asked; a terminal is asked.
        """
        from aapimport.cli.approving import approve_client_admins, approve_plan, check_seats_again
        from aapimport.plan.approval import approved_again
        from aapimport.screens.plan import show_plan

        plan = approved_again(report, checked, services, self._settings)
        show_plan(self._console, plan)
        approve_client_admins(plan, self._asker, self._console, client_admins)
        if self._asker.on_terminal:
            plan = approve_plan(plan, self._asker, plan.emails)
            check_seats_again(plan, services)
        return plan

    def approved(
        self, services: "Services", checked: "Checked", client_admins: int | None
    ) -> "Plan":
        """The plan that the administrator saw and approved."""
        from aapimport.cli.approving import (
            approve_client_admins,
            approve_plan,
            check_seats_again,
            decided_plan,
        )
        from aapimport.cli.planning import drafted_plan, picked_pass, warned_rows
        from aapimport.plan.decide import refuse_impossible
        from aapimport.screens.plan import show_plan, show_preview

        name = self._flags.pass_name or picked_pass(services, self._asker)
        draft = drafted_plan(services, checked, self._flags, self._settings, name)
        if self._flags.emails is False:
            draft = draft.without_emails()
        asked = self._flags.maybe is not None
        plan = decided_plan(draft, self._asker, self._console, asked=asked)
        show_preview(self._console, plan, self._flags.preview, warned_rows(checked))
        show_plan(self._console, plan)
        refuse_impossible(plan)
        approve_client_admins(plan, self._asker, self._console, client_admins)
        plan = approve_plan(plan, self._asker, self._flags.emails)
        check_seats_again(plan, services)
        return plan
