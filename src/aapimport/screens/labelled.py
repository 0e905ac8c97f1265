"""A label and its words, which go on below themselves where a line is too short."""

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_NARROWEST = 20


def print_labelled(console: Console, label: str, words: str) -> None:
    """Print a label and its words, broken at blanks into as many lines as they need.

    Args:
        console: Where to.
        label: What stands before the first line, with its blanks.
        words: What it is about, already safe.
    """
    indent = cell_len(label)
    lines = Text(words).wrap(console, max(_NARROWEST, console.width - indent), overflow="fold")
    for number, line in enumerate(lines):
        start = " " * indent if number else label
        console.print(f"{start}{line.plain.rstrip()}", soft_wrap=True)
