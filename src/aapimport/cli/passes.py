"""`aapimport passes`: what the portal has."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=StrictCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def passes(*, as_json: bool, choice: "Choice") -> ExitCode:
    """List the passes of the portal, with their seats."""
    from aapimport.app.lists import list_passes
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    return list_passes(settings, TerminalDesk(settings.target, as_json=as_json))
