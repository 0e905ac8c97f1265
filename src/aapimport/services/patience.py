"""Repeating requests that may be repeated: reads, and writes that set a value.

The numbers are AWS's retry numbers of 2026: three attempts, full jitter, base 50 ms (1 s when
throttled), cap 20 s, and a budget of 500 tokens of which a retry takes 14 (5 when throttled). A
read changes nothing, so it is tried more often and costs less: a plan asks hundreds of times, and
one answer that never comes would stop it.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aapimport.errors import ServiceError
from aapimport.services.replies import Answer, Lost, NotSent, Reply

TOO_MANY_REQUESTS = 429
SERVICE_UNAVAILABLE = 503
_TIMED_OUT, _SERVER_ERROR = 408, 500
_ATTEMPTS = 3
_READ_ATTEMPTS = 8
_READ_SECONDS = 60.0  # a service that is silent for a minute each time isn't asked eight times
_BASE = 0.05
_BASE_THROTTLED = 1.0
_CAP = 20.0
_CAP_READ = 2.0  # a person waits for what is read, and eight times is often enough
_BUDGET = 500
_COST = 14
_COST_THROTTLED = 5
_COST_READ = 1  # at 30 % faults, a read takes 0.43 on average and gives back 1
RETRY_AFTER_CAP = 300.0
"""Seconds that a service's own Retry-After can make us wait at the most."""
_YEAR = 365 * 86400.0
_HOUR, _DAY = 3600, 86400
_FIRST_GAP, _LONGEST_GAP = 0.25, 5.0
"""Seconds between two looks at what a service doesn't show yet: doubled from the first on."""


def gaps() -> Iterator[float]:
    """How many seconds to wait before each further look at what a service doesn't show yet."""
    gap = _FIRST_GAP
    while True:
        yield gap
        gap = min(2 * gap, _LONGEST_GAP)


def retry_after(answer: Answer) -> float | None:
    """Seconds the service asks us to wait, a year at the most; None when it doesn't say.

    Retry-After holds seconds or a date (RFC 9110 section 10.2.3); some services say X-Retry-After.
    Nobody waits longer than `RETRY_AFTER_CAP`: see `too_long`.
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
    return min(max(0.0, seconds), _YEAR) if seconds == seconds else None  # noqa: PLR0124 -- not NaN


def too_long(seconds: float | None) -> bool:
    """Whether a service asks for a longer wait than a command waits: it ends instead."""
    return seconds is not None and seconds > RETRY_AFTER_CAP


def asks_to_wait(name: str, seconds: float, hint: str) -> ServiceError:
    """The error for a wait that is too long: when, and in how long, the command can go on.

    Args:
        name: What the service is called.
        seconds: How long it asks us to wait.
        hint: What to do then.
    """
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    if seconds < _HOUR:
        when, span = f"{until:%H:%M}", f"{seconds / 60:.0f} min"
    elif seconds < _DAY:
        when, span = f"{until:%d %b %H:%M}", f"{seconds / _HOUR:.1f} h"
    else:
        when, span = f"{until:%d %b %Y %H:%M}", f"{seconds / _DAY:.1f} days"
    return ServiceError(f"{name} asks to wait until {when} UTC ({span})", hint=hint)


class Budget:
    """The retries that are left for one host, in tokens; successes give some back."""

    def __init__(self) -> None:
        self._tokens = _BUDGET
        self._lock = threading.Lock()

    def spend(self, cost: int) -> bool:
        """Take what a retry costs; False where not enough is left."""
        with self._lock:
            if self._tokens < cost:
                return False
            self._tokens -= cost
            return True

    def refund(self) -> None:
        """Give back one token, for a success."""
        with self._lock:
            self._tokens = min(_BUDGET, self._tokens + 1)


class Patience:
    """How long, and how often, one service is asked again.

    Args:
        sleep: Waits the given seconds. What it returns tells whether the run is stopping; nothing
            is asked again then.
        budget: The retries of the service's host, where another service there shares them.

    Attributes:
        waits_until: When the longest wait that a service asked for ends, on the monotonic clock.
        looks_again: When what isn't shown yet is looked at again, likewise.
        looks_until: Until when it is looked at, likewise.
        settle_seconds: How long a service may not show what was written; a run sets it.
        unseen: Accounts and teams of lost writes that didn't show; nothing more is sent there.
    """

    def __init__(
        self, sleep: Callable[[float], object] = time.sleep, budget: Budget | None = None
    ) -> None:
        self.waits_until = self.looks_again = self.looks_until = 0.0
        self.settle_seconds = 0.0
        self.unseen: set[str] = set()
        self._sleep = sleep
        self._budget = budget or Budget()

    def repeat(
        self,
        send: Callable[[], Reply],
        *,
        reads: bool = False,
        whole: Callable[[Answer], bool] | None = None,
    ) -> Reply:
        """Send until there is an answer worth having, or patience is at its end.

        Args:
            send: Sends the request once. It must be safe to repeat.
            reads: Whether it changes nothing; it is then tried more often.
            whole: Tells whether an answer is what it should be; a damaged one is asked for three
                times in all.

        Returns:
            The last reply; at once when the service asks for a longer wait than `RETRY_AFTER_CAP`.
        """
        attempt, began = 1, time.monotonic()
        while True:
            reply = send()
            damaged = whole is not None and isinstance(reply, Answer) and not whole(reply)
            if not damaged and not transient(reply):
                self._budget.refund()
                return reply
            asked = retry_after(reply) if isinstance(reply, Answer) else None
            throttled = isinstance(reply, Answer) and reply.status == TOO_MANY_REQUESTS
            many = reads and not damaged and not isinstance(reply, NotSent)
            if (
                attempt >= (_READ_ATTEMPTS if many else _ATTEMPTS)
                or (attempt >= _ATTEMPTS and time.monotonic() - began > _READ_SECONDS)
                or too_long(asked)
                or not self._budget.spend(_cost(throttled=throttled, reads=reads))
            ):
                return reply
            base = _BASE_THROTTLED if throttled else _BASE
            cap = _CAP_READ if reads and not throttled else _CAP
            jitter = random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 -- jitter is no secret
            if self._sleep(jitter) if asked is None else self.wait(asked):
                return reply
            attempt += 1

    def looks(self, since: float) -> Iterator[None]:
        """The looks at what may not be shown yet: at once, then again until it has settled.

        They end early when the run is stopping: what isn't shown then proves nothing, as
        `has_settled` tells.

        Args:
            since: When it was written, on the monotonic clock.
        """
        yield
        for gap in gaps():
            now = time.monotonic()
            left = since + self.settle_seconds - now
            if left <= 0:
                return
            self.looks_again, self.looks_until = now + min(gap, left), now + left
            if self._sleep(min(gap, left)):
                return
            yield

    def has_settled(self, since: float) -> bool:
        """Whether what was written at a time on the monotonic clock should be shown by now."""
        return time.monotonic() >= since + self.settle_seconds

    def rest(self, seconds: float) -> bool:
        """Wait although the service hasn't asked for it; whether the run is stopping."""
        return bool(self._sleep(seconds))

    def wait(self, seconds: float) -> bool:
        """Wait as long as the service asked for, so that a screen can say so.

        Args:
            seconds: How long; never longer than `RETRY_AFTER_CAP`.

        Returns:
            Whether the run is stopping.
        """
        seconds = min(seconds, RETRY_AFTER_CAP)
        self.waits_until = max(self.waits_until, time.monotonic() + seconds)
        return bool(self._sleep(seconds))


def _cost(*, throttled: bool, reads: bool) -> int:
    if reads:
        return _COST_READ
    return _COST_THROTTLED if throttled else _COST


def passing(status: int) -> bool:
    """Whether a status tells of a service's troubles, and nothing of its address or our request."""
    return status >= _SERVER_ERROR or status in {_TIMED_OUT, TOO_MANY_REQUESTS}


def transient(reply: Reply) -> bool:
    """Whether the same request may well succeed a little later."""
    if isinstance(reply, Answer):
        return reply.status in {_TIMED_OUT, TOO_MANY_REQUESTS, 500, 502, SERVICE_UNAVAILABLE, 504}
    return not (reply.lasting if isinstance(reply, Lost) else reply.cure)
