"""The completion notice: how a run ended, for somebody who wasn't there, in words that name nobody.

Of a row it tells how it stands and what kind of trouble a service had with it. The service's own
words, which may name anybody, are on the receipt; no file, sheet or team is named either.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aapimport.errors import AapimportError, DeclinedError, ExitCode
from aapimport.plan.decide import (
    ANOTHERS,
    MAYBE,
    NO_PLACE,
    NO_SEAT,
    RETURNS,
    RETURNS_TO_JHANA,
    RETURNS_TO_PORTAL,
)
from aapimport.run.cures import NOT_YET, Standing
from aapimport.run.person_result import PersonFailure, PersonResult
from aapimport.run.reconcile_report import RepairReport
from aapimport.run.records import Run, RunKind
from aapimport.run.report import ServiceCounts, UploadReport
from aapimport.run.undo_report import MAIL, UndoReport
from aapimport.screens.console import count, safe
from aapimport.screens.receipt import (
    RESULTS,
    mails_line,
    moment,
    rows_line,
    seats_line,
    teams_line,
)
from aapimport.screens.target import where

MOST_FAILURES = 10
"""Rows that are told one by one; all of them are on the receipt."""
_LABEL = 17
_LONGEST_NAME = 60
_STANDINGS: Mapping[Standing, str] = {
    "left_out": "left out by the plan",
    "not_sent": "not sent so far",
    "rejected": "rejected",
    "needs_person": "waiting for somebody's word",
    "unknown": "not known what became of it",
    "waiting": "still to be asked for",
    "owed": "owed",
    "not_kept": "accepted, but not kept as asked",
}
_PLANS_REASONS = (
    *(MAYBE, ANOTHERS, NO_SEAT, NO_PLACE),
    *(RETURNS, RETURNS_TO_PORTAL, RETURNS_TO_JHANA),
)
_WHY: Mapping[ExitCode, str] = {
    ExitCode.FINDINGS: "it was refused, or somebody said no",
    ExitCode.USAGE: "something had to be answered, and nobody was there to do it",
    ExitCode.SETTINGS: "a service refuses the log-in, or a setting can't be right",
    ExitCode.SERVICE: "a service can't be reached, is busy, or didn't answer",
    ExitCode.BUG: "an error ended it that nobody expects",
    ExitCode.INTERRUPTED: "it was stopped with ^C",
    ExitCode.TERMINATED: "it was stopped by the system",
}
"""Why a session ended before the run did. The error's own words could name somebody."""
_NOBODY = "Nobody is named here: who it is, and what the services say, is on the receipt."
_GONE = {"taken back", "half"}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What somebody is told.

    Attributes:
        subject: One line.
        text: Lines of plain text.
    """

    subject: str
    text: str


@dataclass(frozen=True, kw_only=True)
class End:
    """The end of one session of a run.

    Attributes:
        run: The run as it is now.
        profile: The profile that its services are configured in; empty without one.
        error: What ended the session before the run; None where nothing did.
        next: What is to be done next, with the commands as they are typed.
        digests: By each command that prints the receipt as JSON, the SHA-256 of what it prints.
    """

    run: Run
    profile: str
    error: AapimportError | None
    next: str
    digests: Mapping[str, str]


def run_notice(report: UploadReport, end: End, sending: UploadReport | None = None) -> Notice:
    """What is told of an upload, or of welcome e-mails.

    Args:
        report: Its receipt.
        end: How the session ended.
        sending: The receipt of the welcome e-mails that followed the upload in a run of their own,
            of which `end` tells how far it is; None for none.
    """
    reached, kind = _reached(report, sending)
    lines = [
        ("All Access Pass", _counts(report.services.portal)),
        ("Jhana", _counts(report.services.jhana)),
        ("Rows", rows_line(report)),
    ]
    if report.team_counts.planned:
        lines.append(("Teams", teams_line(report.team_counts, closed=report.closed)))
    if report.seats:
        lines.append(("Seats", seats_line(report.seats, end.run)))
    lines.append(("E-mails", mails_line(report)))
    if report.other_sheets:
        lines.append(("Not read", f"{count(len(report.other_sheets), 'other sheet')} with people"))
    failed = [one for one in report.people if one.failures]
    if later := sum(_is_later(one) for one in failed):
        lines.append(("Left to do", f"for {count(later, 'person', 'people')}"))
    if report.left_out:
        lines.append(("Not read", f"{count(len(report.left_out), 'row')}, by decision"))
    rows = [_row(one) for one in sorted(failed, key=lambda it: it.row) if not _is_later(one)]
    rows += _unasked(report)
    is_all = reached[0] == reached[1] or report.kind == "send"
    state = _state(end, report.exit_code if is_all else max(report.exit_code, ExitCode.FINDINGS))
    if report.email_counts.handed_over and state == "complete":
        state = "handed over"
    return _made(state, reached, kind, lines, rows, end)


def _reached(
    report: UploadReport, sending: UploadReport | None
) -> tuple[tuple[int, int, str], str]:
    """How many of how many are as they should be, in which words; and what kind of run it was."""
    if report.kind == "send":
        mails = report.email_counts
        what = "e-mails are sent"
        if mails.handed_over:
            what += f", {mails.handed_over:,} handed over to be sent by hand"
        kind = f"welcome e-mails of upload {report.of}" if report.of else "welcome e-mails"
        return (mails.sent, mails.planned, what), kind
    unsent = {"waiting", "owed"} if report.letters else set()
    done = sum(not (it.failures or it.email_state in unsent) for it in report.people)
    what = "people are as the file says"
    if report.letters:
        what += ", and mailed where they are new"
    kind = f"upload, and its welcome e-mails by sending {sending.receipt}" if sending else "upload"
    return (done, report.rows, what), kind


def undo_notice(report: UndoReport, end: End) -> Notice:
    """What is told of an undo.

    Args:
        report: Its receipt.
        end: How the session ended.
    """
    mails = sum(one.what == MAIL for one in report.effects)
    effects = [it for it in report.effects if it.what != MAIL or it.result != "named before"]
    gone = sum(one.result in _GONE for one in effects)
    lines = [
        ("Taken back", f"{report.taken_back:,}"),
        ("Half", f"{report.half:,} (the seat stays used)"),
        ("Not taken back", f"{report.not_taken_back:,}"),
        ("Left to do", f"{report.unfinished:,}"),
    ]
    if mails:
        lines.append(("E-mails", f"{mails:,} sent, or may have been: that can't be taken back"))
    failed = [
        f"row {one.row}: {one.service}, {one.what}: {one.result}"
        for one in sorted(effects, key=lambda it: it.row)
        if one.result not in {*_GONE, "left"}
    ]
    state = _state(end, report.exit_code)
    what = "effects are taken back" + (f", {report.half:,} of them half" if report.half else "")
    return _made(
        state, (gone, len(effects), what), f"undo of upload {report.of}", lines, failed, end
    )


def repair_notice(report: RepairReport, end: End) -> Notice:
    """What is told of a repair.

    Args:
        report: Its receipt, with what still differs where that is known.
        end: How the session ended.
    """
    lines = [
        ("Put right", f"{report.repaired:,}"),
        ("Not put right", f"{report.not_repaired:,}"),
        ("Left to do", f"{report.unfinished:,}"),
    ]
    if report.named:
        only = "" if report.compared_again else ", which a repair only names"
        lines.append(("Still differs", f"{count(len(report.named), 'difference')}{only}"))
    if unknown := len(report.unproven) + len(report.not_known):
        lines.append(("Not known", f"{count(unknown, 'thing')} that couldn't be seen"))
    failed = [
        f"row {one.row}: {one.service}, {one.what}: {one.result}"
        for one in sorted(report.effects, key=lambda it: it.row)
        if one.result not in {"repaired", "left"}
    ]
    reached = (report.repaired, len(report.effects), "differences are put right")
    return _made(_state(end, report.exit_code), reached, "repair of a pass", lines, failed, end)


def _made(
    state: str,
    reached: tuple[int, int, str],
    kind: str,
    lines: list[tuple[str, str]],
    failures: list[str],
    end: End,
) -> Notice:
    run, (done, of, what) = end.run, reached
    how_many = f"{done:,} of {of:,}"
    pass_name = _one_line(run.pass_name, _LONGEST_NAME)
    why = f"; {_WHY[end.error.exit_code]}" if end.error and run.finished_at is None else ""
    ended = run.finished_at or run.closed_at
    told = [
        ("Result", f"{state}, {how_many} {what}{why}"),
        ("Receipt", run.receipt),
        ("Run", kind),
        ("Where", where(run.target, run.address, end.profile)),
        ("Pass", safe(run.pass_name)),
        ("Begun", moment(run.started_at)),
        ("Ended", moment(ended) if ended else "something is left to do"),
        *lines,
    ]
    text = [f"{label:{_LABEL}}{words}" for label, words in told]
    if failures:
        shown = failures[:MOST_FAILURES]
        rest = f" (the first {len(shown)} of {len(failures):,} rows)"
        text += ["", f"To look at{rest if len(failures) > len(shown) else ''}:"]
        text += [f"  {line}" for line in shown]
    text += ["", f"Next: {end.next}", "", "SHA-256 of the receipt, as each of these prints it"]
    mails = end.run.kind in {RunKind.UPLOAD, RunKind.SEND}
    text[-1] += " until more of it is mailed, settled or taken back:" if mails else ":"
    for command, digest in end.digests.items():
        text += [f"  {command}", f"    {digest}"]
    text += ["", _NOBODY]
    subject = f"aapimport: {_host(run)}, {pass_name}: {_of(run)}{state}, {how_many}"
    return Notice(subject=subject, text="\n".join(text) + "\n")


def _state(end: End, code: ExitCode) -> str:
    """How it stands, in a word: `failed` is what has to be mended before it can go on."""
    if end.run.closed_at is not None:
        return "closed"
    if end.run.finished_at is not None:
        return "complete" if code is ExitCode.OK else "finished, but not all is well"
    mended_first = {ExitCode.FINDINGS, ExitCode.SETTINGS, ExitCode.BUG}
    if end.error and end.error.exit_code in mended_first:
        return "paused" if isinstance(end.error, DeclinedError) else "failed"
    return "paused"


def _of(run: Run) -> str:
    words = {RunKind.SEND: "e-mails ", RunKind.UNDO: "undo ", RunKind.REPAIR: "repair "}
    return words.get(RunKind(run.kind), "")


def _host(run: Run) -> str:
    if run.target == "practice":
        return "PRACTICE"
    return safe(urlsplit(run.address.partition(" ")[0]).netloc)


def _counts(counts: ServiceCounts) -> str:
    """What became of the people on one service, in words."""
    numbers = counts.model_dump()
    found = [f"{numbers[name]:,} {words}" for name, words in RESULTS.items() if numbers[name]]
    return ", ".join(found) or "nobody"


def _is_later(one: PersonResult) -> bool:
    """Whether nothing is wrong about somebody, but that the run didn't come to them so far."""
    return all(failure.words == NOT_YET for failure in one.failures)


def _row(one: PersonResult) -> str:
    said = dict.fromkeys(f"{failure.where}: {_said(failure)}" for failure in one.failures)
    return f"{_place(one)}: {'; '.join(said)}"


def _unasked(report: UploadReport) -> Iterator[str]:
    """The rows of people of whom nothing failed, and something that was planned isn't asked for.

    The e-mails that a run of its own sends are told by that one (`UploadReport.exit_code`).
    """
    for one in sorted(report.people, key=lambda it: it.row):
        mail = one.email_state == "not_asked" and not (report.letters or one.mailed_since)
        found = {"team": one.team_state == "not_asked", "e-mail": mail}
        words = [f"{what}: not asked for" for what, is_left in found.items() if is_left]
        if words and not one.failures:
            yield f"{_place(one)}: {'; '.join(words)}"


def _place(one: PersonResult) -> str:
    return one.place or f"row {one.row}"


def _said(failure: PersonFailure) -> str:
    """What is wrong, in words of ours."""
    reasons = (one for one in _PLANS_REASONS if failure.words.startswith(one))
    reason = failure.kind or (next(reasons, "") if failure.standing == "left_out" else "")
    standing = _STANDINGS[failure.standing]
    return f"{standing} ({reason})" if reason else standing


def _one_line(text: str, longest: int) -> str:
    line = safe(" ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
