"""What the process that checks a file is asked, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from aapimport.check.noted import Correction, Kind
from aapimport.check.origin import Origin
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.letters import Letter

Decided = Literal["include", "skip"]
"""What becomes of rows that nobody sees, or that are marked as not meant."""


@dataclass(frozen=True, kw_only=True)
class CheckRequest(Letter):
    """What is to be checked, and how.

    Attributes:
        path: The file.
        sheet: The sheet to read, where several hold people.
        encoding: The text encoding of a csv that isn't UTF-8.
        hidden: Whether people in hidden or filtered rows count; None if that isn't decided.
        people: Whether the people are wanted, or only what is wrong.
        second_view: Whether standard input brings what the second reader found.
        descriptor: The file, open, where it could be handed over.
    """

    path: str
    sheet: str | None = None
    encoding: str | None = None
    hidden: Decided | None = None
    people: bool = True
    second_view: bool = False
    descriptor: int | None = None


@dataclass(frozen=True, kw_only=True)
class CheckedFile(Letter):
    """A file after every check, as the child has found it.

    Attributes:
        digest: SHA-256 of the file's bytes, in hexadecimal.
        kind: `xlsx`, `xls`, `xlsb`, `ods` or `csv`, by what is in the file.
        encoding: The text encoding of a csv; empty for a workbook.
        delimiter: The delimiter of a csv; empty for a workbook.
        sheet: The sheet that was read; empty for csv.
        header_row: The header's row, from 1; 0 where there is none.
        columns: For each field of `Person`, the column (from 0) that it was read from.
        rows: How many rows hold something.
        ready: How many of them have no error.
        findings: Everything found.
        corrections: What a copy of the sheet has to know of its cells.
        people: The rows without an error, their values in the order of `KEYS`.
        unnamed_columns: The columns without a header that hold something beside people.
        left_out: Row and reason of the people who aren't read, being hidden or marked.
        other_sheets: The sheets that aren't read, each with how many people are there.
        origin: The upload whose results workbook it is; None for any other file.
    """

    digest: str
    kind: str
    encoding: str
    delimiter: str
    sheet: str
    header_row: int
    columns: Mapping[str, int]
    rows: int
    ready: int
    findings: Sequence[Finding]
    corrections: Sequence[Correction]
    people: Sequence[Sequence[Any]]
    unnamed_columns: Sequence[int]
    left_out: Sequence[tuple[int, str]]
    other_sheets: Sequence[tuple[str, int]]
    origin: Origin | None

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The letter that was sent."""
        rules = {rule.value: rule for rule in RuleId}  # RuleId(…) would take 2 µs for each
        findings = [Finding(rules[rule], *more) for rule, *more in plain["findings"]]
        kinds = {kind.value: kind for kind in Kind}
        corrections = [
            Correction(row, column, kinds[kind], text)
            for row, column, kind, text in plain["corrections"]
        ]
        more: dict[str, Any] = {"findings": findings, "corrections": corrections}
        if told := plain.get("origin"):
            more["origin"] = Origin.read(told)
        return super().read({**plain, **more})
