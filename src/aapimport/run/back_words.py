"""What an undo takes back of an account, in words."""

from collections.abc import Mapping
from typing import Any

from aapimport.run.left import Left
from aapimport.run.own_roles import role_words
from aapimport.run.since import BY_KEY

SEAT_STAYS = "the seat stays used"


def back_words(left: Left, values: Mapping[str, Any], *, nameless: bool = False) -> str:
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
        said.append(f"{role_words(values['roles'], nameless=nameless)} again")
    if "entitlements" in values:
        said.append(f"off the pass; {SEAT_STAYS}")
    if "displayName" in values:
        said.append("former name again")
    return ", ".join(said)
