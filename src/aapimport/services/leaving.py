"""Taking people out of a team: nobody else may go with them.

`remove` with a filter in its path (RFC 7644 section 3.5.2.2) names each member. A service that
doesn't understand the filter may clear the list (docs/scim.md, 6), whatever it answers: so who else
is in the team is durable before such a write leaves, it is read back at once, and whoever went as
well is put back. One write to a team is under way at a time, and nothing is written to a team that
doesn't show all who could go.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from aapimport.config.keys import setting
from aapimport.services.directory import Unknown
from aapimport.services.keeping import Adding
from aapimport.services.kept import Kept
from aapimport.services.membership import (
    Members,
    counted,
    each,
    hides,
    read_team,
    team_path,
    unreadable,
)
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.portal import Portal
from aapimport.services.repeating import ACCEPTED, MAY_HAVE_WRITTEN, NOT_SEEN
from aapimport.services.replies import NotSent
from aapimport.services.scim import PATCH_OP
from aapimport.services.team_writes import MEMBERS, named_id, no_longer, read_before, settled

LEFT_ALONE = "this portal doesn't show who is in it: take this person out there"
SHOWS_SOME = (
    "the team shows only some of its members, and others may go with whom is taken out: take this"
    " person out there, or, if you know that this portal takes out nobody else, say yes in"
    f" {setting('keeps_members')}, and undo again"
)
LOST_HERE = (
    "not taken out of the team: others are no longer shown in it since people were added to it, or"
    " taken out, here; take this person out of it on the portal"
)
TAKE_OUT = "take this person out of the team on the portal"
NOT_KEPT = f"{ACCEPTED}: membership"
_NOT_BACK = "others aren't shown in the team so far who were in it before the write"
_NOT_READ = Outcome(verdict=Verdict.UNKNOWN, reason="who is in the team can't be read")
_NOT_NOW = {Verdict.NOT_SENT, Verdict.PAUSE}


def leave_team(
    portal: Portal,
    team_id: str,
    people: Mapping[str, str],
    leaving: Collection[str] = (),
    stays: Callable[[str], Outcome | None] = lambda _: None,
) -> dict[str, Outcome]:
    """Take people out of a team, by one PATCH; may be repeated at any time.

    Where that is refused, one by one: a refusal of one of them, or of so many, is not everybody's.

    Args:
        portal: The portal.
        team_id: The team.
        people: The address of each account id; whose they are was looked at just before.
        leaving: The accounts that are to leave it in the end: that they are gone is no loss so far.
        stays: Tells, before each single write, why somebody isn't taken out any more; None for who
            is.

    Returns:
        For each account id, what became of it: `done` for whoever is shown to be out.

    Raises:
        SettingsError: The token is refused.
    """
    adding = portal.adds_to_teams
    if len(people) > 1 and adding.back.get(team_id):
        return _one_by_one(portal, team_id, people, leaving, stays)
    may_take = _may_still_take(portal, team_id)
    team = read_before(portal, team_id)
    if isinstance(team, Unknown):
        gone = Outcome(verdict=Verdict.DONE, reason="the team is gone")
        return each(people, gone if team.gone else unreadable(team))
    inside = [one for one in people if one in team.items]
    hidden = portal.may_hide(team) or len(inside) < len(team.listed(people))
    nobody = Outcome(verdict=Verdict.NEEDS_PERSON, reason=LEFT_ALONE)
    out = nobody if hidden else Outcome(verdict=Verdict.DONE)
    outcomes = each(people.keys() - {*inside}, out)
    if not inside:
        return outcomes
    if why := _waits(portal, team_id, team, may_take=may_take):
        return outcomes | each(inside, why)
    outcomes |= _taken_out(portal, team_id, team, inside, leaving)
    refused = [one for one in inside if outcomes[one].verdict is Verdict.REJECTED]
    if refused and len(inside) > 1 and team_id not in adding.losing:
        alone = {one: people[one] for one in refused}
        outcomes |= _one_by_one(portal, team_id, alone, leaving, stays)
    return outcomes


def _one_by_one(
    portal: Portal,
    team_id: str,
    people: Mapping[str, str],
    leaving: Collection[str],
    stays: Callable[[str], Outcome | None],
) -> dict[str, Outcome]:
    """The same for each alone: where others had to be put back, or several were refused at once."""
    outcomes: dict[str, Outcome] = {}
    for one, address in people.items():
        if why := stays(one):
            outcomes[one] = why
            continue
        outcomes |= leave_team(portal, team_id, {one: address}, leaving)
        waits = outcomes[one].throttled or outcomes[one].verdict in _NOT_NOW
        if waits or portal.patience.rest(0.0):  # whether the run is stopping
            break
    return each(people.keys() - outcomes.keys(), Outcome(verdict=Verdict.NOT_SENT)) | outcomes


def _may_still_take(portal: Portal, team_id: str) -> bool:
    """Whether an earlier write to a team has taken others out of it, or may still do so."""
    adding = portal.adds_to_teams
    kept = adding.kept.get(team_id)
    if kept is None or kept.taken:
        return kept is not None
    look = settled(portal, team_id)
    kept = adding.kept.get(team_id)
    if kept is None:
        return False
    is_there = look is not None and look.shown is not None and not look.gone
    return kept.taken or not is_there or not portal.patience.has_settled(kept.since)


def _waits(portal: Portal, team_id: str, team: Members, *, may_take: bool) -> Outcome | None:
    """Why nobody is taken out of a team now; None where people are."""
    adding = portal.adds_to_teams
    if may_take:
        return Outcome(verdict=Verdict.UNKNOWN, reason=_NOT_BACK)
    if team_id in adding.losing:
        return Outcome(verdict=Verdict.REJECTED, reason=LOST_HERE)
    partly = team.hidden or hides(team, counted(portal, team_id, team))
    if partly and not adding.trusted:
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=SHOWS_SOME)
    return None


def _taken_out(
    portal: Portal,
    team_id: str,
    team: Members,
    inside: Collection[str],
    leaving: Collection[str],
) -> dict[str, Outcome]:
    """Send it once, and look what became of everybody, but where it certainly never left."""
    others = {one: item for one, item in team.items.items() if one not in inside}
    adding = portal.adds_to_teams
    if others:
        before = {MEMBERS: [*others.values()]}
        adding.intend(team_id, Kept(before=before, added={MEMBERS: {}}, out=[*inside]))
    reply = portal.transport.request("PATCH", team_path(team_id), body=_removing(inside))
    adding.sent(team_id)
    outcome = judge(reply)
    if isinstance(reply, NotSent):
        adding.forget(team_id)
        return each(inside, outcome)
    sent_at = time.monotonic()
    may_show_late = outcome.verdict in MAY_HAVE_WRITTEN
    after = _read_until_out(portal, team_id, inside, sent_at, once=not may_show_late)
    if after is None:
        return each(inside, outcome if outcome.verdict in _NOT_NOW else _NOT_READ)
    stay = [one for one in inside if one in after.items]
    if stay and outcome.verdict is Verdict.UNKNOWN:
        return each(inside, outcome)  # it may be carried out yet: who else is in it stays kept
    if stay and may_show_late and not portal.patience.has_settled(sent_at):  # the run is stopping
        return each(inside, Outcome(verdict=Verdict.UNKNOWN, reason=NOT_SEEN))
    but = _others_are_there(portal, adding, team_id, others, after, leaving)
    if but is None:
        return each(inside, Outcome(verdict=Verdict.UNKNOWN, reason=_NOT_BACK))
    outcomes = each(inside, Outcome(verdict=Verdict.DONE, wrote=True))
    outcomes |= each(stay, _stays(outcome))
    first = next(iter(inside))  # one of them says whom the team has lost
    return outcomes | {first: replace(outcomes[first], but=but)}


def _stays(outcome: Outcome) -> Outcome:
    """What becomes of whoever is still shown in a team after an answer."""
    if outcome.verdict is Verdict.DONE:
        return Outcome(verdict=Verdict.REJECTED, reason=f"{NOT_KEPT}; {TAKE_OUT}")
    if outcome.verdict is Verdict.REJECTED:
        return replace(outcome, reason=f"{outcome.reason}; {TAKE_OUT}")
    return outcome


def _removing(people: Collection[str]) -> dict[str, object]:
    operations = [
        {"op": "remove", "path": f"{MEMBERS}[value eq {json.dumps(one)}]"} for one in people
    ]
    return {"schemas": [PATCH_OP], "Operations": operations}


def _read_until_out(
    portal: Portal, team_id: str, people: Collection[str], since: float, *, once: bool
) -> Members | None:
    """The team once it lists none of some people any more, else as it is in the end."""
    last = None
    for _ in iter([None]) if once else portal.patience.looks(since):
        team = read_team(portal, team_id)
        if isinstance(team, Members):
            last = team
            if not any(one in team.items for one in people):
                break
    return last


def _others_are_there(
    portal: Portal,
    adding: Adding,
    team_id: str,
    others: Collection[str],
    after: Members,
    leaving: Collection[str],
) -> str | None:
    """See that nobody else went, and put back whoever did; says who is gone for good.

    Those who are to leave as well aren't said to be: that is told once it is known whether they do.

    None while that isn't seen: who else was in the team stays kept, and is looked at again.
    """
    if all(one in after.items for one in others):
        adding.forget(team_id)
        return ""
    look = settled(portal, team_id)
    if team_id in adding.kept:
        return None
    if look is None or not look.gone:
        return ""
    adding.losing.add(team_id)  # nobody more is taken out, or put in, here
    gone = [one for one in look.gone if named_id(one) not in leaving]
    return no_longer(gone) if gone else ""
