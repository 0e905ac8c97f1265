"""Giving an account back what it had before a run: set values only, read back, safe to repeat.

Each write follows a look at the account, and carries its version where the service keeps one. Where
it doesn't, whatever somebody changes between the look and the write is lost if it is in the very
array that is written (roles, entitlements): nothing in SCIM can take one value out of an array
there (docs/scim.md, 6).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aapimport.services import changes
from aapimport.services.changes import Seen
from aapimport.services.directory import Directory, Unknown
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.repeating import (
    ACCEPTED,
    BUSY,
    NOT_SEEN,
    TRIES,
    after_lost,
    may_pass,
    wait_before_another,
)
from aapimport.services.replies import Answer, Reply

Values = Mapping[str, Any]
"""What is to be set, by attribute path."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is written to an account as it is now."""

    why: str


Deciding = Callable[[Seen], Values | Refusal]
"""What is to be set on an account as it is now; nothing when all is as it should be."""


def take_back(directory: Directory, account_id: str, decide: Deciding) -> Outcome:
    """Set on an account what is decided at each look at it, and see that it shows.

    Args:
        directory: The service.
        account_id: The account.
        decide: Decides.

    Returns:
        `done` when nothing is left to set; `needs a person` in the words of a refusal, or where the
        account is gone; `rejected` when the service refuses it or doesn't keep it; `unknown` while
        an answer is lost and nothing shows; `not sent` and `pause` as `judge` has them.

    Raises:
        SettingsError: The token is refused.
    """
    outcome, lost = Outcome(verdict=Verdict.NOT_SENT), False
    for attempt in range(1, TRIES + 1):
        current = look(directory, account_id)
        if isinstance(current, Outcome):
            return after_lost(current, lost=lost)
        values = decide(current)
        if isinstance(values, Refusal):
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=values.why, account_id=account_id)
        if not values:
            return Outcome(verdict=Verdict.DONE, account_id=account_id)
        reply = _send(directory, current, values)
        outcome = after_lost(judge(reply), lost=lost)
        lost = outcome.verdict is Verdict.UNKNOWN
        if outcome.verdict in {Verdict.DONE, Verdict.UNKNOWN}:
            is_off = values.get("active") is False
            shown = _shown(directory, account_id, decide, lost=lost, is_off=is_off)
            if shown is not None:
                return shown
        busy = isinstance(reply, Answer) and reply.status in BUSY
        if not (busy or may_pass(outcome) or outcome.verdict is Verdict.NOT_SENT):
            break
        wait_before_another(directory.patience, outcome, attempt)
    return outcome


def look(directory: Directory, account_id: str) -> Seen | Outcome:
    """An account as it is now; else why it can't be looked at, or that it is gone."""
    found = directory.fetch(account_id)
    if isinstance(found, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason, account_id=account_id)
    if found is None:
        gone = "the account is gone"
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=gone, account_id=account_id, gone=True)
    return Seen(account=found[0], resource=found[1])


def _send(directory: Directory, seen: Seen, values: Values) -> Reply:
    reply = changes.patch_values(directory, seen, values)
    return changes.put_values(directory, seen, values) if changes.wants_put(reply) else reply


def _shown(
    directory: Directory, account_id: str, decide: Deciding, *, lost: bool, is_off: bool
) -> Outcome | None:
    """What is read after a write; None where it may be sent again, as its answer was lost.

    Some services show nobody who is switched off: after an answer that was a yes, that is done.
    """
    values: Values | Refusal = {}
    since = time.monotonic()
    for _ in directory.patience.looks(since):
        current = look(directory, account_id)
        if isinstance(current, Outcome):
            if current.gone and is_off and not lost:
                return Outcome(verdict=Verdict.DONE, account_id=account_id, wrote=True)
            if current.gone:
                return current
            continue
        values = decide(current)
        if isinstance(values, Refusal):  # somebody was quicker, after our write or before it
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=values.why, account_id=account_id)
        if not values:
            return Outcome(verdict=Verdict.DONE, account_id=account_id, wrote=True)
    if lost:
        return None
    if not directory.patience.has_settled(since):  # the run is stopping: the next one looks again
        return Outcome(verdict=Verdict.UNKNOWN, reason=NOT_SEEN, account_id=account_id)
    if not isinstance(values, Refusal) and values:
        kept = ", ".join(sorted(values))
        reason = f"{ACCEPTED}: {kept}"
        return Outcome(verdict=Verdict.REJECTED, reason=reason, account_id=account_id)
    return Outcome(verdict=Verdict.UNKNOWN, reason="it can't be read back", account_id=account_id)
