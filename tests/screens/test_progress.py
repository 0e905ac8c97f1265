import errno
import io
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event

import pytest

from aapimport.screens.progress import EVERY, Clock, show_busy, show_progress, undisturbed


@dataclass
class Step:
    """How far something is."""

    done: int
    total: int = 200
    note: str = ""
    waits: float = 0.0


class Time:
    """A clock that stands still until a test lets half a minute pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._passing: SimpleQueue[bool] = SimpleQueue()
        self._waiting: SimpleQueue[float] = SimpleQueue()
        self.clock = Clock(
            now=lambda: self.seconds, wait=self._wait, today=lambda: 14 * 3600 + self.seconds
        )

    def _wait(self, ended: Event, seconds: float) -> bool:
        self._waiting.put(seconds)
        while self._passing.empty():
            if ended.wait(0.001):
                return True
        self.seconds += seconds
        return not self._passing.get()

    def pass_half_a_minute(self) -> None:
        """Return when the line of that half minute has been printed."""
        assert self._waiting.get() == EVERY
        self._passing.put(item=True)
        self._waiting.put(self._waiting.get())


class Screen(io.StringIO):
    """A stderr that is a terminal, or isn't."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        """Whether it is one."""
        return self.terminal


def stderr(patch: pytest.MonkeyPatch, *, terminal: bool) -> Screen:
    """A stderr that is no terminal, or one that a screen reader reads."""
    patch.setenv("ACCESSIBLE", "1" if terminal else "")
    patch.setenv("TERM", "xterm")
    screen = Screen(terminal=terminal)
    patch.setattr(sys, "stderr", screen)
    return screen


def test_what_is_quick_says_nothing_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log isn't filled with what takes a second."""
    screen = stderr(monkeypatch, terminal=False)
    with show_busy("reading people.xlsx") as tell:
        tell("planning")
    assert screen.getvalue() == ""


def test_what_takes_long_gives_a_line_every_half_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on just then, and how long it has taken so far."""
    screen = stderr(monkeypatch, terminal=False)
    time = Time()
    with show_busy("asking the services", time.clock) as tell:
        time.pass_half_a_minute()
        tell("planning\x1b[2J")
        time.pass_half_a_minute()
    assert screen.getvalue() == (
        "asking the services (30 s so far)\nplanning\\u001B[2J (60 s so far)\n"
    )


def test_a_screen_reader_is_told_each_thing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it begins, in a line that is never redrawn."""
    screen = stderr(monkeypatch, terminal=True)
    with show_busy("reading people.xlsx") as tell:
        tell("planning")
    assert screen.getvalue() == "reading people.xlsx\nplanning\n"


def test_a_run_tells_how_long_it_will_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what was done while nothing was waited for; a wait is told at once, and once."""
    screen = stderr(monkeypatch, terminal=False)
    time = Time()

    def steps() -> Iterator[Step]:
        yield Step(100)
        time.seconds += 60
        yield Step(110)
        time.pass_half_a_minute()
        yield Step(110, note="Jhana asks for a pause", waits=240.0)
        time.pass_half_a_minute()
        yield Step(110, note="Jhana asks for a pause", waits=210.0)
        yield Step(110, note="waiting for members to show", waits=0.2)
        time.seconds += 200
        yield Step(199)
        time.pass_half_a_minute()
        yield Step(200)

    show_progress(steps(), time.clock)
    pause = "Jhana asks for a pause, until 14:05:30 UTC"
    assert screen.getvalue() == (
        "uploading: 110 of 200 done; about 9 minutes left (90 s so far)\n"
        f"{pause}\n"
        f"uploading: 110 of 200 done; {pause} (120 s so far)\n"
        "waiting for members to show\n"
        "uploading: 199 of 200 done; about 6 s left (350 s so far)\n"
    )


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_the_bar_shows_no_time_left_while_it_waits(
    monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    """Seconds left beside a pause of minutes would be a lie: it says until when it waits."""
    monkeypatch.setenv("COLUMNS", columns)
    screen = stderr(monkeypatch, terminal=True)
    monkeypatch.setenv("ACCESSIBLE", "")
    now = Time()

    def steps() -> Iterator[Step]:
        yield Step(0)
        now.seconds += 10
        yield Step(100)
        time.sleep(0.3)  # a bar is drawn ten times a second
        assert "about 10 s left" in screen.getvalue()
        before = len(screen.getvalue())
        yield Step(12345, total=20000, note="waiting for what was written to show", waits=300.0)
        time.sleep(0.3)
        drawn = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", screen.getvalue()[before:])
        drawn = drawn.rpartition("uploading")[2]
        assert [*re.findall("[a-z]+|[0-9:]+", drawn.partition("20000")[2])] == (
            ["waiting", "for", "what", "was", "written", "to", "show", "until", "14:05:10"]
        )
        assert max(map(len, drawn.splitlines())) <= int(columns)
        yield Step(20000, total=20000)

    show_progress(steps(), now.clock)
    assert "until" in screen.getvalue()


def test_a_run_for_a_screen_reader_begins_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bar, no colour, no cursor movement."""
    screen = stderr(monkeypatch, terminal=True)
    show_progress(iter([Step(0), Step(200)]))
    assert screen.getvalue() == "uploading: 0 of 200 done\n"


def test_a_terminal_has_a_line_that_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on, then the bar with the time left; nothing is left of either."""
    monkeypatch.delenv("ACCESSIBLE", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen(terminal=True)
    monkeypatch.setattr(sys, "stderr", screen)
    with show_busy("reading people.xlsx") as tell:
        tell("planning")
    show_progress(iter([Step(0), Step(50), Step(200)]))
    text = screen.getvalue()
    assert "reading people.xlsx" in text
    assert "uploading" in text
    assert "200/200" in text
    assert text.endswith("\x1b[2K")
    assert "\x1b[?25l" not in text  # who is killed leaves no terminal without a cursor
    lines = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= 60


def test_a_stderr_that_is_full_stops_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown beside the work is not worth ending it for."""

    class Full(Screen):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(sys, "stderr", Full(terminal=True))
    monkeypatch.setenv("ACCESSIBLE", "1")
    done = []
    show_progress(done.append(one.done) or one for one in (Step(0, note="waiting"), Step(200)))  # type: ignore[func-returns-value] # told by what it leaves
    assert done == [0, 200]


def test_an_error_ends_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong meanwhile is told as it is."""
    screen = stderr(monkeypatch, terminal=False)
    with pytest.raises(ValueError, match="x"), show_busy("reading"):
        raise ValueError("x")
    assert screen.getvalue() == ""


def test_no_bar_is_drawn_while_a_question_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar would erase the question's line, and draw over what is typed."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("ACCESSIBLE", "")
    screen = stderr(monkeypatch, terminal=True)

    def asking() -> Iterator[Step]:
        yield Step(1)
        with undisturbed():
            before = screen.getvalue()
            time.sleep(0.5)  # a bar is drawn ten times a second
            assert screen.getvalue() == before
        yield Step(2)

    show_progress(asking())
    assert "uploading" in screen.getvalue()
