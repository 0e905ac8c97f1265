"""What is known of a sheet's cells beside their values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aapimport.sheets.letters import OddRows, Placed, SecondView

Cell = tuple[int, int]
"""A cell as (row from 1, column from 0)."""
Area = tuple[int, int, int, int]
"""A merged range as (first row, first column, last row, last column)."""

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


@dataclass(frozen=True, slots=True)
class Unlooked:
    """What a cheap look has found of what only the slow reader tells, which didn't look at it.

    Attributes:
        crossed_out: For each column (from 0), the first row (from 1) whose cell looks crossed out;
            -1 for a cell that doesn't say where it stands.
        formatted: The same for cells whose format shows another text than their value.
        links: Whether the sheet has links to addresses.
        everything: Whether not even this look could be taken.
    """

    crossed_out: Mapping[int, int] = field(default_factory=dict)
    formatted: Mapping[int, int] = field(default_factory=dict)
    links: bool = False
    everything: bool = False


@dataclass(slots=True)
class Facts:
    """What a sheet's values alone don't tell.

    Attributes:
        state: Of the second reader: `looked`, `too many rows`, `failed`, or `values only` for
            formats that it can't read.
        version: The version of the template that the file was made from; empty if unknown.
        second: The values that the second reader found: for each column, by row.
        hidden_rows: Rows that nobody sees: hidden, filtered out, folded away.
        hidden_columns: The same for columns.
        merged: Merged ranges.
        shown: What a number is shown as, where that is another text.
        unclear: How a number is shown, in words, where it can't be told what is shown.
        formats_unseen: Whether numbers may have formats that nobody has looked at.
        links: The address of a `mailto:` link.
        comments: The text of a comment.
        errors: The error that a cell shows, such as `#N/A`.
        unstored: Cells with a formula whose result is not in the file.
        zeros: Cells with a formula whose result is 0, as a look-up of a blank cell gives it.
        twice: Rows that the sheet holds more than once, of which a reader keeps one.
        blocks: In how many blocks its rows stand, of which a reader may see only the first.
        looks: What a cell looks like whose value somebody has crossed out: `struck through`, or
            written in white on white.
        texts_shown: What is shown for a text or for 1, where its format shows something else.
        unlooked: What is there and wasn't looked at.
        is_full: Whether a list fills the sheet to the last row that its format can have.
    """

    state: str = "values only"
    version: str = ""
    second: list[dict[int, Any]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: tuple[Area, ...] = ()
    shown: dict[Cell, str] = field(default_factory=dict)
    unclear: dict[Cell, str] = field(default_factory=dict)
    formats_unseen: bool = False
    links: dict[Cell, str] = field(default_factory=dict)
    comments: dict[Cell, str] = field(default_factory=dict)
    errors: dict[Cell, str] = field(default_factory=dict)
    unstored: set[Cell] = field(default_factory=set)
    zeros: set[Cell] = field(default_factory=set)
    twice: list[int] = field(default_factory=list)
    blocks: int = 1
    looks: dict[Cell, str] = field(default_factory=dict)
    texts_shown: dict[Cell, str] = field(default_factory=dict)
    unlooked: Unlooked = Unlooked()
    is_full: bool = False

    def crossed_out(self, columns: Mapping[str, int]) -> dict[int, str]:
        """The rows of people who are crossed out by look, and which look it is.

        Args:
            columns: The column of each field; the address counts, or else both names.
        """
        rows = {}
        for (row, at), look in self.looks.items():
            names = [(row, columns.get(key, -1)) for key in ("first_name", "last_name")]
            if at == columns.get("email") or all(name in self.looks for name in names):
                rows[row] = look
        return rows

    def last_row(self) -> int:
        """The last row of which something is known that the values may not tell; 0 for none."""
        seen = (max(column) for column in self.second if column)
        odd = (row for row, _ in (*self.unstored, *self.errors))
        return max(max(seen, default=0), max(odd, default=0))

    def take_second_view(self, view: SecondView, sheet: str) -> None:
        """Add what the second reader has said of a sheet."""
        odd_rows = view.odd_rows.get(sheet, OddRows())
        self.twice, self.blocks = [*odd_rows.twice], odd_rows.blocks
        seen = view.sheets.get(sheet) if view.state == "looked" else None
        if seen is None:
            is_long = view.state == "too many rows" or sheet in view.too_long
            self.state = "too many rows" if is_long else "failed"
            return
        self.state = view.state
        self.version = view.version
        self.second = [dict(zip(rows, values, strict=True)) for rows, values in seen.columns]
        self.hidden_rows = set(seen.hidden_rows)
        self.hidden_columns = set(seen.hidden_columns)
        self.merged = tuple({*self.merged, *((a, b, c, d) for a, b, c, d in seen.merged)})
        self.shown, self.unclear = _by_cell(seen.shown), _by_cell(seen.unclear)
        self.texts_shown, self.looks = _by_cell(seen.texts_shown), _by_cell(seen.looks)
        self.links, self.comments = _by_cell(seen.links), _by_cell(seen.comments)


def _by_cell(placed: Placed) -> dict[Cell, str]:
    return {(row, column): text for row, column, text in placed}
