"""What a binary xlsb workbook tells beside its values: what is hidden, errors, links, formats.

The value reader gives `#N/A` as blank, and says nothing of what is hidden. Source: [MS-XLSB] 2.4.
"""

import posixpath
import struct
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from aapimport.sheets.archive import read_part
from aapimport.sheets.facts import ERROR_CODES, Cell, Facts
from aapimport.sheets.number_formats import BUILT_IN, add_number, unpacked

_ROW, _RK, _ERROR, _REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_SHEET, _FORMAT, _STYLE, _STYLES, _STYLES_END = 156, 44, 47, 617, 618
_COLUMNS, _MERGED, _LINK = 60, 176, 494
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 1
_LAST_COLUMN = 16_383


def add_xlsb_facts(data: bytes, sheet: str, facts: Facts) -> bool:
    """Add what the sheet's records tell.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        sheet: The sheet's name.
        facts: What is known so far.

    Returns:
        Whether the sheet was found and looked through.
    """
    try:
        part = _sheet_part(data, sheet)
        scan = _Scan(facts, _formats(data), _targets(data, part))
        for kind, body in _records(_read(data, part)):
            scan.take(kind, body)
    except (
        KeyError,
        IndexError,
        struct.error,
        UnicodeDecodeError,
        zipfile.BadZipFile,
        ET.ParseError,
    ):
        return False
    return True


class _Scan:
    """The state between records.

    Args:
        facts: Where everything is noted.
        formats: The number format of each cell style.
        targets: Where the sheet's relationships lead.
    """

    def __init__(self, facts: Facts, formats: list[str], targets: dict[str, str]) -> None:
        self._facts = facts
        self._formats = formats
        self._targets = targets
        self._row = 0

    def take(self, kind: int, body: bytes) -> None:
        """Note what a record tells."""
        if kind == _ROW:
            self._row = _number(body) + 1
            if body[11] & _HIDDEN_ROW:
                self._facts.hidden_rows.add(self._row)
        elif kind in {_ERROR, _FORMULA_ERROR}:
            self._facts.errors[self._cell(body)] = ERROR_CODES.get(body[8], "#N/A")
        elif kind == _RK:
            self._add(body, unpacked(_number(body, 8)))
        elif kind in {_REAL, _FORMULA_NUMBER}:
            self._add(body, struct.unpack_from("<d", body, 8)[0])
        else:
            self._take_rare(kind, body)

    def _take_rare(self, kind: int, body: bytes) -> None:
        if kind == _COLUMNS:
            first, last = struct.unpack_from("<II", body)
            if body[16] & _HIDDEN_COLUMN:
                self._facts.hidden_columns.update(range(first, min(last, _LAST_COLUMN) + 1))
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            area = (top + 1, left, bottom + 1, right)
            self._facts.merged = tuple({*self._facts.merged, area})
        elif kind == _LINK:
            top, _, left, _ = struct.unpack_from("<4I", body)
            target = self._targets.get(_text(body, 16)[0], "")
            if target.lower().startswith("mailto:"):
                address = unquote(target[len("mailto:") :].partition("?")[0]).strip()
                self._facts.links[top + 1, left] = address

    def _add(self, body: bytes, value: float) -> None:
        style = _number(body, 4) & 0xFFFFFF
        add_number(self._cell(body), value, self._formats[style], self._facts)

    def _cell(self, body: bytes) -> Cell:
        return self._row, _number(body)


def _sheet_part(data: bytes, sheet: str) -> str:
    for kind, body in _records(_read(data, "xl/workbook.bin")):
        if kind == _SHEET:
            identity, end = _text(body, 8)
            if _text(body, end)[0] == sheet:
                target = _targets(data, "xl/workbook.bin")[identity]
                return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    raise KeyError(sheet)


def _targets(data: bytes, part: str) -> dict[str, str]:
    """Where the relationships of a part lead, by their id."""
    folder, name = posixpath.split(part)
    try:
        # inspect_archive has made sure that there is no DOCTYPE in it
        links = ET.fromstring(_read(data, f"{folder}/_rels/{name}.rels"))  # noqa: S314 -- see above
    except KeyError:
        return {}
    return {link.get("Id", ""): link.get("Target", "") for link in links}


def _formats(data: bytes) -> list[str]:
    """The number format of each cell style."""
    try:
        styles = _read(data, "xl/styles.bin")
    except KeyError:
        return ["General"]
    formats = dict(BUILT_IN)
    of_cells: list[str] = []
    inside = False
    for kind, body in _records(styles):
        if kind == _FORMAT:
            formats[int.from_bytes(body[:2], "little")] = _text(body, 2)[0]
        elif kind in {_STYLES, _STYLES_END}:
            inside = kind == _STYLES
        elif kind == _STYLE and inside:
            number = int.from_bytes(body[2:4], "little")
            of_cells.append(formats.get(number, f"number {number}"))
    return of_cells or ["General"]


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
