"""The formulas of old xls workbooks, as their records tell of them.

Source of the records: [MS-XLS] 2.4 and 2.5.198.
"""

import re
from dataclasses import dataclass, field

from aapimport.sheets.facts import Cell
from aapimport.text import address_in_formula

_FORMULA, _OLD_FORMULAS = 0x0006, (0x0206, 0x0406)
_NO_NUMBER, _BLANK_TEXT, _WORKED_OUT_ON_LOAD = b"\xff\xff", 3, 2
_SHARED = (0x04BC, 0x0221, 0x0021)
"""A formula that several cells share: it follows the first one's own record."""
_SHARES = b"\x01"
"""How a formula begins that is another cell's; that cell's row and column follow (PtgExp)."""
_CALLS_HYPERLINK = re.compile(rb"[\x22\x42\x62][\x01\x02]\x67\x01")
"""A call (PtgFuncVar) with one or two arguments of function 359."""
_MAILTO = re.compile(
    rb"\x17(.)(\x00(?=mailto:)|\x01(?=m\0a\0i\0l\0t\0o\0:\0))",
    re.IGNORECASE | re.DOTALL,
)
"""A text (PtgStr): its length, whether it is in UTF-16, its letters."""


@dataclass(slots=True)
class Formulas:
    """What the records of a sheet's formulas tell beside their results.

    Attributes:
        unstored: Those whose result is 0 or blank, and is to be worked out when the file is opened.
        zeros: Those whose result is 0 otherwise.
        blank: All others whose result is a blank text.
        worked_out: Whether there is one with another result.
        are_old: Whether any is in a record of an older version, which the value reader skips.
    """

    unstored: set[Cell] = field(default_factory=set)
    zeros: set[Cell] = field(default_factory=set)
    blank: set[Cell] = field(default_factory=set)
    worked_out: bool = False
    are_old: bool = False
    _last: bytes = b""
    _sharing: dict[bytes, list[Cell]] = field(default_factory=dict)
    _links: dict[bytes | Cell, str] = field(default_factory=dict)

    def take(self, kind: int, body: bytes) -> None:
        """Note a record, if it is one of a formula."""
        if kind == _FORMULA or kind in _OLD_FORMULAS:
            self._take_formula(kind, body)
        elif kind in _SHARED and (address := _address_in(body)):
            self._links[self._last] = address

    def links(self) -> dict[Cell, str]:
        """The address that each cell's HYPERLINK formula goes to."""
        links = {cell: text for cell, text in self._links.items() if isinstance(cell, tuple)}
        for first, cells in self._sharing.items():
            if first in self._links:
                links |= dict.fromkeys(cells, self._links[first])
        return links

    def _take_formula(self, kind: int, body: bytes) -> None:
        """Note a FORMULA record ([MS-XLS] 2.4.127): place, style, result, flags, formula."""
        self.are_old |= kind != _FORMULA
        cell = (int.from_bytes(body[:2], "little") + 1, int.from_bytes(body[2:4], "little"))
        is_blank = body[12:14] == _NO_NUMBER and body[6] == _BLANK_TEXT
        is_zero = not any(body[6:14])
        if (is_blank or is_zero) and body[14] & _WORKED_OUT_ON_LOAD:
            self.unstored.add(cell)
        elif is_blank:
            self.blank.add(cell)
        else:
            self.worked_out = True
            if is_zero:
                self.zeros.add(cell)
        if body[22:23] == _SHARES:
            self._last = body[23:27]
            self._sharing.setdefault(self._last, []).append(cell)
        elif address := _address_in(body[22:]):
            self._links[cell] = address


def _address_in(formula: bytes) -> str:
    """The address that a formula's HYPERLINK goes to ([MS-XLS] 2.5.198: its tokens)."""
    found = _MAILTO.search(formula) if _CALLS_HYPERLINK.search(formula) else None
    if found is None:
        return ""
    start, length, is_wide = found.end(), found[1][0], found[2] == b"\1"
    text = formula[start : start + length * (1 + is_wide)]
    target = text.decode("utf-16-le" if is_wide else "latin-1", "replace")
    return address_in_formula(f'HYPERLINK("{target}")')
