"""`aapimport undo`: the way back from an upload."""

from typing import TYPE_CHECKING

import click

from aapimport.cli.flags import option, read_rows
from aapimport.cli.grouping import EVERYDAY, EXPERT, UNATTENDED, GroupedCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=GroupedCommand)
@click.argument("receipt")
@option(
    EVERYDAY,
    "--only-rows",
    metavar="ROWS",
    common=True,
    help="Only these rows of the file, for example 5,9-12.",
)
@option(
    UNATTENDED,
    "--yes",
    is_flag=True,
    common=True,
    help="Don't ask, except about administration rights.",
)
@option(
    UNATTENDED,
    "--client-admins",
    type=click.IntRange(min=0),
    metavar="N",
    help="Give administration rights back to exactly N people.",
)
@option(
    UNATTENDED,
    "--json",
    "as_json",
    is_flag=True,
    common=True,
    help="Print the receipt as JSON, for scripts.",
)
@option(
    EXPERT,
    "--pace",
    metavar="N",
    help="Requests a second for each service, or a service's name, for example slack.",
)
@target_options
def undo(  # noqa: PLR0913 -- click names each flag
    receipt: str,
    *,
    choice: "Choice",
    only_rows: str | None,
    yes: bool,
    client_admins: int | None,
    as_json: bool,
    pace: str | None,
) -> ExitCode:
    """Take an upload back, as far as that can be.

    RECEIPT is its confirmation number. Whatever still is as the upload left it is given back what
    it was; what somebody changed since is named and left. A used seat stays used, and an e-mail
    that was sent stays sent. Exits with 1 where something couldn't be taken back.
    """
    from aapimport.app.undo import Undo
    from aapimport.cli.desk import TerminalDesk

    rows = None if only_rows is None else read_rows(only_rows)
    settings = chosen_settings(choice)
    desk = TerminalDesk(settings.target, yes=yes, as_json=as_json, profile=settings.profile)
    return Undo(
        receipt=receipt,
        settings=settings,
        desk=desk,
        rows=rows,
        client_admins=client_admins,
        pace=pace,
    ).carry_out()
