"""Roles that are in a service's own words: said, and erased from what a person was before a run.

Such a word is free text and may hold somebody's name; how many there were stays, so that an undo
can say what it can't give back. A value without a letter, as `17`, names nobody.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aapimport.services.roles import is_own_role, portal_roles

ROLES_ERASED = "roles_erased"
"""In what an account was before: how many of its roles were erased."""


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
            erased += 1
    return json.dumps(known, ensure_ascii=False) if erased else before


def role_words(roles: Iterable[Mapping[str, Any]], *, nameless: bool) -> str:
    """Roles as they will be written back: `role facilitator`, `role 'Regional lead'`, `no role`."""
    values = [str(one.get("value", "")) for one in roles]
    known = portal_roles(values, [""] * len(values))
    own = "of the service's own"
    words = [
        role or (own if nameless else repr(value))
        for value, role in zip(values, known, strict=True)
    ]
    return f"role {' and '.join(dict.fromkeys(words))}" if words else "no role"
