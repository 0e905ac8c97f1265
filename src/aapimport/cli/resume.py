"""`aapimport resume`: finish an upload that was interrupted, or end it as it is."""

import sys
from typing import Any

import click

from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.planning import option
from aapimport.cli.running import RunFlags, run_options
from aapimport.errors import ExitCode


@click.command(cls=GroupedCommand)
@click.argument("receipt", required=False)
@option(
    EVERYDAY,
    "--close",
    is_flag=True,
    help="End the upload as it is, and say what it owes; nothing more is sent.",
)
@option(UNATTENDED, "--yes", is_flag=True, help="Go on after a canary, or close, without asking.")
@option(
    EXPERT,
    "--again",
    is_flag=True,
    help="Send those once more who were sent twice without an answer and can't be found: look"
    " on the services first, since a seat can't be given back.",
)
@run_options
def resume(receipt: str | None, *, close: bool, yes: bool, again: bool, **shared: Any) -> ExitCode:
    """Finish an interrupted upload, or end it as it is.

    RECEIPT is its confirmation number; without one, the only open upload is taken. Does only what
    is missing; a finished upload prints its receipt again. While one is open, no other can begin.
    """
    from aapimport.cli.asking import Asker
    from aapimport.cli.connection import connected
    from aapimport.cli.open_uploads import chosen_upload, close_upload, show_closed_upload
    from aapimport.cli.running import Carrier, opened_journal
    from aapimport.config.settings import read_settings
    from aapimport.run.runs import refuse_other_services
    from aapimport.screens.console import make_console
    from aapimport.screens.target import show_target

    flags = RunFlags(**shared)
    settings = read_settings()
    show_target(make_console(sys.stderr), settings.target)
    with (
        opened_journal(settings) as journal,
        connected(settings, pace=flags.pace) as services,
    ):
        if receipt:
            run = journal.run(receipt)
        elif (only := chosen_upload(journal, services.address, as_json=flags.as_json)) is None:
            return ExitCode.OK
        else:
            run = only
        asker = Asker(practice=settings.target == "practice", yes=yes)
        if close:
            refuse_other_services(run, services.address)
            return close_upload(journal, run, asker, as_json=flags.as_json)
        if run.closed_at is not None:
            return show_closed_upload(journal, run, as_json=flags.as_json)
        carrier = Carrier(
            journal=journal,
            services=services,
            flags=flags,
            asker=asker,
            settle_seconds=settings.settle_seconds,
            again=again,
        )
        return carrier.carry_out(run, {})
