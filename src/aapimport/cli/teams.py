"""`aapimport teams`: the teams of the portal."""

import sys
from typing import TYPE_CHECKING

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command()
@click.option("--pass", "pass_name", metavar="NAME", help="Only the teams of this pass.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def teams(*, pass_name: str | None, as_json: bool, choice: "Choice") -> ExitCode:
    """List the teams of the portal, with their places."""
    from aapimport.app.lists import teams_report
    from aapimport.app.session import listing
    from aapimport.cli.desk import TerminalDesk
    from aapimport.plan.names import choose_pass
    from aapimport.screens.console import make_console
    from aapimport.screens.passes import show_teams
    from aapimport.screens.target import show_target

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target)
    with desk.busy("asking the services"), listing(settings) as services:
        found = services.portal.teams()
        passes = {one.id: one.name for one in services.portal.passes()}
        if pass_name is not None:
            chosen = choose_pass(services.portal, pass_name, settings.pass_as)
            found = tuple(team for team in found if team.pass_id in {"", chosen.id})
    if as_json:
        report = teams_report(found, services.target, services.address)
        current_answer().print(report.model_dump_json(by_alias=True, indent=2))
        return ExitCode.OK
    show_target(make_console(sys.stderr), settings)
    show_teams(make_console(sys.stdout), found, passes)
    return ExitCode.OK
