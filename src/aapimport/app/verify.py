"""Everybody of a receipt read back: as the run left them, changed since, or gone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode, RefusedError
from aapimport.run.taken_back import TakenBackReport

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings
    from aapimport.run.records import Run
    from aapimport.run.since import PersonSince


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VerifiedPerson(_Model):
    """One person, as they are now."""

    row: int
    email: str = Field(description="empty where neither the journal nor the portal tells it")
    standing: Literal["same", "changed", "gone", "unknown"]
    changes: list[str] = Field(description="what is otherwise than the run left it, in words")
    not_shown: list[str] = Field(
        description="what neither the services nor the journal tell: unproven"
    )


class VerifyReport(_Model):
    """What `receipt verify --json` prints."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    receipt: str
    same: int
    changed: int
    gone: int
    unknown: int = Field(
        description="people of whom the run itself doesn't know what became, or whom a service"
        " doesn't show"
    )
    people: list[VerifiedPerson]
    taken_back: list[TakenBackReport] = Field(
        description="what undos have taken back of it since: such people differ, as they should"
    )


def verify_receipt(receipt: str, settings: "Settings", desk: "Desk") -> ExitCode:
    """Read everybody of a run back by account id, and say who differs; writes nothing.

    Returns:
        1 where somebody differs, is gone, or was never known.

    Raises:
        RefusedError: There is no such run, or it is no upload, or it belongs to other services.
        SettingsError: A setting is missing, or a service refuses the token.
        ServiceError: A service can't be asked.
    """
    from aapimport.app.session import opened
    from aapimport.run.left import left_by
    from aapimport.run.records import RunKind
    from aapimport.run.runs import refuse_other_services
    from aapimport.run.since import read_back
    from aapimport.run.taken_back import taken_back
    from aapimport.screens.target import show_target
    from aapimport.screens.verify import show_verified

    desk.show_beside(show_target, settings)
    with opened(settings, desk, None, begins=False) as (journal, services):
        run = journal.run(receipt)
        if run.kind != RunKind.UPLOAD:
            raise RefusedError(
                f"{run.receipt} is no upload, and only uploads can be verified",
                hint=f"see what it did with: aapimport receipt {run.receipt}",
            )
        refuse_other_services(run, services.address)
        journal.missing = lambda error: desk.say(
            f"not known is what other profiles have done since: {error.message}; what is listed is"
            f" as the services show it all the same\nhint: {error.hint}"
        )
        left = [*left_by(journal, run, found_in=True)]
        with desk.busy("reading everybody back"):
            people = [*read_back(left, services)]
        undos = [one.report for one in taken_back(journal, run)]
    report = verify_report(run, people, undos)
    if desk.as_json:
        desk.print_result(report.model_dump_json(indent=2))
    else:
        desk.show(show_verified, run, people, undos)
    differs = report.changed + report.gone + report.unknown or not people
    return ExitCode.FINDINGS if differs else ExitCode.OK


def verify_report(
    run: "Run", people: "Sequence[PersonSince]", undos: "Sequence[TakenBackReport]" = ()
) -> VerifyReport:
    """Everybody as they are now, for scripts."""
    counts = dict.fromkeys(("same", "changed", "gone", "unknown"), 0)
    found = []
    for one in people:
        counts[one.standing.value] += 1
        found.append(
            VerifiedPerson(
                row=one.person.row,
                email=one.email,
                standing=one.standing.value,
                changes=[*one.words],
                not_shown=[*one.not_shown],
            )
        )
    return VerifyReport(
        target="practice" if run.target == "practice" else "live",
        address=run.address,
        receipt=run.receipt,
        people=found,
        taken_back=[*undos],
        **counts,
    )
