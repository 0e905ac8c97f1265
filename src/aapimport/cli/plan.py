"""`aapimport plan`: what an upload would do."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.grouping import EVERYDAY, UNATTENDED, GroupedCommand
from aapimport.cli.planning import PlanFlags, option, plan_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.check.check_file import Checked
    from aapimport.cli.asking import Asker
    from aapimport.config.settings import Settings
    from aapimport.plan.plan import Plan


@click.command(cls=GroupedCommand)
@click.argument("file", type=click.Path(path_type=Path))
@plan_options
@option(
    EVERYDAY,
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the plan to a file, to be approved and carried out with upload --plan.",
)
@option(EVERYDAY, "--all", "everybody", is_flag=True, help="List everybody, not the first 50.")
@option(UNATTENDED, "--force", is_flag=True, help="Overwrite the file of -o.")
@option(UNATTENDED, "--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(
    file: Path,
    *,
    output: Path | None,
    everybody: bool,
    force: bool,
    as_json: bool,
    **shared: Any,
) -> ExitCode:
    """Say what an upload of FILE would do, person by person and in totals.

    Both services are read; nothing is written anywhere. A plan that can't be carried out is shown
    all the same, and refused.
    """
    from aapimport.cli.approving import plan_with_emails
    from aapimport.cli.asking import Asker
    from aapimport.cli.deciding import decided_plan
    from aapimport.cli.planning import checked_file
    from aapimport.config.settings import read_settings
    from aapimport.plan.decide import impossible, refuse_impossible
    from aapimport.screens.console import make_console
    from aapimport.screens.target import show_target
    from aapimport.template.output import check_free

    flags = PlanFlags(**shared)
    settings = read_settings()
    console = make_console(sys.stderr if as_json else sys.stdout)
    show_target(console, settings.target)
    if output:
        check_free(output, force=force, source=file)
    asker = Asker(practice=settings.target == "practice", yes=False)
    checked = checked_file(file, flags, console, asker)
    draft = _drafted(checked, settings, asker, flags)
    decided = decided_plan(draft, asker, console, flags)
    _show(decided, checked, console, flags, everybody=everybody)
    if output and not impossible(decided):
        decided = plan_with_emails(decided, asker, flags.emails)
        _write(decided, output, console, force=force)
    if as_json:
        _print(decided, emails_open=flags.emails is None and bool(decided.mails) and not output)
    refuse_impossible(decided)
    return ExitCode.OK


def _drafted(checked: "Checked", settings: "Settings", asker: "Asker", flags: PlanFlags) -> "Plan":
    """What an upload could do, as the services are now."""
    from aapimport.cli.connection import connected
    from aapimport.cli.open_uploads import mention_open_uploads
    from aapimport.cli.planning import drafted_plan, picked_pass
    from aapimport.run.journal import journal_path
    from aapimport.run.recall import recall_unlocked

    with connected(settings) as services:
        mention_open_uploads(settings, services.address)
        name = flags.pass_name or picked_pass(services, asker)
        path = journal_path(settings.state_dir, settings.target)
        memory = recall_unlocked(path, services.address)
        draft = drafted_plan(services, checked, flags, settings, name, memory)
    return draft.without_emails() if flags.emails is False else draft


def _show(
    decided: "Plan", checked: "Checked", console: "Console", flags: PlanFlags, *, everybody: bool
) -> None:
    """The first rows, each person's step, and the totals."""
    from aapimport.cli.planning import warned_rows
    from aapimport.screens.plan import show_plan, show_preview
    from aapimport.screens.steps import show_steps

    show_preview(console, decided, flags.preview, warned_rows(checked))
    show_steps(console, decided, everybody=everybody)
    show_plan(console, decided)


def _print(decided: "Plan", *, emails_open: bool) -> None:
    """Print a plan for scripts; who writes it to a file has decided about the e-mails."""
    from aapimport.plan.report import plan_report

    report = plan_report(decided, emails_open=emails_open)
    click.echo(report.model_dump_json(by_alias=True, indent=2))


def _write(decided: "Plan", output: Path, console: "Console", *, force: bool) -> None:
    """Write a plan to be approved, and say where."""
    from aapimport.plan.approval import write_plan
    from aapimport.plan.report import plan_report
    from aapimport.screens.console import safe

    report = plan_report(decided)
    write_plan(report, output, force=force)
    console.print(safe(f"wrote {output}"), soft_wrap=True)
    console.print(f"fingerprint: {report.fingerprint}")
