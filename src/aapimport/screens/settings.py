"""Settings, where they come from and where secrets are kept."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from aapimport.config.overview import Shown, Value
from aapimport.screens.console import make_console, safe
from aapimport.screens.labelled import print_line

_WIDEST = 40
"""Columns to which values are filled up in a pipe; longer ones push what follows to the right."""


def show_notices(notices: Iterable[str]) -> None:
    """Say on stderr what is to be said of the settings."""
    console = make_console(sys.stderr)
    for notice in notices:
        print_line(console, f"notice: {safe(notice)}")


def show_settings(console: Console, rows: Sequence[Shown]) -> None:
    """Each setting with its value and where it came from; in a pipe each on one line."""
    lines = [("Setting", "Value", "From")]
    lines += [(row.name, safe(_words(row.value)), safe(row.source)) for row in rows]
    if not console.is_terminal:
        widths = [min(max(map(cell_len, column)), _WIDEST) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = zip(line, widths, strict=True)
            padded = "  ".join(text + " " * (width - cell_len(text)) for text, width in cells)
            console.print(padded.rstrip(), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in lines[0]:
        table.add_column(title, no_wrap=title == lines[0][0], overflow="fold")
    for line in lines[1:]:
        table.add_row(*line)
    console.print(table)


def show_files(console: Console, files: Sequence[tuple[str, Path, bool]]) -> None:
    """Each settings file, whose it is, and whether it is there; paths are never cut."""
    for whose, path, there in files:
        state = "read" if there else "not there"
        print_line(console, f"{whose:6}  {safe(str(path))}  ({state})")


def show_status(console: Console, rows: Sequence[tuple[Shown, str]]) -> None:
    """Whether each service's secret is there, and the address that it is for."""
    for row, url in rows:
        service = row.name.partition(".")[0]
        print_line(console, f"{service:6}  {safe(url)}  {safe(_words(row.value))}")


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else value
