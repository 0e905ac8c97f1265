"""Rows that somebody has marked as not meant: `#bob@acme.com`, Status = Terminated, Upload? = No.

Nobody but the administrator knows whether such people are to be loaded, so it is asked, in the
same way as about rows that are hidden.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aapimport.check.header import Header
from aapimport.check.repair import shown
from aapimport.sheets.book import Value
from aapimport.text import ADDRESS

if TYPE_CHECKING:
    from aapimport.check.not_meant import Judge

_FIRST = frozenset(" #/*~!;-xX")
_BEFORE_ADDRESS = re.compile(rf"\s*(?:[#*~!;/]+|-{{2,}}|[xX]{{1,3}}-+)\s*({ADDRESS})\s*")
_TAKEN_OFF = re.compile(r"\s*(?:[#*~!;/]+|-{2,})\s*")
_BEFORE_WORD = re.compile(r"\s*(?:[#*~;]+|/{2,}|-{2,}|[xX]-+)\s*\w")
"""A mark before another value than an address; some names do begin with an exclamation mark."""

_MOST_KINDS = 50
"""A column with more different values than this holds no categories."""


class SetAside:
    """Finds marked rows.

    Args:
        header: Where the columns are.
        first_column: The column that each row's first value stands in.
    """

    def __init__(self, header: Header, first_column: int) -> None:
        self._email = header.columns.get("email", -1) - first_column
        leftmost = min(header.texts, default=first_column)
        self._leftmost = leftmost - first_column
        self._letters = header.texts.get(leftmost, "")
        used = set(header.columns.values())
        self._judges: list[tuple[int, str, Judge]] = []
        self._others: dict[int, tuple[str, Judge]] = {}
        self._judge({at: text for at, text in header.texts.items() if at not in used}, first_column)

    def _judge(self, unread: dict[int, str], first_column: int) -> None:
        """Find out what the columns that aren't read, of which most files have none, may say."""
        if not unread:
            return
        # Its patterns take 10 ms to compile.
        from aapimport.check.not_meant import gone, judge_of

        for column, text in unread.items():
            if judge := judge_of(text):
                self._judges.append((column - first_column, text, judge))
            else:
                self._others[column - first_column] = text, gone

    def find(self, rows: Sequence[Sequence[Value]], numbers: Sequence[int]) -> dict[int, str]:
        """Why each marked row is one, in words, by its number."""
        marked: dict[int, str] = {}
        for at, text, judge in self._judges:
            self._by_value(marked, (at, text, judge), rows, numbers)
        for at, (text, judge) in [*self._others.items()]:
            if len({row[at] for row in rows if at < len(row)}) > _MOST_KINDS:
                del self._others[at]
            else:
                self._by_value(marked, (at, text, judge), rows, numbers)
        if self._leftmost != self._email:
            self._by_sign(marked, rows, numbers)
        for row, number in zip(rows, numbers, strict=True):
            value = row[self._email] if 0 <= self._email < len(row) else ""
            if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_ADDRESS.fullmatch(value):
                marked[number] = "marked with " + value[: value.index(bare_address(value))].strip()
        return marked

    def _by_value(
        self,
        marked: dict[int, str],
        column: "tuple[int, str, Judge]",
        rows: Sequence[Sequence[Value]],
        numbers: Sequence[int],
    ) -> None:
        at, text, judge = column
        if telling := judge({row[at] if at < len(row) else "" for row in rows}):
            for row, number in zip(rows, numbers, strict=True):
                value = row[at] if at < len(row) else ""
                if value in telling:
                    marked[number] = f"{text}: {shown(value).strip() or 'blank'}"

    def _by_sign(
        self, marked: dict[int, str], rows: Sequence[Sequence[Value]], numbers: Sequence[int]
    ) -> None:
        """Marks in the first column where that isn't the address: `#Bob`, in a few rows only."""
        at, filled, signed = self._leftmost, 0, {}
        for row, number in zip(rows, numbers, strict=True):
            value = row[at] if at < len(row) else ""
            filled += value != ""
            if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_WORD.match(value):
                signed[number] = f"{self._letters}: {value.strip()}"
        if len(signed) * 2 < filled:
            marked.update(signed)


def bare_address(value: str) -> str:
    """An address without the mark before it; the value itself where it has none."""
    found = _BEFORE_ADDRESS.fullmatch(value)
    return found[1] if found else value


def without_sign(value: Value) -> Value:
    """An address without a sign that can be no part of it; `x-` can be one."""
    if isinstance(value, str) and value[:1] in _FIRST and _BEFORE_ADDRESS.fullmatch(value):
        return _TAKEN_OFF.sub("", value, count=1) if _TAKEN_OFF.match(value) else value
    return value
