"""The plan person by person: what happens to whom, and why."""

from collections.abc import Iterator

from rich.console import Console

from aapimport.plan.plan import Action, PersonPlan, Plan, Step
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_labelled
from aapimport.screens.preview import MARKS
from aapimport.screens.whose import beside
from aapimport.services.values import Change
from aapimport.template.cells import CellRef

MOST = 50
"""People who are listed unless all are asked for."""


def show_steps(console: Console, plan: Plan, *, everybody: bool) -> None:
    """Each person for whom something happens, is kept back, or is left out.

    Args:
        console: Where to.
        plan: The plan.
        everybody: Whether people for whom nothing happens, and those after the first 50, are
            listed as well.
    """
    listed = [one for one in plan.people if everybody or _tells(one)]
    shown = listed if everybody else listed[:MOST]
    if shown:
        console.print("Person by person")
    for one in shown:
        cell = safe(str(CellRef(plan.sheet, 0, one.person.row)))
        start = f"{MARKS[one.action]} {cell}  "
        print_labelled(console, start, f"{safe(one.person.email)}  {'; '.join(steps_of(one))}")
    left = len(plan.people) - len(shown)
    if left:
        same = len(plan.people) - len(listed)
        more = len(listed) - len(shown)
        words = [f"{count(more, 'more person', 'more people')}"] if more else []
        words += [f"{same:,} the same"] if same else []
        console.print(f"not listed: {', '.join(words)} (--all lists everybody)")


def steps_of(one: PersonPlan) -> Iterator[str]:
    """What happens to a person, in short sentences without full stops."""
    if one.skipped:
        yield f"left out: {safe(one.skipped)}{beside(one)}"
        return
    if one.portal.action is Action.CREATE:
        yield " without ".join(("create", *([" and ".join(one.unsent)] if one.unsent else [])))
    yield from (_change(change) for change in one.portal.changes)
    if one.seat:
        yield "uses a seat"
    elif one.reactivates_on(one.portal):
        yield "no seat needed"
    if one.team:
        yield f"join team {safe(one.team.name)}"
    if one.jhana is not None and one.jhana.action is not Action.SAME:
        yield f"Jhana: {', '.join(_on_jhana(one.jhana))}"
    if one.email:
        yield f"{one.email.value} welcome e-mail"
    kept = (*one.portal.kept, *(one.jhana.kept if one.jhana else ()))
    yield from dict.fromkeys(_kept(change) for change in kept)
    if one.action is Action.SAME and not kept:
        yield "same"


def _tells(one: PersonPlan) -> bool:
    kept = one.portal.kept or (one.jhana and one.jhana.kept)
    return one.action is not Action.SAME or bool(kept)


def _on_jhana(step: Step) -> Iterator[str]:
    if step.action is Action.CREATE:
        yield "create"
    yield from (_change(change) for change in step.changes)


def _change(change: Change) -> str:
    if change.attribute == "pass":
        return "put on the pass"
    return f"{change.attribute} {safe(change.before)} → {safe(change.after)}"


def _kept(change: Change) -> str:
    kept = f"keeps {change.attribute} {safe(change.before)}"
    return f"{kept} (differs: {safe(change.after)} in the file)"
