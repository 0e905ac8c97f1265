"""Uploads that aren't finished: which they are, how far, and what they owe."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby

from rich.console import Console

from aapimport.run.debts import Debts
from aapimport.run.how_far import HowFar
from aapimport.run.records import Run, RunKind
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.template.cells import CellRef
from aapimport.text import as_typed

_MOST_NAMED = 50


def whose(run: Run) -> str:
    """Who started an upload, and when: `ana@desk started it on 22 Nov 2026 18:04 UTC`."""
    when = datetime.fromtimestamp(run.started_at, UTC).strftime("%d %b %Y %H:%M UTC")
    return f"{run.started_by} started it on {when}" if run.started_by else f"started on {when}"


def show_open_uploads(
    console: Console, uploads: Iterable[tuple[Run, HowFar]], profile: str = ""
) -> None:
    """List open uploads, each with its command, at the services of a profile."""
    flag = f" --profile {as_typed(profile)}" if profile else ""
    for run, how_far in uploads:
        what = f"{run.file} to" if run.kind == RunKind.UPLOAD else f"{run.described},"
        about = f" pass {safe(run.pass_name)!r}" if run.file or run.of else ""
        print_line(console, f"{run.receipt}  {safe(what) if about else safe(run.described)}{about}")
        print_line(console, f"        {safe(whose(run))}; {how_far}")
        print_line(console, f"        aapimport resume {run.receipt}{flag}")


def show_debts(console: Console, run: Run, debts: Debts, addresses: Mapping[int, str]) -> None:
    """Say what an upload owes.

    Args:
        console: Where.
        run: The upload.
        debts: What it owes.
        addresses: The people's addresses by row, as far as the journal has them.
    """
    if debts.not_mailed:
        print_line(console, f"created and not mailed: {_people(debts.not_mailed)}")
        _show_people(console, run, {row: [] for row in debts.not_mailed}, addresses)
    if debts.in_doubt:
        print_line(console, f"in doubt, look on the services: {_people(debts.in_doubt)}")
        _show_people(console, run, debts.in_doubt, addresses)
        console.print("  hint: what to look at and what next is in the receipt, at each row")
    by_place: dict[tuple[str, ...], list[int]] = {}
    for row, places in debts.not_sent.items():
        by_place.setdefault(tuple(places), []).append(row)
    for where, rows in by_place.items():
        print_line(console, f"never sent to {' and '.join(sorted(where))}: {_people(rows)}")
    if debts.at_risk:
        console.print("was there before a write that was cut off, look whether it still is:")
        for one in debts.at_risk:
            print_line(console, f"  {safe(one)}")
    if not (debts.not_mailed or debts.in_doubt or debts.not_sent or debts.at_risk):
        console.print("nothing is owed")


def _show_people(
    console: Console, run: Run, people: Mapping[int, list[str]], addresses: Mapping[int, str]
) -> None:
    for row in list(people)[:_MOST_NAMED]:
        parts = (
            str(CellRef(run.sheet, 0, row)),
            addresses.get(row, ""),
            ", ".join(sorted(people[row])),
        )
        print_line(console, "  " + "  ".join(safe(part) for part in parts if part))
    if len(people) > _MOST_NAMED:
        console.print(f"  and {len(people) - _MOST_NAMED:,} more")


def _people(rows: Iterable[int]) -> str:
    """How many people, and which: `4 people (rows 2 to 4 and 9)`."""
    numbers = sorted(rows)
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    spans = [[row for _, row in span] for _, span in runs]
    words = [f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans]
    listed = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    noun = "rows" if len(numbers) > 1 else "row"
    return f"{count(len(numbers), 'person', 'people')} ({noun} {listed})"
