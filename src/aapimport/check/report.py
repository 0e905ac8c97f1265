"""What `validate --json` prints: a contract for scripts, with a JSON Schema."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.check.check_file import Checked
from aapimport.problems.problem import Level
from aapimport.text import path_text

Target = Literal["practice", "live"]


class ProblemReport(BaseModel):
    """One problem."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="the rule's stable name, see docs/problems.md")
    level: Literal["error", "warning", "notice"] = Field(
        description="an error stops an upload, a warning and a notice don't"
    )
    sheet: str | None = Field(description="the sheet; empty for csv; null for the whole file")
    cell: str | None = Field(description="the address as Excel's Name Box takes it")
    row: int | None = Field(description="the row, counted from 1 as Excel shows it")
    column: str | None = Field(description="the column's letters")
    value: str = Field(description="the cell's text as found, at most 1,000 characters")
    message: str = Field(description="what is wrong, to be read after the value")
    hint: str = Field(description="what to do about it; may be empty")


class LeftOutReport(BaseModel):
    """A row that holds somebody and isn't read, because it was decided so."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    row: int = Field(description="the row in the file, as Excel shows it")
    reason: str


class OtherSheetReport(BaseModel):
    """A sheet with people that isn't read."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    name: str
    people: int = Field(description="rows with an address, counted up to 1,000")


class ValidationReport(BaseModel):
    """A checked file."""

    model_config = ConfigDict(extra="forbid", title="aapimport validate --json")

    target: Target | None = Field(
        description="where the pass of --pass is looked for; null without it, and without settings"
    )
    address: str | None = Field(description="where both services are; null likewise")
    file: str = Field(description="the path as it was given; bytes that are no UTF-8 as \\xff")
    sheet: str = Field(description="the sheet that was read; empty for csv")
    teams_of: str | None = Field(
        description="the pass whose teams the file's were compared with; null where they weren't"
    )
    rows: int = Field(ge=0, description="rows that hold something, below the header")
    ready: int = Field(ge=0, description="rows without an error")
    errors: int = Field(ge=0, description="how many of the problems are errors")
    warnings: int = Field(ge=0, description="how many of the problems are warnings")
    left_out: list[LeftOutReport] = Field(
        description="people who aren't read, by decision: hidden, filtered or marked rows"
    )
    other_sheets: list[OtherSheetReport] = Field(description="sheets with people, not read")
    problems: list[ProblemReport] = Field(description="by row, then column; whole file first")


def report_of(
    checked: Checked,
    teams_of: str | None = None,
    *,
    target: Target | None = None,
    address: str | None = None,
) -> ValidationReport:
    """A checked file in the shape of `validate --json`.

    Args:
        checked: The file.
        teams_of: The pass whose teams the file's were compared with, if they were.
        target: Where that pass was looked for, if it was.
        address: Where both services are, likewise.
    """
    return ValidationReport(
        target=target,
        address=address,
        file=path_text(checked.path),
        sheet=checked.sheet,
        teams_of=teams_of,
        rows=checked.rows,
        ready=checked.ready,
        errors=checked.count(Level.ERROR),
        warnings=checked.count(Level.WARNING),
        left_out=[LeftOutReport.model_validate(one) for one in checked.left_out],
        other_sheets=[OtherSheetReport.model_validate(one) for one in checked.other_sheets],
        problems=[ProblemReport.model_validate(p.to_json()) for p in checked.problems],
    )
