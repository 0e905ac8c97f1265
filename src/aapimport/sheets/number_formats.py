"""What Excel shows for a number, where its format lets that be told exactly.

Source: ECMA-376, part 1, section 18.8.31. Formats of which any part depends on the country, on
rounding or on the width of the column are left alone.
"""

import math
import re
import struct

from aapimport.sheets.facts import Cell, Facts

BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 49: "@"}
"""Formats that a workbook need not name (ECMA-376, part 1, section 18.8.30)."""
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([ ()-])|(0)|(%)')
"""A literal text in quotes, after a backslash, or one that needs neither; a digit; percent."""
_MOST_EXACT = 10**15
"""Excel keeps 15 digits."""


_PLAIN = frozenset(("", "general", "standard", "@", "0", "#"))
_DATE_LETTERS = re.compile("[ymdhs]", re.IGNORECASE)
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)


def is_plain(number_format: str) -> bool:
    """Whether a format shows a whole number as it is, or makes a date of it."""
    letters = _NOT_LETTERS.sub("", number_format)
    return number_format.casefold() in _PLAIN or bool(_DATE_LETTERS.search(letters))


def as_shown(value: float, number_format: str) -> str | None:
    """What is shown for a number.

    Formats that are understood consist of zeros and literal texts, as `00000`, `"T-"000`,
    `000-000` or `0%`.

    Returns:
        The text (`00000` shows 123 as 00123); empty where it is the number as it is; None where it
        can't be told, because the number is negative or the format is of another kind.
    """
    if number_format.casefold() in _PLAIN:
        return ""
    pieces = _pieces(number_format)
    zeros = sum(kind == "digit" for kind, _ in pieces)
    if not zeros or not 0 <= value < _MOST_EXACT:
        return None
    hundreds = sum(kind == "percent" for kind, _ in pieces)
    whole = round(value * 100**hundreds)
    if not math.isclose(value * 100**hundreds, whole, rel_tol=1e-12 if hundreds else 0):
        return None
    text = _fill(pieces, str(whole).zfill(zeros), zeros)
    return "" if text.strip() == str(whole) and not hundreds else text


def format_in_words(number_format: str) -> str:
    """A format as it is told to the administrator."""
    return f"format {number_format}"


def add_number(cell: Cell, value: float, number_format: str, facts: Facts) -> None:
    """Note what a number is shown as, where that is another text or can't be told."""
    text = as_shown(value, number_format)
    if text is None:
        facts.unclear[cell] = format_in_words(number_format)
    elif text:
        facts.shown[cell] = text


def unpacked(packed: int) -> float:
    """A number in 30 bits: whole, or the upper half of a double; perhaps in hundredths.

    Source: [MS-XLS] 2.5.217, RkNumber.
    """
    if packed & 2:
        value: float = (packed >> 2) - (1 << 30 if packed >> 31 else 0)
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (packed & ~3) << 32))
    return value / 100 if packed & 1 else value


def _fill(pieces: list[tuple[str, str]], digits: str, zeros: int) -> str:
    """Put the digits where the zeros are; those that are too many stand before the first one."""
    count = len(digits) - zeros + 1
    shown = ""
    for kind, text in pieces:
        if kind == "digit":
            shown, digits, count = shown + digits[:count], digits[count:], 1
        else:
            shown += text
    return shown


def _pieces(number_format: str) -> list[tuple[str, str]]:
    """The parts of a format as (kind, literal text); none where one isn't understood."""
    pieces: list[tuple[str, str]] = []
    at = 0
    while at < len(number_format):
        found = _PIECE.match(number_format, at)
        if found is None:
            return []
        kind = "digit" if found[4] else "percent" if found[5] else "text"
        pieces.append((kind, found[1] or found[2] or found[3] or found[5] or ""))
        at = found.end()
    return pieces
