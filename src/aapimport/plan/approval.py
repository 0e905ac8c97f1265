"""A written plan: one administrator makes it, another carries out exactly what it says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from aapimport.config import Settings
from aapimport.errors import FileProblemError, RefusedError
from aapimport.people.check import Checked
from aapimport.plan.decide import MAYBE, leave_out, refuse_impossible
from aapimport.plan.make import Services, administrator_of, draft_plan
from aapimport.plan.plan import Plan
from aapimport.plan.report import PersonReport, PlanReport, options_of, person_report
from aapimport.workbook.output import replacing

MAX_AGE = timedelta(days=7)
"""How long an approval holds: a week-old answer about free seats is no answer."""
_MOST_NAMED = 10


def write_plan(report: PlanReport, path: Path, *, force: bool) -> None:
    """Write a plan to a private file.

    Raises:
        FileProblemError: The file is there already, or can't be written.
    """
    text = report.model_dump_json(by_alias=True, indent=2)
    with replacing(path, force=force) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def read_plan(path: Path) -> PlanReport:
    """Read a written plan.

    Raises:
        FileProblemError: It can't be read, or is no plan of this version.
        RefusedError: It was changed by hand, or is too old.
    """
    try:
        report = PlanReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileProblemError(f"the plan {path} can't be read: {error.strerror}") from error
    except ValidationError as error:
        raise FileProblemError(
            f"{path} is not a plan of this version",
            hint="write it again with: aapimport plan FILE --pass NAME -o plan.json",
        ) from error
    if report.digest != report.own_digest():
        raise RefusedError(
            f"the plan {path} was changed after it was made", hint="make and approve a new one"
        )
    if datetime.now(UTC) - report.made_at > MAX_AGE:
        raise RefusedError(
            f"the plan {path} is from {report.made_at:%d %b %Y}, older than {MAX_AGE.days} days",
            hint="make and approve a new one",
        )
    return report


def approved_again(
    report: PlanReport, checked: Checked, services: Services, settings: Settings
) -> Plan:
    """The plan that a written one describes, made anew and found to be the same.

    Args:
        report: The written plan.
        checked: The file as it is now.
        services: Both services as they are now.
        settings: The settings as they are now. Whoever carries the plan out may be another
            administrator, whose own role is then not changed either.

    Raises:
        RefusedError: Something differs, with what changed: the file, the services, the settings,
            anybody's step.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    if report.address != services.address:
        raise RefusedError(
            "the plan was made for other services than the configured ones",
            hint="configure the addresses that it was made with, or make a new plan",
        )
    administrator = administrator_of(services, settings)
    options = replace(options_of(report), administrator=administrator, buffer=settings.buffer)
    draft = draft_plan(checked, services, options)
    create = {one.row for one in report.people if one.maybe and one.skipped != MAYBE}
    plan = leave_out(draft if report.emails else draft.without_emails(), create)
    changes = list(_drift(report, plan))
    if checked.digest != report.file_digest and not changes:
        changes.append("the file was saved again, with the same people")
    if not changes:
        refuse_impossible(plan)
    if changes:
        more = len(changes) - _MOST_NAMED
        if more > 0:
            changes[_MOST_NAMED:] = [f"and {more:,} more"]
        raise RefusedError(
            "what was approved is not what would happen now:\n  " + "\n  ".join(changes),
            hint="make a new plan and have it approved",
        )
    return replace(plan, receipt=report.receipt)


def _drift(report: PlanReport, plan: Plan) -> Iterator[str]:
    """What differs between a written plan and the plan of today, one sentence each."""
    if (report.pass_.id, report.pass_.name) != (plan.pass_.id, plan.pass_.name):
        yield f"the pass is {plan.pass_.name!r}, not {report.pass_.name!r}"
    if report.options.buffer != plan.options.buffer:
        was, is_now = report.options.buffer, plan.options.buffer
        yield f"the buffer of seats was {was:.0%}, is {is_now:.0%} (AAPIMPORT_BUFFER)"
    if report.notices != list(plan.notices):
        yield "what the services can't do is different"
    now = {one.person.row: person_report(one) for one in plan.people}
    for before in report.people:
        after = now.pop(before.row, None)
        if after is None:
            yield f"row {before.row} ({before.email}) is no longer in the file"
        elif after != before:
            yield f"row {before.row} ({before.email}): {_difference(before, after)}"
    for after in now.values():
        yield f"row {after.row} ({after.email}) is new in the file"


def _difference(before: PersonReport, after: PersonReport) -> str:
    for name in ("email", "first_name", "last_name", "role", "team", "jhana"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            return f"{name.replace('_', ' ')} was {old!r}, is {new!r}"
    if before.on_portal.action != after.on_portal.action:
        return f"was {before.on_portal.action!r} on the portal, is {after.on_portal.action!r}"
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
    return "the step is different"
