"""The teams that people are in, and a run didn't put them into.

By what their accounts say (`groups`), and by the Groups that list their members: services show
one, or the other, or both. The Groups are listed once, and only where somebody's account says
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.run.joined import Joined
from aapimport.services.changes import Seen
from aapimport.services.membership import members_of
from aapimport.services.portal import Portal
from aapimport.services.scim import identifier, objects, pass_of, plain_words, text

NOT_LISTED = "other teams: this portal tells nobody's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Who is listed in which Groups.

    Attributes:
        members: By account id, or by userName where a portal lists those: each Group's name by id.
        passes: The pass that each of them belongs to, by id; empty where the portal doesn't say.
        why: Why nothing is known of them; empty where something is.
    """

    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    passes: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


NOBODY = Elsewhere()


def teams_elsewhere(portal: Portal, people: Sequence[Seen], *, all_of: bool = False) -> Elsewhere:
    """Who is listed in which Groups; nobody is asked for where all the accounts say it.

    Args:
        portal: The portal.
        people: The accounts.
        all_of: Whether the Groups are listed in any case, for the passes that they belong to.

    Raises:
        SettingsError: The token is refused.
    """
    if not people or (not all_of and all("groups" in one.resource for one in people)):
        return NOBODY
    if not portal.capabilities.teams:
        return NOBODY  # there are none
    members: dict[str, dict[str, str]] = {}
    passes: dict[str, str] = {}
    try:
        for group in portal.walk("/Groups", {}):
            own_id = identifier(group.get("id"))
            name = plain_words(text(group.get("displayName"))) or own_id
            passes[own_id] = pass_of(group)
            for one in members_of(group).items:
                for key in {one, address_key(one)}:
                    members.setdefault(key, {})[own_id] = name
    except ServiceError:
        return Elsewhere(why=NOT_LISTED)
    return Elsewhere(members=members, passes=passes)


def other_teams(
    seen: Seen, joined: Iterable[Joined], elsewhere: Elsewhere = NOBODY, pass_id: str = ""
) -> list[str]:
    """The names of the teams that an account is in, and the run didn't put it into.

    Where a pass is given, only of its teams: nobody was in one who wasn't on it. Those that it is
    in by another group (`indirect`, RFC 7643 section 4.1.2) nobody chose for it.
    """
    said = {
        identifier(one.get("value")): (
            str(one.get("display") or one.get("value")) if one.get("type") != "indirect" else ""
        )
        for one in objects(seen.resource.get("groups"))
    }
    account = seen.account
    listed = elsewhere.members.get(account.id) or elsewhere.members.get(
        address_key(account.user_name), {}
    )
    ours = {one.group_id for one in joined}
    return [
        name
        for own_id, name in {**listed, **said}.items()
        if name and own_id not in ours and (not pass_id or elsewhere.passes.get(own_id) == pass_id)
    ]
