"""What became of one person of a run, from the steps of their row: a part of the receipt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.plan.plan import Action
from aapimport.run.cures import MAIL, WHERE, Failing, Standing, failings
from aapimport.run.mailed_since import Since
from aapimport.run.on_record import OnLedger
from aapimport.run.records import JOINS, State, StepKind, Task
from aapimport.run.standing import join_standing, mail_standing

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
    place: str = Field(
        default="",
        description="of a sending for a whole pass, the upload and the cell that the person stands"
        " in there, as `row` is a number of its own; else empty",
    )
    mailed_since: str = Field(
        default="",
        description="the number of the run that has mailed them since, where this one hasn't; it"
        " may be another profile's; empty for none",
    )
    taken_back: str = Field(default="", description="the undo that did since; empty for none")


@dataclass(frozen=True, kw_only=True)
class About:
    """What is told of everybody alike.

    Attributes:
        addresses: The people's addresses by row.
        closed: Whether the run was closed.
        receipt: The upload's number.
        sending: The sending of its own that is open, which has the e-mails; empty where none is,
            None where the e-mails are the run's own.
        taken_back: The undos that have taken back what was done, by row.
        places: Where people stand in their uploads, by row; as `PersonResult.place` has it.
        since: How e-mails stand by other runs that this one hasn't sent, by row.
    """

    addresses: Mapping[int, str]
    closed: bool
    receipt: str
    sending: str | None
    taken_back: Mapping[int, str]
    places: Mapping[int, str]
    since: Mapping[int, Since]


def person_result(steps: Sequence[Task], about: About) -> PersonResult:
    """What became of one person.

    Args:
        steps: All steps of their row.
        about: What is told of everybody alike.
    """
    closed = about.closed
    by_kind = {(task.service, task.kind): task for task in steps}
    portal = by_kind["portal", StepKind.ACCOUNT]
    jhana = by_kind.get(("jhana", StepKind.ACCOUNT))
    accounts = {it.service: it for it in (portal, jhana) if it}
    joins = [by_kind["portal", kind] for kind in JOINS if ("portal", kind) in by_kind]
    email = by_kind.get(("portal", StepKind.EMAIL)) or by_kind.get(("jhana", StepKind.EMAIL))
    mailed = mail_standing(email, accounts, closed=closed)
    team = join_standing(by_kind.get(("portal", StepKind.TEAM)), accounts, closed=closed)
    who = about.addresses.get(portal.row)
    failed = [*failings(steps, closed=closed, who=who, receipt=about.receipt)]
    if about.sending is not None:
        failed = [*_apart(failed, about.sending)]
    since = about.since.get(portal.row)
    failed = [_as_since(one, since) for one in failed] if since else failed
    is_mailed = since is not None and since.standing == "mailed"
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
        failures=[
            PersonFailure(**one._asdict())
            for one in failed
            if not (is_mailed and one.where == MAIL)
        ],
        place=about.places.get(portal.row, ""),
        mailed_since=since.receipt if since and is_mailed else "",
        taken_back=about.taken_back.get(portal.row, ""),
    )


def _as_since(failed: Failing, since: Since) -> Failing:
    """What is wrong about an e-mail, with what another run has done about it since."""
    if failed.where != MAIL or since.standing not in _SINCE:
        return failed
    words, cure = _SINCE[since.standing]
    return failed._replace(
        words=f"{failed.words}; {words} {since.by}", cure=cure.format(since.receipt)
    )


_SINCE: dict[OnLedger, tuple[str, str]] = {
    "mailed": ("mailed since by", ""),
    "handed_over": (
        "handed over since by",
        "send it by hand; then: aapimport send-emails {} --sent (or --not-sent)",
    ),
    "in_doubt": (
        "perhaps mailed since by",
        "ask whether it came: aapimport send-emails {} --to ADDRESS --sent (or --not-sent)",
    ),
}
"""What is said of somebody's e-mail, before the run that has it now, and what to do."""


def _apart(failed: Iterable[Failing], sending: str) -> Iterator[Failing]:
    """The same where a run of its own sends the e-mails: who waits for them is told in a number."""
    for one in failed:
        if one.where != MAIL or one.standing not in {"waiting", "owed", "unknown"}:
            yield one
        elif one.standing == "unknown" and sending:
            yield one._replace(cure=f"resume the sending: aapimport resume {sending}")
        elif one.standing == "unknown":
            yield one


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
