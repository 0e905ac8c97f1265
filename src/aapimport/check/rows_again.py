"""Rows of a results workbook found again: on To correct, and on the own sheet once it was changed.

Who is who is told by address and names, never by the place of a row: rows are sorted, and deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from aapimport.check.written import Written, person_of
from aapimport.template.columns import COLUMNS

KEYS = tuple(column.key for column in COLUMNS)
EMAIL, FIRST_NAME, LAST_NAME = map(KEYS.index, ("email", "first_name", "last_name"))

Cells = tuple[str, ...]
"""Of a row, one text or digest for each of the template's columns; blank is the empty one."""


def was_written(one: Written) -> Cells:
    """The digests of a row as it was written."""
    by_column = {at: digest for (_, at), digest in one.cells.items()}
    return tuple(by_column.get(at, "") for at in range(len(KEYS)))


class Fixed:
    """Who is on To correct.

    Args:
        name: That sheet's name.
        rows: Its rows, by their number.
        written: How the rows of the own sheet were written.
    """

    def __init__(self, name: str, rows: Mapping[int, Cells], written: Sequence[Written]) -> None:
        self.name = name
        self._rows = rows
        self._people = {row: person_in(texts) for row, texts in rows.items()}
        self._by: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for row, marks in self._people.items():
            for mark in enumerate(marks):
                self._by[mark].add(row)
        self._written = {mark for one in written for mark in enumerate(one.person or ())}
        self._written |= {(0, was_written(one)[EMAIL]) for one in written}
        self._namesakes = Counter(one.person[1] for one in written if one.person)

    def of(self, one: Written) -> tuple[Cells | None, bool]:
        """The row of somebody, None where it isn't certain; and whether any may be it."""
        email, names = one.person or ("", "")
        by_email, by_names = (
            self._by[at, mark] if mark else set[int]() for at, mark in enumerate((email, names))
        )
        rows = by_email & by_names or by_email | by_names
        if len(rows) != 1:
            return None, bool(rows)
        (row,) = rows
        if not by_email:  # the address may have been corrected, or it is a namesake
            if (0, self._people[row][0]) in self._written:
                return None, False
            if self._namesakes[names] > 1:
                return None, True
        return self._rows[row], True

    def many(self, one: Written) -> int:
        """How many rows may be somebody's."""
        email, names = one.person or ("", "")
        return len(set().union(*(self._by[it] for it in ((0, email), (1, names)) if it[1])))

    def has_all(self, texts: Cells, has: Sequence[bool]) -> bool:
        """Whether somebody of that address is there, and in all columns of a sheet the same."""
        rows = self._by[0, person_in(texts)[0]]
        return any(
            all(
                said.casefold() == text.casefold()
                for said, text, there in zip(self._rows[row], texts, has, strict=True)
                if there
            )
            for row in rows
        )


def person_in(texts: Cells) -> tuple[str, str]:
    """Who stands in a row, as `person_of` says."""
    return person_of(texts[EMAIL], texts[FIRST_NAME], texts[LAST_NAME])


class Twins:
    """The rows that aren't as they were written, found by what they still have in common.

    Attributes:
        left: Those that nobody has found, by their number.
    """

    def __init__(self, rows: Sequence[Written]) -> None:
        self.left = {one.row: one for one in rows}
        self._by: dict[tuple[object, ...], Written] = {}
        for one in rows:
            for mark in _marks(one.row, was_written(one)):
                self._by.setdefault(mark, one)

    def take(self, row: int, cells: Cells) -> Written | None:
        """What a row was before; None for a new one."""
        for mark in _marks(row, cells):
            one = self._by.get(mark)
            if one and self.left.pop(one.row, None):
                return one
        return None


def _marks(row: int, cells: Cells) -> Iterator[tuple[object, ...]]:
    """What a row is known by, the surest first: its address, its name, its place and a cell."""
    if cells[EMAIL]:
        yield ("email", cells[EMAIL])
    if cells[FIRST_NAME] and cells[LAST_NAME]:
        yield ("names", cells[FIRST_NAME], cells[LAST_NAME])
    yield from (("cell", row, at, cell) for at, cell in enumerate(cells) if cell)
