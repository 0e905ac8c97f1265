"""Is an account that an earlier session knew still the person's? Asked before it is used.

An id may have been handed on since. Nobody else gets a membership or an e-mail that way.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

from aapimport.run.landing import UNKNOWN_IF_MAILED
from aapimport.run.records import State, StepKind, Task, lacks_pass
from aapimport.run.session import Session, ahead
from aapimport.run.switched_off import being_undone_at, switched_off_at, who_is_off
from aapimport.services.differences import says_inactive
from aapimport.services.directory import Unknown
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP
from aapimport.services.many import ADOPTED_OFF, OFF_THE_PASS, confirm_many
from aapimport.services.membership import NEVER_SHOWN, SHOWN_IN_PART
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.ownership import DEACTIVATED_SINCE, SWITCH_ON
from aapimport.services.values import Wanted

_GAP = 2.0
_NOT_SHOWN = (NEVER_SHOWN, SHOWN_IN_PART)
"""What a step says beside other things where nothing has shown who is in the Group."""


def still_theirs(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """Those steps, of one service, whose account is still the person's; looked at many at a time.

    The others are recorded: another person's account needs a person, and so does one that isn't
    shown although everything has settled, or isn't on the pass any more; what couldn't be looked
    at is left for later.

    Args:
        session: The session.
        tasks: Joining or mailing, with the account's id.

    Raises:
        AapimportError: The service refuses the token.
    """
    mails = any(task.kind is StepKind.EMAIL for task in tasks)
    outcomes = look_again(session, tasks, mails=mails)
    others = set()
    for task in tasks:
        outcome = outcomes.get(task.row)
        if outcome is None or outcome.verdict is Verdict.DONE:
            continue
        others.add(task.row)
        state = State.NEEDS_PERSON if outcome.verdict is Verdict.NEEDS_PERSON else task.state
        reason = outcome.reason
        if task.kind is StepKind.EMAIL and task.state is not State.PLANNED:
            reason = f"{UNKNOWN_IF_MAILED}; {reason}"
        session.conveyor.record([replace(task, state=state, reason=reason)])
    return [task for task in tasks if task.row not in others]


def look_again(
    session: Session, tasks: Sequence[Task], *, mails: bool = False
) -> dict[int, Outcome]:
    """Look again at the accounts of steps of one service that this session hasn't seen itself.

    Args:
        session: The session.
        tasks: The steps, with the accounts' ids.
        mails: Whether their people are to be mailed: not while an undo is at their accounts.

    Returns:
        By row: `done`, `needs a person`, or unknown where it couldn't be looked at, or has to wait.

    Raises:
        AapimportError: The service refuses the token.
    """
    found = _being_undone(session, tasks) if mails else {}
    known = session.confirmed | {(task.service, task.row) for task in tasks if task.row in found}
    unsure = [task for task in tasks if (task.service, task.row) not in known]
    if not unsure:
        return found
    service = unsure[0].service
    directory, trusted = session.directories[service], session.trusts(service)
    batches = [*ahead(unsure, ADDRESSES_PER_LOOK_UP)]
    accounts = [_accounts(session, batch) for batch in batches]
    wanted = [_on_the_pass(steps, session.wanted(steps)) for steps in accounts]

    def look(batch: list[Task], people: list[Wanted]) -> list[Outcome]:
        ids = [task.account_id for task in batch]
        return confirm_many(directory, people, ids, trusted=trusted)

    calls = [
        lambda batch=batch, people=people: look(batch, people)
        for batch, people in zip(batches, wanted, strict=True)
    ]
    firsts = [*zip(unsure, chain(*wanted), chain(*session.read_many(calls)), strict=True)]
    outcomes = {task.row: first for task, _, first in firsts} | _second_looks(session, firsts)
    for task, step in zip(unsure, chain(*accounts), strict=True):
        outcome = outcomes[task.row]
        if outcome.reason == DEACTIVATED_SINCE and says_inactive(step.but):
            outcome = replace(outcome, verdict=Verdict.DONE, reason="")
        found[task.row] = _by_an_undo(session, step, outcome)
    if service == "portal":
        found |= _off_the_pass(session, [it for it in unsure if _is_done(found[it.row])])
    session.confirmed |= {(service, row) for row, outcome in found.items() if _is_done(outcome)}
    return found


def _being_undone(session: Session, tasks: Sequence[Task]) -> dict[int, Outcome]:
    """Those whose account an undo that isn't finished takes back: nothing is sent to them yet."""
    undone = being_undone_at(session.journal, session.run.address)
    return {
        task.row: Outcome(verdict=Verdict.UNKNOWN, reason=why)
        for task in tasks
        if (why := undone.get((task.service, task.account_id)))
    }


def _by_an_undo(session: Session, step: Task, outcome: Outcome) -> Outcome:
    """An outcome that says, of an account that is off, by which undo it was switched off."""
    if outcome.reason not in {DEACTIVATED_SINCE, ADOPTED_OFF}:
        return outcome
    undos = switched_off_at(session.journal, session.run.address)
    if (step.service, step.account_id) not in undos:
        return outcome
    words = who_is_off(undos, step.service, step.account_id)
    return replace(outcome, reason=f"{words}; {SWITCH_ON}")


def _on_the_pass(steps: Sequence[Task], people: Sequence[Wanted]) -> list[Wanted]:
    """What accounts should be: whoever was never put on the pass isn't off it now."""
    return [
        replace(one, pass_id=None) if lacks_pass(step.but) else one
        for step, one in zip(steps, people, strict=True)
    ]


def _second_looks(
    session: Session, firsts: Sequence[tuple[Task, Wanted, Outcome]]
) -> dict[int, Outcome]:
    """What is known of accounts that aren't shown, or not on the pass: one answer may be wrong.

    Searches may lag behind the accounts themselves, which are asked for by their ids, many at a
    time. Nothing is known for sure before all has settled.
    """
    service = firsts[0][0].service
    directory, trusts = session.directories[service], session.trusts(service)
    settled = session.unsettled(service) <= 0
    doubts = [it for it in firsts if (settled and it[2].gone) or it[2].reason == OFF_THE_PASS]
    if settled and doubts:
        session.conveyor.sleep(min(_GAP, session.options.settle_seconds))

    def look(task: Task, wanted: Wanted, first: Outcome) -> Outcome:
        trusted = first.gone and trusts
        (again,) = confirm_many(directory, [wanted], [task.account_id], trusted=trusted)
        if again.gone and settled:
            return replace(again, verdict=Verdict.NEEDS_PERSON)
        if again.reason == OFF_THE_PASS and not settled:
            return replace(again, verdict=Verdict.UNKNOWN)
        return again

    answers = session.read_many(partial(look, *it) for it in doubts)
    return {it[0].row: again for it, again in zip(doubts, answers, strict=True)}


def _off_the_pass(session: Session, tasks: Sequence[Task]) -> dict[int, Outcome]:
    """Who was taken out of the Group that is the pass since we have put them there, by row.

    Nobody is where the portal doesn't show who is in it.
    """
    joined = {
        task.row: step
        for task in tasks
        if (step := session.journal.step(session.receipt, task.row, "portal", StepKind.PASS))
        and step.state is State.DONE
        and not any(words in step.reason for words in _NOT_SHOWN)  # its word had to do
    }
    if not joined:
        return {}
    group = next(iter(joined.values())).target
    here = [task for task in tasks if task.row in joined]
    wanted = session.wanted(_accounts(session, here))
    people = {task.account_id: one.email for task, one in zip(here, wanted, strict=True)}
    portal = session.services.portal
    outside = portal.certainly_outside(group, people)
    settled = session.unsettled("portal") <= 0
    if settled and outside:  # once more, as one answer may be wrong
        session.conveyor.sleep(min(_GAP, session.options.settle_seconds))
        outside = portal.certainly_outside(group, people)
    if isinstance(outside, Unknown):
        reason = f"whether the account is on the pass still isn't known: {outside.reason}"
        return {task.row: Outcome(verdict=Verdict.UNKNOWN, reason=reason) for task in here}
    verdict = Verdict.NEEDS_PERSON if settled else Verdict.UNKNOWN
    return {
        task.row: Outcome(verdict=verdict, reason=OFF_THE_PASS)
        for task in here
        if task.account_id in outside
    }


def _is_done(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.DONE


def _accounts(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """The account steps of the same people."""
    steps = (session.journal.step(session.receipt, task.row, task.service) for task in tasks)
    return [step or task for step, task in zip(steps, tasks, strict=True)]
