"""The receipt of a run, shown again from the journal, or as a page; no service is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode, ServiceError, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run


@dataclass(frozen=True, kw_only=True)
class ReceiptChoices:
    """What `receipt` may be told; the names are those of the flags.

    Attributes:
        file: The file that was uploaded; None where it isn't at hand.
        encoding: Its text encoding; None for that in which it was read then.
        xlsx: The results workbook to write; None for none.
        html: The page to write; None for none.
        with_people: Whether people are named by their addresses; None for what is usual: on
            screens and in JSON they are, on a page, which is forwarded, they aren't.
        force: Whether existing files may be replaced.
    """

    file: Path | None = None
    encoding: str | None = None
    xlsx: Path | None = None
    html: Path | None = None
    with_people: bool | None = None
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class StoredReceipt:
    """A receipt that is shown again.

    Attributes:
        settings: The settings: the receipt is in the journal of their services.
        desk: Where the administrator sits.
        number: The confirmation number.
        choices: How.
    """

    settings: "Settings"
    desk: "Desk"
    number: str
    choices: ReceiptChoices

    def show(self) -> ExitCode:
        """Print it, and write what was asked for.

        Raises:
            RefusedError: Nothing has this number, or the file is another one.
            FileProblemError: The file can't be read, or something can't be written.
            UsageError: The workbook's name doesn't end in .xlsx, or the page's in .html.
            SettingsError: The journal can't be read.
        """
        from aapimport.app.doubts import say_doubts
        from aapimport.app.history import read_journal
        from aapimport.app.own_file import addresses_in, own_file
        from aapimport.app.receipts import print_receipt
        from aapimport.app.results import write_results_of
        from aapimport.app.session import journals_beside
        from aapimport.run.journal import journal_path
        from aapimport.run.records import OF_VERSION_1, SETS_VALUES
        from aapimport.screens.target import show_target

        it = self.choices
        encoding = it.encoding or ""
        self._check_names()
        path = journal_path(self.settings.state_dir, self.settings.target)
        with read_journal(path, journals_beside(self.settings)) as journal:
            run = journal.run(self.number)
            if run.kind in SETS_VALUES:
                return self._show_values(journal, run)
            checked = own_file(run, it.file, self.desk, encoding) if it.file else None
            addresses = addresses_in(checked) if checked else {}
            if not self.desk.as_json:
                self.desk.show_beside(show_target, self.settings)
            named = None if it.with_people is False else addresses
            if run.is_of_version_1:
                self.desk.say(f"{run.name} was {OF_VERSION_1}")
            report = print_receipt(journal, run.receipt, named, self.desk)
            say_doubts(journal, run, report, self.desk)
            self._say_who_waits(journal, run)
            if it.xlsx:
                write_results_of(
                    journal, run, self.desk, out=it.xlsx, file=it.file, encoding=encoding
                )
                self._wrote(journal, run, it.xlsx, with_people=True)
            if it.html:
                self._write_page(journal, run, checked, addresses, it.html)
        return ExitCode.OK

    def _say_who_waits(self, journal: "Journal", run: "Run") -> None:
        """Say which e-mails wait, and the command that sends them."""
        from aapimport.app.cut_hand_over import say_cut_off
        from aapimport.run.wanted_letters import unmailed_of, wanted_letters
        from aapimport.screens.console import count
        from aapimport.screens.how_long import moment

        number = run.receipt
        say_cut_off(journal, run, self.desk)
        due = (
            it
            for one in journal.results_due(run.address)
            for it in (one, *journal.uploads_about(one))
        )
        if any(number == one.receipt for one in due):
            self.desk.say(
                "its results workbook doesn't tell so far how its e-mails stand, as a command was"
                f" killed: aapimport resume {number} writes it anew"
            )
        if run.is_open and run.not_before is not None:
            day = moment(run.not_before)
            self.desk.say(f"no e-mail is sent before {day}; then: aapimport resume {number}")
        if wanted_letters(run) and (waiting := unmailed_of(journal, run)):
            who = count(waiting, "person waits", "people wait")
            self.desk.say(f"{who} for the welcome e-mail: aapimport send-emails {number}")

    def _show_values(self, journal: "Journal", run: "Run") -> ExitCode:
        """The receipt of an undo or a repair."""
        from aapimport.app.setting_values import print_again
        from aapimport.screens.target import show_target

        if self.choices.file or self.choices.xlsx or self.choices.html:
            what = "an undo" if run.of else "a repair"
            upload = f", or name the upload that it took back: {run.of}" if run.of else ""
            raise UsageError(
                f"{run.receipt} is {what}: its receipt is no workbook and no page",
                hint=f"leave out --file, --xlsx and --html{upload}",
            )
        if not self.desk.as_json:
            self.desk.show_beside(show_target, self.settings)
        print_again(journal, run, self.desk)
        return ExitCode.OK

    def _check_names(self) -> None:
        from aapimport.template.output import NOTHING_WRITTEN, check_free, check_workbook_name

        it = self.choices
        if it.xlsx and it.with_people is False:
            raise UsageError(
                "a results workbook names people: --xlsx and --without-people exclude each other",
                hint="--html writes a page that names nobody",
            )
        if it.xlsx and it.html and it.xlsx.absolute() == it.html.absolute():
            raise UsageError(f"{it.xlsx} is to be both the workbook and the page")
        if it.xlsx:
            check_workbook_name(it.xlsx, force=it.force, source=it.file)
        if it.html and it.html.suffix.lower() not in (".html", ".htm"):
            raise UsageError(
                f"{it.html} does not end in .html",
                hint=f"a page is written; for example: {it.html.stem}.html",
                state=NOTHING_WRITTEN,
            )
        if it.html:
            check_free(it.html, force=it.force, source=it.file)

    def _write_page(
        self,
        journal: "Journal",
        run: "Run",
        checked: "Checked | None",
        addresses: Mapping[int, str],
        out: Path,
    ) -> None:
        from aapimport.run.report import make_report
        from aapimport.screens.receipt_page import receipt_page
        from aapimport.template.output import replacing

        without = make_report(journal, run, None)
        report = without
        if self.choices.with_people:
            report = make_report(journal, run, {**journal.addresses(run.receipt), **addresses})
        page = receipt_page(report, without, checked.people if checked else ())
        with replacing(out, force=self.choices.force) as draft:
            draft.write_text(page, encoding="utf-8")
        self._wrote(journal, run, out, with_people=bool(self.choices.with_people))

    def _wrote(self, journal: "Journal", run: "Run", out: Path, *, with_people: bool) -> None:
        """Say so, and have `history purge` name it where it holds people, and only there."""
        self.desk.say(f"wrote {out}")
        try:
            if not with_people:
                journal.forget_copy(out)
            elif self.settings.keep_people:
                journal.remember_copy(run.receipt, out.absolute())
        except ServiceError as error:
            named = "won't name" if with_people else "may still name"
            holds = "holds" if with_people else "no longer holds"
            self.desk.say(f"history purge {named} {out}, which {holds} people: {error}")
