"""Consoles, and the one function that makes outside text harmless."""

import unicodedata
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}
"""Zero-width (non-)joiner: ordinary spelling in Persian and Indic names, shown as they are."""


def safe(text: str) -> str:
    r"""Outside text (a cell, a server's answer) in a form that can't steer the terminal.

    Control, format, bidi, surrogate and unassigned characters appear as `\uXXXX`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in _UNSAFE_CATEGORIES or character in _JOINERS
        else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    digits = f"{ord(character):04X}"
    return f"\\u{digits}" if len(digits) == len("XXXX") else f"\\U{digits:0>8}"


def safe_lines(text: str) -> str:
    """The same for a text of ours with several lines, which stay lines."""
    return "\n".join(safe(line) for line in text.split("\n"))


def make_console(stream: IO[str]) -> "Console":
    """A console that prints text as it is.

    Styling is off in a pipe, with `NO_COLOR` and with `TERM=dumb`; a pipe is never wrapped at the
    width of a terminal that isn't there, but at 80 columns, where every screen holds.
    """
    from rich.console import Console

    return Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=False)


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 row`, `2 rows`, `1,000 people`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
