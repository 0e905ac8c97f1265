"""Cells of an xlsx sheet that hold a formula without a result, or an error: read as blank else.

The value reader gives both as blank, and openpyxl gives either formulas or results; so the sheet's
own XML is looked through, but only where `inspect_archive` saw a formula or an error in it.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from aapimport.sheets.archive import read_part, read_tags
from aapimport.sheets.number_formats import is_plain

_HIDDEN_ROW = re.compile(
    rb"""<(?:\w+:)?row\s(?=[^>]*\b(?:hidden=["'](?:1|true)|ht=["']0(?:\.0*)?)["'])[^>]*>"""
)
_COLUMNS = re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*["']([^"'<>]{0,30})["']""")
MOST_COLUMNS = 16_384
"""Columns of a sheet (Microsoft, "Excel specifications and limits")."""
_ROW_NUMBER = re.compile(rb"""\br=["'](\d{1,7})["']""")


_DATES = (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))
_BUILT_IN = {None: "", "0": "", "1": "0", "49": "@"} | {str(number): "d" for number in _DATES}
"""Formats without a name that make a date of a number or leave it as it is (ECMA-376 18.8.30)."""


@dataclass(slots=True)
class OddCells:
    """What was found, by (row from 1, column from 0).

    Attributes:
        errors: The error that a cell shows, such as `#N/A`.
        unstored: Cells with a formula whose result is not in the file.
    """

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unstored: set[tuple[int, int]] = field(default_factory=set)


def sheet_part(data: bytes, sheet: str) -> str:
    """The name of the zip entry that holds a sheet; empty where it can't be found."""
    return next((part for name, part in _sheets(data) if name == sheet), "")


def sheet_name(data: bytes, part: str) -> str:
    """The name of the sheet that a zip entry holds; empty where it can't be found."""
    return next((name for name, held in _sheets(data) if held.lower() == part.lower()), "")


def _sheets(data: bytes) -> Iterator[tuple[str, str]]:
    """The name of each sheet and of the zip entry that holds it."""
    import xml.etree.ElementTree as ET

    try:
        # inspect_archive has made sure that there is no DOCTYPE in them
        book = ET.fromstring(b"".join(read_part(data, "xl/workbook.xml")))  # noqa: S314 -- see above
        links = ET.fromstring(b"".join(read_part(data, "xl/_rels/workbook.xml.rels")))  # noqa: S314 -- see above
    except (KeyError, zipfile.BadZipFile, ET.ParseError):
        return
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for element in book.iter():
        if element.tag.endswith("}sheet"):
            identity = next((v for k, v in element.items() if k.endswith("}id")), "")
            target = posixpath.normpath(posixpath.join("/xl", targets.get(identity, "")))
            yield element.get("name", ""), target.lstrip("/")


def odd_cells(data: bytes, part: str) -> OddCells:
    """Look through a sheet's XML.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.

    Returns:
        What was found up to the first mistake in the XML.
    """
    scan = _Scan()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.text
    try:
        for chunk in read_part(data, part):
            parser.Parse(chunk, False)
    except expat.ExpatError:
        pass  # the value reader stops at the same place, or has refused the file
    return scan.found


def hidden_rows(data: bytes, part: str) -> set[int]:
    """The rows of a sheet that are hidden, filtered out or of no height, by a quick text search.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
    """
    rows: set[int] = set()
    try:
        for text in read_tags(data, part):
            if b"hidden=" in text or b"ht=" in text:
                rows.update(_numbers(_HIDDEN_ROW.findall(text)))
    except (KeyError, zipfile.BadZipFile):
        pass  # the value reader has refused the file
    return rows


def hidden_columns(data: bytes, part: str) -> set[int]:
    """The columns (from 0) of a sheet that are hidden or of no width.

    They stand above the rows (ECMA-376 part 1, 18.3.1.99), so only the part's start is read.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
    """
    columns: set[int] = set()
    try:
        for text in read_tags(data, part):
            for tag in _COLUMNS.findall(text.partition(b"sheetData")[0]):
                said = dict(_ATTRIBUTE.findall(tag))
                hidden = said.get(b"hidden") in {b"1", b"true"}
                if (hidden or _is_zero(said.get(b"width"))) and b"min" in said and b"max" in said:
                    last = min(int(said[b"max"]), MOST_COLUMNS)
                    columns.update(range(int(said[b"min"]) - 1, last))
            if b"sheetData" in text:
                break
    except (KeyError, ValueError, zipfile.BadZipFile):
        pass  # the value reader has refused the file
    return columns


def _is_zero(width: bytes | None) -> bool:
    return width is not None and float(width) == 0


def _numbers(rows: list[bytes]) -> Iterator[int]:
    for row in rows:
        if found := _ROW_NUMBER.search(row):
            yield int(found[1])


def shows_numbers_otherwise(data: bytes) -> bool:
    """Whether a workbook has a cell style that may show a number as another text.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
    """
    import xml.etree.ElementTree as ET

    try:
        # inspect_archive has made sure that there is no DOCTYPE in it
        styles = ET.fromstring(b"".join(read_part(data, "xl/styles.xml")))  # noqa: S314 -- see above
    except KeyError:
        return False
    except (zipfile.BadZipFile, ET.ParseError):
        return True
    named = {
        element.get("numFmtId"): element.get("formatCode", "")
        for element in styles.iter()
        if element.tag.endswith("}numFmt")
    }
    return any(
        not is_plain(named.get(xf.get("numFmtId"), _BUILT_IN.get(xf.get("numFmtId"), "?")))
        for cells in styles.iter()
        if cells.tag.endswith("}cellXfs")
        for xf in cells
    )


class _Scan:
    """The state between expat's calls."""

    def __init__(self) -> None:
        self.found = OddCells()
        self._row = 0
        self._column = -1
        self._kind = ""
        self._formula = False
        self._value = ""
        self._in_value = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._kind = attributes.get("t", "n")
            self._formula, self._value = False, ""
            self._place(attributes.get("r", ""))
        elif name == "row":
            said = attributes.get("r", "")
            self._row = int(said) if said.isdecimal() else self._row + 1
            self._column = -1
        elif name == "f":
            self._formula = True
        elif name in {"v", "t"}:
            self._in_value = True

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in {"v", "t"}:
            self._in_value = False
        elif name == "c":
            cell = (self._row, self._column)
            if self._kind == "e":
                self.found.errors[cell] = self._value or "#N/A"
            elif self._formula and not self._value and self._kind != "str":
                self.found.unstored.add(cell)

    def text(self, text: str) -> None:
        if self._in_value:
            self._value += text

    def _place(self, reference: str) -> None:
        letters = reference.rstrip("0123456789")
        digits = reference[len(letters) :]
        if not letters.isascii() or not letters.isalpha() or not digits:
            self._column += 1
            return
        column = 0
        for letter in letters.upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        self._column, self._row = column - 1, int(digits)
