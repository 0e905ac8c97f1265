"""`aapimport receipt verify`: everybody of a receipt read back."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=StrictCommand)
@click.argument("receipt")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def verify(receipt: str, *, as_json: bool, choice: "Choice") -> ExitCode:
    """Read everybody of RECEIPT back: as it left them, changed since, gone.

    Nothing is written. Exits with 1 where somebody differs.
    """
    from aapimport.app.verify import verify_receipt
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, as_json=as_json, profile=settings.profile)
    return verify_receipt(receipt, settings, desk)
