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
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from aapimport.screens.console import count, make_console, safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

EVERY = 30.0
"""Seconds between two plain lines."""
_MINUTE = 60
_NARROWEST_BAR, _BESIDE_THE_BAR = 10, 80
"""Columns of the bar, and what is kept for the words beside it."""


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

    @property
    def waits(self) -> float:
        """Seconds that the wait may still take, as far as that is known."""


@dataclass(frozen=True)
class Clock:
    """What tells the time and waits; tests have one of their own.

    Attributes:
        now: Seconds, of which only differences mean something.
        wait: Waits so many seconds for an event, and says whether it came.
        today: Seconds since 1970, UTC.
    """

    now: Callable[[], float] = time.monotonic
    wait: Callable[[Event, float], bool] = Event.wait
    today: Callable[[], float] = time.time


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
    clock = clock or Clock()
    if sys.stderr.isatty() and _is_redrawn(console):
        _show_bar(console, steps, clock)
        return
    lines = _Lines(clock, tells_at_once=False)
    rate, noted, is_first = _Rate(clock), "", True
    with lines.every_half_minute("uploading") as tell:
        for step in steps:
            if is_first and sys.stderr.isatty():
                lines.print(f"uploading: {step.done:,} of {step.total:,} done")
            left, is_first = rate.left(step), False
            if step.note and step.note != noted:
                lines.print(left)
            noted = step.note
            tell(
                "; ".join(filter(None, [f"uploading: {step.done:,} of {step.total:,} done", left]))
            )


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


def _show_bar(console: "Console", steps: Iterator[Step], clock: Clock) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    with Progress(
        TextColumn("uploading", markup=False),
        BarColumn(bar_width=max(_NARROWEST_BAR, console.width - _BESIDE_THE_BAR)),
        MofNCompleteColumn(),
        # what is waited for is broken at blanks, and never cut
        TextColumn("{task.fields[left]}", markup=False, table_column=Column(no_wrap=False)),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("", total=None, left="")
        _drawn.append(bar)
        rate = _Rate(clock)
        try:
            for step in steps:
                left = safe(rate.left(step))
                bar.update(task, completed=step.done, total=step.total, left=left)
        finally:
            _drawn.remove(bar)


def _is_redrawn(console: "Console") -> bool:
    """Whether lines may be drawn anew: not on a dumb terminal, nor for a screen reader."""
    return console.is_interactive and os.environ.get("ACCESSIBLE", "") in {"", "0"}


class _Rate:
    """How long the rest takes if it goes on as it went while nothing was waited for.

    Args:
        clock: Tells the time, and the time of day.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seconds, self._done = 0.0, 0
        self._at, self._before, self._waited = clock.now(), -1, False

    def left(self, step: Step) -> str:
        """What is still to come, in words; while something is waited for, what, and until when.

        Args:
            step: How far it is now.
        """
        now = self._clock.now()
        if self._before >= 0 and not (step.note or self._waited):
            self._seconds += now - self._at
            self._done += step.done - self._before
        self._at, self._before, self._waited = now, step.done, bool(step.note)
        if step.note:
            if step.waits < 1:
                return step.note
            until = datetime.fromtimestamp(self._clock.today() + step.waits, UTC)
            return f"{step.note}, until {until:%H:%M:%S} UTC"
        if self._done <= 0 or step.total <= step.done:
            return ""
        left = self._seconds * (step.total - step.done) / self._done
        about = count(round(left / _MINUTE), "minute") if left >= _MINUTE else f"{left:.0f} s"
        return f"about {about} left"


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
