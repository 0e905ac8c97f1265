"""The rows at the top of a sheet, among which its header is looked for."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

_Cell = TypeVar("_Cell")

SEARCHED_ROWS = 30
"""Among so many rows a header is looked for: title rows, logos and filter notes stand above it."""
FARTHEST_ROW = 1_000
"""No header is looked for below, however many of the rows above are blank."""


def top_rows(rows: Iterator[Sequence[_Cell]]) -> list[Sequence[_Cell]]:
    """The rows among which a header is looked for, taken from all rows; blank ones don't count."""
    top: list[Sequence[_Cell]] = []
    filled = 0
    for row in islice(rows, FARTHEST_ROW):
        top.append(row)
        filled += any(row)
        if filled == SEARCHED_ROWS:
            break
    return top


def first_filled_row(
    rows: Iterable[Sequence[object]], first: int = 1
) -> tuple[int, list[str]] | None:
    """The first row that holds something and its texts, for a file without a header.

    Args:
        rows: The rows.
        first: The number of the first of them.
    """
    for number, row in enumerate(rows, start=first):
        if texts := [" ".join(str(cell).split()) for cell in row if is_filled(cell)]:
            return number, texts
    return None


def is_filled(cell: object) -> bool:
    """Whether a cell holds more than blanks."""
    return not isinstance(cell, str) or bool(cell.strip())
