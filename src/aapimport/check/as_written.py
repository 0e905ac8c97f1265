"""Which cells of a results workbook were changed on the wrong sheet: where nobody reads them.

The workbook has whoever is to be corrected twice: on the own sheet, and on To correct, which alone
is read. A hidden sheet tells how the own sheet was written, by digests of its cells.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aapimport.check.repair import shown
from aapimport.sheets.book import Sheet, Value
from aapimport.template.cells import CellRef
from aapimport.template.columns import AS_WRITTEN_SHEET, AS_WRITTEN_TITLE, SUMMARY_SHEET

_DIGITS = 20
_FIRST = 4
"""The row on the hidden sheet at which its table's rows begin: below a title and a header."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A row of the own sheet whose person is on To correct, as it was written.

    Attributes:
        sheet: The own sheet's name.
        row: The row on it.
        corrected: The row on To correct.
        cells: A digest of each cell, by its column (from 0) and the column on To correct.
    """

    sheet: str
    row: int
    corrected: int
    cells: Mapping[tuple[int, int], str]

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands in the row of the hidden sheet."""
        cells = (f"{own}:{other}:{digest}" for (own, other), digest in self.cells.items())
        return (self.sheet, str(self.row), str(self.corrected), *cells)


def digest_of(value: Value) -> str:
    """A digest of what a cell holds, whatever the type in which a program saves it."""
    return hashlib.sha256(_text(value).encode()).hexdigest()[:_DIGITS]


def changed_elsewhere(sheets: Sequence[Sheet], corrected: Sheet) -> Iterator[str]:
    """The cells, as the Name Box takes them, that were changed where nobody reads them.

    Args:
        sheets: The workbook's sheets.
        corrected: The sheet To correct.
    """
    written = [*_written(sheets)]
    own = _own(sheets, written[0].sheet, corrected) if written else None
    if own is None:
        return
    rows = [*own.rows()]
    there = [*corrected.rows()]
    columns = [*written[0].cells]
    digests = [
        tuple(digest_of(_cell(row, at - own.first_column)) for at, _ in columns) for row in rows
    ]
    unchanged = {*digests}
    for one in written:
        was = tuple(one.cells.get(place, "") for place in columns)
        number = None if was in unchanged else _now(was, one.row, digests)
        if number is None:
            continue
        says = there[one.corrected - 1] if one.corrected <= len(there) else ()
        for (column, other), before, after in zip(columns, was, digests[number - 1], strict=True):
            now = _text(_cell(rows[number - 1], column - own.first_column))
            told = _text(_cell(says, other - corrected.first_column))
            if before != after and now.casefold() != told.casefold():
                yield str(CellRef(own.name, column, number))


def _own(sheets: Sequence[Sheet], name: str, corrected: Sheet) -> Sheet | None:
    """The own sheet, by its name; where that was changed, the only one that is none of ours."""
    for sheet in sheets:
        if _text(sheet.name) == name:
            return sheet
    ours = {corrected.name, AS_WRITTEN_SHEET, SUMMARY_SHEET}
    others = [sheet for sheet in sheets if sheet.name not in ours]
    return others[0] if len(others) == 1 else None


def _now(was: tuple[str, ...], row: int, digests: Sequence[tuple[str, ...]]) -> int | None:
    """The number of the row that is most like the one that was written: it may have been moved.

    None where none has a filled cell in common with it: the person was taken out.
    """

    def alike(number: int) -> tuple[int, int]:
        same = [one for one, now in zip(was, digests[number - 1], strict=True) if one == now]
        return sum(one != _BLANK for one in same), len(same)

    numbers = sorted(range(1, len(digests) + 1), key=lambda number: number != row)
    best = max(numbers, key=alike, default=None)
    return best if best and alike(best)[0] else None


def _written(sheets: Sequence[Sheet]) -> Iterator[Written]:
    sheet = next((it for it in sheets if it.name == AS_WRITTEN_SHEET), None)
    rows = [*sheet.rows()] if sheet else []
    if not rows or not str(_cell(rows[0], 0)).startswith(AS_WRITTEN_TITLE):
        return
    for row in rows[_FIRST - 1 :]:
        name, own, corrected, *cells = (_text(value) for value in row)
        parts = [cell.split(":") for cell in cells if cell.count(":") == 2]  # noqa: PLR2004 -- as `texts`
        if own.isdecimal() and corrected.isdecimal():
            yield Written(
                sheet=name,
                row=int(own),
                corrected=int(corrected),
                cells={(int(at), int(other)): digest for at, other, digest in parts},
            )


def _cell(row: Sequence[Value], at: int) -> Value:
    return row[at] if 0 <= at < len(row) else ""


def _text(value: Value) -> str:
    return shown(value).strip()


_BLANK = digest_of("")
