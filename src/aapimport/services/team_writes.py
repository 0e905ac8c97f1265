"""Writes to one team: members added, or its whole list sent, and former members put back."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from aapimport.config.keys import setting
from aapimport.services.changes import wants_put
from aapimport.services.directory import Directory, Unknown
from aapimport.services.keeping import Adding
from aapimport.services.kept import Item, Kept, Look
from aapimport.services.membership import (
    Members,
    counted,
    hides,
    members_of,
    name_of,
    read_team,
    team_path,
)
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.repeating import (
    BUSY,
    TRIES,
    after_lost,
    may_pass,
    shows_in_time,
    wait_before_another,
)
from aapimport.services.replies import Answer, Reply
from aapimport.services.scim import PATCH_OP, identifier, mapping, text

MEMBERS = "members"
_OR_SAY_SO = (
    ": put this person into it on the portal; or, if somebody took them out on purpose, say yes in"
    f" {setting('keeps_members')} and upload again"
)
LOST_HERE = (
    "not put into the team: somebody else is no longer shown in it since people were added, and the"
    f" portal may take others out of a team then{_OR_SAY_SO}"
)
"""Why nobody is added to a team any more that doesn't show all of its former members."""
_LOST_ELSEWHERE = (
    "not put into the team: people are no longer shown in another team since somebody was added"
    f" there, and the portal may take others out of a team then{_OR_SAY_SO}"
)
_MIGHT_TAKE_AWAY = (
    "the team shows only some of its members, and this portal hasn't shown yet that it keeps those"
    " who are in a team when others are added: put this person into the team on the portal, upload"
    " somebody into a team that shows all of its members first, or, if you know that it keeps them,"
    f" say yes in {setting('keeps_members')} and upload again"
)
_MOST_NAMED = 10
_AT_ONCE = 2
"""So many who are gone, with at most one who stays, were taken out by the `add` of one person."""
_GONE = "no longer shown in the team"
_WOULD_TAKE_AWAY = (
    "this portal takes a team's members as a whole list, and the team shows only some of them"
)


def nobody_may_join(adding: Adding, team_id: str, team: Members, used: int | None) -> str:
    """Why nobody may be added to a team, whose members might go by that; empty where people may.

    Args:
        adding: What is known of `add` to teams.
        team_id: The team.
        team: Who is in it.
        used: How many members it counts.
    """
    if adding.appends is not False and team_id in adding.losing:
        return LOST_HERE
    if adding.appends is None and not adding.trusted and (team.hidden or hides(team, used)):
        return _MIGHT_TAKE_AWAY
    return _LOST_ELSEWHERE if adding.appends is None and adding.takes and team.items else ""


def read_before(directory: Directory, team_id: str) -> Members | Unknown:
    """A team before anything is written; one that is gone stays away for the settle time."""
    patience, began = directory.patience, time.monotonic()
    found: Members | Unknown = Unknown("")
    for _ in patience.looks(began):
        found = read_team(directory, team_id)
        if isinstance(found, Members) or not found.gone:
            return found
    if isinstance(found, Unknown) and not patience.has_settled(began):
        return replace(found, gone=False)
    return found


def inside_by_now(
    directory: Directory, team_id: str, people: Mapping[str, str], *, in_time: bool
) -> set[str] | None:
    """Who of some people is in a team after an `add`; None where that can't be seen.

    Args:
        directory: The portal.
        team_id: The team.
        people: The address of each account id.
        in_time: Whether the answer was lost. If the `add` may take others out of the team, people
            are looked for then until they show: carried out late, it would undo a repeat.
    """
    inside: set[str] | None = None

    def are_shown() -> bool:
        nonlocal inside
        team = read_team(directory, team_id)
        inside = None if isinstance(team, Unknown) else team.listed(people)
        return inside is not None and len(inside) == len(people)

    adding = directory.adds_to_teams
    kept = adding.kept.get(team_id)
    if not are_shown() and in_time and kept and adding.may_still_take(team_id, directory.patience):
        shows_in_time(directory.patience, team_id, kept.since, are_shown)
    return inside


def send(
    directory: Directory, team_id: str, operation: str, items: Iterable[Item], version: str = ""
) -> Reply:
    """Change members, once; without a query, which would hide members from the server itself.

    Args:
        directory: The portal.
        team_id: The team.
        operation: `add`, or `replace` for the whole list.
        items: The members.
        version: The version that is changed, where it matters and the portal has any.
    """
    return directory.transport.request(
        "PATCH",
        team_path(team_id),
        body={
            "schemas": [PATCH_OP],
            "Operations": [{"op": operation, "path": MEMBERS, "value": list(items)}],
        },
        headers={"If-Match": version} if version else None,
    )


def send_whole(
    directory: Directory,
    team_id: str,
    known: Mapping[str, Item],
    *,
    complete: bool = False,
    without: Collection[str] = (),
) -> Outcome:
    """Send the whole list of members: whoever is in the team now, as they are shown, and others.

    By one PATCH; where there is none of that kind, by PUT of the team as it is shown. A refusal is
    none of that: a PUT wipes out what a team has and doesn't show. After a lost answer it is looked
    until the list shows, unless a version guards it: one that is shown where no ETags are announced
    doesn't.

    Args:
        directory: The portal.
        team_id: The team.
        known: Who else is to be in it, by id.
        complete: Whether nobody else was in it, whatever it counts.
        without: Whom an old list may still show, and who isn't to be in it.
    """
    outcome = Outcome(verdict=Verdict.UNKNOWN)
    lost = False
    for attempt in range(1, TRIES + 1):
        reply = directory.read("GET", team_path(team_id))
        shown = reply.json() if isinstance(reply, Answer) and reply.ok else None
        if shown is None:
            return Outcome(verdict=Verdict.UNKNOWN, reason=judge(reply).reason)
        now = members_of(shown)
        partly = not now.shown or hides(now, counted(directory, team_id, now))
        if partly and not complete:
            return after_lost(Outcome(verdict=Verdict.REJECTED, reason=_WOULD_TAKE_AWAY), lost=lost)
        everybody = _everybody(known, now.items, without)
        version = text(mapping(shown.get("meta")).get("version"))
        reply = _send_list(directory, team_id, shown, everybody, version)
        since = time.monotonic()
        busy = isinstance(reply, Answer) and reply.status in BUSY
        outcome = after_lost(judge(reply), lost=lost)
        lost = outcome.verdict is Verdict.UNKNOWN
        if not (busy or may_pass(outcome) or outcome.verdict is Verdict.NOT_SENT):
            break
        wait_before_another(directory.patience, outcome, attempt)
        if lost and not (version and directory.capabilities.etags):
            is_shown = partial(_holds, directory, team_id, by_id(everybody).keys())
            if shows_in_time(directory.patience, team_id, since, is_shown):
                return Outcome(verdict=Verdict.DONE)
            if team_id in directory.patience.unseen:
                break
    return outcome


def _everybody(
    known: Mapping[str, Item], now: Mapping[str, Item], without: Collection[str]
) -> list[Item]:
    """Who is in a whole list: who is to be, and who is shown, but for whom it is without."""
    return [it for one, it in {**known, **now}.items() if one in known or one not in without]


def _send_list(
    directory: Directory, team_id: str, shown: Item, everybody: list[Item], version: str
) -> Reply:
    """The whole list, once: by PATCH, or by PUT of the team as it is shown."""
    reply = send(directory, team_id, "replace", everybody, version)
    if not wants_put(reply):
        return reply
    return directory.transport.request(
        "PUT",
        team_path(team_id),
        body={**shown, MEMBERS: everybody},
        headers={"If-Match": version} if version else None,
    )


def _holds(directory: Directory, team_id: str, ids: Collection[str]) -> bool:
    team = read_team(directory, team_id)
    return isinstance(team, Members) and team.items.keys() >= {*ids}


def see_who_was_there(directory: Directory) -> dict[str, tuple[str, ...]]:
    """Put back whom earlier writes took out of teams, as far as they are still kept.

    Returns:
        For each team id, who is gone from the team.
    """
    kept = [*directory.adds_to_teams.kept]
    looks = {team_id: settled(directory, team_id) for team_id in kept}
    return {team_id: look.gone for team_id, look in looks.items() if look and look.gone}


def settled(directory: Directory, team_id: str) -> Look[Members] | None:
    """Look at a team until it shows who was added, and put back whom that took out of it."""

    def look(kept: Kept) -> Look[Members] | None:
        team = read_team(directory, team_id)
        if isinstance(team, Unknown):
            return Look() if team.gone else None
        return _look_at(directory, team_id, team, kept)

    def put_back(kept: Kept, _team: Members) -> Outcome:
        if len(kept.added[MEMBERS]) > 1:  # who came may fill a list that is cut
            return Outcome(verdict=Verdict.REJECTED)
        ours = (*kept.added[MEMBERS], *adding.placed.get(team_id, ()))
        there = by_id(kept.before[MEMBERS])
        known = there | {one: {"value": one} for one in ours if one not in there}
        outcome = send_whole(directory, team_id, known, complete=True, without=kept.out)
        if outcome.verdict is not Verdict.REJECTED:
            return outcome
        # one who was deleted meanwhile must not keep the others out
        there = {own_id: it for own_id, it in known.items() if directory.fetch(own_id) is not None}
        if there == known:
            return outcome
        return send_whole(directory, team_id, there, complete=True, without=kept.out)

    adding = directory.adds_to_teams
    added = adding.kept[team_id].added[MEMBERS]
    found = adding.settle(team_id, directory.patience, look, put_back)
    if found is not None and found.fresh and found.shown is not None:
        adding.there.setdefault(team_id, set()).update(added.keys() - found.shown.listed(added))
    return found


def by_id(items: Iterable[Item]) -> dict[str, Item]:
    """Members by their ids."""
    return {identifier(one.get("value")): one for one in items}


def no_longer(gone: Sequence[str]) -> str:
    """Who was in a team before and isn't any more, as the portal called them."""
    more = f" and {len(gone) - _MOST_NAMED:,} more" if len(gone) > _MOST_NAMED else ""
    who = "former member is" if len(gone) == 1 else "former members are"
    return f"{len(gone):,} {who} {_GONE}: {', '.join(gone[:_MOST_NAMED])}{more}"


def put_back_said(outcome: Outcome, back: Sequence[str]) -> Outcome:
    """An outcome that says who was put back: a colleague may have taken them out just then."""
    if not back or outcome.verdict is not Verdict.DONE or outcome.but:
        return outcome
    words = f"former members were gone after the write and were put back: {', '.join(back)}"
    return replace(outcome, reason="; ".join(filter(None, (outcome.reason, words))))


def is_said_of_team(but: str, gone: Collection[str]) -> bool:
    """Whether an outcome's words name all the former members that are gone from its team."""
    return _GONE in but and all(one in but for one in gone)


def _look_at(directory: Directory, team_id: str, team: Members, kept: Kept) -> Look[Members]:
    """What a team shows of whom was added or taken out, and of who was in it before.

    It may count people whom it doesn't list: whoever was added is there when it counts as many
    more, and whoever was there may be among those that it doesn't list.
    """
    people = kept.added[MEMBERS]
    before = by_id(kept.before[MEMBERS])
    lost = [one for one in before if one not in team.items]
    inside = team.listed(people)
    is_old = any(one in team.items for one in kept.out)
    if not lost and len(inside) == len(people) and not is_old:
        return Look(shown=team, fresh=True)
    used = counted(directory, team_id, team)
    grown = kept.used is not None and (used or 0) - kept.used >= len(people)
    grown = grown and hides(team, used, len(people) - len(inside))
    partly = kept.used is not None and kept.used > len(before)  # others may be listed each time
    enough = len(before) if partly else max(min(len(before), _AT_ONCE), len(before) - 1)
    all_gone = bool(lost) and len(lost) >= enough
    if hides(team, used, len(lost)) and (grown or not all_gone):
        lost, all_gone = [], False
    return Look(
        shown=team,
        fresh=(len(inside) == len(people) or grown) and not is_old,
        gone=tuple(named(before[one]) for one in lost),
        all_gone=all_gone,
    )


def named_id(words: str) -> str:
    """The id of a member that is called as `named` has it."""
    return words.rpartition(" (")[2].removesuffix(")") if words.endswith(")") else words


def named(member: Item) -> str:
    """A member as people find them: with a name, where there is one, and the id."""
    own_id = identifier(member.get("value"))
    return f"{name} ({own_id})" if (name := name_of(member)) else own_id
