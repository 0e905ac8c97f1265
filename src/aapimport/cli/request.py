"""`aapimport request`: letters to the vendor's support."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.flags import read_rows, taken
from aapimport.cli.grouping import SuggestingGroup
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.config.choice import Choice

_Command = Callable[..., Any]


def _letter_options(command: _Command) -> _Command:
    flags = (
        click.option("--to", default="", metavar="ADDRESS", help="The support's address."),
        click.option(
            "-o",
            "--out",
            type=click.Path(path_type=Path),
            metavar="FILE.eml",
            help="Write it for a mail program, too, which opens it ready to send.",
        ),
        click.option("--force", is_flag=True, help="Replace a file that is there."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts."),
        target_options,
    )
    for flag in reversed(flags):
        command = flag(command)
    return command


def _pairs(
    _context: click.Context, _parameter: click.Parameter, addresses: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Each address that is, with the one that it becomes.

    Raises:
        UsageError: One is left over.
    """
    if len(addresses) % 2:
        raise UsageError(
            f"{addresses[-1]} has no new address beside it", hint="give pairs: OLD NEW OLD NEW"
        )
    return [*zip(addresses[::2], addresses[1::2], strict=True)]


@click.group(cls=SuggestingGroup)
def request() -> None:
    """Write a letter to the vendor's support, which you send yourself."""


@request.command()
@click.argument("receipt")
@click.option(
    "--only-rows",
    metavar="ROWS",
    help="Only these rows of its file, for example 5,9-12, also of people who are still active.",
)
@_letter_options
def seats(
    receipt: str, *, choice: "Choice", only_rows: str | None, as_json: bool, **flags: Any
) -> ExitCode:
    """Ask for the seats back that the upload RECEIPT has used by mistake.

    Each account is looked at on the portal first: asked for are the seats of whoever is
    deactivated, off the pass or gone.
    """
    from aapimport.app.request import LetterChoices, request_seats
    from aapimport.cli.desk import TerminalDesk

    rows = None if only_rows is None else read_rows(only_rows)
    choices = taken(LetterChoices, flags)
    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, as_json=as_json, profile=settings.profile)
    return request_seats(receipt, settings, desk, choices, rows)


@request.command()
@click.argument("pairs", nargs=-1, required=True, metavar="OLD NEW...", callback=_pairs)
@_letter_options
def address(
    pairs: list[tuple[str, str]],
    *,
    choice: "Choice",
    to: str,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> ExitCode:
    """Ask that the user name OLD becomes NEW, for somebody whose address has changed.

    Administrators can't edit it, and a second account would use a second seat.
    """
    from aapimport.app.new_addresses import request_addresses
    from aapimport.app.request import LetterChoices
    from aapimport.cli.desk import TerminalDesk

    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, as_json=as_json, profile=settings.profile)
    return request_addresses(pairs, settings, desk, LetterChoices(to=to, out=out, force=force))
