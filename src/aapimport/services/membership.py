"""Who is in a team, as a portal shows it: not at all, or in part, or by userName."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.services.directory import Directory, Unknown
from aapimport.services.kept import Item
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.replies import Answer
from aapimport.services.scim import (
    AAP_GROUP,
    identifier,
    mapping,
    number,
    objects,
    plain_words,
    text,
)

NEVER_SHOWN = "accepted; this portal never shows who is in a team"
SHOWN_IN_PART = "accepted; this team shows only some of its members"
NOT_COUNTED = (
    "accepted; the team shows only some of its members, and counts no more than before: look"
    " whether this person is in it, and whoever was in it before"
)
NOBODY_LISTED = (
    "accepted; this portal lists nobody in any of its teams: look whether this person is in it, and"
    " whoever was in it before"
)
TAKEN_OUT = (
    "accepted, and not in the team any more: adding the next people may have taken this person out"
    " of it again, as it did others; put this person into it on the portal"
)
COUNT = "count"
"""What isn't as it should be where only a person can see to it whether somebody is in a team."""
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """A team as it was shown.

    Attributes:
        items: Each member as it was shown, by id; by userName where a portal lists those.
        shown: Whether the portal lists members in it at all, and tells who each of them is.
        hidden: Whether it certainly has members although none are listed.
        used: How many members it has, where it says so.
    """

    items: Mapping[str, Item]
    shown: bool
    hidden: bool = False
    used: int | None = None

    @property
    def names(self) -> dict[str, str]:
        """What each member is called, by id; empty for one without a name."""
        return {one: name_of(item) for one, item in self.items.items()}

    def listed(self, people: Mapping[str, str]) -> set[str]:
        """The account ids that are among the members, by id or by userName.

        Canaille 0.3.6 lists userNames in place of ids. Only an address is taken for one: a number
        that is somebody's userName may be another account's id.
        """
        addresses = {address_key(one) for one in self.items if "@" in one}
        return {
            one
            for one, email in people.items()
            if one in self.items or address_key(email) in addresses
        }


def name_of(member: Mapping[str, Any]) -> str:
    """What a member is called; empty without a name."""
    return plain_words(text(member.get("display")) or text(member.get("name")))


def team_path(team_id: str) -> str:
    """The path of a team below the service's address."""
    return f"/Groups/{quote(team_id, safe='')}"


def read_team(directory: Directory, team_id: str) -> Members | Unknown:
    """Who is in a team now.

    Raises:
        SettingsError: The token is refused.
    """
    reply = directory.read("GET", team_path(team_id))
    if not isinstance(reply, Answer):
        return Unknown(reply.reason)
    body = reply.json()
    if not reply.ok or body is None:
        gone = reply.status == _NOT_FOUND
        return Unknown(f"the team can't be read: {judge(reply).reason}", gone=gone)
    if identifier(body.get("id")) not in {team_id, ""}:
        return Unknown("the team can't be read: the portal answers with another one")
    return members_of(body)


def members_of(resource: Mapping[str, Any]) -> Members:
    """The members in a Group resource."""
    listed = [(identifier(one.get("value")), one) for one in objects(resource.get("members"))]
    items = {own_id: one for own_id, one in listed if own_id}
    shown = "members" in resource and all(own_id for own_id, _ in listed)
    used = number(mapping(resource.get(AAP_GROUP)).get("placesUsed"))
    return Members(items=items, shown=shown, hidden=not shown and bool(used), used=used)


def counted(directory: Directory, team_id: str, team: Members) -> int | None:
    """How many members a team counts; the list of teams is asked where the team doesn't say.

    Args:
        directory: The portal.
        team_id: The team.
        team: The team as it was shown.
    """
    if team.used is not None or not directory.capabilities.team_places:
        return team.used
    query = {"attributes": f"{AAP_GROUP}:placesUsed"}
    try:
        return next(
            number(mapping(one.get(AAP_GROUP)).get("placesUsed"))
            for one in directory.walk("/Groups", query)
            if identifier(one.get("id")) == team_id
        )
    except (ServiceError, StopIteration):
        return None


def hides(team: Members, used: int | None, people: int = 1) -> bool:
    """Whether a team counts at least so many people more than it lists; some show a part only.

    Args:
        team: The team as it was shown.
        used: How many members it counts.
        people: How many may be in it without being listed.
    """
    return team.shown and (used or 0) - len(team.items) >= people


def shown_in(
    team: Members, directory: Directory, team_id: str, people: Mapping[str, str]
) -> dict[str, Outcome]:
    """Whether people are in a team, by its members, else by what their accounts say.

    A team may list its members by something else than ids; then the first account that says that
    it belongs to the team makes the others be asked as well. Where the team counts more people than
    it lists, whoever was accepted is among those once it counts as many more.
    """
    inside = team.listed(people)
    missing = [one for one in people if one not in inside]
    late = Outcome(
        verdict=Verdict.WRITTEN, reason="accepted, and not shown so far", short=("membership",)
    )
    outcomes = each(inside, Outcome(verdict=Verdict.DONE))
    there = directory.adds_to_teams.there.get(team_id, set())
    outcomes |= each(there & {*missing}, Outcome(verdict=Verdict.DONE, reason=SHOWN_IN_PART))
    missing = [one for one in missing if one not in there]
    if missing and _says_it_belongs(directory, missing[0], team_id):
        told = [one for one in missing[1:] if _says_it_belongs(directory, one, team_id)]
        outcomes |= each([missing[0], *told], Outcome(verdict=Verdict.DONE))
        missing = [one for one in missing if one not in outcomes]
    if missing and hides(team, counted(directory, team_id, team), len(missing)):
        late = Outcome(verdict=Verdict.WRITTEN, reason=NOT_COUNTED, short=(COUNT,))
    elif team_id in directory.adds_to_teams.losing:
        late = Outcome(verdict=Verdict.WRITTEN, reason=TAKEN_OUT, short=(COUNT,))
    return outcomes | each(missing, late)


def _says_it_belongs(directory: Directory, account_id: str, team_id: str) -> bool:
    """Whether an account's own `groups` name a team."""
    found = directory.fetch(account_id)
    if isinstance(found, Unknown) or found is None:
        return False
    return any(identifier(one.get("value")) == team_id for one in objects(found[1].get("groups")))


def each(ids: Collection[str], outcome: Outcome) -> dict[str, Outcome]:
    """An outcome of each person; what becomes of a whole request is one outcome for all of them."""
    return {one: replace(outcome, account_id=one) for one in ids}


def unreadable(why: Unknown) -> Outcome:
    """What is known of a team that can't be read, before anything was sent."""
    if why.gone:  # nothing that could be waited for
        return Outcome(verdict=Verdict.REJECTED, reason="the team is gone", gone=True)
    return Outcome(verdict=Verdict.UNKNOWN, reason=why.reason)
