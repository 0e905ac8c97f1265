"""The results workbook of a run: written beside the file at every end, or where it is asked for."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.errors import AapimportError, UsageError

if TYPE_CHECKING:
    from aapimport.app.choices import RunChoices
    from aapimport.app.desk import Desk
    from aapimport.app.results_names import ResultsName
    from aapimport.check.check_file import Checked
    from aapimport.config.settings import Settings
    from aapimport.copies.results import Results, RowResult
    from aapimport.run.journal import Journal
    from aapimport.run.on_record import OnLedger
    from aapimport.run.person_result import PersonFailure, PersonResult
    from aapimport.run.records import Run
    from aapimport.run.report import UploadReport


@dataclass(frozen=True, kw_only=True)
class ResultsFiles:
    """Where the results workbooks go that a command leaves: the only place that writes them anew.

    Attributes:
        choices: What is asked for now, of an upload or of a sending of its e-mails; else, and of
            every other upload, what was asked for when it was begun counts.
        settings: The settings.
        file: The file that this very command uploads; None where the journal knows it.
        encoding: The text encoding that it was read in; empty for a workbook.
    """

    choices: "RunChoices"
    settings: "Settings"
    file: Path | None = None
    encoding: str = ""

    def leave(self, journal: "Journal", runs: "Sequence[Run]", desk: "Desk") -> None:
        """Write that of every upload that some runs were about; where it can't be, say so.

        The runs stand all the same, whatever becomes of it.
        """
        about = {one.receipt: one for run in runs for one in journal.uploads_about(run)}
        own = {one.receipt for run in runs for one in _asked_about(journal, run)}
        with suppress(OSError):  # a full stderr
            for receipt, upload in about.items():
                (self if receipt in own else self._as_then).leave_one(journal, upload, desk)
        journal.results_left(run.receipt for run in runs)

    def leave_due(self, journal: "Journal", desk: "Desk") -> None:
        """Write those anew that an earlier command was killed before it could write."""
        if due := journal.results_due(self.settings.address):
            self._as_then.leave(journal, due, desk)

    def remember(self, journal: "Journal", run: "Run") -> None:
        """Remember what is asked for now, if anything is, for every later command."""
        if self.choices.results and run.address == self.settings.address:
            for upload in _asked_about(journal, run):
                journal.remember_results(upload.receipt, self.choices.results.absolute())

    @property
    def _as_then(self) -> "ResultsFiles":
        """The same for uploads that what is asked for now isn't about."""
        choices = replace(self.choices, results=None, no_results=False)
        return replace(self, choices=choices, file=None, encoding="")

    def leave_one(self, journal: "Journal", run: "Run", desk: "Desk") -> None:
        """Write that of one upload; where it can't be, say so."""
        from aapimport.app.own_file import path_of
        from aapimport.app.results_names import ResultsName

        asked = _as_asked(self.choices, run)
        if asked.no_results or (self.settings.no_results and not asked.results):
            return
        known = path_of(run)
        path = self.file or known or Path(run.file)
        name = ResultsName(journal=journal, receipt=run.receipt, file=path, asked=asked.results)
        cure = (
            f"{name.left_behind()}aapimport receipt {run.receipt} --xlsx OUT.xlsx --file FILE"
            " writes it, with FILE as it was uploaded; without --file it has the rows' numbers, and"
            " what became of them"
        )
        try:
            if not asked.results and json.loads(run.options or "{}").get("results_named"):
                desk.say(
                    "no results workbook: where it was asked for is not known any more, and the one"
                    f" there is out of date; {cure}"
                )
                return
            if not path.exists():
                where = f"at {path}" if known else "in this folder"
                desk.say(f"no results workbook: {run.file} isn't {where}; {cure}")
                return
            out, left = write_results_of(
                journal,
                run,
                desk,
                out=name,
                file=path,
                encoding=self.encoding,
            )
        except (AapimportError, OSError) as error:
            desk.say(f"no results workbook: {error}; {cure}")
        else:
            desk.say(f"results: {out}")
            self._remember(journal, run, out, desk)
            if stays := name.passed_over():
                desk.say(f"  {stays}")
            if left:
                whom = "1 person is" if left == 1 else f"{left:,} people are"
                desk.say(f"  {whom} on its sheet To correct: correct, save, and upload it")

    @staticmethod
    def _remember(journal: "Journal", run: "Run", out: Path, desk: "Desk") -> None:
        """Have `history purge` name it, whoever saves it and whatever is erased until then."""
        try:
            if journal.keep_people:
                journal.remember_copy(run.receipt, out.absolute())
        except AapimportError as error:
            desk.say(f"history purge won't name {out}, which holds people: {error}")


def _asked_about(journal: "Journal", run: "Run") -> "Sequence[Run]":
    """The uploads whose results workbooks are meant by what is asked for with a run.

    Of an upload, or a sending of its e-mails, that upload; of a sending of a pass all of them.
    """
    about = journal.uploads_about(run)
    return [one for one in about if one.receipt == (run.of or run.receipt)] or about


def _as_asked(choices: "RunChoices", run: "Run") -> "RunChoices":
    """What was asked about the results workbook when a run was begun, unless it is asked anew."""
    if choices.results or choices.no_results:
        return choices
    kept = json.loads(run.options or "{}")
    out = kept.get("results")
    return replace(
        choices, results=Path(out) if out else None, no_results=bool(kept.get("no_results"))
    )


def check_results_name(out: Path | None) -> None:
    """Refuse a name for the results workbook that nothing could be written to.

    Raises:
        UsageError: It doesn't end in .xlsx.
    """
    if out is not None and out.suffix.lower() != ".xlsx":
        raise UsageError(
            f"{out} does not end in .xlsx", hint=f"for example: --results {out.stem}.xlsx"
        )


def write_results_of(
    journal: "Journal",
    run: "Run",
    desk: "Desk",
    *,
    out: "Path | ResultsName",
    file: Path | None,
    encoding: str = "",
) -> tuple[Path, int]:
    """Write the results workbook of a run.

    Args:
        journal: The journal.
        run: The run.
        desk: Shows that the file is read.
        out: The workbook, whose place it takes; or what names it, once it is written whole.
        file: The file that was uploaded; None where it isn't at hand.
        encoding: The text encoding of a csv; empty for that in which it was read for the run.

    Returns:
        Where it is, and how many people are on its sheet To correct.

    Raises:
        AapimportError: It can't be written, or the file is another one.
    """
    from aapimport.app.own_file import addresses_in, own_file
    from aapimport.copies.results import write_results
    from aapimport.run.report import make_report

    checked = own_file(run, file, desk, encoding) if file else None
    addresses = addresses_in(checked) if checked else {}
    report = make_report(journal, run, {**journal.addresses(run.receipt), **addresses})
    named, place = (out, None) if isinstance(out, Path) else (out.free(), out.free)
    with desk.busy(f"writing {named.name}"):
        results = _results(journal, run, report, checked)
        out = write_results(results, checked, named, force=True, place=place)
    left = sum(one.is_to_correct for one in results.rows.values()) if checked else 0
    return out, left


def _results(
    journal: "Journal", run: "Run", report: "UploadReport", checked: "Checked | None"
) -> "Results":
    from aapimport.app.origin import portal_of
    from aapimport.check.origin import origin_property
    from aapimport.config.addresses import places_of
    from aapimport.copies.results import Results, RowResult
    from aapimport.run.mailed_since import mailed_since
    from aapimport.run.records import StepKind
    from aapimport.screens.receipt import later_line

    ids = {
        (task.row, task.service): task.account_id
        for task in journal.tasks(report.receipt, StepKind.ACCOUNT)
    }
    rows = {one.row: _row(one, ids, closed=report.closed) for one in report.people}
    if report.later_emails and (since := mailed_since(journal, run)):
        rows |= {
            row: replace(rows[row], email=_SINCE.get(how, ""))
            for row, how in since.rows.items()
            if row in since.by or not rows[row].email  # else it is told how the upload's stands
        }
    rows |= {row: replace(rows[row], email=_NO_WORKBOOK) for row in _without_workbook(journal, run)}
    rows |= {one.row: RowResult(result="not read", reason=one.reason) for one in report.left_out}
    summary = [*_summary(report)]
    if report.later_emails:
        summary.append(("E-mails since then", later_line(report.later_emails)))
    if checked and any(one.is_to_correct for one in rows.values()):
        summary.append(("Next", "correct the sheet To correct, save, and upload this workbook"))
    portal = portal_of(places_of(run.address))
    origin = origin_property(run.receipt, portal, run.pass_id, run.pass_name)
    return Results(receipt=report.receipt, rows=rows, summary=summary, origin=origin)


_NO_WORKBOOK = "handed over, but the workbook isn't there"


def _without_workbook(journal: "Journal", run: "Run") -> set[int]:
    """The rows of people whose hand-over was cut off."""
    from aapimport.app.cut_hand_over import cut_hand_overs, people_without_workbook

    cut = cut_hand_overs(journal, run.address)
    found = people_without_workbook(journal, run, cut)
    return {row for rows in found.values() for row in rows}


_SINCE: dict["OnLedger", str] = {
    "mailed": "sent",
    "handed_over": "handed over",
    "in_doubt": "in doubt",
    "waits": "waiting",
}
"""How somebody's e-mail stands by sendings since, where the upload has sent none."""


def _row(one: "PersonResult", ids: dict[tuple[int, str], str], *, closed: bool) -> "RowResult":
    from aapimport.copies.results import RowResult
    from aapimport.screens.receipt import RESULTS

    cures = [f"next: {cure}" for cure in dict.fromkeys(it.cure for it in one.failures)]
    words = RESULTS[one.portal]
    result = f"{words}, but {one.but}" if one.but else words
    return RowResult(
        result=f"{result}; taken back by undo {one.taken_back}" if one.taken_back else result,
        reason="; ".join(filter(None, (one.reason, *cures))),
        portal_id=ids.get((one.row, "portal"), ""),
        jhana_id=ids.get((one.row, "jhana"), ""),
        email="" if one.email_state == "none" else one.email_state.replace("_", " "),
        is_to_correct=any(_is_for_the_file(it, closed=closed) for it in one.failures),
    )


def _is_for_the_file(failure: "PersonFailure", *, closed: bool) -> bool:
    """Whether uploading the row again, corrected or not, can mend what failed.

    E-mails aren't sent by that, and what an open upload still has to do is done by `resume`.
    """
    if failure.where == "e-mail":
        return False
    over = {"unknown", "not_sent", "owed"} if closed else set()
    return failure.standing in {"rejected", "left_out", "needs_person"} | over


def _summary(report: "UploadReport") -> Iterator[tuple[str, str]]:
    from aapimport.screens.receipt import RESULTS
    from aapimport.screens.taken_back import taken_back_lines
    from aapimport.template.columns import SUMMARY_PASS, SUMMARY_WHERE

    yield "File", f"{report.file}, {report.sheet}" if report.sheet else report.file
    yield SUMMARY_PASS, report.pass_
    yield SUMMARY_WHERE, "practice" if report.target == "practice" else report.address
    yield "Started (UTC)", f"{report.started_at:%Y-%m-%d %H:%M}"
    ended = f"{report.ended_at:%Y-%m-%d %H:%M}" if report.ended_at else "something is left to do"
    yield "Ended (UTC)", ended
    for line in taken_back_lines(report.taken_back):
        yield "Taken back", line
    yield "Rows", f"{report.rows:,}"
    portal = Counter(one.portal for one in report.people)
    jhana = Counter(one.jhana for one in report.people if one.jhana)
    for service, counts in (("All Access Pass", portal), ("Jhana", jhana)):
        for result, words in RESULTS.items():
            if counts[result]:
                yield f"{service}: {words}", f"{counts[result]:,}"
    if report.left_out:
        yield "not read, by decision", f"{len(report.left_out):,}"
    if report.seats:
        yield "Seats used", f"{report.seats.used:,}"
    for name, planned in (("Teams", report.team_counts), ("E-mails", report.email_counts)):
        for state, number in planned.model_dump().items():
            if number and planned.planned:
                yield f"{name}: {state.replace('_', ' ')}", f"{number:,}"
