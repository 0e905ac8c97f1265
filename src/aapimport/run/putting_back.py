"""What a write may have taken away: looked at first, and told before a session ends.

A process may have died between an `add` that replaced what was there and the putting back of it.
What is gone for good stays in the journal until a receipt or an error has named it.
"""

from collections.abc import Collection, Iterator
from functools import partial

from aapimport.errors import RefusedError
from aapimport.run.progress import Progress
from aapimport.run.session import Session
from aapimport.services.directory import Directory
from aapimport.services.giving_back import is_said_of_account, see_what_was_there
from aapimport.services.keeping import Adding
from aapimport.services.team_writes import is_said_of_team, see_who_was_there


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

    Raises:
        AapimportError: The run can't go on.
    """
    for service, directory in session.directories.items():
        if session.conveyor.is_halted(service):
            continue
        if any(adding.kept for adding in _both(directory)):
            yield session.conveyor.progress("looking at what was there before the last write")
            [*session.read_many([partial(_look, directory)])]
            if back := _back(directory):
                yield session.conveyor.progress(f"put back on {directory.name}: {'; '.join(back)}")
        if gone := _lost(directory, ()):
            session.conveyor.halt(service, GoneError(service, directory, gone))


def tell_what_is_gone(session: Session) -> Iterator[Progress]:
    """Once all else is done: look once more, put back what isn't back, and see that all is told.

    What is gone is forgotten only when the receipt names it, or the error that ends the session.

    Raises:
        AapimportError: The run can't go on.
    """
    conveyor, told = session.conveyor, session.journal.remarks(session.receipt)
    for service, directory in session.directories.items():
        if any(adding.kept for adding in _both(directory)) and not conveyor.is_halted(service):
            yield conveyor.progress("looking at what was there before the last write")
            [*session.read_many([partial(_look, directory)])]
        if gone := [*_lost(directory, told), *_not_back(directory)]:
            conveyor.halt(service, GoneError(service, directory, gone))
    error = conveyor.first_error()
    for service, directory in session.directories.items():
        gone = [*_lost(directory, told), *_not_back(directory)]
        is_said = isinstance(error, GoneError) and error.service == service
        if error and gone and not is_said:  # whatever else ends the session: this is said beside it
            error.message += f"; {GoneError(service, directory, gone).message}"
        if error or not gone:
            for adding in _both(directory):
                adding.told()


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


def _lost(directory: Directory, told: Collection[tuple[str, str]]) -> list[str]:
    """What is gone for good, or can't be looked at; without whose loss a receipt names.

    Args:
        directory: The service.
        told: The ids of accounts and teams, each with what a receipt says isn't as it should be.
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
            for own_id, gone in teams
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
