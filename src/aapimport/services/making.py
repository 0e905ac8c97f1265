"""Bringing an account that exists to what is wanted, without taking anything away from it.

Read, compare, write what differs, read back and compare again: with what is wanted, and with what
was there before.
"""

import re
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

from aapimport.services import changes
from aapimport.services.changes import NAMES, Seen
from aapimport.services.differences import NOT_SENT, differences, not_kept
from aapimport.services.directory import Directory, Unknown
from aapimport.services.giving_back import GIVEN_BACK, put_back, said, see_what_was_there, settled
from aapimport.services.keeping import NOT_REPEATED, NOT_SHOWN
from aapimport.services.kept import Kept
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.ownership import HANDED_ON, forbidden, is_still
from aapimport.services.repeating import (
    BUSY,
    MAY_HAVE_WRITTEN,
    TRIES,
    after_lost,
    may_pass,
    shows_in_time,
    wait_before_another,
)
from aapimport.services.replies import Answer
from aapimport.services.values import Change, Wanted

_PARTS: tuple[set[str], ...] = ({"account"}, {"pass"}, {"role"}, set(NAMES))
_ALL: set[str] = set().union(*_PARTS)
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
    before = _there(directory, identifier, wanted)
    if isinstance(before, Outcome):
        return before
    making = _Making(directory, before, wanted, put=put)
    if not making.is_a_risk():
        return making.carried_out()
    adding = directory.adds_to_people
    with adding.alone:  # until it is known what `add` does, one account at a time
        if adding.appends is None and adding.kept:
            see_what_was_there(directory)
        if directory.transport.stopping:
            return Outcome(verdict=Verdict.NOT_SENT, reason="stopped before it was sent")
        if adding.appends is None and adding.kept:
            return Outcome(verdict=Verdict.UNKNOWN, reason=NOT_REPEATED, account_id=identifier)
        before = _there(directory, identifier, wanted)
        if isinstance(before, Outcome):
            return before
        making = _Making(directory, before, wanted, put=put)
        if making.is_a_risk():
            return making.carried_out()
    return making.carried_out()


class _Making:
    """One account on its way to what is wanted."""

    def __init__(self, directory: Directory, before: Seen, wanted: Wanted, *, put: bool) -> None:
        self._directory = directory
        self._before = self._now = before
        self._keep = changes.to_keep(before, wanted)
        self._gone: tuple[str, ...] = ()
        self._returned: tuple[str, ...] = ()
        self._wanted = wanted
        self._put = put
        self._busy = self._lost = self._replaces = False
        self._sent_at = 0.0
        self._wrote = False
        self._refused: dict[str, str] = {}

    def is_a_risk(self) -> bool:
        """Whether what is to be sent may take something away, as far as the service has shown."""
        return not self._put and self._at_risk(self._left(_ALL)) is not None

    def _at_risk(self, left: list[Change]) -> Kept | None:
        return changes.at_risk(self._directory, self._now, self._wanted, left)

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

    def _left(self, part: Collection[str], now: Seen | None = None) -> list[Change]:
        """What still differs, of what can be set at all."""
        return [
            change
            for change in differences((now or self._now).account, self._wanted)
            if change.attribute in part
            and changes.is_declared(self._directory.capabilities, change.attribute)
        ]

    def _written(self, part: Collection[str]) -> Outcome:
        """Send changes, at most three times where that may help.

        Before anything is repeated the account is read: what is added twice is there twice on some
        services (docs/scim.md, 5).
        """
        outcome = Outcome(verdict=Verdict.DONE)
        for attempt in range(1, TRIES + 1):
            left = self._left(part)
            if not left:
                return Outcome(verdict=Verdict.DONE)
            if (own_id := self._now.account.id) in self._directory.patience.unseen:
                return Outcome(verdict=Verdict.UNKNOWN, reason=NOT_SHOWN, account_id=own_id)
            outcome = self._sent(left)
            if outcome.verdict is not Verdict.DONE:
                if not (self._busy or may_pass(outcome)):
                    return outcome
                wait_before_another(self._directory.patience, outcome, attempt)
                if self._may_come_yet(part):
                    return outcome
            last = outcome.verdict is Verdict.DONE or attempt == TRIES or self._lost
            now = self._read_back(until_it_shows=last)
            if isinstance(now, Outcome):
                return now
            self._now = now
            if outcome.verdict is Verdict.DONE:
                return outcome
        return outcome if self._left(part) else Outcome(verdict=Verdict.DONE)

    def _may_come_yet(self, part: Collection[str]) -> bool:
        """Whether a lost write that may replace what is there can be carried out even now.

        It is looked for until it shows or has settled, and left for the next session then.
        """
        patience, last = self._directory.patience, self._now

        def is_shown() -> bool:
            now = _shown(self._directory, last.account.id, self._wanted, written=True)
            return isinstance(now, Seen) and not self._left(part, now)

        if self._lost and self._replaces:
            shows_in_time(patience, last.account.id, self._sent_at, is_shown)
        return last.account.id in patience.unseen

    def _read_back(self, *, until_it_shows: bool) -> Seen | Outcome:
        """The account after a write; what the write took away has been put back then.

        Where it isn't known what `add` does, it is read until what was added shows.
        """
        identifier = self._now.account.id
        is_kept = identifier in self._directory.adds_to_people.kept
        if not (is_kept and until_it_shows):
            now = _shown(self._directory, identifier, self._wanted, written=True)
            if isinstance(now, Seen) or not is_kept:
                return now
        look = settled(self._directory, identifier)
        if look is None or look.shown is None or not look.theirs:
            return _shown(self._directory, identifier, self._wanted, written=True)
        self._gone = look.gone
        return look.shown

    def _sent(self, left: list[Change]) -> Outcome:
        """Send changes once; by PUT where there is no PATCH for them."""
        adding, identifier = self._directory.adds_to_people, self._now.account.id
        kept = None if self._put else self._at_risk(left)
        if kept and identifier not in adding.kept:  # before a lost answer there may have been more
            adding.intend(identifier, kept)
        replaces = changes.may_replace(
            self._directory, self._now, self._wanted, left, put=self._put
        )
        send = changes.put if self._put else changes.patch
        reply = send(self._directory, self._now, self._wanted, left)
        if not self._put and changes.wants_put(reply):
            if not self._lost:
                adding.forget(identifier)
            reply = changes.put(self._directory, self._now, self._wanted, left)
            replaces = not changes.is_guarded(self._directory, self._now)
        self._busy = isinstance(reply, Answer) and reply.status in BUSY
        again, self._sent_at = self._lost, time.monotonic()
        outcome = after_lost(judge(reply), lost=self._lost)
        self._lost = outcome.verdict is Verdict.UNKNOWN
        self._replaces = self._replaces or replaces
        if kept and outcome.verdict not in MAY_HAVE_WRITTEN:
            adding.forget(identifier)
        else:
            adding.sent(identifier, again=again)
        self._wrote = self._wrote or outcome.verdict in MAY_HAVE_WRITTEN
        return replace(outcome, account_id=identifier, wrote=self._wrote)

    def _result(self, tried: Collection[str]) -> Outcome:
        """What has become of the account, by what it shows."""
        gone = self._gone or self._given_back()
        returned = (f"{one} {GIVEN_BACK}" for one in self._returned if one not in gone)
        short = [one.attribute for one in differences(self._now.account, self._wanted)]
        hard = {
            attribute: words
            for attribute, words in self._refused.items()
            if attribute in short and not (attribute in NAMES and _SAYS_NAMES.search(words))
        }
        identifier = self._now.account.id
        back = dict.fromkeys(self._directory.adds_to_people.back.get(identifier, ()))
        if hard and not self._wanted.external_id and set(tried) <= set(self._refused):
            reason = next(iter(hard.values()))
            return Outcome(verdict=Verdict.REJECTED, reason=reason, account_id=identifier)
        can = self._directory.capabilities
        late = [one for one in short if one not in self._refused and changes.is_declared(can, one)]
        unsaid = [one for one in short if not changes.is_declared(can, one)]
        unsent = not_kept(unsaid, NOT_SENT)
        soft = [one for one in short if one not in {*late, *hard, *unsaid}]
        outcome = Outcome(
            verdict=Verdict.WRITTEN if late else Verdict.DONE,
            account_id=identifier,
            reason="; ".join(f"{one} {GIVEN_BACK}" for one in back),
            short=tuple(late or short),
            but="; ".join(filter(None, [not_kept(soft), unsent, *_with_words(hard), *returned])),
            wrote=self._wrote,
            changed=_shows(self._now) != _shows(self._before),
        )
        return said(outcome, gone)

    def _given_back(self) -> tuple[str, ...]:
        """Give an account back what it doesn't show any more; what is missing even then.

        An old value that is shown where a new one was set tells nothing; a pass that was set and
        shows does, whatever became of the role. Somebody else may have taken it away on purpose
        just now, so that it is said. A role
        is never given back, only named: it may be a right that somebody has just taken away.
        """
        gone = changes.taken_away(self._keep, self._now)
        left, wrote = (
            {it.attribute for it in self._left(_ALL, at)} for at in (self._now, self._before)
        )
        may_be_old = "pass" in left or ("role" in left and "pass" not in wrote)
        if not gone or not self._wrote or may_be_old:
            return ()
        passes = {"entitlements": self._keep["entitlements"]}
        if not (back := changes.taken_away(passes, self._now)):
            return gone
        self._returned = back
        self._directory.adds_to_people.doubt(self._now.account.id)
        put_back(self._directory, passes, self._now)
        now = _shown(self._directory, self._now.account.id, self._wanted, written=True)
        if isinstance(now, Seen):
            self._now = now
        return changes.taken_away(self._keep, self._now)


def _with_words(refused: dict[str, str]) -> Iterator[str]:
    """What was refused, with the service's words; those of one refusal together."""
    for words in dict.fromkeys(refused.values()):
        yield not_kept([one for one, why in refused.items() if why == words], words)


def _there(directory: Directory, identifier: str, wanted: Wanted) -> Seen | Outcome:
    """The account before anything is written to it.

    One that isn't shown was there a moment ago, for the plan: it is gone once it has stayed away
    for the settle time.
    """
    began = time.monotonic()
    shown: Seen | Outcome = Outcome(verdict=Verdict.UNKNOWN, account_id=identifier)
    for _ in directory.patience.looks(began):
        shown = _shown(directory, identifier, wanted)
        if isinstance(shown, Seen) or shown.verdict is not Verdict.REJECTED:
            return shown
    if isinstance(shown, Seen) or directory.patience.has_settled(began):
        return shown
    return replace(shown, verdict=Verdict.UNKNOWN, reason="the account isn't shown")


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
    if not written and (reason := forbidden(account, wanted)):
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason, account_id=identifier)
    return Seen(account=account, resource=resource)


def _shows(seen: Seen) -> dict[str, object]:
    """What an account shows, without its version and times."""
    return {name: value for name, value in seen.resource.items() if name != "meta"}
