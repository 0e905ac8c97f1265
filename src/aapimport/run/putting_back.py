"""What a write may have taken away: looked at first, and told before a session ends.

A process may have died between an `add` that replaced what was there and the putting back of it.
What is gone for good stays in the journal until a receipt or an error has named it; whom an undo
has lost from a team stands on its receipt for good.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from aapimport.errors import RefusedError
from aapimport.run.progress import Progress
from aapimport.run.records import FINAL, LEAVES, State, Task
from aapimport.run.session import Session
from aapimport.services.directory import Directory
from aapimport.services.giving_back import is_said_of_account, see_what_was_there
from aapimport.services.keeping import Adding
from aapimport.services.team_writes import (
    is_said_of_team,
    named_id,
    no_longer,
    see_who_was_there,
)

_Leaving = Mapping[str, Sequence[Task]]
"""The steps that take people out of a team, by the team's id."""


class GoneError(RefusedError):
    """Something is gone, or isn't back yet, that was there before a write of ours.

    Attributes:
        service: `portal` or `jhana`.
    """

    def __init__(self, service: str, directory: Directory, gone: list[str]) -> None:
        self.service = service
        super().__init__(
            f"an earlier write to {directory.name} may have taken away what is gone now:"
            f" {'; '.join(gone)}",
            hint="unless that is right, give it back on the service; then run the same command"
            " again to go on",
        )


def put_back_first(session: Session) -> Iterator[Progress]:
    """Put back what earlier sessions have kept, on each service, and say so; what can't ends it.

    Whom an undo has lost from a team doesn't: its receipt says so at its end.

    Raises:
        AapimportError: The run can't go on.
    """
    leaving = _leaving(session)
    for service, directory in session.directories.items():
        if session.conveyor.is_halted(service):
            continue
        if any(adding.kept for adding in _both(directory)):
            yield session.conveyor.progress("looking at what was there before the last write")
            [*session.read_many([partial(_look, directory)])]
            if back := _back(directory):
                yield session.conveyor.progress(f"put back on {directory.name}: {'; '.join(back)}")
        if gone := _lost(directory, (), leaving, but=leaving):
            session.conveyor.halt(service, GoneError(service, directory, gone))


def tell_what_is_gone(session: Session) -> Iterator[Progress]:
    """Once all else is done: look once more, put back what isn't back, and see that all is told.

    What is gone is forgotten only when the receipt names it, or the error that ends the session.

    Raises:
        AapimportError: The run can't go on.
    """
    conveyor = session.conveyor
    for service, directory in session.directories.items():
        if any(adding.kept for adding in _both(directory)) and not conveyor.is_halted(service):
            yield conveyor.progress("looking at what was there before the last write")
            [*session.read_many([partial(_look, directory)])]
    leaving = _leaving(session)
    unsaid = _put_on_the_receipt(session, leaving)
    told = session.journal.remarks(session.receipt)
    for service, directory in session.directories.items():
        if gone := [*_lost(directory, told, leaving), *_not_back(directory)]:
            conveyor.halt(service, GoneError(service, directory, gone))
    error = conveyor.first_error()
    for service, directory in session.directories.items():
        gone = [*_lost(directory, told, leaving), *_not_back(directory)]
        is_said = isinstance(error, GoneError) and error.service == service
        if error and gone and not is_said:  # whatever else ends the session: this is said beside it
            error.message += f"; {GoneError(service, directory, gone).message}"
        if error or not gone:
            for adding in _both(directory):
                adding.told(but=unsaid)


def _leaving(session: Session) -> _Leaving:
    found: dict[str, list[Task]] = {}
    for kind in LEAVES.values():
        for task in session.journal.tasks(session.receipt, kind):
            found.setdefault(task.target, []).append(task)
    return found


def _put_on_the_receipt(session: Session, leaving: _Leaving) -> set[str]:
    """Have a step of an undo name whom its team has lost.

    Returns:
        The teams of which no step is final, so that it can't be said so far, or not of everybody.
    """
    unsaid, journal = set(), session.journal
    for team_id, lost in session.services.portal.adds_to_teams.lost.items():
        steps = leaving.get(team_id, ())
        gone = _still_gone(lost, steps)
        open_ = {task.account_id for task in steps if task.state not in FINAL}
        if not open_.isdisjoint(map(named_id, lost)):
            unsaid.add(team_id)
        final = next((task for task in steps if task.state in FINAL), None)
        if steps and final is None:
            unsaid.add(team_id)
        elif final and gone:
            said = next((task for task in steps if is_said_of_team(task.but, gone)), None)
            if said is None:
                said = next((task for task in steps if is_said_of_team(task.but, ())), final)
                before = journal.lost_members(session.receipt).get(said.row, ("", set()))[1]
                ids = {*map(named_id, gone)}  # addresses aren't remembered
                is_among = before <= ids and not any("@" in one for one in ids)
                but = "" if is_among else said.but
                but = "; ".join(filter(None, (but, no_longer(gone))))
                journal.record(session.receipt, [replace(said, but=but)])
            journal.remember_lost(session.receipt, said.row, team_id, map(named_id, gone))
    return unsaid


def _still_gone(gone: Collection[str], steps: Sequence[Task]) -> list[str]:
    """Who is gone from a team without those whom this undo has taken out of it, or is to."""
    out = {task.account_id for task in steps if task.state is State.DONE or task.state not in FINAL}
    return [one for one in gone if named_id(one) not in out]


def _both(directory: Directory) -> tuple[Adding, Adding]:
    return directory.adds_to_people, directory.adds_to_teams


def _look(directory: Directory) -> None:
    see_what_was_there(directory)
    see_who_was_there(directory)


def _back(directory: Directory) -> list[str]:
    """What was put back just now; whoever took it away may have meant to."""
    people, teams = (adding.back.items() for adding in _both(directory))
    return [
        *(f"{', '.join(back)} of account {own_id}" for own_id, back in people if back),
        *(f"{', '.join(back)} in team {own_id}" for own_id, back in teams if back),
    ]


def _lost(
    directory: Directory,
    told: Collection[tuple[str, str]],
    leaving: _Leaving,
    but: Collection[str] = (),
) -> list[str]:
    """What is gone for good, or can't be looked at; without whose loss a receipt names.

    Args:
        directory: The service.
        told: The ids of accounts and teams, each with what a receipt says isn't as it should be.
        leaving: Whom this run takes out of teams: they aren't lost.
        but: The ids of the teams that are told later.
    """
    people, teams = (adding.lost.items() for adding in _both(directory))
    return [
        *(
            f"{', '.join(gone)} of account {own_id}"
            for own_id, gone in people
            if not any(one == own_id and is_said_of_account(but, gone) for one, but in told)
        ),
        *(
            f"{', '.join(gone)} in team {own_id}"
            for own_id, lost in teams
            if own_id not in but and (gone := _still_gone(lost, leaving.get(own_id, ())))
            if not any(one == own_id and is_said_of_team(but, gone) for one, but in told)
        ),
    ]


def _not_back(directory: Directory) -> list[str]:
    """What was taken away and isn't back: the next session puts it back, if it can."""
    people, teams = (adding.kept.items() for adding in _both(directory))
    return [
        *(f"{it.words} of account {own_id}" for own_id, it in people if it.taken),
        *(f"{it.words} in team {own_id}" for own_id, it in teams if it.taken),
    ]
