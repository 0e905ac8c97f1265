"""Roles that are in a service's own words: said, and erased from what a person was before a run.

Such a word is free text and may hold somebody's name; how many there were stays, so that an undo
can say what it can't give back. A value without a letter, as `17`, names nobody.
"""

import json
from collections.abc import Collection
from typing import Any

from aapimport.services.roles import is_own_role, portal_roles

ROLES_ERASED = "roles_erased"
"""In what an account was before: how many of its roles were erased."""
REPLACED = "replaced"
"""Likewise: those of its roles in whose place the run has put another."""
REPLACED_ERASED = "replaced_erased"
"""Likewise: how many of these were erased."""


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
