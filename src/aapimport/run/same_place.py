"""Is this still where an upload was begun? Asked before anything is written in a session.

The pass may be gone since, or the token be another client's at the same address: whoever was
created then would be on no pass, or with strangers.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from aapimport.errors import AapimportError, RefusedError, ServiceError
from aapimport.plan.names import plain
from aapimport.run.conveyor import StoppedError
from aapimport.run.fresh import leave
from aapimport.run.progress import Progress
from aapimport.run.records import FINAL, State, StepKind, Task
from aapimport.run.session import Session, ahead, as_wanted
from aapimport.services.directory import Directory, Found, Unknown
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP, look_again
from aapimport.services.ownership import is_still
from aapimport.services.team_writes import read_before
from aapimport.services.values import Wanted

_SOME = 5
"""People who are looked at first: one who is there tells enough."""
_SEEN = set(State) - {State.REJECTED, State.SKIPPED, State.NEEDS_PERSON}
"""States of accounts that the plan or an earlier session has seen, where the id is known."""


def check_place(session: Session) -> Iterator[Progress]:
    """See that the pass is there, and somebody whom an earlier session has seen on each service.

    What can't be asked ends that service's part; so does a Jhana on which nobody is there any more.

    Raises:
        RefusedError: The pass is gone, or nobody is on the portal who was.
        StoppedError: The run was asked to stop.
    """
    for service in session.directories:
        if session.conveyor.is_halted(service):
            continue
        try:
            renamed = service == "portal" and _find_pass(session)
            if not session.is_untouched:
                yield from _find_somebody(session, service, must=renamed)
        except StoppedError:
            raise
        except AapimportError as error:
            if service == "portal" and isinstance(error, RefusedError):
                if session.is_untouched:
                    leave(session)
                raise
            session.conveyor.halt(service, error)


def _find_pass(session: Session) -> bool:
    """Keep the pass as it is now.

    Returns:
        Whether it is called otherwise than it was.

    Raises:
        RefusedError: The portal publishes passes, or did, and not this one; or its Group is gone.
        ServiceError: The portal can't be asked.
    """
    if not any(_left(session, kind) for kind in (StepKind.ACCOUNT, StepKind.PASS, StepKind.TEAM)):
        return False  # whoever is only to be mailed is looked at then
    portal, run = session.services.portal, session.run
    passes = portal.passes()
    found = next((one for one in passes if one.id == run.pass_id), None)
    session.pass_now = found
    was_typed = run.pass_id == run.pass_name and run.seats_used_before is None
    publishes = portal.capabilities.passes or run.seats_used_before is not None
    if found is None and publishes and not was_typed:
        raise _gone(session, f"the pass {run.pass_name} ({run.pass_id}) isn't on {portal.name}")
    step = _left(session, StepKind.PASS)
    group = read_before(portal, step.target) if step else None
    if step and isinstance(group, Unknown):
        if group.gone:
            what = f"the Group {step.target}, which is the pass,"
            raise _gone(session, f"{what} isn't on {portal.name}")
        raise ServiceError(f"the pass can't be looked at: {group.reason}", hint="try again later")
    by_group = next(session.due(StepKind.PASS, *State), None)  # it has the Group's name
    return found is not None and not by_group and plain(found.name) != plain(run.pass_name)


def _left(session: Session, kind: StepKind) -> Task | None:
    """A step of a kind that isn't final, on the portal; None where there is none."""
    return next(session.due(kind, *(set(State) - FINAL)), None)


def _find_somebody(session: Session, service: str, *, must: bool) -> Iterator[Progress]:
    """Look for one of those whom earlier sessions or the plan have seen, where others are created.

    A few are looked at first, by their ids; where none of them is there, all of them are looked for
    in each way that the service has.

    Args:
        session: The session.
        service: `portal` or `jhana`.
        must: Whether somebody has to be there: else it is enough that nobody is known to be gone.

    Raises:
        RefusedError: None of them is there, once everything has settled.
    """
    left = session.due(StepKind.ACCOUNT, *(set(State) - FINAL), service=service)
    if not any(task.creates for task in left):
        return
    due = session.due(StepKind.ACCOUNT, *_SEEN, service=service)
    known = [task for task in due if task.account_id]
    spread = known[:: len(known) // ADDRESSES_PER_LOOK_UP + 1]
    pairs = zip(spread, session.journal.remembered(session.receipt, spread), strict=True)
    some = sorted(pairs, key=lambda pair: pair[1] is None)
    directory = session.directories[service]
    for gap in session.gaps():
        answers = _seen(session, directory, some[:_SOME])
        if True in answers:
            return
        answers += _looked_for(session, directory, known)
        answers += _seen(session, directory, [pair for pair in some if pair[1] is None])
        if True in answers or (False not in answers and not must):
            return
        unsettled = session.unsettled(service)
        if unsettled <= 0:
            break
        note = "looking for somebody who was there before"
        yield from session.wait(min(gap, unsettled), note, unsettled)
    renamed = f"the pass {session.run.pass_name} is called otherwise now, and " if must else ""
    what = f"{renamed}nobody whom this upload has seen on {directory.name} before"
    raise _gone(session, f"{what} ({len(known):,} looked for) is there")


def _seen(
    session: Session, directory: Directory, pairs: Sequence[tuple[Task, Wanted | None]]
) -> list[bool | None]:
    """Whether each is there, by the account's id."""
    return [*session.read_many(partial(_is_there, directory, *pair) for pair in pairs)]


def _looked_for(
    session: Session, directory: Directory, known: Sequence[Task]
) -> Iterator[bool | None]:
    """The same by everybody's address, in each way that a service has, up to the first who is."""
    for batch in ahead(known, ADDRESSES_PER_LOOK_UP):
        people = session.journal.remembered(session.receipt, batch)
        pairs = [(it, as_wanted(it, one)) for it, one in zip(batch, people, strict=True) if one]
        answers = look_again(directory, [wanted for _, wanted in pairs])
        for (task, wanted), answer in zip(pairs, answers, strict=True):
            if isinstance(answer, Unknown):
                yield None
                continue
            is_there = (
                isinstance(answer, Found)
                and answer.account.id == task.account_id
                and is_still(answer.account, wanted)
            )
            yield is_there
            if is_there:
                return


def _is_there(directory: Directory, task: Task, wanted: Wanted | None) -> bool | None:
    """Whether an account is there, and still the person's; None where that can't be told.

    Of whom everything is final only our own key is known.
    """
    found = directory.fetch(task.account_id)
    if isinstance(found, Unknown):
        return None
    if found is None:
        return False
    account = found[0]
    if wanted is not None:
        return is_still(account, as_wanted(task, wanted))
    if not account.external_id or not task.is_new:
        return None
    return account.external_id == task.key


def _gone(session: Session, what: str) -> RefusedError:
    if session.is_untouched:
        return RefusedError(f"{what} any more; nothing was sent", hint="run the command again")
    return RefusedError(
        f"{what} any more; nothing was written there by this command",
        hint="is the token that of the client with whom the upload was begun? If it is, end the"
        f" upload with: aapimport resume {session.receipt} --close",
    )
