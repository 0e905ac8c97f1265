"""What is going on, on stderr: a line that is redrawn, or plain lines where it can't or mustn't be.

Plain lines come every half a minute, so that a log shows life and stays readable. `ACCESSIBLE=1`
has them on a terminal, too, where a screen reader would read each redrawn line anew; there each
thing is also told as it begins.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from aapimport.screens.console import count, make_console, safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

EVERY = 30.0
"""Seconds between two plain lines."""
_MINUTE = 60


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


@dataclass(frozen=True)
class Clock:
    """What tells the time and waits; tests have one of their own.

    Attributes:
        now: Seconds, of which only differences mean something.
        wait: Waits so many seconds for an event, and says whether it came.
    """

    now: Callable[[], float] = time.monotonic
    wait: Callable[[Event, float], bool] = Event.wait


@contextmanager
def show_busy(what: str, clock: Clock | None = None) -> Iterator[Callable[[str], None]]:
    """Show what is going on until it ends.

    Args:
        what: For example `reading people.xlsx`.
        clock: Of tests.

    Yields:
        Tells what is going on next.
    """
    console = make_console(sys.stderr) if sys.stderr.isatty() else None
    if console is None or not _is_redrawn(console):
        lines = _Lines(clock or Clock(), tells_at_once=console is not None)
        with lines.every_half_minute(what) as tell:
            yield tell
        return
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    spinner = Spinner("line", Text(safe(what)))
    with Live(
        spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ):
        yield lambda text: spinner.update(text=Text(safe(text)))


def show_progress(steps: Iterator[Step], clock: Clock | None = None) -> None:
    """Show steps as they are done, and how long the rest will take.

    Args:
        steps: The steps; going through them is the work.
        clock: Of tests.
    """
    console = make_console(sys.stderr)
    if sys.stderr.isatty() and _is_redrawn(console):
        _show_bar(console, steps)
        return
    clock = clock or Clock()
    lines = _Lines(clock, tells_at_once=False)
    began, first, noted = clock.now(), None, ""
    with lines.every_half_minute("uploading") as tell:
        for step in steps:
            if first is None:
                first = step.done
                if sys.stderr.isatty():
                    lines.print(f"uploading: {step.done:,} of {step.total:,} done")
            if step.note and step.note.split()[0] != noted:
                lines.print(step.note)
            noted = step.note.split()[0] if step.note else ""
            tell(_how_far(step, step.done - first, clock.now() - began))


_drawn: "list[Progress]" = []
"""The bar that is being drawn, if one is."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Draw nothing as long as a question stands on the terminal."""
    drawn = [*_drawn]
    for bar in drawn:
        bar.stop()
    try:
        yield
    finally:
        for bar in drawn:
            bar.start()


def _show_bar(console: "Console", steps: Iterator[Step]) -> None:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("uploading", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left {task.fields[note]}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("", total=None, note="")
        _drawn.append(bar)
        try:
            for step in steps:
                bar.update(task, completed=step.done, total=step.total, note=safe(step.note))
        finally:
            _drawn.remove(bar)


def _is_redrawn(console: "Console") -> bool:
    """Whether lines may be drawn anew: not on a dumb terminal, nor for a screen reader."""
    return console.is_interactive and os.environ.get("ACCESSIBLE", "") in {"", "0"}


def _how_far(step: Step, done: int, seconds: float) -> str:
    """How far it is, and how long the rest takes if it goes on as since the beginning."""
    said = f"uploading: {step.done:,} of {step.total:,} done"
    if done > 0 and step.total > step.done:
        left = seconds * (step.total - step.done) / done
        about = count(round(left / _MINUTE), "minute") if left >= _MINUTE else f"{left:.0f} s"
        said += f", about {about} left"
    return f"{said}; {step.note}" if step.note else said


class _Lines:
    """Plain lines on stderr, from a thread of their own while the work goes on."""

    def __init__(self, clock: Clock, *, tells_at_once: bool) -> None:
        self._clock = clock
        self._tells_at_once = tells_at_once
        self._what = ""

    @contextmanager
    def every_half_minute(self, what: str) -> Iterator[Callable[[str], None]]:
        """Print every half a minute what goes on, until the context ends."""
        ended = Event()
        began = self._clock.now()

        def print_lines() -> None:
            while not self._clock.wait(ended, EVERY):
                self.print(f"{self._what} ({self._clock.now() - began:.0f} s so far)")

        self._tell(what)
        thread = Thread(target=print_lines, daemon=True)
        thread.start()
        try:
            yield self._tell
        finally:
            ended.set()
            thread.join()

    def print(self, text: str) -> None:
        """Print one line; where nobody can take it, the work goes on all the same."""
        with suppress(OSError):
            make_console(sys.stderr).print(safe(text), soft_wrap=True)

    def _tell(self, what: str) -> None:
        self._what = what
        if self._tells_at_once:
            self.print(what)
