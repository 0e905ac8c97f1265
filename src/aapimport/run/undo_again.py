"""The commands that take back what an undo couldn't: rejected by a service, or a later run's."""

import json
import re
from collections.abc import Collection, Iterable

from aapimport.run.journal import Journal
from aapimport.run.later import later_than, taken_back, which_later
from aapimport.run.records import Run, RunKind, State
from aapimport.text import as_typed

_UPLOAD = re.compile(
    rf"{RunKind.UPLOAD} (\w+)(?: of \d\d \w{{3}} \d{{4}})?"
    "(?: of profile (.+)| (without a profile))?"
)
"""An upload as `Left.later` and `Left.written_by` name it."""


def undo_again(journal: Journal, undo: Run) -> str:
    """The command that takes back what an undo was refused; empty while it has to go on itself.

    Empty, too, where nothing was refused, or another undo has taken it back since, or has found
    nothing left of it. One of some rows only names those of them that are left: nobody else's is
    taken back on the way.
    """
    if undo.is_open:
        return ""
    since = taken_back(journal.steps_back(undo.of))
    rows = {
        task.row
        for task in journal.tasks(undo.receipt, None, State.REJECTED)
        if (task.row, task.service, task.kind) not in since
        and not journal.is_settled(undo.receipt, task)
    }
    if not rows:
        return ""
    only = json.loads(undo.options or "{}").get("only_rows")
    return _undo(undo.of, rows if only else None)


def undo_first(
    journal: Journal, run: Run, rows: Collection[int], only: Collection[int] | None
) -> list[str]:
    """The commands, in the order that works, that take back what is left to later uploads.

    Of an upload that has other people, too, only the rows of these are named: nobody else's is
    taken back on the way. What a repair has written to no command takes back.

    Args:
        journal: The journal.
        run: The run that is taken back.
        rows: The rows of whoever is left to later uploads.
        only: The only rows that were asked for; None for all.

    Returns:
        That of the run itself is the last; nothing where none helps.
    """
    later = later_than(journal, run)
    own = journal.profile or None if later.elsewhere else None  # beside another's it is said
    left = {*rows} - later.repaired
    if not left:
        return []
    commands = []
    for receipt, theirs in later.uploads.items():
        found = {its for row, its in theirs.items() if row in left}
        if not found:
            continue
        if receipt in later.open:  # only then it tells what of it is to be undone
            whose = later.elsewhere[receipt][0] if receipt in later.elsewhere else own
            commands.append(command("resume", receipt, whose))
            continue
        if receipt in later.elsewhere:
            profile, people = later.elsewhere[receipt]
            commands.append(_undo(receipt, found if people > len(found) else None, profile))
            continue
        if journal.run(receipt).address != run.address:
            return []
        commands.append(_undo(receipt, found if journal.rows(receipt) - found else None, own))
    return [*commands, _undo(run.receipt, only, own)]


def undo_left(journal: Journal, undo: Run) -> list[str]:
    """The same for what an undo has left to later runs, and nothing has taken back since."""
    since = taken_back(journal.steps_back(undo.of))
    rows = {
        task.row
        for task in journal.tasks(undo.receipt)
        if which_later(task.reason)[0] == "later_upload"
        and (task.row, task.service, task.kind) not in since
    }
    only = json.loads(undo.options or "{}").get("only_rows")
    return undo_first(journal, journal.run(undo.of), rows, only) if rows else []


def _undo(receipt: str, rows: Collection[int] | None, profile: str | None = None) -> str:
    only = "" if rows is None else f" --only-rows {spans(rows)}"
    return f"{command('undo', receipt, profile)}{only}"


def command(name: str, receipt: str, profile: str | None) -> str:
    """A command about a run; of a journal without a profile (empty) it says `--live` instead."""
    flag = "" if profile is None else f"--profile {as_typed(profile)} " if profile else "--live "
    return f"aapimport {name} {flag}{receipt}"


def said_beside(commands: Iterable[str]) -> str:
    """What has to be known of commands about runs without a profile; empty where none is."""
    if not any(" --live " in one for one in commands):
        return ""
    return (
        "--live: that upload was made without a profile, so neither type --profile nor have"
        " AAPIMPORT_PROFILE set; where its services were set by variables, set them again"
    )


def undo_command(later: str) -> str:
    """The command that takes a later run back; empty for none, and for one that can't be."""
    found = _UPLOAD.match(later)
    return _undo(found[1], None, "" if found[3] else found[2]) if found else ""


def without_day(later: str) -> str:
    """A later run as `Left.later` names it, without its day: `upload 7K3QX9 of profile acme`."""
    return re.sub(r" of \d\d \w{3} \d{4}(?= of | without |$)", "", later, count=1)


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
