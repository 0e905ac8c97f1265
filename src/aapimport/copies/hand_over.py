"""A workbook of people who are to be welcomed by hand: the recipients of a mail merge.

Word takes the first sheet whose first row names the columns (Microsoft, "Use mail merge for bulk
email"); the column with the addresses is chosen there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aapimport.errors import UsageError
from aapimport.template.marked import mark_of, set_mark
from aapimport.template.output import (
    NOTHING_WRITTEN,
    check_free,
    close_sheets,
    new_sheet,
    new_workbook,
    replacing,
    text_cell,
)
from aapimport.text import column_letters

SHEET = "Recipients"
HEADERS = ("Email Address", "First Name", "Last Name", "Pass", "About", "Row")
_WIDTHS = (32, 16, 20, 28, 28, 6)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody who is to be mailed by hand.

    Attributes:
        email: The address.
        first_name: The given name.
        last_name: The family name.
        pass_name: The pass.
        about: What the e-mail is about: `All Access Pass`, `Jhana`, or both.
        row: The row of the file; where several uploads are asked about, with which.
    """

    email: str
    first_name: str
    last_name: str
    pass_name: str
    about: str
    row: str


def check_name(path: Path) -> None:
    """Make sure that the workbook can be written before anything else is done.

    Raises:
        UsageError: The name doesn't end in .xlsx.
        FileProblemError: The file exists, or can't be written.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(
            f"{path} does not end in .xlsx",
            hint=f"an Excel workbook is written; for example: {path.stem}.xlsx",
            state=NOTHING_WRITTEN,
        )
    check_free(path, force=None)


def is_workbook_of(path: Path, receipt: str) -> bool:
    """Whether a file is the workbook of a hand-over, and nobody has saved it since."""
    return mark_of(path) == _mark(receipt)


def _mark(receipt: str) -> str:
    return f"aapimport hand-over {receipt}"


def write_recipients(
    path: Path, receipt: str, recipients: Sequence[Recipient], commit: Callable[[], None]
) -> None:
    """Write the workbook, private to its owner (0600).

    Args:
        path: The file.
        receipt: The hand-over.
        recipients: Who is in it.
        commit: Called when it is written whole, and not to be seen so far: what it does is durable
            before anybody can use the file.

    Raises:
        FileProblemError: It can't be written.
    """
    workbook = new_workbook("Welcome e-mails")
    sheet = new_sheet(workbook, SHEET)
    for at, width in enumerate(_WIDTHS):
        sheet.column_dimensions[column_letters(at)].width = width
    sheet.freeze_panes = "A2"
    sheet.append([text_cell(sheet, text) for text in HEADERS])
    for one in recipients:
        texts = (one.email, one.first_name, one.last_name, one.pass_name, one.about, one.row)
        sheet.append([text_cell(sheet, text) for text in texts])
    close_sheets(workbook)
    with replacing(path) as draft:
        workbook.save(draft)
        set_mark(draft, _mark(receipt))
        commit()
