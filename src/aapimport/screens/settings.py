"""Settings, where they come from and where secrets are kept."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from aapimport.config.overview import Shown, Value
from aapimport.screens.console import make_console, safe
from aapimport.screens.labelled import print_line


def show_notices(notices: Iterable[str]) -> None:
    """Say on stderr what is to be said of the settings."""
    console = make_console(sys.stderr)
    for notice in notices:
        print_line(console, f"notice: {safe(notice)}")


def show_settings(console: Console, rows: Sequence[Shown]) -> None:
    """Each setting with its value and where it came from."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("From", overflow="fold")
    for row in rows:
        table.add_row(row.name, safe(_words(row.value)), safe(row.source))
    console.print(table)


def settings_json(rows: Sequence[Shown]) -> str:
    """The same for scripts: an object of settings, each with its value and source."""
    found = {row.name: {"value": row.value, "source": row.source} for row in rows}
    return json.dumps(found, ensure_ascii=False, indent=2)


def show_files(console: Console, files: Sequence[tuple[str, Path, bool]]) -> None:
    """Each settings file, whose it is, and whether it is there; paths are never cut."""
    for whose, path, there in files:
        state = "read" if there else "not there"
        print_line(console, f"{whose:6}  {safe(str(path))}  ({state})")


def files_json(files: Sequence[tuple[str, Path, bool]]) -> str:
    """The same for scripts."""
    found = [{"whose": whose, "path": str(path), "there": there} for whose, path, there in files]
    return json.dumps({"files": found}, ensure_ascii=False, indent=2)


def show_status(console: Console, rows: Sequence[tuple[Shown, str]]) -> None:
    """Whether each service's secret is there, and the address that it is for."""
    for row, url in rows:
        service = row.name.partition(".")[0]
        print_line(console, f"{service:6}  {safe(url)}  {safe(_words(row.value))}")


def status_json(rows: Sequence[tuple[Shown, str]]) -> str:
    """The same for scripts."""
    found = {
        row.name.partition(".")[0]: {"url": url, "secret": row.value, "source": row.source}
        for row, url in rows
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _words(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else value
