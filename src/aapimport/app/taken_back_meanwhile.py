"""An upload beside undos and repairs of other profiles: what its plan rests on has to hold still.

Journals of other profiles that can't be read are said: an upload goes on without them.
"""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aapimport.app.desk import Desk
    from aapimport.plan.plan import Plan
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.touches import Touch


def say_who_takes_back(journal: "Journal", address: str, desk: "Desk") -> None:
    """Tell of undos and repairs of other profiles that are open, or may show later."""
    from aapimport.run.later_steps import whose
    from aapimport.run.undo_again import command
    from aapimport.screens.console import count

    late = Counter((it.run, it.profile) for it in journal.not_shown_at(address).values())
    for (run, profile), number in late.items():
        accounts = count(number, "account", "accounts")
        desk.say(
            f"{run}{whose(profile)} has asked for changes of {accounts} that"
            " aren't shown so far and may come still: whoever of this file has one of them is named"
            " by the receipt"
        )
    try:
        found = journal.touches_beside(address)
    except AapimportError as error:
        desk.say(f"{error}; an undo there that isn't finished is not seen")
        return
    for one in {it.receipt: it for it in found if it.is_due or it.may_write}.values():
        finish = command("resume", one.receipt, one.profile)
        desk.say(f"{one.run}{whose(one.profile)} is still open at these services: {finish}")


def written_since(journal: "Journal", plan: "Plan") -> list[str]:
    """What other profiles have written to a plan's accounts since it was made, a sentence each."""
    from aapimport.run.later_steps import whose

    found = (one for one in _touches(journal, plan) if one.wrote)
    runs = dict.fromkeys(f"{one.run}{whose(one.profile)}" for one in found)
    return [
        f"{run} has written to accounts of these people since the plan was made" for run in runs
    ]


def refuse_while_taken_back(journal: "Journal", plan: "Plan") -> None:
    """Refuse an upload of people to whom an undo or a repair of another profile writes just now.

    Raises:
        RefusedError: One does, or has since the plan was made.
    """
    from aapimport.run.later_steps import whose
    from aapimport.run.undo_again import command

    writing = [
        one for one in _touches(journal, plan) if one.may_write or (one.wrote and one.sets_values)
    ]
    if not writing:
        return
    first = writing[0]
    finish = command("resume", first.receipt, first.profile)
    raise RefusedError(
        f"{first.run}{whose(first.profile)} is writing to accounts of people of this upload",
        hint=f"wait until it is finished, or finish it:  {finish}\n"
        "      then run the same command again: it plans with what is there by then",
    )


def begun_alone(journal: "Journal", plan: "Plan") -> "Run":
    """The upload, begun; nothing is left of it where an undo or a repair is at its people.

    Whoever undoes from now on sees it before each write, and leaves its people. Who has been at
    them already is seen here.

    Raises:
        RefusedError: One is.
    """
    from aapimport.run.fresh import leave_run

    refuse_while_taken_back(journal, plan)  # else an undo leaves people to what never comes
    run = journal.begin(plan)
    try:
        refuse_while_taken_back(journal, plan)
    except RefusedError:
        leave_run(journal, run.receipt)
        raise
    return run


def note_what_may_come(journal: "Journal", run: "Run") -> None:
    """Note of each account of an upload that ends what an undo, or a repair, may make of it."""
    from aapimport.run.later_steps import whose
    from aapimport.run.records import State, StepKind
    from aapimport.services.ownership import MAY_COME

    found = journal.not_shown_at(run.address)
    noted = []
    for service in ("portal", "jhana") if found else ():
        for task in journal.tasks(run.receipt, StepKind.ACCOUNT, State.DONE, service=service):
            touch = found.get((service, task.account_id))
            if touch and MAY_COME not in task.but:
                said = f"{touch.run}{whose(touch.profile)}{MAY_COME}"
                noted.append(replace(task, but="; ".join(filter(None, (task.but, said)))))
    journal.record(run.receipt, noted)


def _touches(journal: "Journal", plan: "Plan") -> "Iterable[Touch]":
    accounts = {
        (service, step.account_id)
        for one in plan.people
        if not one.skipped
        for service, step in (("portal", one.portal), ("jhana", one.jhana))
        if step and step.account_id
    }
    try:
        found = journal.touches_beside(plan.address, plan.taken_at)
    except AapimportError:  # which was said when the command began
        return []
    return [one for one in found if (one.service, one.account_id) in accounts]
