"""What Excel shows for a number, where its format lets that be told exactly.

Source: ECMA-376, part 1, section 18.8.31. Formats of which any part depends on the country, on
rounding or on the width of the column are left alone.
"""

import math
import re

_PIECE = re.compile(r'"([^"]*)"|\\(.)|([ ()-])|(0)|(%)')
"""A literal text in quotes, after a backslash, or one that needs neither; a digit; percent."""
_MOST_EXACT = 10**15
"""Excel keeps 15 digits."""


def as_shown(value: float, number_format: str) -> str:
    """What is shown for a number that is not negative.

    Formats that are understood consist of zeros and literal texts, as `00000`, `"T-"000`,
    `000-000` or `0%`.

    Returns:
        The text (`00000` shows 123 as 00123); nothing where it is the number as it is, or where the
        format is of another kind.
    """
    pieces = _pieces(number_format)
    zeros = sum(kind == "digit" for kind, _ in pieces)
    if not zeros or not 0 <= value < _MOST_EXACT:
        return ""
    hundreds = sum(kind == "percent" for kind, _ in pieces)
    whole = round(value * 100**hundreds)
    if not math.isclose(value * 100**hundreds, whole, rel_tol=1e-12 if hundreds else 0):
        return ""
    text = _fill(pieces, str(whole).zfill(zeros), zeros)
    return "" if text.strip() == str(whole) and not hundreds else text


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
