"""What was uploaded from here: the journal's runs, and the receipt of one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.app.lists import Target
from aapimport.errors import ExitCode
from aapimport.run.taken_back import TakenBackReport

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.run.beside import Beside
    from aapimport.run.journal import Journal
    from aapimport.run.on_record import OnRecord
    from aapimport.run.records import Run


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class HistoryEntry(_Model):
    """One run."""

    receipt: str = Field(description="the confirmation number")
    kind: Literal["upload", "send", "undo", "repair"] = Field(description="what it was for")
    of: str = Field(description="the number of the run that it belongs to; empty for none")
    target: Target
    address: str = Field(description="where both services are")
    profile: str = Field(description="the client's profile; empty without one")
    file: str
    sheet: str = Field(description="the sheet that was read; empty for csv")
    pass_: str = Field(alias="pass", description="the pass's name")
    started_at: AwareDatetime
    started_by: str = Field(description="who began it and where; empty when not known")
    ended_at: AwareDatetime | None = Field(description="null while something is left to do")
    state: Literal["open", "finished", "closed"]
    done: int = Field(description="steps that are done; what was rejected isn't")
    steps: int = Field(description="steps of the run: accounts, passes, teams and e-mails")
    not_before: AwareDatetime | None = Field(
        description="when the e-mails that wait may be sent; null where none wait for a day"
    )
    unmailed: int = Field(
        description="people of an ended upload with e-mails by a mail server who wait for the"
        " welcome e-mail, as the mail ledger knows: send-emails RECEIPT mails them, or says why not"
    )
    in_doubt: int = Field(
        default=0, description="likewise those of whom nobody knows whether their e-mail was sent"
    )
    without_workbook: bool = Field(
        default=False,
        description="whether a hand-over was cut off before its workbook was there: resume RECEIPT"
        " writes it, send-emails RECEIPT --not-sent frees its people",
    )
    taken_back: list[TakenBackReport] = Field(
        default=[], description="what undos have taken back of it, the oldest first"
    )


class HistoryReport(_Model):
    """What `history --json` prints."""

    target: Target
    address: str = Field(description="where both services are")
    runs: list[HistoryEntry] = Field(description="the newest first")


@contextmanager
def read_journal(path: Path, beside: "Beside | None" = None) -> Iterator["Journal"]:
    """A journal for a command that only looks into it, also while an upload writes it.

    None is made where there is none: its file would say that real services are worked with.

    Args:
        path: The journal.
        beside: The journals of the other profiles, which may know of e-mails to the same people.

    Raises:
        SettingsError: It can't be read.
    """
    from aapimport.run.journal import Journal

    with Journal(path, beside=beside) if path.exists() else Journal.empty() as journal:
        yield journal


def list_history(settings: "Settings", desk: "Desk", *, everywhere: bool) -> ExitCode:
    """List the runs at the configured services.

    Args:
        settings: The settings.
        desk: Where the administrator sits.
        everywhere: Whether those of other profiles and addresses count, and those in practice.

    Raises:
        SettingsError: A journal can't be read.
    """
    from aapimport.app.session import journals_beside
    from aapimport.run.journal import journal_path
    from aapimport.screens.history import show_history
    from aapimport.screens.target import show_target

    if everywhere:
        found = [
            one
            for profile, path in _journals(settings)
            for one in _entries(path, profile, beside=journals_beside(settings, path))
        ]
    else:
        path = journal_path(settings.state_dir, settings.target)
        beside = journals_beside(settings)
        found = _entries(path, settings.profile, settings.address, beside=beside)
    report = HistoryReport(
        target=settings.target,
        address=settings.address,
        runs=sorted(found, key=lambda one: one.started_at, reverse=True),
    )
    if desk.as_json:
        desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        return ExitCode.OK
    desk.show_beside(show_target, settings)
    desk.show(show_history, report, everywhere=everywhere)
    for one in report.runs:
        for said in _told(one, settings):
            desk.say(said)
    if report.runs:
        desk.say(f"next: {_command('receipt', report.runs[0], settings)} shows what became of it")
    return ExitCode.OK


def _told(one: HistoryEntry, settings: "Settings") -> Iterator[str]:
    """What is to be said of the e-mails of a run."""
    from aapimport.screens.console import count

    if said := _waiting(one, settings):
        yield said
    if one.without_workbook:
        yield (
            f"{one.receipt}: cut off before its workbook was there, and its people count as"
            f" handed over: {_command('resume', one, settings)} writes it, or says what helps"
        )
    if one.in_doubt:
        who = count(one.in_doubt, "person", "people")
        told = f"of {who} nobody knows whether they were mailed"
        yield f"{one.receipt}: {told}: {_command('receipt', one, settings)} says whom"


def _waiting(one: HistoryEntry, settings: "Settings") -> str:
    """What e-mails of a run wait for, and the command that sends them; empty for none."""
    from aapimport.screens.console import count
    from aapimport.screens.how_long import moment

    if one.not_before is not None:
        day = moment(one.not_before.timestamp())
        resume = _command("resume", one, settings)
        return f"{one.receipt}: no e-mail is sent before {day}; then: {resume}"
    if not one.unmailed:
        return ""
    who = count(one.unmailed, "person waits", "people wait")
    send = _command("send-emails", one, settings)
    return f"{one.receipt}: {who} for the welcome e-mail: {send}"


def _command(name: str, one: HistoryEntry, settings: "Settings") -> str:
    """A command about a run, which may be of another client."""
    from aapimport.text import as_typed

    flag = ""
    if one.target != settings.target and one.target == "practice":
        flag = " --practice"
    elif one.profile and one.profile != settings.profile:
        flag = f" --profile {as_typed(one.profile)}"
    return f"aapimport {name}{flag} {one.receipt}"


def _journals(settings: "Settings") -> Iterator[tuple[str, Path]]:
    """Every journal of the state folder, that of practice among them, each with its profile."""
    from aapimport.config.folders import PROFILES
    from aapimport.run.journal import journal_path

    base = settings.state_dir
    if settings.profile and settings.target == "live":  # a profile's folder is its own
        base = base.parent.parent
    yield "", journal_path(base, "practice")
    yield "", journal_path(base, "live")
    folder = base / PROFILES
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        yield one.name, journal_path(one, "live")


def _entries(
    path: Path, profile: str, address: str | None = None, *, beside: "Beside | None"
) -> list[HistoryEntry]:
    from aapimport.app.cut_hand_over import cut_hand_overs

    records: dict[str, OnRecord] = {}
    with read_journal(path, beside) as journal:
        cut = {run.receipt for run in cut_hand_overs(journal, address)}
        found = [_entry(journal, run, profile, records) for run in journal.runs(address)]
        return [it.model_copy(update={"without_workbook": it.receipt in cut}) for it in found]


def _entry(
    journal: "Journal", run: "Run", profile: str, records: "dict[str, OnRecord]"
) -> HistoryEntry:
    from aapimport.run.on_record import OnRecord
    from aapimport.run.records import RunKind
    from aapimport.run.taken_back import taken_back
    from aapimport.run.wanted_letters import unmailed_of, wanted_letters

    unmailed = in_doubt = 0
    if wanted_letters(run):
        record = records.get(run.address) or OnRecord(journal, run.address)
        unmailed = unmailed_of(journal, run, records.setdefault(run.address, record))
        in_doubt = 0 if run.is_open else record.in_doubt([run])
    how_far = journal.progress(run.receipt)
    is_over = not run.is_open or how_far.reached - how_far.unread == how_far.steps
    ended = run.finished_at or run.closed_at
    return HistoryEntry(
        receipt=run.receipt,
        kind=RunKind(run.kind).value,
        of=run.of,
        target="practice" if run.target == "practice" else "live",
        address=run.address,
        profile=profile,
        file=run.file,
        sheet=run.sheet,
        pass_=run.pass_name,
        started_at=_moment(run.started_at),
        started_by=run.started_by,
        ended_at=_moment(ended) if ended else None,
        state="closed" if run.closed_at else "finished" if is_over else "open",
        done=how_far.done - how_far.unread,
        steps=how_far.steps,
        not_before=_moment(run.not_before) if run.is_open and run.not_before else None,
        unmailed=unmailed,
        in_doubt=in_doubt,
        taken_back=[one.report for one in taken_back(journal, run)],
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
