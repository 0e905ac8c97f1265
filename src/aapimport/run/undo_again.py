"""The command that takes back what an undo couldn't, because a service has rejected it."""

import json
from collections.abc import Iterable

from aapimport.run.journal import Journal
from aapimport.run.records import Run, RunKind, State


def undo_again(journal: Journal, undo: Run) -> str:
    """The command that takes back what an undo was refused; empty while it has to go on itself.

    Empty, too, where nothing was refused, or another undo has taken it back since, or has found
    nothing left of it. One of some rows only names those of them that are left: nobody else's is
    taken back on the way.
    """
    if undo.is_open:
        return ""
    since = journal.taken_back(undo.of)
    rows = {
        task.row
        for task in journal.tasks(undo.receipt, None, State.REJECTED)
        if (task.row, task.service, task.kind) not in since
        and not journal.is_settled(undo.receipt, task)
    }
    if not rows:
        return ""
    only = json.loads(undo.options or "{}").get("only_rows")
    return f"aapimport undo {undo.of}" + (f" --only-rows {spans(rows)}" if only else "")


def undo_command(later: str) -> str:
    """The command that takes a later run back; empty for none, and for one that can't be."""
    kind, _, receipt = later.partition(" (")[0].partition(" ")
    return f"aapimport undo {receipt}" if kind == RunKind.UPLOAD else ""


def spans(rows: Iterable[int]) -> str:
    """Some rows as an option takes them, without blanks: `2-4,6`."""
    found: list[list[int]] = []
    for row in sorted(rows):
        if found and found[-1][1] == row - 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    return ",".join(str(one) if one == last else f"{one}-{last}" for one, last in found)


def spans_in_words(rows: Iterable[int]) -> str:
    """Likewise in a sentence: `rows 2-4, 6`."""
    said = spans(rows)
    return f"{'row' if said.isdecimal() else 'rows'} {said.replace(',', ', ')}"
