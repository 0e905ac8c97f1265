"""The journal's values: runs, steps, and how far each step is."""

import json
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aapimport.plan.plan import Action
from aapimport.services.values import Wanted

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
    TAKE_BACK = "take back"
    LEAVE_PASS = "leave pass"
    LEAVE_TEAM = "leave team"
    REPAIR = "repair"


JOINS = (StepKind.PASS, StepKind.TEAM)
"""The steps that put people into a Group, in their order: first that which is the pass."""
LEAVES = {StepKind.PASS: StepKind.LEAVE_PASS, StepKind.TEAM: StepKind.LEAVE_TEAM}
"""The steps of an undo that take people out of a Group again."""


class RunKind(StrEnum):
    """What a run is for."""

    UPLOAD = "upload"
    SEND = "send"
    UNDO = "undo"
    REPAIR = "repair"


SETS_VALUES = frozenset({RunKind.UNDO, RunKind.REPAIR})
"""The runs that only set values on accounts that are there: no file, no seat, no e-mail."""


class Way(StrEnum):
    """How a welcome e-mail is sent; the mail ledger keeps it."""

    PORTAL = "portal"
    HAND_OVER = "hand-over"
    SMTP = "smtp"


class State(StrEnum):
    """How far a step is; the last five are final.

    An e-mail is `handed over` when somebody is to send it by hand and hasn't said so far whether
    that was done: it counts as sent, so that nobody is mailed twice.
    """

    PLANNED = "planned"
    WRITTEN = "written"
    INTENT = "intent"
    DOUBT = "doubt"
    DONE = "done"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    NEEDS_PERSON = "needs a person"
    HANDED_OVER = "handed over"


FINAL = frozenset(
    {State.DONE, State.REJECTED, State.SKIPPED, State.NEEDS_PERSON, State.HANDED_OVER}
)

UNSENT = frozenset({State.PLANNED, State.REJECTED, State.SKIPPED})
"""How an e-mail in the mail ledger is that certainly went to nobody: others may claim it."""

REACHED = FINAL | {State.WRITTEN}
"""What counts as done in words to people; what is written is still read back, and that is said."""

NOT_FINAL = f"state NOT IN ({', '.join(sorted(repr(state.value) for state in FINAL))})"
"""The condition, in SQL, that a step isn't final."""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of a pass, as the portal tells them at the end of a run; None where it doesn't.

    Attributes:
        used: How many are used.
        free: How many are free.
    """

    used: int | None = None
    free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One upload, or what was done about one later.

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
        seats_free_after: Free seats of the pass then; None when the portal didn't tell.
        leavers: Used seats that nobody on the portal held before it: some may be for who returns.
        options: The administrator's decisions, as JSON of `options_json`; None when not known.
        kind: What it is for; one of `RunKind`.
        of: The confirmation number of the run that it belongs to; empty when it stands alone.
        not_before: When its e-mails may be sent, in seconds since 1970; None for at once.
        purged_at: Likewise: when the people's names and addresses were erased; None before.
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
    seats_free_after: int | None = None
    leavers: int = 0
    options: str | None = None
    kind: str = RunKind.UPLOAD
    of: str = ""
    not_before: float | None = None
    purged_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is left to do, and may still be done."""
        return self.finished_at is None and self.closed_at is None

    @property
    def name(self) -> str:
        """What it is called in a sentence: `upload 7K3QX9`."""
        return run_name(self.kind, self.receipt)

    @property
    def described(self) -> str:
        """The same, with what it is about."""
        if self.kind == RunKind.UPLOAD:
            return f"{self.name} of {self.file!r}"
        about = f"upload {self.of}" if self.of else f"pass {self.pass_name!r}"
        return f"{self.name} for {about}"

    @property
    def is_of_version_1(self) -> bool:
        """Whether version 1 of the journal recorded it, which kept less (`OF_VERSION_1`)."""
        return self.kind == RunKind.UPLOAD and not self.version

    @property
    def is_embargoed(self) -> bool:
        """Whether its e-mails may not be sent yet."""
        return self.not_before is not None and time.time() < self.not_before

    @property
    def mails_again(self) -> bool:
        """Whether somebody has said that people who were mailed are mailed once more."""
        return bool(self._of_a_send("again"))

    @property
    def way(self) -> Way:
        """How its e-mails are sent."""
        return Way(self._of_a_send("way") or Way.PORTAL)

    @property
    def server(self) -> str:
        """The mail server that was approved, as `Mail.server` has it; empty for none."""
        return self._of_a_send("server") or ""

    @property
    def servers(self) -> list[tuple[str, float]]:
        """The mail servers by which it went, each from when on, in seconds since 1970."""
        since = [(name, begun) for name, begun in self._of_a_send("servers") or []]
        return [(self.server, 0.0), *since] if self.server else []

    def server_at(self, moment: float | None) -> str:
        """The mail server by which it went at a time: the approved one, or one approved since."""
        used = [name for name, begun in self.servers if begun <= (moment or 0.0)]
        return used[-1] if used else ""

    def _of_a_send(self, name: str) -> Any:
        is_send = self.kind == RunKind.SEND and self.options
        return json.loads(self.options or "{}").get(name) if is_send else None


OF_VERSION_1 = (
    "begun by an earlier version of aapimport, which recorded neither who began it nor what was"
    " there before: whoever was there can't be given back what they had"
)
"""What is said of an upload of version 1, after its name and `was`."""


def run_name(kind: str, receipt: str) -> str:
    """What a run of a kind is called in a sentence: `upload 7K3QX9`."""
    return f"{'sending' if kind == RunKind.SEND else kind} {receipt}"


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
        trouble: What kind of trouble the service had last; empty for none.
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
    trouble: str = ""

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
    return _REPEATED.sub("this person", words)


_REPEATED = re.compile(r"this person(?:[\s,]+this person)+(?: \(this address\)| <this address>)?")
"""Both names of somebody struck out one after the other, perhaps with the address."""
_SHORT_NAME = 3
"""Names of so few letters may be other words, such as `An`: their case counts."""


_ADDRESS = re.compile(r"""[^\s"<>(),;:]+(?:@|%40)[^\s"<>(),;:]+""")
"""An e-mail address in a service's words."""
