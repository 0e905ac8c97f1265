"""Putting people into a team: nobody who was in it before is lost.

A team is read before and after every write (docs/scim.md, 7 and 18), because servers add twice who
is added twice, and some store the list as they would have shown it. What `add` does to former
members is taken from what was seen on this very portal (`keeping`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from aapimport.services.directory import Directory, Unknown
from aapimport.services.keeping import NOT_REPEATED, NOT_SHOWN
from aapimport.services.kept import Item, Kept
from aapimport.services.membership import (
    SHOWN_IN_PART,
    Members,
    counted,
    each,
    hides,
    members_of,
    read_team,
    shown_in,
    unreadable,
)
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.repeating import (
    BUSY,
    MAY_HAVE_WRITTEN,
    TRIES,
    after_lost,
    may_pass,
    wait_before_another,
)
from aapimport.services.replies import Answer, Reply
from aapimport.services.team_writes import (
    LOST_HERE,
    MEMBERS,
    by_id,
    inside_by_now,
    named,
    no_longer,
    nobody_may_join,
    put_back_said,
    read_before,
    see_who_was_there,
    send,
    send_whole,
    settled,
)
from aapimport.services.turns import Turns

MEMBERS_PER_CALL = 100
"""Members in one PATCH at the most: AWS and Better Auth refuse more (docs/scim.md, 7)."""
REFUSALS_IN_A_ROW = 5
"""So many refusals of single members of a team, one after the other, are one of all of them."""
REFUSING_TEAMS_IN_A_ROW = 3
"""After so many teams that refuse everybody, the next ones are believed at one refusal like it."""
_WAITS = Outcome(verdict=Verdict.UNKNOWN, reason=NOT_REPEATED)
_UNSEEN = Outcome(verdict=Verdict.UNKNOWN, reason=NOT_SHOWN)
_TOO_MUCH = {400, 413}
_REFUSING = {402, 403, 404, 409, 422}
_OK = 200


class Joining:
    """Putting people, the address of each account id, into one team; one writer for each team."""

    def __init__(self, directory: Directory, team_id: str, people: Mapping[str, str]) -> None:
        self._directory = directory
        self._team_id = team_id
        self._people = people
        self._adding = directory.adds_to_teams
        self._hidden = False
        self._former: Mapping[str, Item] = {}
        self._inside: dict[str, Item] = {}
        self._used: int | None = None
        self._gone: tuple[str, ...] = ()
        self._missing: set[str] = set()
        self._was_in: set[str] = set()
        self._several = self._shows = False
        self._is_shown = True
        self._refused = 0
        many = len(self._adding.refusing) >= REFUSING_TEAMS_IN_A_ROW
        self._enough = 0 if many else REFUSALS_IN_A_ROW
        self._placed = self._adding.placed.setdefault(team_id, set())
        self._all_refused: Outcome | None = None
        self._held: Kept | None = None

    def carried_out(self) -> tuple[dict[str, Outcome], bool]:
        """As `_carried_out`; it says which former members were put back, and not whom we added."""
        outcomes, hidden = self._carried_out()
        ours = self._missing | self._placed
        names = ours | {named(it) for one, it in self._inside.items() if one in ours}
        words = dict.fromkeys(self._adding.back.get(self._team_id, ()))
        back = [one for one in words if one not in names]
        told = {one: put_back_said(it, back) for one, it in outcomes.items()}
        return {one: replace(it, was_so=one in self._was_in) for one, it in told.items()}, hidden

    def _carried_out(self) -> tuple[dict[str, Outcome], bool]:
        """Add whoever isn't in the team yet, and see that everybody who was in it still is.

        Returns:
            For each account id, what became of it: `written` for whoever was accepted and isn't
            shown; and whether the team was seen to hide its members.
        """
        if self._adding.kept and not self._adding.appends:
            see_who_was_there(self._directory)
        before = read_before(self._directory, self._team_id)
        if isinstance(before, Unknown):
            return dict.fromkeys(self._people, unreadable(before)), False
        self._former, self._inside = before.items, dict(before.items)
        inside = before.listed(self._people)
        counted_in = self._adding.there.get(self._team_id, set()) & self._people.keys() - inside
        missing = [one for one in self._people if one not in inside | counted_in]
        self._was_in = inside | counted_in
        outcomes = each(inside, Outcome(verdict=Verdict.DONE))
        outcomes |= each(counted_in, Outcome(verdict=Verdict.DONE, reason=SHOWN_IN_PART))
        if not missing:
            return outcomes, self._hidden
        self._missing = {*missing}
        self._used = counted(self._directory, self._team_id, before)
        if why := nobody_may_join(self._adding, self._team_id, before, self._used):
            needs = Outcome(verdict=Verdict.NEEDS_PERSON, reason=why)
            return outcomes | each(missing, needs), self._hidden
        self._several = len(missing) > MEMBERS_PER_CALL
        self._shows = before.shown
        outcomes |= self._added(missing)
        if any(_may_be(outcomes[one]) for one in missing):
            outcomes |= self._read_back(before, outcomes)
        return outcomes, self._hidden

    def _added(self, people: list[str]) -> dict[str, Outcome]:
        """Add people, many at a time; one alone while it isn't known what that does to others.

        Only so does a list that holds nobody else tell that `add` replaces, and isn't one that is
        cut. Where that one doesn't show in time, the others are added all the same. A chunk that is
        refused is halved: one member's refusal is not everybody's. That of five single ones in a
        row is, once somebody from the middle of those who are left was refused as well.
        """
        outcomes: dict[str, Outcome] = {}
        turns = Turns(people, MEMBERS_PER_CALL, TRIES)
        while left := turns.left:
            if rest := self._of_the_rest(left):
                return outcomes | dict.fromkeys(left, rest)
            is_last = self._refused >= self._enough
            at_risk = self._adding.appends is None and self._shows and bool(self._inside)
            alone = is_last or (at_risk and self._is_shown)
            some, tries = turns.take(alone=alone, middle=is_last)
            found, some, outcome, status = self._tried(some, tries)
            outcomes |= found
            if status in _REFUSING | _TOO_MUCH and len(some) > 1:
                self._several = True
                turns.halve(some, 1 if status in BUSY else tries)
                continue
            outcomes |= dict.fromkeys(some, outcome)
            self._placed.update(one for one in some if outcome.verdict is Verdict.DONE)
            self._placed.update(found)
            if status in _REFUSING | _TOO_MUCH:
                self._count(outcome, status, is_last=is_last or not turns.left)
            else:
                self._adding.refusing.clear()
                self._enough = REFUSALS_IN_A_ROW
                if turns.left and not self._shows:
                    self._see_by_now()
        return outcomes

    def _of_the_rest(self, left: list[str]) -> Outcome | None:
        """What becomes of all who are left at once; None where they are added."""
        if self._all_refused is not None:
            return self._all_refused
        if self._team_id in self._directory.patience.unseen:
            return _UNSEEN
        if self._adding.appends is False:  # seen since the others were sent
            is_waiting = self._adding.may_still_take(self._team_id, self._directory.patience)
            return _WAITS if is_waiting else self._whole(left)
        if self._team_id in self._adding.losing:
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=LOST_HERE)
        if self._adding.appends is None and self._adding.is_settling(self._directory.patience):
            return _WAITS
        return None

    def _count(self, outcome: Outcome, status: int, *, is_last: bool) -> None:
        """Whether one more single person's refusal is the whole team's.

        After three teams that have refused everybody the first one is, if it was in their words.
        """
        believed = status not in _TOO_MUCH and outcome.reason in self._adding.refusing
        if self._enough == 0 and not believed:
            self._enough = REFUSALS_IN_A_ROW
        elif is_last and self._refused >= self._enough:
            self._adding.refusing.append(outcome.reason)
            self._all_refused = outcome

    def _see_by_now(self) -> None:
        """Whether a team shows its members now that it has some: many portals omit blanks."""
        now = read_team(self._directory, self._team_id)
        if isinstance(now, Members) and now.shown:
            self._shows = True
            self._inside |= now.items

    def _tried(
        self, ids: list[str], tries: int
    ) -> tuple[dict[str, Outcome], list[str], Outcome, int]:
        """Add some people; after a lost answer, or a change by somebody else, read and add again.

        Returns:
            Who was found inside, who is left with an outcome, that, and the answer's status.
        """
        found: dict[str, Outcome] = {}
        left = list(ids)
        lost = False
        self._keep(ids)
        while True:
            reply = self._send(left)
            outcome = judge(reply)
            status = reply.status if isinstance(reply, Answer) else 0
            outcome = after_lost(outcome, lost=lost)
            self._adding.sent(self._team_id, again=lost)
            lost = outcome.verdict is Verdict.UNKNOWN
            if lost and not self._adding.appends and self._team_id not in self._adding.kept:
                self._intend(left)  # also beside nobody: carried out late, it may undo a repeat
            if not ((lost and may_pass(outcome)) or status in BUSY):
                break
            wait_before_another(self._directory.patience, outcome, TRIES + 1 - tries)
            tries -= 1
            people = {one: self._people.get(one, "") for one in left}
            present = inside_by_now(self._directory, self._team_id, people, in_time=lost)
            if present is None:
                status = 0
                break
            found |= each(present, Outcome(verdict=Verdict.DONE))
            left = [one for one in left if one not in present]
            if not left or not tries:
                break
            if self._team_id in self._directory.patience.unseen:
                break
        if status not in _REFUSING | _TOO_MUCH:
            self._refused = 0
        elif len(left) == 1:
            self._refused += 1
        if self._settled(outcome):
            return found, left, Outcome(verdict=Verdict.DONE), _OK
        return found, left, outcome, 0 if lost else status

    def _keep(self, ids: Sequence[str]) -> None:
        """Keep who is in the team while somebody is added, where that may take them out of it.

        Also where the team shows only some of its members: then its count tells who was added.
        """
        unproven = self._adding.appends is None
        partial = self._used is not None and self._used > len(self._inside)
        if self._shows and (partial or (unproven and (self._inside or self._several))):
            self._intend(ids)

    def _intend(self, ids: Collection[str]) -> None:
        self._held = self._adding.kept.get(self._team_id)  # of a write that was never seen
        earlier = by_id(self._held.before[MEMBERS]) if self._held else {}
        before = Kept(
            before={MEMBERS: [*(earlier | self._inside).values()]},
            added={MEMBERS: {one: self._people[one] for one in ids}},
            used=self._used,
        )
        self._adding.intend(self._team_id, before)

    def _forget(self) -> None:
        if self._held:
            self._adding.intend(self._team_id, self._held)
        else:
            self._adding.forget(self._team_id)

    def _settled(self, outcome: Outcome) -> bool:
        """Whether those who were added show; who was in the team is kept until they do."""
        kept = self._adding.kept.get(self._team_id)
        if kept is None:
            return False
        if not _may_be(outcome):
            self._forget()
            return False
        look = settled(self._directory, self._team_id)
        self._is_shown = self._is_shown and look is not None and look.fresh
        if look is None or look.shown is None:
            return False
        self._gone = look.gone
        if look.fresh:
            self._inside |= look.shown.items
            self._used = counted(self._directory, self._team_id, look.shown)
        return look.fresh

    def _send(self, ids: Iterable[str]) -> Reply:
        """Add members, once."""
        items = ({"value": one} for one in ids)
        reply = send(self._directory, self._team_id, "add", items)
        body = reply.json() if isinstance(reply, Answer) and reply.status == _OK else None
        if body and body.get("id"):  # the team as it is after the write, with members in it
            self._hidden = self._hidden or not members_of(body).shown
        return reply

    def _whole(self, ids: Collection[str]) -> Outcome:
        """Send the whole list of members: whoever was in the team and whom we have put there."""
        others = {one: {"value": one} for one in (*self._placed, *ids) if one not in self._inside}
        known = self._inside | others
        self._intend(ids)
        outcome = send_whole(self._directory, self._team_id, known)
        if outcome.verdict is not Verdict.UNKNOWN:
            self._forget()
        if outcome.verdict is Verdict.DONE:
            self._placed.update(ids)
        return outcome

    def _read_back(self, before: Members, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """Who is in the team whom the portal has said to have added; and who of before isn't."""
        added = {
            one: self._people[one]
            for one, outcome in outcomes.items()
            if outcome.verdict is Verdict.DONE
        }
        after = read_team(self._directory, self._team_id)
        if isinstance(after, Unknown):
            inside = before.listed(added)
            not_yet = Verdict.WRITTEN if after.gone else Verdict.UNKNOWN  # it was there just now
            lost = Outcome(verdict=not_yet, reason=after.reason)
            return {one: lost for one in added if one not in inside}
        self._hidden = (self._hidden or after.hidden) and not after.shown
        if out := self._lost(self._inside, added, after):
            nearly_all = len(out) >= len(self._inside) - 1
            self._adding.doubt(self._team_id, nearly_all=nearly_all)
        checked = {**outcomes, **shown_in(after, self._directory, self._team_id, added)}
        if gone := self._gone or self._lost(self._former, added, after):
            but = no_longer(gone)
            return {one: replace(outcome, but=but) for one, outcome in checked.items()}
        return checked

    def _lost(
        self, items: Mapping[str, Item], added: Mapping[str, str], after: Members | Unknown
    ) -> tuple[str, ...]:
        """Who was in the team and isn't after a write; nobody where that can't be seen."""
        if isinstance(after, Unknown) or not after.listed(added) & self._missing:
            return ()
        lost = [item for one, item in items.items() if one not in after.items]
        some = len(lost) < len(items)  # a count may lie: where nobody is left they are gone
        if some and lost:
            used = counted(self._directory, self._team_id, after)
            lost = [] if hides(after, used, len(lost)) else lost
        return tuple(map(named, lost))


def _may_be(outcome: Outcome) -> bool:
    """Whether a write may have put somebody into a team."""
    return outcome.verdict in MAY_HAVE_WRITTEN
