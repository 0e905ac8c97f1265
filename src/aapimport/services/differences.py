"""How an account differs from what it should be.

The one definition of "same": the plan predicts with it, and every write is read back and compared
with it, because a 2xx is not "done" (docs/scim.md, 4).
"""

import re
from collections.abc import Iterable

from aapimport.services.changes import NAMES
from aapimport.services.roles import current_role
from aapimport.services.scim import Account
from aapimport.services.values import Change, Wanted
from aapimport.text import fold

NOT_SENT = "not sent, as the service doesn't take it"
_ACTIVATION = "activation"
_NOT_ACTIVE = re.compile(rf"(?:^|; |, ){_ACTIVATION}(?:, [a-z, ]+)? not kept")


def differences(account: Account, wanted: Wanted) -> tuple[Change, ...]:
    """What has to change so that an account is as wanted; nothing when it is the same already."""
    changes = []
    if not account.active and wanted.activate:
        changes.append(Change("account", "deactivated", "active"))
    if wanted.role is not None:
        role = current_role(account)
        if role != wanted.role:
            changes.append(Change("role", role or "none", wanted.role))
    if wanted.pass_id is not None and wanted.pass_id not in account.passes:
        changes.append(Change("pass", "not on it", wanted.pass_name))
    if wanted.names:
        if fold(account.first_name) != fold(wanted.first_name):
            changes.append(Change("first name", account.first_name, wanted.first_name))
        if fold(account.last_name) != fold(wanted.last_name):
            changes.append(Change("last name", account.last_name, wanted.last_name))
    return tuple(changes)


def not_kept(attributes: Iterable[str], words: str = "") -> str:
    """What a service has not kept: `role, names not kept`, with its words where it refused it."""
    names = dict.fromkeys("names" if one in NAMES else one for one in attributes)
    listed = ", ".join(_ACTIVATION if one == "account" else one for one in names)
    return (f"{listed} not kept" + (f": {words}" if words else "")) if listed else ""


def says_inactive(but: str) -> bool:
    """Whether what `not_kept` has said of an account is that it wasn't switched on."""
    return _NOT_ACTIVE.search(but) is not None


def lacking(but: str) -> tuple[frozenset[str], frozenset[str]]:
    """What `not_kept` has said that a service didn't keep.

    Returns:
        All of it; and what of it was accepted: what was refused, or not sent, has words.
    """
    parts = [part.partition(" not kept") for part in but.split("; ")]
    lacks = [(names.split(", "), words) for names, said, words in parts if said]
    return (
        frozenset(name for names, _ in lacks for name in names),
        frozenset(name for names, words in lacks if not words for name in names),
    )
