"""No more requests a second to a service than it takes."""

import threading
import time

DEFAULT = 25.0
"""Requests a second for a service that nothing is known about."""


class Pace:
    """Requests a second to one host, from any number of threads.

    Args:
        per_second: How many; None for no limit.
    """

    def __init__(self, per_second: float | None = None) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    @property
    def gap(self) -> float:
        """Seconds between two requests; 0 without a limit."""
        return self._gap

    def take_turn(self, weight: int = 1) -> float:
        """Take the next free turn.

        Args:
            weight: How many requests it counts for: bulk is no way round a limit.

        Returns:
            Seconds to wait for it.
        """
        if not self._gap:
            return 0.0
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap * weight
        return turn - now
