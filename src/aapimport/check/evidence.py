"""What the second reader and the sheet's XML say about the cells, held against their values."""

import math
import re
from bisect import bisect, bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from operator import itemgetter
from typing import Any

from aapimport.check.header import Header
from aapimport.check.noted import Kind, Noted
from aapimport.check.notes import note_in
from aapimport.check.repair import shown
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.sheets.facts import Area, Cell, Columns, Facts, Looks, Unseen, seen
from aapimport.sheets.number_formats import may_show_a_word
from aapimport.text import MAILTO, column_letters, fold

_LARGEST_MERGE = 100_000
_SHOWN_FOR_1 = {"1", "yes", "y", "x", "on", "true", "ja", "oui", "sí", "si", "はい", "✓", "✔", "☑"}
_ACROSS = 2  # columns of the template
_A_NUMBER = re.compile(r"[\d.,' ]+%?")
_MAILTO = re.compile(rf"{MAILTO}\s*", re.IGNORECASE)


class _Cells:
    """What is known of cells in the template's columns, by row: looked through once, not per chunk.

    Args:
        known: What is known of each cell.
        keys: The field of each column.
    """

    def __init__(self, known: Mapping[Cell, str], keys: Mapping[int, str]) -> None:
        self._cells = sorted((row, at, text) for (row, at), text in known.items() if at in keys)
        self._keys = keys

    def within(
        self, values: Mapping[str, list[Value]], first_row: int
    ) -> Iterator[tuple[int, str, int, str]]:
        """Row, field, index and what is known, of each cell among some rows' values."""
        length = len(next(iter(values.values())))
        start, end = (bisect_left(self._cells, (row,)) for row in (first_row, first_row + length))
        for row, at, text in self._cells[start:end]:
            if self._keys[at] in values:
                yield row, self._keys[at], row - first_row, text


class Evidence:
    """The facts about one sheet, seen from the template's columns.

    Args:
        facts: What is known.
        header: Where the columns are; only what is below it counts.
    """

    def __init__(self, facts: Facts, header: Header) -> None:
        self._noted = Noted()
        self._facts = facts
        self._looks = seen(facts.looks, Looks())
        self._second = seen(facts.second, Columns())
        self._numbers_unseen = isinstance(facts.looks, Unseen) and facts.looks.suspects.numbers
        self._columns = header.columns
        by_column = sorted(header.columns.items(), key=itemgetter(1))
        self._keys = {column: key for key, column in by_column}
        errors, unstored, zeros = facts.errors, facts.unstored, facts.zeros
        self._broken_cells = (
            (RuleId.ERROR_VALUE, _Cells(errors, self._keys)),
            (RuleId.FORMULA_WITHOUT_VALUE, _Cells(dict.fromkeys(unstored, ""), self._keys)),
            (RuleId.FORMULA_ZERO, _Cells(dict.fromkeys(zeros, "0"), self._keys)),
        )
        looks = self._looks
        self._links = _Cells(facts.links, self._keys)
        self._shown, self._texts_shown, self._comments, self._crossed_out = (
            _Cells(known, self._keys)
            for known in (looks.shown, looks.texts_shown, looks.comments, looks.crossed_out)
        )
        self._people_crossed_out = looks.people_crossed_out(header.columns)
        self._told: set[Area] = set()
        self._rows: list[int] | None = None
        self._merged_rows: dict[int, list[tuple[int, int]]] = {}
        self._merged = [area for area in facts.merged if self._concerns(area, header.row)]

    def knows_of(self, first: int, end: int) -> bool:
        """Whether something is known of cells in the rows from the first one to before the end."""
        if self._rows is None:
            cells = (
                *self._facts.errors,
                *self._facts.unstored,
                *self._looks.comments,
                *self._facts.links,
            )
            merged = (row for area in self._merged for row in (area[0], area[2]))
            columns = (self._second[at] for at in self._keys if at < len(self._second))
            rows = {row for row, _ in cells}
            self._rows = sorted(rows.union(merged, *columns))
        at = bisect_left(self._rows, first)
        return at < len(self._rows) and self._rows[at] < end

    def apply(self, values: dict[str, list[Value]], first_row: int) -> Noted:
        """Look at some rows.

        Args:
            values: The values by field; a cell whose value can't be used becomes blank, one whose
                value is known better is replaced.
            first_row: The row of the first value of each column.

        Returns:
            What was found in them.
        """
        self._noted = Noted()
        for key, column in values.items():
            self._compare(key, column, first_row)
        self._broken(values, first_row)
        self._better(values, first_row)
        for row, key, index, text in self._comments.within(values, first_row):
            comment = " ".join(text.split())
            self._add(RuleId.CELL_COMMENT, row, key, shown(values[key][index]), comment=comment)
            self._noted.correct(row, self._columns[key], Kind.COMMENT, comment)
        return self._noted

    def _compare(self, key: str, values: list[Value], first_row: int) -> None:
        column = self._columns[key]
        if column >= len(self._second):
            return
        second = self._second[column]
        others = [second.get(row, "") for row in range(first_row, first_row + len(values))]
        if others == values:
            return
        for index, (value, other) in enumerate(zip(values, others, strict=True)):
            row = first_row + index
            if _agree(value, other) or (row, column) in self._facts.errors:
                continue
            if self._is_merged(row, column):
                continue
            self._noted.findings.append(_disagreement(row, column, value, other))
            self._break(row, key)

    def _is_merged(self, row: int, column: int) -> bool:
        """Whether a cell is in a merged range; looked up, for there may be 60,000 of them."""
        if column not in self._merged_rows:
            areas = [area for area in self._merged if area[1] <= column <= area[3]]
            self._merged_rows[column] = sorted((top, bottom) for top, _, bottom, _ in areas)
        rows = self._merged_rows[column]
        at = bisect(rows, (row, math.inf))
        return at > 0 and row <= rows[at - 1][1]

    def _broken(self, values: dict[str, list[Value]], first_row: int) -> None:
        for rule, cells in self._broken_cells:
            for row, key, index, text in cells.within(values, first_row):
                if rule is RuleId.FORMULA_ZERO and key == "jhana":
                    continue  # 0 is told there anyway
                self._add(rule, row, key, text)
                self._break(row, key)
                values[key][index] = ""
        last_row = first_row + len(next(iter(values.values()))) - 1
        for area in self._merged:
            if area[0] <= last_row and area[2] >= first_row:
                self._break_merged(area, values, first_row)

    def _break_merged(self, area: Area, values: dict[str, list[Value]], first_row: int) -> None:
        top, left, bottom, right = area
        length = len(next(iter(values.values())))
        if bottom < first_row or top >= first_row + length:
            return
        rows = range(max(top, first_row), min(bottom, first_row + length - 1) + 1)
        keys = [key for column, key in self._keys.items() if left <= column <= right]
        if area not in self._told:  # it may have begun in the rows before these
            held = [values[key][row - first_row] for row, key in product(rows, keys)]
            value = next((shown(value) for value in held if value != ""), None)
            if value is None:
                return
            words = top == bottom or len(value.split()) >= _ACROSS
            words = words or note_in(["email"], [value]) is not None
            words = words or len(keys) == len(self._keys)
            if words and self._is_note(value, rows, keys, values, first_row):
                return
            self._told.add(area)
            name = f"{column_letters(left)}{top}:{column_letters(right)}{bottom}"
            self._add_area(rows[0], keys[0], value, name, (bottom, right))
        for row, key in product(rows, keys):
            self._break(row, key)

    def _is_note(
        self,
        value: str,
        rows: range,
        keys: list[str],
        values: dict[str, list[Value]],
        first_row: int,
    ) -> bool:
        """Whether merged cells are all that their rows hold, across the addresses' column.

        A text without an at-sign is nobody then: a note below the list, or a heading. A word that
        stands for several rows and not for all of their columns is neither, and isn't asked about.
        """
        if "email" not in keys or len(keys) < _ACROSS or "@" in value:
            return False
        others = [key for key in values if key not in keys]
        if any(values[key][row - first_row] != "" for row, key in product(rows, others)):
            return False
        for row, key in product(rows, keys):
            if values[key][row - first_row] != "":
                text = shown(values[key][row - first_row])
                self._add(RuleId.EXTRA_CELLS, row, key, text)
                self._noted.correct(row, self._columns[key], Kind.NOBODY, text)
                values[key][row - first_row] = ""
        return True

    def _better(self, values: dict[str, list[Value]], first_row: int) -> None:
        for row, key, index, text in self._shown.within(values, first_row):
            stored = shown(values[key][index])
            if key != "jhana":
                self._add(RuleId.SHOWN_NUMBER, row, key, text, stored=stored)
                values[key][index] = text
                self._noted.correct(row, self._columns[key], Kind.SHOWN, text)
            elif not _means_1(text):
                how = f"shown as {text.strip()!r}"
                self._add(RuleId.SHOWN_OTHERWISE, row, key, stored, how=how)
        self._unclear(values, first_row)
        for row, key, index, text in self._texts_shown.within(values, first_row):
            if key != "jhana" or not _means_1(text):
                how = f"shown as {text.strip()!r}" if text.strip() else "not shown at all"
                self._add(RuleId.SHOWN_OTHERWISE, row, key, shown(values[key][index]), how=how)
        for row, key, index, look in self._crossed_out.within(values, first_row):
            if row not in self._people_crossed_out and values[key][index] != "":
                self._add(RuleId.VALUE_CROSSED_OUT, row, key, shown(values[key][index]), look=look)
        for row, key, index, address in self._links.within(values, first_row):
            if key == "email":
                self._weigh_link(row, address, values["email"], index)

    def _unclear(self, values: dict[str, list[Value]], first_row: int) -> None:
        """Warn of numbers that may be shown as another text, which nobody knows."""
        if not self._looks.unclear and not self._numbers_unseen:
            return
        for key, column in values.items():
            for row, value in enumerate(column, start=first_row):
                if not isinstance(value, int | float) or isinstance(value, bool):
                    continue
                how = self._looks.unclear.get((row, self._columns[key]))
                if key == "jhana" and (how is None or not may_show_a_word(how)):
                    continue  # however many zeros follow it
                if how or self._numbers_unseen:
                    how = how or "its format was not looked at"
                    self._add(RuleId.UNCLEAR_NUMBER, row, key, shown(value), how=how)
                    self._noted.correct(row, self._columns[key], Kind.UNCLEAR, how)

    def _weigh_link(self, row: int, address: str, emails: list[Value], index: int) -> None:
        text = shown(emails[index]).strip()
        bare = _MAILTO.sub("", text)
        if fold(bare) == fold(address):
            return
        if "@" in bare:
            self._add(RuleId.LINK_DIFFERS, row, "email", text, link=address)
            self._break(row, "email")
        elif text:
            self._add(RuleId.ADDRESS_FROM_LINK, row, "email", text, sent=address)
            emails[index] = address
            self._noted.correct(row, self._columns["email"], Kind.SHOWN, address)

    def _concerns(self, area: Area, header_row: int) -> bool:
        top, left, bottom, right = area
        small = (bottom - top + 1) * (right - left + 1) <= _LARGEST_MERGE
        return top > header_row and small and any(left <= at <= right for at in self._keys)

    def _add(self, rule: RuleId, row: int, key: str, value: str, **arguments: object) -> None:
        self._noted.find(rule, row, self._columns[key], value, **arguments)

    def _add_area(self, row: int, key: str, value: str, name: str, end: tuple[int, int]) -> None:
        at = self._columns[key]
        found = Finding(RuleId.MERGED_CELL, row, at, value, {"range": name}, end)
        self._noted.findings.append(found)

    def _break(self, row: int, key: str) -> None:
        """Note once that a value can't be used, and that a copy of it would look as if it could."""
        if (row, key) not in self._noted.faulty:
            self._noted.faulty.add((row, key))
            self._noted.correct(row, self._columns[key], Kind.UNREADABLE)


def headers_disagree(
    cells: Sequence[Value], first_column: int, row: int, facts: Facts
) -> list[Finding]:
    """The cells of the header in which two readers find something else: a column may be lost."""
    found = []
    for column, second in enumerate(seen(facts.second, Columns())):
        at = column - first_column
        value = cells[at] if 0 <= at < len(cells) else ""
        other = second.get(row, "")
        if not _agree(value, other) and not any(_covers(a, row, column) for a in facts.merged):
            found.append(_disagreement(row, column, value, other))
    return found


def seen_by_the_other(facts: Facts) -> Finding | None:
    """The first cell that the second reader finds, where the first one finds nothing."""
    columns = seen(facts.second, Columns())
    cells = [
        (row, at)
        for at, rows in enumerate(columns)
        for row, value in rows.items()
        if str(value).strip()
    ]
    if not cells:
        return None
    row, column = min(cells)
    return _disagreement(row, column, "", columns[column][row])


def _disagreement(row: int, column: int, value: Value, other: Any) -> Finding:
    said = str(other["date"]) if isinstance(other, dict) else shown(other)
    return Finding(RuleId.READERS_DISAGREE, row, column, shown(value), {"other": said})


def _covers(area: Area, row: int, column: int) -> bool:
    return area[0] <= row <= area[2] and area[1] <= column <= area[3]


def _agree(value: Value, other: Any) -> bool:
    """Whether two readers found the same; blanks at the ends and kinds of line ends don't count."""
    if value == other:
        return True
    if isinstance(other, dict):  # a date, which is an error in every column of the template
        return not isinstance(value, str | int | float | bool)
    if isinstance(value, str) and isinstance(other, str):
        return _plain(value) == _plain(other)
    if isinstance(value, int | float) and isinstance(other, int | float):
        return math.isclose(value, other, rel_tol=1e-12)
    return False


def _means_1(text: str) -> bool:
    """Whether what is shown for a 1 is that number, however it is written, or a word for yes."""
    text = text.strip()
    return text.casefold() in _SHOWN_FOR_1 or _A_NUMBER.fullmatch(text) is not None


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()).strip()


def row_numbers(rows: Iterable[int]) -> str:
    """Row numbers in words: the first five, and how many more."""
    numbers = sorted(rows)
    named = ", ".join(map(str, numbers[:5]))
    return named if len(numbers) <= 5 else f"{named} and {len(numbers) - 5:,} more"  # noqa: PLR2004
