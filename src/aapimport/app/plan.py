"""A plan: what an upload would do, shown, written down or printed for a script."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode
from aapimport.text import as_typed

if TYPE_CHECKING:
    from aapimport.app.choices import PlanChoices
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.plan.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Planning:
    """One plan.

    Attributes:
        settings: The settings.
        desk: Where the administrator sits.
        file: The file.
        choices: What was decided by flags.
        output: Where the plan is written; None for nowhere.
        force: Whether what is there is replaced.
        everybody: Whether everybody is listed, not the first 50.
    """

    settings: "Settings"
    desk: "Desk"
    file: Path
    choices: "PlanChoices"
    output: Path | None
    force: bool
    everybody: bool

    def carry_out(self) -> ExitCode:
        """Show what an upload would do; nothing is written to a service.

        Raises:
            AapimportError: It can't be said, or an upload would be refused.

        Returns:
            1 where somebody of the file is left out: whoever acts on it knows before the upload.
        """
        from aapimport.app.approving import plan_with_emails, refuse_emails_without_way
        from aapimport.app.deciding import decided_plan
        from aapimport.app.letters import with_letters
        from aapimport.app.planning import checked_file
        from aapimport.app.session import journals_beside
        from aapimport.plan.decide import impossible, refuse_impossible
        from aapimport.screens.target import show_target
        from aapimport.template.output import check_free

        self.desk.show(show_target, self.settings)
        if self.output:
            check_free(self.output, force=self.force, source=self.file)
        checked = checked_file(self.file, self.choices, self.desk)
        decided = decided_plan(self._drafted(checked), self.desk, self.choices)
        decided = with_letters(decided, self.settings)
        self._show(decided, checked)
        refuse_emails_without_way(decided, self.choices.emails)
        others = journals_beside(self.settings)
        if others and self.choices.emails and decided.welcomes:
            others.check()
        if self.output and not impossible(decided):
            decided = plan_with_emails(decided, self.desk, self.choices.emails)
            self._write(decided, self.output)
        if self.desk.as_json:
            is_open = self.choices.emails is None and bool(decided.welcomes) and not self.output
            self._print(decided, emails_open=is_open)
        refuse_impossible(decided)
        self.desk.say(f"next: {self._next()}")
        return ExitCode.OK if decided.is_whole else ExitCode.FINDINGS

    def _next(self) -> str:
        """The command that carries it out."""
        reading = {
            "--sheet": self.choices.sheet,
            "--hidden": self.choices.hidden,
            "--encoding": self.choices.encoding,
        }
        flags = "".join(f" {flag} {as_typed(said)}" for flag, said in reading.items() if said)
        if self.output:
            return f"aapimport upload {as_typed(self.file)}{flags} --plan {as_typed(self.output)}"
        return "the same command with upload in the place of plan"

    def _drafted(self, checked: "Checked") -> "Plan":
        """What an upload could do, as the services are now."""
        from aapimport.app.open_uploads import mention_open_uploads
        from aapimport.app.planning import drafted_plan
        from aapimport.app.session import connected, journals_beside
        from aapimport.run.journal import journal_path
        from aapimport.run.recall import recall_unlocked

        with connected(self.settings) as services:
            mention_open_uploads(self.settings, services.address, self.desk)
            path = journal_path(self.settings.state_dir, self.settings.target)
            memory = recall_unlocked(path, services.address, journals_beside(self.settings))
            draft = drafted_plan(services, checked, self.choices, self.settings, self.desk, memory)
        return draft.without_emails() if self.choices.emails is False else draft

    def _show(self, decided: "Plan", checked: "Checked") -> None:
        """The first rows, each person's step, and the totals."""
        from aapimport.app.planning import warned_rows
        from aapimport.screens.plan import show_plan, show_preview
        from aapimport.screens.steps import show_steps

        self.desk.show(
            show_preview, decided, self.choices.preview, warned_rows(checked), self.desk.profile
        )
        self.desk.show(show_steps, decided, everybody=self.everybody)
        self.desk.show(show_plan, decided, self.desk.profile)

    def _print(self, decided: "Plan", *, emails_open: bool) -> None:
        """Print a plan, refused or not; who writes it to a file has decided about the e-mails."""
        from aapimport.plan.report import plan_report

        report = plan_report(decided, emails_open=emails_open)
        self.desk.hold_result(report.model_dump_json(by_alias=True, indent=2))

    def _write(self, decided: "Plan", output: Path) -> None:
        """Write a plan to be approved, and say where."""
        from aapimport.plan.approval import write_plan
        from aapimport.plan.report import plan_report
        from aapimport.screens.plan import show_written

        report = plan_report(decided)
        write_plan(report, output, force=self.force)
        self.desk.show(show_written, output, report.fingerprint)
