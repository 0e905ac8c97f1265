"""`aapimport history`: what is kept of former uploads."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.group(cls=SuggestingGroup)
def history() -> None:
    """Erase people from what is kept of former uploads."""


@history.command()
@click.option(
    "--older-than",
    metavar="DAYS",
    help="Only runs that ended so long ago, for example 30d; all that have ended without it.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def purge(*, older_than: str | None, yes: bool, as_json: bool, choice: "Choice") -> ExitCode:
    """Erase the names and addresses of everybody in runs that have ended.

    Ids, counts and who was mailed stay, so that nobody is created or mailed twice.
    """
    from aapimport.app.purge import purge as erase
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile)
    return erase(settings, desk, older_than)
