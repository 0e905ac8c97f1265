"""What is known of a sheet's cells beside their values, and what nobody has looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from aapimport.sheets.letters import Suspects

Cell = tuple[int, int]
"""A cell as (row from 1, column from 0)."""
Area = tuple[int, int, int, int]
"""A merged range as (first row, first column, last row, last column)."""
Columns = list[dict[int, Any]]
"""Values: for each column, by row; a date as `{"date": text}`."""

ERROR_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
"""What binary workbooks write for an error ([MS-XLS] 2.5.10, [MS-XLSB] 2.5.97.2)."""

MOST_ROWS = 20_000
"""Up to here both readers of xlsx run; openpyxl takes about 1 s for so many rows."""

LEAST_HEIGHT, LEAST_WIDTH = 2.0, 0.3
"""What nobody can see: a row less high, in points, or a column less wide, in characters."""
TWIPS, PARTS = 20, 256
"""In how many parts binary workbooks count a point, and a character's width."""

_Look = TypeVar("_Look")


class Reason(StrEnum):
    """Why something wasn't looked at."""

    TOO_MANY_ROWS = "too many rows"
    FAILED = "failed"
    ONE_READER_KNOWS = "one reader knows"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A look that wasn't taken. `check/unseen.py` says so to the administrator.

    Attributes:
        reason: Why.
        suspects: What is there, as far as that could be found out cheaply.
    """

    reason: Reason
    suspects: Suspects = field(default_factory=Suspects)


def seen(look: _Look | Unseen, nothing: _Look) -> _Look:
    """What was seen; where nobody has looked, the same as where nothing is there."""
    return nothing if isinstance(look, Unseen) else look


@dataclass(slots=True)
class Looks:
    """What cells look like to whoever opens the sheet, by cell.

    Attributes:
        shown: What a number is shown as, where that is another text.
        unclear: How a number is shown, in words, where it can't be told what is shown.
        texts_shown: What is shown for a text or for 1, where its format shows something else.
        crossed_out: What a cell looks like whose value somebody has crossed out: `struck through`,
            written in white on white, or in letters that nobody sees.
        comments: The text of a comment.
    """

    shown: dict[Cell, str] = field(default_factory=dict)
    unclear: dict[Cell, str] = field(default_factory=dict)
    texts_shown: dict[Cell, str] = field(default_factory=dict)
    crossed_out: dict[Cell, str] = field(default_factory=dict)
    comments: dict[Cell, str] = field(default_factory=dict)

    def people_crossed_out(self, columns: Mapping[str, int]) -> dict[int, str]:
        """The rows of people who are crossed out, and how.

        Args:
            columns: The column of each field; the address counts, or else both names.
        """
        rows = {}
        for (row, at), look in self.crossed_out.items():
            names = [(row, columns.get(key, -1)) for key in ("first_name", "last_name")]
            if at == columns.get("email") or all(name in self.crossed_out for name in names):
                rows[row] = look
        return rows


@dataclass(slots=True)
class Facts:
    """What a sheet's values alone don't tell.

    Attributes:
        second: The values once more, as another reader has found them.
        looks: What cells look like.
        version: The version of the template that the file was made from; empty if unknown.
        hidden_rows: Rows that nobody sees: hidden, filtered out, folded away.
        hidden_columns: The same for columns.
        merged: Merged ranges.
        errors: The error that a cell shows, such as `#N/A`.
        unstored: Cells with a formula whose result is not in the file.
        zeros: Cells with a formula whose result is 0, as a look-up of a blank cell gives it.
        links: The address that a cell's `mailto:` link or HYPERLINK formula goes to.
        twice: Rows that the sheet holds more than once, of which a reader keeps one.
        blocks: In how many blocks its rows stand, of which a reader may see only the first.
        conditional: Each range whose conditional format may change what is seen, and how, in words.
        is_full: Whether a list fills the sheet to the last row that its format can have.
    """

    second: Columns | Unseen
    looks: Looks | Unseen
    version: str = ""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: tuple[Area, ...] = ()
    errors: dict[Cell, str] = field(default_factory=dict)
    unstored: set[Cell] = field(default_factory=set)
    zeros: set[Cell] = field(default_factory=set)
    links: dict[Cell, str] = field(default_factory=dict)
    twice: list[int] = field(default_factory=list)
    blocks: int = 1
    conditional: Sequence[tuple[Area, str]] | Unseen = ()
    is_full: bool = False

    def last_row(self) -> int:
        """The last row of which something is known that the values may not tell; 0 for none."""
        last = (max(column) for column in seen(self.second, Columns()) if column)
        odd = (row for row, _ in (*self.unstored, *self.errors))
        return max(max(last, default=0), max(odd, default=0))
