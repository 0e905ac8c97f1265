"""The administrator's decisions about single people: who is created, and who returns."""

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import RefusedError, UsageError
from aapimport.text import path_text

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

    Raises:
        RefusedError: The workbook to be answered was written now.
        FileProblemError: It can't be read, or an answer is missing.
    """
    from aapimport.plan.decide import leave_out

    create = _created(draft, desk, choices)
    include = _included(draft, desk, decided=choices.returning is not None)
    return leave_out(draft, create, include)


_WHO = (
    ("somebody-else", "they are other people: create them"),
    ("same-person", "they are the same people: leave them out"),
    ("leave-out", "leave them out for now"),
)


def _created(draft: "Plan", desk: "Desk", choices: "PlanChoices") -> "Collection[int] | None":
    """The rows, of people who may be there already, that are created; None goes by the options."""
    from aapimport.screens.maybe import show_maybes

    if not draft.maybes:
        return None
    desk.show(show_maybes, draft)
    if choices.maybe is not None:
        return None
    if choices.maybe_file:
        return _answered(draft, choices.maybe_file)
    if desk.yes:
        return ()
    ways = [*_WHO, ("ask", "decide one by one")]
    domains = Counter(_domain_of(one) for one in draft.maybes)
    if 1 < len(domains) < len(draft.maybes):
        ways.append(("domains", f"decide for each of the {len(domains):,} domains"))
    try:
        choice = desk.choose("What about people who may be there already?", ways, "--maybe")
    except UsageError:
        desk.say("nothing can answer: they are left out; --maybe create uploads them")
        return ()
    if choice == "ask":
        return _one_by_one(desk, draft.maybes)
    if choice == "domains":
        return _by_domain(desk, draft.maybes, domains)
    return [one.person.row for one in draft.maybes if choice == "somebody-else"]


def _answered(draft: "Plan", file: Path) -> "Collection[int]":
    """What was answered in a workbook; where there is none yet it is written.

    Raises:
        RefusedError: It was written now.
        FileProblemError: It can't be written or read, or an answer is missing.
    """
    from aapimport.copies.maybe_file import Question, read_answers, write_questions

    questions = [
        Question(
            row=one.person.row,
            email=one.person.email,
            names=(one.person.first_name, one.person.last_name),
            other=(
                *(it.email, it.first_name, it.last_name, it.where),
                one.twin.kind.sentence,
            ),
        )
        for one in draft.maybes
        if one.twin and (it := one.twin.other)
    ]
    if file.exists():
        return read_answers(file, questions)
    write_questions(file, questions)
    raise RefusedError(
        f"whom {len(questions):,} of the people may be is in {path_text(file)}",
        hint="choose an answer for each in its column Answer, save it, and give the same command"
        " again",
    )


def _one_by_one(desk: "Desk", people: "Sequence[PersonPlan]") -> "Sequence[int]":
    """The rows of those who are somebody else."""
    from aapimport.screens.maybe import show_maybe

    created = []
    for one in people:
        question = f"{show_maybe(one)}\n  Who is this?"
        if desk.choose(question, _WHO, "--maybe") == "somebody-else":
            created.append(one.person.row)
    return created


def _by_domain(
    desk: "Desk", people: "Sequence[PersonPlan]", domains: "Counter[str]"
) -> "Sequence[int]":
    """The rows of those in whose domain they are other people."""
    created = set()
    for domain, number in domains.most_common():
        who = f"{number:,} people" if number > 1 else "1 person"
        question = f"Who {'are' if number > 1 else 'is'} {who} with addresses at {domain}?"
        if desk.choose(question, _WHO, "--maybe") == "somebody-else":
            created.add(domain)
    return [one.person.row for one in people if _domain_of(one) in created]


def _domain_of(one: "PersonPlan") -> str:
    return one.person.email.rpartition("@")[2].lower()


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
        return [
            one.person.row
            for one in draft.returning
            if desk.confirm(
                question.format(show_returning_person(one)), default=False, flags="--returning"
            )
        ]
    return [one.person.row for one in draft.returning] if choice == "include" else ()
