"""Putting people into a team: nobody who was in it before is lost.

A team is read before and after every write (SERVERS.md, 7 and 18), because servers add twice who is
added twice, and some store the list as they would have shown it.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from aapimport.services.directory import Directory, Unknown
from aapimport.services.making import BUSY, TRIES, may_pass, wait_before_another
from aapimport.services.membership import (
    Members,
    each,
    hides,
    members_of,
    read_team,
    shown_in,
    team_path,
)
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.scim import PATCH_OP, mapping, text
from aapimport.services.transport import Answer, Reply

MEMBERS_PER_CALL = 100
"""Members in one PATCH at the most: AWS and Better Auth refuse more (SERVERS.md, 7)."""
REFUSALS_IN_A_ROW = 5
"""So many refusals of a team's members, one after the other, are one of all of them."""
_WOULD_TAKE_AWAY = (
    "this portal takes a team's members as a whole list, and the team shows only some of them"
)
_TOO_MUCH = {400, 413}
_REFUSING = {402, 403, 404, 409, 422}
_NO_WHOLE_ARRAYS = {400, 404, 405, 413, 501}
_OK = 200
_MAY_HAVE_WRITTEN = {Verdict.DONE, Verdict.UNKNOWN}
_MOST_NAMED = 10


class Joining:
    """Putting people into one team; one writer for each team.

    Args:
        directory: The portal.
        team_id: The team.
        people: The address of each account id.
    """

    def __init__(self, directory: Directory, team_id: str, people: Mapping[str, str]) -> None:
        self._directory = directory
        self._team_id = team_id
        self._people = people
        self._hidden = False
        self._inside: dict[str, None] = {}
        self._refused = 0

    def carried_out(self) -> tuple[dict[str, Outcome], bool]:
        """Add whoever isn't in the team yet, and see that everybody who was in it still is.

        Returns:
            For each account id, what became of it: `written` for whoever was accepted and isn't
            shown; and whether the team was seen to hide its members.
        """
        before = read_team(self._directory, self._team_id)
        if isinstance(before, Unknown):
            return dict.fromkeys(self._people, _unreadable(before)), False
        self._inside = dict.fromkeys(before.names)
        inside = before.listed(self._people)
        missing = [one for one in self._people if one not in inside]
        outcomes = {one: Outcome(verdict=Verdict.DONE, account_id=one) for one in inside}
        chunks = [
            missing[start : start + MEMBERS_PER_CALL]
            for start in range(0, len(missing), MEMBERS_PER_CALL)
        ]
        for at, chunk in enumerate(chunks):
            if self._directory.members_replaced:
                left = [one for later in chunks[at:] for one in later]
                outcomes |= dict.fromkeys(left, self._whole([*self._inside, *left]))
                break
            outcomes |= self._add(chunk)
            if at == 0 and len(chunks) > 1:  # whether `add` replaces is seen before the next one
                self._look_after(
                    {one: self._people[one] for one in chunk if _may_be(outcomes[one])}
                )
        if any(_may_be(outcomes[one]) for one in missing):
            outcomes |= self._read_back(before, outcomes)
        return outcomes, self._hidden

    def _add(self, ids: Sequence[str]) -> dict[str, Outcome]:
        """Add one chunk, halving it where the portal refuses it as too much, or one of its members.

        One member's refusal is not everybody's; after five in a row it is. Halves are taken in
        turns, so that the one without that member is soon accepted.
        """
        outcomes: dict[str, Outcome] = {}
        waiting = deque([(ids, TRIES)])
        while waiting:
            some, tries = waiting.popleft()
            found, left, outcome, status = self._tried(some, tries)
            outcomes |= found
            refused = status in _REFUSING
            if refused and self._refused >= REFUSALS_IN_A_ROW:
                rest = [one for others, _ in waiting for one in others]
                return outcomes | dict.fromkeys([*left, *rest], outcome)
            if (refused or status in _TOO_MUCH) and len(left) > 1:
                half = len(left) // 2
                tries = 1 if status in BUSY else tries
                waiting += [(left[:half], tries), (left[half:], tries)]
            else:
                outcomes |= dict.fromkeys(left, outcome)
        return outcomes

    def _tried(
        self, ids: Sequence[str], tries: int
    ) -> tuple[dict[str, Outcome], Sequence[str], Outcome, int]:
        """Add some people; after a lost answer, or when somebody else is changing the team, again.

        It is read who is in it before anybody is sent again, a bounded number of times.

        Returns:
            Who was found inside, who is left with an outcome, that, and the answer's status.
        """
        found: dict[str, Outcome] = {}
        left = ids
        while True:
            reply = self._send("add", left)
            outcome = judge(reply)
            status = reply.status if isinstance(reply, Answer) else 0
            self._refused = self._refused + 1 if status in _REFUSING else 0
            lost = outcome.verdict is Verdict.UNKNOWN and may_pass(outcome)
            if not (lost or status in BUSY):
                return found, left, outcome, status
            wait_before_another(self._directory.patience, outcome, TRIES + 1 - tries)
            present = read_team(self._directory, self._team_id)
            if isinstance(present, Unknown):
                return found, left, outcome, 0
            inside = present.listed({one: self._people.get(one, "") for one in left})
            found |= each(inside, Outcome(verdict=Verdict.DONE))
            left = [one for one in left if one not in inside]
            tries -= 1
            if not left or not tries:
                return found, left, outcome, status

    def _send(self, operation: str, ids: Iterable[str], version: str = "") -> Reply:
        """Change members, once; without a query, which would hide members from the server itself.

        Args:
            operation: `add`, or `replace` for the whole list.
            ids: The members.
            version: The version that is changed, where it matters and the portal has any.
        """
        members = [{"value": one} for one in ids]
        reply = self._directory.transport.request(
            "PATCH",
            team_path(self._team_id),
            body={
                "schemas": [PATCH_OP],
                "Operations": [{"op": operation, "path": "members", "value": members}],
            },
            headers={"If-Match": version} if version else None,
        )
        body = reply.json() if isinstance(reply, Answer) and reply.status == _OK else None
        if body and body.get("id"):  # the team as it is after the write, with members in it
            self._hidden = self._hidden or not members_of(body).shown
        return reply

    def _whole(self, ids: Iterable[str]) -> Outcome:
        """Send the whole list of members, where `add` replaces it: whoever is in it, and others.

        By one PATCH; where that is refused, by PUT of the team as it is shown.
        """
        outcome = Outcome(verdict=Verdict.UNKNOWN)
        for attempt in range(1, TRIES + 1):
            reply = self._directory.read("GET", team_path(self._team_id))
            shown = reply.json() if isinstance(reply, Answer) and reply.ok else None
            if shown is None:
                return Outcome(verdict=Verdict.UNKNOWN, reason=judge(reply).reason)
            now = members_of(shown)
            if hides(self._directory, self._team_id, now, 1):
                return Outcome(verdict=Verdict.REJECTED, reason=_WOULD_TAKE_AWAY)
            everybody = list(dict.fromkeys([*now.names, *ids]))
            version = text(mapping(shown.get("meta")).get("version"))
            reply = self._send("replace", everybody, version)
            outcome = judge(reply)
            busy = isinstance(reply, Answer) and reply.status in BUSY
            if not busy and isinstance(reply, Answer) and reply.status in _NO_WHOLE_ARRAYS:
                body = {**shown, "members": [{"value": one} for one in everybody]}
                headers = {"If-Match": version} if version else None
                path = team_path(self._team_id)
                reply = self._directory.transport.request("PUT", path, body=body, headers=headers)
                outcome = judge(reply)
                busy = isinstance(reply, Answer) and reply.status in BUSY
            if not (busy or may_pass(outcome)):
                break
            wait_before_another(self._directory.patience, outcome, attempt)
        return outcome

    def _read_back(self, before: Members, outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
        """Who is in the team whom the portal has said to have added; and who of before isn't."""
        added = {
            one: self._people[one]
            for one, outcome in outcomes.items()
            if outcome.verdict is Verdict.DONE
        }
        after = self._look_after(added)
        if isinstance(after, Unknown):
            inside = before.listed(added)
            lost = Outcome(verdict=Verdict.UNKNOWN, reason=after.reason)
            return {one: lost for one in added if one not in inside}
        self._hidden = (self._hidden or after.hidden) and not after.shown
        checked = {**outcomes, **shown_in(after, self._directory, self._team_id, added)}
        if gone := self._lost(before.names, after):
            but = _no_longer(gone, before.names)
            return {one: replace(outcome, but=but) for one, outcome in checked.items()}
        return checked

    def _look_after(self, added: Mapping[str, str]) -> Members | Unknown:
        """The team after a write, once those who were in it have been put back, were any gone.

        Nobody at all being left of them shows that `add` replaces there: whole lists from then on.
        If some are gone, they are added again; if that takes others away, it replaces all the same.
        """
        after = read_team(self._directory, self._team_id)
        lost = self._lost(self._inside, after)
        if lost and len(lost) < len(self._inside) and not self._directory.members_replaced:
            for start in range(0, len(lost), MEMBERS_PER_CALL):
                self._add(lost[start : start + MEMBERS_PER_CALL])
            after = read_team(self._directory, self._team_id)
            lost = self._lost([*self._inside, *added], after)
        if lost:
            self._directory.members_replaced = True
            self._whole([*self._inside, *added])
            after = read_team(self._directory, self._team_id)
        if isinstance(after, Members):
            self._inside |= dict.fromkeys(after.listed(added))
        return after

    def _lost(self, ids: Collection[str], after: Members | Unknown) -> list[str]:
        """Who was in the team and isn't after a write; nobody where that can't be seen."""
        if isinstance(after, Unknown) or not after.shown:
            return []
        lost = [one for one in ids if one not in after.names]
        some = len(lost) < len(ids)  # a count may lie: where nobody is left they are gone
        if some and lost and hides(self._directory, self._team_id, after, len(lost)):
            return []
        return lost


def _may_be(outcome: Outcome) -> bool:
    """Whether a write may have put somebody into a team."""
    return outcome.verdict in _MAY_HAVE_WRITTEN


def _unreadable(why: Unknown) -> Outcome:
    """What is known of a team that can't be read, before anything was sent."""
    if why.gone:  # nothing that could be waited for
        return Outcome(verdict=Verdict.REJECTED, reason="the team is gone", gone=True)
    return Outcome(verdict=Verdict.UNKNOWN, reason=why.reason)


def _no_longer(lost: list[str], names: Mapping[str, str]) -> str:
    """Who was in the team before and isn't any more, as the portal called them."""
    named = [f"{names[one]} ({one})" if names[one] else one for one in lost[:_MOST_NAMED]]
    more = f" and {len(lost) - _MOST_NAMED:,} more" if len(lost) > _MOST_NAMED else ""
    who = "former member is" if len(lost) == 1 else "former members are"
    return f"{len(lost):,} {who} no longer in the team: {', '.join(named)}{more}"
