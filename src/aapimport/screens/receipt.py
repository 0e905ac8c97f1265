"""The receipt: what became of everybody, with the confirmation number."""

from collections import Counter
from datetime import UTC, datetime

from rich.console import Console

from aapimport.run.records import Run
from aapimport.run.report import LOOK_FIRST, PersonResult, Result, UploadReport
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_labelled, print_line
from aapimport.screens.tables import print_table
from aapimport.screens.target import where
from aapimport.template.cells import CellRef

_SECONDS = 60
_LABEL = 17
_RESULTS: dict[Result, str] = {
    "created": "created",
    "changed": "changed",
    "same": "the same",
    "skipped": "left out",
    "rejected": "rejected",
    "needs_person": "waiting for somebody's word",
    "unknown": "not known",
}
"""What becomes of somebody on the portal, in words."""


def show_receipt(console: Console, report: UploadReport, run: Run, profile: str = "") -> None:
    """Print a receipt: the counts, who was mailed, and by name who needs attention."""
    console.print(f"Receipt {report.receipt}   {_when(run)}   {_took(run)}")
    sheet = f", sheet {safe(report.sheet)!r}" if report.sheet else ""
    to = f"to pass {safe(report.pass_)!r}"
    print_line(console, f"{safe(report.file)}{sheet}, {to}")
    print_labelled(console, "Where".ljust(_LABEL), where(report.target, report.address, profile))
    names = list(type(report.services.portal).model_fields)
    services = (("All Access Pass", report.services.portal), ("Jhana", report.services.jhana))
    headings = [name.replace("_", " ") for name in names]
    rows = [(label, *(f"{getattr(it, name):,}" for name in names)) for label, it in services]
    print_table(console, ["", *headings], rows, right=headings)
    print_labelled(console, "Rows".ljust(_LABEL), _sum(report))
    if teams := _teams(report):
        console.print(f"Teams            {teams}")
    if report.seats:
        console.print(
            f"Seats            {report.seats.used:,} used, {report.seats.free_after:,} left free"
        )
    console.print(f"E-mails          {_emails(report)}")
    for one in report.people:
        if one.reason or one.but or "unknown" in {one.portal, one.jhana, one.email_state}:
            print_line(console, _line(run, one))
    if not any(counts.created or counts.changed for _, counts in services):
        console.print("nobody was created or changed")


def _sum(report: UploadReport) -> str:
    """The rows of the file, and what became of them on the portal: the numbers add up."""
    counts = Counter(one.portal for one in report.people)
    parts = (f"{counts[name]:,} {words}" for name, words in _RESULTS.items() if counts[name])
    return f"{len(report.people):,} = {' + '.join(parts) or '0'}"


def _line(run: Run, one: PersonResult) -> str:
    cell = CellRef(run.sheet, 0, one.row)
    words = [f"{one.portal}, but {one.but}"] if one.but else []
    words += [one.reason] if one.reason else []
    unknown = f"not known what became of it; {LOOK_FIRST}"
    if not run.closed_at:
        unknown = "not known yet what became of it; resume to find out"
    reason = "; ".join(words) or unknown
    who = f"  {safe(one.email)}" if one.email else ""
    return f"{safe(str(cell))}{who}  {safe(reason)}"


def _teams(report: UploadReport) -> str:
    """How many people are in their team, and how many are not; empty where nobody was to be."""
    states = Counter(one.team_state for one in report.people)
    missing = states["rejected"] + states["needs_person"] + states["unknown"]
    if not (states["joined"] or missing):
        return ""
    joined = f"{count(states['joined'], 'person', 'people')} joined"
    return joined + (f", {missing:,} not" if missing else "")


def _emails(report: UploadReport) -> str:
    sent = sum(one.email_state == "sent" for one in report.people)
    if report.emails == "none":
        return "none sent"
    missing = sum(
        one.email_state in {"rejected", "needs_person", "waiting", "unknown"}
        for one in report.people
    )
    return f"{count(sent, 'welcome e-mail')} sent" + (f", {missing:,} not" if missing else "")


def _when(run: Run) -> str:
    return datetime.fromtimestamp(run.started_at, UTC).strftime("%d %b %Y %H:%M UTC")


def _took(run: Run) -> str:
    if run.finished_at is None:
        return "closed" if run.closed_at else "not finished"
    minutes, seconds = divmod(round(run.finished_at - run.started_at), _SECONDS)
    return f"took {minutes} min {seconds} s" if minutes else f"took {seconds} s"
