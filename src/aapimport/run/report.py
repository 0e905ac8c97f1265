"""The receipt: what became of everybody, read from the journal.

The models are the contract of `upload --json`; `docs/schemas/` is generated from them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.check.report import LeftOutReport, OtherSheetReport
from aapimport.errors import ExitCode
from aapimport.run.cures import MAIL
from aapimport.run.journal import Journal
from aapimport.run.letters_now import LettersNow, letters_now
from aapimport.run.mail_report import (
    LaterEmailsReport,
    LettersReport,
    later_emails,
    letters_report,
)
from aapimport.run.mailed_since import MailedSince, mailed_since
from aapimport.run.own_words import in_our_words, nameless
from aapimport.run.person_result import (
    About,
    EmailState,
    PersonResult,
    Result,
    TeamState,
    person_result,
)
from aapimport.run.places import places_of
from aapimport.run.records import Run, RunKind, Task
from aapimport.run.standing import mails_standing
from aapimport.run.taken_back import TakenBackReport, taken_back, taken_back_rows


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ServiceCounts(_Model):
    """How many people of the file had which result on one service; the sum is all of them."""

    created: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    needs_person: int = 0
    unknown: int = 0
    skipped: int = 0
    not_sent: int = 0


class ServicesCounts(_Model):
    """The counts of both services."""

    portal: ServiceCounts
    jhana: ServiceCounts


class _PlannedCounts(_Model):
    planned: int = Field(default=0, description="the sum of all others")
    rejected: int = 0
    needs_person: int = 0
    unknown: int = Field(default=0, description="asked for, and not known what became of it")
    waiting: int = Field(default=0, description="not asked for so far")
    owed: int = Field(default=0, description="not asked for before the upload was closed")
    not_asked: int = Field(default=0, description="not asked for: nobody is there to have it")


class EmailCounts(_PlannedCounts):
    """The welcome e-mails that were planned, and what became of them."""

    sent: int = 0
    handed_over: int = Field(default=0, description="to be sent by hand; nobody has said so far")


class TeamCounts(_PlannedCounts):
    """The people who were to join a team, and what became of that."""

    joined: int = 0


class SeatCounts(_Model):
    """The seats of the pass."""

    free_before: int = Field(description="free seats when the plan was made")
    used: int = Field(description="seats that this upload used; they can't be given back")
    free_by_plan: int = Field(description="what would be free if nobody else had used any")
    free_after: int | None = Field(
        description="free seats when it was finished, as the portal told; null where it didn't"
    )


class UploadReport(_Model):
    """What `upload --json` and `resume --json` print."""

    receipt: str = Field(description="the confirmation number")
    kind: Literal["upload", "send", "undo", "repair"] = Field(description="what the run was for")
    of: str = Field(description="the number of the run that it belongs to; empty for none")
    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    file: str
    sheet: str = Field(description="the sheet that was read; empty for csv")
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = Field(description="null while something is left to do")
    pass_: str = Field(alias="pass", description="the pass's name")
    rows: int = Field(description="people of the sheet: what became of each, and `left_out`")
    emails: Literal["sent", "none", "incomplete", "handed_over"]
    email_counts: EmailCounts
    letters: LettersReport | None = Field(
        description="what a mail server was to send after the upload; null for nothing"
    )
    later_emails: LaterEmailsReport | None = Field(
        default=None,
        description="of a run that hasn't sent them itself; null where no sending was begun since",
    )
    team_counts: TeamCounts
    services: ServicesCounts
    seats: SeatCounts | None = Field(description="null where the portal publishes no seats")
    left_out: list[LeftOutReport] = Field(
        description="people who weren't read, by decision: hidden, filtered or marked rows"
    )
    other_sheets: list[OtherSheetReport] = Field(description="sheets with people, not read")
    skipped: int = Field(description="people whom the plan left out, on both services")
    never_sent: int = Field(description="people not sent before the upload was closed")
    closed: bool = Field(description="ended with something left to do: it can't be resumed")
    people: list[PersonResult]
    taken_back: list[TakenBackReport] = Field(default=[], description="by undos, the oldest first")

    @property
    def unmailed(self) -> int:
        """How many people were created, and no welcome was planned or has reached them."""
        if self.later_emails is not None:
            return self.later_emails.waiting
        unsent = {"waiting", "rejected"} if self.letters else set()
        return sum(
            one.email_state in unsent
            or (one.email_state == "none" and "created" in {one.portal, one.jhana})
            for one in self.people
            if not one.taken_back
        )

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is unknown, 1 when something is not as it should be, otherwise 0.

        Whoever was left out, or didn't fit, isn't where the file says they should be.

        Of an upload that was closed nothing can be found out any more by running it again: whatever
        it owes is 1. Of e-mails in a run of their own that one's receipt tells.
        """
        failures = (it for one in self.people for it in one.failures)
        apart = self.letters is not None
        standings = {it.standing for it in failures if not (apart and it.where == MAIL)}
        if standings & {"unknown", "waiting", "not_sent"} and not self.closed:
            return ExitCode.SERVICE
        unasked = (it for it in self.people if it.email_state == "not_asked")
        mails = 0 if apart else sum(not it.mailed_since for it in unasked)
        not_asked = mails + self.team_counts.not_asked
        return ExitCode.FINDINGS if standings or not_asked or self.left_out else ExitCode.OK


def make_report(journal: Journal, run: Run, addresses: Mapping[int, str] | None) -> UploadReport:
    """The receipt of a run as it stands.

    Args:
        journal: The journal.
        run: The run.
        addresses: The people's addresses by row, where the file is at hand; None for a receipt that
            names nobody: a service's own words aren't in it, either.
    """
    letters = letters_now(journal, run, named=addresses is not None)
    undos = taken_back(journal, run)
    since = None if letters else mailed_since(journal, run)
    people = _people(journal, run, addresses, (letters, since), taken_back_rows(undos))
    run = run if addresses is not None else nameless(run)
    closed = run.closed_at is not None
    decided = json.loads(run.options or "{}")
    left_out = _left_out(decided.get("left_out", ()))
    portal = _counts(one.portal for one in people)
    jhana = _counts(one.jhana for one in people if one.jhana)
    not_sent = sum("not_sent" in {one.portal, one.jhana} for one in people)
    return UploadReport(
        receipt=run.receipt,
        kind=RunKind(run.kind).value,
        of=run.of,
        target="practice" if run.target == "practice" else "live",
        address=run.address,
        file=run.file,
        sheet=run.sheet,
        started_at=_moment(run.started_at),
        ended_at=_moment(ended) if (ended := run.finished_at or run.closed_at) else None,
        pass_=run.pass_name,
        rows=len(people) + len(left_out),
        emails=mails_standing(one.email_state for one in people),
        email_counts=EmailCounts(**_planned(one.email_state for one in people)),
        letters=letters_report(letters) if letters else None,
        later_emails=later_emails(since),
        team_counts=TeamCounts(**_planned(one.team_state for one in people)),
        services=ServicesCounts(portal=portal, jhana=jhana),
        seats=_seats(run, _seats_used(journal, run)),
        left_out=left_out,
        other_sheets=_other_sheets(decided.get("other_sheets", ())),
        skipped=portal.skipped,
        never_sent=not_sent if closed else 0,
        closed=closed,
        people=people,
        taken_back=[one.report for one in undos],
    )


def _people(
    journal: Journal,
    run: Run,
    addresses: Mapping[int, str] | None,
    mails: tuple[LettersNow | None, MailedSince | None],
    back: Mapping[int, str],
) -> list[PersonResult]:
    letters, since = mails
    steps: Iterable[Task] = journal.tasks(run.receipt)
    if letters:
        steps = merge(steps, letters.steps.values(), key=lambda task: task.row)
    if addresses is None:
        steps = map(in_our_words, steps)
    about = About(
        addresses=addresses or {},
        closed=run.closed_at is not None,
        receipt=run.of or run.receipt,
        sending=letters.open_sending if letters else None,
        taken_back=back,
        places=places_of(journal, run, named=addresses is not None),
        since=since.by if since else {},
    )
    return [person_result([*it], about) for _, it in groupby(steps, key=lambda task: task.row)]


def _left_out(kept: Iterable[tuple[int, str]]) -> list[LeftOutReport]:
    return [LeftOutReport(row=row, reason=why) for row, why in kept]


def _other_sheets(kept: Iterable[tuple[str, int]]) -> list[OtherSheetReport]:
    return [OtherSheetReport(name=name, people=people) for name, people in kept]


def _seats(run: Run, used: int) -> SeatCounts | None:
    if run.seats_free is None:
        return None
    return SeatCounts(
        free_before=run.seats_free,
        used=used,
        free_by_plan=max(0, run.seats_free - used),
        free_after=run.seats_free_after,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def _seats_used(journal: Journal, run: Run) -> int:
    """Seats that the run used: those whom it put on the pass.

    Somebody who left and came back may have got their former seat, which the portal alone knows:
    for so many its count is believed, and for nobody else, as it may be made later.
    """
    ours = journal.seats_used(run.receipt)
    if run.seats_used_before is None or run.seats_used_after is None:
        return ours
    returned = run.leavers + journal.returning(run.receipt)
    return min(ours, max(ours - returned, run.seats_used_after - run.seats_used_before, 0))


def _planned(states: Iterable[TeamState | EmailState]) -> Counter[str]:
    """How many of those that were planned stand how, and how many they are."""
    counts: Counter[str] = Counter(state for state in states if state != "none")
    counts["planned"] = counts.total()
    return counts


def _counts(results: Iterable[Result | None]) -> ServiceCounts:
    seen = list(results)
    return ServiceCounts(**{name: seen.count(name) for name in ServiceCounts.model_fields})  # type: ignore[arg-type] # field names are the results
