"""How many requests are under way at once: more while all goes well, fewer when it doesn't.

Additive increase, multiplicative decrease, as TCP does it (RFC 5681 section 3.1). What the window
holds beyond the number of threads waits with its intent on record, so that no thread waits for the
journal.
"""

THREADS = 16
"""Requests that are under way at once to one service at the most."""
FIRST, MOST = 4, 4 * THREADS
_SLOW = 3.0
_FORGET = 1.01


class Window:
    """The number of requests that may be under way.

    Attributes:
        size: That number, 1 to 64; never more than 16 of them at once.
    """

    def __init__(self) -> None:
        self.size = FIRST
        self._credit = 0
        self._best = 0.0

    def succeeded(self, seconds: float) -> None:
        """Count a request that was answered.

        One that took much longer than the quickest of late asks for fewer: where answers get slower
        with each further request, more of them gain nothing (as TCP Vegas has it).
        """
        slow = self._best and seconds > _SLOW * self._best
        self._best = min(self._best * _FORGET, seconds) if self._best else seconds
        if slow:
            self.size = max(min(FIRST, self.size), self.size - 1)
            self._credit = 0
            return
        self._credit += 1
        if self._credit >= self.size:
            self._credit = 0
            self.size = min(MOST, self.size + 1)

    def failed(self) -> None:
        """Count a request that was throttled, lost or refused for want of capacity."""
        self.size = max(1, self.size // 2)
        self._credit = 0
