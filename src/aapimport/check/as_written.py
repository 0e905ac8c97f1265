"""What was changed or added in a results workbook on a wrong sheet: where nobody reads it.

Of such a workbook To correct alone is read. A hidden sheet tells how the administrator's own sheet
was written, by digests of its cells; whoever stands otherwise there now, or on a further sheet, and
not so on To correct, was typed by somebody who may believe that it is read.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from aapimport.check.header import find_header
from aapimport.check.repair import shown
from aapimport.check.top_rows import top_rows
from aapimport.sheets.book import Sheet, Value
from aapimport.template.cells import CellRef
from aapimport.template.columns import AS_WRITTEN_SHEET, AS_WRITTEN_TITLE, COLUMNS, SUMMARY_SHEET

_DIGITS = 12
_FIRST = 4
"""The row on the hidden sheet at which its table's rows begin: below a title and a header."""
_PART = r"[0-9]{1,5}:[0-5]:[0-9a-f]+"
_WRITTEN = re.compile(rf"([0-9]{{1,7}}) ([0-9]{{1,7}}) ({_PART}(?:,{_PART})*) (.+)")
_ROW = re.compile(r"[A-Z]+(?=[0-9]+$)")
"""The column in a cell's name, without which cells of one row are alike."""
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[^\s@<>()\[\],;:\"]+")
_KEYS = tuple(column.key for column in COLUMNS)
_EMAIL, _FIRST_NAME, _LAST_NAME = map(_KEYS.index, ("email", "first_name", "last_name"))

_Cells = tuple[str, ...]
"""Of a row, one text or digest for each of the template's columns; blank is the empty one."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A row of the own sheet, as it was written.

    Attributes:
        sheet: The own sheet's name.
        row: The row on it.
        corrected: The row on To correct; 0 for whoever isn't on it.
        cells: A digest of each filled cell, by its column (from 0) and that of the template.
    """

    sheet: str
    row: int
    corrected: int
    cells: Mapping[tuple[int, int], str]

    @property
    def text(self) -> str:
        """What stands in the row of the hidden sheet: one cell, as there may be many rows."""
        cells = ",".join(f"{own}:{at}:{digest}" for (own, at), digest in self.cells.items())
        return f"{self.row} {self.corrected} {cells} {self.sheet}"

    @classmethod
    def read(cls, text: str) -> "Written | None":
        """The same from its text; None where that is none."""
        found = _WRITTEN.fullmatch(text)
        if not found:
            return None
        row, corrected, cells, sheet = found.groups()
        parts = [cell.split(":") for cell in cells.split(",")]
        places = {(int(own), int(at)): digest for own, at, digest in parts}
        return cls(sheet=sheet, row=int(row), corrected=int(corrected), cells=places)


class Unread(NamedTuple):
    """What somebody has typed where nobody reads it.

    Attributes:
        sheet: The sheet's name.
        where: The cell, as the Name Box takes it; a row where nothing is left of it.
        what: What became of it.
    """

    sheet: str
    where: str
    what: str


class _Table(NamedTuple):
    """The rows of a sheet that hold something in the template's columns, below its header.

    Attributes:
        name: The sheet's name.
        columns: The column (from 0) of each of the template's; None where it has none.
        rows: Their texts, by the row's number.
    """

    name: str
    columns: tuple[int | None, ...]
    rows: Mapping[int, _Cells]


def digest_of(value: Value) -> str:
    """A digest of what a cell holds, whatever the type in which a program saves it; "" if blank."""
    text = _text(value)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] if text else ""


def unread(sheets: Sequence[Sheet], corrected: Sheet) -> list[Unread] | None:
    """What was changed or added where nobody reads it, and isn't the same on To correct.

    Rows that were moved or hidden are no change, nor is what stands in columns that aren't the
    template's. Whoever is to be corrected and was taken out of the own sheet is one, and every
    address on a further sheet that nobody knows.

    Args:
        sheets: The workbook's sheets.
        corrected: The sheet To correct.

    Returns:
        None where nothing tells how the own sheet was written.
    """
    written = [*_written(sheets)]
    if not written:
        return None
    ours = {corrected.name, AS_WRITTEN_SHEET, SUMMARY_SHEET}
    places = {at: own for one in written for own, at in one.cells}
    tables = [_table(sheet, places) for sheet in sheets if sheet.name not in ours]
    own = _own(tables, written)
    fixed = _table(corrected, {at: at for at in range(len(_KEYS))})
    known = {*map(_was, written)}
    found = [
        one
        for table in tables
        for one in _typed(table, written if table is own else [], known, fixed)
    ]
    addresses = {was[_EMAIL] for was in known} | {
        digest_of(texts[_EMAIL]) for texts in fixed.rows.values()
    }
    further = [it for it in sheets if it.name not in ours and not (own and it.name == own.name)]
    told = {(one.sheet, _ROW.sub("", one.where)) for one in found}
    return found + [
        one
        for sheet in further
        for one in _strangers(sheet, addresses)
        if (one.sheet, _ROW.sub("", one.where)) not in told
    ]


def _strangers(sheet: Sheet, known: set[str]) -> Iterator[Unread]:
    """Each row of a sheet with an address that nobody knows, wherever in the row it stands."""
    for number, row in enumerate(sheet.rows(), start=1):
        for at, value in enumerate(row):
            there = _ADDRESS.findall(_text(value))
            if any(digest_of(one) not in known for one in there):
                cell = str(CellRef(sheet.name, sheet.first_column + at, number))
                yield Unread(sheet.name, cell, "added")
                break


def _typed(
    table: _Table, written: Sequence[Written], known: set[_Cells], fixed: _Table
) -> Iterator[Unread]:
    """What a sheet says otherwise than it was written, and than To correct says it.

    Args:
        table: The sheet.
        written: How its rows were written; none for a sheet that isn't the own one.
        known: How all rows of the own one were.
        fixed: To correct.
    """
    has = [column is not None for column in table.columns]
    known = {_only(has, was) for was in known}
    now = {row: tuple(map(digest_of, texts)) for row, texts in table.rows.items()}
    kept = {*now.values()}
    twins = _Twins([one for one in written if _only(has, _was(one)) not in kept])
    corrected = _Corrected(fixed)
    for row, cells in now.items():
        texts = table.rows[row]
        if cells in known or not (written or "@" in texts[_EMAIL]):
            continue
        twin = twins.take(row, cells)
        before = _only(has, _was(twin)) if twin else ("",) * len(cells)
        said = corrected.of(cells) or (corrected.of(_was(twin)) if twin else None)
        changed = [
            column
            for at, column in enumerate(table.columns)
            if cells[at] != before[at]
            if said is None or said[at].casefold() != texts[at].casefold()
        ]
        for column in changed if twin else changed[:1]:
            cell = str(CellRef(table.name, column or 0, row))
            yield Unread(table.name, cell, "changed" if twin else "added")
    for one in twins.left.values():
        if one.corrected:
            where = (
                "here, and is still on To correct" if corrected.of(_was(one)) else "of both sheets"
            )
            yield Unread(table.name, f"row {one.row} of {table.name}", f"taken out {where}")


class _Corrected:
    """The people on To correct, found by who they are: its rows may be sorted, or taken out."""

    def __init__(self, fixed: _Table) -> None:
        self._by: dict[tuple[str, ...], list[_Cells]] = {}
        for texts in fixed.rows.values():
            for mark in self._marks(tuple(map(digest_of, texts))):
                self._by.setdefault(mark, []).append(texts)

    def of(self, cells: _Cells) -> _Cells | None:
        """What To correct says of somebody; None where nobody knows for certain who that is there.

        Args:
            cells: Digests of what stands, or stood, in the person's row of another sheet.
        """
        for mark in self._marks(cells):
            if len(found := self._by.get(mark, [])) == 1:
                return found[0]
        return None

    @staticmethod
    def _marks(cells: _Cells) -> Iterator[tuple[str, ...]]:
        if cells[_EMAIL]:
            yield ("email", cells[_EMAIL])
        if cells[_FIRST_NAME] and cells[_LAST_NAME]:
            yield ("names", cells[_FIRST_NAME], cells[_LAST_NAME])


class _Twins:
    """The rows that aren't as they were written, found by what they still have in common.

    Attributes:
        left: Those that nobody has found, by their number.
    """

    def __init__(self, rows: Sequence[Written]) -> None:
        self.left = {one.row: one for one in rows}
        self._by: dict[tuple[object, ...], Written] = {}
        for one in rows:
            for mark in _marks(one.row, _was(one)):
                self._by.setdefault(mark, one)

    def take(self, row: int, cells: _Cells) -> Written | None:
        """What a row was before; None for a new one."""
        for mark in _marks(row, cells):
            one = self._by.get(mark)
            if one and self.left.pop(one.row, None):
                return one
        return None


def _marks(row: int, cells: _Cells) -> Iterator[tuple[object, ...]]:
    """What a row is known by, the surest first: its address, its name, its place and a cell."""
    if cells[_EMAIL]:
        yield ("email", cells[_EMAIL])
    if cells[_FIRST_NAME] and cells[_LAST_NAME]:
        yield ("names", cells[_FIRST_NAME], cells[_LAST_NAME])
    yield from (("cell", row, at, cell) for at, cell in enumerate(cells) if cell)


def _table(sheet: Sheet, places: Mapping[int, int]) -> _Table:
    """Read a sheet, by its header or, without one, by the column of each of the template's."""
    left = sheet.rows()
    top = top_rows(left)
    header = find_header(top, sheet.first_column)
    columns, above = tuple(places.get(at) for at in range(len(_KEYS))), 0
    if header and len(header.columns) > 1:
        columns, above = tuple(header.columns.get(key) for key in _KEYS), header.row
    rows = {}
    for number, row in enumerate(chain(top, left), start=1):
        texts = tuple(
            "" if column is None else _text(_cell(row, column - sheet.first_column))
            for column in columns
        )
        if number > above and any(texts):
            rows[number] = texts
    return _Table(sheet.name, columns, rows)


def _own(tables: Sequence[_Table], written: Sequence[Written]) -> _Table | None:
    """The own sheet, by its name; where that was changed, the one that still has most of it."""
    if named := [table for table in tables if _text(table.name) == written[0].sheet]:
        return named[0]
    digests = {digest for one in written for digest in one.cells.values()}

    def still(table: _Table) -> int:
        cells = (digest_of(text) for texts in table.rows.values() for text in texts)
        return sum(cell in digests for cell in cells)

    return max(tables, key=still, default=None)


def _written(sheets: Sequence[Sheet]) -> Iterator[Written]:
    sheet = next((it for it in sheets if it.name == AS_WRITTEN_SHEET), None)
    rows = [*sheet.rows()] if sheet else []
    if not rows or not str(_cell(rows[0], 0)).startswith(AS_WRITTEN_TITLE):
        return
    yield from filter(None, (Written.read(_text(_cell(row, 0))) for row in rows[_FIRST - 1 :]))


def _was(one: Written) -> _Cells:
    by_column = {at: digest for (_, at), digest in one.cells.items()}
    return tuple(by_column.get(at, "") for at in range(len(_KEYS)))


def _only(has: Sequence[bool], cells: _Cells) -> _Cells:
    """Without what stood in columns that the sheet no longer has."""
    return tuple(cell if there else "" for there, cell in zip(has, cells, strict=True))


def _cell(row: Sequence[Value], at: int) -> Value:
    return row[at] if 0 <= at < len(row) else ""


def _text(value: Value) -> str:
    """A value as text that it still is after any program has saved it (LibreOffice: 15 digits)."""
    if isinstance(value, int | float):
        return f"{value + 0:.15g}"  # -0.0 is 0
    return " ".join(shown(value).split())
