"""Many e-mails, one after the other: who is waited for, who is tried again, and when it ends."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from itertools import count

from aapimport.config.mail import Mail
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    Later,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
    Withdrawn,
)
from aapimport.mail.pace import Clock
from aapimport.mail.smtp import Mailer

WAITS = (60.0, 300.0, 900.0, 1800.0)
"""Seconds until an e-mail that was put off is tried again, each time; then it is for `resume`.

Greylisting lets pass who comes again after a while (RFC 6647, 2.2), mostly a few minutes.
"""


MOST_REFUSALS = 20
"""Refusals in a row, with nobody reached before, that are no longer about people."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One e-mail to one person.

    Attributes:
        key: Whose it is, for whoever keeps the ledger.
        to: The address.
        message: Makes the e-mail, the same each time, before each try; or says why there is none:
            `Withdrawn` for good, `Later` for now.
        began: When a server that knows e-mails again was first sent it, in seconds since 1970;
            None where it wasn't sent before.
    """

    key: str
    to: str
    message: Callable[[], EmailMessage | Withdrawn | Later]
    began: float | None = None


@dataclass(order=True)
class _Waiting:
    due: float
    order: int
    letter: Letter
    attempt: int


class Delivery:
    """Sends letters until each is sent, refused, in doubt, or has to wait for another session.

    Args:
        mailer: What sends one.
        mail: The settings.
        clock: The time.
        intent: Makes durable that the final dot of a letter comes now.
    """

    def __init__(
        self, mailer: Mailer, mail: Mail, clock: Clock, intent: Callable[[Letter], None]
    ) -> None:
        self._mailer = mailer
        self._mail = mail
        self._clock = clock
        self._intent = intent
        self._waiting: list[_Waiting] = []
        self._order = count()
        self._silences = 0
        self._refusals: int | None = 0  # None once somebody was reached

    def run(self, letters: Iterable[Letter]) -> Iterator[tuple[Letter, Outcome]]:
        """Send letters.

        Yields:
            What became of each attempt at once, to be made durable: the last one counts. One that
            may have been sent before stays in doubt until it is `Sent`. After `TakesNothing` or
            `DayIsFull`, which end it, and when the run is stopping, nothing is tried any more.
        """
        left = iter(letters)
        while (one := self._next(left)) is not None:
            if self._clock.sleep(max(0.0, one.due - self._clock.now())):
                return
            outcome = self._sent(one.letter)
            while isinstance(outcome, TakesNothing) and self._may_pass(outcome):
                yield one.letter, of_a_try(one.letter.began, NotSent(outcome.reason))
                self._silences += 1
                if self._clock.sleep(WAITS[self._silences - 1]):
                    return
                outcome = self._sent(one.letter)
            if not isinstance(outcome, TakesNothing):
                self._silences = 0
            outcome = of_a_try(one.letter.began, outcome)
            yield one.letter, outcome
            if isinstance(outcome, TakesNothing | DayIsFull):
                return
            if (refuses_all := self._refuses_all(outcome)) is not None:
                yield one.letter, refuses_all
                return
            if isinstance(outcome, NotSent | Later | InDoubt):
                self._put_off(one, outcome)

    def _next(self, left: Iterator[Letter]) -> _Waiting | None:
        """Who was put off and is due, else somebody new, else whoever is due next."""
        if self._waiting and self._waiting[0].due <= self._clock.now():
            return heapq.heappop(self._waiting)
        if (letter := next(left, None)) is not None:
            return _Waiting(0.0, next(self._order), letter, 0)
        return heapq.heappop(self._waiting) if self._waiting else None

    def _sent(self, letter: Letter) -> Outcome:
        """Send one, unless it must not be sent any more."""
        message = letter.message()
        if isinstance(message, Withdrawn | Later):
            return message
        return self._mailer.send(message, to=letter.to, intent=lambda: self._intent(letter))

    def _may_pass(self, outcome: TakesNothing) -> bool:
        """Whether a server that takes nothing now is waited for."""
        return outcome.passes and self._silences < len(WAITS)

    def _refuses_all(self, outcome: Outcome) -> TakesNothing | None:
        """That a server which has refused the first so many refuses us, and not them."""
        if isinstance(outcome, Sent | InDoubt):
            self._refusals = None
        if self._refusals is None or not isinstance(outcome, Refused):
            return None
        self._refusals += 1
        if self._refusals < MOST_REFUSALS:
            return None
        return TakesNothing(
            f"the server has refused the first {MOST_REFUSALS} people, the last one with:"
            f" {outcome.reason}",
            "try it with aapimport emails test --to ME, and ask whoever runs the server",
        )

    def _put_off(self, one: _Waiting, outcome: NotSent | Later | InDoubt) -> None:
        """Have a letter tried again in this session, where that is allowed and of use."""
        letter = one.letter
        if isinstance(outcome, InDoubt) and letter.began is None:
            letter = replace(letter, began=self._clock.now())
        waits = WAITS if isinstance(outcome, Later) else (0.0, *WAITS)
        if one.attempt >= len(waits):
            return
        due = self._clock.now() + waits[one.attempt]
        if letter.began is not None and not self._mail.may_repeat(letter.began, due):
            return
        heapq.heappush(self._waiting, _Waiting(due, next(self._order), letter, one.attempt + 1))


def of_a_try(began: float | None, outcome: Outcome) -> Outcome:
    """What became of a letter by one try: one that may have been sent before stays in doubt.

    Args:
        began: When it may have been sent before; None where it certainly wasn't.
        outcome: What became of the try.
    """
    if began is None or not isinstance(outcome, NotSent | Later | Refused | Withdrawn):
        return outcome
    return InDoubt(f"it may have been sent before; now: {outcome.reason}")
