"""What has to be set on an account, so that it is as before a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aapimport.run.back_parts import (
    ACTIVATION,
    NAMES,
    NAMES_IN_ALL,
    PARTS,
    PASS,
    ROLE,
    SHOWN_NAMES,
    hidden_words,
    parts_of,
)
from aapimport.run.back_reasons import (
    ADMIN_UNKNOWN,
    BY_HAND,
    CHANGED,
    ERASED,
    IMPOSSIBLE,
    LEFT,
    MAY_BE_BACK,
    NAME_NOT_RECORDED,
    NOT_APPROVED,
    NOT_SHOWN,
    NOT_THEIRS,
    OTHER_NAME,
    OTHER_NAME_THERE,
    OWN_ROLE_GONE,
    ROLE_ERASED,
    ROLE_NOT_RECORDED,
)
from aapimport.run.differing import (
    changes_since,
    lacks_own_role,
    roles_that_went,
    set_roles,
    shown_names,
    was_set,
)
from aapimport.run.later import left_to
from aapimport.run.left import Left
from aapimport.run.own_roles import REPLACED, REPLACED_ERASED, with_former
from aapimport.services.changes import Seen
from aapimport.services.roles import (
    current_role,
    is_own_role,
    may_administer,
    portal_roles,
)
from aapimport.services.scim import Account, identifier, is_pass, objects
from aapimport.services.taking_back import Refusal, Values
from aapimport.text import fold

_NAMED = "name is "
_ROLE = "role is "


def left_words(but: str) -> list[str]:
    """What an undo had to leave of an account, in the journal's words, one each."""
    return [one for one in but.split("; ") if one.startswith((CHANGED, IMPOSSIBLE, LEFT))]


def lasting_words(but: str) -> list[str]:
    """The same without what wasn't shown: that is looked at anew."""
    return [one for one in left_words(but) if not one.endswith(NOT_SHOWN)]


@dataclass(kw_only=True)
class Back:
    """What is to become of an account.

    Attributes:
        values: What is to be set, by attribute path.
        changed: What somebody has changed since, so that it is left.
        lost: What can't be given back any more.
        later: The later run that it is left to; empty for none.
        as_before: The parts that the service has accepted, and that are as before: they may show.
    """

    values: dict[str, Any] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    later: str = ""
    as_before: frozenset[str] = frozenset()

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


def to_take_back(
    left: Left,
    seen: Seen,
    teams: Sequence[str] = (),
    *,
    hidden: frozenset[str] = frozenset(),
    may_give_rights: bool = True,
) -> Back | Refusal:
    """What has to be set on an account, so that it is as before the run; nothing when it is.

    An account that the run made is switched off, unless anything at all was changed since: somebody
    works with it. Of one that was there, each value is looked at by itself. What a later run has
    written to is that one's; what an undo has taken back, in part, too, stays as it is now.

    Args:
        left: How the run left it.
        seen: How it is.
        teams: The other teams that it is in.
        hidden: The parts that the service doesn't show (`hidden_parts`).
        may_give_rights: Whether a role may be given back that may have administration rights.
    """
    if not left.is_theirs(seen.account):
        return Refusal(f"{NOT_THEIRS}; {BY_HAND}")
    if left.later and (seen.account.active or not left.made):
        return Back(later=left.later)
    if left.made and ACTIVATION in left.back:
        return Back()
    if left.back_in_doubt and standing(left, seen) - left.back:
        return Refusal(f"{IMPOSSIBLE}{MAY_BE_BACK}; {BY_HAND}")
    if left.made and not left.has_unknown_name(seen.account):
        return _off(left, seen, teams)
    if why := name_refusal(left, seen.account):
        return Refusal(why)
    return _values_back(left, seen, teams, hidden - left.back, may_give_rights=may_give_rights)


def _values_back(
    left: Left,
    seen: Seen,
    teams: Sequence[str],
    hidden: frozenset[str],
    *,
    may_give_rights: bool,
) -> Back:
    """The same of an account that was there, or that has a name nobody knows."""
    back = Back()
    shows = standing(left, seen)
    if teams and (used := {ACTIVATION, PASS} & (shows - left.back)):  # somebody works with it
        back.changed += [f"in the team {one}" for one in teams]
        shows -= used
    if ACTIVATION in shows - left.back:
        back.values["active"] = False
    if ROLE not in left.back | hidden:
        _roles_back(left, seen, back, may_give_rights=may_give_rights)
    if NAMES not in hidden:
        _names_back(left, seen, back)
    if PASS in shows - left.back:
        held = objects(seen.resource.get("entitlements"))
        back.values["entitlements"] = [
            one
            for one in held
            if not (is_pass(one) and identifier(one.get("value")) == left.pass_id)
        ]
    changed = {part for part, word in ((ROLE, "role"), (NAMES, "name")) if word in back.changed}
    late = (left.late & PARTS) - left.back - parts_of(back.values)
    back.as_before = frozenset(late - shows - changed - hidden)
    back.lost += hidden_words(hidden)
    return back


def standing(left: Left, seen: Seen) -> frozenset[str]:
    """The parts of an account that are as the run has set them, and weren't so before.

    Args:
        left: How the run left it.
        seen: How it is.
    """
    before, account = left.before or {}, seen.account
    if left.made or not left.is_theirs(account):
        return frozenset({ACTIVATION}) if account.active else frozenset()
    is_so = {
        ACTIVATION: bool(before) and not before["active"] and left.active and account.active,
        ROLE: left.role is not None
        and current_role(account) == left.role
        and bool(set_roles(left, seen)),
        NAMES: left.renamed and bool(left.named) and left.has_names(account),
        PASS: bool(left.pass_id) and left.pass_id in account.passes,
    }
    return frozenset(part for part, it in is_so.items() if it)


def name_refusal(left: Left, account: Account) -> str:
    """Why nothing is written to an account by the name that it shows; empty where nothing is."""
    if left.shows_another_name(account):
        return OTHER_NAME if left.service == "portal" else OTHER_NAME_THERE
    unknown = left.has_unknown_name(account)
    return f"{IMPOSSIBLE}{NAME_NOT_RECORDED}; {BY_HAND}" if unknown else ""


def gives_rights(seen: Seen, values: Mapping[str, Any]) -> bool:
    """Whether what is set gives back a role that may have administration rights."""
    given = given_roles(seen, values)
    roles = replace(seen.account, roles=tuple(given), role_labels=("",) * len(given))
    return may_administer(roles)


def given_roles(seen: Seen, values: Mapping[str, Any]) -> list[str]:
    """The values of the roles that an account gets by what is set, and hasn't now."""
    held = {*map(fold, seen.account.roles)}
    roles = (str(one.get("value", "")) for one in values.get("roles", ()))
    return [one for one in roles if fold(one) not in held]


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


def _roles_back(left: Left, seen: Seen, back: Back, *, may_give_rights: bool) -> None:
    """The former role in place of that which the run set, where it still is that.

    Only what the run itself has replaced is given back. A role that it left, and that is gone, was
    taken away by somebody else, and may be a right: it is named.
    """
    if left.role is None or left.before is None:
        return
    there = {*map(fold, seen.account.roles)}
    missing = [one for one in roles_that_went(left) if fold(one) not in there]
    ours = {*map(fold, set_roles(left, seen))}
    if lacks_own_role(left, seen):
        back.changed.append(OWN_ROLE_GONE)
    went = left.role_gone and missing and _has_former_alone(left, seen)
    if current_role(seen.account) != left.role and not went:
        # what stood there is there again, whoever did it, or the run has not set it
        if ours or (was_set(left) and missing):
            back.changed.append("role")
        return
    if not (ours or went):
        return
    if left.before.get(REPLACED_ERASED):  # it is gone, and nobody knows what it was
        back.lost.append(ROLE_ERASED)
        return
    if REPLACED not in left.before and any(
        fold(one) not in there and not any(map(str.isalpha, one)) for one in left.before["roles"]
    ):
        back.lost.append(ROLE_NOT_RECORDED)
        return
    items = objects(seen.resource.get("roles"))
    stays = [one for one in items if fold(str(one.get("value", ""))) not in ours]
    values = {"roles": with_former(left.before, stays, missing)}
    if gives_rights(seen, values) and not left.is_known_by_name(seen.account):
        back.lost.append(ADMIN_UNKNOWN)
    elif gives_rights(seen, values) and not may_give_rights:
        back.lost.append(NOT_APPROVED)
    else:
        back.values |= values


def _has_former_alone(left: Left, seen: Seen) -> bool:
    """Whether an account has none of the four roles but such as it had before the run."""
    former = {*map(fold, roles_that_went(left))}
    known = portal_roles(seen.account.roles, seen.account.role_labels)
    held = zip(seen.account.roles, known, strict=True)
    return all(fold(value) in former for value, role in held if role)


def _names_back(left: Left, seen: Seen, back: Back) -> None:
    """The former names in place of those that the run set, where they still are those."""
    if not left.renamed or not left.named or left.back >= NAMES_IN_ALL:
        return
    account = seen.account
    names = (left.before or {}).get("names")
    first, last, *_ = names or ("", "")
    is_back = (fold(account.first_name), fold(account.last_name)) == (fold(first), fold(last))
    if names and is_back:
        set_by_run = f"{left.wanted.first_name} {left.wanted.last_name}" if left.wanted else ""
    elif not left.has_names(account):
        if not ("names" in left.late and left.is_known_by_name(account)):
            back.changed.append("name")
        return
    elif not names:
        back.lost.append(ERASED)
        return
    else:
        set_by_run = f"{account.first_name} {account.last_name}"
        if NAMES not in left.back:
            back.values |= {"name.givenName": first, "name.familyName": last}
    _shown_names_back(left, seen, back, set_by_run=set_by_run, is_back=is_back)


def _shown_names_back(
    left: Left, seen: Seen, back: Back, *, set_by_run: str, is_back: bool
) -> None:
    """Likewise the names that are displayed in one piece, also once the names are given back."""
    first, last, *whole = (left.before or {})["names"]
    former = whole[0] if whole else {}
    for part, shown in shown_names(seen).items():
        path, before = SHOWN_NAMES[part], former.get(SHOWN_NAMES[part], "")
        is_ours = fold(shown) == fold(set_by_run)
        as_it_was = fold(shown) == fold(before) or (is_back and not (is_ours and before))
        if part in left.back or as_it_was:
            continue
        if not is_ours:
            back.changed.append(part)
            continue
        back.values[path] = before or " ".join(filter(None, (first, last)))
        if not before:
            back.lost.append(f"the former {part}, which isn't recorded: the names stand for it")
