"""`aapimport validate`: what is wrong in a file, cell by cell. Sends nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.check.check_file import Checked


@click.command("validate")
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
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
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
def validate(  # noqa: PLR0913 -- click names each flag
    file: Path,
    *,
    pass_name: str | None,
    strict: bool,
    show_all: bool,
    as_json: bool,
    annotate: Path | None,
    fix: Path | None,
    force: bool,
    **choices: Any,
) -> ExitCode:
    """Check every row of FILE and list all problems; nothing is sent."""
    from aapimport.check.check_file import ReadOptions, begin_check
    from aapimport.cli.asking import Asker
    from aapimport.cli.planning import with_answers

    outputs = [out for out in (annotate, fix) if out is not None]
    if len({out.absolute() for out in outputs}) < len(outputs):
        raise UsageError(
            f"--annotate and --fix both name {outputs[0]}", hint="give each a file of its own"
        )
    if outputs:
        from aapimport.template.output import check_workbook_name

        for out in outputs:
            check_workbook_name(out, force=force, source=file)

    def check(chosen: ReadOptions) -> "Checked":
        checking = begin_check(file, chosen, with_people=bool(outputs or pass_name))
        # What the answer needs is imported while the children work on the question.
        from aapimport.screens import problems  # noqa: F401 -- see above

        return checking()

    checked = with_answers(ReadOptions(**choices), Asker(practice=False, yes=False), check)
    _show(checked, show_all=show_all, as_json=as_json)
    _write(checked, annotate, fix, force=force)
    if pass_name is not None:
        _compare_teams(checked, pass_name)
    elif "team" in checked.columns and not as_json:
        click.echo("team names were not compared with the portal's: --pass NAME does", err=True)
    from aapimport.problems.problem import Level

    failed = checked.count(Level.ERROR) or (strict and checked.count(Level.WARNING))
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _compare_teams(checked: "Checked", pass_name: str) -> None:
    """Compare the teams of the file with those of a pass, and say which there are.

    Raises:
        RefusedError: There is no such pass, or a team can't be used with it.
        SettingsError: A setting is missing, or the portal refuses the token.
        ServiceError: The portal can't be asked.
    """
    from aapimport.cli.connection import connected
    from aapimport.config import read_settings
    from aapimport.plan.names import choose_pass, find_teams
    from aapimport.screens.console import make_console, safe
    from aapimport.screens.target import show_target

    settings = read_settings()
    show_target(make_console(sys.stderr), settings.target)
    with connected(settings) as services:
        chosen = choose_pass(services.portal, pass_name, settings.pass_as)
        find_teams(checked, services.portal, chosen)
        teams = [it.name for it in services.portal.teams() if it.pass_id in {"", chosen.id}]
    names = ", ".join(repr(name) for name in sorted(teams)) or "none"
    click.echo(
        safe(f"every team name is one of pass {chosen.name!r}, which has: {names}"), err=True
    )


def _show(checked: "Checked", *, show_all: bool, as_json: bool) -> None:
    if as_json:
        from aapimport.check.report import report_of

        click.echo(report_of(checked).model_dump_json(indent=2))
    else:
        from aapimport.screens.problems import show_checked

        show_checked(sys.stdout, checked, show_all=show_all)


def _write(checked: "Checked", annotate: Path | None, fix: Path | None, *, force: bool) -> None:
    """Write the workbooks that were asked for, and say so on stderr."""
    if annotate:
        from aapimport.copies.annotate import annotate as write_annotated
        from aapimport.screens.workbooks import annotated

        done = write_annotated(checked, annotate, force=force)
        click.echo(annotated(annotate, done), err=True)
    if fix:
        from aapimport.copies.fix import fix as write_fixed
        from aapimport.screens.workbooks import fixed

        click.echo(fixed(fix, write_fixed(checked, fix, force=force)), err=True)
