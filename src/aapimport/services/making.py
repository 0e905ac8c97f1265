"""Bringing an account that exists to what is wanted, without taking anything away from it.

Read, compare, write what differs, read back and compare again: with what is wanted, and with what
was there before.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from aapimport.services import changes
from aapimport.services.changes import NAMES, Seen
from aapimport.services.differences import differences, not_kept
from aapimport.services.directory import Directory, Unknown
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.ownership import DEACTIVATED_SINCE, HANDED_ON, is_still
from aapimport.services.patience import RETRY_AFTER_CAP, Patience
from aapimport.services.roles import is_client_admin
from aapimport.services.scim import Account
from aapimport.services.transport import Answer
from aapimport.services.values import Change, Wanted
from aapimport.template.roles import Role

TRIES = 3
"""Writes of one thing at the most, where others are at the account or answers get lost."""
_GAP = 0.2  # seconds before the second try; before the third twice as long
_THROTTLED = 1.0  # seconds, where a service that asks for a pause doesn't say how long
BUSY = frozenset({409, 412, 423})
"""Statuses with which a service says that somebody else is changing the resource: read, repeat."""
_PARTS: tuple[set[str], ...] = ({"account"}, {"pass"}, {"role"}, set(NAMES))
_REFUSALS = {Verdict.REJECTED, Verdict.REFUSED}
_SAYS_NAMES = re.compile(r"\b(names?|givenname|familyname|displayname|formatted)\b", re.IGNORECASE)


def make_so(directory: Directory, identifier: str, wanted: Wanted, *, put: bool = False) -> Outcome:
    """Bring an account that exists to what is wanted; may be repeated at any time.

    Args:
        directory: The service.
        identifier: The account's id.
        wanted: What it should be. With our own key, it is an account that we create.
        put: Whether the account is sent whole, because a PATCH was accepted and not kept before.

    Returns:
        `done`; `written` when a read-back shows something old; else why not. What a service refuses
        to set on an account that we create is a `but`: the person is there. Of an account that was
        there already it is a rejection, when nothing was changed at all.
    """
    before = _shown(directory, identifier, wanted)
    if isinstance(before, Outcome):
        return before
    return _Making(directory, before, wanted, put=put).carried_out()


def may_pass(outcome: Outcome) -> bool:
    """Whether the same request may be answered otherwise soon: an error, a lost answer, a pause."""
    soon = outcome.wait is None or outcome.wait <= RETRY_AFTER_CAP
    return soon and (outcome.throttled or outcome.verdict is Verdict.UNKNOWN)


def wait_before_another(patience: Patience, outcome: Outcome, attempt: int) -> None:
    """Wait before the same is tried again: as long as the service asks, else a moment."""
    if outcome.throttled:
        patience.wait(_THROTTLED if outcome.wait is None else outcome.wait)
    else:
        patience.wait(_GAP * attempt)


class _Making:
    """One account on its way to what is wanted."""

    def __init__(self, directory: Directory, before: Seen, wanted: Wanted, *, put: bool) -> None:
        self._directory = directory
        self._before = self._now = before
        self._wanted = wanted
        self._put = put
        self._busy = False
        self._wrote = False
        self._refused: dict[str, str] = {}

    def carried_out(self) -> Outcome:
        """Write everything that differs at once; where that is refused, one thing after another."""
        parts = [part for part in _PARTS if self._left(part)]
        everything: set[str] = set().union(*parts)
        ended = self._written(everything)
        if ended.verdict not in _REFUSALS or self._busy or len(parts) == 1:
            parts = [everything]
        for part in parts:
            if part is not everything:
                ended = self._written(part)
            if ended.verdict in _REFUSALS:
                self._refused |= dict.fromkeys(part, ended.reason)
            elif ended.verdict is not Verdict.DONE:
                return ended
        if ended.verdict is Verdict.REFUSED and everything <= self._refused.keys():
            return replace(ended, short=tuple(sorted(everything)))  # perhaps it refuses everybody
        return self._result(everything)

    def _left(self, part: Collection[str]) -> list[Change]:
        """What still differs, of what can be set at all."""
        return [
            change
            for change in differences(self._now.account, self._wanted)
            if change.attribute in part
            and changes.is_declared(self._directory.capabilities, change.attribute)
        ]

    def _written(self, part: Collection[str]) -> Outcome:
        """Send changes, at most three times where that may help.

        Before anything is repeated the account is read: what is added twice is there twice on some
        services (SERVERS.md, 5).
        """
        outcome = Outcome(verdict=Verdict.DONE)
        for attempt in range(1, TRIES + 1):
            left = self._left(part)
            if not left:
                return Outcome(verdict=Verdict.DONE)
            outcome = self._sent(left)
            if outcome.verdict is not Verdict.DONE:
                if not (self._busy or may_pass(outcome)):
                    return outcome
                wait_before_another(self._directory.patience, outcome, attempt)
            now = _shown(self._directory, self._now.account.id, self._wanted, written=True)
            if isinstance(now, Outcome):
                return now
            self._now = now
            if outcome.verdict is Verdict.DONE:
                return outcome
        return outcome if self._left(part) else Outcome(verdict=Verdict.DONE)

    def _sent(self, left: list[Change]) -> Outcome:
        """Send changes once; by PUT where there is no PATCH for them."""
        send = changes.put if self._put else changes.patch
        reply = send(self._directory, self._now, self._wanted, left)
        if not self._put and changes.wants_put(reply):
            reply = changes.put(self._directory, self._now, self._wanted, left)
        self._busy = isinstance(reply, Answer) and reply.status in BUSY
        outcome = judge(reply)
        self._wrote = self._wrote or outcome.verdict in {Verdict.DONE, Verdict.UNKNOWN}
        return replace(outcome, account_id=self._now.account.id, wrote=self._wrote)

    def _result(self, tried: Collection[str]) -> Outcome:
        """What has become of the account, by what it shows."""
        gone = changes.taken_away(self._before, self._now, self._wanted)
        if gone:
            gone = self._put_back()
        short = [one.attribute for one in differences(self._now.account, self._wanted)]
        hard = {
            attribute: words
            for attribute, words in self._refused.items()
            if attribute in short and not (attribute in NAMES and _SAYS_NAMES.search(words))
        }
        identifier = self._now.account.id
        if hard and not self._wanted.external_id and set(tried) <= set(self._refused):
            reason = next(iter(hard.values()))
            return Outcome(verdict=Verdict.REJECTED, reason=reason, account_id=identifier)
        can = self._directory.capabilities
        late = [one for one in short if one not in self._refused and changes.is_declared(can, one)]
        soft = [one for one in short if one not in late and one not in hard]
        buts = [
            not_kept(soft),
            *_with_words(hard),
            *(f"{one} is gone from the account" for one in gone),
        ]
        return Outcome(
            verdict=Verdict.WRITTEN if late else Verdict.DONE,
            account_id=identifier,
            short=tuple(late or short),
            but="; ".join(filter(None, buts)),
            wrote=self._wrote,
            changed=_shows(self._now) != _shows(self._before),
        )

    def _put_back(self) -> tuple[str, ...]:
        """Give an account back what our write took away; what is missing even then.

        On this service `add` replaces: it gets whole arrays from now on.
        """
        self._directory.add_replaces = True
        changes.put_back(self._directory, self._before, self._now, self._wanted)
        now = _shown(self._directory, self._now.account.id, self._wanted, written=True)
        if isinstance(now, Seen):
            self._now = now
        return changes.taken_away(self._before, self._now, self._wanted)


def _with_words(refused: dict[str, str]) -> Iterator[str]:
    """What was refused, with the service's words; those of one refusal together."""
    for words in dict.fromkeys(refused.values()):
        yield not_kept([one for one, why in refused.items() if why == words], words)


def _shown(
    directory: Directory, identifier: str, wanted: Wanted, *, written: bool = False
) -> Seen | Outcome:
    """The account as it is now; or why nothing may be written to what is there.

    Args:
        directory: The service.
        identifier: The account's id.
        wanted: Whose it should be.
        written: Whether it was written to already, so that what it shows may be old.
    """
    current = directory.fetch(identifier)
    late = written or bool(wanted.external_id)
    if isinstance(current, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=current.reason, account_id=identifier)
    if current is None:
        return Outcome(
            verdict=Verdict.WRITTEN if late else Verdict.REJECTED,
            reason="the account isn't shown yet" if late else "the account is gone",
            account_id=identifier,
            gone=True,
        )
    account, resource = current
    if not is_still(account, wanted):
        if late:
            reason = "the service shows another account there"
            return Outcome(verdict=Verdict.UNKNOWN, reason=reason)
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=HANDED_ON)
    if not written and (reason := _forbidden(account, wanted)):
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason, account_id=identifier)
    return Seen(account=account, resource=resource)


def _forbidden(account: Account, wanted: Wanted) -> str:
    """Why nothing may be written to a person's account as it is now; empty when it may.

    Neither a deactivated account nor a client admin's was approved unless the plan showed it.
    """
    if not account.active and not wanted.activate:
        if wanted.external_id:
            return DEACTIVATED_SINCE
        return "the account is deactivated; if this person returns, upload with --returning include"
    gives = not account.active or wanted.role not in {None, Role.CLIENT_ADMIN}
    if gives and not wanted.was_admin and is_client_admin(account):
        return "the account is a client admin's by now; upload again to see it in the plan"
    return ""


def _shows(seen: Seen) -> dict[str, object]:
    """What an account shows, without its version and times."""
    return {name: value for name, value in seen.resource.items() if name != "meta"}
