"""What a write took away from an account is put back, as far as the account takes it."""

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

from aapimport.services import changes
from aapimport.services.changes import Seen
from aapimport.services.directory import Directory, Unknown
from aapimport.services.kept import Item, Kept, Look
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.ownership import ROLE_STAYS
from aapimport.services.repeating import (
    BUSY,
    TRIES,
    after_lost,
    may_pass,
    shows_in_time,
    wait_before_another,
)
from aapimport.services.replies import Answer

GIVEN_BACK = "was gone after the write and was given back: see whether that is right"
"""What is said of something that an account has again."""
_GONE = "is gone from the account"
_STAYS = (_GONE, GIVEN_BACK, ROLE_STAYS)


def see_what_was_there(
    directory: Directory, account_ids: Collection[str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Put back what earlier writes took away from accounts, as far as it is still kept.

    Args:
        directory: The service.
        account_ids: Which accounts; all of them by default.

    Returns:
        For each account id, in words, what is gone from the account.
    """
    kept = [
        one for one in [*directory.adds_to_people.kept] if account_ids is None or one in account_ids
    ]
    looks = {identifier: settled(directory, identifier) for identifier in kept}
    return {identifier: look.gone for identifier, look in looks.items() if look and look.gone}


def said(outcome: Outcome, gone: Collection[str]) -> Outcome:
    """An outcome that says what is gone from the account, if anything is."""
    words = (f"{one} {_GONE}" for one in gone)
    return replace(outcome, but="; ".join(filter(None, (outcome.but, *words)))) if gone else outcome


def said_before(outcome: Outcome, reason: str, but: str) -> Outcome:
    """An outcome that says what a step has said already and no later look tells.

    What went, what was given back, and the role of an account that somebody else has made.

    Args:
        outcome: What a later look says.
        reason: The step's reason.
        but: What the step says isn't as it should be.
    """
    return replace(outcome, reason=_with(outcome.reason, reason), but=_with(outcome.but, but))


def _with(words: str, before: str) -> str:
    stays = (one for one in before.split("; ") if any(it in one for it in _STAYS))
    return "; ".join(filter(None, (words, *(one for one in stays if one not in words))))


def is_said_of_account(but: str, gone: Collection[str]) -> bool:
    """Whether an outcome's words say that all of something is gone from its account."""
    return all(f"{one} {_GONE}" in but for one in gone)


def settled(directory: Directory, identifier: str) -> Look[Seen] | None:
    """Look at an account until it shows what was added, and put back what that took away."""

    def look(kept: Kept) -> Look[Seen] | None:
        current = directory.fetch(identifier)
        if isinstance(current, Unknown):
            return None
        if current is None:
            return Look()
        account, resource = current
        seen = changes.look_at(kept, Seen(account=account, resource=resource))
        theirs = kept.is_of(account.user_name)
        return seen if theirs else replace(seen, theirs=False, fresh=kept.earlier)

    def give_back(kept: Kept, seen: Seen) -> Outcome:
        # An `add` takes away from the array that it adds to; what is gone elsewhere, a right above
        # all, somebody has taken away on purpose: that is named.
        ours = {path: kept.before[path] for path in kept.added}
        if not changes.taken_away(ours, seen):
            return Outcome(verdict=Verdict.REJECTED)
        return put_back(directory, ours, seen)

    adding = directory.adds_to_people
    return adding.settle(identifier, directory.patience, look, give_back)


def put_back(directory: Directory, before: Mapping[str, list[Item]], seen: Seen) -> Outcome:
    """Give an account back what a write took away; says what became of that write.

    While somebody else is changing the account it is read again before each further try; after a
    lost answer until that shows, and it isn't sent again where it doesn't.
    """
    outcome = Outcome(verdict=Verdict.NOT_SENT)
    lost = False
    for attempt in range(1, TRIES + 1):
        reply = changes.put_back(directory, before, seen)
        since = time.monotonic()
        busy = isinstance(reply, Answer) and reply.status in BUSY
        outcome = after_lost(judge(reply), lost=lost)
        lost = outcome.verdict is Verdict.UNKNOWN
        if not (busy or may_pass(outcome) or outcome.verdict is Verdict.NOT_SENT):
            break
        wait_before_another(directory.patience, outcome, attempt)
        if lost and not changes.is_guarded(directory, seen):
            is_shown = partial(_is_back, directory, before, seen)
            shows_in_time(directory.patience, seen.account.id, since, is_shown)
            if seen.account.id in directory.patience.unseen:
                return outcome
        current = directory.fetch(seen.account.id)
        if isinstance(current, tuple) and current[0].user_name == seen.account.user_name:
            seen = Seen(account=current[0], resource=current[1])
        if not changes.taken_away(before, seen):
            return Outcome(verdict=Verdict.DONE)
    return outcome


def _is_back(directory: Directory, before: Mapping[str, list[Item]], seen: Seen) -> bool:
    current = directory.fetch(seen.account.id)
    if not isinstance(current, tuple) or current[0].user_name != seen.account.user_name:
        return False
    return not changes.taken_away(before, Seen(account=current[0], resource=current[1]))
