"""Whom a row is about: the row's name and, where it isn't the same, that of the account there."""

from aapimport.plan.plan import PersonPlan
from aapimport.screens.console import safe


def whose(one: PersonPlan) -> str:
    """The name in the row, and beside it whose account it is where the account says otherwise."""
    return f"{safe(one.person.first_name)} {safe(one.person.last_name)}{beside(one)}"


def beside(one: PersonPlan) -> str:
    """The account's own name, to stand behind the row's; empty where it is the same."""
    return f" (the account is {safe(one.account_name)}'s)" if one.account_name else ""
