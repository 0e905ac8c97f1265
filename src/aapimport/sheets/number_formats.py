"""What Excel shows for a number or a text, where its format lets that be told exactly.

Source: ECMA-376, part 1, section 18.8.31. Formats of which any part depends on the country, on
rounding or on the width of the column are left alone.
"""

import math
import re
import struct
from functools import lru_cache

from aapimport.sheets.facts import Cell, Looks

_DATES = (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))
BUILT_IN = {0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 49: "@"}
BUILT_IN |= dict.fromkeys(_DATES, "yyyy-mm-dd")
"""Formats that a workbook need not name (ECMA-376, part 1, section 18.8.30)."""
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([ ()-])|(0)|(%)')
"""A literal text in quotes, after a backslash, or one that needs neither; a digit; percent."""
_MOST_EXACT = 10**15
"""Excel keeps 15 digits."""
_MOST_GENERAL = 11
"""Characters of a number that General shows; longer ones are rounded, or written as 1.2E+11."""
_NOTHING = ";;;"
_LONGEST_FORMAT = 255
"""Characters of a format in Excel; a longer one isn't looked into."""
_GENERAL = frozenset(("", "general", "standard", "@"))
_PLAIN = _GENERAL | {"0", "#"}
_PART = re.compile(
    r'"([^"]*)"?|\\(.)|\[(?:\$[^\]]*|black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]'
    r"|_.|\*.|(;)|(@)|(\[[^\]]*\]|general|standard|[0#?.,%/ymdhsegb])|(.)",
    re.IGNORECASE | re.DOTALL,
)
"""A literal text, or one after a backslash; what shows no letters (a country, a colour, blanks as
wide as a letter, a filling); the end of a section; the text itself; digits and dates; a sign."""
_GROUPED = re.compile(r"\d[., '\u00a0\u202f\u2019]+\d")
LONGEST_NUMBER = 40
"""Characters of a number; what is longer is no number that anybody typed."""
_Pieces = list[tuple[str, str]]


_DATE_LETTERS = re.compile("[ymdhs]", re.IGNORECASE)
_A_WORD = re.compile(r'"[^"]*[^\W\d_][^"]*"|\[[=<>]|\[white\]', re.IGNORECASE)
"""Quoted letters, a condition, a colour."""
_NOT_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)


def is_plain(number_format: str) -> bool:
    """Whether a format shows a whole number as it is, or makes a date of it."""
    letters = _NOT_LETTERS.sub("", number_format)
    return number_format.casefold() in _PLAIN or bool(_DATE_LETTERS.search(letters))


def may_show_a_word(number_format: str) -> bool:
    """Whether a format may put a word beside a number or in its place, or make it white."""
    return _A_WORD.search(number_format) is not None


def is_date(number_format: str) -> bool:
    """Whether a format makes a date or a time of a number."""
    letters = _NOT_LETTERS.sub("", number_format.partition(";")[0])
    return bool(_DATE_LETTERS.search(letters))


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
        is_whole = float(value).is_integer()
        return "" if is_whole and (value or name == "0") else None
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


def literal_shown(value: str | float, number_format: str) -> str | None:
    """What is shown in place of a value by a format that replaces it, or adds words to a text.

    A format has up to four sections, for numbers above, below and of 0, and for texts; the last one
    is for texts as well if it holds an @.

    Returns:
        The text, empty where nothing is shown; None where the format shows the value itself, or
        digits of it.
    """
    if number_format.casefold() in _PLAIN or len(number_format) > _LONGEST_FORMAT:
        return None
    if isinstance(value, bool):  # which no format changes but the one that hides everything
        return "" if number_format == _NOTHING else None
    numbers, texts = _sections(number_format)
    if isinstance(value, str):
        shown = "".join(value if kind == "text" else letters for kind, letters in texts)
        return None if shown.strip() == value.strip() else shown
    sign = 0 if value > 0 else 1 if value < 0 else 2
    if not numbers:
        return None
    section = numbers[sign if sign < len(numbers) else 0]
    if any(kind != "literal" for kind, _ in section):
        return None
    return "".join(letters for _, letters in section)


def seen_as(text: str, value: float, *, is_percentage: bool) -> str | None:
    """What a number is shown as: its digits, with zeros and literal texts around them.

    Returns:
        Empty where it is the number as it is; None where it is rounded, grouped, hidden or written
        otherwise, which depends on the country and was hardly meant as the text.
    """
    if not text or len(text) > LONGEST_NUMBER or not math.isfinite(value):
        return None
    as_it_is = str(int(value)) if float(value).is_integer() else repr(value)
    if text == as_it_is and not is_percentage:
        return ""
    whole = value * 100 if is_percentage else value
    digits = "".join(filter(str.isdecimal, text))
    if not digits or not math.isclose(whole, int(digits), rel_tol=1e-12 if is_percentage else 0):
        return None
    return None if _GROUPED.search(text) else text


def _is_shown_in_full(value: float) -> bool:
    """Whether General shows a number with all of its digits."""
    if not math.isfinite(value):
        return False
    digits = str(int(value) if float(value).is_integer() else value).removeprefix("-")
    return len(digits) <= _MOST_GENERAL and "e" not in digits


def format_in_words(number_format: str) -> str:
    """A format as it is told to the administrator."""
    return f"format {number_format}"


def add_number(cell: Cell, value: float, number_format: str, looks: Looks) -> None:
    """Note what a number is shown as, where that is another text or can't be told."""
    literal = literal_shown(value, number_format)
    if literal is not None:
        looks.texts_shown[cell] = literal
        return
    text = as_shown(value, number_format)
    if text is None:
        looks.unclear[cell] = format_in_words(number_format)
    elif text:
        looks.shown[cell] = text


def add_text(cell: Cell, text: str, number_format: str, looks: Looks) -> None:
    """Note what a text is shown as, where that is another text."""
    shown = literal_shown(text, number_format)
    if shown is not None:
        looks.texts_shown[cell] = shown


def unpacked(packed: int) -> float:
    """A number in 30 bits: whole, or the upper half of a double; perhaps in hundredths.

    Source: [MS-XLS] 2.5.217, RkNumber.
    """
    if packed & 2:
        value: float = (packed >> 2) - (1 << 30 if packed >> 31 else 0)
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (packed & ~3) << 32))
    return value / 100 if packed & 1 else value


def _fill(pieces: _Pieces, digits: str, zeros: int) -> str:
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
def _sections(number_format: str) -> tuple[list[_Pieces], _Pieces]:
    """The sections of a format for numbers, and the one for texts.

    Their pieces are (kind, letters): `literal`, `text` for a text itself, and `value` for digits,
    dates and what depends on a condition.
    """
    sections: list[_Pieces] = [[]]
    for found in _PART.finditer(number_format):
        quoted, escaped, separator, text, value, other = found.groups()
        if separator:
            sections.append([])
        elif text:
            sections[-1].append(("text", ""))
        elif value:
            kind = "text" if value[0] in "gGsS" and len(value) > 1 else "value"
            sections[-1].append((kind, value))
        elif letters := quoted or escaped or other:
            sections[-1].append(("literal", letters))
    has_texts = len(sections) > 3 or ("text", "") in sections[-1]  # noqa: PLR2004 -- ECMA-376
    texts = sections.pop() if has_texts else [("text", "")]
    return sections[:3], texts


@lru_cache(maxsize=1_024)
def _pieces(number_format: str) -> _Pieces:
    """The parts of a format as (kind, literal text); none where one isn't understood."""
    pieces: _Pieces = []
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
