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
from aapimport.services.scim import identifier, objects, plain_words, text

NOT_LISTED = "other teams: this portal tells nobody's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Who is listed in which Groups.

    Attributes:
        members: By account id, or by userName where a portal lists those: each Group's name by id.
        why: Why nothing is known of them; empty where something is.
    """

    members: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    why: str = ""


NOBODY = Elsewhere()


def teams_elsewhere(portal: Portal, people: Sequence[Seen]) -> Elsewhere:
    """Who is listed in which Groups; nobody is asked for where all the accounts say it.

    Raises:
        SettingsError: The token is refused.
    """
    if not people or all("groups" in one.resource for one in people):
        return NOBODY
    if not portal.capabilities.teams:
        return NOBODY  # there are none
    members: dict[str, dict[str, str]] = {}
    try:
        for group in portal.walk("/Groups", {}):
            own_id = identifier(group.get("id"))
            name = plain_words(text(group.get("displayName"))) or own_id
            for one in members_of(group).items:
                for key in {one, address_key(one)}:
                    members.setdefault(key, {})[own_id] = name
    except ServiceError:
        return Elsewhere(why=NOT_LISTED)
    return Elsewhere(members=members)


def other_teams(seen: Seen, joined: Iterable[Joined], elsewhere: Elsewhere = NOBODY) -> list[str]:
    """The names of the teams that an account is in, and the run didn't put it into.

    Those that it is in by another group (`indirect`, RFC 7643 section 4.1.2) nobody chose for it.
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
    return [name for own_id, name in {**listed, **said}.items() if name and own_id not in ours]
