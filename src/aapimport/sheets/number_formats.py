"""What Excel shows for a number or a text, where its format lets that be told exactly.

Source: ECMA-376, part 1, section 18.8.31. Formats of which any part depends on the country, on
rounding or on the width of the column are left alone.
"""

import math
import re
import struct
from functools import lru_cache

from aapimport.sheets.facts import Cell, Facts

BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 49: "@"}
"""Formats that a workbook need not name (ECMA-376, part 1, section 18.8.30)."""
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([ ()-])|(0)|(%)')
"""A literal text in quotes, after a backslash, or one that needs neither; a digit; percent."""
_MOST_EXACT = 10**15
"""Excel keeps 15 digits."""
_MOST_GENERAL = 11
"""Characters of a number that General shows; longer ones are rounded, or written as 1.2E+11."""
_LONGEST_FORMAT = 255
"""Characters of a format in Excel; a longer one isn't looked into."""
_GENERAL = frozenset(("", "general", "standard", "@"))
_PLAIN = _GENERAL | {"0", "#"}
_TEXT_PIECE = re.compile(r'"([^"]*)"|\\(.)|([ ()-])|(@)|\[[^\]]*\]|_.|\* ')
"""As `_PIECE`; the last three show no letters: a colour or country, blanks as wide as a letter."""
_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*', re.DOTALL)
_TEXT_SECTION = 3
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
    name = number_format.casefold()
    if name in _GENERAL:
        return "" if _is_shown_in_full(value) else None
    if name in _PLAIN:
        return "" if value and float(value).is_integer() or name == "0" and not value else None
    pieces = _pieces(number_format)
    zeros = sum(kind == "digit" for kind, _ in pieces)
    if not zeros or not 0 <= value < _MOST_EXACT:
        return None
    hundreds = sum(kind == "percent" for kind, _ in pieces)
    if hundreds > 1:
        return None  # each of them is a factor of 100, which nobody means
    whole = round(value * 100**hundreds)
    if not math.isclose(value * 100**hundreds, whole, rel_tol=1e-12 if hundreds else 0):
        return None
    text = _fill(pieces, str(whole).zfill(zeros), zeros)
    return "" if text.strip() == str(whole) and not hundreds else text


def text_as_shown(text: str, number_format: str) -> str | None:
    """What is shown for a text, which the part of a format for texts may add to, or hide.

    Returns:
        The text (`"EMEA "@` shows Sales as EMEA Sales); empty where it is the text as it is; None
        where it can't be told, or nothing of it is shown.
    """
    if number_format.casefold() in _PLAIN:
        return ""
    pieces = _text_pieces(number_format)
    if pieces is None:
        return None
    shown = "".join(text if piece == "@" else piece[1:] for piece in pieces)
    return "" if shown.strip() == text.strip() else shown


def _is_shown_in_full(value: float) -> bool:
    """Whether General shows a number with all of its digits."""
    if not math.isfinite(value):
        return False
    digits = str(int(value) if float(value).is_integer() else value).removeprefix("-")
    return len(digits) <= _MOST_GENERAL and "e" not in digits


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


def add_text(cell: Cell, text: str, number_format: str, facts: Facts) -> None:
    """Note what a text is shown as, where that is another text or can't be told."""
    shown = text_as_shown(text, number_format)
    if shown is None:
        facts.unclear[cell] = format_in_words(number_format)
    elif shown:
        facts.shown[cell] = shown


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


@lru_cache(maxsize=1_024)
def _text_pieces(number_format: str) -> tuple[str, ...] | None:
    """The parts of what a format shows for a text: `@` for the text itself, else `=` and letters.

    The fourth section is for texts, else the last one where it holds an @; without, a text is
    shown as it is.

    Returns:
        None where a part isn't understood, or the text itself is not among them.
    """
    if len(number_format) > _LONGEST_FORMAT:
        return None
    sections = _sections(number_format)
    section = sections[-1]
    if len(sections) <= _TEXT_SECTION and "@" not in _NOT_LETTERS.sub("", section):
        return ("@",)
    pieces: list[str] = []
    at = 0
    while at < len(section):
        found = _TEXT_PIECE.match(section, at)
        if found is None:
            return ("@",) if section.casefold() in _PLAIN else None
        pieces.append("@" if found[4] else "=" + (found[1] or found[2] or found[3] or ""))
        at = found.end()
    return tuple(pieces) if "@" in pieces else None


def _sections(number_format: str) -> list[str]:
    """The parts of a format between semicolons: for positive numbers, negative ones, 0 and texts."""
    sections: list[str] = []
    at = 0
    while at <= len(number_format):
        found = _SECTION.match(number_format, at)
        end = found.end() if found else len(number_format)
        sections.append(number_format[at:end])
        at = end + 1
    return sections


@lru_cache(maxsize=1_024)
def _pieces(number_format: str) -> list[tuple[str, str]]:
    """The parts of a format as (kind, literal text); none where one isn't understood."""
    pieces: list[tuple[str, str]] = []
    at = 0
    if len(number_format) > _LONGEST_FORMAT:
        return pieces
    while at < len(number_format):
        found = _PIECE.match(number_format, at)
        if found is None:
            return []
        kind = "digit" if found[4] else "percent" if found[5] else "text"
        pieces.append((kind, found[1] or found[2] or found[3] or found[5] or ""))
        at = found.end()
    return pieces
