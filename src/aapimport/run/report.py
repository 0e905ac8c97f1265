"""The receipt: what became of everybody, read from the journal.

The models are the contract of `upload --json`; `docs/schemas/` is generated from them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.check.report import LeftOutReport, OtherSheetReport
from aapimport.errors import ExitCode
from aapimport.plan.plan import Action
from aapimport.run.cures import WHERE, Failing, Standing, failings
from aapimport.run.journal import Journal
from aapimport.run.own_words import in_our_words, nameless
from aapimport.run.records import JOINS, Run, RunKind, State, StepKind, Task
from aapimport.run.standing import join_standing, mail_standing, mails_standing
from aapimport.run.taken_back import TakenBackReport, taken_back, taken_back_rows

Result = Literal[
    "created", "changed", "same", "rejected", "needs_person", "unknown", "skipped", "not_sent"
]
"""What became of one person's account on one service: `rejected` means that nobody is there,
`needs_person` that only a person may decide, `skipped` people were left out by the plan, `not_sent`
is nothing so far, or for good when the upload was closed."""
TeamState = Literal[
    "none", "joined", "rejected", "needs_person", "unknown", "waiting", "owed", "not_asked"
]
EmailState = Literal[
    "none",
    "sent",
    "handed_over",
    "rejected",
    "needs_person",
    "unknown",
    "waiting",
    "owed",
    "not_asked",
]
"""As `aapimport.run.standing` has them; what is done has its own word."""


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


class PersonFailure(_Model):
    """What is not as it should be about one person in one place."""

    where: str = Field(description="what it is about, in words: the service, the pass, the team")
    service: Literal["portal", "jhana"]
    standing: Standing
    kind: str = Field(description="the kind of trouble the service had; empty where it had none")
    words: str = Field(description="what is wrong, in the service's words where it gave any")
    cure: str = Field(description="what to do next")


class PersonResult(_Model):
    """What became of one row."""

    row: int = Field(description="the row in the file, as Excel shows it")
    email: str | None = Field(
        description="the address; null once it is erased (`keep_people`), without the file"
    )
    portal: Result
    jhana: Result | None = Field(description="null when the row doesn't ask for Jhana")
    team_state: TeamState
    email_state: EmailState
    but: str = Field(description="what is not as it should be although the account is there")
    reason: str = Field(description="why something was rejected or is unknown; may be empty")
    failures: list[PersonFailure] = Field(
        description="what is not as it should be, place by place, each with what to do next"
    )
    taken_back: str = Field(default="", description="the undo that did since; empty for none")


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
    def has_unmailed(self) -> bool:
        """Whether somebody was created, no e-mail was planned, and nothing is taken back."""
        return any(
            one.email_state == "none" and "created" in {one.portal, one.jhana}
            for one in self.people
            if not one.taken_back
        )

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is unknown, 1 when something is not as it should be, otherwise 0.

        Whoever was left out, or didn't fit, isn't where the file says they should be.

        Of an upload that was closed nothing can be found out any more by running it again: whatever
        it owes is 1.
        """
        standings = {failure.standing for one in self.people for failure in one.failures}
        if standings & {"unknown", "waiting", "not_sent"} and not self.closed:
            return ExitCode.SERVICE
        not_asked = self.email_counts.not_asked + self.team_counts.not_asked
        return ExitCode.FINDINGS if standings or not_asked or self.left_out else ExitCode.OK


def make_report(journal: Journal, run: Run, addresses: Mapping[int, str] | None) -> UploadReport:
    """The receipt of a run as it stands.

    Args:
        journal: The journal.
        run: The run.
        addresses: The people's addresses by row, where the file is at hand; None for a receipt that
            names nobody: a service's own words aren't in it, either.
    """
    closed = run.closed_at is not None
    steps: Iterable[Task] = journal.tasks(run.receipt)
    if addresses is None:
        run, steps, addresses = nameless(run), map(in_our_words, steps), {}
    by_row = groupby(steps, key=lambda task: task.row)
    receipt = run.of or run.receipt
    undos = taken_back(journal, run)
    back = taken_back_rows(undos)
    told = (_person([*it], addresses, closed=closed, receipt=receipt) for _, it in by_row)
    people = [one.model_copy(update={"taken_back": back.get(one.row, "")}) for one in told]
    decided = json.loads(run.options or "{}")
    left_out = [LeftOutReport(row=row, reason=why) for row, why in decided.get("left_out", ())]
    portal = _counts(one.portal for one in people)
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
        team_counts=TeamCounts(**_planned(one.team_state for one in people)),
        services=ServicesCounts(
            portal=portal, jhana=_counts(one.jhana for one in people if one.jhana)
        ),
        seats=_seats(run, _seats_used(journal, run)),
        left_out=left_out,
        other_sheets=[*_other_sheets(decided.get("other_sheets", ()))],
        skipped=portal.skipped,
        never_sent=not_sent if closed else 0,
        closed=closed,
        people=people,
        taken_back=[one.report for one in undos],
    )


def _other_sheets(found: Iterable[tuple[str, int]]) -> Iterable[OtherSheetReport]:
    return (OtherSheetReport(name=name, people=number) for name, number in found)


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


def _person(
    steps: list[Task], addresses: Mapping[int, str], *, closed: bool, receipt: str
) -> PersonResult:
    by_kind = {(task.service, task.kind): task for task in steps}
    portal = by_kind["portal", StepKind.ACCOUNT]
    jhana = by_kind.get(("jhana", StepKind.ACCOUNT))
    accounts = {it.service: it for it in (portal, jhana) if it}
    joins = [by_kind["portal", kind] for kind in JOINS if ("portal", kind) in by_kind]
    email = by_kind.get(("portal", StepKind.EMAIL)) or by_kind.get(("jhana", StepKind.EMAIL))
    mailed = mail_standing(email, accounts, closed=closed)
    team = join_standing(by_kind.get(("portal", StepKind.TEAM)), accounts, closed=closed)
    who = addresses.get(portal.row)
    failed = [*failings(steps, closed=closed, who=who, receipt=receipt)]
    remarks = [(task, task.reason) for task in steps if task.state in _SETTLED]
    return PersonResult(
        row=portal.row,
        email=who,
        portal=_result(portal, joined=any(task.state is State.DONE for task in joins)),
        jhana=_result(jhana) if jhana else None,
        team_state="joined" if team == "done" else team,
        email_state="sent" if mailed == "done" else mailed,
        but=_said(_buts(steps)),
        reason=_said(remarks, (one for one in failed if one.standing != "not_kept")),
        failures=[PersonFailure(**one._asdict()) for one in failed],
    )


_SETTLED = {State.DONE, State.SKIPPED}
"""What is said beside such a step is a remark: what is wrong about others is a failure."""


def _buts(steps: Sequence[Task]) -> Iterable[tuple[Task, str]]:
    """What is not as it should be about somebody who is there."""
    for task in steps:
        yield task, task.but
        if task.kind is StepKind.PASS and task.state is State.REJECTED:
            yield task, "not on the pass"
        elif task.kind is StepKind.PASS and task.state is State.NEEDS_PERSON:
            yield task, "not known to be on the pass"


def _said(words: Iterable[tuple[Task, str]], failed: Iterable[Failing] = ()) -> str:
    """Words about a person's steps, each with what it is about."""
    found = {f"{WHERE[task.service, task.kind]}: {text}" for task, text in words if text}
    found |= {f"{one.where}: {one.words}" for one in failed}
    return "; ".join(sorted(found))


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


def _result(account: Task, *, joined: bool = False) -> Result:
    """The account's result; joining a Group is a change of it."""
    if account.state in _ENDS:
        return _ENDS[account.state]
    if account.state is not State.DONE:
        return "unknown"
    if account.action is Action.CREATE and not account.adopted:
        return "created"
    return "changed" if account.attempts or joined else "same"


_ENDS: dict[State, Result] = {
    State.SKIPPED: "skipped",
    State.REJECTED: "rejected",
    State.NEEDS_PERSON: "needs_person",
    State.PLANNED: "not_sent",
}


def _planned(states: Iterable[TeamState | EmailState]) -> Counter[str]:
    """How many of those that were planned stand how, and how many they are."""
    counts: Counter[str] = Counter(state for state in states if state != "none")
    counts["planned"] = counts.total()
    return counts


def _counts(results: Iterable[Result | None]) -> ServiceCounts:
    seen = list(results)
    return ServiceCounts(**{name: seen.count(name) for name in ServiceCounts.model_fields})  # type: ignore[arg-type] # field names are the results
