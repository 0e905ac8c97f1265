"""How a run is carried out."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is carried out; what it does is in the journal.

    Attributes:
        settle_seconds: How long a service may still be finishing what it was sent.
        stop_after: Failures after which the run pauses; None leaves it to the breaker.
        bulk: Whether bulk requests may be used where they are offered.
        again: Whether those who were sent twice and are not found are sent once more.
        sleep: Waits the given seconds; tests pass their own.
    """

    settle_seconds: float
    stop_after: int | None = None
    bulk: bool = True
    again: bool = False
    sleep: Callable[[float], None] = time.sleep
