"""How a request leaves its step: before it is sent, and once its outcome is known."""

import time
from collections.abc import Iterator
from dataclasses import replace

from aapimport.plan.plan import Action
from aapimport.run.records import JOINS, State, StepKind, Task
from aapimport.services.differences import not_kept
from aapimport.services.outcomes import Outcome, Verdict

STATES = {
    Verdict.WRITTEN: State.WRITTEN,
    Verdict.DONE: State.DONE,
    Verdict.REJECTED: State.REJECTED,
    Verdict.REFUSED: State.REJECTED,
    Verdict.NEEDS_PERSON: State.NEEDS_PERSON,
    Verdict.UNKNOWN: State.DOUBT,
    Verdict.NOT_SENT: State.PLANNED,
    Verdict.PAUSE: State.PLANNED,
}
"""The state in which an outcome leaves its step."""
UNKNOWN_IF_MAILED = "whether it was mailed isn't known"
NOT_MAILED = "not mailed: "
BY_ANOTHER = " has mailed this account"
UNKNOWN_BY_SMTP = "whether the mail server has sent it isn't known"
_UNDER_WAY = {State.DOUBT, State.WRITTEN}
_WENT_WELL = {State.DONE, State.WRITTEN}


def intended(task: Task) -> Task:
    """The step as it is while its request is under way.

    A step in doubt that is done again is idempotent, so its attempts don't count. A change that may
    have left before counts once: what is as wanted by now is so by that, and an e-mail may be sent.
    """
    if task.state is not State.PLANNED:
        makes = task.kind is StepKind.ACCOUNT and task.action is Action.CREATE
        attempts = task.attempts if makes else max(1, task.attempts)
        return replace(task, state=State.INTENT, attempts=attempts, sent_at=time.time())
    attempts = task.attempts + 1 if task.creates else task.attempts
    return replace(task, state=State.INTENT, attempts=attempts, sent_at=time.time())


def again(steps: list[Task]) -> Iterator[list[Task]]:
    """The steps that were not sent, one by one; those of a Group together: it has one writer."""
    left = [task for task in steps if task.state is State.PLANNED]
    joins = [task for task in left if task.kind in JOINS]
    if joins:
        yield joins
    yield from ([task] for task in left if task.kind not in JOINS)


def there_all_the_same(task: Task, outcome: Outcome) -> Outcome:
    """An outcome about a person: what is refused about an account that we created isn't theirs.

    The person is there, and lacks what the service has refused (402, 403) to set.
    """
    ours = task.is_new and task.account_id
    if outcome.verdict is Verdict.REFUSED and ours:
        but = not_kept(outcome.short, outcome.reason)
        return replace(outcome, verdict=Verdict.DONE, but=but, reason="")
    return outcome


def landed(task: Task, outcome: Outcome, *, sends: bool) -> Task:
    """The step as its outcome leaves it; a create that was never sent has not used an attempt.

    A change counts as an attempt when something was written, so that the receipt can tell what
    changed from what was as wanted already. Whoever was in a Group wasn't put into it, unless by an
    earlier request whose outcome wasn't known.
    """
    state = STATES[outcome.verdict]
    attempts = task.attempts
    reason = outcome.reason
    if task.kind is StepKind.EMAIL and attempts:
        # what wasn't answered before may have been sent all the same, whatever is said now
        if state is State.PLANNED:
            state = State.DOUBT
        elif state is State.REJECTED:
            state, reason = State.NEEDS_PERSON, f"{UNKNOWN_IF_MAILED}; {reason}"
    if outcome.adopted and not task.adopted:
        attempts = 0  # nothing was created; what is written to the account counts from here
    elif sends and task.creates:
        attempts -= state is State.PLANNED
    elif outcome.wrote and (outcome.changed or state is not State.DONE):
        attempts = max(1, attempts)
    found = outcome.was_so and task.kind in JOINS and not attempts
    sent_at = None if found else task.sent_at
    return replace(
        task,
        state=state,
        attempts=attempts,
        # who isn't shown may have been somebody else's id: only what is said now is kept
        account_id=outcome.account_id if outcome.gone else outcome.account_id or task.account_id,
        adopted=task.adopted or outcome.adopted,
        reason=reason,
        but=outcome.but,
        trouble=outcome.trouble or ("" if state in _WENT_WELL else task.trouble),
        # the request may have left long after its intent: the pace makes requests wait their turn
        sent_at=time.time() if sends and state in _UNDER_WAY else sent_at,
    )
