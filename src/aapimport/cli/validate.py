"""`aapimport validate`: what is wrong in a file, cell by cell. Sends nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.grouping import StrictCommand
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command("validate", cls=StrictCommand)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--pass", "pass_name", metavar="NAME", help="Compare the team names with this pass's, too."
)
@click.option("--sheet", metavar="NAME", help="The sheet to read, where several hold people.")
@click.option("--encoding", metavar="NAME", help="The text encoding of a csv that isn't UTF-8.")
@click.option(
    "--hidden",
    type=click.Choice(["include", "skip"]),
    help="Whether people in hidden, filtered or marked rows count.",
)
@click.option("--thorough", is_flag=True, help="Let both readers read files of any size.")
@click.option(
    "--other-pass",
    is_flag=True,
    help="With --pass: FILE may be the results workbook of an upload to another one.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings and people left out, too.")
@click.option("--all", "show_all", is_flag=True, help="List each problem, ungrouped.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for scripts.")
@click.option(
    "--annotate",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help="Write the rows back with every wrong cell marked, and the reasons.",
)
@click.option(
    "--fix",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help="Write the file with all safe repairs applied.",
)
@click.option("--force", is_flag=True, help="Replace OUT.xlsx if it exists.")
@target_options
def validate(  # noqa: PLR0913 -- click names each flag
    file: Path,
    *,
    pass_name: str | None,
    other_pass: bool,
    strict: bool,
    show_all: bool,
    as_json: bool,
    annotate: Path | None,
    fix: Path | None,
    force: bool,
    choice: "Choice",
    **choices: Any,
) -> ExitCode:
    """Check every row of FILE and list all problems; nothing is sent."""
    from aapimport.app.validate import Validation
    from aapimport.check.check_file import ReadOptions
    from aapimport.cli.desk import TerminalDesk

    return Validation(
        desk=TerminalDesk("live", as_json=as_json),
        settings=lambda: chosen_settings(choice),
        file=file,
        reading=ReadOptions(**choices),
        pass_name=pass_name,
        other_pass=other_pass,
        strict=strict,
        show_all=show_all,
        annotate=annotate,
        fix=fix,
        force=force,
    ).carry_out()
