"""Roles that are in a service's own words: said, and erased from what a person was before a run.

Such a word is free text and may hold somebody's name; how many there were stays, so that an undo
can say what it can't give back. A value without a letter, as `17`, names nobody.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aapimport.services.roles import is_own_role, portal_roles, replaced_roles
from aapimport.services.scim import Account
from aapimport.text import fold

ROLES_ERASED = "roles_erased"
"""In what an account was before: how many of its roles were erased."""
REPLACED = "replaced"
"""Likewise: those of its roles in whose place the run has put another."""
REPLACED_ERASED = "replaced_erased"
"""Likewise: how many of these were erased."""
DETAILS = "role_details"
"""Likewise: the `display` and the `type` of these, by value, which are in a service's own words."""
PRIMARY = "primary_role"
"""Likewise: the value of the role that was `primary`; empty where none was."""


def role_details(account: Account) -> dict[str, object]:
    """What an account's roles were beside their values, for a run that replaces one of them."""
    replaced = replaced_roles(account)
    types = account.role_types or ("",) * len(account.roles)
    held = zip(account.roles, account.role_labels, types, strict=True)
    details = {
        value: {name: it for name, it in (("display", label), ("type", kind)) if it}
        for value, label, kind in held
        if value in replaced
    }
    return {DETAILS: details, PRIMARY: account.primary_role}


def with_former(
    before: Mapping[str, Any], stays: Sequence[Mapping[str, Any]], missing: Sequence[str]
) -> list[Mapping[str, Any]]:
    """An account's roles with the former ones, as they were as far as the journal tells.

    Args:
        before: What the account was before the run.
        stays: The roles that it keeps, as the service shows them.
        missing: The values of those that it gets back.
    """
    details = before.get(DETAILS, {})
    former = [{"value": one} | details.get(one, {}) for one in missing]
    if PRIMARY not in before:
        return [*stays, *({**it, "primary": True} for it in former[:1]), *former[1:]]
    taken = any(it.get("primary") is True for it in stays)
    was = "" if taken else fold(before[PRIMARY])
    return [
        {**it, "primary": True} if was and fold(str(it.get("value", ""))) == was else it
        for it in (*stays, *former)
    ]


def without_own_roles(before: str | None) -> str | None:
    """What a person was before, as the journal's JSON, without such roles; unchanged without any.

    Args:
        before: As `before_json` made it.
    """
    known: dict[str, Any] = json.loads(before) if before else {}
    erased = 0
    for service in ("portal", "jhana"):
        was = known.get(service) or {}
        roles = was.get("roles") or []
        kept = [one for one in roles if not is_own_role(one)]
        if len(kept) < len(roles):
            was["roles"] = kept
            was[ROLES_ERASED] = was.get(ROLES_ERASED, 0) + len(roles) - len(kept)
            replaced = was.get(REPLACED) or []
            if left := [one for one in replaced if is_own_role(one)]:
                was[REPLACED] = [one for one in replaced if one not in left]
                was[REPLACED_ERASED] = was.get(REPLACED_ERASED, 0) + len(left)
            erased += 1
        erased += was.pop(DETAILS, None) is not None
        if is_own_role(was.get(PRIMARY) or ""):
            del was[PRIMARY]
    return json.dumps(known, ensure_ascii=False) if erased else before


def role_words(values: Collection[str], *, nameless: bool) -> str:
    """Roles that are written back: `role facilitator`, `role 'Regional lead'`, `no role`."""
    known = portal_roles(values, [""] * len(values))
    own = "of the service's own"
    words = [
        role or (own if nameless else repr(value))
        for value, role in zip(values, known, strict=True)
    ]
    return f"role {' and '.join(dict.fromkeys(words))}" if words else "no role"
