"""What the processes that read a file say to each other: frozen values, as JSON in between.

A letter with a field too many or too few is refused when it is read. The tests hold every letter to
its types with pydantic; here nobody loads it, because that would take the process that waits for
the answer a quarter longer than a file of 25 rows takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

Placed = Sequence[tuple[int, int, str]]
"""Texts as (row from 1, column from 0, text)."""

MOST_NAMED = 40
"""So many rows of a column `Suspects` name: more than a header and what is above it can have."""


class Letter:
    """A frozen dataclass that can be sent: its fields are what JSON holds, or letters."""

    def plain(self) -> dict[str, Any]:
        """The fields by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The letter that was sent.

        Raises:
            TypeError: It has a field too many or too few.
        """
        return cls(**plain)


def sealed(what: object) -> bytes:
    """Anything that is made of letters and of what JSON holds, to be sent."""
    text = json.dumps(what, ensure_ascii=True, check_circular=False, default=_opened)
    return text.encode("ascii")


def _opened(what: object) -> dict[str, Any]:
    if isinstance(what, Letter):
        return what.plain()
    raise TypeError(f"{type(what).__name__} is no letter")


@dataclass(frozen=True, kw_only=True)
class LookRequest(Letter):
    """What the second reader is asked for.

    Attributes:
        path: The file.
        thorough: Whether its size doesn't matter.
        descriptor: The file, open, where it could be handed over.
    """

    path: str
    thorough: bool = False
    descriptor: int | None = None


@dataclass(frozen=True, kw_only=True)
class SheetView(Letter):
    """What the second reader knows of a sheet.

    Attributes:
        columns: For each column, the rows that hold something, and their values; a date as
            `{"date": text}`.
        hidden_rows: Rows that nobody sees.
        hidden_columns: The same for columns.
        merged: Merged ranges as (first row, first column, last row, last column).
        shown: What a number is shown as, where that is another text.
        unclear: How a number is shown, in words, where it can't be told what is shown.
        texts_shown: What is shown for a text or for 1, where its format shows something else.
        looks: How a cell looks whose value somebody has crossed out.
        links: The address of a `mailto:` link.
        comments: The text of a comment.
    """

    columns: Sequence[tuple[Sequence[int], Sequence[Any]]] = ()
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    merged: Sequence[tuple[int, int, int, int]] = ()
    shown: Placed = ()
    unclear: Placed = ()
    texts_shown: Placed = ()
    looks: Placed = ()
    links: Placed = ()
    comments: Placed = ()


@dataclass(frozen=True, kw_only=True)
class OddRows(Letter):
    """What is wrong with how a sheet's rows are written.

    Attributes:
        twice: The numbers that several rows have, or several cells in one column, of which readers
            keep one each.
        blocks: In how many blocks they stand; of more than one, a reader may see only the first.
        strange: Whether cells are written so that readers may take them differently, or a search in
            the text may not see what is said of them.
    """

    twice: Sequence[int] = ()
    blocks: int = 1
    strange: bool = False


@dataclass(frozen=True)
class Suspects(Letter):
    """What a cheap look has found of what only the slow reader tells, which didn't look at it.

    Attributes:
        crossed_out: For each column (from 0), the first rows (from 1) whose cells look crossed out,
            more than there are above a list; -1 for cells that don't say where they stand.
        formatted: The same for cells whose format shows another text than their value.
        numbers: Whether numbers may be shown otherwise than they are stored.
        links: Whether the sheet has links to addresses.
        everything: Whether not even this look could be taken.
    """

    crossed_out: Mapping[int, Sequence[int]] = field(default_factory=dict)
    formatted: Mapping[int, Sequence[int]] = field(default_factory=dict)
    numbers: bool = False
    links: bool = False
    everything: bool = False

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The letter that was sent; JSON has made texts of the columns."""
        crossed_out, formatted = (
            {int(column): rows for column, rows in plain[name].items()}
            for name in ("crossed_out", "formatted")
        )
        return super().read({**plain, "crossed_out": crossed_out, "formatted": formatted})


@dataclass(frozen=True, kw_only=True)
class SecondView(Letter):
    """What the second reader found in a workbook.

    Attributes:
        state: `looked`, `too many rows` or `failed`.
        version: The version of the template that the file was made from; empty if unknown.
        sheets: The sheets that it has read, by name.
        too_long: The names of the sheets that were left out because they have too many rows.
        odd_rows: How the rows of each sheet are written, by its name.
        suspects: What a cheap look has found in the sheets with too many rows, by name.
    """

    state: str
    version: str = ""
    sheets: Mapping[str, SheetView] = field(default_factory=dict)
    too_long: Sequence[str] = ()
    odd_rows: Mapping[str, OddRows] = field(default_factory=dict)
    suspects: Mapping[str, Suspects] = field(default_factory=dict)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The letter that was sent."""
        sheets = {name: SheetView.read(one) for name, one in plain["sheets"].items()}
        odd_rows = {name: OddRows.read(one) for name, one in plain["odd_rows"].items()}
        suspects = {name: Suspects.read(one) for name, one in plain["suspects"].items()}
        more = {"sheets": sheets, "odd_rows": odd_rows, "suspects": suspects}
        return super().read({**plain, **more})
