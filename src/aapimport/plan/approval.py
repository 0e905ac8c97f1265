"""A written plan: one administrator makes it, another carries out exactly what it says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from aapimport.check.check_file import Checked
from aapimport.config.addresses import places_of
from aapimport.config.settings import Settings
from aapimport.errors import FileProblemError, RefusedError
from aapimport.plan.decide import refuse_impossible
from aapimport.plan.make import NO_MEMORY, Memory, Services
from aapimport.plan.own import set_administrator
from aapimport.plan.plan import Plan
from aapimport.plan.refresh import drift, planned_again
from aapimport.plan.report import PlanReport, options_of
from aapimport.template.output import replacing

MAX_AGE = timedelta(days=7)
"""How long an approval holds: a week-old answer about free seats is no answer."""
_CLOCKS_DIFFER = timedelta(minutes=5)
"""How much later than our own the clock of the computer may be that made a plan."""
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
        RefusedError: It was changed by hand, is too old, or is from the future.
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
    age = datetime.now(UTC) - report.made_at
    if age > MAX_AGE:
        raise RefusedError(
            f"the plan {path} is from {report.made_at:%d %b %Y}, older than {MAX_AGE.days} days",
            hint="make and approve a new one",
        )
    if age < -_CLOCKS_DIFFER:
        raise RefusedError(
            f"the plan {path} says that it was made at {report.made_at:%d %b %Y %H:%M}, which is"
            " still to come",
            hint="compare the clocks of the two computers, then make and approve a new one",
        )
    return report


def is_fingerprint(typed: str, report: PlanReport) -> bool:
    """Whether a typed fingerprint is a plan's; letter case, hyphens and blanks don't matter."""
    letters = "".join(typed.replace("-", "").split()).upper()
    return letters == report.fingerprint.replace("-", "")


def approved_again(
    report: PlanReport,
    checked: Checked,
    services: Services,
    settings: Settings,
    memory: Memory = NO_MEMORY,
) -> Plan:
    """The plan that a written one describes, made anew and found to be the same.

    Args:
        report: The written plan.
        checked: The file as it is now.
        services: Both services as they are now.
        settings: The settings as they are now. Whoever carries the plan out may be another
            administrator, whose own role is then not changed either.
        memory: What earlier uploads know.

    Raises:
        RefusedError: Something differs, with what changed: the file, the services, the settings,
            anybody's step.
        SettingsError: A service refuses its token, or the setting `administrator` is no address.
        ServiceError: A service can't be asked.
    """
    if places_of(report.address) != services.address:
        raise RefusedError(
            "the plan was made for other services than the configured ones",
            hint="configure the addresses that it was made with, or make a new plan",
        )
    options = replace(
        options_of(report), administrator=set_administrator(settings), buffer=settings.buffer
    )
    plan = planned_again(report, options, checked, services, memory)
    changes = list(drift(report, plan))
    if checked.digest != report.file_digest and not changes:
        changes.append("the file was saved again, with the same people")
    if not changes:
        refuse_impossible(plan)
    refuse_changes(changes)
    return replace(plan, receipt=report.receipt)


def refuse_changes(changes: Sequence[str]) -> None:
    """Refuse a plan that is not what was approved any more.

    Raises:
        RefusedError: There are changes; names the first ten.
    """
    if not changes:
        return
    more = len(changes) - _MOST_NAMED
    shown = [*changes[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])]
    raise RefusedError(
        "what was approved is not what would happen now:\n  " + "\n  ".join(shown),
        hint="make a new plan and have it approved",
    )
