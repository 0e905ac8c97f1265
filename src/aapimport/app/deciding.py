"""The administrator's decisions about single people: who is created, and who returns."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from aapimport.errors import UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import PlanChoices
    from aapimport.app.desk import Desk
    from aapimport.plan.plan import PersonPlan, Plan


def decided_plan(draft: "Plan", desk: "Desk", choices: "PlanChoices") -> "Plan":
    """The plan after the questions who is created and who returns; it may be impossible.

    Args:
        draft: The plan as `draft_plan` made it.
        desk: Asks, and shows the people.
        choices: What flags have decided already.
    """
    from aapimport.plan.decide import leave_out

    create = _created(draft, desk, decided=choices.maybe is not None)
    include = _included(draft, desk, decided=choices.returning is not None)
    return leave_out(draft, create, include)


def _created(draft: "Plan", desk: "Desk", *, decided: bool) -> "Sequence[int] | None":
    """The rows, of people who may be there already, that are created; None goes by the options."""
    from aapimport.screens.maybe import show_maybe, show_maybes

    if not draft.maybes:
        return None
    desk.show(show_maybes, draft)
    if decided:
        return None
    rows = [one.person.row for one in draft.maybes]
    if desk.yes:
        return ()
    choices = (
        ("create", "create them all: they are other people"),
        ("leave-out", "leave them all out"),
        ("ask", "decide one by one"),
    )
    try:
        choice = desk.choose("What about people who may be there already?", choices, "--maybe")
    except UsageError:
        desk.say("nothing can answer: they are left out; --maybe create uploads them")
        choice = "leave-out"
    if choice == "ask":
        question = "{}\n  Create this person all the same?"
        return _one_by_one(
            desk, draft.maybes, lambda it: question.format(show_maybe(it)), "--maybe"
        )
    return () if choice == "leave-out" else rows


def _included(draft: "Plan", desk: "Desk", *, decided: bool) -> "Sequence[int] | None":
    """The rows, of people who return, that are switched on again; None goes by the options.

    Rights that come back need a person's word, so nothing but a flag or an answer includes them.
    """
    from aapimport.screens.returning import show_returning, show_returning_person

    if not draft.returning:
        return None
    desk.show(show_returning, draft)
    if decided:
        return None
    choice = "leave-out"
    if not desk.yes:
        choices = (
            ("include", "switch them all on again"),
            ("leave-out", "leave them all out"),
            ("ask", "decide one by one"),
        )
        try:
            question = "What about people whose account is deactivated?"
            choice = desk.choose(question, choices, "--returning")
        except UsageError:
            desk.say("nothing can answer: they are left out; --returning include uploads them")
    if choice == "ask":
        question = "{}\n  Switch this account on again?"
        return _one_by_one(
            desk,
            draft.returning,
            lambda it: question.format(show_returning_person(it)),
            "--returning",
        )
    return [one.person.row for one in draft.returning] if choice == "include" else ()


def _one_by_one(
    desk: "Desk",
    people: "Sequence[PersonPlan]",
    question: "Callable[[PersonPlan], str]",
    flag: str,
) -> "Sequence[int]":
    """The rows of those for whom the answer is yes."""
    return [
        one.person.row for one in people if desk.confirm(question(one), default=False, flags=flag)
    ]
