"""`aapimport passes`: what the portal has."""

import sys
from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def passes(*, as_json: bool, choice: "Choice") -> ExitCode:
    """List the passes of the portal, with their seats."""
    from aapimport.app.lists import passes_report
    from aapimport.app.session import listing
    from aapimport.cli.desk import TerminalDesk
    from aapimport.screens.console import make_console
    from aapimport.screens.passes import show_passes
    from aapimport.screens.target import show_target

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target)
    with desk.busy("asking the services"), listing(settings) as services:
        found = services.portal.passes()
    if as_json:
        report = passes_report(found, services.target, services.address)
        current_answer().print(report.model_dump_json(by_alias=True, indent=2))
        return ExitCode.OK
    show_target(make_console(sys.stderr), settings)
    show_passes(make_console(sys.stdout), found)
    return ExitCode.OK
