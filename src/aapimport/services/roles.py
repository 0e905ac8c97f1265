"""Which of the portal's four roles an account has, in whatever words a service says it."""

import re
from collections.abc import Iterable, Iterator

from aapimport.services.scim import Account
from aapimport.template.roles import Role
from aapimport.text import fold

_ROLES = {re.sub(r"\s", "", role.value): role.value for role in Role}
_HARMLESS = frozenset(
    "".join(filter(str.isalpha, fold(word)))
    for role in Role
    if role is not Role.CLIENT_ADMIN
    for word in (role.value, role.meaning, role.exported)
)
"""The roles without administration rights, in the words of the template, its key and the list."""
_SOUNDS_LIKE_ADMIN = re.compile(r"admin|owner|super(?!vis)|root")


def current_role(account: Account) -> str:
    """The account's role among the four, as its wire value; empty when it has none of them.

    Of several, the one that gives most rights: client admin.
    """
    held = portal_roles(account.roles, account.role_labels)
    if Role.CLIENT_ADMIN in held:
        return Role.CLIENT_ADMIN.value
    return next(filter(None, held), "")


def is_client_admin(account: Account, *, kept: bool = False) -> bool:
    """Whether an account has administration rights by any word of its roles, as `Admin / HR`.

    Args:
        account: The account.
        kept: Whether only the roles count that stay when one of the four is set.
    """
    return any(any(map(_sounds_like_admin, words)) for words in _held(account, kept=kept))


def may_administer(account: Account, *, kept: bool = False) -> bool:
    """Whether an account may have administration rights, as far as nobody knows better.

    Asked where rights are given back or taken away, so it may by every role that isn't known to be
    one of the three without them, such as `HR Admin`, `Power User` or `17`.

    Args:
        account: The account.
        kept: Whether only the roles count that stay when one of the four is set.
    """
    return any(_may_give_rights(*words) for words in _held(account, kept=kept))


def _held(account: Account, *, kept: bool) -> Iterator[tuple[str, str]]:
    """The value and the label of each role, or of those that stay when one of the four is set."""
    known = portal_roles(account.roles, account.role_labels)
    for value, label, role in zip(account.roles, account.role_labels, known, strict=True):
        if not (kept and role):
            yield value, label


def _may_give_rights(*words: str) -> bool:
    if any(map(_sounds_like_admin, words)):
        return True
    said = [word for word in words if word.strip()]
    return bool(said) and _HARMLESS.isdisjoint(map(_letters, said))


def _sounds_like_admin(word: str) -> bool:
    return _SOUNDS_LIKE_ADMIN.search(_letters(word)) is not None


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, fold(word)))


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


def replaced_roles(account: Account) -> list[str]:
    """The values of those of an account's roles that go where one of the four is set."""
    known = portal_roles(account.roles, account.role_labels)
    return [value for value, role in zip(account.roles, known, strict=True) if role]


def is_own_role(value: str) -> bool:
    """Whether a role's value is in words of the service's own, which may hold anybody's name."""
    return not _role(value) and any(map(str.isalpha, value))


def other_roles(account: Account) -> tuple[str, ...]:
    """An account's roles that are none of the four, in the words that people read."""
    held = zip(
        account.roles,
        account.role_labels,
        portal_roles(account.roles, account.role_labels),
        strict=True,
    )
    return tuple(label or value for value, label, role in held if not role)


def roles_beside(account: Account, role: str | None) -> tuple[str, ...]:
    """The values of an account's roles but one that is `role`: what others have given it."""
    known = portal_roles(account.roles, account.role_labels)
    ours = known.index(role) if role and role in known else -1
    return tuple(value for at, value in enumerate(account.roles) if at != ours)


def _role(word: str) -> str:
    """Which of the four roles a word is, in any spelling (`ClientAdmin`, `client-admin`)."""
    return _ROLES.get(re.sub(r"[\s_-]+", "", fold(word)), "")
