"""How fast e-mails go out: so many in a minute, so many within 24 hours, slower when asked."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from aapimport.config.mail_values import Preset

DAY = 24 * 3600.0
"""Seconds over which mail services count: a window that moves, not a date."""
_MINUTE = 60.0
_FIRST_GAP, _WIDEST_GAP = 2.0, 60.0
_GLANCE = 0.2  # seconds between two looks at whether the run is stopping


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> bool:
        """Wait.

        Returns:
            Whether the run is stopping.
        """


class SystemClock:
    """The computer's clock.

    Args:
        is_stopping: Tells whether the run ends early.
    """

    def __init__(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        self._is_stopping = is_stopping

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> bool:
        """Wait, as long as the run isn't stopping."""
        until = time.monotonic() + seconds
        while not self._is_stopping() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _GLANCE))
        return self._is_stopping()


def room_now(
    per_day: int, sent: Iterable[float], now: float, number: int
) -> tuple[int, float | None]:
    """How many of so many e-mails a day's limit lets go now.

    Args:
        per_day: The limit within 24 hours; 0 where nothing is known.
        sent: When e-mails went out, in seconds since 1970.
        now: The time.
        number: How many are to be sent.

    Returns:
        How many may go now; and when the next one may, None where all may.
    """
    before = sorted(at for at in sent if at > now - DAY)
    room = max(0, per_day - len(before)) if per_day else number
    if number <= room:
        return number, None
    after = [*before, *[now] * room]
    return room, after[len(after) - per_day] + DAY


class Pace:
    """When the next e-mail may go.

    Args:
        preset: The server's limits.
        clock: The time.
        sent: When e-mails went out within the last 24 hours, in seconds since 1970.
    """

    def __init__(self, preset: Preset, clock: Clock, sent: Iterable[float]) -> None:
        self._per_day = preset.per_day
        self._gap = _MINUTE / preset.per_minute if preset.per_minute else 0.0
        self._clock = clock
        self._sent = deque(sorted(sent))
        self._next = (self._sent[-1] if self._sent else 0.0) + self._gap

    def wait(self) -> bool:
        """Wait for the next turn, never longer than a gap, whatever the computer's clock does.

        Returns:
            Whether the run is stopping.
        """
        wait = min(self._next - self._clock.now(), self._gap)
        stopping = self._clock.sleep(wait) if wait > 0 else False
        self._next = self._clock.now() + self._gap
        return stopping

    def count(self) -> None:
        """Count one that was sent, or may have been."""
        self._sent.append(self._clock.now())

    def slower(self) -> None:
        """Leave twice the time between two: the server asks for it (432, 452, 454)."""
        self._gap = min(max(2 * self._gap, _FIRST_GAP), max(_WIDEST_GAP, self._gap))

    def full_until(self) -> float | None:
        """When the 24 hours have room again; None where they have it now."""
        while self._sent and self._sent[0] <= self._clock.now() - DAY:
            self._sent.popleft()
        if not self._per_day or len(self._sent) < self._per_day:
            return None
        return self._sent[len(self._sent) - self._per_day] + DAY

    def next_day(self) -> float:
        """When the oldest of the last 24 hours no longer counts: no server says it better."""
        return (self._sent[0] if self._sent else self._clock.now()) + DAY
