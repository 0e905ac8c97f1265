"""`aapimport resume`: finish an upload that was interrupted."""

import sys
from typing import Any

import click

from aapimport.cli.grouping import EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.planning import option
from aapimport.cli.running import RunFlags, run_options
from aapimport.errors import ExitCode


@click.command(cls=GroupedCommand)
@click.argument("receipt")
@option(UNATTENDED, "--yes", is_flag=True, help="Go on after a canary without asking.")
@option(
    EXPERT,
    "--again",
    is_flag=True,
    help="Send those once more who were sent twice without an answer and can't be found: look"
    " on the services first, since a seat can't be given back.",
)
@run_options
def resume(receipt: str, *, yes: bool, again: bool, **shared: Any) -> ExitCode:
    """Finish the upload with the confirmation number RECEIPT.

    Does only what is missing; a finished upload prints its receipt again.
    """
    from aapimport.cli.asking import Asker
    from aapimport.cli.connection import connected
    from aapimport.cli.running import Carrier, opened_journal
    from aapimport.config import read_settings
    from aapimport.screens.console import make_console
    from aapimport.screens.target import show_target

    flags = RunFlags(**shared)
    settings = read_settings()
    show_target(make_console(sys.stderr), settings.target)
    with (
        opened_journal(settings) as journal,
        connected(settings, pace=flags.pace) as services,
    ):
        carrier = Carrier(
            journal=journal,
            services=services,
            flags=flags,
            asker=Asker(practice=settings.target == "practice", yes=yes),
            settle_seconds=settings.settle_seconds,
            again=again,
        )
        return carrier.carry_out(journal.run(receipt), {})
