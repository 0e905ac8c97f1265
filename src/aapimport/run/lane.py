"""What goes to one service: how much at once, when it pauses, and when it is too much."""

import time

from aapimport.errors import AapimportError, RefusedError, ServiceError, SettingsError
from aapimport.run.window import Window
from aapimport.services.directory import Directory
from aapimport.services.outcomes import Outcome, Verdict

PATIENCE = 8
"""Pauses for want of a connection or of quota, without a success in between, that end it."""
BREAKER_FAILURES, BREAKER_SHARE = 20, 0.05
"""It ends when so many steps, and so large a part of them, were rejected or got lost."""
_FIRST_WAIT = 0.05  # seconds; doubled with each pause
_DEFAULT_PAUSE = 5.0
_FAILED = {Verdict.REJECTED, Verdict.UNKNOWN}
_REFUSED = {Verdict.NOT_SENT, Verdict.PAUSE}


class Lane:
    """The way to one service.

    Args:
        directory: The service.
        breaks: Whether it ends by itself when too much goes wrong.

    Attributes:
        window: How many requests may be under way at once.
        failures: Steps that were rejected, or that got lost.
        ended: Why nothing more is sent to the service in this run; None while it goes on.
    """

    def __init__(self, directory: Directory, *, breaks: bool) -> None:
        self.directory = directory
        self._breaks = breaks
        self.window = Window()
        self.failures = 0
        self.ended: AapimportError | None = None
        self._refusals = self._landings = 0
        self._paused_until = 0.0
        directory.transport.stopping = False

    def end(self, error: AapimportError) -> None:
        """Send nothing more; the first error is the one that is told."""
        self.ended = self.ended or error
        self.drop_waiting()

    def drop_waiting(self) -> None:
        """Send nobody any more who still waits for a turn."""
        self.directory.transport.stopping = True

    def is_paused(self) -> bool:
        """Whether the service asked for a pause that isn't over."""
        return time.monotonic() < self._paused_until

    def waits(self) -> float:
        """Seconds until the service may be asked again, as it said; 0 or less without a pause."""
        return max(self._paused_until, self.directory.patience.waits_until) - time.monotonic()

    def weigh(self, outcome: Outcome, *, sends: bool) -> None:
        """Slow down, pause or end when an outcome says that it should.

        Args:
            outcome: What became of a request.
            sends: Whether the request was what a step intends; False for one that only looks.
        """
        if outcome.throttled:
            pause = _DEFAULT_PAUSE if outcome.wait is None else outcome.wait
            self._refused_again(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.NOT_SENT and sends:
            pause = min(_DEFAULT_PAUSE, _FIRST_WAIT * 2**self._refusals)
            self._refused_again(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.PAUSE:
            self.end(
                SettingsError(
                    f"{self.directory.name} refuses to go on: {outcome.reason}",
                    hint="check the token and its rights, then resume",
                )
            )
        if outcome.verdict not in {Verdict.WRITTEN, Verdict.DONE, Verdict.REJECTED} and sends:
            self.window.failed()
        if sends and outcome.verdict in _REFUSED:
            return
        self._refusals = 0
        self._landings += 1
        # a look-up that finds nothing again is nothing new, and must not keep others waiting
        failed = outcome.verdict is Verdict.REJECTED or (sends and outcome.verdict in _FAILED)
        self.failures += failed
        if failed and self._goes_wrong():
            self.end(
                RefusedError(
                    f"paused: {self.failures:,} of {self._landings:,} steps on"
                    f" {self.directory.name} failed, the last with: {outcome.reason}",
                    hint="mend the cause, then resume",
                )
            )

    def _refused_again(self, outcome: Outcome, seconds: float, *, sends: bool) -> None:
        """Pause; requests that were under way when the pause began don't count again."""
        if not self.is_paused() and sends:
            self._refusals += 1
            if self._refusals >= PATIENCE:
                self.end(
                    ServiceError(
                        f"{self.directory.name} is unreachable or stays busy: {outcome.reason}",
                        hint="check your network, then resume",
                    )
                )
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _goes_wrong(self) -> bool:
        share = BREAKER_SHARE * self._landings
        return self._breaks and self.failures >= max(BREAKER_FAILURES, share)
