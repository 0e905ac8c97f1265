"""What an undo takes back of an account, in words."""

from collections.abc import Mapping
from typing import Any

from aapimport.run.back_parts import NAMES_IN_ALL, parts_of
from aapimport.run.back_values import given_roles
from aapimport.run.left import Left
from aapimport.run.own_roles import ROLES_ERASED, role_words
from aapimport.run.since import BY_KEY
from aapimport.services.changes import Seen

SEAT_STAYS = "the seat stays used"


def back_words(left: Left, seen: Seen, values: Mapping[str, Any], *, nameless: bool = False) -> str:
    """What is taken back; as it may stay in the journal, without a role of the service's own.

    Such a role is somebody's own words, and may hold a name.
    """
    said = []
    if "active" in values:
        made = f"account deactivated; {SEAT_STAYS}" if left.made else "deactivated again"
        said.append("Jhana disabled" if left.service == "jhana" else made)
        if left.by_key_alone:
            said.append(BY_KEY)
    if "roles" in values:
        given = given_roles(seen, values)
        had = left.before and (left.before["roles"] or left.before.get(ROLES_ERASED))
        without = f"without role {left.role}" if had and not given else ""
        said.append(f"{without or role_words(given, nameless=nameless)} again")
    if "entitlements" in values:
        said.append(f"off the pass; {SEAT_STAYS}")
    if NAMES_IN_ALL & parts_of(values):
        said.append("former name again")
    return ", ".join(said)
