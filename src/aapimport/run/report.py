"""The receipt: what became of everybody, read from the journal.

The models are the contract of `upload --json`; `docs/schemas/` is generated from them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode
from aapimport.plan.plan import Action
from aapimport.run.journal import Journal
from aapimport.run.records import JOINS, Run, State, StepKind, Task
from aapimport.services.values import EmailKind

Result = Literal["created", "changed", "same", "rejected", "needs_person", "unknown", "skipped"]
"""What became of one person's account on one service: `rejected` means that nobody is there,
`needs_person` that only a person may decide, `skipped` people were left out by the plan."""
TeamState = Literal["joined", "rejected", "needs_person", "unknown", "none"]
"""Whether a person is in the team of the file; `none` where none was to be joined."""
EmailState = Literal["sent", "none", "rejected", "needs_person", "waiting", "unknown"]
"""Whether a person's welcome e-mail went out; `none` where none was to be sent, `waiting` where it
was not asked for yet, because what became of the account isn't known."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ServiceCounts(_Model):
    """How many people of the file had which result on one service."""

    created: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    needs_person: int = 0
    unknown: int = 0


class ServicesCounts(_Model):
    """The counts of both services."""

    portal: ServiceCounts
    jhana: ServiceCounts


class SeatCounts(_Model):
    """The seats of the pass."""

    free_before: int = Field(description="free seats when the plan was made")
    used: int = Field(description="seats that this upload used; they can't be given back")
    free_after: int = Field(description="free seats afterwards, if nobody else used any")


class PersonResult(_Model):
    """What became of one row."""

    row: int = Field(description="the row in the file, as Excel shows it")
    email: str | None = Field(
        description="the address; null for people who are settled, when resumed without the file"
    )
    portal: Result
    jhana: Result | None = Field(description="null when the row doesn't ask for Jhana")
    team_state: TeamState
    email_state: EmailState
    but: str = Field(description="what is not as it should be although the account is there")
    reason: str = Field(description="why something was rejected or is unknown; may be empty")


class UploadReport(_Model):
    """What `upload --json` and `resume --json` print."""

    receipt: str = Field(description="the confirmation number")
    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    file: str
    pass_: str = Field(alias="pass", description="the pass's name")
    emails: Literal["sent", "none", "incomplete"]
    services: ServicesCounts
    seats: SeatCounts | None = Field(description="null where the portal publishes no seats")
    skipped: int = Field(description="people whom the plan left out, on both services")
    never_sent: int = Field(description="people not sent before the upload was closed")
    closed: bool = Field(description="ended with something left to do: it can't be resumed")
    people: list[PersonResult]

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is unknown, 1 when something is not as it should be, otherwise 0.

        Of an upload that was closed nothing can be found out any more by running it again: whatever
        it owes is 1.
        """
        states = {
            state
            for one in self.people
            for state in (one.portal, one.jhana, one.team_state, one.email_state)
        }
        if "unknown" in states and not self.closed:
            return ExitCode.SERVICE
        short = (
            states & {"rejected", "needs_person"}
            or (self.closed and states & {"unknown", "waiting"})
            or any(_NEVER_SENT in one.reason for one in self.people)
            or any(one.but for one in self.people)
        )
        return ExitCode.FINDINGS if short else ExitCode.OK


def make_report(journal: Journal, run: Run, addresses: Mapping[int, str]) -> UploadReport:
    """The receipt of a run as it stands.

    Args:
        journal: The journal.
        run: The run.
        addresses: The people's addresses by row, where the file is at hand.
    """
    people: list[PersonResult] = []
    skipped = never_sent = 0
    for _, tasks in groupby(journal.tasks(run.receipt), key=lambda task: task.row):
        steps = list(tasks)
        accounts = [task.state for task in steps if task.kind is StepKind.ACCOUNT]
        skipped += State.SKIPPED in accounts
        never_sent += bool(run.closed_at) and State.PLANNED in accounts
        people.append(_person(_as_closed(steps) if run.closed_at else steps, addresses))
    used = _seats_used(journal, run)
    return UploadReport(
        receipt=run.receipt,
        target="practice" if run.target == "practice" else "live",
        address=run.address,
        file=run.file,
        pass_=run.pass_name,
        emails=_emails(one.email_state for one in people),
        services=ServicesCounts(
            portal=_counts(one.portal for one in people),
            jhana=_counts(one.jhana for one in people if one.jhana),
        ),
        seats=None
        if run.seats_free is None
        else SeatCounts(
            free_before=run.seats_free, used=used, free_after=max(0, run.seats_free - used)
        ),
        skipped=skipped,
        never_sent=never_sent,
        closed=run.closed_at is not None,
        people=people,
    )


def _as_closed(steps: Sequence[Task]) -> list[Task]:
    """A person's steps of an upload that was closed: what was planned still is never sent.

    An e-mail to somebody who was created, or may have been, stays owed.
    """
    accounts = {task.service: task for task in steps if task.kind is StepKind.ACCOUNT}
    closed = []
    for task in steps:
        if task.state is State.PLANNED:
            in_doubt = accounts[task.service].state in _IN_DOUBT
            owed = task.kind is StepKind.EMAIL and (in_doubt or is_mail_owed(task, accounts))
            state = State.PLANNED if owed else State.SKIPPED
            closed.append(replace(task, state=state, reason=_NEVER_SENT))
        else:
            closed.append(replace(task, reason=_ADVICE.sub(LOOK_FIRST, task.reason)))
    return closed


_NEVER_SENT = "never sent: the upload was closed"
_ADVICE = re.compile(r"to send it once more: aapimport resume \w+ --again")
_IN_DOUBT = {State.INTENT, State.DOUBT, State.WRITTEN}
LOOK_FIRST = "look on the service; the next upload looks it up first"
"""What is to be done about a doubt of an upload that was closed."""


def is_mail_owed(email: Task, accounts: Mapping[str, Task]) -> bool:
    """Whether somebody was created on a service of which a planned welcome e-mail speaks.

    Args:
        email: The e-mail's step, which was not begun.
        accounts: The person's accounts, by service.
    """
    about = _ABOUT[EmailKind(email.target)]
    return email.state is State.PLANNED and any(
        task.action is Action.CREATE and not task.adopted and task.state in _THERE
        for service, task in accounts.items()
        if service in about
    )


_THERE = {State.DONE, State.WRITTEN}
_ABOUT = {
    EmailKind.PORTAL: {"portal"},
    EmailKind.JHANA: {"jhana"},
    EmailKind.COMBINED: {"portal", "jhana"},
}
"""The services of which each kind of welcome e-mail speaks."""


def _person(steps: list[Task], addresses: Mapping[int, str]) -> PersonResult:
    by_kind = {(task.service, task.kind): task for task in steps}
    portal = by_kind["portal", StepKind.ACCOUNT]
    jhana = by_kind.get(("jhana", StepKind.ACCOUNT))
    joins = [by_kind["portal", kind] for kind in JOINS if ("portal", kind) in by_kind]
    email = by_kind.get(("portal", StepKind.EMAIL)) or by_kind.get(("jhana", StepKind.EMAIL))
    return PersonResult(
        row=portal.row,
        email=addresses.get(portal.row),
        portal=_result(portal, joined=any(task.state is State.DONE for task in joins)),
        jhana=_result(jhana) if jhana else None,
        team_state=_TEAM_STATES.get(_state(by_kind.get(("portal", StepKind.TEAM))), "unknown"),
        email_state=_EMAIL_STATES.get(_state(email), "unknown"),
        but=_said(_buts(steps)),
        reason=_said([(task, task.reason) for task in steps]),
    )


def _buts(steps: Sequence[Task]) -> Iterable[tuple[Task, str]]:
    """What is not as it should be about somebody who is there."""
    for task in steps:
        yield task, task.but
        if task.kind is StepKind.PASS and task.state is State.REJECTED:
            yield task, "not on the pass"
        elif task.kind is StepKind.PASS and task.state is State.NEEDS_PERSON:
            yield task, "not known to be on the pass"


def _said(words: Iterable[tuple[Task, str]]) -> str:
    """Words about a person's steps, each with what it is about."""
    found = {f"{WHERE[task.service, task.kind]}: {text}" for task, text in words if text}
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


WHERE = {
    ("portal", StepKind.ACCOUNT): "All Access Pass",
    ("portal", StepKind.PASS): "pass",
    ("portal", StepKind.TEAM): "team",
    ("portal", StepKind.EMAIL): "e-mail",
    ("jhana", StepKind.ACCOUNT): "Jhana",
    ("jhana", StepKind.EMAIL): "e-mail",
}
"""What a step is about, in a word, by its service and kind."""


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
}


def _state(task: Task | None) -> State:
    """How far a step is; one that there isn't counts as left out."""
    return State.SKIPPED if task is None else task.state


_TEAM_STATES: dict[State, TeamState] = {
    State.SKIPPED: "none",
    State.DONE: "joined",
    State.REJECTED: "rejected",
    State.NEEDS_PERSON: "needs_person",
}
_EMAIL_STATES: dict[State, EmailState] = {
    State.SKIPPED: "none",
    State.DONE: "sent",
    State.PLANNED: "waiting",
    State.REJECTED: "rejected",
    State.NEEDS_PERSON: "needs_person",
}


def _emails(states: Iterable[EmailState]) -> Literal["sent", "none", "incomplete"]:
    seen = set(states) - {"none"}
    if not seen:
        return "none"
    return "sent" if seen == {"sent"} else "incomplete"


def _counts(results: Iterable[Result | None]) -> ServiceCounts:
    seen = list(results)
    return ServiceCounts(**{name: seen.count(name) for name in ServiceCounts.model_fields})  # type: ignore[arg-type] # field names are the results
