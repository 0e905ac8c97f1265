"""Binary xlsb workbooks: a second reading of every value, and what values alone don't tell.

The value reader (calamine) gives `#N/A` as blank, says nothing of what is hidden, and skips the
short records of cells that follow each other. Source: [MS-XLSB] 2.4.
"""

import datetime as dt
import posixpath
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from xml.etree import ElementTree as ET

from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, Sheet, Value
from aapimport.sheets.facts import (
    ERROR_CODES,
    LEAST_HEIGHT,
    LEAST_WIDTH,
    PARTS,
    TWIPS,
    Area,
    Cell,
    Facts,
    Looks,
    Reason,
    Unseen,
)
from aapimport.sheets.formats.calamine import MOST_CELLS, Grid, read_grids
from aapimport.sheets.formats.xlsb_records import number, read_whole, records, text
from aapimport.sheets.formats.xlsb_styles import (
    Style,
    Styles,
    read_strings,
    read_styles,
    rich_text,
)
from aapimport.sheets.intake import Intake
from aapimport.sheets.number_formats import add_number, add_text, is_date, unpacked
from aapimport.sheets.refusals import half_read
from aapimport.text import linked_address

_ROW, _SHEET, _COLUMNS, _MERGED, _LINK, _COMMENT, _COMMENT_TEXT = 0, 156, 60, 176, 494, 635, 637
_RK, _ERROR, _BOOLEAN, _REAL, _TEXT, _SHARED, _RICH_TEXT = 2, 3, 4, 5, 6, 7, 62
_FORMULAS = {8: _TEXT, 9: _REAL, 10: _BOOLEAN, 11: _ERROR}
_SHORT, _SHORT_END, _SHORT_FROM = 12, 18, 11
"""Records of the same kinds, less by 11, for the cell beside the one before: without a column."""
_HIDDEN_ROW, _OWN_HEIGHT, _HIDDEN_COLUMN = 0x10, 0x20, 1
_ROW_END, _COLUMN_END = 1_048_576, 16_384
_BROKEN = (KeyError, IndexError, ValueError, struct.error, zipfile.BadZipFile, ET.ParseError)
_DAY_0 = dt.datetime(1899, 12, 30)  # noqa: DTZ001 -- a sheet's dates have no zone


def open_sheets(intake: Intake, name: str, _choices: Choices) -> list[Sheet]:
    """The sheets of a binary workbook; it raises what `read_xlsb` does."""
    return read_xlsb(intake.data, name, partial(read_grids, intake, name))


def read_xlsb(data: bytes, name: str, first_reader: Callable[[], list[Grid]]) -> list[Sheet]:
    """The sheets of a binary workbook.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        name: The file's name, for messages.
        first_reader: What the value reader makes of it; it raises FileProblemError where it fails.

    Returns:
        The sheets as the value reader reads them, each with a second look at it; those of this
        reader where the value reader can't read the file, is known to misread it, or would keep
        room for too many cells.

    Raises:
        FileProblemError: It can't be read.
    """
    try:
        sheets = _sheets(data)
    except _BROKEN as error:
        first_reader()  # what it says of the file is clearer, if it can't read it either
        raise half_read(name) from error
    grids: dict[str, Grid] = {}
    try:
        if max((each.extent() for each in sheets), default=0) < MOST_CELLS:
            grids = {grid.name: grid for grid in first_reader()}
    except FileProblemError:
        grids = {}
    return [
        _sheet(records, None if any(each.is_short for each in sheets) else grids.get(records.name))
        for records in sheets
        if records.name in grids or not grids
    ]


def _sheet(records: "_Records", first: Grid | None) -> Sheet:
    return Sheet(
        name=records.name,
        hidden=records.hidden,
        first_column=first.first_column if first else 0,
        rows=first.rows if first else records.rows,
        facts=partial(records.look, twice=first is not None),
    )


def _sheets(data: bytes) -> "list[_Records]":
    styles = read_styles(data)
    strings = read_strings(data, styles.fonts)
    sheets = []
    for name, part, hidden in _sheet_parts(data):
        sheet = _Records(name, styles, strings, _targets(data, part), hidden=hidden)
        for kind, body in records(read_whole(data, part)):
            sheet.take(kind, body)
        sheet.settle(_comments(data, part))
        sheets.append(sheet)
    return sheets


class _Records:
    """A sheet, and the state between its records.

    Args:
        name: Its name.
        styles: Those of the workbook.
        strings: The texts that cells share, each with the look of its letters.
        targets: Where the sheet's relationships lead.
        hidden: Whether the workbook hides it.
    """

    def __init__(
        self,
        name: str,
        styles: Styles,
        strings: list[tuple[str, str]],
        targets: dict[str, str],
        *,
        hidden: bool,
    ) -> None:
        self.name = name
        self.hidden = hidden
        self.is_short = False
        self.merged: list[Area] = []
        self._looks = Looks()
        self._facts = Facts(second=Unseen(Reason.ONE_READER_KNOWS), looks=self._looks)
        self._styles = styles
        self._strings = strings
        self._targets = targets
        self._columns: list[dict[int, Value]] = []
        self._row = self._column = 0
        self._rows: set[int] = set()
        self._blank: set[Cell] = set()
        self._is_worked_out = False

    def rows(self) -> Iterator[list[Value]]:
        """The rows from row 1 on, each up to its last filled cell."""
        filled: dict[int, dict[int, Value]] = {}
        for at, column in enumerate(self._columns):
            for row, value in column.items():
                filled.setdefault(row, {})[at] = value
        for row in range(1, max(filled, default=0) + 1):
            cells = filled.get(row, {})
            values: list[Value] = [""] * (max(cells, default=-1) + 1)
            for at, value in cells.items():
                values[at] = value
            yield values

    def extent(self) -> int:
        """How many cells there are up to the last row and column that hold something."""
        return max((max(column) for column in self._columns if column), default=0) * len(
            self._columns
        )

    def look(self, *, twice: bool) -> Facts:
        """What is known of the sheet; `twice`: the value reader has read the values, too."""
        facts = replace(self._facts, merged=tuple(self.merged))
        if twice:
            facts.second = [
                {
                    row: {"date": str(value)} if isinstance(value, dt.datetime) else value
                    for row, value in column.items()
                }
                for column in self._columns
            ]
        return facts

    def settle(self, comments: dict[Cell, str]) -> None:
        """Add comments, and decide on blank results, which are none where nothing is calculated."""
        self._looks.comments = comments
        if not self._is_worked_out:
            self._facts.unstored |= self._blank

    def take(self, kind: int, body: bytes) -> None:
        """Note what a record tells."""
        if kind == _ROW:
            self._row, self._column = number(body) + 1, -1
            if self._row > _ROW_END:
                raise ValueError("a row beyond the last one")
            if self._row in self._rows:
                self._facts.twice.append(self._row)
            self._rows.add(self._row)
            height = int.from_bytes(body[8:10], "little")
            is_flat = body[11] & _OWN_HEIGHT and height < LEAST_HEIGHT * TWIPS
            if is_flat or body[11] & _HIDDEN_ROW:
                self._facts.hidden_rows.add(self._row)
        elif _SHORT <= kind <= _SHORT_END:
            self.is_short = True
            self._column += 1
            self._take_cell(kind - _SHORT_FROM, body, 0)
        elif kind <= max(_FORMULAS) or kind == _RICH_TEXT:
            self._column = number(body)
            self._take_cell(_FORMULAS.get(kind, kind), body, 4)
            if kind in _FORMULAS:
                self._take_result(kind)
        else:
            self._take_rare(kind, body)

    def _take_cell(self, kind: int, body: bytes, at: int) -> None:
        """Note a cell: its style at that place in the record, its value behind it."""
        if not 0 <= self._column < _COLUMN_END:
            raise ValueError("a column beyond the last one")
        cell = (self._row, self._column)
        style = number(body, at) & 0xFFFFFF
        known = self._styles.cells
        look_of = known[style] if style < len(known) else Style("?")
        form, look = look_of.form, look_of.look
        at += 4
        value: Value = ""
        if kind == _ERROR:
            self._facts.errors[cell] = ERROR_CODES.get(body[at], "#N/A")
        elif kind == _BOOLEAN:
            value = bool(body[at])
        elif kind in {_TEXT, _SHARED, _RICH_TEXT}:
            value, letters = self._text_of(kind, body, at)
            look = look_of.with_letters(letters)
            add_text(cell, value, form, self._looks)
        elif kind in {_RK, _REAL}:
            found = (
                unpacked(number(body, at)) if kind == _RK else struct.unpack_from("<d", body, at)[0]
            )
            add_number(cell, found, form, self._looks)
            value = _moment(found) if is_date(form) else found
        if value != "":
            self._columns += [{} for _ in range(len(self._columns), self._column + 1)]
            self._columns[self._column][self._row] = value
            if look:
                self._looks.crossed_out[cell] = look

    def _text_of(self, kind: int, body: bytes, at: int) -> tuple[str, str]:
        """The text of a cell, and the look of its letters."""
        if kind == _SHARED:
            return self._strings[number(body, at)]
        return (text(body, at)[0], "") if kind == _TEXT else rich_text(body, at, self._styles.fonts)

    def _take_result(self, kind: int) -> None:
        """Weigh the result of a formula: a blank text or 0 may be none."""
        held = (
            self._columns[self._column].get(self._row)
            if self._column < len(self._columns)
            else None
        )
        if held is None and _FORMULAS[kind] == _TEXT:
            self._blank.add((self._row, self._column))
            return
        self._is_worked_out = True
        if held == 0 and not isinstance(held, bool):
            self._facts.zeros.add((self._row, self._column))

    def _take_rare(self, kind: int, body: bytes) -> None:
        if kind == _COLUMNS:
            first, last, width = struct.unpack_from("<III", body)
            if body[16] & _HIDDEN_COLUMN or width < LEAST_WIDTH * PARTS:
                self._facts.hidden_columns.update(range(first, min(last + 1, _COLUMN_END)))
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            self.merged.append((top + 1, left, bottom + 1, right))
        elif kind == _LINK:
            top, _, left, _ = struct.unpack_from("<4I", body)
            target = self._targets.get(text(body, 16)[0], "")
            if address := linked_address(target):
                self._facts.links[top + 1, left] = address


def _moment(number: float) -> Value:
    try:
        return _DAY_0 + dt.timedelta(days=number)
    except (OverflowError, ValueError):
        return number


def _sheet_parts(data: bytes) -> Iterator[tuple[str, str, bool]]:
    """The name of each sheet, the part that holds it, and whether it is hidden."""
    targets = _targets(data, "xl/workbook.bin")
    for kind, body in records(read_whole(data, "xl/workbook.bin")):
        if kind == _SHEET:
            identity, end = text(body, 8)
            part = posixpath.normpath(posixpath.join("/xl", targets[identity])).lstrip("/")
            if "worksheets/" in part:
                yield text(body, end)[0], part, bool(number(body))


def _comments(data: bytes, part: str) -> dict[Cell, str]:
    """The text of each comment on a sheet, which stand in a part of their own."""
    comments: dict[Cell, str] = {}
    cell = (0, 0)
    for target in _targets(data, part).values():
        if "comments" not in target.lower() or not target.lower().endswith(".bin"):
            continue
        place = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
        for kind, body in records(read_whole(data, place)):
            if kind == _COMMENT:
                cell = (number(body, 4) + 1, number(body, 12))
            elif kind == _COMMENT_TEXT:
                comments[cell] = text(body, 1)[0]
    return comments


def _targets(data: bytes, part: str) -> dict[str, str]:
    """Where the relationships of a part lead, by their id."""
    folder, name = posixpath.split(part)
    try:
        # inspect_archive has made sure that there is no DOCTYPE in it
        links = ET.fromstring(read_whole(data, f"{folder}/_rels/{name}.rels"))  # noqa: S314 -- see above
    except KeyError:
        return {}
    return {link.get("Id", ""): link.get("Target", "") for link in links}
