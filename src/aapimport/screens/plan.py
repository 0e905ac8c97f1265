"""The plan in totals: what is created, changed and the same, what it costs, who is mailed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from aapimport.plan.budget import Budget
from aapimport.plan.decide import ANOTHERS, is_anothers
from aapimport.plan.file_admins import FileAdmin, already, file_admins
from aapimport.plan.letters import Letters
from aapimport.plan.plan import Action, PersonPlan, Plan, rows_of
from aapimport.screens.console import count, safe
from aapimport.screens.how_long import Sent, how_long
from aapimport.screens.labelled import print_labelled, print_line
from aapimport.screens.preview import MARKS, show_preview
from aapimport.screens.target import where
from aapimport.screens.unread import left_out_lines, other_sheet_lines
from aapimport.screens.whose import beside, whose
from aapimport.services.roles import other_roles
from aapimport.services.values import EmailKind

__all__ = [
    "ABOUT",
    "all_client_admins",
    "show_client_admins",
    "show_plan",
    "show_preview",
    "show_written",
]

_LABEL = 20
_INDENT = "  "
_MOST_TEAMS = 10
_MOST_NAMED = 10
ABOUT = {
    EmailKind.COMBINED: "about the portal and Jhana",
    EmailKind.PORTAL: "about the portal",
    EmailKind.JHANA: "about Jhana",
}
_CHANGES = {
    "pass": "put on the pass",
    "account": "switched on again",
    "role": "another role",
    "first name": "another first name",
    "last name": "another last name",
}


def show_plan(console: Console, plan: Plan, profile: str = "") -> None:
    """The totals: what is created, changed and the same, what it costs, who is mailed.

    Args:
        console: Where to.
        plan: The plan.
        profile: The profile that the services are configured in; empty without one.
    """
    print_line(console, f"Plan {plan.receipt} for pass {safe(plan.pass_.name)!r}")
    for label, words in _about(plan, profile):
        print_labelled(console, f"{_INDENT}{label}".ljust(_LABEL), words)
    _print_counts(console, plan)
    for label, words in _costs(plan):
        print_labelled(console, f"{_INDENT}{label}".ljust(_LABEL), words)
    for line in _remarks(plan):
        print_labelled(console, _INDENT, line)


def _print_counts(console: Console, plan: Plan) -> None:
    """How many are created, changed and the same on both services, in columns where they fit."""
    rows = (("All Access Pass", _counts(plan.portal)), ("Jhana", _counts(plan.jhana)))
    widths = [max(map(len, cells)) for cells in zip(*(cells for _, cells in rows), strict=True)]
    fits = _LABEL + sum(widths) + len(_INDENT) * (len(widths) - 1) <= console.width
    for name, cells in rows:
        label = f"{_INDENT}{name}".ljust(_LABEL)
        if fits:
            aligned = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
            print_line(console, f"{label}{_INDENT.join(aligned)}".rstrip())
        else:
            for cell in filter(None, cells):
                print_labelled(console, label, cell)
                label = " " * _LABEL


def show_written(console: Console, path: Path, fingerprint: str) -> None:
    """Where a plan was written, and by what whoever carries it out knows it."""
    print_line(console, safe(f"wrote {path}"))
    console.print(f"fingerprint: {fingerprint}")


def show_client_admins(console: Console, plan: Plan) -> None:
    """Everybody who would get administration rights, by name."""
    back = any(one.reactivates for one in plan.client_admins)
    also = ", or may get administration rights back" if back else ", with administration rights"
    print_line(console, f"These people become client admins{also}:")
    for one in plan.client_admins:
        person = one.person
        held = f"  (has {safe(roles)})" if (roles := _held(one)) else ""
        print_line(console, f"  row {person.row}: {safe(person.email)}  {whose(one)}{held}")
    if list(already(plan)):
        everybody = all_client_admins(file_admins(plan))
        print_line(console, f"{everybody[0].upper()}{everybody[1:]}.")


def all_client_admins(people: Sequence[FileAdmin]) -> str:
    """The client admins of a file in a sentence, as `--client-admins` counts them."""
    named = ", ".join(
        f"row {it.one.person.row} {safe(it.one.person.email)} ({safe(it.how)})"
        for it in people[:_MOST_NAMED]
    )
    more = f" and {len(people) - _MOST_NAMED:,} more" if len(people) > _MOST_NAMED else ""
    return f"the file has {count(len(people), 'client admin')}{': ' if people else ''}{named}{more}"


def _held(one: PersonPlan) -> str:
    """The roles, none of the four, that an account has and that may give rights."""
    return ", ".join(other_roles(one.portal.account)) if one.portal.account else ""


def _about(plan: Plan, profile: str) -> Iterator[tuple[str, str]]:
    """Where it goes, and what it was made from: a label and its words each."""
    yield "Where", where(plan.target, plan.address, profile)
    rows = [one.person.row for one in plan.people]
    sheet = f", sheet {safe(plan.sheet)!r}" if plan.sheet else ""
    span = f", rows {min(rows)} to {max(rows)}" if len(rows) > 1 else ""
    people = count(len(rows), "person", "people")
    yield "File", f"{safe(plan.file)}{sheet}: {people}{span}"


def _costs(plan: Plan) -> Iterator[tuple[str, str]]:
    """What changes, seats, places and e-mails: a label and its words each."""
    if changes := _changes(plan):
        yield "Changes", changes
    teams = []
    for budget in plan.budgets:
        if budget.kind == "team":
            teams.append(budget)
        else:
            yield ("Seats", _seats(budget)) if budget.kind == "pass" else ("Jhana", _jhana(budget))
        if budget.eats_buffer:
            warning = f"warning: that leaves {budget.free_after:,} free, less than the buffer of"
            yield "", f"{warning} {budget.buffer:,}"
    label = "Places"
    for line in _teams(teams):
        yield label, line
        label = ""
    for label, people in (("Client admins", plan.client_admins), ("Returning", plan.returning)):
        if people:
            yield label, _named(people)
    if others := _under_another_name(plan):
        yield "Another name", "; ".join(others)
    yield "E-mails", _emails(plan)
    yield from (("", line) for line in _troubles(plan.letters))


def _named(people: Sequence[PersonPlan]) -> str:
    """People by address and row, the first ten of them."""
    named = (
        f"{safe(one.person.email)} (row {one.person.row}){beside(one)}"
        for one in people[:_MOST_NAMED]
    )
    more = f" and {len(people) - _MOST_NAMED:,} more" if len(people) > _MOST_NAMED else ""
    return ", ".join(named) + more


def _under_another_name(plan: Plan) -> list[str]:
    """Whose accounts change, use a seat or would get rights, where their names aren't the rows'.

    Who seems to be somebody else comes first.
    """
    found = [
        one
        for one in plan.people
        if one.account_name
        and (one.skipped == ANOTHERS if one.skipped else one.action is not Action.SAME)
    ]
    found.sort(key=lambda one: not is_anothers(one))
    named = [
        f"{safe(one.person.email)} (row {one.person.row}) is {safe(one.account_name)} there,"
        f" {safe(one.person.first_name)} {safe(one.person.last_name)} in the file"
        for one in found[:_MOST_NAMED]
    ]
    return [*named, *([f"and {len(found) - _MOST_NAMED:,} more"] if found[_MOST_NAMED:] else [])]


def _changes(plan: Plan) -> str:
    """How many accounts change in which way."""
    counts = Counter(
        change.attribute for one in plan.people if not one.skipped for change in one.portal.changes
    )
    words = [f"{counts[name]:,} {words}" for name, words in _CHANGES.items() if counts[name]]
    if joining := sum(
        one.team is not None and one.portal.action is not Action.CREATE for one in plan.people
    ):
        words.append(f"{joining:,} put in a team")
    if returning := sum(one.reactivates_on(one.jhana) for one in plan.people):
        words.append(f"{returning:,} switched on again on Jhana")
    return ", ".join(words)


def _teams(budgets: Sequence[Budget]) -> Iterator[str]:
    """The places of each team, the fullest first; those beyond ten in one line."""
    known = sorted(budgets, key=lambda it: (it.free_after is None, it.free_after or 0))
    yield from (_places(budget) for budget in known[:_MOST_TEAMS])
    if others := known[_MOST_TEAMS:]:
        takes = sum(budget.takes for budget in others)
        yield f"uses {takes:,} in {count(len(others), 'other team')}, which have more room"


def _remarks(plan: Plan) -> Iterator[str]:
    """Who costs nothing, is kept as they are, or is left out; what can't be done."""
    kept = [
        one
        for one in plan.people
        if not one.skipped and (one.portal.kept or (one.jhana and one.jhana.kept))
    ]
    if kept:
        yield (
            f"{count(len(kept), 'person', 'people')} already there with another role or name:"
            f" differs, kept ({rows_of(kept)})"
        )
    on_pass = [one for one in plan.people if not one.seat and not one.skipped]
    if on_pass:
        deactivated = sum(one.reactivates_on(one.portal) for one in on_pass)
        also = f" ({deactivated:,} of them deactivated)" if deactivated else ""
        yield f"{count(len(on_pass), 'person', 'people')} already on the pass{also}: no seat needed"
    by_reason: dict[str, list[PersonPlan]] = {}
    for one in plan.people:
        if one.skipped:
            by_reason.setdefault(one.skipped, []).append(one)
    for reason, people in by_reason.items():
        yield (
            f"left out, {safe(reason)}: {count(len(people), 'person', 'people')}"
            f" ({rows_of(people)})"
        )
    yield from left_out_lines(plan.left_out)
    yield from other_sheet_lines(plan.other_sheets)
    for notice in plan.notices:
        yield f"notice: {safe(notice)}"


def _counts(counts: Counter[Action]) -> tuple[str, ...]:
    cells = (f"{MARKS[action]} {counts[action]:,} {action.value}" for action in Action)
    return tuple(
        cell for cell, action in zip(cells, Action, strict=True) if action is not Action.SKIP
    ) + ((f"- {counts[Action.SKIP]:,} left out",) if counts[Action.SKIP] else ("",))


def _seats(budget: Budget) -> str:
    if budget.free_before is None or budget.capacity is None:
        return (
            f"uses {budget.takes:,}; how many are free is not published;"
            " a used seat cannot be given back"
        )
    fewer = ""
    if budget.takes and budget.leavers:
        belongs = "seat belongs" if budget.leavers == 1 else "seats belong"
        fewer = f" may be fewer: {budget.leavers:,} used {belongs} to people who left;"
    return (
        f"uses {budget.takes:,} of {budget.free_before:,} free{_left(budget)};{fewer}"
        f" a used seat cannot be given back ({budget.capacity:,} in all, {budget.used or 0:,} used)"
    )


def _places(budget: Budget) -> str:
    name = safe(budget.name)
    if budget.free_before is None:
        return f"uses {budget.takes:,} of {name}; how many are free is not published"
    return f"uses {budget.takes:,} of {budget.free_before:,} free in {name}{_left(budget)}"


def _jhana(budget: Budget) -> str:
    return f"enabled for {budget.takes:,}; how many are free is not published"


def _left(budget: Budget) -> str:
    after = budget.free_after or 0
    return f", {after:,} left" if after >= 0 else f", {-after:,} too few"


def _letters(letters: Letters) -> str:
    """Who sends them, to how many people, and how long it takes."""
    time = how_long(
        Sent(
            number=letters.people,
            seconds=letters.seconds,
            today=letters.today,
            rest_at=letters.rest_at,
            days=letters.days,
            per_day=letters.per_day,
        )
    )
    return (
        f"{count(letters.people, 'welcome e-mail')} after the upload, {time}: the service sends"
        f" none, so they come from {safe(letters.sender)} by {safe(letters.place)}, one to each"
        " person"
    )


def _troubles(letters: Letters | None) -> Iterator[str]:
    """Whom no e-mail can be sent to, or perhaps not; the first ten of them."""
    found = letters.troubles if letters else ()
    for one in found[:_MOST_NAMED]:
        yield f"row {one.row}: {safe(one.email)}: {safe(one.why)}"
    if len(found) > _MOST_NAMED:
        yield f"and {len(found) - _MOST_NAMED:,} more can't be mailed, or perhaps not"


def _emails(plan: Plan) -> str:
    if not plan.emails:
        return "none"
    said = [_letters(plan.letters)] if plan.letters else []
    if plan.mails:
        kinds = Counter(one.email for one in plan.people if one.email and not one.skipped)
        about = ", ".join(f"{kinds[kind]:,} {ABOUT[kind]}" for kind in EmailKind if kinds[kind])
        said.insert(0, f"{count(plan.mails, 'welcome e-mail')}: {about}")
    if said:
        return "; ".join(said)
    is_anybody_new = plan.portal[Action.CREATE] or plan.jhana[Action.CREATE]
    return "none: no service can send them" if is_anybody_new else "none: nobody is new"
