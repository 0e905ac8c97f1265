"""A checked file's rows once more, for the workbooks that are made from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aapimport.check.check_file import Checked
from aapimport.check.header import header_score
from aapimport.check.noted import Kind
from aapimport.check.repair import shown as as_text
from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, Sheet, Value, open_book


@dataclass(frozen=True, slots=True)
class Original:
    """The sheet that was checked, as it is in the file.

    Attributes:
        header_row: The header's row, from 1; 0 where none was found.
        sheet: The sheet.
        last_problem: The last row with a problem; the values may end above it.
        shown: What Excel shows in columns that are none of the template's, where that is another
            text than the value, by row and column.
    """

    header_row: int
    sheet: Sheet
    last_problem: int
    shown: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, list[Value]]]:
        """Each row's number (from 1) and its values, the first one standing in column A."""
        margin: list[Value] = [""] * self.sheet.first_column
        number = 0
        for number, values in enumerate(self.sheet.rows(), start=1):
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
    choices = Choices(header_score, checked.encoding or None, digest=checked.digest)
    book = open_book(checked.path, choices)
    sheet = next((one for one in book.sheets if one.name == checked.sheet), None)
    if sheet is None:
        raise FileProblemError(f"{checked.path} has no sheet {checked.sheet!r} any more")
    last_problem = max((p.cell.row for p in checked.problems if p.cell), default=0)
    shown: dict[int, dict[int, str]] = {}
    known = set(checked.columns.values())
    for (row, column), kinds in checked.corrections.items():
        if column not in known and Kind.SHOWN in kinds:
            shown.setdefault(row, {})[column] = kinds[Kind.SHOWN]
    return Original(checked.header_row, sheet, last_problem, shown)
