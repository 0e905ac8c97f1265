"""The receipt: what became of everybody, read from the journal.

The models are the contract of `upload --json`; `docs/schemas/` is generated from them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode
from aapimport.plan.plan import Action
from aapimport.run.journal import Journal
from aapimport.run.records import FINAL, JOINS, Run, State, StepKind, Task

Result = Literal["created", "changed", "same", "rejected", "unknown", "skipped"]
"""What became of one person on one service; `skipped` people were left out by the plan."""
EmailState = Literal["sent", "none", "rejected", "waiting", "unknown"]
"""Whether a person's welcome e-mail went out; `none` where none was to be sent, `waiting` where it
was not asked for yet, because what became of the account isn't known."""

_RESULTS: dict[Action, Result] = {
    Action.CREATE: "created",
    Action.CHANGE: "changed",
    Action.SAME: "same",
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ServiceCounts(_Model):
    """How many people of the file had which result on one service."""

    created: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
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
    email_state: EmailState
    reason: str = Field(description="why something was rejected or is unknown; may be empty")


class UploadReport(_Model):
    """What `upload --json` and `resume --json` print."""

    receipt: str = Field(description="the confirmation number")
    target: Literal["practice", "live"]
    file: str
    pass_: str = Field(alias="pass", description="the pass's name")
    emails: Literal["sent", "none", "incomplete"]
    services: ServicesCounts
    seats: SeatCounts | None = Field(description="null where the portal publishes no seats")
    skipped: int = Field(description="people whom the plan left out, on both services")
    people: list[PersonResult]

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is unknown, 1 when something was rejected, otherwise 0."""
        states = {
            state for one in self.people for state in (one.portal, one.jhana, one.email_state)
        }
        if "unknown" in states:
            return ExitCode.SERVICE
        return ExitCode.FINDINGS if "rejected" in states else ExitCode.OK


def make_report(journal: Journal, run: Run, addresses: Mapping[int, str]) -> UploadReport:
    """The receipt of a run as it stands.

    Args:
        journal: The journal.
        run: The run.
        addresses: The people's addresses by row, where the file is at hand.
    """
    people: list[PersonResult] = []
    steps: list[Task] = []
    for task in journal.tasks(run.receipt):
        if steps and steps[0].row != task.row:
            people.append(_person(steps, addresses))
            steps = []
        steps.append(task)
    if steps:
        people.append(_person(steps, addresses))
    used = journal.seats_used(run.receipt)
    return UploadReport(
        receipt=run.receipt,
        target="practice" if run.target == "practice" else "live",
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
        skipped=sum(one.portal == "skipped" for one in people),
        people=people,
    )


def _person(steps: list[Task], addresses: Mapping[int, str]) -> PersonResult:
    by_kind = {(task.service, task.kind): task for task in steps}
    portal = by_kind["portal", StepKind.ACCOUNT]
    jhana = by_kind.get(("jhana", StepKind.ACCOUNT))
    joins = [by_kind["portal", kind] for kind in JOINS if ("portal", kind) in by_kind]
    email = by_kind.get(("portal", StepKind.EMAIL)) or by_kind.get(("jhana", StepKind.EMAIL))
    reasons = {
        f"{_WHERE[task.service, task.kind]}: {words}"
        for task in steps
        if (words := task.reason or _remark(task))
    }
    return PersonResult(
        row=portal.row,
        email=addresses.get(portal.row),
        portal=_result(portal, joins),
        jhana=_result(jhana, ()) if jhana else None,
        email_state=_email(email),
        reason="; ".join(sorted(reasons)),
    )


def _remark(task: Task) -> str:
    """The honest limit of docs/protocol.md: a first create that may still be carried out."""
    if task.state is State.DONE and task.attempts > 1:
        return "sent twice, as the first answer was lost: look whether there are two accounts"
    return ""


_WHERE = {
    ("portal", StepKind.ACCOUNT): "All Access Pass",
    ("portal", StepKind.PASS): "pass",
    ("portal", StepKind.TEAM): "team",
    ("portal", StepKind.EMAIL): "e-mail",
    ("jhana", StepKind.ACCOUNT): "Jhana",
    ("jhana", StepKind.EMAIL): "e-mail",
}


def _result(account: Task, joins: Sequence[Task]) -> Result:
    """The account's result, or a Group's where that is worse; joining a Group is a change."""
    steps = (account, *joins)
    if account.state is State.SKIPPED:
        return "skipped"
    if any(task.state is State.REJECTED for task in steps):
        return "rejected"
    if any(task.state not in FINAL for task in steps):
        return "unknown"
    if account.adopted or (joins and account.action is Action.SAME):
        return "changed"
    return _RESULTS[account.action]


def _email(task: Task | None) -> EmailState:
    if task is None or task.state is State.SKIPPED:
        return "none"
    if task.state is State.DONE:
        return "sent"
    if task.state is State.PLANNED:
        return "waiting"
    return "rejected" if task.state is State.REJECTED else "unknown"


def _emails(states: Iterable[EmailState]) -> Literal["sent", "none", "incomplete"]:
    seen = set(states) - {"none"}
    if not seen:
        return "none"
    return "sent" if seen == {"sent"} else "incomplete"


def _counts(results: Iterable[Result | None]) -> ServiceCounts:
    seen = list(results)
    return ServiceCounts(**{name: seen.count(name) for name in ServiceCounts.model_fields})  # type: ignore[arg-type] # field names are the results
