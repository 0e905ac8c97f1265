"""`aapimport plan`: what an upload would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import option, plan_options, taken
from aapimport.cli.grouping import EVERYDAY, UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@click.argument("file", type=click.Path(path_type=Path))
@plan_options
@option(
    EVERYDAY,
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    common=True,
    help="Write the plan to a file, to be approved and carried out with upload --plan.",
)
@option(
    EVERYDAY,
    "--all",
    "everybody",
    is_flag=True,
    common=True,
    help="List everybody, not the first 50.",
)
@option(UNATTENDED, "--force", is_flag=True, help="Overwrite the file of -o.")
@option(UNATTENDED, "--json", "as_json", is_flag=True, common=True, help="Print the plan as JSON.")
@target_options
def plan(
    file: Path,
    *,
    choice: "Choice",
    output: Path | None,
    everybody: bool,
    force: bool,
    as_json: bool,
    **flags: Any,
) -> ExitCode:
    """Say what an upload of FILE would do, person by person and in totals.

    Both services are read; nothing is written anywhere. A plan that can't be carried out is shown
    all the same, and refused.
    """
    from aapimport.app.choices import PlanChoices
    from aapimport.app.plan import Planning
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return Planning(
        settings=settings,
        desk=TerminalDesk(settings.target, as_json=as_json, profile=settings.profile),
        file=file,
        choices=taken(PlanChoices, flags),
        output=output,
        force=force,
        everybody=everybody,
    ).carry_out()
