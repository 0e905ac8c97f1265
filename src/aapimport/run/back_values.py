"""What has to be set on an account, so that it is as before a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aapimport.run.back_reasons import (
    ADMIN_UNKNOWN,
    BY_HAND,
    CHANGED,
    ERASED,
    IMPOSSIBLE,
    NAME_NOT_RECORDED,
    NOT_THEIRS,
    OTHER_NAME,
    OTHER_NAME_THERE,
    ROLE_ERASED,
)
from aapimport.run.differing import changes_since, set_roles, shown_names
from aapimport.run.later import LEFT, left_to
from aapimport.run.left import Left
from aapimport.run.own_roles import ROLES_ERASED
from aapimport.services.changes import Seen
from aapimport.services.roles import (
    current_role,
    is_own_role,
    may_administer,
    portal_roles,
)
from aapimport.services.scim import Account, objects
from aapimport.services.taking_back import Refusal, Values
from aapimport.text import fold

_NAMED = "name is "
_ROLE = "role is "
_PATHS = {"display name": "displayName", "formatted name": "name.formatted"}


def left_words(but: str) -> list[str]:
    """What an undo had to leave of an account, in the journal's words, one each."""
    return [one for one in but.split("; ") if one.startswith((CHANGED, IMPOSSIBLE, LEFT))]


@dataclass(kw_only=True)
class Back:
    """What is to become of an account.

    Attributes:
        values: What is to be set, by attribute path.
        changed: What somebody has changed since, so that it is left.
        lost: What can't be given back any more.
        later: The later run that it is left to; empty for none.
    """

    values: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    later: str = ""

    @property
    def left(self) -> list[str]:
        """What isn't taken back, in words as the journal keeps them."""
        said = [left_to(self.later)] if self.later else []
        said += [f"{CHANGED}{', '.join(self.changed)}"] if self.changed else []
        return said + [f"{IMPOSSIBLE}{one}" for one in self.lost]

    @property
    def decision(self) -> Values | Refusal:
        """What is set now, or why nothing is."""
        return Refusal("; ".join(self.left)) if self.left and not self.values else self.values


def to_take_back(left: Left, seen: Seen, teams: Sequence[str] = ()) -> Back | Refusal:
    """What has to be set on an account, so that it is as before the run; nothing when it is.

    An account that the run made is switched off, unless anything at all was changed since: somebody
    works with it. Of one that was there, each value is looked at by itself. What a later run has
    written to is that one's.

    Args:
        left: How the run left it.
        seen: How it is.
        teams: The other teams that it is in.
    """
    if not left.is_theirs(seen.account):
        return Refusal(f"{NOT_THEIRS}; {BY_HAND}")
    if left.later and (seen.account.active or not left.made):
        return Back(later=left.later)
    if left.made and not left.has_unknown_name(seen.account):
        return _off(left, seen, teams)
    if why := name_refusal(left, seen.account):
        return Refusal(why)
    back = Back()
    before = left.before or {}
    if before and not before["active"] and left.active and seen.account.active:
        back.values["active"] = False
    _roles_back(left, seen, back)
    _names_back(left, seen, back)
    if left.pass_id and left.pass_id in seen.account.passes:
        held = objects(seen.resource.get("entitlements"))
        back.values["entitlements"] = [one for one in held if str(one.get("value")) != left.pass_id]
    return back


def name_refusal(left: Left, account: Account) -> str:
    """Why nothing is written to an account by the name that it shows; empty where nothing is."""
    if left.shows_another_name(account):
        return OTHER_NAME if left.service == "portal" else OTHER_NAME_THERE
    unknown = left.has_unknown_name(account)
    return f"{IMPOSSIBLE}{NAME_NOT_RECORDED}; {BY_HAND}" if unknown else ""


def gives_rights(seen: Seen, values: Mapping[str, Any]) -> bool:
    """Whether what is set gives back a role that may have administration rights."""
    held = {*map(fold, seen.account.roles)}
    given = [
        str(one.get("value", ""))
        for one in values.get("roles", ())
        if fold(str(one.get("value", ""))) not in held
    ]
    roles = replace(seen.account, roles=tuple(given), role_labels=("",) * len(given))
    return may_administer(roles)


def _off(left: Left, seen: Seen, teams: Iterable[str]) -> Back:
    if not seen.account.active:
        return Back()
    changes = [_nameless(one) for one in changes_since(left, seen)]
    changes += [f"in the team {one}" for one in teams]
    return Back(changed=changes) if changes else Back(values={"active": False})


def _nameless(words: str) -> str:
    """What the journal keeps of a change: names and a role of the service's own may name people."""
    if words.startswith(_NAMED):
        return "name"
    own = words.removeprefix(_ROLE)
    return "role" if own != words and is_own_role(own) else words


def _roles_back(left: Left, seen: Seen, back: Back) -> None:
    """The former role in place of that which the run set, where it still is that."""
    if left.role is None or left.before is None:
        return
    items = [*objects(seen.resource.get("roles"))]
    ours = {*map(fold, set_roles(left, seen))}
    there = {*map(fold, seen.account.roles)}
    missing = [one for one in left.before["roles"] if fold(one) not in there]
    if not ours:
        # what stood there is there again, whoever did it, or the run has not set it
        was_set = left.role not in _portal_roles(left.before["roles"])
        erased = left.before.get(ROLES_ERASED, 0)
        fewer = sum(map(is_own_role, seen.account.roles)) < erased
        if was_set and current_role(seen.account) != left.role and (missing or fewer):
            back.changed.append("role")
        return
    if current_role(seen.account) != left.role:
        back.changed.append("role")
        return
    stays = [one for one in items if fold(str(one.get("value", ""))) not in ours]
    own = [one for one in stays if is_own_role(str(one.get("value", "")))]
    if len(own) < left.before.get(ROLES_ERASED, 0):  # it is gone, and nobody knows what it was
        back.lost.append(ROLE_ERASED)
        return
    former = [
        {"value": one} | ({"primary": True} if at == 0 else {}) for at, one in enumerate(missing)
    ]
    roles = [*stays, *former]
    if gives_rights(seen, {"roles": roles}) and not left.is_known_by_name(seen.account):
        back.lost.append(ADMIN_UNKNOWN)
        return
    back.values["roles"] = roles


def _portal_roles(values: Sequence[str]) -> list[str]:
    """Which of the four roles values are that were kept without their labels."""
    return portal_roles(values, [""] * len(values))


def _names_back(left: Left, seen: Seen, back: Back) -> None:
    """The former names in place of those that the run set, where they still are those."""
    if not left.renamed or not left.named:
        return
    account = seen.account
    names = (left.before or {}).get("names")
    first, last, *whole = names or ("", "")
    if names and (fold(account.first_name), fold(account.last_name)) == (fold(first), fold(last)):
        return
    if not left.has_names(account):
        back.changed.append("name")
        return
    if not names:
        back.lost.append(ERASED)
        return
    back.values["name.givenName"], back.values["name.familyName"] = first, last
    former = whole[0] if whole else {}
    for words, shown in shown_names(seen).items():
        path = _PATHS[words]
        if fold(shown) != fold(f"{account.first_name} {account.last_name}"):
            back.changed.append(words)
        elif before := former.get(path):
            back.values[path] = before
        else:
            back.values[path] = " ".join(filter(None, (first, last)))
            back.lost.append(f"the former {words}, which isn't recorded: the names stand for it")
