"""Taking people out of a team: nobody else may go with them.

`remove` with a filter in its path (RFC 7644 section 3.5.2.2) names each member. A service that
doesn't understand the filter may clear the list (docs/scim.md, 6): so who else is in the team is
durable before such a write leaves, it is read back at once, and whoever went as well is put back.
"""

import json
import time
from collections.abc import Collection, Mapping

from aapimport.services.directory import Unknown
from aapimport.services.keeping import Adding
from aapimport.services.kept import Kept
from aapimport.services.membership import Members, each, read_team, team_path, unreadable
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.portal import Portal
from aapimport.services.repeating import NOT_SEEN
from aapimport.services.scim import PATCH_OP
from aapimport.services.team_writes import MEMBERS, no_longer, settled

LEFT_ALONE = "this portal doesn't show who is in it: take this person out there"
_LOST_HERE = (
    "not taken out of the team: others are no longer shown in it since people were added to it, or"
    " taken out, here; take this person out of it on the portal"
)
_NOT_BACK = "others aren't shown in the team so far who were in it before the write"
_BY_HAND = "take this person out of the team on the portal"
_NOT_NOW = {Verdict.NOT_SENT, Verdict.PAUSE}


def leave_team(portal: Portal, team_id: str, people: Mapping[str, str]) -> dict[str, Outcome]:
    """Take people out of a team, by one PATCH; may be repeated at any time.

    Args:
        portal: The portal.
        team_id: The team.
        people: The address of each account id; whose they are was looked at just before.

    Returns:
        For each account id, what became of it: `done` for whoever is shown to be out.

    Raises:
        SettingsError: The token is refused.
    """
    if len(people) > 1 and portal.adds_to_teams.back.get(team_id):
        return _one_by_one(portal, team_id, people)
    team = read_team(portal, team_id)
    if isinstance(team, Unknown):
        gone = Outcome(verdict=Verdict.DONE, reason="the team is gone")
        return each(people, gone if team.gone else unreadable(team))
    inside = {one for one in people if one in team.items}
    hidden = portal.may_hide(team) or len(inside) < len(team.listed(people))
    nobody = Outcome(verdict=Verdict.NEEDS_PERSON, reason=LEFT_ALONE)
    out = nobody if hidden else Outcome(verdict=Verdict.DONE)
    outcomes = each(people.keys() - inside, out)
    if not inside:
        return outcomes
    kept = portal.adds_to_teams.kept.get(team_id)
    if kept and kept.taken:
        return outcomes | each(inside, Outcome(verdict=Verdict.UNKNOWN, reason=_NOT_BACK))
    if team_id in portal.adds_to_teams.losing:
        return outcomes | each(inside, Outcome(verdict=Verdict.REJECTED, reason=_LOST_HERE))
    return outcomes | each(inside, _taken_out(portal, team_id, team, inside))


def _one_by_one(portal: Portal, team_id: str, people: Mapping[str, str]) -> dict[str, Outcome]:
    """The same where others had to be put back: a cleared list may refuse the rest of a PATCH."""
    outcomes: dict[str, Outcome] = {}
    for one, address in people.items():
        outcomes |= leave_team(portal, team_id, {one: address})
        waits = outcomes[one].throttled or outcomes[one].verdict in _NOT_NOW
        if waits or portal.patience.rest(0.0):  # whether the run is stopping
            break
    return each(people.keys() - outcomes.keys(), Outcome(verdict=Verdict.NOT_SENT)) | outcomes


def _taken_out(portal: Portal, team_id: str, team: Members, inside: Collection[str]) -> Outcome:
    others = {one: item for one, item in team.items.items() if one not in inside}
    adding = portal.adds_to_teams
    if others:
        before = {MEMBERS: [*others.values()]}
        adding.intend(team_id, Kept(before=before, added={MEMBERS: {}}, out=[*inside]))
    reply = portal.transport.request("PATCH", team_path(team_id), body=_removing(inside))
    adding.sent(team_id)
    outcome = judge(reply)
    if outcome.verdict not in {Verdict.DONE, Verdict.UNKNOWN}:
        adding.forget(team_id)
        if outcome.verdict is Verdict.REJECTED:
            reason = f"{outcome.reason}; {_BY_HAND}"
            return Outcome(verdict=Verdict.REJECTED, reason=reason, trouble=outcome.trouble)
        return outcome
    sent_at = time.monotonic()
    after = _read_until_out(portal, team_id, inside, sent_at)
    if after is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason="who is in the team can't be read")
    stays = any(one in after.items for one in inside)
    if stays and outcome.verdict is Verdict.UNKNOWN:
        return outcome  # it may be carried out yet: who else is in the team stays kept
    if stays and not portal.patience.has_settled(sent_at):  # the run is stopping
        return Outcome(verdict=Verdict.UNKNOWN, reason=NOT_SEEN)
    but = _others_are_there(portal, adding, team_id, others, after)
    if but is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason=_NOT_BACK)
    if stays:
        reason = f"accepted but not kept by the server: membership; {_BY_HAND}"
        return Outcome(verdict=Verdict.REJECTED, reason=reason, but=but)
    return Outcome(verdict=Verdict.DONE, but=but, wrote=True)


def _removing(people: Collection[str]) -> dict[str, object]:
    operations = [
        {"op": "remove", "path": f"{MEMBERS}[value eq {json.dumps(one)}]"} for one in people
    ]
    return {"schemas": [PATCH_OP], "Operations": operations}


def _read_until_out(
    portal: Portal, team_id: str, people: Collection[str], since: float
) -> Members | None:
    """The team once it lists none of some people any more, else as it is in the end."""
    last = None
    for _ in portal.patience.looks(since):
        team = read_team(portal, team_id)
        if isinstance(team, Members):
            last = team
            if not any(one in team.items for one in people):
                break
    return last


def _others_are_there(
    portal: Portal, adding: Adding, team_id: str, others: Collection[str], after: Members
) -> str | None:
    """See that nobody else went, and put back whoever did; says who is gone for good.

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
    return no_longer(look.gone)
