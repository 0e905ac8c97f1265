"""`aapimport validate`: what is wrong in a file, cell by cell. Sends nothing."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aapimport.cli.answer import current_answer
from aapimport.cli.target import chosen_settings, target_options
from aapimport.errors import AapimportError, ExitCode, FileProblemError, UsageError

if TYPE_CHECKING:
    from aapimport.check.check_file import Checked
    from aapimport.config.choice import Choice


@click.command("validate", short_help="Check every row of FILE and list all problems.")
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
@target_options
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
    choice: "Choice",
    **choices: Any,
) -> ExitCode:
    """Check every row of FILE and list all problems; nothing is sent."""
    from aapimport.app.planning import with_answers
    from aapimport.check.check_file import ReadOptions, begin_check
    from aapimport.cli.desk import TerminalDesk

    outputs = _outputs(file, annotate, fix, force=force)

    def check(chosen: ReadOptions) -> "Checked":
        checking = begin_check(file, chosen, with_people=bool(outputs or pass_name))
        # What the answer needs is imported while the children work on the question.
        from aapimport.screens import problems  # noqa: F401 -- see above

        with desk.busy(f"reading {file.name}"):
            return checking()

    desk = TerminalDesk("live")
    checked = with_answers(ReadOptions(**choices), desk, check)
    if pass_name is not None:
        teams = _compared(checked, pass_name, choice)
    else:
        teams = _not_compared(checked)
    _show(teams, show_all=show_all, as_json=as_json)
    _write(teams.checked, annotate, fix, force=force)
    if teams.error:
        raise teams.error
    if teams.said and (pass_name or not as_json):
        click.echo(teams.said, err=True)
    from aapimport.problems.problem import Level

    count = teams.checked.count
    failed = count(Level.ERROR) or (strict and count(Level.WARNING))
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _outputs(file: Path, annotate: Path | None, fix: Path | None, *, force: bool) -> list[Path]:
    """The workbooks that are to be written.

    Raises:
        UsageError: Both are one file.
        FileProblemError: One can't be written.
    """
    outputs = [out for out in (annotate, fix) if out is not None]
    if len({out.absolute() for out in outputs}) < len(outputs):
        raise UsageError(
            f"--annotate and --fix both name {outputs[0]}", hint="give each a file of its own"
        )
    if outputs:
        from aapimport.template.output import check_workbook_name

        for out in outputs:
            check_workbook_name(out, force=force, source=file)
    return outputs


@dataclass(frozen=True)
class _Teams:
    """What came of comparing the teams of a file with those of a pass.

    Attributes:
        checked: The file, with an error where a team can't be used.
        said: What is to be said about it.
        compared_with: The pass, if they could be compared.
        error: Why nobody could be asked.
    """

    checked: "Checked"
    said: str = ""
    compared_with: str | None = None
    error: AapimportError | None = None


def _not_compared(checked: "Checked") -> _Teams:
    if "team" not in checked.columns:
        return _Teams(checked)
    return _Teams(checked, "team names were not compared with the portal's: --pass NAME does")


def _compared(checked: "Checked", pass_name: str, choice: "Choice") -> _Teams:
    """Compare the teams of the file with those of a pass."""
    from aapimport.app.session import listing
    from aapimport.cli.desk import TerminalDesk
    from aapimport.plan.checked_teams import with_team_problems
    from aapimport.plan.names import choose_pass, teams_of
    from aapimport.screens.console import make_console, safe
    from aapimport.screens.target import show_target

    try:
        settings = chosen_settings(choice)
        show_target(make_console(sys.stderr), settings)
        desk = TerminalDesk(settings.target)
        with desk.busy("asking the services"), listing(settings) as services:
            chosen = choose_pass(services.portal, pass_name, settings.pass_as)
            here, elsewhere = teams_of(services.portal, chosen)
    except AapimportError as error:
        return _Teams(checked, error=error)
    names = ", ".join(repr(team.name) for team in sorted(here, key=lambda it: it.name)) or "none"
    there = safe(f"pass {chosen.name!r}, which has: {names}")
    if "team" not in checked.columns:
        said = f"the file has no column Team for the teams of {there}"
        return _Teams(checked, said, chosen.name)
    try:
        compared = with_team_problems(checked, here, elsewhere)
    except FileProblemError:
        return _Teams(checked, "team names were not compared: correct the errors above first")
    every = "every" if len(compared.problems) == len(checked.problems) else "not every"
    return _Teams(compared, f"{every} team name is one of {there}", chosen.name)


def _show(teams: _Teams, *, show_all: bool, as_json: bool) -> None:
    if as_json:
        from aapimport.check.report import report_of

        answer = current_answer()
        report = report_of(
            teams.checked, teams.compared_with, target=answer.target, address=answer.address
        )
        answer.hold(report.model_dump_json(indent=2))
    else:
        from aapimport.screens.problems import show_checked

        show_checked(sys.stdout, teams.checked, show_all=show_all)


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
