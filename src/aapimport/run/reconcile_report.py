"""What `reconcile` tells scripts: how both services differ, and the receipt of a repair."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode
from aapimport.plan.make import Services
from aapimport.run.journal import Journal
from aapimport.run.reconciled import Compared, Difference
from aapimport.run.records import Run, State, StepKind, Task
from aapimport.services.values import Pass

Result = Literal["repaired", "changed since", "rejected", "unknown", "left"]
_RESULTS: Mapping[State, Result] = {
    State.DONE: "repaired",
    State.NEEDS_PERSON: "changed since",
    State.REJECTED: "rejected",
    State.PLANNED: "left",
}
_INTO_TEAM = "into the team that the upload said"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class DifferenceReport(_Model):
    """One difference."""

    email: str = Field(description="empty where neither the portal nor the journal tells it")
    kind: Literal[
        "not on Jhana",
        "off on Jhana",
        "off on the portal",
        "name",
        "address",
        "role",
        "team",
        "not on the pass",
        "not on the portal",
        "another person's",
        "not decidable",
    ]
    words: str = Field(description="what is where, and what an upload from here has said")
    repairable: bool = Field(description="whether `--repair` puts it right")
    before: str = Field(description="what a repair would change; empty where it wouldn't")
    after: str = Field(description="what it would be then; likewise")
    why_not: str = Field(description="why it isn't repaired, and what to do; empty where it is")


class NotKnownReport(_Model):
    """Somebody of whom something isn't known."""

    email: str = Field(description="empty where neither the portal nor the journal tells it")
    words: str = Field(description="what isn't known, so that it isn't compared, and why")


class ReconcileReport(_Model):
    """What `reconcile --json` prints where nothing is written."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    pass_: str = Field(alias="pass", description="the pass's name")
    on_pass: int = Field(description="people on the pass, as the portal lists them")
    on_jhana: int = Field(description="those of them who have an account on Jhana")
    repairable: int = Field(description="differences that `--repair` puts right")
    not_repairable: int = Field(description="differences that it only names")
    differences: list[DifferenceReport]
    without_jhana: list[str] = Field(
        description="people of the pass without Jhana, for whom no upload from here asked for it:"
        " no difference"
    )
    jhana_off: list[str] = Field(
        description="people of the pass whose Jhana is switched off, likewise"
    )
    only_jhana: list[str] = Field(
        description="accounts on Jhana whose addresses nobody on the portal has, but of those that"
        " are off: they may be of another kind of licence; no difference"
    )
    unproven: list[str] = Field(description="what couldn't be seen, so that nothing is concluded")
    remarks: list[str] = Field(description="what is to be known and is no difference")
    not_known: list[NotKnownReport] = Field(
        description="people of whom something isn't known, neither from a list nor by their ids"
    )

    @property
    def exit_code(self) -> ExitCode:
        """1 where something differs, or couldn't be seen."""
        found = self.differences or self.unproven or self.not_known
        return ExitCode.FINDINGS if found else ExitCode.OK


class RepairEffect(_Model):
    """One thing that was put right, or not."""

    row: int = Field(description="the person's number in the repair")
    email: str = Field(description="empty where the journal doesn't tell it any more")
    service: Literal["portal", "jhana"]
    what: str = Field(description="what was to be put right")
    result: Result = Field(description="left: not done so far")
    reason: str


class RepairReport(_Model):
    """What `reconcile --repair --json` prints once it has written: the receipt of the repair."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    receipt: str
    pass_: str = Field(alias="pass", description="the pass's name")
    repaired: int
    not_repaired: int = Field(description="refused, or changed by somebody since it was approved")
    unfinished: int
    effects: list[RepairEffect]
    named: list[DifferenceReport] = Field(
        description="differences that were never to be repaired, or where `compared_again` whatever"
        " still differs; empty where a receipt is shown again"
    )
    unproven: list[str] = Field(description="what couldn't be seen; likewise")
    not_known: list[NotKnownReport] = Field(
        description="people of whom something isn't known; likewise"
    )
    compared_again: bool = Field(
        description="whether both services were compared once more when it was carried out, as they"
        " are where it was interrupted in between"
    )
    closed: bool = Field(default=False, description="whether it was ended as it was (`--close`)")

    @property
    def exit_code(self) -> ExitCode:
        """4 while something is left or in doubt, 1 where something still differs.

        Of one that was closed, `resume` finds nothing out any more: what it has left is 1.
        """
        if self.unfinished and not self.closed:
            return ExitCode.SERVICE
        differs = self.unfinished or self.not_repaired or self.still_differs
        return ExitCode.FINDINGS if differs else ExitCode.OK

    @property
    def still_differs(self) -> int:
        """How many differences there are beside those of its steps, or things nobody knows."""
        return len(self.named) + len(self.unproven) + len(self.not_known)


def reconcile_report(compared: Compared, services: Services, pass_: Pass) -> ReconcileReport:
    """How both services differ, for scripts."""
    repairable = len(compared.repairable)
    return ReconcileReport(
        target=services.target,
        address=services.address,
        pass_=pass_.name,
        on_pass=compared.on_pass,
        on_jhana=compared.on_jhana,
        repairable=repairable,
        not_repairable=len(compared.differences) - repairable,
        differences=[_difference(one) for one in compared.differences],
        without_jhana=[*compared.without_jhana],
        jhana_off=[*compared.jhana_off],
        only_jhana=[*compared.only_jhana],
        unproven=[*compared.unproven],
        remarks=[*compared.remarks],
        not_known=_not_known(compared),
    )


def _difference(one: Difference) -> DifferenceReport:
    return DifferenceReport(
        email=one.email,
        kind=one.kind.value,
        words=one.words,
        repairable=not one.why_not,
        before="" if one.why_not else one.before,
        after="" if one.why_not else one.after,
        why_not=one.why_not,
    )


def repair_report(
    journal: Journal, run: Run, compared: Compared | None = None, left: Compared | None = None
) -> RepairReport:
    """The receipt of a repair, as the journal knows it.

    Args:
        journal: The journal.
        run: The repair.
        compared: What it was begun with, where that is at hand.
        left: How both services differed once it was carried out, where they were compared again.
    """
    emails = journal.addresses(run.receipt)
    if compared:
        emails = {**emails, **_emails(compared)}
    effects = [_effect(task, emails) for task in journal.tasks(run.receipt)]
    results = [one.result for one in effects]
    found = left or compared or Compared()
    return RepairReport(
        target="practice" if run.target == "practice" else "live",
        address=run.address,
        receipt=run.receipt,
        pass_=run.pass_name,
        repaired=results.count("repaired"),
        not_repaired=sum(it in {"changed since", "rejected"} for it in results),
        unfinished=sum(it in {"unknown", "left"} for it in results),
        effects=effects,
        named=[_difference(one) for one in found.differences if left or one.why_not],
        unproven=[*found.unproven],
        not_known=_not_known(found),
        compared_again=left is not None,
        closed=run.closed_at is not None,
    )


def _not_known(compared: Compared) -> list[NotKnownReport]:
    return [NotKnownReport(email=one.email, words=one.words) for one in compared.not_known]


def _emails(compared: Compared) -> dict[int, str]:
    """The address of each row of a repair, in the order of `repairing.repair_steps`."""
    people = dict.fromkeys(one.portal.id for one in compared.repairable if one.portal)
    by_id = {one.portal.id: one.email for one in compared.repairable if one.portal}
    return {row: by_id[own_id] for row, own_id in enumerate(people, 1)}


def _effect(task: Task, emails: Mapping[int, str]) -> RepairEffect:
    return RepairEffect(
        row=task.row,
        email=emails.get(task.row, ""),
        service="portal" if task.service == "portal" else "jhana",
        what=_INTO_TEAM if task.kind is StepKind.TEAM else task.target,
        result=_RESULTS.get(task.state, "unknown"),
        reason="; ".join(filter(None, (task.reason, task.but))),
    )


def still_named(effects: Sequence[RepairEffect]) -> list[RepairEffect]:
    """Those that have something to say beside that they are repaired."""
    return [one for one in effects if one.result != "repaired" or one.reason]
