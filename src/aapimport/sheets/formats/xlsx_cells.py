"""What the tags of an xlsx sheet say of its rows and columns, and its styles of numbers."""

import re
import zipfile

from aapimport.sheets.archive import read_part, read_tags
from aapimport.sheets.facts import LEAST_WIDTH
from aapimport.sheets.number_formats import is_plain

_PLAIN_ROW_TAG = re.compile(rb"<row(?=[\s/>])[^<>]*")
ROW_TAG = re.compile(rb"<(?:\w+:)?row(?=[\s/>])[^<>]*")
"""The start tag of a row, in any spelling."""
_HIDDEN = re.compile(
    rb"""\s(?:hidden\s*=\s*["']\s*(?:1|true)"""
    rb"""|ht\s*=\s*["']\s*(?=[\d.])(?:0*[01]?(?:\.\d*)?|\d+(?:\.\d*)?[eE]-\d+))\s*["']"""
)
"""Hidden, or less high than `LEAST_HEIGHT`."""
_HIDES_THE_OTHERS = re.compile(
    rb"""<(?:\w+:)?sheetFormatPr\s[^<>]*(?<=\s)zeroHeight\s*=\s*["']\s*(?:1|true)\s*["']"""
)
_OWN = re.compile(rb"\s(\w+)\s*=")
_NOT_MORE_THAN_A_NUMBER = frozenset((b"r", b"spans"))
"""What a row says that is hidden if the sheet hides rows of which nothing else is said."""
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']\s*(\d{1,7})\s*["']""")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*["']([^"'<>]{0,30})["']""")
MOST_COLUMNS = 16_384
"""Columns of a sheet (Microsoft, "Excel specifications and limits")."""
_DATES = (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))
_BUILT_IN = {None: "", "0": "", "1": "0", "49": "@"} | {str(number): "d" for number in _DATES}
"""Formats without a name that make a date of a number or leave it as it is (ECMA-376 18.8.30)."""


def hidden_rows(data: bytes, part: str) -> set[int]:
    """The rows of a sheet that are hidden, filtered out or hardly high, by a quick text search.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
    """
    hidden: set[int] = set()
    row = 0
    others_hidden = False
    try:
        for text in read_tags(data, part):
            if b"zeroHeight" in text:
                others_hidden = others_hidden or _HIDES_THE_OTHERS.search(text) is not None
            for tag in row_tags(text):
                row = number_after(row, tag)
                says_so = (b"hidden" in tag or b"ht" in tag) and _HIDDEN.search(tag)
                if says_so or (others_hidden and _says_nothing(tag)):
                    hidden.add(row)
    except (KeyError, zipfile.BadZipFile):
        pass  # the value reader has refused the file
    return hidden


def _says_nothing(tag: bytes) -> bool:
    return _NOT_MORE_THAN_A_NUMBER.issuperset(_OWN.findall(tag))


def hidden_columns(data: bytes, part: str) -> set[int]:
    """The columns (from 0) of a sheet that are hidden or hardly wide.

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
                if (
                    (hidden or _is_no_width(said.get(b"width")))
                    and b"min" in said
                    and b"max" in said
                ):
                    last = min(int(said[b"max"]), MOST_COLUMNS)
                    columns.update(range(int(said[b"min"]) - 1, last))
            if b"sheetData" in text:
                break
    except (KeyError, ValueError, zipfile.BadZipFile):
        pass  # the value reader has refused the file
    return columns


def _is_no_width(width: bytes | None) -> bool:
    return width is not None and float(width) < LEAST_WIDTH


def row_tags(text: bytes) -> list[bytes]:
    """The start tags of rows; without prefixes, they are found six times as quickly."""
    pattern = ROW_TAG if b":" in text and b":row" in text else _PLAIN_ROW_TAG
    return pattern.findall(text)


def number_after(before: int, tag: bytes) -> int:
    """The number of a row, given the one of the row before."""
    found = _ROW_NUMBER.search(tag)
    return int(found[1]) if found else before + 1


def shows_numbers_otherwise(data: bytes, part: str) -> bool:
    """Whether a workbook has a cell style that may show a number as another text.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The entry that holds the styles; empty where there is none.
    """
    import xml.etree.ElementTree as ET

    try:
        # inspect_archive has made sure that there is no DOCTYPE in it
        styles = ET.fromstring(b"".join(read_part(data, part)))  # noqa: S314 -- see above
    except KeyError:
        return False
    except (zipfile.BadZipFile, ET.ParseError, LookupError, ValueError):
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
