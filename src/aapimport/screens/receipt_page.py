"""The receipt as one page to look at, to print and to forward: no script, no request."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from aapimport.person import Person
from aapimport.run.person_result import PersonResult
from aapimport.run.reconcile_report import RepairReport
from aapimport.run.records import without_names
from aapimport.run.report import EmailCounts, TeamCounts, UploadReport
from aapimport.run.undo_report import UndoReport
from aapimport.screens.console import count, safe, safe_json
from aapimport.screens.receipt import RESULTS, later_line, senders_line
from aapimport.screens.taken_back import taken_back_lines
from aapimport.screens.target import where

if TYPE_CHECKING:
    from jinja2 import Template


def receipt_page(
    report: UploadReport, without_people: UploadReport, people: Iterable[Person]
) -> str:
    """The page; whatever comes from outside is text in it.

    Args:
        report: What it tells; it names people where it has their addresses.
        without_people: The same without addresses, as a script gets it.
        people: The file's people, for their roles and teams; nobody where it isn't at hand.
    """
    portal = Counter(one.portal for one in report.people)
    jhana = Counter(one.jhana for one in report.people if one.jhana)
    counts = [
        (words, portal[name], jhana[name])
        for name, words in RESULTS.items()
        if portal[name] or jhana[name]
    ]
    seats = report.seats
    return _template().render(
        report=report,
        where=where(report.target, report.address),
        counts=counts,
        seat_share=round(100 * seats.used / seats.free_before, 2)
        if seats and seats.free_before
        else None,
        groups=[(title, rows) for title, rows in _groups([*people]) if rows],
        planned=[
            ("Team places", report.team_counts.planned, _parts(report.team_counts)),
            ("Welcome e-mails", report.email_counts.planned, _parts(report.email_counts)),
        ],
        senders=_senders(report),
        failures=[*_failures(report.people)],
        waiting=_waiting(report),
        taken_back=[*taken_back_lines(report.taken_back)],
        digest=digest_of(without_people),
    )


def digest_of(report: UploadReport | UndoReport | RepairReport) -> str:
    """SHA-256 of a receipt as `receipt --json` prints it: in UTF-8, with a line end."""
    text = safe_json(report.model_dump_json(by_alias=True, indent=2), "utf-8")
    return hashlib.sha256(f"{text}\n".encode()).hexdigest()


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: safe(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = resources.files("aapimport.screens").joinpath("receipt.html").read_text("utf-8")
    return environment.from_string(text)


def _groups(people: list[Person]) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """The roles and the teams of a file, each with how many people."""
    yield "Roles", Counter(one.role.meaning for one in people).most_common()
    yield "Teams", Counter(one.team for one in people if one.team).most_common()


def _parts(counts: TeamCounts | EmailCounts) -> str:
    parts: dict[str, Any] = counts.model_dump(exclude={"planned"})
    return ", ".join(
        f"{number:,} {name.replace('_', ' ')}" for name, number in parts.items() if number
    )


def _senders(report: UploadReport) -> str:
    """Who sends the e-mails, or has since, where the upload itself doesn't; empty where it does."""
    it = report.letters
    if report.later_emails is not None:
        return f"Since then: {later_line(report.later_emails)}."
    if it is None:
        return ""
    return f"After the upload: {senders_line(it).removesuffix(', after the upload')}."


def _waiting(report: UploadReport) -> str:
    """Who waits for the welcome e-mail, and the command that sends it; empty where nobody does."""
    if report.kind != "upload" or not report.unmailed:
        return ""
    who = count(report.unmailed, "new person waits", "new people wait")
    return f"{who} for the welcome e-mail: aapimport send-emails {report.receipt}"


def _failures(people: Iterable[PersonResult]) -> Iterator[tuple[str, str, str, str]]:
    """Who needs attention: the row, the address, what is wrong, and what to do."""
    for one in people:
        if not (one.failures or one.but):
            continue
        words = "; ".join(filter(None, (one.but, one.reason)))
        cures = "; ".join(dict.fromkeys(failure.cure for failure in one.failures))
        if one.email is None:  # a service's words may name somebody
            words, cures = without_names(words, None), without_names(cures, None)
        yield one.place or f"{one.row:,}", one.email or "", words, cures
