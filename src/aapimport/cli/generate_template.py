"""`aapimport generate-template`: the template, empty, to be filled in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.config.choice import Choice


@click.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["xlsx", "csv"]),
    help="What to write; by default what OUT ends in, else xlsx.",
)
@click.option("--pass", "pass_name", metavar="NAME", help="Offer the teams of this pass in a list.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@target_options
def generate_template(
    out: Path | None,
    file_format: str | None,
    pass_name: str | None,
    *,
    force: bool,
    choice: "Choice",
) -> ExitCode:
    """Write the User Import Template to fill in.

    OUT is "User Import Template.xlsx" unless given.
    """
    from aapimport.screens.template import template_written
    from aapimport.template.output import check_free
    from aapimport.template.workbook import (
        TemplateContent,
        write_template,
        write_template_csv,
    )

    path, chosen = _target(out, file_format)
    if chosen == "csv" and pass_name is not None:
        raise UsageError(
            "a csv file can't offer a list of teams",
            hint="leave out --pass, or write an xlsx file",
        )
    check_free(path, force=force)
    teams = _teams(pass_name, choice)
    if chosen == "csv":
        write_template_csv(path, force=force)
    else:
        write_template(path, TemplateContent(teams=teams or ()), force=force)
    click.echo(template_written(path, None if teams is None else len(teams)))
    return ExitCode.OK


def _teams(pass_name: str | None, choice: "Choice") -> tuple[str, ...] | None:
    if pass_name is None:
        return None
    from aapimport.app.session import team_names

    return team_names(chosen_settings(choice), pass_name)


def _target(out: Path | None, file_format: str | None) -> tuple[Path, str]:
    """The file to write and its format.

    Raises:
        UsageError: The file's ending contradicts `--format`, or is neither xlsx nor csv.
    """
    from aapimport.template.columns import TEMPLATE_NAME

    if out is None:
        chosen = file_format or "xlsx"
        return Path(f"{TEMPLATE_NAME}.{chosen}"), chosen
    ending = out.suffix.lower().removeprefix(".")
    if ending not in {"xlsx", "csv"}:
        raise UsageError(
            f"{out} ends in neither .xlsx nor .csv",
            hint=f"for example: {out.name}.{file_format or 'xlsx'}",
        )
    if file_format is not None and file_format != ending:
        raise UsageError(
            f"{out} is not what --format {file_format} writes",
            hint=f"leave out --format, or let the file end in .{file_format}",
        )
    return out, ending
