"""What is said after a workbook with people has been written."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.screens.console import PIPE_WIDTH, count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.problems import gather, problem_lines
from aapimport.screens.template import command_word

if TYPE_CHECKING:
    from rich.console import Console

    from aapimport.copies.annotate import Annotated
    from aapimport.copies.fix import Fixed
    from aapimport.copies.renew import Renewal

_MOST_NOTES, _MOST_SKIPPED, _LONGEST_NOTE = 5, 20, 60  # lines, lines and characters


def annotated(path: Path, result: "Annotated") -> str:
    """What `validate --annotate` wrote, as one line."""
    some = f", the first {result.commented:,} with a comment"
    more = some if result.commented < result.marked else ""
    return f"wrote {safe(str(path))}: {count(result.marked, 'cell')} marked{more}"


def fixed(path: Path, result: "Fixed") -> str:
    """What `validate --fix` wrote and what is left to do, as lines."""
    rows = count(result.ready + result.with_errors, "row")
    lines = [f"wrote {safe(str(path))}: {rows}, {result.ready:,} ready"]
    if result.with_errors:
        lines.append(f"{count(result.with_errors, 'row')} with errors kept, to correct by hand")
    if result.left_out:
        lines.append(f"{count(result.left_out, 'row')} not taken over: nobody in them, or hidden")
    lines.append(f"next: aapimport validate {command_word(path)}")
    return "\n".join(lines)


def show_renewed(console: "Console", path: Path, renewal: "Renewal") -> None:
    """Print what `renew` made of the list."""
    print_line(console, renewed(path, renewal, console.width))


def renewed(path: Path, renewal: "Renewal", width: int = PIPE_WIDTH) -> str:
    """What `renew` made of the list, as lines that add up."""
    lines = [
        f"wrote {safe(str(path))}",
        f"{count(renewal.rows, 'row')} in the list:",
        f"{renewal.kept:>7,}  to sheet Users",
    ]
    if renewal.with_errors:
        lines.append(f"{renewal.with_errors:>7,}  to sheet Users, with errors to correct by hand")
    lines += _leavers(renewal)
    if renewal.left_out:
        lines.append(f"{renewal.left_out:>7,}  not taken over: nobody in them, or hidden")
        lines += _some(renewal.notes, _MOST_NOTES)
        lines += _some(renewal.skipped, _MOST_SKIPPED)
    if renewal.blank_columns:
        names = " and ".join(renewal.blank_columns)
        lines.append(f"blank for everybody, not being in the list: {names}")
    for (before, now), people in sorted(renewal.roles.items()):
        shown = f"'{safe(before)}'" if before else "blank"
        lines.append(f"role {shown} is now {now or 'blank (manager)'}: {count(people, 'row')}")
    if renewal.extra_columns:
        lines.append("kept to the right of the template's columns, and not loaded:")
        lines += [f"  {safe(name)}" for name in renewal.extra_columns]
    if renewal.told:
        lines.append("to be looked at in the list, as no check of the new file tells it:")
        lines += [line.plain for line in problem_lines(gather(renewal.told), width)]
    if renewal.idle or renewal.undated:
        lines.append("next: copy back from Possible leavers to Users who is still with you, then:")
        lines.append(f"  aapimport validate {command_word(path)}")
    else:
        lines.append(f"next: aapimport validate {command_word(path)}")
    return "\n".join(lines)


def _some(texts: Sequence[str], most: int) -> list[str]:
    more = [f"         and {len(texts) - most:,} more"] if len(texts) > most else []
    return [*(f"         {_short(text)}" for text in texts[:most]), *more]


def _short(text: str) -> str:
    shown = safe(text)
    return shown if len(shown) <= _LONGEST_NOTE else shown[:_LONGEST_NOTE] + "…"


def _leavers(renewal: "Renewal") -> list[str]:
    if renewal.since is None:
        lines = ["no dates of last login to go by: nobody is proposed as a leaver"]
        if renewal.unread_dates:
            lines.append(f"({count(renewal.unread_dates, 'date')} can't be read for sure)")
        return lines
    lines = []
    if renewal.idle:
        lines.append(
            f"{renewal.idle:>7,}  to sheet Possible leavers: last login before {renewal.since}"
        )
    if renewal.undated:
        lines.append(
            f"{renewal.undated:>7,}  to sheet Possible leavers: no date, which means never"
        )
        lines.append("         logged in, or logged in without starting a course")
    if renewal.unread_dates:
        lines.append(
            f"         ({count(renewal.unread_dates, 'date')} unreadable or in the future:"
            " they stay on Users)"
        )
    return lines
