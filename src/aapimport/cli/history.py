"""`aapimport history`: what was uploaded from here."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import DefaultingGroup
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.group(cls=DefaultingGroup, default="list")
def history() -> None:
    """List what was uploaded from here; `aapimport history` alone lists it."""


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
