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
from aapimport.check.rows_again import EMAIL, KEYS, Cells, Fixed, Twins, was_written
from aapimport.check.top_rows import top_rows
from aapimport.check.unread_cells import address_in, mentions_address
from aapimport.check.written import ADDRESS, IN_SENTENCES, Written, digest_of, text_of
from aapimport.sheets.book import Sheet, Value
from aapimport.sheets.facts import Looks, Unseen
from aapimport.sheets.letters import MOST_NAMED
from aapimport.template.cells import CellRef
from aapimport.template.columns import AS_WRITTEN_SHEET, AS_WRITTEN_TITLE, SUMMARY_SHEET

_FIRST = 4
"""The row on the hidden sheet at which its table's rows begin: below a title and a header."""
_NAMING = ("email", "first_name", "last_name")


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
    rows: Mapping[int, Cells]


def compare(sheets: Sequence[Sheet], corrected: Sheet) -> Compared | None:
    """What was changed or added where nobody reads it, and isn't the same on To correct.

    Rows that were moved or hidden are no change, nor is it where somebody who isn't to be corrected
    was taken out, or what stands in columns that aren't the template's, unless there is a new
    address in it, be it in a sentence: a remark may be how somebody corrects.
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
    known = {*map(was_written, written)}
    on_it = _table(corrected, {at: at for at in range(len(KEYS))})
    fixed = Fixed(on_it.name, on_it.rows, written)
    addresses = {line.removeprefix(ADDRESS) for line in lines if line.startswith(ADDRESS)}
    knows_sentences = IN_SENTENCES in lines
    found: list[Unread] = []
    for sheet in others:
        table = tables.get(sheet.name, _Table(sheet.name, (None,) * len(KEYS), {}))
        if table is own:
            judged = {*table.rows}
            left, unsure = _without_crossed_out(sheet, table)
            found += [*_typed(left, written, known, fixed), *unsure]
        else:
            typed = [*_typed(table, [], known, fixed)]
            found += typed
            judged = {row for row, texts in table.rows.items() if "@" in texts[EMAIL]}
        is_ours = table is own or sheet.name == SUMMARY_SHEET
        told = {*judged} if not is_ours else None  # our own sentences name addresses, too
        if knows_sentences:
            told = set()
        for row, column, value in _addresses(sheet, told):
            is_read = row in judged and column == table.columns[EMAIL]
            is_known = (row in judged or is_ours) and digest_of(value) in addresses
            if not (is_read or is_known):
                found.append(Unread(sheet.name, str(CellRef(sheet.name, column, row)), "added"))
    return Compared(found, own.name if own else None)


def _addresses(sheet: Sheet, people: AbstractSet[int] | None) -> Iterator[tuple[int, int, Value]]:
    """The cells with an address: row, column and value.

    Args:
        sheet: The sheet.
        people: The rows with somebody beside whom no sentence counts, as nobody knows which were
            there before; in all others it counts where an address is mentioned in it. None where
            no sentence counts.
    """
    for number, row in enumerate(sheet.rows(), start=1):
        counts = people is not None and number not in people
        for column, value in enumerate(row, start=sheet.first_column):
            if address_in((value,), number, column) or (counts and mentions_address(value)):
                yield number, column, value


def _without_crossed_out(sheet: Sheet, table: _Table) -> tuple[_Table, list[Unread]]:
    """A table without the people whom somebody has crossed out, which is as good as deleted.

    Returns:
        The table, and of a long list what the cheap look at it leaves open.
    """
    looks = sheet.facts().looks
    places = {key: at for key, at in zip(KEYS, table.columns, strict=True) if at is not None}
    unsure = []
    if isinstance(looks, Unseen):
        suspects = looks.suspects
        naming = {places[key] for key in _NAMING if key in places}
        crossed = {at: rows for at, rows in suspects.crossed_out.items() if at in naming}
        last = [rows[-1] for rows in crossed.values() if len(rows) >= MOST_NAMED]
        where = f"{sheet.name}, below row {min(last)}" if last else sheet.name
        if last or suspects.everything or -1 in suspects.crossed_out:
            unsure.append(Unread(sheet.name, where, "who is crossed out there can't be seen"))
        marks = {(row, at): "struck through" for at, rows in crossed.items() for row in rows}
        looks = Looks(crossed_out=marks)
    gone = looks.people_crossed_out(places)
    rows = {at: it for at, it in table.rows.items() if at not in gone}
    return table._replace(rows=rows), unsure


def _typed(
    table: _Table, written: Sequence[Written], known: AbstractSet[Cells], fixed: "Fixed"
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
    kept = Counter(now.values())
    twins = Twins([*_missing(written, now, has)])
    for row, cells in now.items():
        texts = table.rows[row]
        if cells in known or not (written or "@" in texts[EMAIL]):
            continue
        twin = twins.take(row, cells)
        before = _only(has, was_written(twin)) if twin else ("",) * len(cells)
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
        if one.person and not kept[_only(has, was_written(one))] >= fixed.many(one) > 0:
            said, is_there = fixed.of(one)
            what = "taken out of both sheets"
            if is_there:
                what = f"taken out; {'it is' if said else 'it may be'} still on {fixed.name}"
            yield Unread(table.name, f"row {one.row} of {table.name}", what)


def _missing(
    written: Sequence[Written], now: Mapping[int, Cells], has: Sequence[bool]
) -> Iterator[Written]:
    """The rows that aren't there as they were written; of several alike as many as are missing."""
    kept = Counter(now.values())
    alike: defaultdict[Cells, list[Written]] = defaultdict(list)
    for one in written:
        alike[_only(has, was_written(one))].append(one)
    for cells, rows in alike.items():
        elsewhere_first = sorted(rows, key=lambda one: now.get(one.row) == cells)
        yield from elsewhere_first[: max(len(rows) - kept[cells], 0)]


def _table(sheet: Sheet, places: Mapping[int, int]) -> _Table:
    """Read a sheet, by its header or, without one, by the column of each of the template's."""
    left = sheet.rows()
    top = top_rows(left)
    header = find_header(top, sheet.first_column)
    columns, above = tuple(places.get(at) for at in range(len(KEYS))), 0
    if header and len(header.columns) > 1:
        columns, above = tuple(header.columns.get(key) for key in KEYS), header.row
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


def _only(has: Sequence[bool], cells: Cells) -> Cells:
    """Without what stood in columns that the sheet no longer has."""
    return tuple(cell if there else "" for there, cell in zip(has, cells, strict=True))


def _cell(row: Sequence[Value], at: int) -> Value:
    return row[at] if 0 <= at < len(row) else ""
