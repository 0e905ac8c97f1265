"""Who is in a team, as a portal shows it: not at all, or in part, or by userName."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.people.person import address_key
from aapimport.services.directory import Directory, Unknown
from aapimport.services.discovery import UNAUTHORIZED, reachable
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.scim import AAP_GROUP, identifier, mapping, number, objects, text
from aapimport.services.transport import Answer

NEVER_SHOWN = "accepted; this portal never shows who is in a team"
SHOWN_IN_PART = "accepted; this team shows only some of its members"
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """A team as it was shown.

    Attributes:
        names: What each member is called, by id; by userName where a portal lists those.
        shown: Whether the portal lists members in it at all.
        hidden: Whether it certainly has members although none are listed.
        used: How many members it has, where it says so.
    """

    names: Mapping[str, str]
    shown: bool
    hidden: bool = False
    used: int | None = None

    def listed(self, people: Mapping[str, str]) -> set[str]:
        """The account ids that are among the members, by id or by userName.

        Canaille 0.3.6 lists userNames in place of ids.
        """
        addresses = {address_key(one) for one in self.names}
        return {
            one
            for one, email in people.items()
            if one in self.names or address_key(email) in addresses
        }


def team_path(team_id: str) -> str:
    """The path of a team below the service's address."""
    return f"/Groups/{quote(team_id, safe='')}"


def read_team(directory: Directory, team_id: str) -> Members | Unknown:
    """Who is in a team now.

    Raises:
        SettingsError: The token is refused.
    """
    reply = directory.repeat("GET", team_path(team_id))
    if not isinstance(reply, Answer):
        return Unknown(reply.reason)
    if reply.status == UNAUTHORIZED:
        reachable(reply, directory.name)
    body = reply.json()
    if not reply.ok or body is None:
        gone = reply.status == _NOT_FOUND
        return Unknown(f"the team can't be read: {judge(reply).reason}", gone=gone)
    return members_of(body)


def members_of(resource: Mapping[str, Any]) -> Members:
    """The members in a Group resource."""
    names = {
        found: text(one.get("display")) or text(one.get("name"))
        for one in objects(resource.get("members"))
        if (found := identifier(one.get("value")))
    }
    shown = "members" in resource
    used = number(mapping(resource.get(AAP_GROUP)).get("placesUsed"))
    return Members(names=names, shown=shown, hidden=not shown and bool(used), used=used)


def hides(directory: Directory, team_id: str, team: Members, people: int) -> bool:
    """Whether a team counts at least so many people more than it lists; some show a part only.

    Args:
        directory: The portal.
        team_id: The team.
        team: The team as it was shown; the list of teams is asked where that has no count.
        people: How many may be in it without being listed.
    """
    used = team.used
    if used is None:
        query = {"attributes": f"{AAP_GROUP}:placesUsed"}
        try:
            used = next(
                number(mapping(one.get(AAP_GROUP)).get("placesUsed"))
                for one in directory.walk("/Groups", query)
                if identifier(one.get("id")) == team_id
            )
        except (ServiceError, StopIteration):
            return False
    return team.shown and (used or 0) - len(team.names) >= people


def shown_in(
    team: Members, directory: Directory, team_id: str, people: Mapping[str, str]
) -> dict[str, Outcome]:
    """Whether people are in a team, by its members, else by what their accounts say.

    A team may list its members by something else than ids; then the first account that says that
    it belongs to the team makes the others be asked as well. Where the team counts more people than
    it lists, whoever was accepted is believed to be among those.
    """
    inside = team.listed(people)
    missing = [one for one in people if one not in inside]
    late = Outcome(
        verdict=Verdict.WRITTEN, reason="accepted, and not shown so far", short=("membership",)
    )
    outcomes = each(inside, Outcome(verdict=Verdict.DONE))
    if missing and _says_it_belongs(directory, missing[0], team_id):
        told = [one for one in missing[1:] if _says_it_belongs(directory, one, team_id)]
        outcomes |= each([missing[0], *told], Outcome(verdict=Verdict.DONE))
        missing = [one for one in missing if one not in outcomes]
    if missing and hides(directory, team_id, team, len(missing)):
        late = Outcome(verdict=Verdict.DONE, reason=SHOWN_IN_PART)
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
