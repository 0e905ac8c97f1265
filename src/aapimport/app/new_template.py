"""The template, empty, to be filled in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class NewTemplate:
    """One template.

    Attributes:
        desk: Where the administrator sits.
        settings: Gives the settings, which are only needed with a pass.
        out: What is written; None for the portal's own name.
        file_format: `xlsx` or `csv`; None for what `out` ends in.
        pass_name: The pass whose teams are offered in a list.
        force: Whether what is there is replaced.
    """

    desk: "Desk"
    settings: "Callable[[], Settings]"
    out: Path | None
    file_format: str | None
    pass_name: str | None
    force: bool

    def carry_out(self) -> ExitCode:
        """Write the template, and say what to do next.

        Raises:
            UsageError: The flags contradict each other.
            FileProblemError: It can't be written.
            AapimportError: The portal can't be asked for the teams.
        """
        from aapimport.app.session import team_names
        from aapimport.app.written import template_report
        from aapimport.screens.template import show_new_template
        from aapimport.template.output import check_free
        from aapimport.template.workbook import (
            TemplateContent,
            write_template,
            write_template_csv,
        )

        path, chosen = _target(self.out, self.file_format)
        if chosen == "csv" and self.pass_name is not None:
            raise UsageError(
                "a csv file can't offer a list of teams",
                hint="leave out --pass, or write an xlsx file",
            )
        check_free(path, force=self.force)
        settings = None if self.pass_name is None else self.settings()
        teams = team_names(settings, self.pass_name) if settings and self.pass_name else None
        if chosen == "csv":
            write_template_csv(path, force=self.force)
        else:
            write_template(path, TemplateContent(teams=teams or ()), force=self.force)
        if self.desk.as_json:
            report = template_report(path, teams, settings)
            self.desk.print_result(report.model_dump_json(indent=2))
        else:
            self.desk.show(show_new_template, path, None if teams is None else len(teams))
        return ExitCode.OK


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
