"""How large a sheet's cells make it: readers keep room for every cell up to the farthest ones.

One forgotten word in XFD5000 makes a sheet of 82 million cells out of three people.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from zipfile import BadZipFile

from aapimport.sheets.archive import read_tags
from aapimport.sheets.limits import limits_for
from aapimport.text import column_index

_MEMORY_PER_CELL = 40
"""The value reader needs 32 bytes, blank or not; the rest is for all else."""
_TAG = re.compile(rb"<(?:\w+:)?(?:(row|c)([^<>\w][^<>]*)?>|(?:v|is)(?:\s[^<>]*)?>(?!</))")
_ROW = re.compile(rb"""<(?:\w+:)?row(?=[\s/>])(?:[^<>]*?\br\s*=\s*["'](\d{1,7})["'])?""")
_COLUMN = re.compile(rb"""r=["']([A-Za-z]{2,3})\d""")
_ROW_OR_VALUE = re.compile(rb"<(?:\w+:)?(?:(row)(?=[\s/>])|(?:v|is)(?:\s[^<>]*)?>(?!</))")
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})(\d{0,7})["']""")


@dataclass(slots=True)
class _Side:
    """The cells along one direction: the first place, the last, the one before it."""

    first: int = 1 << 62
    last: int = -1
    before: int = -1
    cell: tuple[int, int] = (0, 0)

    def add(self, place: int, cell: tuple[int, int]) -> None:
        self.first = min(self.first, place)
        if place > self.last:
            self.before, self.last, self.cell = self.last, place, cell
        elif self.before < place < self.last:
            self.before = place

    def length(self) -> int:
        return self.last - self.first + 1

    def is_stray(self) -> bool:
        """Whether there is nothing right before the last place."""
        return self.last - self.before > 1


@dataclass(slots=True)
class _Extent:
    """Up to where a sheet's filled cells reach."""

    columns: _Side = field(default_factory=_Side)
    rows: _Side = field(default_factory=_Side)

    def far_cells(self) -> list[tuple[int, int]]:
        """The (row, column) of the cells that make it so large."""
        sides = (self.columns, self.rows)
        stray = [side.cell for side in sides if side.is_stray()] or [side.cell for side in sides]
        return list(dict.fromkeys(stray))


def far_cells(data: bytes, part: str) -> tuple[list[tuple[int, int]], int]:
    """The cells that make a sheet too large to be read.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.

    Returns:
        Each as (row from 1, column from 0), and how many cells the sheet has up to there; none, and
        an upper bound, where there is enough memory for it.
    """
    most = limits_for(len(data)).memory // _MEMORY_PER_CELL
    try:
        cells = _at_most(data, part)
        if cells <= most:
            return [], cells
        extent = _extent(data, part)
    except (KeyError, BadZipFile):
        return [], 0
    cells = extent.rows.length() * extent.columns.length() if extent.rows.last >= 0 else 0
    return (extent.far_cells() if cells > most else []), cells


def _at_most(data: bytes, part: str) -> int:
    """How many cells a sheet can have at most, blank ones counted; found quickly."""
    rows = last = 0
    columns = {"Z"}
    for text in read_tags(data, part):
        numbers = _ROW.findall(text)
        rows += len(numbers)
        last = max(last, max((int(number) for number in numbers if number), default=0))
        columns.update(letters.decode().upper() for letters in set(_COLUMN.findall(text)))
    return (rows + last) * (1 + max(0, *map(column_index, columns)))


def _extent(data: bytes, part: str) -> _Extent:
    """Up to where the cells reach that hold something; it takes a second for a million cells."""
    extent = _Extent()
    row, column = 0, -1
    for text in read_tags(data, part):
        for tag in _TAG.finditer(text):
            if tag[1] is None:
                extent.columns.add(column, (row, column))
                extent.rows.add(row, (row, column))
                continue
            letters, digits = _place(tag[2] or b"")
            if tag[1] == b"row":
                row, column = int(digits or row + 1), -1
            else:
                row, column = int(digits or row), column_index(letters) if letters else column + 1
    return extent


def _place(attributes: bytes) -> tuple[str, str]:
    found = _REFERENCE.search(attributes)
    return (found[1].decode().upper(), found[2].decode()) if found else ("", "")


def long_sheets(data: bytes, parts: Iterable[str], most: int) -> set[str]:
    """The sheets that have more rows with something in them than that.

    Each is read only as far as needed. Rows of blank cells, which a format down the whole sheet
    leaves behind, don't count.

    Args:
        data: The bytes of an archive.
        parts: The sheets' entries.
        most: How many rows are not too many.
    """
    long = set()
    for part in parts:
        try:
            if _has_more_rows(data, part, most):
                long.add(part)
        except (KeyError, BadZipFile):
            continue  # whoever reads it next will say so
    return long


def _has_more_rows(data: bytes, part: str, most: int) -> bool:
    rows = 0
    is_counted = True
    for text in read_tags(data, part):
        for tag in _ROW_OR_VALUE.finditer(text):
            if tag[1]:
                is_counted = False
            elif not is_counted:
                is_counted = True
                rows += 1
                if rows > most:
                    return True
    return False
