"""People who may be there already, side by side with whom they may be."""

from rich.console import Console

from aapimport.plan.plan import PersonPlan, Plan
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line

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
