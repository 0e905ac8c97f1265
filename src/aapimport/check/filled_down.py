"""Rows below the last person that hold only what was filled down too far: a role, a team, Jhana."""

from collections.abc import Iterator, Sequence

from aapimport.check.evidence import row_numbers
from aapimport.check.header import Header
from aapimport.check.repair import shown
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Sheet, Value

_NAMING = ("email", "first_name", "last_name")
_SEVERAL = 2
"""A single row of this kind may be somebody who was begun."""


class FilledDown:
    """Finds such rows.

    Args:
        header: Where the columns are.
        sheet: The sheet whose rows they are.
    """

    def __init__(self, header: Header, sheet: Sheet) -> None:
        self._header, self._sheet = header, sheet
        at = {key: column - sheet.first_column for key, column in header.columns.items()}
        self._naming = [at[key] for key in _NAMING if key in at]
        self._others = {at[key] for key in at if key not in _NAMING}
        self._known: tuple[int, int] | None = None
        self._rows: list[int] = []
        self._before: Sequence[Value] = ()
        self._first: tuple[int, str] = 0, ""

    def is_one(self, rows: Sequence[Sequence[Value]], index: int, row: int) -> bool:
        """Whether a row is one of them; it may hold no more than the row above, but for names.

        Args:
            rows: Some rows.
            index: The one that is meant.
            row: Its number.
        """
        cells, above = rows[index], rows[index - 1] if index else self._before
        if not self._naming or any(_is_filled(_at(cells, at)) for at in self._naming):
            return False
        filled = [at for at, value in enumerate(cells) if _is_filled(value)]
        if any(at not in self._others and cells[at] != _at(above, at) for at in filled):
            return False
        last, below = self._known or self._look()
        if row <= last or below < _SEVERAL:
            return False
        if not self._rows:
            at = next((at for at in filled if at in self._others), 0)
            self._first = at + self._sheet.first_column, shown(_at(cells, at))
        self._rows.append(row)
        self._before = cells
        return True

    def finish(self) -> Iterator[Finding]:
        """What is to be said about them, once."""
        if self._rows:
            column, text = self._first
            rows = {"count": len(self._rows), "rows": row_numbers(self._rows)}
            yield Finding(RuleId.FILLED_DOWN, self._rows[0], column, text, rows)

    def _look(self) -> tuple[int, int]:
        """The last row with an address or all of its names, and how many others follow; once."""
        email, *names = self._naming
        last = below = 0
        for row, cells in enumerate(self._sheet.rows(), start=1):
            named = bool(names) and all(_is_filled(_at(cells, at)) for at in names)
            if named or "@" in str(_at(cells, email)):
                last, below = row, 0
            elif any(_is_filled(_at(cells, at)) for at in self._others):
                below += 1
        self._known = last, below
        return last, below


def _at(cells: Sequence[Value], at: int) -> Value:
    return cells[at] if at < len(cells) else ""


def _is_filled(value: Value) -> bool:
    return value != "" and bool(str(value).strip())
