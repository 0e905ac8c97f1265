"""The preview: ten rows as the portal shows them, then totals over all rows."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from random import Random

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from aapimport.plan.names import plain
from aapimport.plan.plan import Action, PersonPlan, Plan, rows_of
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_labelled
from aapimport.screens.target import place
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role
from aapimport.text import fold

PREVIEW_ROWS = 10
MARKS = {Action.CREATE: "+", Action.CHANGE: "~", Action.SAME: "=", Action.SKIP: "-"}
"""What happens to a person, in one character."""
_HEADINGS = {"jhana": "Jhana"}
_FIXED = {0, 1, 5, 7}  # mark, row, role and Jhana never give way
_ADDRESS = 2
_FLOORS = {_ADDRESS: 24, 3: 8, 4: 8, 6: 11}
"""Widths that hold most names; below them folding is dear."""
_DEAR = 4
_MOST_TEAMS = 10
_TITLE, _LABEL = 11, 11
_WIDE = 80
"""Columns from which on a table of rows breaks no ordinary name."""


def show_preview(
    console: Console,
    plan: Plan,
    which: str = "first",
    warned: Collection[int] = (),
    profile: str = "",
) -> None:
    """Ten rows as the portal shows them, each with what happens to it, then totals over all rows.

    Nothing is cut: what is too wide goes on in the next line of its column. Below 80 columns it is
    no table any more.

    Args:
        console: Where to.
        plan: The plan.
        which: `first`, `problems` (rows with warnings, possible twins, or left out) or `random`.
        warned: The rows of the file that have warnings.
        profile: The profile that the services are configured in; empty without one.
    """
    shown, title = _chosen(plan, which, warned)
    where = place(plan.target, plan.address, profile)
    print_labelled(console, "", f"{title} of {count(len(plan.people), 'row')}, for {where}")
    if shown and console.width >= _WIDE:
        console.print(_table(shown, console.width))
    elif shown:
        _list(console, shown)
    starts = iter(("All rows",))
    for label, words in _totals(plan, warned):
        print_labelled(console, f"{next(starts, ''):<{_TITLE}}{label:<{_LABEL}}", words)


def _chosen(plan: Plan, which: str, warned: Collection[int]) -> tuple[Sequence[PersonPlan], str]:
    """The rows to show, and what they are."""
    people = plan.people
    if which == "random":
        positions = sorted(Random().sample(range(len(people)), min(PREVIEW_ROWS, len(people))))  # noqa: S311 -- a sample to look at
        return [people[at] for at in positions], f"{len(positions)} random"
    if which == "problems":
        found = [one for one in people if one.skipped or one.twin or one.person.row in warned]
        if len(found) > PREVIEW_ROWS:
            return found[:PREVIEW_ROWS], f"First {PREVIEW_ROWS} of {len(found):,} with problems"
        return found, f"{len(found) or 'None'} with problems"
    return people[:PREVIEW_ROWS], f"First {min(PREVIEW_ROWS, len(people))}"


def _table(shown: Sequence[PersonPlan], most: int) -> Table:
    headings = ("", "Row", *(_HEADINGS.get(column.key, column.name) for column in COLUMNS))
    rows = [(MARKS[one.action], str(one.person.row), *_cells(one)) for one in shown]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, width in zip(headings, _fit(headings, rows, most), strict=True):
        table.add_column(
            heading,
            width=width,
            overflow="fold",
            justify="right" if heading == "Row" else "left",
        )
    for row in rows:
        table.add_row(*row)
    return table


def _list(console: Console, shown: Sequence[PersonPlan]) -> None:
    """The same where no table fits without breaking names: the address, and the rest below it."""
    rows = max(len(str(one.person.row)) for one in shown)
    for one in shown:
        address, *names, role, team, jhana = _cells(one)
        label = f"{MARKS[one.action]} {one.person.row:{rows}} "
        print_labelled(console, label, address)
        parts = (" ".join(names), " ".join(role.split()), team, "Jhana" if jhana else "")
        print_labelled(console, " " * (len(label) + 2), "  ".join(filter(None, parts)))


def _cells(one: PersonPlan) -> tuple[str, ...]:
    person = one.person
    return (
        safe(person.email),
        safe(person.first_name),
        safe(person.last_name),
        _ROLES[person.role],
        safe(person.team or ""),
        "1" if person.jhana else "",
    )


_ROLES = {
    Role.INDIVIDUAL_CONTRIBUTOR: "individual\ncontributor",  # one word of 21 letters
    Role.MANAGER: "(manager)",
    Role.FACILITATOR: Role.FACILITATOR.typed,
    Role.CLIENT_ADMIN: Role.CLIENT_ADMIN.typed,
}


def _fit(headings: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> list[int]:
    """Column widths that fit into so many columns and fold as few cells as can be."""
    columns = [[_width(row[at]) for row in rows] for at in range(len(headings))]
    shortest = [max(cell_len(word) for word in (heading or " ").split(" ")) for heading in headings]
    widths = [max(*cells, least) for cells, least in zip(columns, shortest, strict=True)]

    def price(at: int) -> tuple[float, int]:
        """How many lines a column takes more when it is one narrower; the widest goes first."""
        width = widths[at]
        lines = sum(-(-cell // (width - 1)) - -(-cell // width) for cell in columns[at])
        lines *= (_DEAR if width <= _FLOORS[at] else 1) * (_DEAR if at == _ADDRESS else 1)
        return lines, -width

    while sum(widths) + len(widths) - 1 > most:
        narrower = [
            at for at in range(len(widths)) if at not in _FIXED and widths[at] > shortest[at]
        ]
        widths[min(narrower, key=price)] -= 1
    return widths


def _width(cell: str) -> int:
    return max(cell_len(line) for line in cell.split("\n"))


def _totals(plan: Plan, warned: Collection[int]) -> Iterator[tuple[str, str]]:
    """Over all rows: roles, teams, Jhana, warnings; what a preview of ten can't prove."""
    people = [one.person for one in plan.people]
    roles = Counter(person.role for person in people)
    named = (f"{role.typed or 'blank → manager'}: {roles[role]:,}" for role in Role if roles[role])
    yield "User Role", ", ".join(named)
    exact = {plain(team.name) for team in plan.teams}
    folded = {fold(name): name for name in exact}
    typed = (plain(person.team) for person in people if person.team)
    teams = Counter(name if name in exact else folded.get(fold(name), name) for name in typed)
    if teams:
        listed = [
            f"{safe(name)}: {number:,}"
            for name, number in sorted(teams.items(), key=lambda it: (-it[1], it[0]))
        ]
        if len(listed) > _MOST_TEAMS:
            others = sum(sorted(teams.values())[: len(teams) - _MOST_TEAMS])
            listed[_MOST_TEAMS:] = [
                f"and {count(len(teams) - _MOST_TEAMS, 'other team')}: {others:,}"
            ]
        yield "Team", ", ".join(listed)
    yield "Jhana", f"{sum(person.jhana for person in people):,}"
    if warned:
        rows = [one for one in plan.people if one.person.row in warned]
        yield "warnings", f"{len(rows):,} ({rows_of(rows)})"
