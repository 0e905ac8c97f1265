"""Which of the portal's four roles an account has, in whatever words a service says it."""

import re
from collections.abc import Iterable

from aapimport.services.scim import Account
from aapimport.template.roles import Role
from aapimport.text import fold

_ROLES = {re.sub(r"\s", "", role.value): role.value for role in Role}
_ADMINS = {"admin", "admins", "adminhr", "administrator"}


def current_role(account: Account) -> str:
    """The account's role among the four, as its wire value; empty when it has none of them.

    Of several, the one that gives most rights: client admin.
    """
    held = portal_roles(account.roles, account.role_labels)
    if Role.CLIENT_ADMIN in held:
        return Role.CLIENT_ADMIN.value
    return next(filter(None, held), "")


def is_client_admin(account: Account) -> bool:
    """Whether an account has, or may have, a client admin's rights.

    Asked where rights are given back or taken away, so any word that may mean it counts, such as
    the template key's `Admin / HR`.
    """
    held = (*account.roles, *account.role_labels)
    words = ("".join(filter(str.isalpha, fold(one))) for one in held)
    return any("clientadmin" in word or word in _ADMINS for word in words)


def portal_roles(values: Iterable[str], labels: Iterable[str]) -> list[str]:
    """Which of the four roles each of an account's is; empty for one that is none of them.

    A service whose values mean nothing (`17`) says what they are by their `display` (RFC 7643
    section 2.4); where one value is a role of its own, labels are another matter.

    Args:
        values: The `value` of each of `roles`.
        labels: The `display` of each.
    """
    known = list(map(_role, values))
    return known if any(known) else list(map(_role, labels))


def other_roles(account: Account) -> tuple[str, ...]:
    """An account's roles that are none of the four, in the words that people read."""
    held = zip(
        account.roles,
        account.role_labels,
        portal_roles(account.roles, account.role_labels),
        strict=True,
    )
    return tuple(label or value for value, label, role in held if not role)


def _role(word: str) -> str:
    """Which of the four roles a word is, in any spelling (`ClientAdmin`, `client-admin`)."""
    return _ROLES.get(re.sub(r"[\s_-]+", "", fold(word)), "")
