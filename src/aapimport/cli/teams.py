"""`aapimport teams`: the teams of the portal."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=StrictCommand)
@click.option("--pass", "pass_name", metavar="NAME", help="Only the teams of this pass.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def teams(*, pass_name: str | None, as_json: bool, choice: "Choice") -> ExitCode:
    """List the teams of the portal, with their places."""
    from aapimport.app.lists import list_teams
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return list_teams(settings, TerminalDesk(settings.target, as_json=as_json), pass_name)
