"""What an ods workbook tells beside its values: what is hidden, errors, merges, links, comments.

The value reader gives errors as blank. Source: OpenDocument 1.3, part 3, sections 9.1 and 19.
"""

import math
import re
import zipfile
from collections.abc import Iterator
from itertools import product
from urllib.parse import unquote
from xml.parsers import expat

from aapimport.sheets.archive import read_part
from aapimport.sheets.facts import Cell, Facts

_NUMBERS = {"float", "percentage", "currency"}
_GROUPED = re.compile(r"\d[., '\u00a0\u202f\u2019]+\d")
_MOST_REPEATED = 100_000
"""Longer runs are what is left of the sheet below and beside its cells."""
_ROW_END = 1_048_576
_ABOUT_COMMENTS = {"creator", "date", "date-string"}
"""Who wrote a comment and when, which stands inside of it."""


def add_ods_facts(data: bytes, sheet: str, facts: Facts) -> bool:
    """Add what `content.xml` tells of a sheet.

    Args:
        data: The bytes of an archive that `inspect_archive` found harmless.
        sheet: The sheet's name.
        facts: What is known so far.

    Returns:
        Whether the sheet was found and looked through.
    """
    scan = _Scan(sheet, facts)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.characters
    try:
        for chunk in read_part(data, "content.xml"):
            parser.Parse(chunk, False)
    except (expat.ExpatError, KeyError, zipfile.BadZipFile):
        return False
    scan.settle()
    return scan.found


class _Scan:
    """The state between expat's calls."""

    def __init__(self, sheet: str, facts: Facts) -> None:
        self.found = False
        self._sheet = sheet
        self._facts = facts
        self._inside = False
        self._row = self._column = 0
        self._rows = 1
        self._cell: dict[str, str] = {}
        self._text = self._comment = ""
        self._in_comment = self._about_comment = False
        self._is_calculated = False
        self._empty: set[Cell] = set()

    def start(self, tag: str, named: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        attributes = {key.rpartition(" ")[2]: value for key, value in named.items()}
        if name == "table":
            self._inside = attributes.get("name") == self._sheet
            self.found = self.found or self._inside
            self._row, self._column, self._rows = 0, 0, 1
        if not self._inside:
            if name == "table-cell" and {"formula", "value-type"} <= attributes.keys():
                self._is_calculated = True
            return
        if name == "table-column":
            self._start_column(attributes)
        elif name == "table-row":
            self._start_row(attributes)
        elif name in {"table-cell", "covered-table-cell"}:
            # calcext:value-type says `error` where office:value-type says `string`.
            self._cell = attributes | {key: value for key, value in named.items() if " " in key}
            self._text = self._comment = ""
        elif name == "annotation":
            self._in_comment = True
        elif self._in_comment and name in _ABOUT_COMMENTS:
            self._about_comment = True
        elif name == "a" and attributes.get("href", "").lower().startswith("mailto:"):
            address = unquote(attributes["href"][len("mailto:") :].partition("?")[0])
            self._facts.links[self._row, self._column] = address

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if not self._inside:
            return
        if name == "table":
            self._inside = False
        elif name == "table-row":
            self._row += self._rows - 1
        elif name == "annotation":
            self._in_comment = False
        elif name in _ABOUT_COMMENTS:
            self._about_comment = False
        elif name in {"table-cell", "covered-table-cell"}:
            self._end_cell()

    def settle(self) -> None:
        """Decide on empty results: in a workbook that no program has calculated, they are none."""
        if not self._is_calculated:
            self._facts.unstored |= self._empty

    def characters(self, text: str) -> None:
        if self._about_comment:
            return
        if self._in_comment:
            self._comment += text
        elif self._inside:
            self._text += text

    def _weigh_formula(self, place: Cell) -> None:
        """Note a formula without a result; LibreOffice stores an empty text as no result at all."""
        if "value-type" in self._cell:
            self._is_calculated = True
        elif self._text:
            self._facts.unstored.add(place)
        else:
            self._empty.add(place)

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeated = _number(attributes, "number-columns-repeated")
        if attributes.get("visibility", "visible") != "visible" and repeated <= _MOST_REPEATED:
            self._facts.hidden_columns.update(range(self._column, self._column + repeated))
        self._column += repeated

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row += 1
        self._column = 0
        self._rows = min(_number(attributes, "number-rows-repeated"), _ROW_END)
        if attributes.get("visibility", "visible") != "visible" and self._rows <= _MOST_REPEATED:
            self._facts.hidden_rows.update(range(self._row, self._row + self._rows))

    def _end_cell(self) -> None:
        cell, place = self._cell, (self._row, self._column)
        width, height = (
            _number(cell, "number-columns-spanned"),
            _number(cell, "number-rows-spanned"),
        )
        if width > 1 or height > 1:
            area = (*place, self._row + height - 1, self._column + width - 1)
            self._facts.merged = (*self._facts.merged, area)
        repeated = _number(cell, "number-columns-repeated")
        if any(key.endswith(" value-type") and cell[key] == "error" for key in cell):
            self._facts.errors.update(dict.fromkeys(self._places(repeated), self._text or "#N/A"))
        elif "formula" in cell:
            self._weigh_formula(place)
        if cell.get("value-type") in _NUMBERS:
            self._weigh_number(repeated)
        if self._comment:
            self._facts.comments[place] = self._comment
        self._column += repeated

    def _places(self, columns: int) -> Iterator[Cell]:
        """Every cell that the element stands for: rows and cells that are the same are counted."""
        rows = range(self._row, self._row + min(self._rows, _MOST_REPEATED // columns))
        return product(rows, range(self._column, self._column + columns))

    def _weigh_number(self, columns: int) -> None:
        """Note what a number is shown as: the cell holds that, too."""
        text = " ".join(self._text.split())
        try:
            value = float(self._cell.get("value", ""))
        except ValueError:
            return
        seen = seen_as(text, value, is_percentage=self._cell["value-type"] == "percentage")
        if seen is None:
            self._facts.unclear.update(dict.fromkeys(self._places(columns), f"as {text!r}"))
        elif seen:
            self._facts.shown.update(dict.fromkeys(self._places(columns), seen))


def seen_as(text: str, value: float, *, is_percentage: bool) -> str | None:
    """What a number is shown as: its digits, with zeros and literal texts around them.

    Returns:
        Empty where it is the number as it is; None where it is rounded or grouped, which depends
        on the country and was hardly meant as the text.
    """
    whole = value * 100 if is_percentage else value
    digits = "".join(filter(str.isdecimal, text))
    if not text or (not is_percentage and text == f"{value:g}"):
        return ""
    if not math.isclose(whole, round(whole), rel_tol=1e-12) or int(digits or -1) != round(whole):
        return None
    if not is_percentage and text == digits.lstrip("0"):
        return ""
    return None if _GROUPED.search(text) else text


def _number(attributes: dict[str, str], name: str) -> int:
    said = attributes.get(name, "1")
    return int(said) if said.isdecimal() and len(said) < 8 else 1  # noqa: PLR2004 -- any sheet ends
