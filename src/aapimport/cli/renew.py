"""`aapimport renew`: last year's exported list as a template for the new pass."""

from pathlib import Path
from typing import Any

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.errors import ExitCode


@click.command(cls=StrictCommand)
@click.argument("file", metavar="LIST", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    metavar="OUT.xlsx",
    type=click.Path(path_type=Path),
    help="What to write; by default LIST with the ending .renewed.xlsx.",
)
@click.option(
    "--no-login-for",
    "idle_days",
    metavar="DAYS",
    type=click.IntRange(min=1, max=36_500),
    default=180,
    show_default=True,
    help="Propose as a leaver who had no login for so long before the list's newest one.",
)
@click.option("--sheet", metavar="NAME", help="The sheet to read, where several hold people.")
@click.option("--encoding", metavar="NAME", help="The encoding of a csv that isn't UTF-8.")
@click.option(
    "--hidden",
    type=click.Choice(["include", "skip"]),
    help="Whether hidden or marked rows are read.",
)
@click.option("--thorough", is_flag=True, help="Let both readers read files of any size.")
@click.option("--force", is_flag=True, help="Replace OUT.xlsx if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def renew(
    file: Path, out: Path | None, *, idle_days: int, force: bool, as_json: bool, **choices: Any
) -> ExitCode:
    """Make a template for the new pass from last year's list.

    LIST is what the portal gives under "Download Pass User List". Roles are
    converted; possible leavers, by last login, go to a sheet of their own and
    are not loaded unless you bring them back. LIST itself is not changed.
    """
    from aapimport.app.renew import Renewing
    from aapimport.check.check_file import ReadOptions
    from aapimport.cli.desk import TerminalDesk

    return Renewing(
        desk=TerminalDesk("live", as_json=as_json),
        file=file,
        out=out or file.parent / f"{file.stem}.renewed.xlsx",
        reading=ReadOptions(**choices),
        idle_days=idle_days,
        force=force,
    ).carry_out()
