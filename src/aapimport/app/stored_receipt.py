"""The receipt of a run, shown again from the journal; no service is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings


@dataclass(frozen=True, kw_only=True)
class StoredReceipt:
    """A receipt that is shown again.

    Attributes:
        settings: The settings: the receipt is in the journal of their services.
        desk: Where the administrator sits.
        number: The confirmation number.
        file: The file that was uploaded; None where it isn't at hand.
        xlsx: The results workbook to write; None for none.
        force: Whether an existing one may be replaced.
    """

    settings: "Settings"
    desk: "Desk"
    number: str
    file: Path | None = None
    xlsx: Path | None = None
    force: bool = False

    def show(self) -> ExitCode:
        """Print it.

        Raises:
            RefusedError: Nothing has this number, or the file is another one.
            FileProblemError: The file can't be read, or the workbook can't be written.
            UsageError: The workbook's name doesn't end in .xlsx.
            SettingsError: The journal can't be read.
        """
        from aapimport.app.history import read_journal
        from aapimport.app.own_file import addresses_in, own_file
        from aapimport.app.receipts import print_receipt
        from aapimport.app.results import write_results_of
        from aapimport.run.journal import journal_path
        from aapimport.screens.target import show_target
        from aapimport.template.output import check_workbook_name

        if self.xlsx:
            check_workbook_name(self.xlsx, force=self.force, source=self.file)
        path = journal_path(self.settings.state_dir, self.settings.target)
        with read_journal(path) as journal:
            run = journal.run(self.number)
            addresses: Mapping[int, str] = {}
            if self.file:
                addresses = addresses_in(own_file(run, self.file, self.desk))
            if not self.desk.as_json:
                self.desk.show_beside(show_target, self.settings)
            print_receipt(journal, run.receipt, addresses, self.desk)
            if self.xlsx:
                write_results_of(journal, run, self.desk, out=self.xlsx, file=self.file)
                self.desk.say(f"wrote {self.xlsx}")
        return ExitCode.OK
