"""Consoles, and the one function that makes outside text harmless."""

import json
import os
import unicodedata
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 80
"""Columns where there is no terminal."""
_NARROWEST = 40
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
        character if not _is_unsafe(character) or character in _JOINERS else _escape(character)
        for character in text
    )


def safe_json(text: str, encoding: str = "utf-8") -> str:
    r"""JSON whose strings can't steer the terminal that it is printed on, and that means the same.

    What `safe` makes visible, joiners included, is written as JSON writes it (RFC 8259 section 7):
    as `\uXXXX`, twice beyond the basic plane. So is what an encoding has no sign for.
    """
    characters = set(text) - {"\n"}  # between the values; within them it is written as \n
    odd = (one for one in characters if _is_unsafe(one) or not _is_in(one, encoding))
    return text.translate({ord(one): json.dumps(one)[1:-1] for one in odd})


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE_CATEGORIES


def _is_in(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _escape(character: str) -> str:
    digits = f"{ord(character):04X}"
    return f"\\u{digits}" if len(digits) == len("XXXX") else f"\\U{digits:0>8}"


def safe_lines(text: str) -> str:
    """The same for a text of ours with several lines, which stay lines."""
    return "\n".join(safe(line) for line in text.split("\n"))


def make_console(stream: IO[str], flags: str = "") -> "Console":
    """A console that prints text as it is.

    Styling is off in a pipe, with `NO_COLOR` and with `TERM=dumb`.

    Args:
        stream: Where it prints.
        flags: What the commands that screens name need beside, as `with_flags` has it.
    """
    from rich.console import Console

    class Unbroken(Console):
        said_with = flags

        def on_broken_pipe(self) -> None:
            """Tell whoever prints; rich would end the process on the spot, without a word."""
            raise  # noqa: PLE0704 -- called while the BrokenPipeError is handled

        def show_cursor(self, show: bool = True) -> bool:  # noqa: ARG002 -- rich's signature
            """Leave the cursor as it is: a process that is killed could not bring it back."""
            return False

    return Unbroken(
        file=stream,
        width=width_of(stream),
        height=_LINES,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
    )


_LINES = 25
"""Nothing is laid out by it; without it rich takes 80 columns for a terminal that is `dumb`."""


def width_of(stream: IO[str]) -> int:
    """The columns of a terminal, or of `COLUMNS`; a pipe has 80, whoever looks at it.

    Nothing is laid out for fewer than 40: a narrower terminal breaks the lines itself.
    """
    if not stream.isatty():
        return PIPE_WIDTH
    told = os.environ.get("COLUMNS", "")
    try:
        columns = int(told) if told.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    except OSError:
        columns = 0
    return max(columns or PIPE_WIDTH, _NARROWEST)


def broken_at_blanks(text: str, width: int) -> str:
    """A text in lines of at most so many columns; a longer word stays whole, as it may be copied.

    Args:
        text: The text; its own line breaks stay.
        width: In columns; wide characters count as two.
    """
    from rich.cells import cell_len

    lines = []
    for paragraph in text.split("\n"):
        line, *words = paragraph.split(" ")
        goes_on = False
        for word in words:
            if line.strip() and cell_len(f"{line} {word}") > width:
                lines.append(line.rstrip())
                line, goes_on = word, True
            else:
                line = word if goes_on and not line else f"{line} {word}"
        lines.append(line)
    return "\n".join(lines)


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 row`, `2 rows`, `1,000 people`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
