"""Whom an e-mail about Jhana alone is right for: whose account on the portal is theirs, too."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from aapimport.person import address_key
from aapimport.run.confirming import look_again
from aapimport.run.landing import NOT_MAILED, UNKNOWN_IF_MAILED
from aapimport.run.recipients import OTHER_ADDRESS, mail_address
from aapimport.run.records import RunKind, State, Task
from aapimport.run.session import Session
from aapimport.services.directory import Unknown
from aapimport.services.outcomes import Outcome, Verdict


def with_portal(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """Those of some e-mails that may be sent, as the portal shows it; the others are recorded.

    Whoever has left is not welcomed to Jhana, either; and Jhana's own address may be old, and by
    now somebody else's.

    Args:
        session: The session.
        tasks: The e-mails, with the accounts' ids; those about the portal, too, may all be sent.

    Raises:
        AapimportError: The portal refuses the token.
    """
    steps = {
        task.row: step
        for task in tasks
        if task.service == "jhana" and (step := session.journal.step(*_own(session, task)))
    }
    outcomes = look_again(session, [*steps.values()], mails=True)
    just_made = session.options.begun_now and session.run.kind == RunKind.UPLOAD
    asked = [
        task
        for task in tasks
        if (it := outcomes.get(task.row)) and it.verdict is Verdict.DONE and not just_made
    ]
    calls = [partial(other_address, session, task) for task in asked]
    told = dict(zip((task.row for task in asked), session.read_many(calls), strict=True))
    left = set()
    for task in tasks:
        outcome = told.get(task.row) or outcomes.get(task.row)
        if outcome is None or outcome.verdict is Verdict.DONE:
            continue
        left.add(task.row)
        refused = outcome.verdict is Verdict.NEEDS_PERSON
        known = NOT_MAILED if task.state is State.PLANNED else f"{UNKNOWN_IF_MAILED}; "
        state = State.NEEDS_PERSON if refused else task.state
        reason = f"{known}{outcome.reason}" if refused else outcome.reason
        session.conveyor.record([replace(task, state=state, reason=reason)])
    return [task for task in tasks if task.row not in left]


def other_address(session: Session, task: Task) -> Outcome:
    """Whether the portal and Jhana show one address for somebody, at this moment.

    Returns:
        `done` where they do, and where an account isn't shown, which others look at; `needs a
        person`, or unknown where one can't be looked at.
    """
    step = session.journal.step(*_own(session, task))
    found = set()
    for service, own_id in (
        ("portal", step.account_id if step else ""),
        ("jhana", task.account_id),
    ):
        shown = session.directories[service].fetch(own_id) if own_id else None
        if isinstance(shown, Unknown):
            reason = f"the account can't be looked at: {shown.reason}"
            return Outcome(verdict=Verdict.UNKNOWN, reason=reason)
        if shown is not None:
            found.add(address_key(mail_address(shown[0])))
    if len(found) > 1:
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=OTHER_ADDRESS)
    return Outcome(verdict=Verdict.DONE)


def _own(session: Session, task: Task) -> tuple[str, int, str]:
    return session.receipt, task.row, "portal"
