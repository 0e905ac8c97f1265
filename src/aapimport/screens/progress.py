"""A progress bar on stderr; plain lines where stderr is no terminal."""

import sys
from collections.abc import Iterator
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aapimport.screens.console import make_console, safe


class Step(Protocol):
    """How far something is: `done` of `total`, and what is being waited for."""

    @property
    def done(self) -> int:
        """What is finished."""

    @property
    def total(self) -> int:
        """All there is to do."""

    @property
    def note(self) -> str:
        """What is being waited for; empty while it goes on."""


def show_progress(steps: Iterator[Step]) -> None:
    """Show steps as they are done."""
    console = make_console(sys.stderr)
    if not console.is_terminal:
        shown = ""
        for step in steps:
            if step.note and step.note.split()[0] != shown:
                console.print(safe(step.note))
            shown = step.note.split()[0] if step.note else ""
        return
    columns = (TextColumn("Uploading", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", note="")
        for step in steps:
            bar.update(task, completed=step.done, total=step.total, note=safe(step.note))
