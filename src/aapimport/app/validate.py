"""A checked file: its problems, the teams that a pass doesn't have, and copies to work on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, ExitCode, FileProblemError, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked, ReadOptions
    from aapimport.config.settings import Settings


@dataclass(frozen=True)
class _Teams:
    """What came of comparing the teams of a file with those of a pass.

    Attributes:
        checked: The file, with an error where a team can't be used.
        said: What is to be said about it.
        compared_with: The pass, if they could be compared.
        error: Why nobody could be asked.
        settings: Where the pass was looked for, as far as that is known.
    """

    checked: "Checked"
    said: str = ""
    compared_with: str | None = None
    error: AapimportError | None = None
    settings: "Settings | None" = None


@dataclass(frozen=True, kw_only=True)
class Validation:
    """One check of a file.

    Attributes:
        desk: Where the administrator sits.
        settings: Gives the settings, which are only needed with a pass.
        file: The file.
        reading: How it is read.
        pass_name: The pass whose teams its are compared with; None for none.
        other_pass: Whether it may be the results workbook of an upload to another pass.
        strict: Whether a warning fails, too.
        show_all: Whether each problem is listed, ungrouped.
        annotate: Where its rows are written with every wrong cell marked; None for nowhere.
        fix: Where it is written with all safe repairs; None for nowhere.
        force: Whether what is there is replaced.
    """

    desk: "Desk"
    settings: "Callable[[], Settings]"
    file: Path
    reading: "ReadOptions"
    pass_name: str | None
    other_pass: bool
    strict: bool
    show_all: bool
    annotate: Path | None
    fix: Path | None
    force: bool

    def carry_out(self) -> ExitCode:
        """Check every row and list all problems; nothing is sent.

        Raises:
            FileProblemError: The file can't be read, or a copy can't be written.
            UsageError: A decision about it is missing and nothing can answer.
            AapimportError: The portal can't be asked for the teams.
        """
        from aapimport.app.planning import with_answers
        from aapimport.problems.problem import Level

        outputs = self._outputs()
        checked = with_answers(
            self.reading,
            self.desk,
            lambda chosen: self._check(chosen, with_people=bool(outputs or self.pass_name)),
        )
        if self.pass_name is not None:
            teams = self._compared(checked, self.pass_name)
        else:
            teams = _not_compared(checked)
        self._show(teams)
        self._write(teams.checked)
        if teams.error:
            raise teams.error
        if teams.said and (self.pass_name or not self.desk.as_json):
            self.desk.say(teams.said)
        if teams.checked.origin and self.pass_name is None:
            from aapimport.app.origin import said

            self.desk.say(f"it is {said(teams.checked.origin)}")
        count = teams.checked.count
        doubtful = count(Level.WARNING) or teams.checked.left_out
        failed = count(Level.ERROR) or (self.strict and doubtful)
        return ExitCode.FINDINGS if failed else ExitCode.OK

    def _check(self, chosen: "ReadOptions", *, with_people: bool) -> "Checked":
        from aapimport.check.check_file import begin_check

        checking = begin_check(self.file, chosen, with_people=with_people)
        # What the answer needs is imported while the children work on the question.
        from aapimport.screens import problems  # noqa: F401 -- see above

        with self.desk.busy(f"reading {self.file.name}"):
            return checking()

    def _outputs(self) -> list[Path]:
        """The workbooks that are to be written.

        Raises:
            UsageError: Both are one file.
            FileProblemError: One can't be written.
        """
        outputs = [out for out in (self.annotate, self.fix) if out is not None]
        if len({out.absolute() for out in outputs}) < len(outputs):
            raise UsageError(
                f"--annotate and --fix both name {outputs[0]}", hint="give each a file of its own"
            )
        if outputs:
            from aapimport.template.output import check_workbook_name

            for out in outputs:
                check_workbook_name(out, force=self.force, source=self.file)
        return outputs

    def _compared(self, checked: "Checked", pass_name: str) -> _Teams:
        """Compare the teams of the file with those of a pass."""
        from aapimport.app.origin import check_origin
        from aapimport.app.session import listing
        from aapimport.plan.checked_teams import with_team_problems
        from aapimport.plan.names import choose_pass, teams_of
        from aapimport.screens.console import safe
        from aapimport.screens.target import show_target

        settings = None
        try:
            settings = self.settings()
            self.desk.show_beside(show_target, settings)
            with self.desk.busy("asking the services"), listing(settings) as services:
                chosen = choose_pass(services.portal, pass_name, settings.pass_as)
                check_origin(checked, services, chosen, self.desk, given=self.other_pass)
                here, elsewhere = teams_of(services.portal, chosen)
        except AapimportError as error:
            return _Teams(checked, error=error, settings=settings)
        names = ", ".join(repr(team.name) for team in sorted(here, key=lambda it: it.name))
        there = safe(f"pass {chosen.name!r}, which has: {names or 'none'}")
        if "team" not in checked.columns:
            said = f"the file has no column Team for the teams of {there}"
            return _Teams(checked, said, chosen.name, settings=settings)
        try:
            compared = with_team_problems(checked, here, elsewhere)
        except FileProblemError:
            said = "team names were not compared: correct the errors above first"
            return _Teams(checked, said, settings=settings)
        every = "every" if len(compared.problems) == len(checked.problems) else "not every"
        said = f"{every} team name is one of {there}"
        return _Teams(compared, said, chosen.name, settings=settings)

    def _show(self, teams: _Teams) -> None:
        if self.desk.as_json:
            from aapimport.check.report import report_of

            report = report_of(
                teams.checked,
                teams.compared_with,
                target=teams.settings.target if teams.settings else None,
                address=teams.settings.address if teams.settings else None,
            )
            self.desk.hold_result(report.model_dump_json(indent=2))
        else:
            from aapimport.screens.problems import show_checked

            self.desk.write(show_checked, teams.checked, show_all=self.show_all)

    def _write(self, checked: "Checked") -> None:
        """Write the workbooks that were asked for, and say so."""
        if self.annotate:
            from aapimport.copies.annotate import annotate
            from aapimport.screens.workbooks import annotated

            done = annotate(checked, self.annotate, force=self.force)
            self.desk.say(annotated(self.annotate, done))
        if self.fix:
            from aapimport.copies.fix import fix
            from aapimport.screens.workbooks import fixed

            self.desk.say(fixed(self.fix, fix(checked, self.fix, force=self.force)))


def _not_compared(checked: "Checked") -> _Teams:
    if "team" not in checked.columns:
        return _Teams(checked)
    return _Teams(checked, "team names were not compared with the portal's: --pass NAME does")
