"""What was there before a PATCH `add` that may take it away: kept until it is seen to be there.

`add` appends on most services and replaces the whole array on some (docs/scim.md, 5), and what is
read after it may be old, missing, or never read by the process that wrote. So, while a service
hasn't shown which, one `add` beside something is under way at a time: what is there is durable
before it leaves, it is read until its value shows, and whatever is gone then is put back.
"""

import json
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, replace
from typing import Any, TypeVar

from aapimport.services.kept import Kept, Look, Saved, read_saved
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.patience import Patience
from aapimport.services.repeating import MAY_HAVE_WRITTEN

NOT_REPEATED = (
    "not sent: whether the service keeps what is there when something is added isn't known, as an"
    " earlier change hasn't been shown so far"
)
"""Why a second `add` has to wait."""
NOT_SHOWN = "not sent: an earlier change, whose answer was lost, hasn't been shown so far"
"""Why nothing more is sent to an account or a team in this session."""
_ANOTHER_LOOK = 2.0  # seconds before something that isn't shown is looked at once more
_REFUSALS = {Verdict.REJECTED, Verdict.REFUSED}
_Shown = TypeVar("_Shown")
Looking = Callable[[Kept], Look[_Shown] | None]
"""Looks once; None when nothing could be read."""
PuttingBack = Callable[[Kept, _Shown], Outcome]
"""Puts back what is gone, and says what became of that write."""
Save = Callable[[bool | None, str], None]
"""Makes durable whether `add` appends, and what is kept, as text."""


def _save_nothing(_appends: bool | None, _kept: str) -> None:
    """Without a journal nothing outlives the process."""


class Adding:
    """What one service's `add` does to one kind of array, and what is kept because of that.

    Args:
        shown_whole: Whether such an array is always shown whole. Of what a service may show in
            part, such as a team's members, a whole array would take away the rest.

    Attributes:
        appends: Whether it was seen to keep what was there; False where whole arrays are sent
            instead; None where nothing has shown it.
        kept: What was there before each `add` whose effect hasn't been seen, by the resource's id.
        lost: What is gone for good, in words, by the same ids: until that has been told.
        there: Who was seen to be in a team by its count alone, by the team's id.
        placed: Whom this session has put into a team, by the team's id, shown or not.
        refusing: In what words teams, one after the other, have refused everybody.
        back: What this session has put back, in words, by the same ids.
        losing: The teams that were seen to lose somebody for good, by this session or, unless the
            service was since seen to keep members, by an earlier one.
        takes: Whether that may well be what `add` does elsewhere, too: nearly all went, or people
            went twice.
        trusted: Whether the administrator says that the service keeps a team's members: what
            earlier sessions saw going was taken out by people.
        alone: Held by the only one who may `add` while nothing has shown what that does.
    """

    def __init__(self, *, shown_whole: bool = False) -> None:
        self.appends: bool | None = None
        self._shown_whole = shown_whole
        self.kept: dict[str, Kept] = {}
        self.lost: dict[str, list[str]] = {}
        self.there: dict[str, set[str]] = {}
        self.placed: dict[str, set[str]] = {}
        self.alone = threading.RLock()
        self.refusing: list[str] = []
        self.losing: set[str] = set()
        self.takes = False
        self.trusted = False
        self._closed: set[str] = set()
        self.back: dict[str, list[str]] = {}
        self._proven: bool | None = None
        self._once = False
        self._save: Save = _save_nothing

    def recall(self, appends: bool | None, kept: str, save: Save) -> None:
        """Go on with what earlier sessions have seen and kept.

        Args:
            appends: Whether `add` appends.
            kept: What they kept, as it was saved.
            save: Makes durable what is known from now on.
        """
        self.appends = self._proven = appends
        self._save = save
        now, time_now = time.monotonic(), time.time()
        saved = read_saved(kept)
        self.lost, self._once = saved.lost, saved.once
        if not (appends or self.trusted):
            self.losing, self._closed, self.takes = {*saved.losing}, {*saved.losing}, saved.takes
        self.kept = {
            identifier: Kept(**one, since=now - max(0.0, time_now - one["at"]), earlier=True)
            for identifier, one in saved.kept.items()
        }

    def is_settling(self, patience: Patience) -> bool:
        """Whether an `add` whose effect nobody has seen may still be taking effect."""
        return any(not patience.has_settled(one.since) for one in self.kept.values())

    def intend(self, identifier: str, kept: Kept) -> None:
        """Keep what is there; it is durable when this returns, so that an `add` may leave."""
        with self.alone:
            self.kept[identifier] = kept
            self._write()

    def may_still_take(self, identifier: str, patience: Patience) -> bool:
        """Whether a write may be carried out yet that takes something away from there."""
        kept = self.kept.get(identifier)
        return bool(kept and not self.appends and not patience.has_settled(kept.since))

    def sent(self, identifier: str, *, again: bool = False) -> None:
        """A write to what is kept has left just now; that is durable where it left once more."""
        with self.alone:
            if kept := self.kept.get(identifier):
                kept.since = time.monotonic()
                if again:
                    kept.at = time.time()
                    self._write()

    def forget(self, identifier: str) -> None:
        """Keep it no more: everything was seen, or nothing was sent."""
        with self.alone:
            if self.kept.pop(identifier, None):
                self._write()

    def lose(self, identifier: str, gone: Iterable[str], *, certain: bool = True) -> None:
        """What was kept is gone for good, or can't be looked at; it is durable until it is told.

        A team is closed to later sessions as well, where it is certain that somebody is gone.
        """
        with self.alone:
            kept = self.kept.pop(identifier, None)
            told = self.lost.setdefault(identifier, [])
            told += [one for one in gone if one not in told]
            there = sum(map(len, kept.before.values())) if kept else 0
            self._loses(identifier, nearly_all=len(told) >= there - 1, for_good=certain)
            self._write()

    def told(self, but: Collection[str] = ()) -> None:
        """What is gone has been said where people read it, but for that of some ids."""
        with self.alone:
            if self.lost.keys() - but:
                self.lost = {one: gone for one, gone in self.lost.items() if one in but}
                self._write()

    def learn(self, *, appends: bool) -> None:
        """Remember for good what an `add` was seen to do."""
        with self.alone:
            if self._proven is not appends or self._once:
                self.appends = self._proven = appends
                self._once = False
                self._write()

    def _replaced(self) -> None:
        """All that was there is gone after an `add`: seen twice, that is what it does.

        Once, a colleague may have taken it away just then; whole arrays would undo for good what
        colleagues do meanwhile.
        """
        if self._once:
            self.learn(appends=False)
        else:
            self._once = True  # durable with what is kept, before long

    def doubt(self, identifier: str, *, nearly_all: bool = False) -> None:
        """Have it shown again what `add` does, as something is gone there after all.

        Nothing is added there any more; elsewhere only where nearly all of it is gone.
        """
        with self.alone:
            if self.appends:
                self.appends = self._proven = None
                self._loses(identifier, nearly_all=nearly_all, for_good=True)
                self._write()

    def _loses(self, identifier: str, *, nearly_all: bool, for_good: bool) -> None:
        if not self._shown_whole:
            self._closed.update([identifier] if for_good else [])
            self.losing.add(identifier)
            self.takes = self.takes or nearly_all or len(self.losing) > 1

    def settle(
        self,
        identifier: str,
        patience: Patience,
        look: Looking[_Shown],
        put_back: PuttingBack[_Shown],
    ) -> Look[_Shown] | None:
        """Look until what was added shows, and put back whatever is gone then.

        Where it doesn't show in time, what was there stays kept; for the rest of the session whole
        arrays are sent, or nothing is added where something could go away (`shown_whole`). A later
        one, which doesn't see it either, ends that. What an earlier session has kept is put back
        only while its write can still be settling, and when nothing is left of it: later, somebody
        may have taken it away on purpose, so that it is only named (`lost`). So is what is gone in
        part where only a part may be shown: a whole list would lose the rest. A team that has lost
        whom we take out, and all others, too, was cleared by us, however long ago. What a look that
        was cut short doesn't show stays kept. A loss in part says nothing of what `add` does: it
        may replace all but one thing that always stays.

        Args:
            identifier: The account or the team.
            patience: How long to look.
            look: Looks once.
            put_back: Puts back what is gone, once.

        Returns:
            The last look at which something could be read, with what is gone; None where nothing
            could be read.
        """
        kept = self.kept[identifier]
        too_late = kept.earlier and patience.has_settled(kept.since)
        seen = _watched(patience, identifier, kept, look, lambda it: it.fresh)
        if too_late and not _is_shown(seen):
            if patience.rest(_ANOTHER_LOOK):
                return seen  # the run is stopping: nothing follows from a single look
            seen = look(kept) or seen
        if seen is None or not _is_shown(seen):
            self._unseen(identifier, patience)
            return seen
        if seen.gone and not (seen.fresh or kept.taken or patience.has_settled(kept.since)):
            return seen
        too_late = too_late and not (kept.out and seen.fresh and seen.all_gone)  # cleared by us
        by_us = seen.fresh and not kept.earlier and self._shown_whole
        if seen.gone and (too_late or not (seen.all_gone or kept.taken or by_us)):
            self.lose(identifier, seen.gone)
            return seen
        if seen.gone and (kept.taken or seen.fresh or patience.has_settled(kept.since)):
            return self._put_back(identifier, patience, seen, look, put_back)
        self._nothing_gone(identifier, patience, seen)
        return seen

    def _nothing_gone(self, identifier: str, patience: Patience, seen: Look[_Shown]) -> None:
        kept = self.kept[identifier]
        if seen.fresh or kept.taken:
            self._all_there(identifier, theirs=seen.theirs)
        elif patience.has_settled(kept.since):
            self._give_up()
            if kept.earlier:
                self.forget(identifier)

    def _all_there(self, identifier: str, *, theirs: bool) -> None:
        """Everything is there after an `add`: it appends, where it could have taken something.

        Where somebody went from a team it is no proof that one stays: that may be its owner.
        """
        kept = self.kept[identifier]
        least = 2 if self.losing else 1
        proves = theirs and any(len(kept.before[path]) >= least for path in kept.added)
        if self._proven is None and proves and not (kept.earlier or kept.taken or kept.out):
            self.learn(appends=True)
        self.forget(identifier)

    def _give_up(self) -> None:
        """Learn no more in this session what `add` does, where whole arrays do no harm."""
        if self.appends is None and self._shown_whole:
            self.appends = False

    def _unseen(self, identifier: str, patience: Patience) -> None:
        """Nobody else waits for what can't be looked at; what can't be later, either, is named."""
        kept = self.kept[identifier]
        if not patience.has_settled(kept.since):
            return
        self._give_up()
        if kept.earlier and not kept.words:
            self.forget(identifier)
        elif kept.earlier:
            words = f"{kept.words} (it can't be read whether that is still there)"
            self.lose(identifier, [words], certain=False)

    def _put_back(
        self,
        identifier: str,
        patience: Patience,
        seen: Look[_Shown],
        look: Looking[_Shown],
        put_back: PuttingBack[_Shown],
    ) -> Look[_Shown] | None:
        """Put back what is gone, and look until it shows; what can't be put back now stays kept."""
        kept = self.kept[identifier]
        if seen.shown is None:
            return seen
        if not seen.theirs:
            self.lose(identifier, seen.gone)
            return seen
        kept.taken = True
        done = put_back(kept, seen.shown)  # before anything is remembered: a disk may be full
        if seen.all_gone and not (kept.earlier or kept.out):
            self._replaced()
        if done.verdict in _REFUSALS:
            self.lose(identifier, seen.gone)
            return seen
        kept.since = time.monotonic()
        with self.alone:
            self._write()
        if done.verdict not in MAY_HAVE_WRITTEN:
            return seen
        again = _watched(patience, identifier, kept, look, lambda it: it.fresh and not it.gone)
        if again is None or not _is_shown(again):
            return again
        if not again.gone and (again.fresh or patience.has_settled(kept.since)):
            self.forget(identifier)
        elif again.gone and patience.has_settled(kept.since):
            self.lose(identifier, again.gone, certain=False)
        back = tuple(one for one in seen.gone if one not in again.gone)
        self.back.setdefault(identifier, []).extend(back)
        return replace(again, back=back)

    def _write(self) -> None:
        kept = {identifier: asdict(one) for identifier, one in self.kept.items()}
        for one in kept.values():
            del one["since"], one["earlier"]
        takes = self.takes and bool(self._closed)
        closed = [*self._closed]
        what = Saved(kept=kept, lost=self.lost, once=self._once, losing=closed, takes=takes)
        text = "" if what == Saved() else json.dumps(asdict(what), ensure_ascii=False)
        self._save(self._proven, text)


def _is_shown(seen: Look[Any] | None) -> bool:
    return seen is not None and seen.shown is not None


def _watched(
    patience: Patience,
    identifier: str,
    kept: Kept,
    look: Looking[_Shown],
    is_enough: Callable[[Look[_Shown]], bool],
) -> Look[_Shown] | None:
    """The first look that is enough, else the last at which something could be read.

    It is one look where a lost write hasn't shown in this session.
    """
    last = None
    for _ in patience.looks(kept.since):
        last = look(kept) or last
        if identifier in patience.unseen or (last is not None and is_enough(last)):
            break
    return last
