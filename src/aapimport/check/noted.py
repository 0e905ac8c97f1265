"""What was found in some rows, and what a copy of the file has to know of their cells."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId


class Kind(StrEnum):
    """What a correction says of a cell, or of its row; beside it a text."""

    SENT = "sent"
    """The text that is sent in place of the cell's own."""
    SHOWN = "shown"
    """The same, where it is also what the cell shows; a copy of the value wouldn't."""
    UNREADABLE = "unreadable"
    """A copy of the value, as it is or as text, would hide what is wrong with it."""
    NOT_TEXT = "not text"
    """A copy of its text would hide what is wrong with it; the text says nothing."""
    NUMBER = "number"
    """It has to stay a number, about which there is a doubt."""
    UNCLEAR = "unclear"
    """How a number is shown, in words, where nobody knows as what."""
    COMMENT = "comment"
    """The comment on it."""
    NOBODY = "nobody"
    """Its row is nobody's and isn't read: a total, a note, the header once more; the value."""


class Correction(NamedTuple):
    """One thing that a copy of the file has to know of a cell.

    Attributes:
        row: The row, from 1.
        column: The column, from 0.
        kind: What it is.
        text: What the kind says that it is; may be empty.
    """

    row: int
    column: int
    kind: Kind
    text: str = ""


@dataclass(slots=True)
class Noted:
    """What was found in some rows.

    Attributes:
        findings: What is said of them.
        corrections: What a copy has to know.
        faulty: The (row, field) of each value that can't be used.
        originals: The text of each value that was read as another one, by (row, field).
    """

    findings: list[Finding] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    faulty: set[tuple[int, str]] = field(default_factory=set)
    originals: dict[tuple[int, str], str] = field(default_factory=dict)

    def find(
        self, rule: RuleId, row: int, column: int | None, value: str, **arguments: object
    ) -> None:
        """Note a finding."""
        self.findings.append(Finding(rule, row, column, value, arguments))

    def correct(self, row: int, column: int, kind: Kind, text: str = "") -> None:
        """Note a correction."""
        self.corrections.append(Correction(row, column, kind, text))

    def add(self, other: "Noted") -> None:
        """Note what was found elsewhere in the same rows."""
        self.findings += other.findings
        self.corrections += other.corrections
        self.faulty |= other.faulty
        self.originals |= other.originals

    def keep(self, row_counts: Callable[[int | None], bool]) -> None:
        """Forget what concerns rows that don't count; merged cells may reach into one that does."""
        self.findings = [
            it for it in self.findings if row_counts(it.row) or it.rule is RuleId.MERGED_CELL
        ]
        self.corrections = [it for it in self.corrections if row_counts(it.row)]

    def broken_rows(self) -> set[int]:
        """The rows with a value that can't be used."""
        return set(map(itemgetter(0), self.faulty))
