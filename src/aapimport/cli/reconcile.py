"""`aapimport reconcile`: both services compared about the people of a pass."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.flags import option
from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@option(
    EVERYDAY,
    "--pass",
    "pass_name",
    required=True,
    metavar="NAME",
    common=True,
    help="The pass, by its name or its id on the portal.",
)
@option(
    EVERYDAY,
    "--repair",
    is_flag=True,
    common=True,
    help="Show what can be put right, ask, and put it right.",
)
@option(UNATTENDED, "--yes", is_flag=True, common=True, help="Repair without asking.")
@option(
    UNATTENDED,
    "--json",
    "as_json",
    is_flag=True,
    common=True,
    help="Print the differences, or the receipt, as JSON for scripts.",
)
@option(
    EXPERT,
    "--pace",
    metavar="N",
    help="Requests a second for each service, or a service's name, for example slack.",
)
@target_options
def reconcile(
    *,
    choice: "Choice",
    pass_name: str,
    repair: bool,
    yes: bool,
    as_json: bool,
    pace: str | None,
) -> ExitCode:
    """Compare the portal and Jhana about everybody on a pass.

    Names, what is switched off, roles and teams are compared with each other and with what uploads
    from here have said. A repair uses no seat, mails nobody and switches nobody on; what somebody
    has changed since is named and left. Exits with 1 where something differs or isn't known.
    """
    from aapimport.app.reconcile import Reconciling
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile)
    return Reconciling(
        settings=settings, desk=desk, pass_name=pass_name, repair=repair, pace=pace
    ).carry_out()
