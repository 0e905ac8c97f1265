"""What commands tell scripts that write, keep, forget or serve something."""

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.check.report import ProblemReport
from aapimport.text import path_text

if TYPE_CHECKING:
    from pathlib import Path

    from aapimport.config.settings import Settings
    from aapimport.copies.renew import Renewal

Target = Literal["practice", "live"]


class Answer(BaseModel):
    """What every answer has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: Target | None = Field(description="null where no service is concerned")
    address: str | None = Field(description="where both services are; null likewise")


class TemplateReport(Answer):
    """What `generate-template --json` prints."""

    written: str = Field(description="the file")
    teams: list[str] | None = Field(
        description="what the column Team offers; null where no pass was named"
    )


class RoleReport(BaseModel):
    """A role that the list says differently than the template."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: str = Field(description="the word in the list; empty where it is blank")
    now: str = Field(description="the word in the template; empty for a manager")
    rows: int


class RenewalReport(Answer):
    """What `renew --json` prints: `ready` to `left_out` add up to `rows`."""

    written: str = Field(description="the file")
    rows: int = Field(description="rows of the list that hold something")
    ready: int = Field(description="people on the sheet Users")
    with_errors: int = Field(description="people on the sheet Users, to be corrected by hand")
    idle: int = Field(description="possible leavers, without a log-in since `since`")
    undated: int = Field(description="possible leavers without a date")
    left_out: int = Field(description="rows that hold nobody, and hidden ones that don't count")
    since: str | None = Field(description="a day, as 2026-05-26; null where there are no dates")
    unread_dates: int = Field(description="people whose date is unreadable or in the future")
    notes: list[str] = Field(description="what stands in the rows left out, with its cell")
    skipped: list[str] = Field(description="the addresses in the rows left out, with their cells")
    roles: list[RoleReport]
    blank_columns: list[str] = Field(description="columns that the list doesn't have")
    extra_columns: list[str] = Field(description="columns that are kept, and not loaded")
    problems: list[ProblemReport] = Field(description="what no check of the new file tells")


class ForgottenSecret(BaseModel):
    """The secret of one service, or of the mail server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Literal["portal", "jhana", "mail"]
    url: str
    was_in: list[str] = Field(description="`keyring`, a file, both, or nothing")


class LogoutReport(Answer):
    """What `logout --json` prints."""

    secrets: list[ForgottenSecret]


class SettingsFileReport(Answer):
    """What `config init --json` prints."""

    written: str = Field(description="the file")
    profile: str = Field(description="the client's profile; empty without one")


class ResetReport(Answer):
    """What `sandbox reset --json` prints."""

    folder: str = Field(description="where the practice portal is kept")


class ServingReport(Answer):
    """What `sandbox serve --json` prints as soon as it listens."""

    settings: dict[str, str] = Field(
        description="the variables with which another aapimport reaches it"
    )


def template_report(
    path: "Path", teams: tuple[str, ...] | None, settings: "Settings | None"
) -> TemplateReport:
    """A template that was written, for scripts."""
    return TemplateReport(
        target=settings.target if settings else None,
        address=settings.address if settings else None,
        written=path_text(path),
        teams=None if teams is None else list(teams),
    )


def renewal_report(path: "Path", renewal: "Renewal") -> RenewalReport:
    """What became of a list, for scripts."""
    return RenewalReport(
        target=None,
        address=None,
        written=path_text(path),
        rows=renewal.rows,
        ready=renewal.kept,
        with_errors=renewal.with_errors,
        idle=renewal.idle,
        undated=renewal.undated,
        left_out=renewal.left_out,
        since=renewal.since.isoformat() if renewal.since else None,
        unread_dates=renewal.unread_dates,
        notes=list(renewal.notes),
        skipped=list(renewal.skipped),
        roles=[
            RoleReport(before=before, now=now, rows=rows)
            for (before, now), rows in sorted(renewal.roles.items())
        ],
        blank_columns=list(renewal.blank_columns),
        extra_columns=list(renewal.extra_columns),
        problems=[ProblemReport.model_validate(one.to_json()) for one in renewal.told],
    )
