"""What of an account is otherwise than a run left it (docs/protocol.md, "The way back").

Compared is what the run wrote, and, of an account that it made, what somebody else may have put
there since. What isn't known, because the service doesn't show it or didn't keep it, is no change.
"""

from collections.abc import Callable, Container, Iterator, Mapping

from aapimport.person import address_key
from aapimport.run.back_parts import NAMES, NAMES_IN_ALL, PASS, SHOWN_NAMES
from aapimport.run.back_parts import ROLE as ROLE_PART
from aapimport.run.back_reasons import OWN_ROLE_GONE
from aapimport.run.digests import address_digest, role_digest
from aapimport.run.left import Left
from aapimport.run.own_roles import REPLACED, REPLACED_ERASED, ROLES_ERASED
from aapimport.services.changes import Seen
from aapimport.services.identity import full_name
from aapimport.services.roles import current_role, is_own_role, portal_roles, roles_beside
from aapimport.services.scim import Account, identifier, is_pass, mapping, objects, text
from aapimport.text import fold

ACTIVE = "whether the account is active"
NAME = "the name"
ROLE = "the role"
_NEVER_SENT = {
    "title": ("title",),
    "middle name": ("name", "middleName"),
    "nickname": ("nickName",),
}
"""What no account has that was just made: its words, and where it stands."""


def not_shown(left: Left, seen: Seen) -> frozenset[str]:
    """What a service doesn't show of an account now, so that nobody can tell whether it changed.

    `active` (also where it is said in a word that is no clear yes and no clear no), the names that
    the run set, and roles, which RFC 7643 section 2.5 lets a service leave out.
    """
    account = seen.account
    hidden = {
        ACTIVE: not account.says_active,
        NAME: bool(left.named) and not full_name(account).strip(),
        ROLE: "roles" not in seen.resource and bool(left.role or (left.before or {}).get("roles")),
    }
    return frozenset(what for what, is_hidden in hidden.items() if is_hidden)


def hidden_parts(left: Left, seen: Seen, shows: Callable[[str], bool]) -> frozenset[str]:
    """The parts of an account that was there which the run has set, and the service doesn't show.

    Args:
        left: How the run left it.
        seen: How it is.
        shows: Whether the service shows an attribute of anybody: what is empty may be left out (RFC
            7643 section 2.5).
    """
    if left.made or not left.touched:
        return frozenset()
    _, _, *names = (left.before or {}).get("names") or ("", "")
    whole: Mapping[str, str] = names[0] if names else {}
    is_named = left.renamed and bool(left.named)
    missing = {
        ROLE_PART: was_set(left) and seen.resource.get("roles") is None and not shows("roles"),
        PASS: bool(left.pass_id)
        and seen.resource.get("entitlements") is None
        and not shows("entitlements"),
        NAMES: is_named and not full_name(seen.account).strip() and not shows("name"),
    } | {
        part: is_named
        and bool(whole.get(path))
        and part not in shown_names(seen)
        and not shows(path)
        for part, path in SHOWN_NAMES.items()
    }
    hidden = {part for part, is_missing in missing.items() if is_missing}
    return frozenset(hidden | (NAMES_IN_ALL if NAMES in hidden else frozenset()))


def changes_since(left: Left, seen: Seen, hidden: Container[str] = ()) -> Iterator[str]:
    """What is otherwise than the run left it, in words; only those about names name anybody.

    What is in `hidden`, as `not_shown` has it, isn't compared.

    Of an account that was there before, only what the run set counts. Of one that the run made:
    active, role, names, pass, another pass or entitlement, the externalId, that its e-mail
    addresses have the person's no more, the displayed names, and what was never sent (title,
    middle name, nickname). What was accepted and not shown in time is as the run left it both where
    it shows by now and where it is as before.
    """
    account = seen.account
    is_late = "activation" in left.late
    if ACTIVE not in hidden and account.active is not left.active and not is_late:
        yield "switched on" if account.active else "deactivated"
    if ROLE not in hidden and (role := _role_since(left, account)) is not None:
        yield f"role is {role or 'none'}"
    if ROLE not in hidden and lacks_own_role(left, seen):
        yield OWN_ROLE_GONE
    if left.pass_id and left.pass_id not in account.passes and "pass" not in left.late:
        yield "not on the pass"
    as_before = "names" in left.late and left.is_known_by_name(account)
    otherwise = left.named and not (left.has_names(account) or as_before)
    if NAME not in hidden and (otherwise or left.shows_another_name(account)):
        yield f"name is {account.first_name} {account.last_name}"
    if not left.made:
        return
    if others := [
        one for one in account.passes if one != left.run_pass or left.service != "portal"
    ]:
        yield f"on another pass: {', '.join(others)}"
    yield from _added_since(left, seen)


def _added_since(left: Left, seen: Seen) -> Iterator[str]:
    """What somebody else has put into an account that the run made."""
    account, resource = seen.account, seen.resource
    others = [
        identifier(one.get("value"))
        for one in objects(resource.get("entitlements"))
        if not is_pass(one)
    ]
    if others:
        yield f"another entitlement: {', '.join(others)}"
    if account.external_id and account.external_id != left.key:
        yield "another externalId"
    person = left.person or (address_digest(left.wanted.email) if left.wanted else "")
    addresses = {address_digest(one) for one in account.emails if one}
    if person and addresses and person not in addresses:
        yield "another e-mail address"
    if "names" not in left.lacks and left.named and left.has_names(account):
        for words, shown in shown_names(seen).items():
            if not is_made_of(shown, account):
                yield f"another {words}"
    for words, (top, *part) in _NEVER_SENT.items():
        value = mapping(resource.get(top)).get(part[0]) if part else resource.get(top)
        if text(value).strip():
            yield f"a {words}"


def shown_names(seen: Seen) -> dict[str, str]:
    """The names that a service displays in one piece, by what they are called here."""
    resource = seen.resource
    shown = {
        "display name": text(resource.get("displayName")),
        "formatted name": text(mapping(resource.get("name")).get("formatted")),
    }
    return {words: it for words, it in shown.items() if it.strip()}


def is_made_of(shown: str, account: Account) -> bool:
    """Whether a displayed name is of the account's names in any order, or of its address.

    So services make it up themselves.
    """
    user_name = account.user_name
    made = (f"{account.first_name}{account.last_name}", user_name, user_name.partition("@")[0])
    return _letters(shown) in map(_letters, made) or address_key(shown) == address_key(user_name)


def _letters(words: str) -> list[str]:
    return sorted(filter(str.isalnum, fold(words)))


def _role_since(left: Left, account: Account) -> str | None:
    """The role that somebody has given since; None where it is the same, or nobody can tell."""
    if left.role is not None:
        role = current_role(account)
        if role == left.role:
            return _added_role(left, account)
        if "role" not in left.late:
            return role or ", ".join(account.roles)
    if left.before is None:
        return _added_role(left, account)
    if "role" in left.lacks - left.late:
        return None
    roles = account.roles
    if left.before.get(ROLES_ERASED):  # whose own values nobody can compare any more
        roles = tuple(one for one in roles if not is_own_role(one))
    now, then = {*map(fold, roles)}, {*map(fold, left.before["roles"])}
    return ", ".join(account.roles) if now != then else None


def _added_role(left: Left, account: Account) -> str | None:
    """Which roles an account that the run made has got since, beside what it gave and the service.

    A role that was accepted and not shown in time is none of them; one that may be the service's
    own, and wasn't noted, is.
    """
    role = left.role or left.late_role
    if not left.made or (left.service == "portal" and not role):  # nobody knows what it had
        return None
    given = roles_beside(account, role)
    added = [one for one in given if role_digest(one) not in left.beside]
    return (", ".join(filter(None, added)) or "another one") if added else None


def roles_that_went(left: Left) -> list[str]:
    """Those of an account's former roles in whose place the run has put another.

    Where an earlier version hasn't kept them, those that are of the four by their values.
    """
    before = left.before or {}
    roles: list[str] = before.get("roles", [])
    known = portal_roles(roles, [""] * len(roles))
    by_value = [one for one, role in zip(roles, known, strict=True) if role]
    replaced: list[str] = before.get(REPLACED, by_value)
    return replaced


def was_set(left: Left) -> bool:
    """Whether the run has set the role of an account that was there, as far as values tell."""
    roles = (left.before or {}).get("roles", ())
    return bool(
        left.before
        and left.role is not None
        and left.role not in portal_roles(roles, [""] * len(roles))
    )


def lacks_own_role(left: Left, seen: Seen) -> bool:
    """Whether a role of the service's own is gone that the run has left where it set another."""
    if not was_set(left):
        return False
    before, went = left.before or {}, {*map(fold, roles_that_went(left))}
    stayed = [one for one in before["roles"] if fold(one) not in went]
    if REPLACED not in before:  # a value that names nobody may have gone by what it was called
        stayed = [one for one in stayed if is_own_role(one)]
    erased = before.get(ROLES_ERASED, 0) - before.get(REPLACED_ERASED, 0)
    own = sum(map(is_own_role, seen.account.roles))
    there = {*map(fold, seen.account.roles)}
    gone = any(fold(one) not in there for one in stayed)
    return gone or own < erased + sum(map(is_own_role, stayed))


def set_roles(left: Left, seen: Seen) -> list[str]:
    """The values of those of an account's roles that the run has set and weren't there before."""
    items = [*objects(seen.resource.get("roles"))]
    had = {*map(fold, (left.before or {}).get("roles", ()))}
    roles = portal_roles(seen.account.roles, seen.account.role_labels)
    values = (str(one.get("value", "")) for one in items)
    return [it for it, role in zip(values, roles, strict=True) if role and fold(it) not in had]
