"""Erasing names and addresses from what is kept of former uploads."""

import re
import time
from typing import TYPE_CHECKING

from pydantic import Field

from aapimport.app.written import Answer
from aapimport.errors import DeclinedError, ExitCode, UsageError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.run.journal import Journal

_DAYS = re.compile(r"(\d+(?:\.\d+)?)\s*d?", re.IGNORECASE)


class PurgeReport(Answer):
    """What `history purge --json` prints."""

    people: int = Field(description="people erased; whoever was in two runs counts twice")
    runs: list[str] = Field(description="the runs that name nobody any more")
    open: list[str] = Field(description="the runs that aren't finished, and keep their people")
    files: list[str] = Field(
        description="every file that was uploaded, by its name, which holds people wherever it is;"
        " and by their paths what was written of it, is there, and was still known before people"
        " were erased: results workbooks, workbooks of hand-overs, and what `receipt` wrote with"
        " people"
    )


def read_days(text: str) -> float:
    """A number of days: `30d`, `30`, `0.5d`.

    Raises:
        UsageError: It is none.
    """
    found = _DAYS.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            f"{text!r} is no number of days", hint="for example: --older-than 30d, or 0d for all"
        )
    return float(found[1])


def purge(settings: "Settings", desk: "Desk", older_than: str | None) -> ExitCode:
    """Erase everybody of runs that ended so long ago from the journal, after a yes.

    Args:
        settings: The settings.
        desk: Asks.
        older_than: How long ago; everybody of all runs that have ended without it.

    Raises:
        DeclinedError: The answer was no.
        UsageError: It is no number of days, or nothing can answer.
    """
    from aapimport.app.session import opened_journal
    from aapimport.run.purging import Purged
    from aapimport.screens.target import show_target

    days = 0.0 if older_than is None else read_days(older_than)
    desk.show_beside(show_target, settings)
    since = f"ended more than {days:g} days ago" if days else "have ended"
    with opened_journal(settings, desk) as journal:
        question = (
            f"Erase the names and addresses of everybody in runs that {since}? Their receipts then"
            " name rows and ids only, and names can't be given back by undo."
        )
        if not desk.confirm(question, default=False, flags="--yes"):
            raise DeclinedError("you did not say yes", state="nothing was erased")
        files = _files(journal) if journal else []
        purged = journal.purge(time.time() - days * 86_400) if journal else Purged()
        left = [run.receipt for run in journal.open_runs()] if journal else []
    report = PurgeReport(
        target=settings.target,
        address=settings.address,
        people=purged.people,
        runs=list(purged.runs),
        open=left,
        files=files,
    )
    if desk.as_json:
        desk.print_result(report.model_dump_json(indent=2))
    else:
        _tell(report, desk, keeps=bool(settings.keep_people))
    return ExitCode.OK


def _files(journal: "Journal") -> list[str]:
    """All files that hold people, of whichever run, as far as the journal names them.

    The names of those that were uploaded: where they are now, or whether they are, isn't known.
    The paths of what was written and is there, as long as the journal keeps people.
    """
    import json
    from pathlib import Path

    from aapimport.app.results_names import workbooks_of
    from aapimport.run.records import RunKind

    found: set[str] = set()
    for run in journal.runs():
        if run.is_open:
            continue
        if run.kind == RunKind.UPLOAD:
            found |= {run.file, *map(str, workbooks_of(run))}
        kept = json.loads(run.options or "{}")
        written = (*kept.get("copies", ()), kept.get("workbook", ""))
        found |= {one for one in written if Path(one).is_file()}
    return sorted(found - {""})


def _tell(report: PurgeReport, desk: "Desk", *, keeps: bool) -> None:
    """Say what was erased, and what still holds people."""
    from aapimport.screens.console import count, safe

    runs = count(len(report.runs), "run")
    desk.print_result(f"erased: {count(report.people, 'person', 'people')} of {runs}")
    if report.open:
        desk.say(f"kept, since they are not finished: {', '.join(report.open)}")
    if report.files:
        desk.say(
            "these files of yours hold people wherever they still are, and so does every copy that"
            f" you have made of one: {', '.join(map(safe, report.files))}"
        )
    if not keeps:
        desk.say(
            "with keep_people = 0 it isn't kept where files were written: results workbooks,"
            " workbooks of hand-overs, and receipts with people can't be named, and hold people"
            " wherever they still are"
        )
