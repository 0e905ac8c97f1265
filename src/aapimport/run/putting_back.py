"""What the last write of an earlier session may have taken away comes before everything else.

A process may have died between an `add` that replaced what was there and the putting back of it.
"""

from collections.abc import Iterator
from functools import partial

from aapimport.errors import RefusedError
from aapimport.run.conveyor import Progress
from aapimport.run.session import Session
from aapimport.services.directory import Directory
from aapimport.services.giving_back import see_what_was_there
from aapimport.services.team_writes import see_who_was_there


def put_back_first(session: Session) -> Iterator[Progress]:
    """Put back what earlier sessions have kept, on each service; what can't be is said, once.

    Raises:
        AapimportError: The run can't go on.
    """
    for service, directory in session.directories.items():
        kept = directory.adds_to_people.kept or directory.adds_to_teams.kept
        if not kept or session.conveyor.is_halted(service):
            continue
        yield session.conveyor.progress("looking at what was there before the last write")
        (gone,) = session.read_many([partial(_gone, directory)])
        if gone:
            session.conveyor.halt(
                service,
                RefusedError(
                    f"an earlier write to {directory.name} may have taken away what isn't there"
                    f" now: {'; '.join(gone)}",
                    hint="unless that is right, give it back on the service; then run the same"
                    " command again to go on",
                ),
            )


def _gone(directory: Directory) -> list[str]:
    """What is gone from accounts and teams for good."""
    accounts = see_what_was_there(directory).items()
    teams = see_who_was_there(directory).items()
    return [
        *(f"{', '.join(gone)} of account {identifier}" for identifier, gone in accounts),
        *(f"{', '.join(gone)} in team {identifier}" for identifier, gone in teams),
    ]
