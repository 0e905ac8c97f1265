"""Last year's exported list as a template for the new pass."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked, ReadOptions


@dataclass(frozen=True, kw_only=True)
class Renewing:
    """One renewal.

    Attributes:
        desk: Where the administrator sits.
        file: Last year's list.
        out: What is written.
        reading: How the list is read.
        idle_days: Days without a log-in, before the list's newest one, that make a leaver.
        force: Whether what is there is replaced.
    """

    desk: "Desk"
    file: Path
    out: Path
    reading: "ReadOptions"
    idle_days: int
    force: bool

    def carry_out(self) -> ExitCode:
        """Write the template, and say what became of each row.

        Raises:
            FileProblemError: The list can't be read, or the template can't be written.
            UsageError: A decision about the list is missing and nothing can answer.
        """
        from aapimport.app.planning import with_answers
        from aapimport.app.written import renewal_report
        from aapimport.check.check_file import check_file
        from aapimport.copies.renew import renew
        from aapimport.problems.problem import Level
        from aapimport.screens.workbooks import show_renewed
        from aapimport.template.output import check_workbook_name

        check_workbook_name(self.out, force=self.force, source=self.file)

        def check(chosen: "ReadOptions") -> "Checked":
            with self.desk.busy(f"reading {self.file.name}"):
                return check_file(self.file, chosen)

        checked = with_answers(self.reading, self.desk, check)
        renewal = renew(checked, self.out, idle_days=self.idle_days, force=self.force)
        if self.desk.as_json:
            report = renewal_report(self.out, renewal)
            self.desk.print_result(report.model_dump_json(indent=2))
        else:
            self.desk.show(show_renewed, self.out, renewal)
        warned = any(problem.level is Level.WARNING for problem in renewal.told)
        return ExitCode.FINDINGS if renewal.with_errors or warned else ExitCode.OK
