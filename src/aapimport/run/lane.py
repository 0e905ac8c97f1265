"""What goes to one service: how much at once, when it pauses, and when it is too much."""

import time
from collections.abc import Iterator
from dataclasses import replace

from aapimport.errors import AapimportError, RefusedError, ServiceError, SettingsError
from aapimport.run.window import Window
from aapimport.services.directory import Directory
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.patience import asks_to_wait, too_long

PATIENCE = 8
"""Pauses for want of a connection or of quota, without a success in between, that end it."""
BREAKER_FAILURES, BREAKER_SHARE = 20, 0.05
"""It ends when so many steps, and so large a part of them, were rejected."""
DOUBTS_IN_A_ROW = 20
"""It ends when so many requests got no answer that tells, one after the other."""
REFUSALS_IN_A_ROW = 5
"""It ends when so many writes were refused (402, 403), one after the other."""
_FIRST_WAIT = 0.05  # seconds; doubled with each pause
_DEFAULT_PAUSE = 5.0
_SAID_SO = {Verdict.REJECTED, Verdict.REFUSED, Verdict.NEEDS_PERSON}
_WENT_WELL = {Verdict.WRITTEN, Verdict.DONE}
_NOT_SENT = {Verdict.NOT_SENT, Verdict.PAUSE}


class Lane:
    """The way to one service.

    Args:
        directory: The service.
        breaks: Whether it ends by itself when too much goes wrong.

    Attributes:
        window: How many requests may be under way at once.
        failures: Steps that were rejected; doubts are none, they are looked up.
        ended: Why nothing more is sent to the service in this run; None while it goes on.
    """

    def __init__(self, directory: Directory, *, breaks: bool) -> None:
        self.directory = directory
        self._breaks = breaks
        self.window = Window()
        self.failures = 0
        self.ended: AapimportError | None = None
        self._pauses = self._landings = self._refusals = self._doubts = self._broken = 0
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

    def waits(self, *, stands: bool) -> Iterator[tuple[float, str]]:
        """What makes the run wait: for how many seconds yet, and what for.

        Args:
            stands: Whether nothing goes on, so that what calls wait for counts as well.
        """
        patience, now = self.directory.patience, time.monotonic()
        asked = max(self._paused_until, patience.waits_until) - now
        if asked > 0:
            yield asked, f"{self.directory.name} asks for a pause"
        if stands and patience.looks_again > now:
            yield patience.looks_until - now, "waiting for what was written to show"

    def whose_refusal(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Whether a refusal (402, 403) is one of a person, or of everything we might ask.

        Asks something harmless, which the service has answered for the plan. If that works, the
        refusal belongs to whom it answered; else the service refuses us, and nobody was rejected.
        """
        try:
            self.directory.first_page()
        except AapimportError:
            return [
                replace(one, verdict=Verdict.PAUSE) if one.verdict is Verdict.REFUSED else one
                for one in outcomes
            ]
        return outcomes

    def weigh(self, outcome: Outcome, *, sends: bool, of_a_group: bool = False) -> None:
        """Slow down, pause or end when an outcome says that it should.

        Args:
            outcome: What became of a request.
            sends: Whether the request was what a step intends; False for one that only looks.
            of_a_group: Whether it put people into a Group, whose trouble stays its own: it ends
                neither accounts nor e-mails.
        """
        if outcome.throttled:
            pause = _DEFAULT_PAUSE if outcome.wait is None else outcome.wait
            self._pause(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.NOT_SENT and sends:
            pause = min(_DEFAULT_PAUSE, _FIRST_WAIT * 2**self._pauses)
            self._pause(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.PAUSE:
            self._end_for_good(outcome)
        if outcome.verdict not in _WENT_WELL | {Verdict.REJECTED} and sends:
            self.window.failed()
        if sends and outcome.verdict in _NOT_SENT:
            return
        self._pauses = 0
        self._landings += 1
        # a look-up that finds nothing again is nothing new, and must not keep others waiting
        if sends and not of_a_group:
            doubtful = outcome.verdict is Verdict.UNKNOWN
            self._doubts = self._doubts + 1 if doubtful else 0
            refused = outcome.verdict is Verdict.REFUSED
            self._refusals = self._refusals + 1 if refused else 0
        failed = outcome.verdict in _SAID_SO
        self.failures += failed
        self._broken += failed and not of_a_group
        if self._refusals >= REFUSALS_IN_A_ROW:
            self._end_for_good(outcome)
        elif self._doubts >= DOUBTS_IN_A_ROW and self._breaks:
            self.end(
                ServiceError(
                    f"{self.directory.name} did not answer the last {self._doubts} requests"
                    f" so that it could be told what became of them: {outcome.reason}",
                    hint="try again later: what became of everybody is then looked up first",
                )
            )
        elif failed and not of_a_group and self._goes_wrong():
            self.end(
                RefusedError(
                    f"paused: {self._broken:,} of {self._landings:,} changes on"
                    f" {self.directory.name} failed, the last with: {outcome.reason}",
                    hint="mend the cause, then resume",
                )
            )

    def _end_for_good(self, outcome: Outcome) -> None:
        name, login = self.directory.name, self.directory.transport.login
        what = "can't be used" if outcome.cure else "refuses to go on"
        cure = outcome.cure or f"check {login} and its rights"
        self.end(SettingsError(f"{name} {what}: {outcome.reason}", hint=f"{cure}, then resume"))

    def _pause(self, outcome: Outcome, seconds: float, *, sends: bool) -> None:
        """Pause; requests that were under way when the pause began don't count again."""
        if too_long(seconds):
            self.end(asks_to_wait(self.directory.name, seconds, "resume then"))
            return
        if not self.is_paused() and sends:
            self._pauses += 1
            if self._pauses >= PATIENCE:
                self.end(
                    ServiceError(
                        f"{self.directory.name} is unreachable or stays busy: {outcome.reason}",
                        hint="check your network, then resume",
                    )
                )
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _goes_wrong(self) -> bool:
        share = BREAKER_SHARE * self._landings
        return self._breaks and self._broken >= max(BREAKER_FAILURES, share)
