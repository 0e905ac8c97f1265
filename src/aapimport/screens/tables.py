"""Tables that never break a word: where there is no room for one, a list with the same values."""

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console

from aapimport.screens.console import broken_at_blanks
from aapimport.screens.labelled import print_labelled

_IN_PIPE = 1_000
"""Columns of a line in a pipe: whoever searches in it wants each value whole."""
_INDENT = "  "


def print_table(
    console: Console,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[str] = (),
    gap: int = 2,
) -> None:
    """Print rows as a table where no word of it has to be broken, else one value a line.

    Args:
        console: Where to.
        headings: What stands above each column; empty for one that needs nothing.
        rows: Their cells, already safe.
        right: The headings of the columns that are aligned to the right.
        gap: Blanks between two columns.
    """
    room = console.width if console.is_terminal else _IN_PIPE
    columns = [(heading, *(row[at] for row in rows)) for at, heading in enumerate(headings)]
    widths = _widths(columns, room - gap * (len(headings) - 1))
    if widths is None:
        _print_list(console, headings, rows)
        return
    aligned = {at for at, heading in enumerate(headings) if heading in right}
    for row, style in ((headings, "bold"), *((row, "") for row in rows)):
        for line in _lines(row, widths, aligned, " " * gap):
            console.print(line, style=style, soft_wrap=True)


def _lines(
    cells: Sequence[str], widths: Sequence[int], right: Collection[int], gap: str
) -> Iterator[str]:
    """The lines of one row; a cell goes on below itself."""
    columns = [
        broken_at_blanks(cell, width).split("\n") for cell, width in zip(cells, widths, strict=True)
    ]
    for parts in zip_longest(*columns, fillvalue=""):
        padded = []
        for at, (part, width) in enumerate(zip(parts, widths, strict=True)):
            blanks = " " * (width - cell_len(part))
            padded.append(blanks + part if at in right else part + blanks)
        yield gap.join(padded).rstrip()


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """The columns' widths; None where a word would have to be broken."""
    widths = [max(map(_width, column)) for column in columns]
    words = [
        max((cell_len(word) for cell in column for word in cell.split()), default=0)
        for column in columns
    ]
    while sum(widths) > room:
        slack = [width - word for width, word in zip(widths, words, strict=True)]
        widest = max(range(len(widths)), key=slack.__getitem__)
        if slack[widest] <= 0:
            return None
        widths[widest] -= 1
    return widths


def _width(cell: str) -> int:
    return max(map(cell_len, cell.split("\n")))


def _print_list(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Each row by its first cell, and beneath it what the others hold."""
    label = max(map(cell_len, headings[1:]), default=0)
    for first, *others in rows:
        print_labelled(console, "", " ".join(first.split()))
        for heading, cell in zip(headings[1:], others, strict=True):
            if cell:
                value = ", ".join(cell.split("\n"))
                print_labelled(console, f"{_INDENT}{heading.ljust(label)}  ", value)
