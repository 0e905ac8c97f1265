"""Where the rows and cells of an xlsx sheet say that they stand, and how they are written.

Of what stands in one place twice a reader keeps one, without a word. What is written in a way that
readers take differently, or that a search in the text may not see, is for the slow reader.
"""

import re
import zipfile
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from aapimport.sheets.archive import read_tags
from aapimport.sheets.formats.xlsx_cells import ROW_TAG, number_after, row_tags
from aapimport.sheets.letters import OddRows
from aapimport.text import column_index, column_letters

_USUAL_ROW = re.compile(
    rb'<row r="([1-9]\d{0,6})"(?: (?!xmlns)[\w:]++="[^"<>&]*+")*+(?:/>|>(?:'
    rb'<c r="[A-Z]{1,3}\1"(?: [st]="\w++"){0,2}+(?:/>|>(?:'
    rb'<v>(?<!inlineStr"><v>)[^<>]*+</v></c>'
    rb'|<is>(?<=t="inlineStr"><is>)<t[^<>&]*+>[^<>]*+</t></is></c>'
    rb'|<f[^<>&]*+>(?<!inlineStr"><f>)(?:[^<>]*+</f>)?<v>[^<>]*+</v></c>))'
    rb")*+</row>)(?=<row |\Z)"
)
"""A row of cells of one value, whose tags say the same to everybody: most files have no others.

Each says that it is where it stands, and behind each comes the next.
"""
_ITS_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
_ANY_CELL = re.compile(
    rb"""<(?:\w+:)?c(?=\s)[^<>]*?\sr\s*=\s*["']\s*([A-Za-z]{1,3}\d{1,7})\s*["']"""
)
_CELL_TAG = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(?:row|c)(?=[\s/>])[^<>]*")
_BLOCK = re.compile(rb"<(?:\w+:)?sheetData(?=[\s/>])[^<>]*>?")
_BLOCK_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_UNSEEN_IN_TAGS = re.compile(rb"""<[^<>]*&|=\s*"[^"<]*>|=\s*'[^'<]*>""")
"""Within a tag, a letter that is written as `&#49;`, or a `>` that doesn't end it."""
_TAKEN_DIFFERENTLY = re.compile(
    rb"<(?:/(?:\w+:)?(?:v|is)\s*|(?:\w+:)?(?:v|is)\s*/)>\s*<(?!/)"  # something behind a value
    rb"|</(?:\w+:)?t\s*>\s*<(?:\w+:)?t[\s/>]"  # two texts
    rb"|<(?:\w+:)?c(?=[\s>])(?:(?!inlineStr)[^<>])*>\s*<(?:\w+:)?is[\s/>]"
    rb"|inlineStr[^<>]*>\s*<(?:\w+:)?v[\s>]"
    rb"|\sxmlns"
    rb"|<(?!/?(?:\w+:)?(?:row|c|f|v|is|t|r|rPr|rPh|phoneticPr|rFont|charset|family|b|i|strike|outline"
    rb"|shadow|condense|extend|color|sz|u|vertAlign|scheme|sheetData)[\s/>])"
)
_PREFIX = re.compile(rb"<((?:\w+:)?)(?:row|c|v|is|t)(?=[\s/>])")


def odd_rows(data: bytes, part: str) -> OddRows:
    """Look at the places of rows and cells by a quick text search.

    Args:
        data: The bytes of an archive.
        part: The sheet's entry.
    """
    search = _Search()
    try:
        for text in whole_rows(data, part):
            search.add(text)
    except (KeyError, zipfile.BadZipFile):
        pass  # whoever reads it next says that it is damaged
    return OddRows(twice=sorted(search.twice), blocks=search.blocks, strange=search.strange)


def whole_rows(data: bytes, part: str) -> Iterator[bytes]:
    """A sheet in pieces that end with a row, or at least with a cell, where those are as usual.

    Raises:
        KeyError: There is no such part.
        zipfile.BadZipFile: It is damaged.
    """
    held = b""
    for piece in read_tags(data, part):
        text = held + piece
        end = text.rfind(b"<row ")
        end = end if end > 0 else text.rfind(b"<c ")
        end = end if end > 0 else len(text)
        yield text[:end]
        held = text[end:]
    yield held


@dataclass(slots=True)
class _Search:
    """The state between the pieces of a sheet."""

    twice: set[int] = field(default_factory=set)
    blocks: int = 0
    strange: bool = False
    _seen: set[int] = field(default_factory=set)
    _row: int = 0
    _cell: int = 0
    _column: int = -1
    _before: list[bytes] = field(default_factory=list)
    _prefixes: set[bytes] = field(default_factory=set)
    _is_below: bool = False

    def add(self, text: bytes) -> None:
        """Take in the next piece."""
        if b"heetData" in text or self._is_below:
            text = self._only_the_cells(text)
        numbers = list(map(int, _USUAL_ROW.findall(text)))
        if text.startswith(b"<row ") and len(numbers) == text.count(b"<row "):
            self._prefixes.add(b"")
            cells = _ITS_CELL.findall(text)
            if len(set(cells)) != len(cells):
                self.twice |= _given_again(cells)
            self._before, self._cell = cells[-1:], numbers[-1]
        else:
            numbers = list(accumulate(row_tags(text), number_after, initial=self._row))[1:]
            self._look_closer(text)
            self._add_cells(self._places(text), text)
        self.strange = self.strange or len(self._prefixes) > 1
        if numbers:
            self._row = numbers[-1]
        self.twice.update(number for number in numbers if number in self._seen)
        if len(fresh := set(numbers)) != len(numbers):
            self.twice.update(number for number, times in Counter(numbers).items() if times > 1)
        self._seen |= fresh

    def _only_the_cells(self, text: bytes) -> bytes:
        """A piece without what stands above the cells and below them, in which none may be."""
        starts, ends = [*_BLOCK.finditer(text)], [*_BLOCK_END.finditer(text)]
        self.blocks += len(starts)
        start = starts[0].end() if starts else len(text) if self._is_below else 0
        end = ends[-1].start() if ends else len(text)
        below = text[end:] if ends else text if self._is_below and not starts else b""
        self._is_below = bool(ends) or (self._is_below and not starts)
        unseen = starts and _UNSEEN_IN_TAGS.search(text[: starts[0].start()])
        self.strange = self.strange or bool(unseen or _CELL_TAG.search(below))
        return text[start:end]

    def _look_closer(self, text: bytes) -> None:
        self._prefixes.update(_PREFIX.findall(text))
        self.strange = self.strange or bool(
            _UNSEEN_IN_TAGS.search(text) or _TAKEN_DIFFERENTLY.search(text)
        )

    def _add_cells(self, cells: list[bytes], text: bytes) -> None:
        rows = [int(one.strip(_LETTERS)) for one in cells]
        held = [*self._before, *cells]
        is_in_order = rows == sorted(rows) and self._cell <= next(iter(rows), self._cell)
        if not is_in_order or len(set(held)) != len(held):
            self.twice |= _given_elsewhere(text, self._row) | _given_again(held)
        if rows:
            whole = rows[0] == rows[-1] == self._cell  # of a row as long as this piece
            self._before = held if whole else cells[bisect_left(rows, rows[-1]) :]
            self._cell = rows[-1]

    def _places(self, text: bytes) -> list[bytes]:
        """Where the cells of a piece stand that are written in another way, in their order."""
        cells = _said_places(text)
        if len(cells) == len(_CELL_TAG.findall(text)):
            return cells
        places = []
        row = self._row
        for tag in _ROW_OR_CELL.findall(text):
            if ROW_TAG.match(tag):
                row, self._column = number_after(row, tag), -1
            elif said := _said_places(tag):
                places += said
                letters = said[0].rstrip(b"0123456789")
                row, self._column = int(said[0][len(letters) :]), column_index(letters.decode())
            else:  # it stands behind the one before it
                self._column += 1
                places.append(f"{column_letters(self._column)}{row}".encode())
        return places


def _said_places(text: bytes) -> list[bytes]:
    """Where cells say that they stand, in one spelling."""
    found = (one.upper() for one in _ANY_CELL.findall(text))
    return [one.rstrip(b"0123456789") + b"%d" % int(one.strip(_LETTERS)) for one in found]


def _given_again(cells: list[bytes]) -> set[int]:
    return {int(cell.strip(_LETTERS)) for cell, times in Counter(cells).items() if times > 1}


def _given_elsewhere(text: bytes, row: int) -> set[int]:
    """The rows that cells in other rows say they are in, given the row that the text begins in."""
    found: set[int] = set()
    tags = [*ROW_TAG.finditer(text)]
    starts = [0, *(tag.start() for tag in tags)]
    for start, end, tag in zip(starts, [*starts[1:], len(text)], [None, *tags], strict=True):
        row = number_after(row, tag[0]) if tag else row
        found |= {int(cell.strip(_LETTERS)) for cell in _said_places(text[start:end])} - {row}
    return found
