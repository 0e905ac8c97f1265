"""Is this still where an upload was begun? Asked before anything is written in a session.

The pass may be gone since, or the token be another client's at the same address: whoever was
created then would be on no pass, or with strangers.
"""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from aapimport.errors import AapimportError, RefusedError, ServiceError
from aapimport.run.conveyor import Progress
from aapimport.run.records import FINAL, State, StepKind, Task
from aapimport.run.session import Session, as_wanted
from aapimport.services.directory import Directory, Unknown
from aapimport.services.ownership import is_still
from aapimport.services.team_writes import read_before
from aapimport.services.values import Wanted

_SOME = 5
"""People who are looked at: one who is there tells enough."""


def check_place(session: Session) -> Iterator[Progress]:
    """See that the pass is there, and somebody whom an earlier session has seen on each service.

    What can't be asked ends that service's part.

    Raises:
        RefusedError: The pass is gone, or nobody is there who was.
        StoppedError: The run was asked to stop.
    """
    for service in session.directories:
        if session.conveyor.is_halted(service):
            continue
        try:
            if service == "portal":
                _find_pass(session)
            if not session.is_untouched:
                yield from _find_somebody(session, service)
        except RefusedError:
            raise
        except AapimportError as error:
            session.conveyor.halt(service, error)


def _find_pass(session: Session) -> None:
    """Keep the pass as it is now.

    Raises:
        RefusedError: The portal publishes passes, or did, and not this one; or its Group is gone.
        ServiceError: The portal can't be asked.
    """
    portal, run = session.services.portal, session.run
    passes = portal.passes()
    session.pass_now = next((one for one in passes if one.id == run.pass_id), None)
    publishes = portal.capabilities.passes or run.seats_used_before is not None
    if session.pass_now is None and publishes:
        raise _gone(session, f"the pass {run.pass_name} ({run.pass_id}) isn't on {portal.name}")
    step = next(session.due(StepKind.PASS, *(set(State) - FINAL)), None)
    group = read_before(portal, step.target) if step else None
    if step and isinstance(group, Unknown):
        if group.gone:
            raise _gone(
                session, f"the Group {step.target}, which is the pass, isn't on {portal.name}"
            )
        raise ServiceError(f"the pass can't be looked at: {group.reason}", hint="try again later")


def _find_somebody(session: Session, service: str) -> Iterator[Progress]:
    """Look at some of those whom earlier sessions have seen, where others are to be created.

    Raises:
        RefusedError: None of them is there, once everything has settled.
    """
    if not any(task.creates for task in _accounts(session, service, *(set(State) - FINAL))):
        return
    known = _accounts(session, service, State.DONE, State.WRITTEN)
    some = [*islice((task for task in known if task.account_id), _SOME)]
    if not some:
        return
    looks = [
        partial(_is_elsewhere, session.directories[service], task, wanted)
        for task, wanted in zip(
            some, session.journal.remembered(session.receipt, some), strict=True
        )
    ]
    for gap in session.gaps():
        if not all([*session.read_many(looks)]):
            return
        left = session.unsettled(service)
        if left <= 0:
            break
        yield from session.wait(min(gap, left), "looking for somebody who was created before")
    name = session.directories[service].name
    raise _gone(
        session,
        f"nobody whom this upload has seen on {name} before ({len(some):,} looked at) is there",
    )


def _accounts(session: Session, service: str, *states: State) -> Iterator[Task]:
    return session.due(StepKind.ACCOUNT, *states, service=service)


def _is_elsewhere(directory: Directory, task: Task, wanted: Wanted | None) -> bool:
    """Whether an account isn't there, or is another person's; not where that can't be read.

    Of whom everything is final only our own key is known.
    """
    found = directory.fetch(task.account_id)
    if found is None or isinstance(found, Unknown):
        return found is None
    account = found[0]
    if wanted is not None:
        return not is_still(account, as_wanted(task, wanted))
    return task.is_new and account.external_id not in {"", task.key}


def _gone(session: Session, what: str) -> RefusedError:
    return RefusedError(
        f"{what} any more; nothing was written by this command",
        hint="is the token that of the client with whom the upload was begun? If it is, end the"
        f" upload with: aapimport resume {session.receipt} --close",
    )
