"""The plan for scripts and for a colleague's approval: `plan --json`, and the file of `plan -o`."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.check.report import LeftOutReport, OtherSheetReport
from aapimport.config.values import PassAs
from aapimport.plan.decide import impossible
from aapimport.plan.letters import Letters
from aapimport.plan.make import RECEIPT_LETTERS
from aapimport.plan.plan import Action, Maybe, PersonPlan, Plan, PlanOptions, Returning, Step
from aapimport.services.identity import full_name
from aapimport.twins.same_human import Twin

ActionName = Literal["create", "change", "same", "skip"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ChangeReport(_Model):
    """One thing about an account that differs from the file."""

    attribute: str
    before: str
    after: str


class StepReport(_Model):
    """One person on one service."""

    action: ActionName
    changes: list[ChangeReport] = Field(description="what is different afterwards")
    kept: list[ChangeReport] = Field(description="what differs from the file and stays")
    not_sent: list[str] = Field(description="what of the row the service doesn't take")
    account_name: str | None = Field(
        description="whose account is there, by its own name; null where there is none"
    )


class MaybeReport(_Model):
    """Somebody who may be the same human."""

    email: str
    first_name: str
    last_name: str
    where: str
    why: str = Field(description="the stable name of the reason")


class PersonReport(_Model):
    """One row."""

    row: int = Field(description="the row in the file, as Excel shows it")
    email: str
    first_name: str
    last_name: str
    role: str = Field(description="as typed in the template; blank means manager")
    team: str | None
    jhana: bool
    on_portal: StepReport
    on_jhana: StepReport | None = Field(description="null when the row doesn't ask for Jhana")
    seat: bool = Field(description="whether a seat that was free is used, for good")
    joins_team: bool
    email_kind: Literal["combined", "portal", "jhana"] | None = Field(
        description="the welcome e-mail to be sent"
    )
    maybe: MaybeReport | None = Field(description="who may be the same human")
    skipped: str = Field(description="why the person is left out; empty otherwise")


class TotalsReport(_Model):
    """How many people have which action on one service."""

    create: int
    change: int
    same: int
    skip: int


class BudgetReport(_Model):
    """Seats of the pass, places of a team, or Jhana; numbers are null where not published."""

    kind: Literal["pass", "team", "jhana"]
    name: str
    capacity: int | None
    used: int | None
    takes: int
    free_after: int | None
    leavers: int = Field(
        description="used seats of people who left: if some of them return, fewer are used"
    )


class OptionsReport(_Model):
    """The administrator's decisions, with which the plan is made again before it is carried out."""

    pass_name: str
    update_roles: bool
    update_names: bool
    fit: bool
    maybe: Maybe
    returning: Returning
    max_seats: int | None
    buffer: float
    administrator: str
    pass_as: PassAs = "auto"


class PassReport(_Model):
    """The pass."""

    id: str
    name: str


class PlannedLetters(_Model):
    """The welcome e-mails that a mail server sends after the upload."""

    server: str = Field(description="sender and server, as they have to be when it is carried out")
    sender: str = Field(description="the address that they come from")
    place: str = Field(description="the server, with its port")
    people: int = Field(description="how many people they go to, one each")
    seconds: float = Field(description="how long that takes, about")
    days: int = Field(description="on how many days the server takes so many")


class PlanReport(_Model):
    """What `plan --json` prints and `plan -o` writes."""

    version: Literal[1] = 1
    digest: str = Field(description="SHA-256 over everything else in this object")
    made_at: AwareDatetime
    receipt: str = Field(
        pattern=f"^[{RECEIPT_LETTERS}]{{6}}$",
        description="the confirmation number of the upload that carries it out",
    )
    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    file: str
    file_digest: str = Field(description="SHA-256 of the file's bytes")
    sheet: str
    pass_: PassReport = Field(alias="pass")
    options: OptionsReport
    emails: bool | None = Field(description="whether they are sent; null when nobody decided yet")
    portal: TotalsReport
    jhana: TotalsReport
    budgets: list[BudgetReport]
    mails: int = Field(description="welcome e-mails that the services are asked for")
    letters: PlannedLetters | None = Field(
        default=None,
        description="those that a mail server sends afterwards, where no service takes a word;"
        " null for none",
    )
    client_admins: int = Field(description="people who get administration rights")
    notices: list[str] = Field(description="what the services can't do, and what is in doubt")
    refused: list[str] = Field(description="why it can't be carried out; empty when it can")
    left_out: list[LeftOutReport] = Field(
        description="people who aren't read, by decision: hidden, filtered or marked rows"
    )
    other_sheets: list[OtherSheetReport] = Field(description="sheets with people, not read")
    people: list[PersonReport]

    def own_digest(self) -> str:
        """The digest that this plan should carry."""
        left_out = {"digest"} if self.letters else {"digest", "letters"}
        values = self.model_dump(mode="json", by_alias=True, exclude=left_out)
        text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """The first 80 bits of the digest, to be read aloud: `7K3Q-X9M4-HLVQ-NVFH`.

        The digest guards against slips; whoever forges a plan makes a digest as well. So its
        fingerprint travels another way than the file. Much of a plan is free for a forger to vary,
        its receipt for one, until a fingerprint fits: 40 bits would be found in days.
        """
        bits = int(self.digest[:20], 16)
        letters = "".join(RECEIPT_LETTERS[bits >> shift & 31] for shift in range(75, -1, -5))
        return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def _letters(one: Letters) -> PlannedLetters:
    told = {name: getattr(one, name) for name in PlannedLetters.model_fields}
    return PlannedLetters(**told)


def plan_report(plan: Plan, *, emails_open: bool = False) -> PlanReport:
    """A plan as it is printed and written.

    Args:
        plan: The plan.
        emails_open: Whether nobody decided yet if the planned e-mails are sent.
    """
    report = PlanReport(
        digest="",
        made_at=datetime.now(UTC).replace(microsecond=0),
        receipt=plan.receipt,
        target=plan.target,
        address=plan.address,
        file=plan.file,
        file_digest=plan.file_digest,
        sheet=plan.sheet,
        pass_=PassReport(id=plan.pass_.id, name=plan.pass_.name),
        options=OptionsReport(**_fields(plan.options)),
        emails=None if emails_open else plan.emails,
        portal=_totals(plan.portal),
        jhana=_totals(plan.jhana),
        budgets=[
            BudgetReport(
                kind=one.kind,
                name=one.name,
                capacity=one.capacity,
                used=one.used,
                takes=one.takes,
                free_after=one.free_after,
                leavers=one.leavers,
            )
            for one in plan.budgets
        ],
        mails=plan.mails,
        letters=_letters(plan.letters) if plan.letters else None,
        client_admins=len(plan.client_admins),
        notices=list(plan.notices),
        refused=list(impossible(plan)),
        left_out=[LeftOutReport.model_validate(one) for one in plan.left_out],
        other_sheets=[OtherSheetReport.model_validate(one) for one in plan.other_sheets],
        people=[person_report(one) for one in plan.people],
    )
    return report.model_copy(update={"digest": report.own_digest()})


def options_of(report: PlanReport) -> PlanOptions:
    """The decisions that a written plan was made with."""
    return PlanOptions(**dict(report.options))


def person_report(one: PersonPlan) -> PersonReport:
    """One person of a plan as it is printed, written and compared."""
    person = one.person
    return PersonReport(
        row=person.row,
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        role=person.role.typed,
        team=person.team,
        jhana=person.jhana,
        on_portal=_step(one.portal, one.on_portal),
        on_jhana=_step(one.jhana, one.on_jhana) if one.jhana and one.on_jhana else None,
        seat=one.seat,
        joins_team=one.team is not None,
        email_kind=one.email.value if one.email else None,
        maybe=_maybe(one.twin) if one.twin else None,
        skipped=one.skipped,
    )


def _fields(options: PlanOptions) -> dict[str, object]:
    return {name: getattr(options, name) for name in PlanOptions.__dataclass_fields__}


def _totals(counts: Counter[Action]) -> TotalsReport:
    return TotalsReport(**{action.value: counts[action] for action in Action})


def _step(step: Step, action: Action) -> StepReport:
    return StepReport(
        action=action.value,
        changes=list(_changes(step.changes)),
        kept=list(_changes(step.kept)),
        not_sent=list(step.unsent),
        account_name=full_name(step.account) if step.account else None,
    )


def _changes(changes: Iterable[object]) -> Iterable[ChangeReport]:
    return (ChangeReport.model_validate(one, from_attributes=True) for one in changes)


def _maybe(twin: Twin) -> MaybeReport:
    return MaybeReport(
        email=twin.other.email,
        first_name=twin.other.first_name,
        last_name=twin.other.last_name,
        where=twin.other.where,
        why=twin.kind.value,
    )
