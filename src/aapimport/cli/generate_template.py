"""`aapimport generate-template`: the template, empty, to be filled in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command(cls=StrictCommand)
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["xlsx", "csv"]),
    help="What to write; by default what OUT ends in, else xlsx.",
)
@click.option("--pass", "pass_name", metavar="NAME", help="Offer the teams of this pass in a list.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@target_options
def generate_template(
    out: Path | None,
    file_format: str | None,
    pass_name: str | None,
    *,
    force: bool,
    as_json: bool,
    choice: "Choice",
) -> ExitCode:
    """Write the User Import Template to fill in.

    OUT is "User Import Template.xlsx" unless given.
    """
    from aapimport.app.new_template import NewTemplate
    from aapimport.cli.desk import TerminalDesk

    return NewTemplate(
        desk=TerminalDesk("live", as_json=as_json),
        settings=lambda: chosen_settings(choice),
        out=out,
        file_format=file_format,
        pass_name=pass_name,
        force=force,
    ).carry_out()
