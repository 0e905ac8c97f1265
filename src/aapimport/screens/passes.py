"""The passes of the portal."""

from collections.abc import Iterable, Mapping

from rich.console import Console

from aapimport.screens.console import safe
from aapimport.screens.labelled import print_line
from aapimport.screens.tables import print_table
from aapimport.services.values import Pass, Team


def pass_label(one: Pass) -> str:
    """A pass in a list to choose from."""
    return f"{one.name} ({seats(one.free)} seats free)" if one.free is not None else one.name


def show_passes(console: Console, passes: Iterable[Pass]) -> None:
    """The passes as a table; says so when there are none."""
    found = list(passes)
    if not found:
        print_line(console, "this portal publishes no passes: give the pass's name with --pass")
        return
    numbers = ("Seats", "Used", "Free")
    rows = [
        (safe(one.name), safe(one.id), *map(seats, (one.seats, one.seats_used, one.free)))
        for one in found
    ]
    print_table(console, ("Pass", "Id", *numbers), rows, right=numbers)


def seats(number: int | None) -> str:
    """A number of seats or places, or that the portal doesn't tell."""
    return "not published" if number is None else f"{number:,}"


def show_teams(console: Console, teams: Iterable[Team], passes: Mapping[str, str]) -> None:
    """The teams as a table; says so when there are none.

    Args:
        console: Where to.
        teams: The teams.
        passes: The names of the passes by their ids.
    """
    found = list(teams)
    if not found:
        console.print("there are no teams")
        return
    numbers = ("Places", "Used", "Free")
    rows = [
        (
            safe(one.name),
            safe(passes.get(one.pass_id, one.pass_id)),
            *map(seats, (one.places, one.places_used, one.free)),
        )
        for one in found
    ]
    print_table(console, ("Team", "Pass", *numbers), rows, right=numbers)
