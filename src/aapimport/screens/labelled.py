"""Text that goes on below itself where a line is too short; no word is ever broken."""

from rich.cells import cell_len
from rich.console import Console

from aapimport.screens.commands import with_flags
from aapimport.screens.console import broken_at_blanks

_NARROWEST = 20
"""Columns that words beside a label need; with fewer they stand below it."""
_BELOW = "    "


def print_labelled(console: Console, label: str, words: str) -> None:
    """Print a label and its words, broken at blanks into as many lines as they need.

    Args:
        console: Where to.
        label: What stands before the first line, with its blanks.
        words: What it is about, already safe.
    """
    words = with_flags(words, getattr(console, "said_with", ""))
    indent = " " * cell_len(label)
    if label.strip() and console.width - len(indent) < _NARROWEST:
        print_line(console, label.rstrip())
        label = indent = _BELOW
    first, *more = broken_at_blanks(words, console.width - len(indent)).split("\n")
    for line in (f"{label}{first}", *(f"{indent}{line}" for line in more)):
        console.print(line.rstrip(), soft_wrap=True)


def print_line(console: Console, text: str) -> None:
    """Print lines that are broken at blanks on a terminal; what reads a pipe gets them whole.

    What a line begins with, blanks or a mark, stays the indent of what goes on below it.
    """
    for line in text.split("\n"):
        words = line.lstrip()
        if console.is_terminal:
            print_labelled(console, line[: len(line) - len(words)], words)
        else:
            console.print(with_flags(line, getattr(console, "said_with", "")), soft_wrap=True)
