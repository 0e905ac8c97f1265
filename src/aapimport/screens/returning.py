"""People who return: whose account is there, and deactivated."""

from rich.console import Console

from aapimport.plan.plan import PersonPlan, Plan
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.whose import whose
from aapimport.services.roles import other_roles
from aapimport.template.roles import Role


def show_returning(console: Console, plan: Plan) -> None:
    """List everybody whose account on a service is deactivated."""
    found = plan.returning
    console.print(f"{count(len(found), 'person', 'people')} whose account is deactivated:")
    for one in found:
        print_line(console, show_returning_person(one))


def show_returning_person(one: PersonPlan) -> str:
    """One of them: the row, the address, the name, and the roles that the account then has.

    Where only the account on Jhana is deactivated, that is said instead.
    """
    person = one.person
    on_portal = one.skipped or one.reactivates_on(one.portal)
    return (
        f"  row {person.row}: {safe(person.email)}  {whose(one)}"
        f"  ({_role(one) if on_portal else 'on Jhana'})"
    )


def _role(one: PersonPlan) -> str:
    """The role afterwards, and those that are none of the four, which the account keeps."""
    words = {known.value: known.typed or "manager" for known in Role}
    named = [words[one.role_afterwards]] if one.role_afterwards in words else []
    others = other_roles(one.portal.account) if one.portal.account else ()
    return safe(", ".join([*named, *others]) or "no role")
