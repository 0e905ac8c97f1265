"""People who may be there already, side by side with whom they may be."""

from rich.console import Console

from aapimport.plan.plan import PersonPlan, Plan
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.text import as_typed
from aapimport.twins.same_human import Kind

_MOST_SHOWN = 10


def show_maybes(console: Console, plan: Plan) -> None:
    """List everybody who may be on the pass, or in the file, already."""
    found = plan.maybes
    console.print(f"{count(len(found), 'person', 'people')} may be there already:")
    for one in found[:_MOST_SHOWN]:
        print_line(console, show_maybe(one))
    if (more := len(found) - _MOST_SHOWN) > 0:
        rest = f"and {more:,} more; --maybe-file OUT.xlsx lists all of them, to be answered"
        print_line(console, rest)
    if renamed := next((one for one in found if _is_renamed(one)), None):
        old, new = (as_typed(safe(it)) for it in _addresses(renamed))
        print_line(console, "hint: is only the address new? A new account uses a second seat; ask")
        print_line(console, "      the support instead, with this letter:")
        print_line(console, f"      aapimport request address {old} {new}")


_NEW_ADDRESS = {Kind.OTHER_DOMAIN, Kind.SHORT_FORM}
"""What says that somebody may be renamed: the same name at another address."""


def _is_renamed(one: PersonPlan) -> bool:
    twin = one.twin
    return twin is not None and twin.kind in _NEW_ADDRESS and twin.other.where.startswith("on ")


def _addresses(one: PersonPlan) -> tuple[str, str]:
    """The address of the account, and that of the row."""
    return (one.twin.other.email if one.twin else "", one.person.email)


def show_maybe(one: PersonPlan) -> str:
    """One of them: the row, and beneath it whom they may be and why."""
    if one.twin is None:
        return ""
    person, other = one.person, one.twin.other
    return (
        f"  row {person.row}: {safe(person.email)}  {safe(person.first_name)}"
        f" {safe(person.last_name)}\n"
        f"    {safe(other.where)}: {safe(other.email)}  {safe(other.first_name)}"
        f" {safe(other.last_name)}\n"
        f"    {one.twin.kind.sentence}"
    )
