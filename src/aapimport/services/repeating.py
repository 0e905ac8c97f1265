"""Writes that are tried again: how often, when that may help, and how long to wait before."""

from collections.abc import Callable
from dataclasses import replace

from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.patience import RETRY_AFTER_CAP, Patience

TRIES = 3
"""Writes of one thing at the most, where others are at the account or answers get lost."""
BUSY = frozenset({409, 412, 423})
"""Statuses with which a service says that somebody else is changing the resource: read, repeat."""
MAY_HAVE_WRITTEN = frozenset({Verdict.DONE, Verdict.UNKNOWN})
"""What is known of a write that was carried out, or may have been."""
ACCEPTED = "accepted but not kept by the server"
"""How it begins what is said of a write that was answered with a yes, and is shown by no look."""
NOT_SEEN = "accepted, and not shown before the run was stopped"
"""What is known of a write whose look was cut short: nothing that is final."""
_GAP = 0.2  # seconds before the second try; before the third twice as long
_THROTTLED = 1.0  # seconds, where a service that asks for a pause doesn't say how long


def may_pass(outcome: Outcome) -> bool:
    """Whether the same request may be answered otherwise soon: an error, a lost answer, a pause."""
    soon = outcome.wait is None or outcome.wait <= RETRY_AFTER_CAP
    return soon and (outcome.throttled or outcome.verdict is Verdict.UNKNOWN)


def after_lost(outcome: Outcome, *, lost: bool) -> Outcome:
    """What is known of a write once it was tried again: a refusal says nothing of a lost try.

    Args:
        outcome: What became of the last try.
        lost: Whether what became of an earlier one isn't known: it may be carried out yet.
    """
    if not lost or outcome.verdict in MAY_HAVE_WRITTEN:
        return outcome
    return replace(outcome, verdict=Verdict.UNKNOWN)


def shows_in_time(
    patience: Patience, identifier: str, since: float, is_shown: Callable[[], bool]
) -> bool:
    """Whether a write whose answer was lost shows before it has settled; looked for until then.

    What replaces something isn't repeated: carried out late, the first one would undo the repeat,
    and whatever came after it. What doesn't show is for the next session (`Patience.unseen`); the
    next lost one isn't waited for, or a service that loses answers would hold up everybody.

    Args:
        patience: How long to look.
        identifier: The account or the team.
        since: When the write was last under way, on the monotonic clock.
        is_shown: Looks once.
    """
    looks = iter([None]) if patience.unseen else patience.looks(since)
    shows = any(is_shown() for _ in looks)
    if not shows and patience.settle_seconds:  # else nothing is carried out late
        patience.unseen.add(identifier)
    return shows


def wait_before_another(patience: Patience, outcome: Outcome, attempt: int) -> None:
    """Wait before the same is tried again: as long as the service asks, else a moment."""
    if outcome.throttled:
        patience.wait(_THROTTLED if outcome.wait is None else outcome.wait)
    else:
        patience.rest(_GAP * attempt)
