"""Hints that depend on what else is in the row."""

from functools import lru_cache
from typing import Any

from aapimport.check import repair
from aapimport.template.roles import Role
from aapimport.text import closest, did_you_mean


def missing_value_hint(row: dict[str, Any], key: str) -> str:
    """What to do about a blank cell that must not be blank.

    Args:
        row: The row's values by field.
        key: The field that is blank.
    """
    if key == "email":
        return "type the person's address, or delete the row"
    other = row["last_name" if key == "first_name" else "first_name"]
    if len(other.split()) > 1:
        return f"is it part of {other!r}? put it into a cell of its own"
    return "type the name, or delete the row"


@lru_cache(maxsize=1024)  # a wrong word tends to stand in every row
def role_hint(text: str) -> str:
    """Which role a word was probably meant to be, or which there are."""
    forms = {repair.role_form(role.typed): role.typed for role in Role if role.typed}
    forms |= {"manager": "", "admin": Role.CLIENT_ADMIN.typed, "hr": Role.FACILITATOR.typed}
    close = closest(repair.role_form(text), forms)
    if close and not forms[close[0]]:
        return "leave the cell blank for a manager"
    if close:
        return did_you_mean([forms[close[0]]])
    words = ", ".join(role.typed for role in Role if role.typed)
    return f"type {words}, or leave it blank for a manager"
