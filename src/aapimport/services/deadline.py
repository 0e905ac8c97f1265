"""A deadline for a whole answer, which httpx doesn't have: its time-outs count from byte to byte.

A service that sends a byte every two seconds would hold a thread, and the command with it, for as
long as it likes. So the connections below httpx are read in short slices, and between two of them
the clock and the run's end are looked at.
"""

import math
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

ANSWER_DEADLINE = 120.0
"""Seconds from the start of a request to the last byte of its answer, at the most."""
STOPPING_GRACE = 15.0
"""Seconds that an answer under way still gets once the run is stopping."""
_SLICE = 1.0  # seconds between two looks at the clock
_PIECE = 64 * 1024  # bytes that are written between two looks


class Deadline(threading.local):
    """When the answer that a thread waits for has to be whole; each thread has its own.

    Args:
        is_stopping: Tells whether the run ends early.
        seconds: Seconds for a whole answer; `ANSWER_DEADLINE` by default.
    """

    def __init__(self, is_stopping: Callable[[], bool], seconds: float | None = None) -> None:
        self._is_stopping = is_stopping
        self._seconds = ANSWER_DEADLINE if seconds is None else seconds
        self._until = math.inf
        self._shortened = False

    def start(self) -> None:
        """Begin to count, for the request that this thread sends now."""
        self._until = time.monotonic() + self._seconds
        self._shortened = False

    def left(self) -> float:
        """Seconds that are left; 0 or less when it is over."""
        now = time.monotonic()
        if not self._shortened and self._is_stopping():
            self._shortened = True
            self._until = min(self._until, now + STOPPING_GRACE)
        return self._until - now

    @property
    def reason(self) -> str:
        """Why no answer is waited for any more."""
        if self._shortened:
            return f"stopped, and the answer wasn't whole {STOPPING_GRACE:.0f} s later"
        return f"the answer wasn't whole after {self._seconds:.0f} s"


def keep(deadline: Deadline, transport: Any) -> None:
    """Let every connection of an httpx transport keep a deadline.

    httpx has no public way to its connections: this is the one place that reaches for its pool and
    the pool's backend, the same in httpx and httpx2. A service that drips headers, in a test, tells
    when either of them is called something else. Transports without a pool have no connections.

    Args:
        deadline: What is to be kept.
        transport: The httpx transport whose connections are meant.
    """
    pool = getattr(transport, "_pool", None)
    if pool is not None:
        errors = import_module(type(pool).__module__.partition(".")[0])
        pool._network_backend = _Backend(pool._network_backend, deadline, errors)  # noqa: SLF001 -- see above


class _Backend:
    """Opens connections that keep the deadline; otherwise httpcore's own backend."""

    def __init__(self, backend: Any, deadline: Deadline, errors: Any) -> None:
        self._backend = backend
        self._deadline = deadline
        self._errors = errors

    def connect_tcp(self, *place: Any, **how: Any) -> "_Stream":
        return _Stream(self._backend.connect_tcp(*place, **how), self._deadline, self._errors)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream:
    """One connection, read and written in pieces; otherwise httpcore's own stream."""

    def __init__(self, stream: Any, deadline: Deadline, errors: Any) -> None:
        self._stream = stream
        self._deadline = deadline
        self._errors = errors
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        silent = 0.0
        while (left := self._deadline.left()) > 0:
            patience = min(left, _SLICE, math.inf if timeout is None else timeout - silent)
            try:
                data: bytes = self._stream.read(max_bytes, patience)
            except self._errors.ReadTimeout:
                silent += patience
                if timeout is not None and silent >= timeout:
                    raise self._errors.ReadTimeout(f"no byte came for {timeout:g} s") from None
            else:
                return data
        raise self._errors.ReadTimeout(self._deadline.reason)

    def write(self, data: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(data), _PIECE):
            left = self._deadline.left()
            if left <= 0:
                raise self._errors.WriteTimeout(self._deadline.reason)
            piece = data[start : start + _PIECE]
            self._stream.write(piece, left if timeout is None else min(left, timeout))

    def start_tls(self, *how: Any, **more: Any) -> "_Stream":
        return _Stream(self._stream.start_tls(*how, **more), self._deadline, self._errors)
