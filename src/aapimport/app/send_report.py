"""What `send-emails --json` prints where nothing is sent: who would be mailed, and who not."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.services.values import EmailKind

if TYPE_CHECKING:
    from aapimport.run.send_plan import SendPlan


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PlannedMail(_Model):
    """How one person stands."""

    row: int = Field(description="the row in the file; a number where a whole pass is asked about")
    place: str = Field(description="`row 5`; or `upload 7K3QX9, Users!A5` where that is a number")
    email: str = Field(description="the address that the service has now; empty when not known")
    standing: Literal[
        "to_mail",
        "mailed",
        "handed_over",
        "in_doubt",
        "refused",
        "unknown",
        "was_there",
        "not_chosen",
    ] = Field(description="`was_there`: before every upload from here, and nobody is welcomed then")
    kind: Literal["combined", "portal", "jhana"] | None = Field(
        description="what the e-mail is about; null where none is sent"
    )
    why: str = Field(
        description="why not, or why not about Jhana, in words; empty where that needs none"
    )


class MailCounts(_Model):
    """How many e-mails are about what."""

    combined: int = 0
    portal: int = 0
    jhana: int = 0


class SendPlanReport(_Model):
    """What `send-emails` would do, or why it does nothing."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    receipt: None = Field(default=None, description="null: nothing was begun")
    of: str = Field(description="the upload's confirmation number; empty for a pass")
    pass_: str = Field(alias="pass", description="the pass's name")
    told_by: Literal["portal", "ledger"] = Field(
        description="who tells that somebody was mailed: the portal, or only what is known here"
    )
    way: Literal["portal", "hand-over", "smtp"] = Field(description="how they would be sent")
    server: str | None = Field(description="the mail server of `smtp`, with its port; else null")
    seconds: float = Field(description="how long it takes, about; 0 where nothing is sent")
    not_before: AwareDatetime | None = Field(description="null for at once")
    to_mail: MailCounts
    people: list[PlannedMail]


def send_plan_report(plan: "SendPlan") -> SendPlanReport:
    """What `send-emails` would do, for scripts."""
    moment = plan.means.not_before
    return SendPlanReport(
        target=plan.target,
        address=plan.address,
        of=plan.of,
        pass_=plan.pass_name,
        told_by=plan.told_by,
        way=plan.means.way.value,
        server=plan.means.server.place if plan.means.server else None,
        seconds=plan.seconds,
        not_before=None if moment is None else datetime.fromtimestamp(moment, UTC),
        to_mail=MailCounts(**{kind.value: plan.kinds[kind] for kind in EmailKind}),
        people=[
            PlannedMail(
                row=one.row,
                place=one.place,
                email=one.email,
                standing=one.standing,
                kind=one.kind.value if one.kind else None,
                why=one.why,
            )
            for one in plan.people
        ],
    )
