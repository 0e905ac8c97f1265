"""`aapimport receipt`: what became of everybody, shown again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import taken
from aapimport.cli.grouping import DefaultingGroup
from aapimport.cli.target import chosen_settings, target_options
from aapimport.cli.verify import verify
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.group(cls=DefaultingGroup, default="show")
def receipt() -> None:
    """Show the receipt of an upload again: `aapimport receipt NUMBER`."""


@receipt.command()
@click.argument("number")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file that was uploaded: people are named by their addresses again.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    help="The text encoding of a csv, where it isn't the one that was used for the upload.",
)
@click.option(
    "--xlsx",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help="Write the results workbook; with --file it has your own sheet, and To correct.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="OUT.html",
    help="Write it as a page to look at, print or forward; with --file it tells roles and teams.",
)
@click.option(
    "--with-people/--without-people",
    default=None,
    help="Whether people are named by their addresses: by default not on a page, else yes.",
)
@click.option("--force", is_flag=True, help="Replace what is written if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def show(number: str, *, as_json: bool, choice: "Choice", **flags: Any) -> ExitCode:
    """Show a receipt as the journal has it; no service is asked.

    NUMBER is the confirmation number; `aapimport history` lists them.
    """
    from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, as_json=as_json, profile=settings.profile)
    choices = taken(ReceiptChoices, flags)
    return StoredReceipt(settings=settings, desk=desk, number=number, choices=choices).show()


receipt.add_command(verify)
