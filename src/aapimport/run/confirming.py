"""Is an account that an earlier session knew still the person's? Asked before it is used.

An id may have been handed on since. Nobody else gets a membership or an e-mail that way.
"""

from collections.abc import Sequence
from dataclasses import replace

from aapimport.run.records import State, Task
from aapimport.run.session import Session, ahead
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP
from aapimport.services.many import confirm_many
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.values import Wanted

_GAP = 2.0


def still_theirs(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """Those steps, of one service, whose account is still the person's; looked at many at a time.

    The others are recorded: another person's account needs a person, and so does one that isn't
    shown although everything has settled; what couldn't be looked at is left for later.

    Args:
        session: The session.
        tasks: Joining or mailing, with the account's id.

    Raises:
        AapimportError: The service refuses the token.
    """
    unsure = [task for task in tasks if (task.service, task.row) not in session.confirmed]
    if not unsure:
        return list(tasks)
    service = unsure[0].service
    directory, trusted = session.directories[service], session.trusts(service)
    batches = [*ahead(unsure, ADDRESSES_PER_LOOK_UP)]
    wanted = [session.wanted(_accounts(session, batch)) for batch in batches]

    def look(batch: list[Task], people: list[Wanted]) -> list[Outcome]:
        ids = [task.account_id for task in batch]
        return confirm_many(directory, people, ids, trusted=trusted)

    calls = [
        lambda batch=batch, people=people: look(batch, people)
        for batch, people in zip(batches, wanted, strict=True)
    ]
    others: set[int] = set()
    for batch, people, outcomes in zip(batches, wanted, session.read_many(calls), strict=True):
        for task, one, first in zip(batch, people, outcomes, strict=True):
            outcome, settled = first, session.unsettled(service) <= 0
            if first.gone and settled:  # once more, as one answer may be wrong
                session.conveyor.sleep(min(_GAP, session.options.settle_seconds))
                (outcome,) = look([task], [one])
            if outcome.verdict is Verdict.DONE:
                session.confirmed.add((service, task.row))
                continue
            others.add(task.row)
            lasting = outcome.verdict is Verdict.NEEDS_PERSON or (outcome.gone and settled)
            state = State.NEEDS_PERSON if lasting else task.state
            session.conveyor.record([replace(task, state=state, reason=outcome.reason)])
    return [task for task in tasks if task.row not in others]


def _accounts(session: Session, tasks: Sequence[Task]) -> list[Task]:
    """The account steps of the same people."""
    steps = (session.journal.step(session.receipt, task.row, task.service) for task in tasks)
    return [step or task for step, task in zip(steps, tasks, strict=True)]
