"""How far a run is, and what it waits for."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from aapimport.run.lane import Lane

_STANDS = 1.0
"""Seconds without anything done after which a run is said to wait for what its calls wait for."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Steps that are final.
        total: Steps of the run.
        note: What is being waited for; empty while it goes on.
        waits: Seconds that the wait may still take, as far as that is known.
    """

    done: int
    total: int
    note: str = ""
    waits: float = 0.0


class Watch:
    """Sees whether anything goes on."""

    def __init__(self) -> None:
        self._done = 0
        self._moved_at = time.monotonic()

    def progress(
        self, done: int, total: int, lanes: Iterable[Lane], note: str, waits: float
    ) -> Progress:
        """How far a run is now.

        Args:
            done: Steps that are final.
            total: Steps of the run.
            lanes: The ways to the services.
            note: What the whole run waits for; empty for what a service makes it wait for, if any.
            waits: Seconds that this may still take.
        """
        now = time.monotonic()
        if done != self._done:
            self._done, self._moved_at = done, now
        if not note:
            stands = now - self._moved_at > _STANDS
            found = [it for lane in lanes for it in lane.waits(stands=stands)]
            waits, note = max(found, default=(0.0, ""))
        return Progress(done, total, note, waits)
