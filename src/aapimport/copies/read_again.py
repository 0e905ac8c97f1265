"""A checked file's rows once more, for the workbooks that are made from them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from aapimport.check.check_file import Checked
from aapimport.check.noted import Kind
from aapimport.check.repair import shown as as_text
from aapimport.copies.rows import RowsFound, RowsRequest, value_of
from aapimport.errors import FileProblemError
from aapimport.problems.catalogue import RULES
from aapimport.problems.problem import Level, Problem
from aapimport.sheets.book import Value
from aapimport.sheets.child import start_child
from aapimport.sheets.limits import limits_of
from aapimport.sheets.source import CAN_HAND_OVER, open_file
from aapimport.template.output import NOTHING_WRITTEN

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


@dataclass(frozen=True, slots=True)
class Original:
    """The sheet that was checked, as it is in the file.

    Attributes:
        header_row: The header's row, from 1; 0 where none was found.
        filled: The rows that hold something: their numbers, and their values from column A on.
        last_row: The last row that holds something, or has a problem.
        shown: What Excel shows in columns that are none of the template's, where that is another
            text than the value, an error for example, by row and column.
    """

    header_row: int
    filled: Sequence[tuple[int, list[Value]]]
    last_row: int
    shown: Mapping[int, Mapping[int, str]] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, list[Value]]]:
        """Each row's number (from 1) and its values, the first one standing in column A."""
        last = 0
        for number, values in self.filled:
            for blank in range(last + 1, number):
                yield blank, []
            shown = self.shown.get(number, {})
            whole = [*values, *[""] * (max(shown, default=-1) + 1 - len(values))]
            for at, text in shown.items():
                whole[at] = text
            yield number, whole
            last = number
        for blank in range(last + 1, self.last_row + 1):
            yield blank, []

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
    """The rows of a file that was checked before, read by a child under the same limits.

    Its digest makes sure that it is the file that was checked.

    Args:
        checked: The file, with its people.

    Raises:
        FileProblemError: The file has changed since it was checked, or something is wrong with how
            it is written, which a copy would hide.
        ValueError: `checked` was made without its people.
    """
    if checked.ready != len(checked.people):
        raise ValueError("the people of the file are needed")
    _refuse_what_a_copy_hides(checked)
    filled = _rows_of(checked)
    last_problem = max((p.cell.row for p in checked.problems if p.cell), default=0)
    last_row = max(last_problem, filled[-1][0] if filled else 0)
    shown: dict[int, dict[int, str]] = {}
    known = set(checked.columns.values())
    for (row, column), kinds in checked.corrections.items():
        said = kinds.get(Kind.SHOWN) or kinds.get(Kind.UNREADABLE)
        if said and column not in known:
            shown.setdefault(row, {})[column] = said
    return Original(checked.header_row, filled, last_row, shown)


def only_in_the_file(checked: Checked, *levels: Level) -> tuple[Problem, ...]:
    """The problems of some levels that no check of a copy can find again."""
    return tuple(
        problem
        for problem in checked.problems
        if problem.level in levels and RULES[problem.id].is_in_the_file
    )


def _refuse_what_a_copy_hides(checked: Checked) -> None:
    for problem in only_in_the_file(checked, Level.ERROR):
        raise FileProblemError(
            f"{checked.path.name} can't be copied, as its values alone would look right: "
            f"{problem.message}",
            hint=problem.hint,
            state=NOTHING_WRITTEN,
        )


def require_room(checked: Checked, rows: int, columns: int) -> None:
    """Refuse a copy that no sheet can hold, before any work goes into it.

    Raises:
        FileProblemError: There are more rows or columns than a sheet has.
    """
    if rows > _LAST_ROW or columns > _LAST_COLUMN:
        raise FileProblemError(
            f"a copy of {checked.path.name} would have {rows:,} rows and {columns:,} columns,"
            " more than one sheet can hold",
            hint="split the file; validate --json tells the problems for a program to read",
            state=NOTHING_WRITTEN,
        )


def _rows_of(checked: Checked) -> list[tuple[int, list[Value]]]:
    return rows_of(checked.path, checked.sheet, digest=checked.digest, encoding=checked.encoding)


def rows_of(
    path: Path, sheet: str, *, digest: str = "", encoding: str = ""
) -> list[tuple[int, list[Value]]]:
    """The rows of a sheet that hold something, read by a child: their numbers and their values.

    Args:
        path: The file.
        sheet: The sheet; empty for csv.
        digest: The SHA-256 that the file must have, in hexadecimal; empty for any file.
        encoding: The text encoding of a csv; empty for a workbook.

    Raises:
        FileProblemError: It can't be read, has no such sheet, or isn't that file.
    """
    with open_file(path) if CAN_HAND_OVER else nullcontext() as file:
        request = RowsRequest(
            path=str(path),
            digest=digest,
            sheet=sheet,
            encoding=encoding,
            descriptor=file.fileno() if file else None,
        )
        child = start_child("aapimport.copies.rows:read_rows", request, limits_of(path))
    found = RowsFound.read(child.answer(path.name))
    return [(number, [*map(value_of, values)]) for number, values in found.rows]
