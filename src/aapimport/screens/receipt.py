"""The receipt: what became of everybody, with the confirmation number."""

from collections import Counter
from datetime import UTC, datetime

from rich.console import Console

from aapimport.run.cures import NOT_YET
from aapimport.run.mail_report import LaterEmailsReport, LettersPart, LettersReport
from aapimport.run.person_result import PersonResult, Result
from aapimport.run.records import Run
from aapimport.run.report import (
    EmailCounts,
    SeatCounts,
    TeamCounts,
    UploadReport,
)
from aapimport.screens.console import count, safe
from aapimport.screens.labelled import print_labelled, print_line
from aapimport.screens.tables import print_table
from aapimport.screens.taken_back import taken_back_lines
from aapimport.screens.target import where
from aapimport.screens.unread import left_out_lines, other_sheet_lines
from aapimport.template.cells import CellRef

_SECONDS = 60
_COLUMNS = ("created", "changed", "same", "rejected", "needs_person", "unknown")
_LABEL = 17
_HINT = "  hint: "
RESULTS: dict[Result, str] = {
    "created": "created",
    "changed": "changed",
    "same": "the same",
    "skipped": "left out",
    "rejected": "rejected",
    "needs_person": "waiting for somebody's word",
    "unknown": "not known",
    "not_sent": "not sent",
}
"""What becomes of somebody on the portal, in words."""
_PLANNED = {
    "handed_over": "handed over, to be sent by hand",
    "rejected": "rejected",
    "needs_person": "waiting for somebody's word",
    "unknown": "not known",
    "waiting": "still to be asked for",
    "owed": "owed",
    "not_asked": "not asked for",
}
"""What becomes of a planned e-mail, or of joining a team, in words."""


def show_receipt(console: Console, report: UploadReport, run: Run, profile: str = "") -> None:
    """Print a receipt: the counts, who was mailed, and by name who needs attention."""
    console.print(f"Receipt {report.receipt}   {moment(run.started_at)}   {_took(run)}")
    sheet = f", sheet {safe(report.sheet)!r}" if report.sheet else ""
    to = f"to pass {safe(report.pass_)!r}"
    if report.kind == "send":
        of = f"upload {report.of}, " if report.of else ""
        print_line(console, f"welcome e-mails of {of}{to.removeprefix('to ')}")
    else:
        print_line(console, f"{safe(report.file)}{sheet}, {to}")
    print_labelled(console, "Where".ljust(_LABEL), where(report.target, report.address, profile))
    headings = [name.replace("_", " ") for name in _COLUMNS]
    services = (("All Access Pass", report.services.portal), ("Jhana", report.services.jhana))
    rows = [(label, *(f"{getattr(it, name):,}" for name in _COLUMNS)) for label, it in services]
    print_table(console, ["", *headings], rows, right=headings)
    print_labelled(console, "Rows".ljust(_LABEL), rows_line(report))
    if report.team_counts.planned:
        print_labelled(
            console, "Teams".ljust(_LABEL), teams_line(report.team_counts, closed=report.closed)
        )
    if report.seats:
        print_labelled(console, "Seats".ljust(_LABEL), seats_line(report.seats, run))
    print_labelled(console, "E-mails".ljust(_LABEL), mails_line(report))
    for line in taken_back_lines(report.taken_back):
        print_labelled(console, "Taken back".ljust(_LABEL), line)
    _show_people(console, report, run)
    if report.kind == "upload" and not any(it.created or it.changed for _, it in services):
        console.print("nobody was created or changed")


def _show_people(console: Console, report: UploadReport, run: Run) -> None:
    """Print by name who needs attention, and who of the file wasn't read."""
    later = 0
    for one in report.people:
        if one.failures and all(failure.words == NOT_YET for failure in one.failures):
            later += 1  # told once: of a run that was stopped it may be everybody
        elif one.reason or one.but or one.failures:
            _show_person(console, run, one)
    if later:
        this = "sending" if report.kind == "send" else "upload"
        whom = count(later, "person", "people")
        print_line(console, f"for {whom} something is not sent so far: resume this {this}")
    for line in left_out_lines(report.left_out):
        print_line(console, line)
    if report.left_out:
        print_labelled(
            console, _HINT, "if they are meant, upload the file again with --hidden include"
        )
    for line in other_sheet_lines(report.other_sheets):
        print_line(console, line)


def rows_line(report: UploadReport) -> str:
    """The rows of the file, and what became of them on the portal: the numbers add up."""
    counts = Counter(one.portal for one in report.people)
    counts["skipped"] += len(report.left_out)
    parts = (f"{counts[name]:,} {words}" for name, words in RESULTS.items() if counts[name])
    both = any(one.jhana not in {None, one.portal} for one in report.people)
    where = " (on the All Access Pass)" if both else ""
    return f"{report.rows:,} = {' + '.join(parts) or '0'}{where}"


def _show_person(console: Console, run: Run, one: PersonResult) -> None:
    """Print where, who and what, and below it what to do about it: each cure once."""
    cell = CellRef(run.sheet, 0, one.row)
    words = [f"{one.portal}, but {one.but}"] if one.but else []
    words += [one.reason] if one.reason else []
    who = f"  {safe(one.email)}" if one.email else ""
    print_line(console, f"{safe(one.place or str(cell))}{who}  {safe('; '.join(words))}")
    cures: dict[str, list[str]] = {}
    for failure in one.failures:
        cures.setdefault(failure.cure, []).append(failure.where)
    for cure, places in cures.items():
        about = f"{', '.join(dict.fromkeys(places))}: " if len(cures) > 1 else ""
        print_labelled(console, _HINT, safe(f"{about}{cure}"))


def teams_line(counts: TeamCounts, *, closed: bool) -> str:
    """How many people are in their team, and what became of the others."""
    if counts.joined == counts.planned:
        return f"{count(counts.joined, 'person', 'people')} joined"
    return _added_up(counts, f"{counts.joined:,} joined", closed=closed)


def emails_line(counts: EmailCounts, *, closed: bool) -> str:
    """How many welcome e-mails were sent, and what became of the others."""
    if not counts.planned:
        return "none sent"
    if counts.sent == counts.planned:
        return f"{count(counts.sent, 'welcome e-mail')} sent"
    return _added_up(counts, f"{counts.sent:,} sent", closed=closed)


def mails_line(report: UploadReport) -> str:
    """The same of a whole receipt: by whom they are sent where no service sends them."""
    said = emails_line(report.email_counts, closed=report.closed)
    if report.later_emails is not None:
        this = "sending" if report.kind == "send" else "upload"
        return f"{said} by the {this}; since then {later_line(report.later_emails)}"
    if report.letters is None:
        return said
    return f"{said}; {safe(senders_line(report.letters))}"


def senders_line(letters: LettersReport) -> str:
    """By which way, from which server, and by which runs the e-mails of an upload were sent.

    Of a sending that has mailed nobody, how it was to; without any, how they were approved, or that
    they were withdrawn.
    """
    sent = [one for one in letters.parts if one.people] or letters.parts[:1]
    numbers = len(sent) > 1
    said = (f"{f'{one.people:,} ' if numbers else ''}{_by_whom(one)}, by {one.run}" for one in sent)
    waits = "withdrawn" if letters.is_over else f"from {letters.server}, after the upload"
    return "; ".join(said) or waits


def _by_whom(one: LettersPart) -> str:
    if one.way == "smtp":
        return f"from {one.server}" if one.server else "from a mail server"
    return "by the portal" if one.way == "portal" else "by hand"


def later_line(later: LaterEmailsReport) -> str:
    """How people stand whom a run itself hasn't mailed, by the sendings since."""
    parts = {
        "mailed": later.mailed,
        "handed over, to be sent by hand": later.handed_over,
        "in doubt": later.in_doubt,
        "waiting": later.waiting,
    }
    said = ", ".join(f"{number:,} {words}" for words, number in parts.items() if number)
    return f"{said or 'nobody mailed'} (sending {', '.join(later.sendings)})"


def _added_up(counts: TeamCounts | EmailCounts, done: str, *, closed: bool) -> str:
    """What was planned, and its parts: the numbers add up."""
    words = _PLANNED | ({"waiting": "left with the account, which isn't known"} if closed else {})
    numbers = {name: getattr(counts, name, 0) for name in words}  # no team is handed over
    parts = [f"{number:,} {words[name]}" for name, number in numbers.items() if number]
    return f"{counts.planned:,} planned = {' + '.join([done, *parts])}"


def seats_line(seats: SeatCounts, run: Run) -> str:
    """The seats that were used, and how many are left by whose word."""
    used = f"{seats.used:,} used"
    if seats.free_after is not None:
        return f"{used}; {seats.free_after:,} left free, as the portal told at the end"
    when = moment(run.taken_at or run.started_at)
    left = f"{seats.free_by_plan:,} are left free, if nobody else has used any"
    return f"{used}; by the plan of {when}, {left}"


def moment(seconds: float) -> str:
    """A time, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y %H:%M UTC")


def _took(run: Run) -> str:
    if run.finished_at is None:
        return "closed" if run.closed_at else "not finished"
    if run.finished_at < run.started_at:
        return "how long it took isn't known: the clock was set back"
    minutes, seconds = divmod(round(run.finished_at - run.started_at), _SECONDS)
    return f"took {minutes} min {seconds} s" if minutes else f"took {seconds} s"
