"""How a run is carried out."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from aapimport.config.mail import Mail
from aapimport.errors import RefusedError
from aapimport.mail.counted import Counter


@dataclass(frozen=True, kw_only=True)
class Drift:
    """What a look at the services, just before the first write, shows otherwise than was approved.

    Attributes:
        changes: What differs, in sentences; never empty.
        seats: Seats that this session uses now.
        mails: Welcome e-mails that it sends.
        letters: Those that a mail server sends after it, in a run of their own.
        begun: Whether the upload goes on all the same: something of it was sent, or may have been,
            or it was begun by an earlier command. Else it is left, and can be planned anew.
        is_short: Whether seats or places don't suffice any more.
    """

    changes: tuple[str, ...]
    seats: int
    mails: int
    begun: bool
    is_short: bool = False
    letters: int = 0


def refuse_drift(drift: Drift) -> None:
    """Stop: what was approved is not what would happen now.

    Raises:
        RefusedError: Always.
    """
    raise RefusedError(
        "what was approved is not what would happen now:\n  " + "\n  ".join(drift.changes),
        hint="ask for more seats or places; to go on with those who fit, resume without --yes;"
        " to end it: resume --close"
        if drift.is_short
        else ""
        if drift.begun
        else "run the command again to see the plan as it is now",
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run is carried out; what it does is in the journal.

    Attributes:
        settle_seconds: How long a service may still be finishing what it was sent.
        stop_after: Failures after which the run pauses; None leaves it to the breaker.
        bulk: Whether bulk requests may be used where they are offered.
        again: Whether those who were sent twice and are not found are sent once more.
        begun_now: Whether the run was planned by this very command, which has just seen everybody.
        approve: Has a drift approved, or raises what ends the command.
        sleep: Waits the given seconds; tests pass their own.
        mail: The mail server, for e-mails that go by it; None without one.
        counter: Counts e-mails for its day's limit; None where nobody does.
    """

    settle_seconds: float
    stop_after: int | None = None
    bulk: bool = True
    again: bool = False
    begun_now: bool = False
    approve: Callable[[Drift], None] = refuse_drift
    sleep: Callable[[float], None] = time.sleep
    mail: Mail | None = None
    counter: Counter | None = None
