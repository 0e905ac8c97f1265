"""Cells of an xlsx sheet that hold a formula without a result, or an error: read as blank else.

The value reader gives both as blank, and openpyxl gives either formulas or results; so the sheet's
own XML is looked through, but only where `inspect_archive` saw a formula or an error in it.
"""

import zipfile
from dataclasses import dataclass, field
from xml.parsers import expat

from aapimport.sheets.archive import read_part
from aapimport.sheets.facts import Area, Cell
from aapimport.text import address_in_formula, column_index

_MOST_DIGITS = 9
_MOST_AREAS = 64
_MOST_ARRAY_CELLS = 200_000


@dataclass(slots=True)
class OddCells:
    """What was found, by (row from 1, column from 0).

    Attributes:
        errors: The error that a cell shows, such as `#N/A`.
        unstored: Cells with a formula whose result is not in the file, or not to be trusted: 0 or
            nothing, where the workbook asks for all formulas to be worked out.
        zeros: Cells with a formula whose result is 0.
        links: The address that a HYPERLINK formula goes to.
    """

    errors: dict[Cell, str] = field(default_factory=dict)
    unstored: set[Cell] = field(default_factory=set)
    zeros: set[Cell] = field(default_factory=set)
    links: dict[Cell, str] = field(default_factory=dict)


def odd_cells(data: bytes, part: str, *, recalculates: bool) -> OddCells:
    """Look through a sheet's XML.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        part: The sheet's entry.
        recalculates: Whether the workbook asks for all formulas to be worked out.

    Raises:
        zipfile.BadZipFile: It isn't well-formed, so nobody knows what stands behind the mistake.
        KeyError: There is no such part.
    """
    scan = _Scan(recalculates=recalculates)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.text
    try:
        for chunk in read_part(data, part):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise zipfile.BadZipFile(f"{part} is not well-formed") from error
    return scan.finish()


class _Scan:
    """The state between expat's calls."""

    def __init__(self, *, recalculates: bool) -> None:
        self._found = OddCells()
        self._recalculates = recalculates
        self._row = 0
        self._column = -1
        self._kind = ""
        self._formula: list[str] | None = None
        self._in_formula = False
        self._shared_as = ""
        self._shared: dict[str, str] = {}
        self._array = ""
        self._value: str | None = None
        self._in_value = False
        self._areas: list[Area] = []
        self._seen: set[Cell] = set()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            self._kind = attributes.get("t", "n").strip()
            self._formula, self._shared_as, self._array, self._value = None, "", "", None
            self._place(attributes.get("r", "").strip())
        elif name == "row":
            said = attributes.get("r", "").strip()
            self._row = int(said) if said.isdecimal() else self._row + 1
            self._column = -1
        elif name == "f":
            self._formula, self._in_formula = [], True
            self._shared_as = attributes.get("si", "")
            if attributes.get("t", "").strip() in {"array", "dataTable"}:
                self._array = attributes.get("ref", "").strip()
        elif name in {"v", "t"}:
            self._in_value = True
            self._value = self._value or ""

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in {"v", "t"}:
            self._in_value = False
        elif name == "f":
            self._in_formula = False
        elif name == "c":
            cell = (self._row, self._column)
            if self._kind == "e":
                self._found.errors[cell] = self._value or "#N/A"
            elif self._formula is not None or (self._areas and self._is_in_array(cell)):
                self._note_formula(cell)

    def text(self, text: str) -> None:
        if self._in_value:
            self._value = (self._value or "") + text
        elif self._in_formula and self._formula is not None:
            self._formula.append(text)

    def finish(self) -> OddCells:
        """What was found; a cell of an array formula that isn't in the file has no result."""
        left = _MOST_ARRAY_CELLS
        for top, first, bottom, last in self._areas:
            for row in range(top, min(bottom, top + left) + 1):
                cells = {(row, at) for at in range(first, min(last, first + left) + 1)}
                self._found.unstored |= cells - self._seen
                left -= len(cells)
        return self._found

    def _note_formula(self, cell: Cell) -> None:
        """Judge a formula's result: a text may be blank if it was worked out."""
        if self._areas:
            self._seen.add(cell)
        self._note_link(cell)
        may_be_spaces = self._kind in {"str", "inlineStr"} and not self._recalculates
        if not self._value or not (may_be_spaces or self._value.strip()):
            is_blank_text = self._kind == "str" and self._value == ""
            if self._recalculates or not is_blank_text:
                self._not_worked_out(cell)
        elif self._kind in {"n", "b"} and _is_zero(self._value):
            if self._recalculates:
                self._not_worked_out(cell)
            elif self._kind == "n":
                self._found.zeros.add(cell)

    def _note_link(self, cell: Cell) -> None:
        """Note where a HYPERLINK goes; a formula that others share is written out in the first."""
        address = address_in_formula("".join(self._formula or ()))
        if self._shared_as and address:
            self._shared[self._shared_as] = address
        elif self._shared_as and not self._formula:
            address = self._shared.get(self._shared_as, "")
        if address:
            self._found.links[cell] = address

    def _not_worked_out(self, cell: Cell) -> None:
        """Note a formula without a result, and the range that it would fill with results."""
        self._found.unstored.add(cell)
        first, colon, last = self._array.partition(":")
        if colon and len(self._areas) < _MOST_AREAS:
            (left, top), (right, bottom) = _position(first), _position(last)
            if left is not None and right is not None:
                self._areas.append((top, left, bottom, right))
                self._seen.add(cell)

    def _is_in_array(self, cell: Cell) -> bool:
        row, column = cell
        return any(
            top <= row <= bottom and left <= column <= right
            for top, left, bottom, right in self._areas
        )

    def _place(self, reference: str) -> None:
        column, row = _position(reference)
        if column is None:
            self._column += 1
        else:
            self._column, self._row = column, row


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


def _position(reference: str) -> tuple[int | None, int]:
    """The column (from 0) and row of a cell's address; no column where it isn't one."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not letters.isascii() or not letters.isalpha() or not 0 < len(digits) <= _MOST_DIGITS:
        return None, 0
    return column_index(letters[:_MOST_DIGITS].upper()), int(digits)
