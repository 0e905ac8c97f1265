"""The passes of the portal."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from aapimport.screens.console import safe
from aapimport.services.values import Pass, Team


def pass_label(one: Pass) -> str:
    """A pass in a list to choose from."""
    return f"{one.name} ({seats(one.free)} seats free)" if one.free is not None else one.name


def show_passes(console: Console, passes: Iterable[Pass]) -> None:
    """The passes as a table; says so when there are none."""
    found = list(passes)
    if not found:
        console.print("this portal publishes no passes: give the pass's name with --pass")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Pass", "Id"):
        table.add_column(heading, overflow="fold")
    for heading in ("Seats", "Used", "Free"):
        table.add_column(heading, justify="right")
    for one in found:
        numbers = (one.seats, one.seats_used, one.free)
        table.add_row(safe(one.name), safe(one.id), *(seats(number) for number in numbers))
    console.print(table)


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
    table = Table(box=None, pad_edge=False)
    for heading in ("Team", "Pass"):
        table.add_column(heading, overflow="fold")
    for heading in ("Places", "Used", "Free"):
        table.add_column(heading, justify="right")
    for one in found:
        numbers = (one.places, one.places_used, one.free)
        of = passes.get(one.pass_id, one.pass_id)
        table.add_row(safe(one.name), safe(of), *(seats(number) for number in numbers))
    console.print(table)
