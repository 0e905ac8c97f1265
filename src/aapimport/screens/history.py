"""The runs that the journal knows, as a table."""

from typing import TYPE_CHECKING

from rich.console import Console

from aapimport.run.taken_back import TakenBackReport
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_line
from aapimport.screens.tables import print_table
from aapimport.screens.taken_back import asked_rows
from aapimport.screens.target import place

if TYPE_CHECKING:
    from aapimport.app.history import HistoryEntry, HistoryReport

_KINDS = {"upload": "", "send": "e-mails", "undo": "undo", "repair": "repair"}


def show_history(console: Console, report: "HistoryReport", *, everywhere: bool) -> None:
    """Print the runs, the newest first; says so when there are none.

    Args:
        console: Where to.
        report: What is printed.
        everywhere: Whether runs at several services may be among them.
    """
    if not report.runs:
        where = "from here" if everywhere else "to these services"
        print_line(console, f"nothing was uploaded {where} so far")
        return
    columns = ["Receipt", "Started (UTC)", "File", "Pass", "State"]
    rows = [_row(one) for one in report.runs]
    if everywhere:
        columns.append("Where")
        rows = [
            (*row, place(one.target, one.address, one.profile))
            for row, one in zip(rows, report.runs, strict=True)
        ]
    print_table(console, columns, rows)
    print_line(console, count(len(report.runs), "run"))


def _row(one: "HistoryEntry") -> tuple[str, ...]:
    of = f" of {one.of}" if one.of else ""
    kind = f"\n{_KINDS[one.kind]}{of}" if _KINDS[one.kind] else ""
    state = f"open, {one.done:,} of {one.steps:,} done" if one.state == "open" else one.state
    if one.without_workbook:
        state = "cut off: no workbook"
    if one.not_before is not None:
        state += f"\nnot before {one.not_before:%d %b %Y %H:%M}"
    if one.unmailed:
        state += f"\n{one.unmailed:,} not mailed"
    if one.in_doubt:
        state += f"\n{one.in_doubt:,} mailed or not: not known"
    for undo in one.taken_back:
        state += f"\n{_taken_back(undo)}"
    started = one.started_at.strftime("%d %b %Y %H:%M")
    return f"{one.receipt}{kind}", started, safe(one.file), safe(one.pass_), state


def _taken_back(undo: TakenBackReport) -> str:
    """`taken back by 8LMSVC`; of which rows, and how far, where that isn't all."""
    more = [asked_rows(undo.only_rows)] if undo.only_rows is not None else []
    more += [f"{undo.in_part:,} in part"] if undo.in_part else []
    more += [f"{undo.not_taken_back:,} not"] if undo.not_taken_back else []
    more += [undo.state] if undo.state != "finished" else []
    return f"taken back by {undo.undo}" + (f" ({', '.join(more)})" if more else "")
