"""A checked file's rows once more, for the workbooks that are made from them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aapimport.check.check_file import Checked
from aapimport.check.header import header_score
from aapimport.check.repair import shown as as_text
from aapimport.errors import FileProblemError
from aapimport.sheets.formats.csv import read_text
from aapimport.sheets.intake import Intake, take_in
from aapimport.sheets.table import Table, Value, read_tables


@dataclass(frozen=True, slots=True)
class Original:
    """The sheet that was checked, as it is in the file.

    Attributes:
        header_row: The header's row, from 1; 0 where none was found.
        table: The sheet's values.
        last_problem: The last row with a problem; the values may end above it.
        shown: What Excel shows where it is another text than the value, by row and column.
    """

    header_row: int
    table: Table
    last_problem: int
    shown: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, list[Value]]]:
        """Each row's number (from 1) and its values, the first one standing in column A."""
        margin: list[Value] = [""] * self.table.first_column
        number = 0
        for number, values in enumerate(self.table.rows(), start=1):
            whole = [*margin, *values]
            for at, text in self.shown.get(number, {}).items():
                whole[at] = text
            yield number, whole
        for unread in range(number + 1, self.last_problem + 1):
            yield unread, []

    def rows_below_header(self) -> Iterator[tuple[int, list[Value]]]:
        """The same without the header and what stands above it."""
        return islice(self.rows(), self.header_row, None)

    def headers(self) -> dict[int, str]:
        """The header's text of each column (from 0) that has one."""
        for number, values in self.rows():
            if number == self.header_row:
                return {
                    at: text for at, value in enumerate(values) if (text := as_text(value).strip())
                }
        return {}


def is_blank(values: Sequence[Value]) -> bool:
    """Whether a row holds nothing but blanks."""
    return not any(as_text(value).strip() for value in values)


def read_again(checked: Checked) -> Original:
    """The rows of a file that was checked before.

    The bytes are the ones that a child process has read without harm, which is made sure of by
    their digest; that is why they may be read here.

    Args:
        checked: The file, with its people.

    Raises:
        FileProblemError: The file has changed since it was checked.
        ValueError: `checked` was made without its people.
    """
    if checked.ready != len(checked.people):
        raise ValueError("the people of the file are needed")
    intake = take_in(checked.path)
    if hashlib.sha256(intake.data).hexdigest() != checked.digest:
        raise FileProblemError(
            f"{checked.path} has changed while it was being checked",
            hint="close it everywhere else and try again",
        )
    last_problem = max((p.cell.row for p in checked.problems if p.cell), default=0)
    shown: dict[int, dict[int, str]] = {}
    for (row, column), text in checked.shown.items():
        shown.setdefault(row, {})[column] = text
    return Original(checked.header_row, _table(intake, checked), last_problem, shown)


def _table(intake: Intake, checked: Checked) -> Table:
    if intake.kind == "csv":
        return read_text(intake.data, checked.encoding, header_score, checked.path.name).table()
    for read in read_tables(intake, checked.path.name):
        table = read()
        if table.name == checked.sheet:
            return table
    raise FileProblemError(f"{checked.path} has no sheet {checked.sheet!r} any more")
