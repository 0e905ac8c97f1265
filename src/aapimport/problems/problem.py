"""What can be wrong in a file."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from aapimport.problems.rule_id import RuleId
from aapimport.template.cells import CellRef
from aapimport.text import column_letters


class Level(StrEnum):
    """How much a problem weighs: an error stops an upload, a warning and a notice don't."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Problem(NamedTuple):
    """One thing that is wrong, or worth knowing, in the file.

    Attributes:
        id: The rule's stable name.
        level: Its weight.
        cell: Where; None when it concerns the file as a whole.
        value: The cell's text as found; empty where there is none.
        message: What is wrong, to be read after the value.
        hint: What to do about it; may be empty.
        end: The last (row, column) of a range that it concerns, which begins at `cell`.
    """

    id: RuleId
    level: Level
    cell: CellRef | None
    value: str
    message: str
    hint: str
    end: tuple[int, int] | None = None

    def to_json(self) -> dict[str, object]:
        """The problem in the shape of `validate --json`."""
        return {
            "id": self.id.value,
            "level": self.level.value,
            "sheet": self.cell.sheet if self.cell else None,
            "cell": str(self.cell) if self.cell else None,
            "row": self.cell.row if self.cell else None,
            "column": column_letters(self.cell.column) if self.cell else None,
            "value": self.value,
            "message": self.message,
            "hint": self.hint,
        }


class Finding(NamedTuple):
    """A problem before it is put into words: a rule of the catalogue and where it struck.

    Attributes:
        rule: The rule.
        row: The row, from 1; None when it concerns the file as a whole.
        column: The column, from 0; None as for the row.
        value: The cell's text as found.
        arguments: What the rule's message and hint fill in; a key ending in `_cell` holds a
            (row, column) pair and is shown as an address.
        end: The last (row, column) of a range that it concerns, which begins at its place.
    """

    rule: RuleId
    row: int | None
    column: int | None
    value: str
    arguments: Mapping[str, object] = {}
    end: tuple[int, int] | None = None
