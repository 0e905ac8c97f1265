"""What the tags of an xlsx sheet say of its rows and columns, and its styles of numbers."""

import re
import zipfile
from bisect import bisect_left
from collections import Counter
from itertools import accumulate

from aapimport.sheets.archive import read_part, read_tags
from aapimport.sheets.letters import OddRows
from aapimport.sheets.number_formats import is_plain

_PLAIN_ROW_TAG = re.compile(rb"<row(?=[\s/>])[^<>]*")
_USUAL_ROW = re.compile(rb'<row r="(\d{1,7})"')
_USUAL_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
_ANY_CELL = re.compile(rb"""<(?:\w+:)?c(?=\s)[^<>]*?\sr\s*=\s*["']\s*([A-Z]{1,3}\d{1,7})\s*["']""")
_OTHER_SPELLINGS = (b":c ", b"<c\n", b"<c\t", b"<c\r")
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ROW_TAG = re.compile(rb"<(?:\w+:)?row(?=[\s/>])[^<>]*")
_HIDDEN = re.compile(rb"""\s(?:hidden\s*=\s*["']\s*(?:1|true)|ht\s*=\s*["']\s*0(?:\.0*)?)\s*["']""")
_HIDES_THE_OTHERS = re.compile(
    rb"""<(?:\w+:)?sheetFormatPr\s[^<>]*(?<=\s)zeroHeight\s*=\s*["']\s*(?:1|true)\s*["']"""
)
_OWN = re.compile(rb"\s(\w+)\s*=")
_NOT_MORE_THAN_A_NUMBER = frozenset((b"r", b"spans"))
"""What a row says that is hidden if the sheet hides rows of which nothing else is said."""
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["']\s*(\d{1,7})\s*["']""")
_BLOCK = re.compile(rb"<(?:\w+:)?sheetData[\s/>]")
_COLUMNS = re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*["']([^"'<>]{0,30})["']""")
MOST_COLUMNS = 16_384
"""Columns of a sheet (Microsoft, "Excel specifications and limits")."""
_DATES = (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))
_BUILT_IN = {None: "", "0": "", "1": "0", "49": "@"} | {str(number): "d" for number in _DATES}
"""Formats without a name that make a date of a number or leave it as it is (ECMA-376 18.8.30)."""


def hidden_rows(data: bytes, part: str) -> set[int]:
    """The rows of a sheet that are hidden, filtered out or of no height, by a quick text search.

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
            for tag in _row_tags(text):
                row = _number_after(row, tag)
                says_so = (b"hidden" in tag or b"ht" in tag) and _HIDDEN.search(tag)
                if says_so or (others_hidden and _says_nothing(tag)):
                    hidden.add(row)
    except (KeyError, zipfile.BadZipFile):
        pass  # the value reader has refused the file
    return hidden


def _says_nothing(tag: bytes) -> bool:
    return _NOT_MORE_THAN_A_NUMBER.issuperset(_OWN.findall(tag))


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
    return width is not None and float(width) == 0


def odd_rows(data: bytes, part: str) -> OddRows:
    """Look at the numbers of rows and cells by a quick text search.

    Args:
        data: The bytes of an archive.
        part: The sheet's entry.
    """
    seen: set[int] = set()
    twice: set[int] = set()
    row = blocks = cell = 0
    before: list[bytes] = []
    try:
        for text in read_tags(data, part):
            began = row
            blocks += len(_BLOCK.findall(text)) if b"heetData" in text else 0
            numbers = list(map(int, _USUAL_ROW.findall(text)))
            if len(numbers) != text.count(b"row") - text.count(
                b"</row>"
            ):  # else each is written in the usual way
                numbers = list(accumulate(_row_tags(text), _number_after, initial=row))[1:]
            if numbers:
                row = numbers[-1]
            twice.update(number for number in numbers if number in seen)
            if len(fresh := set(numbers)) != len(numbers):
                twice.update(number for number, times in Counter(numbers).items() if times > 1)
            seen |= fresh
            cells = _cells(text)
            rows = [int(one.strip(_LETTERS)) for one in cells]
            held = [*before, *cells]
            if [cell, *rows] != sorted([cell, *rows]) or len(set(held)) != len(held):
                twice |= _given_elsewhere(text, began) | _given_again(held)
            if rows:
                whole = rows[0] == rows[-1] == cell  # of a row as long as this piece
                before = held if whole else cells[bisect_left(rows, rows[-1]) :]
                cell = rows[-1]
    except (KeyError, zipfile.BadZipFile):
        pass  # whoever reads it next says that it is damaged
    return OddRows(twice=sorted(twice), blocks=blocks)


def _cells(text: bytes) -> list[bytes]:
    """Where the cells say that they stand, in their order."""
    cells = _USUAL_CELL.findall(text)
    if text.count(b"<c ") == len(cells) and not any(one in text for one in _OTHER_SPELLINGS):
        return cells
    return _ANY_CELL.findall(text)


def _given_again(cells: list[bytes]) -> set[int]:
    return {int(cell.strip(_LETTERS)) for cell, times in Counter(cells).items() if times > 1}


def _given_elsewhere(text: bytes, row: int) -> set[int]:
    """The rows that cells in other rows say they are in, given the row that the text begins in."""
    found: set[int] = set()
    tags = [*_ROW_TAG.finditer(text)]
    starts = [0, *(tag.start() for tag in tags)]
    for start, end, tag in zip(starts, [*starts[1:], len(text)], [None, *tags], strict=True):
        row = _number_after(row, tag[0]) if tag else row
        rows = {int(cell.strip(_LETTERS)) for cell in _cells(text[start:end])}
        found |= rows - {row}
    return found


def _row_tags(text: bytes) -> list[bytes]:
    """The start tags of rows; without prefixes, they are found six times as quickly."""
    pattern = _ROW_TAG if b":" in text and b":row" in text else _PLAIN_ROW_TAG
    return pattern.findall(text)


def _number_after(before: int, tag: bytes) -> int:
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
