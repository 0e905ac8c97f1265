"""`aapimport upload`: check, preview, ask, upload, receipt."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import approval_options, option, plan_options, run_options, taken
from aapimport.cli.grouping import UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@click.argument("file", type=click.Path(path_type=Path))
@plan_options
@option(
    UNATTENDED,
    "--yes",
    is_flag=True,
    common=True,
    help="Answer questions with yes, e-mails included; not those about client admins, people who"
    " may be there already or return, and what can't be proven.",
)
@approval_options
@option(
    UNATTENDED,
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path),
    common=True,
    help="Do exactly what a plan written with plan -o says, or nothing.",
)
@run_options
@target_options
def upload(
    file: Path, *, choice: "Choice", yes: bool, as_json: bool, plan_file: Path | None, **flags: Any
) -> ExitCode:
    """Upload the people in FILE to a pass, and to Jhana where the file says so.

    The whole file is checked first: nothing is sent while it has an error. An upload that was
    interrupted is finished by the same command, and has to be before another file's can begin.
    """
    from aapimport.app.choices import Approvals, PlanChoices, RunChoices
    from aapimport.app.upload import Upload
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return Upload(
        settings=settings,
        desk=TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile),
        file=file,
        plan_file=plan_file,
        choices=taken(PlanChoices, flags),
        approvals=taken(Approvals, flags),
        running=taken(RunChoices, flags),
    ).carry_out()
