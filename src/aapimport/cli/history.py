"""`aapimport history`: what was uploaded from here, and how people are erased from it."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import DefaultingGroup
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.group(cls=DefaultingGroup, default="list")
def history() -> None:
    """List what was uploaded from here, or erase people from it.

    `aapimport history` alone lists it.
    """


@history.command("list")
@click.option(
    "--all", "everywhere", is_flag=True, help="Other clients, former addresses and practice, too."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def listed(*, everywhere: bool, as_json: bool, choice: "Choice") -> ExitCode:
    """List the uploads to the configured services, the newest first."""
    from aapimport.app.history import list_history
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, as_json=as_json, profile=settings.profile)
    return list_history(settings, desk, everywhere=everywhere)


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
