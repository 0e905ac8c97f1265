"""An approved plan made once more, and what would be different now."""

from collections.abc import Iterator
from dataclasses import replace

from aapimport.check.check_file import Checked
from aapimport.config.keys import setting
from aapimport.plan.decide import MAYBE, RETURNS, impossible, leave_out
from aapimport.plan.make import Memory, Services, draft_plan
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.plan.report import PersonReport, PlanReport, person_report, plan_report


def planned_again(
    approved: PlanReport,
    options: PlanOptions,
    checked: Checked,
    services: Services,
    memory: Memory,
) -> Plan:
    """The plan of today, with the decisions about single people that were approved.

    Args:
        approved: The plan that was approved.
        options: The administrator's decisions, as they are now.
        checked: The file as it is now.
        services: Both services as they are now.
        memory: What earlier uploads know.

    Raises:
        RefusedError: The pass or a team doesn't exist, or two rows are one account.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    draft = draft_plan(checked, services, options, memory)
    create = {one.row for one in approved.people if one.maybe and one.skipped != MAYBE}
    include = {one.row for one in approved.people if _returns(one) and one.skipped != RETURNS}
    return leave_out(draft if approved.emails else draft.without_emails(), create, include)


def refreshed(approved: Plan, checked: Checked, services: Services, memory: Memory) -> Plan:
    """The plan that was approved, made again from what the services hold now; same receipt.

    Raises:
        RefusedError: The pass or a team is gone, or two rows are one account by now.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    report = plan_report(approved)
    plan = planned_again(report, approved.options, checked, services, memory)
    return replace(plan, receipt=approved.receipt)


def differs(approved: Plan, now: Plan) -> list[str]:
    """What would happen now and wasn't approved, a sentence each; empty when nothing is different.

    Seats, places and client admins come first, then people whose step is another one. That somebody
    else used seats or places matters only where the rest doesn't suffice.
    """
    changes = []
    before = {(one.kind, one.id): one for one in approved.budgets}
    for budget in now.budgets:
        old = before.pop((budget.kind, budget.id), None)
        was = old.takes if old else 0
        if budget.kind != "jhana" and budget.takes != was:
            changes.append(_takes(budget.kind, budget.name, was, budget.takes))
    changes += [
        _takes(it.kind, it.name, it.takes, 0) for it in before.values() if it.kind == "team"
    ]
    if (was := len(approved.client_admins)) != (number := len(now.client_admins)):
        people = "person" if number == 1 else "people"
        changes.append(f"{number:,} {people} would become client admin, not {was:,} as approved")
    changes += [*impossible(now), *drift(plan_report(approved), now)]
    return [*changes, *_other_accounts(approved, now)]


def _other_accounts(approved: Plan, now: Plan) -> Iterator[str]:
    """Who has an account still, but another one than was approved."""
    before = {one.person.row: one for one in approved.people}
    for one in now.people:
        old = before.get(one.person.row)
        steps = (
            ((old.portal, one.portal, "the portal"), (old.jhana, one.jhana, "Jhana")) if old else ()
        )
        for was, step, where in steps:
            ids = [it.account_id for it in (was, step) if it and it.account_id]
            if len(set(ids)) > 1:
                yield f"row {one.person.row} ({one.person.email}): is another account on {where}"


def _takes(kind: str, name: str, was: int, number: int) -> str:
    unit = "seat" if kind == "pass" else "place"
    units = unit if number == 1 else f"{unit}s"
    return f"{number:,} {units} of {kind} {name!r} would be used, not {was:,} as approved"


def drift(report: PlanReport, plan: Plan) -> Iterator[str]:
    """What differs between a plan that was approved and the plan of today, one sentence each."""
    if (report.pass_.id, report.pass_.name) != (plan.pass_.id, plan.pass_.name):
        yield f"the pass is {plan.pass_.name!r}, not {report.pass_.name!r}"
    if report.options.buffer != plan.options.buffer:
        was, is_now = report.options.buffer, plan.options.buffer
        yield f"the buffer of seats was {was:.0%}, is {is_now:.0%} ({setting('buffer')})"
    if report.notices != list(plan.notices):
        yield "what the services can't do is different"
    if [(one.row, one.reason) for one in report.left_out] != list(plan.left_out):
        yield "which rows of the file are left out is different (--hidden)"
    now = {one.person.row: person_report(one) for one in plan.people}
    for before in report.people:
        after = now.pop(before.row, None)
        if after is None:
            yield f"row {before.row} ({before.email}) is no longer in the file"
        elif after != before:
            yield f"row {before.row} ({before.email}): {_difference(before, after)}"
    for after in now.values():
        yield f"row {after.row} ({after.email}) is new in the file"


def _returns(person: PersonReport) -> bool:
    """Whether a person's account was deactivated, on either service."""
    steps = [person.on_portal, *([person.on_jhana] if person.on_jhana else [])]
    return any(change.attribute == "account" for step in steps for change in step.changes)


def _difference(before: PersonReport, after: PersonReport) -> str:
    for name in ("email", "first_name", "last_name", "role", "team", "jhana"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            return f"{name.replace('_', ' ')} was {old!r}, is {new!r}"
    if before.on_portal.action != after.on_portal.action:
        return f"was {before.on_portal.action!r} on the portal, is {after.on_portal.action!r}"
    names = before.on_portal.account_name, after.on_portal.account_name
    if names[0] != names[1]:
        return f"the account on the portal was {names[0]!r}, is {names[1]!r}"
    for name, words in (
        ("on_portal", "what changes on the portal"),
        ("on_jhana", "what happens on Jhana"),
        ("seat", "whether a seat is used"),
        ("joins_team", "whether the team is joined"),
        ("email_kind", "the welcome e-mail"),
        ("maybe", "who may be the same human"),
    ):
        if getattr(before, name) != getattr(after, name):
            return f"{words} is different"
    return "what happens to them is different"
