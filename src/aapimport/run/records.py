"""The journal's values: runs, steps, and how far each step is."""

import getpass
import hashlib
import json
import re
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aapimport.people.person import Person
from aapimport.plan.decide import MAYBE, RETURNS
from aapimport.plan.plan import Action, PersonPlan, Plan, Step
from aapimport.services.values import EmailKind, Pass, Wanted

_JSON = json.JSONEncoder(ensure_ascii=False)


class Fact(StrEnum):
    """What a service has shown of itself, and no plan can ask for without writing."""

    UNIQUE = "refuses a taken userName"
    KEEPS_KEYS = "keeps our key"
    DROPS_KEYS = "drops our key"
    DROPS_ROLES = "drops role"
    DROPS_PASSES = "drops pass"
    DROPS_NAMES = "drops names"


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

REACHED = FINAL | {State.WRITTEN}
"""What counts as done in words to people; what is written is still read back, and that is said."""

NOT_FINAL = f"state NOT IN ({', '.join(sorted(repr(state.value) for state in FINAL))})"
"""The condition, in SQL, that a step isn't final."""


@dataclass(frozen=True, slots=True)
class HowFar:
    """How far a run is: `126 of 206 steps done`.

    Attributes:
        done: Steps that are done, those that are only written among them.
        steps: Steps of the run.
        unread: Steps that are written, and not read back yet.
    """

    done: int
    steps: int
    unread: int = 0

    def __str__(self) -> str:
        done = f"{self.done:,} of {self.steps:,} step{'' if self.steps == 1 else 's'} done"
        return f"{done}, {self.unread:,} of them not read back yet" if self.unread else done


def how_far(counts: Mapping[State, int]) -> HowFar:
    """How far a run is, from how many of its steps are in which state."""
    done = sum(number for state, number in counts.items() if state in REACHED)
    return HowFar(done, sum(counts.values()), counts.get(State.WRITTEN, 0))


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
        closed_at: Likewise: when somebody ended it with something left to do; else None.
        taken_at: Likewise: when the services were asked who is there; 0 when not known.
        started_by: Who began it and where, `ana@desk`; empty when not known.
        version: The version of aapimport that began it; empty when not known.
        plan_digest: SHA-256 of what was planned for everybody; empty when not known.
        people_digest: SHA-256 of the file's people, however the file is saved; likewise.
        seats_used_before: Seats of the pass that were used before it; None when not published.
        seats_used_after: Likewise, when it was finished.
        leavers: Used seats that nobody on the portal held before it: some may be for who returns.
        options: The administrator's decisions, as JSON of `options_json`; None when not known.
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
    closed_at: float | None = None
    taken_at: float = 0.0
    started_by: str = ""
    version: str = ""
    plan_digest: str = ""
    people_digest: str = ""
    seats_used_before: int | None = None
    seats_used_after: int | None = None
    leavers: int = 0
    options: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is left to do, and may still be done."""
        return self.finished_at is None and self.closed_at is None


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
        but: What is not as it should be although it is done: `role not kept`; else empty.
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
    but: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the step's account is one that the step itself makes, or has made."""
        makes = self.kind is StepKind.ACCOUNT and self.action is Action.CREATE
        return makes and not self.adopted

    @property
    def creates(self) -> bool:
        """Whether the step makes an account that is not known to exist yet."""
        return self.is_new and not self.account_id


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
    return _JSON.encode(wanted)


def _fields(wanted: Wanted) -> dict[str, object]:
    """Like dataclasses.asdict, which copies deeply and takes ten times as long."""
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


def before_json(one: PersonPlan, pass_: Pass) -> str | None:
    """What a person was before the run, for a way back; None for people who are left out.

    On each service, where there was an account: whether it was active, and its roles. Then whether
    the person was on the pass, in the team that the file names (null when it names none), and on
    Jhana (null when the row doesn't ask for it). The former names are kept only where the plan
    changes them: nothing else here names anybody, so it stays when `wanted` is erased.
    """
    if one.skipped:
        return None
    before = {
        "portal": _before(one.portal),
        "jhana": _before(one.jhana),
        "on_pass": _was_on_pass(one.portal, pass_),
        "team": one.team is None if one.person.team else None,
        "on_jhana": _was_on_jhana(one.jhana),
    }
    return _JSON.encode(before)


def _before(step: Step | None) -> dict[str, object] | None:
    if step is None or step.account is None:
        return None
    account = step.account
    before: dict[str, object] = {"active": account.active, "roles": account.roles}
    if any(change.attribute in {"first name", "last name"} for change in step.changes):
        before["names"] = (account.first_name, account.last_name)
    return before


def _was_on_pass(step: Step, pass_: Pass) -> bool:
    """Where nobody is put on a pass, everybody with an account is on it."""
    if step.account is None:
        return False
    put_on_it = step.wanted.pass_id is not None or pass_.group_id
    return pass_.id in step.account.passes if put_on_it else True


def _was_on_jhana(step: Step | None) -> bool | None:
    return None if step is None else step.account is not None and step.account.active


def options_json(plan: Plan) -> str:
    """What the administrator decided about a plan, by the names of the flags that decide it.

    `maybe` and `returning` say what became of those people, whoever was asked: `asked` when some
    are in and some are left out, and null where the question didn't arise.
    """
    options = plan.options
    decided = {
        "maybe": _decided([one for one in plan.people if one.twin], MAYBE, "create"),
        "returning": _decided([one for one in plan.people if _was_off(one)], RETURNS, "include"),
        "fit": options.fit,
        "update_roles": options.update_roles,
        "update_names": options.update_names,
        "client_admins": len(plan.client_admins),
    }
    return _JSON.encode(decided)


def _was_off(one: PersonPlan) -> bool:
    accounts = [step.account for step in (one.portal, one.jhana) if step and step.account]
    return not all(account.active for account in accounts)


def _decided(people: Sequence[PersonPlan], reason: str, word: str) -> str | None:
    """What became of people about whom there was a question."""
    left_out = {one.skipped == reason for one in people}
    if len(left_out) == 1:
        return "leave-out" if left_out == {True} else word
    return "asked" if left_out else None


def people_digest(people: Iterable[Person]) -> str:
    """SHA-256 of a file's people: the same when it is merely saved again."""
    digest = hashlib.sha256()
    for person in people:
        digest.update(repr(person).encode())
    return digest.hexdigest()


def plan_digest(people: Sequence[PersonPlan], wanted: Sequence[str]) -> str:
    """SHA-256 of what is planned for everybody, and of what their accounts should be.

    Not that of a written plan, whose making takes half as long as the whole beginning of a run.

    Args:
        people: Everybody.
        wanted: `wanted_json` of each of them.
    """
    digest = hashlib.sha256()
    for one, text in zip(people, wanted, strict=True):
        joins = (one.team.id if one.team else "", one.pass_group, one.email or "", one.seat)
        digest.update(f"{one.person.row} {one.on_portal} {one.on_jhana} {joins} {text}".encode())
    return digest.hexdigest()


def this_user() -> str:
    """Who runs aapimport, and where: `ana@desk`; as far as the system says."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, in a container
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


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


def lacks_pass(but: str) -> bool:
    """Whether what is not as it should be about an account is that it isn't on the pass."""
    return re.search(r"\bpass\b[^;]* not kept", but) is not None


def without_names(words: str, person: Wanted | None) -> str:
    """A service's words without addresses and a person's names, as they may be kept for good.

    Args:
        words: The words.
        person: Whose names are struck out; None leaves names in.
    """
    words = _ADDRESS.sub("this address", words)
    names = (person.first_name, person.last_name) if person else ()
    for name in sorted(filter(None, names), key=len, reverse=True):
        flags = re.IGNORECASE if len(name) > _SHORT_NAME else re.NOFLAG
        words = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "this person", words, flags=flags)
    return words


_SHORT_NAME = 3
"""Names of so few letters may be other words, such as `An`: their case counts."""


_ADDRESS = re.compile(r"""[^\s"<>(),;:]+(?:@|%40)[^\s"<>(),;:]+""")
"""An e-mail address in a service's words."""
