"""`aapimport resume`: finish an upload that was interrupted, or end it as it is."""

from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import option, run_options, taken
from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@click.argument("receipt", required=False)
@option(
    EVERYDAY,
    "--close",
    is_flag=True,
    common=True,
    help="End the upload as it is, and say what it owes; nothing more is sent.",
)
@option(
    UNATTENDED,
    "--yes",
    is_flag=True,
    common=True,
    help="Go on after a canary, or close, without asking.",
)
@option(
    EXPERT,
    "--again",
    is_flag=True,
    help="Send those once more who were sent twice without an answer and can't be found: look"
    " on the services first, since a seat can't be given back.",
)
@run_options
@target_options
def resume(
    receipt: str | None,
    *,
    choice: "Choice",
    close: bool,
    yes: bool,
    again: bool,
    as_json: bool,
    **flags: Any,
) -> ExitCode:
    """Finish an interrupted upload, or end it as it is.

    RECEIPT is its confirmation number; without one, the only open upload is taken. Does only what
    is missing; a finished upload prints its receipt again. While one is open, no other can begin.
    """
    from aapimport.app.choices import RunChoices
    from aapimport.app.resume import Resumption
    from aapimport.cli.desk import TerminalDesk

    if receipt is not None and not receipt.strip():  # a script's variable that was never filled
        raise UsageError(
            "the confirmation number is empty",
            hint="give it, or leave it out: aapimport resume takes the only open upload",
        )
    settings = chosen_settings(choice)
    return Resumption(
        receipt=receipt,
        settings=settings,
        desk=TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile),
        choices=taken(RunChoices, flags),
        close=close,
        again=again,
    ).carry_out()
