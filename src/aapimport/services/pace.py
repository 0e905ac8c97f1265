"""How many requests a second a service takes: known limits, and what an administrator types."""

import threading
import time

from aapimport.errors import SettingsError

DEFAULT = 25.0
"""Requests a second for a service that nothing is known about."""
PRESETS = {
    "slack": 3.0,  # 180 creates a minute
    "github": 1000 / 3600,
    "peakon": 25_000 / 3600,  # operations; bulk counts each
    "miro": 100 / 30,  # changes of users in 30 s
    "deel": 5.0,
    "condeco": 500 / 60,
    "instaclustr": 750 / 60,
}
"""Requests a second that hosted services document (docs/scim.md, "Hosted services")."""


def read_pace(typed: str | None) -> float | None:
    """The pace that was typed: requests a second, or the name of a known service.

    Returns:
        Requests a second; None when nothing was typed.

    Raises:
        SettingsError: It is neither.
    """
    if typed is None or not typed.strip():
        return None
    name = typed.strip().lower()
    if name in PRESETS:
        return PRESETS[name]
    try:
        pace = float(name)
    except ValueError:
        pace = 0.0
    if not 0 < pace <= 1000:  # noqa: PLR2004 -- beyond that, no pace is kept anyway
        raise SettingsError(
            f"{typed!r} is no pace",
            hint="a number of requests a second, or one of: " + ", ".join(PRESETS),
        )
    return pace


class Pace:
    """Requests a second to one host, from any number of threads.

    Args:
        per_second: How many; None for no limit.
    """

    def __init__(self, per_second: float | None = None) -> None:
        self._gap = 1.0 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

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
