"""What was changed or added in a results workbook on a wrong sheet: where nobody reads it.

Of such a workbook To correct alone is read. A hidden sheet tells how the administrator's own sheet
was written, by digests of its cells; whoever stands otherwise there now, or on a further sheet, and
not so on To correct, was typed by somebody who may believe that it is read. Who is who on both is
told by address and names, never by the place of a row: rows are sorted, and deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import NamedTuple

from aapimport.check.header import find_header
from aapimport.check.top_rows import top_rows
from aapimport.check.unread_cells import address_in
from aapimport.check.written import ADDRESS, Written, digest_of, person_of, text_of
from aapimport.sheets.book import Sheet, Value
from aapimport.sheets.facts import Looks, seen
from aapimport.template.cells import CellRef
from aapimport.template.columns import AS_WRITTEN_SHEET, AS_WRITTEN_TITLE, COLUMNS, SUMMARY_SHEET

_FIRST = 4
"""The row on the hidden sheet at which its table's rows begin: below a title and a header."""
_KEYS = tuple(column.key for column in COLUMNS)
_EMAIL, _FIRST_NAME, _LAST_NAME = map(_KEYS.index, ("email", "first_name", "last_name"))

_Cells = tuple[str, ...]
"""Of a row, one text or digest for each of the template's columns; blank is the empty one."""


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


class Compared(NamedTuple):
    """The sheets beside To correct, held against how they were written.

    Attributes:
        unread: What was typed there, in the sheets' order.
        own: The name of the administrator's own sheet; None where it is gone.
    """

    unread: Sequence[Unread]
    own: str | None


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


def compare(sheets: Sequence[Sheet], corrected: Sheet) -> Compared | None:
    """What was changed or added where nobody reads it, and isn't the same on To correct.

    Rows that were moved or hidden are no change, nor is it where somebody who isn't to be corrected
    was taken out, or what stands in columns that aren't the template's, unless it is an address.
    Whoever is to be corrected was taken out where the row is gone, blank or crossed out (as far as
    its looks are known).

    Args:
        sheets: The workbook's sheets.
        corrected: The sheet To correct.

    Returns:
        None where nothing tells how the own sheet was written.
    """
    lines = [*_lines(sheets)]
    written = [*filter(None, map(Written.read, lines))]
    if not written:
        return None
    places = {at: own for one in written for own, at in one.cells}
    others = [it for it in sheets if it.name not in (corrected.name, AS_WRITTEN_SHEET)]
    tables = {it.name: _table(it, places) for it in others if it.name != SUMMARY_SHEET}
    own = _own([*tables.values()], written)
    known = {*map(_was, written)}
    fixed = _Fixed(_table(corrected, {at: at for at in range(len(_KEYS))}), written)
    addresses = {line.removeprefix(ADDRESS) for line in lines if line.startswith(ADDRESS)}
    found: list[Unread] = []
    for sheet in others:
        table = tables.get(sheet.name, _Table(sheet.name, (None,) * len(_KEYS), {}))
        if table is own:
            judged = {*table.rows}
            found += _typed(_without_crossed_out(sheet, table), written, known, fixed)
        else:
            typed = [*_typed(table, [], known, fixed)]
            found += typed
            judged = {row for row, texts in table.rows.items() if "@" in texts[_EMAIL]}
        is_ours = table is own or sheet.name == SUMMARY_SHEET
        for row, column, value in _addresses(sheet):
            is_read = row in judged and column == table.columns[_EMAIL]
            is_known = (row in judged or is_ours) and digest_of(value) in addresses
            if not (is_read or is_known):
                found.append(Unread(sheet.name, str(CellRef(sheet.name, column, row)), "added"))
    return Compared(found, own.name if own else None)


def _addresses(sheet: Sheet) -> Iterator[tuple[int, int, Value]]:
    """The cells with an address: row, column and value."""
    for number, row in enumerate(sheet.rows(), start=1):
        for column, value in enumerate(row, start=sheet.first_column):
            if address_in((value,), number, column):
                yield number, column, value


def _without_crossed_out(sheet: Sheet, table: _Table) -> _Table:
    """A table without the people whom somebody has crossed out, which is as good as deleted."""
    places = ((key, at) for key, at in zip(_KEYS, table.columns, strict=True) if at is not None)
    gone = seen(sheet.facts().looks, Looks()).people_crossed_out(dict(places))
    return table._replace(rows={at: it for at, it in table.rows.items() if at not in gone})


def _typed(
    table: _Table, written: Sequence[Written], known: AbstractSet[_Cells], fixed: "_Fixed"
) -> Iterator[Unread]:
    """What a sheet says otherwise than it was written, and than To correct says it.

    Args:
        table: The sheet.
        written: How its rows were written; none for a sheet that isn't the own one.
        known: How all rows of the own one were.
        fixed: Who is on To correct.
    """
    has = [column is not None for column in table.columns]
    known = {_only(has, was) for was in known}
    now = {row: tuple(map(digest_of, texts)) for row, texts in table.rows.items()}
    kept = {*now.values()}
    twins = _Twins([one for one in written if _only(has, _was(one)) not in kept])
    for row, cells in now.items():
        texts = table.rows[row]
        if cells in known or not (written or "@" in texts[_EMAIL]):
            continue
        twin = twins.take(row, cells)
        before = _only(has, _was(twin)) if twin else ("",) * len(cells)
        changed = [at for at, cell in enumerate(cells) if cell != before[at]]
        if fixed.has_all(texts, has):
            continue
        said = fixed.of(twin)[0] if twin else None
        if said:
            changed = [at for at in changed if said[at].casefold() != texts[at].casefold()]
        for at in changed if twin else changed[:1]:
            cell = str(CellRef(table.name, table.columns[at] or 0, row))
            yield Unread(table.name, cell, "changed" if twin else "added")
    for one in twins.left.values():
        if one.person:
            said, is_there = fixed.of(one)
            what = "taken out of both sheets"
            if is_there:
                what = f"taken out; {'it is' if said else 'it may be'} still on {fixed.name}"
            yield Unread(table.name, f"row {one.row} of {table.name}", what)


class _Fixed:
    """Who is on To correct.

    Args:
        table: That sheet.
        written: How the rows of the own sheet were written.
    """

    def __init__(self, table: _Table, written: Sequence[Written]) -> None:
        self.name = table.name
        self._rows = table.rows
        self._people = {row: _person_in(texts) for row, texts in table.rows.items()}
        self._by: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for row, marks in self._people.items():
            for mark in enumerate(marks):
                self._by[mark].add(row)
        self._written = {mark for one in written for mark in enumerate(one.person or ())}
        self._written |= {(0, _was(one)[_EMAIL]) for one in written}
        self._namesakes = Counter(one.person[1] for one in written if one.person)

    def of(self, one: Written) -> tuple[_Cells | None, bool]:
        """The row of somebody, None where it isn't certain; and whether any may be it."""
        email, names = one.person or ("", "")
        by_email, by_names = (
            self._by[at, mark] if mark else set[int]() for at, mark in enumerate((email, names))
        )
        rows = by_email & by_names or by_email | by_names
        if len(rows) != 1:
            return None, bool(rows)
        (row,) = rows
        if not by_email:  # the address may have been corrected, or it is a namesake
            if (0, self._people[row][0]) in self._written:
                return None, False
            if self._namesakes[names] > 1:
                return None, True
        return self._rows[row], True

    def has_all(self, texts: _Cells, has: Sequence[bool]) -> bool:
        """Whether somebody of that address is there, and in all columns of a sheet the same."""
        rows = self._by[0, _person_in(texts)[0]]
        return any(
            all(
                said.casefold() == text.casefold()
                for said, text, there in zip(self._rows[row], texts, has, strict=True)
                if there
            )
            for row in rows
        )


def _person_in(texts: _Cells) -> tuple[str, str]:
    return person_of(texts[_EMAIL], texts[_FIRST_NAME], texts[_LAST_NAME])


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
            "" if column is None else text_of(_cell(row, column - sheet.first_column))
            for column in columns
        )
        if number > above and any(texts):
            rows[number] = texts
    return _Table(sheet.name, columns, rows)


def _own(tables: Sequence[_Table], written: Sequence[Written]) -> _Table | None:
    """The own sheet, by its name; where that was changed, the one that still has most of it."""
    if named := [table for table in tables if text_of(table.name) == written[0].sheet]:
        return named[0]
    digests = {digest for one in written for digest in one.cells.values()}

    def still(table: _Table) -> int:
        cells = (digest_of(text) for texts in table.rows.values() for text in texts)
        return sum(cell in digests for cell in cells)

    most = max(tables, key=still, default=None)
    return most if most and still(most) else None


def _lines(sheets: Sequence[Sheet]) -> Iterator[str]:
    sheet = next((it for it in sheets if it.name == AS_WRITTEN_SHEET), None)
    rows = [*sheet.rows()] if sheet else []
    if not rows or not str(_cell(rows[0], 0)).startswith(AS_WRITTEN_TITLE):
        return
    yield from (text_of(_cell(row, 0)) for row in rows[_FIRST - 1 :])


def _was(one: Written) -> _Cells:
    by_column = {at: digest for (_, at), digest in one.cells.items()}
    return tuple(by_column.get(at, "") for at in range(len(_KEYS)))


def _only(has: Sequence[bool], cells: _Cells) -> _Cells:
    """Without what stood in columns that the sheet no longer has."""
    return tuple(cell if there else "" for there, cell in zip(has, cells, strict=True))


def _cell(row: Sequence[Value], at: int) -> Value:
    return row[at] if 0 <= at < len(row) else ""
