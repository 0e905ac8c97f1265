"""The journal's values: runs, steps, and how far each step is."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aapimport.plan.plan import Action, PersonPlan, Step
from aapimport.services.values import EmailKind, Wanted


class StepKind(StrEnum):
    """What a step does."""

    ACCOUNT = "account"
    PASS = "pass"
    TEAM = "team"
    EMAIL = "email"


JOINS = (StepKind.PASS, StepKind.TEAM)
"""The steps that put people into a Group, in their order: first that which is the pass."""


class State(StrEnum):
    """How far a step is; the last four are final."""

    PLANNED = "planned"
    WRITTEN = "written"
    INTENT = "intent"
    DOUBT = "doubt"
    DONE = "done"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    NEEDS_PERSON = "needs a person"


FINAL = frozenset({State.DONE, State.REJECTED, State.SKIPPED, State.NEEDS_PERSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One upload.

    Attributes:
        receipt: Its confirmation number.
        address: The services it belongs to.
        target: `practice` or `live`.
        file: The file's name.
        file_digest: SHA-256 of the file's bytes.
        sheet: The sheet; empty for csv.
        pass_id: The pass.
        pass_name: Its name.
        emails: Whether welcome e-mails are sent.
        seats_free: Free seats before the run; None where the portal doesn't publish them.
        started_at: Seconds since 1970, UTC.
        finished_at: Likewise; None while something is left to do.
    """

    receipt: str
    address: str
    target: str
    file: str
    file_digest: str
    sheet: str
    pass_id: str
    pass_name: str
    emails: bool
    seats_free: int | None
    started_at: float
    finished_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step of one person, as the journal holds it.

    Attributes:
        row: The person's row in the file.
        service: `portal` or `jhana`.
        kind: What the step does.
        action: What the plan said about the account.
        target: The Group's id, or the e-mail's kind; empty for accounts.
        state: How far it is.
        key: Our own key: `externalId` of a create, `requestId` of an e-mail.
        account_id: The person's account there, once known.
        attempts: How often it was sent.
        adopted: Whether the account turned out to be somebody else's creation.
        reason: Why it is as it is.
        sent_at: When it was last sent, in seconds since 1970; None before.
    """

    row: int
    service: str
    kind: StepKind
    action: Action
    target: str
    state: State
    key: str
    account_id: str
    attempts: int
    adopted: bool
    reason: str
    sent_at: float | None


def read_task(row: tuple[Any, ...]) -> Task:
    """A step from its columns, which are named like the fields of `Task`."""
    values = dict(zip(Task.__dataclass_fields__, row, strict=True))
    return Task(
        **values
        | {
            "kind": StepKind(values["kind"]),
            "action": Action(values["action"]),
            "state": State(values["state"]),
            "adopted": bool(values["adopted"]),
        }
    )


def wanted_json(one: PersonPlan) -> str:
    """What a person's accounts should be, by service, as the journal keeps it."""
    wanted = {"portal": _fields(one.portal.wanted)}
    if one.jhana:
        wanted["jhana"] = _fields(one.jhana.wanted)
    return json.dumps(wanted, ensure_ascii=False)


def _fields(wanted: Wanted) -> dict[str, object]:
    """Like dataclasses.asdict, which copies deeply and takes ten times as long."""
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


def steps_of(one: PersonPlan) -> Iterator[tuple[str, ...]]:
    """The steps of one person: service, kind, action, target, state, key, account id, reason."""
    yield _account_step("portal", one.portal, one.skipped)
    if one.jhana:
        yield _account_step("jhana", one.jhana, one.skipped)
    groups = {StepKind.PASS: one.pass_group, StepKind.TEAM: one.team.id if one.team else ""}
    for kind in JOINS:
        if groups[kind]:
            yield ("portal", kind, Action.CHANGE, groups[kind], State.PLANNED, "", "", "")
    if one.email:
        service = "jhana" if one.email is EmailKind.JHANA else "portal"
        key = uuid.uuid4().hex
        yield (service, StepKind.EMAIL, Action.CREATE, one.email, State.PLANNED, key, "", "")


def _account_step(service: str, step: Step, skipped: str) -> tuple[str, ...]:
    state = State.DONE if step.action is Action.SAME else State.PLANNED
    if skipped:
        state = State.SKIPPED
    key = uuid.uuid4().hex
    return (service, StepKind.ACCOUNT, step.action, "", state, key, step.account_id, skipped)
