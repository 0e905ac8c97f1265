"""Repeating requests that may be repeated: reads, and writes that set a value.

The numbers are AWS's retry numbers of 2026: three attempts, full jitter, base 50 ms (1 s when
throttled), cap 20 s, and a budget of 500 tokens of which a retry takes 14 (5 when throttled).
"""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aapimport.services.transport import Answer, Reply

TOO_MANY_REQUESTS = 429
SERVICE_UNAVAILABLE = 503
_ATTEMPTS = 3
_BASE = 0.05
_BASE_THROTTLED = 1.0
_CAP = 20.0
_BUDGET = 500
_COST = 14
_COST_THROTTLED = 5
RETRY_AFTER_CAP = 300.0
"""Seconds that a service's own Retry-After can make us wait at the most."""


def retry_after(answer: Answer) -> float | None:
    """Seconds the service asks us to wait; None when it doesn't say.

    Retry-After holds seconds or a date (RFC 9110 section 10.2.3); some services say X-Retry-After.
    """
    value = (answer.headers.get("retry-after") or answer.headers.get("x-retry-after") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
            seconds = (date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), RETRY_AFTER_CAP) if seconds == seconds else None  # noqa: PLR0124 -- not NaN


class Patience:
    """A budget of retries, shared by everything that talks to one service.

    Args:
        sleep: Waits the given seconds, or until the run is stopped.

    Attributes:
        waits_until: When the longest wait that a service asked for ends, on the monotonic clock.
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.waits_until = 0.0
        self._sleep = sleep
        self._tokens = _BUDGET
        self._lock = threading.Lock()

    def repeat(self, send: Callable[[], Reply]) -> Reply:
        """Send until there is an answer worth having, or patience is at its end.

        Args:
            send: Sends the request once. It must be safe to repeat.
        """
        attempt = 1
        while True:
            reply = send()
            if not transient(reply):
                self._refund()
                return reply
            throttled = isinstance(reply, Answer) and reply.status == TOO_MANY_REQUESTS
            if attempt >= _ATTEMPTS or not self._spend(_COST_THROTTLED if throttled else _COST):
                return reply
            asked = retry_after(reply) if isinstance(reply, Answer) else None
            base = _BASE_THROTTLED if throttled else _BASE
            jitter = random.uniform(0, min(_CAP, base * 2**attempt))  # noqa: S311 -- jitter is no secret
            if asked is None:
                self._sleep(jitter)
            else:
                self.wait(asked)
            attempt += 1

    def wait(self, seconds: float) -> None:
        """Wait as long as the service asked for, so that a screen can say so."""
        self.waits_until = max(self.waits_until, time.monotonic() + seconds)
        self._sleep(seconds)

    def _spend(self, cost: int) -> bool:
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def _refund(self) -> None:
        with self._lock:
            self._tokens = min(_BUDGET, self._tokens + 1)


def transient(reply: Reply) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(reply, Answer):
        return reply.status in {408, TOO_MANY_REQUESTS, 500, 502, SERVICE_UNAVAILABLE, 504}
    return True
