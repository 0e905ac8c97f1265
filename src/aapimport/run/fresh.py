"""A fresh look before the first write of a session.

Between the plan and the first write somebody else may have created the same people: a colleague
while a question stood open, a second machine, or this very run, when its journal was restored from
a backup. So everybody who is to be created is looked up again, many at a time. Who carries our key
is ours; who has arrived otherwise is adopted by the rules of a conflict, or reported.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from aapimport.errors import AapimportError, RefusedError, ServiceError
from aapimport.run.journal import Journal
from aapimport.run.landing import STATES
from aapimport.run.not_mailed import not_to_be_mailed
from aapimport.run.options import Drift
from aapimport.run.progress import Progress
from aapimport.run.records import FINAL, State, StepKind, Task
from aapimport.run.session import Session, ahead
from aapimport.run.wanted_letters import wanted_letters
from aapimport.services.directory import Found, LookUp, Unknown
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP, look_again
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.ownership import DEACTIVATED_SINCE, is_ours, settle_found
from aapimport.services.scim import Account
from aapimport.services.values import Wanted
from aapimport.template.roles import Role

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Somebody who was to be created and is there, or may be: whose address an account has."""

    task: Task
    wanted: Wanted
    account: Account
    is_alike: bool = False


def look_before_writing(session: Session, last_row: int | None) -> Iterator[Progress]:
    """Look up everybody who is to be created, and let what differs be approved.

    Raises:
        RefusedError: What was approved is not what would happen now, and nobody approved that.
        StoppedError: The run was asked to stop.
    """
    arrivals: list[_Arrival] = []
    for service in session.directories:
        if session.conveyor.is_halted(service):
            continue
        try:
            arrivals += _arrived(session, service, last_row, State.PLANNED)
        except AapimportError as error:
            session.conveyor.halt(service, error)
        yield session.conveyor.progress()
    if drift := _drift(session, arrivals):
        try:
            session.options.approve(drift)
        except AapimportError:
            if not drift.begun:
                leave(session)
            raise
    session.conveyor.record([_taken_in(one) for one in arrivals])


def leave(session: Session) -> None:
    """Leave nothing open of a session's upload that has sent nothing, as `leave_run` has it."""
    leave_run(session.journal, session.receipt)


def leave_run(journal: Journal, receipt: str) -> None:
    """Leave nothing open of an upload that has sent nothing: it is as if it never was.

    One that took over what a closed upload left in doubt is closed itself, so that this stays.
    """
    try:
        journal.discard(receipt)
    except RefusedError:
        journal.close(receipt)


def _arrived(
    session: Session, service: str, last_row: int | None, *states: State
) -> list[_Arrival]:
    """Who of those who are to be created on a service, with steps in some states, is there."""
    directory = session.directories[service]
    due = (
        task
        for task in session.due(StepKind.ACCOUNT, *states, service=service, last_row=last_row)
        if task.creates
    )
    if session.trusts(service):
        batches = ahead(due, ADDRESSES_PER_LOOK_UP)
    else:  # a look at everybody: once, not once for each fifty
        batches = iter([everybody] if (everybody := list(due)) else [])
    asked: list[tuple[list[Task], list[Wanted]]] = [
        (batch, session.wanted(batch)) for batch in batches
    ]

    def look(wanted: Sequence[Wanted]) -> list[LookUp]:
        return look_again(directory, wanted)

    calls = [lambda wanted=wanted: look(wanted) for _, wanted in asked]
    arrivals = []
    for (batch, wanted), found in zip(asked, session.read_many(calls), strict=True):
        for task, one, answer in zip(batch, wanted, found, strict=True):
            if isinstance(answer, Unknown) and answer.alone:
                if task.state is State.PLANNED:
                    session.conveyor.record([_untold(task, answer.reason)])
            elif isinstance(answer, Unknown):
                raise ServiceError(
                    f"{directory.name} could not be asked who is there already: {answer.reason}",
                    hint="try again later; nobody is created on a guess",
                )
            elif isinstance(answer, Found):
                arrivals.append(_Arrival(task, one, answer.account))
            elif answer.alike and not one.distinct:
                arrivals.append(_Arrival(task, one, answer.alike, is_alike=True))
    return arrivals


def _untold(task: Task, why: str) -> Task:
    """The step of somebody who can't be looked for; the others go on."""
    reason = f"nobody can tell whether they are there already: {why}"
    return replace(task, state=State.NEEDS_PERSON, reason=reason)


def _taken_in(one: _Arrival) -> Task:
    """The step of somebody who has arrived: ours, adopted, or a matter for a person."""
    if one.is_alike:
        reason = (
            "an account that wasn't there for the plan has the address, but another userName;"
            " upload again to see them side by side"
        )
        return replace(one.task, state=State.NEEDS_PERSON, reason=reason)
    outcome = settle_found(one.wanted, one.account)
    if _is_ours(one) and not one.account.active:
        outcome = Outcome(verdict=Verdict.NEEDS_PERSON, reason=DEACTIVATED_SINCE)
    return replace(
        one.task,
        state=STATES[outcome.verdict],
        account_id=outcome.account_id or one.account.id,
        adopted=outcome.adopted,
        reason=outcome.reason,
        but=outcome.but,
    )


def _is_ours(one: _Arrival) -> bool:
    return is_ours(one.account, one.wanted)


def _is_on_the_pass(one: _Arrival) -> bool:
    """Whether somebody who came from elsewhere is on the pass already, and uses no seat of ours."""
    return not _is_ours(one) and one.wanted.pass_id in one.account.passes


def _drift(session: Session, arrivals: Sequence[_Arrival]) -> Drift | None:
    """What of the seats, places and client admins approved differs by now; None for nothing."""
    on_portal = [one for one in arrivals if one.task.service == "portal"]
    others = [one for one in on_portal if not _is_ours(one)]
    seated = sum(map(_is_on_the_pass, others))
    admins = sum(one.wanted.role == Role.CLIENT_ADMIN for one in others)
    if admins and not session.services.portal.capabilities.keeps("roles"):  # nobody was to be one
        admins = 0
    left = session.journal.seats_left(session.receipt)
    approved = left - (len(on_portal) - len(others))  # ours have their seats already
    seats = approved - seated
    free = _free_seats(session)
    changes: list[str] = []
    if seated:
        changes.append(f"seats: {approved:,} were approved, {seats:,} are used now")
    short = [*_too_few_places(session)]
    if free is not None and free < seats and free < (seats := seats - _held_in_doubt(session)):
        short.append(f"seats: {seats:,} are needed, the pass has {free:,} free by now")
    changes += short
    if admins:
        changes.append(f"client admins: {admins:,} of those approved are not made any more")
    if not changes:
        return None
    return Drift(
        changes=(*_named(others), *changes),
        seats=seats,
        mails=mails_left(session, arrivals),
        letters=letters_left(session, arrivals),
        begun=not session.is_untouched,
        is_short=bool(short),
    )


def mails_left(session: Session, arrivals: Sequence[_Arrival] = ()) -> int:
    """Welcome e-mails that may be sent still: none to whom others have created meanwhile."""
    theirs = {(one.task.service, one.task.row) for one in arrivals if not _is_ours(one)}
    number = 0
    for _, tasks in groupby(session.journal.tasks(session.receipt), key=lambda task: task.row):
        steps = {(task.service, task.kind): task for task in tasks}
        for service in session.directories:
            mail = steps.get((service, StepKind.EMAIL))
            if mail is None or mail.state in FINAL or (service, mail.row) in theirs:
                continue
            own = steps[service, StepKind.ACCOUNT]
            may_be = own.state not in FINAL or not not_to_be_mailed(own)
            number += may_be
    return number


def letters_left(session: Session, arrivals: Sequence[_Arrival] = ()) -> int:
    """Welcome e-mails that a mail server sends after the upload, at the most; as `mails_left`."""
    wanted = wanted_letters(session.run)
    if wanted is None:
        return 0
    theirs = {(one.task.service, one.task.row) for one in arrivals if not _is_ours(one)}
    return len(
        {
            task.row
            for service in session.directories
            for task in session.due(StepKind.ACCOUNT, *State, service=service)
            if task.row in wanted.rows
            and task.is_new
            and (service, task.row) not in theirs
            and (task.state not in FINAL or not not_to_be_mailed(task))
        }
    )


def _held_in_doubt(session: Session) -> int:
    """Seats that people in doubt turn out to have already; whoever isn't seen needs one still."""
    try:
        found = _arrived(session, "portal", None, State.INTENT, State.DOUBT)
    except AapimportError:
        return 0
    return sum(one.wanted.pass_id in one.account.passes for one in found)


def _free_seats(session: Session) -> int | None:
    """Seats that are free now; None where the portal doesn't say."""
    if session.run.seats_free is None or session.pass_now is None:
        return None
    return session.pass_now.free


def _too_few_places(session: Session) -> Iterator[str]:
    """The teams that have fewer places by now than people who still join them."""
    joining: dict[str, list[str]] = {}
    for task in session.due(StepKind.TEAM, *(set(State) - FINAL)):
        joining.setdefault(task.target, []).append(task.account_id)
    try:
        teams = session.services.portal.teams() if joining else ()
    except ServiceError:
        return
    for team in teams:
        ids = joining.get(team.id, [])
        if team.free is None or team.free >= len(ids):
            continue
        members = session.services.portal.members(team.id)
        there = frozenset() if isinstance(members, Unknown) else members
        needed = sum(one not in there for one in ids)  # some may have been put into it already
        if needed > team.free:
            yield (
                f"places: {needed:,} are needed in the team {team.name}, it has {team.free:,} free"
                " by now"
            )


def _named(others: Sequence[_Arrival]) -> Iterator[str]:
    """Who has arrived, the first by name."""
    for one in others[:_MOST_NAMED]:
        where = " and is on the pass" if _is_on_the_pass(one) else ""
        yield f"row {one.task.row} ({one.wanted.email}) has arrived meanwhile{where}"
    if len(others) > _MOST_NAMED:
        yield f"and {len(others) - _MOST_NAMED:,} more"
