"""The client admins of a file: whoever becomes one, and whoever is one already.

`--client-admins N` counts them all, so that a command that runs again and again goes on as long as
its file stays the same, and stops when somebody is added.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aapimport.plan.plan import PersonPlan, Plan
from aapimport.services.roles import is_client_admin
from aapimport.template.roles import Role


@dataclass(frozen=True)
class FileAdmin:
    """One client admin of a file.

    Attributes:
        one: The person.
        how: How they come to be one, in words.
    """

    one: PersonPlan
    how: str


def file_admins(plan: Plan) -> list[FileAdmin]:
    """The client admins of a file, in its order, without those who are left out.

    A row that says client admin counts on a portal that takes roles, also where the account keeps
    another one; whoever has the rights counts, whatever the row says.
    """
    return [FileAdmin(one, how) for one in plan.people if (how := _how(one))]


def already(plan: Plan) -> Iterator[FileAdmin]:
    """Those of them who don't become client admin by this upload."""
    return (it for it in file_admins(plan) if not it.one.makes_client_admin)


def _how(one: PersonPlan) -> str:
    """How a person comes to be client admin; empty for whoever is none."""
    step = one.portal
    if one.makes_client_admin:
        return "gets it back" if one.reactivates_on(step) else "becomes it"
    if one.skipped or step.account is None:
        return ""
    is_set = any(change.attribute == "role" for change in step.changes)
    if is_client_admin(step.account, kept=is_set):
        return "has it already"
    keeps = any(change.attribute == "role" for change in step.kept)
    if keeps and one.person.role is Role.CLIENT_ADMIN:
        return f"role stays: {one.role_afterwards}"
    return ""
