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
from aapimport.sheets.archive import read_part
from aapimport.sheets.book import Choices, Sheet, Value
from aapimport.sheets.facts import ERROR_CODES, Area, Cell, Facts, Looks, Reason, Unseen
from aapimport.sheets.formats.calamine import Grid, read_grids
from aapimport.sheets.intake import Intake
from aapimport.sheets.number_formats import BUILT_IN, add_number, add_text, is_date, unpacked
from aapimport.sheets.refusals import half_read
from aapimport.text import linked_address

_ROW, _SHEET, _FORMAT, _STYLE, _STYLES, _STYLES_END = 0, 156, 44, 47, 617, 618
_COLUMNS, _MERGED, _LINK, _STRING, _COMMENT, _COMMENT_TEXT = 60, 176, 494, 19, 635, 637
_FONT, _FILL, _STRUCK, _AS_RGB = 43, 45, 0x08, 2
_RK, _ERROR, _BOOLEAN, _REAL, _TEXT, _SHARED = 2, 3, 4, 5, 6, 7
_FORMULAS = {8: _TEXT, 9: _REAL, 10: _BOOLEAN, 11: _ERROR}
_SHORT, _SHORT_END, _SHORT_FROM = 12, 18, 11
"""Records of the same kinds, less by 11, for the cell beside the one before: without a column."""
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 1
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
        reader where the value reader can't read the file or is known to misread it.

    Raises:
        FileProblemError: It can't be read.
    """
    try:
        sheets = _sheets(data)
    except _BROKEN as error:
        first_reader()  # what it says of the file is clearer, if it can't read it either
        raise half_read(name) from error
    try:
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
    styles, strings = _cell_styles(data), _strings(data)
    sheets = []
    for name, part, hidden in _sheet_parts(data):
        sheet = _Records(name, styles, strings, _targets(data, part), hidden=hidden)
        for kind, body in _records(_read(data, part)):
            sheet.take(kind, body)
        sheet.settle(_comments(data, part))
        sheets.append(sheet)
    return sheets


class _Records:
    """A sheet, and the state between its records.

    Args:
        name: Its name.
        styles: The number format of each cell style, and its look if it crosses values out.
        strings: The texts that cells share.
        targets: Where the sheet's relationships lead.
        hidden: Whether the workbook hides it.
    """

    def __init__(
        self,
        name: str,
        styles: list[tuple[str, str]],
        strings: list[str],
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
        self._blank: set[Cell] = set()
        self._is_worked_out = False

    def rows(self) -> Iterator[list[Value]]:
        """The rows from row 1 on."""
        last = max((max(column) for column in self._columns if column), default=0)
        for row in range(1, last + 1):
            yield [column.get(row, "") for column in self._columns]

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
            self._row, self._column = _number(body) + 1, -1
            if self._row > _ROW_END:
                raise ValueError("a row beyond the last one")
            if body[11] & _HIDDEN_ROW:
                self._facts.hidden_rows.add(self._row)
        elif _SHORT <= kind <= _SHORT_END:
            self.is_short = True
            self._column += 1
            self._take_cell(kind - _SHORT_FROM, body, 0)
        elif kind <= max(_FORMULAS):
            self._column = _number(body)
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
        style = _number(body, at) & 0xFFFFFF
        form, look = self._styles[style] if style < len(self._styles) else ("?", "")
        at += 4
        value: Value = ""
        if kind == _ERROR:
            self._facts.errors[cell] = ERROR_CODES.get(body[at], "#N/A")
        elif kind == _BOOLEAN:
            value = bool(body[at])
        elif kind in {_TEXT, _SHARED}:
            value = _text(body, at)[0] if kind == _TEXT else self._strings[_number(body, at)]
            add_text(cell, value, form, self._looks)
        elif kind in {_RK, _REAL}:
            number = (
                unpacked(_number(body, at))
                if kind == _RK
                else struct.unpack_from("<d", body, at)[0]
            )
            add_number(cell, number, form, self._looks)
            value = _moment(number) if is_date(form) else number
        if value != "":
            self._columns += [{} for _ in range(len(self._columns), self._column + 1)]
            self._columns[self._column][self._row] = value
            if look:
                self._looks.crossed_out[cell] = look

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
            if body[16] & _HIDDEN_COLUMN or not width:
                self._facts.hidden_columns.update(range(first, min(last + 1, _COLUMN_END)))
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            self.merged.append((top + 1, left, bottom + 1, right))
        elif kind == _LINK:
            top, _, left, _ = struct.unpack_from("<4I", body)
            target = self._targets.get(_text(body, 16)[0], "")
            if address := linked_address(target):
                self._looks.links[top + 1, left] = address


def _moment(number: float) -> Value:
    try:
        return _DAY_0 + dt.timedelta(days=number)
    except (OverflowError, ValueError):
        return number


def _sheet_parts(data: bytes) -> Iterator[tuple[str, str, bool]]:
    """The name of each sheet, the part that holds it, and whether it is hidden."""
    targets = _targets(data, "xl/workbook.bin")
    for kind, body in _records(_read(data, "xl/workbook.bin")):
        if kind == _SHEET:
            identity, end = _text(body, 8)
            part = posixpath.normpath(posixpath.join("/xl", targets[identity])).lstrip("/")
            if "worksheets/" in part:
                yield _text(body, end)[0], part, bool(_number(body))


def _comments(data: bytes, part: str) -> dict[Cell, str]:
    """The text of each comment on a sheet, which stand in a part of their own."""
    comments: dict[Cell, str] = {}
    cell = (0, 0)
    for target in _targets(data, part).values():
        if "comments" not in target.lower() or not target.lower().endswith(".bin"):
            continue
        place = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")
        for kind, body in _records(_read(data, place)):
            if kind == _COMMENT:
                cell = (_number(body, 4) + 1, _number(body, 12))
            elif kind == _COMMENT_TEXT:
                comments[cell] = _text(body, 1)[0]
    return comments


def _strings(data: bytes) -> list[str]:
    """The texts that cells share."""
    try:
        part = _read(data, "xl/sharedStrings.bin")
    except KeyError:
        return []
    return [_text(body, 1)[0] for kind, body in _records(part) if kind == _STRING]


def _targets(data: bytes, part: str) -> dict[str, str]:
    """Where the relationships of a part lead, by their id."""
    folder, name = posixpath.split(part)
    try:
        # inspect_archive has made sure that there is no DOCTYPE in it
        links = ET.fromstring(_read(data, f"{folder}/_rels/{name}.rels"))  # noqa: S314 -- see above
    except KeyError:
        return {}
    return {link.get("Id", ""): link.get("Target", "") for link in links}


def _cell_styles(data: bytes) -> list[tuple[str, str]]:
    """The number format of each cell style, and its look if it crosses values out."""
    try:
        records = _records(_read(data, "xl/styles.bin"))
    except KeyError:
        return [("General", "")]
    formats = dict(BUILT_IN)
    fonts: list[str] = []
    fills: list[bool] = []
    of_cells: list[tuple[str, str]] = []
    inside = False
    for kind, body in records:
        if kind == _FORMAT:
            formats[int.from_bytes(body[:2], "little")] = _text(body, 2)[0]
        elif kind == _FONT:  # the flags, and a colour that is written as red, green, blue
            white = body[12] >> 1 == _AS_RGB and body[16:19] == b"\xff\xff\xff"
            fonts.append("struck through" if body[2] & _STRUCK else "white" if white else "")
        elif kind == _FILL:
            fills.append(_number(body) != 0)
        elif kind in {_STYLES, _STYLES_END}:
            inside = kind == _STYLES
        elif kind == _STYLE and inside:
            number, font, fill = struct.unpack_from("<3H", body, 2)
            look = fonts[font] if font < len(fonts) else ""
            if look == "white":
                look = "" if fill < len(fills) and fills[fill] else "written in white"
            of_cells.append((formats.get(number, f"number {number}"), look))
    return of_cells or [("General", "")]


def _read(data: bytes, part: str) -> bytes:
    return b"".join(read_part(data, part))


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part: kind and length are in groups of seven bits ([MS-XLSB] 2.1.4)."""
    at, end = 0, len(stream)
    while at < end:
        kind, at = stream[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | stream[at] << 7, at + 1
        length = shift = 0
        more = True
        while more:
            byte, at = stream[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            more = bool(byte & 0x80)
        yield kind, stream[at : at + length]
        at += length


def _number(body: bytes, at: int = 0) -> int:
    return int.from_bytes(body[at : at + 4], "little")


def _text(body: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends."""
    end = at + 4 + 2 * _number(body, at)
    return body[at + 4 : end].decode("utf-16-le"), end
