"""Rows that somebody has marked as not meant: `#bob@acme.com`, Status = Terminated, Upload? = No.

Nobody but the administrator knows whether such people are to be loaded, so it is asked, in the
same way as about rows that are hidden. What a value says may depend on all others of its column;
where it does, the sheet's rows are gone through once before the first of them is judged.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from aapimport.check.column_names import header_form
from aapimport.check.formula_errors import FORMULA_ERRORS
from aapimport.check.header import Header
from aapimport.check.leaving_words import CROSSES, FIRST_WORDS, STATES, WORDS
from aapimport.check.repair import shown
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Sheet, Value
from aapimport.sheets.facts import Cell, Facts, Looks, seen
from aapimport.text import column_letters, looks_like_address

if TYPE_CHECKING:
    from aapimport.check.not_meant import Judge

MARKED = "marked with "
"""What stands before a mark that was found before an address."""
_FIRST = frozenset(" #/*~!;%-xXzZ")
_LETTERS = "old ex former leaver inactive disabled deactivated deleted terminated"
"""Words that are marks with a hyphen or an underscore behind them."""
_FIRST_LETTERS = frozenset(
    form[:3] for word in _LETTERS.split() for form in (f"{word}-", f"{word}_")
)
_FIRST_LETTERS |= {*map(str.upper, _FIRST_LETTERS), *map(str.title, _FIRST_LETTERS)}
_BEFORE_ADDRESS = re.compile(
    r"\s*(?:[#*~!;/]+|%(?!20)|-{2,}|[xX]{1,3}-+|[xX]{3,}[-_]*|[zZ]{3,}[-_]*"
    r"|(?:[xX]{1,2}|[zZ]{1,2})_+|[zZ]{2}-+|[xXzZ]{2}(?=\s)"
    rf"|(?i:{_LETTERS.replace(' ', '|')})[-_]+)\s*"
)
_HEAD: Callable[[str], str] = itemgetter(slice(3))
_NO_INITIALS = 3
"""So many of a letter are nobody's initials."""
_TAKEN_OFF = re.compile(r"\s*(?:[#*~!;/%]+|-{2,})\s*")
_BEFORE_WORD = re.compile(r"(?:[#*~;]+|/{2,}|-{2,}(?!\w+--$)|[xX]-+(?!(?i:ray)))\s*\w")
"""A mark before another value than an address; some names do begin with an exclamation mark."""
_ALONE = re.compile(r"[#*~;]+|/{2,}")
_FOR_A_NUMBER = re.compile(r"-+|[xX]{1,3}")
"""What is a mark in the place of a row's number; elsewhere it is a tick, or stands for nothing."""
_SET_OFF = re.compile(rf"[(\[（{CROSSES}]|\s(?:[-–—/:,]|[xX]+[-\s])")
_SAYING = ("first_name", "last_name", "team")
"""The fields in whose columns, too, somebody may write that a person has left."""

_MOST_KINDS = 1000
"""A column with more different values than this holds neither codes nor only ticks."""
_LONGEST = 100
"""Characters; no longer value is a code or a tick."""
_DIGITS = 10
_MOST_NUMBERS = 100_000
"""Of so many it is looked whether they are all different, as the numbers of rows are."""
_MOST_UNNAMED = 64
"""In so many columns without a header marks and remarks are looked for."""
_CHUNK = 8192


@dataclass(slots=True)
class _MarkColumn:
    """What stands in a column beside people, which tells whether its signs are marks."""

    named: bool
    people: int = 0
    filled: int = 0
    signed: int = 0
    alone: int = 0
    numbers: int = 0
    for_numbers: int = 0
    largest: int = 0
    different: set[int] = field(default_factory=set)

    def add(self, values: Iterable[Value]) -> None:
        """Take in the values of some people."""
        for value in values:
            text = shown(value).strip()
            self.people += 1
            self.filled += bool(text)
            if text.isdecimal() and len(text) < _DIGITS:
                number = int(text)
                self.numbers += number not in self.different
                self.largest = max(self.largest, number)
                if len(self.different) < _MOST_NUMBERS:
                    self.different.add(number)
            elif text[:1] in _FIRST:
                self.signed += _BEFORE_WORD.match(text) is not None
                self.alone += _ALONE.fullmatch(text) is not None
                self.for_numbers += _FOR_A_NUMBER.fullmatch(text) is not None

    def is_marked(self, text: str) -> bool:
        """Whether a value is marked; where all are `#1`, or everybody has the sign, none is."""
        if _BEFORE_WORD.match(text):
            return self.signed < (self.filled if self.named else self.people)
        if _ALONE.fullmatch(text):
            return self.alone < self.people
        others = self.filled - self.for_numbers
        if 0 < others == self.numbers and self.largest <= 2 * self.people:
            return True
        return not self.named and text[0] != "-" and 2 * self.filled < self.people


class SetAside:
    """Finds marked rows.

    Args:
        header: Where the columns are.
        sheet: The sheet whose rows they are.
        facts: What else is known of its cells.
    """

    def __init__(self, header: Header, sheet: Sheet, facts: Facts) -> None:
        self._header, self._sheet = header, sheet
        self._email = header.columns.get("email", -1)
        width = range(sheet.first_column, header.width)
        self._unnamed = [at for at in width if at not in header.texts][:_MOST_UNNAMED]
        leftmost = min(header.texts, default=self._email)
        self._marking = self._unnamed + [leftmost] * (leftmost != self._email)
        self._judges: dict[int, Judge] = {}
        self._others: dict[int, Judge] = {}
        self._judge(sorted({*header.texts} - {*header.columns.values()}))
        self._kinds: dict[int, set[Value]] = {column: set() for column in self._judges}
        self._mark_columns: dict[int, _MarkColumn] = {}
        self._broken = {cell for cell in (*facts.errors, *facts.unstored) if cell[1] in self._kinds}
        self._unknown: Counter[int] = Counter()
        self._commented = _said_in_comments(seen(facts.looks, Looks()).comments)

    def _judge(self, unread: Sequence[int]) -> None:
        """Find out what the columns that aren't read, of which most files have none, may say."""
        if not unread:
            return
        # Its patterns take 10 ms to compile.
        from aapimport.check.not_meant import gone, judge_of

        for column in unread:
            if judge := judge_of(self._header.texts[column]):
                self._judges[column] = judge
            else:
                self._others[column] = gone

    def _count(self) -> dict[int, _MarkColumn]:
        """Go through all rows with an address, once."""
        if not self._mark_columns:
            named = self._header.texts
            columns = (*self._marking, self._email)
            self._mark_columns = {at: _MarkColumn(at in named) for at in columns}
            rows = islice(self._sheet.rows(), self._header.row, None)
            number = self._header.row + 1
            while chunk := list(islice(rows, _CHUNK)):
                self._take_in(chunk, number)
                number += len(chunk)
        return self._mark_columns

    def _take_in(self, chunk: Sequence[Sequence[Value]], number: int) -> None:
        people = self._people(chunk)
        if not people:
            return
        rows = [chunk[at] for at in people]
        for column in self._marking:
            self._mark_columns[column].add(self._column(rows, column))
        for column, kinds in self._kinds.items():
            values = self._column(rows, column)
            texts = (value for value in values if isinstance(value, str) and value[:1] == "#")
            self._unknown[column] += sum(text.strip().upper() in FORMULA_ERRORS for text in texts)
            if len(kinds) <= _MOST_KINDS:
                kinds.update(v[:_LONGEST] if isinstance(v, str) else v for v in values)
        for column in self._kinds if self._broken else ():
            self._unknown[column] += sum((number + at, column) in self._broken for at in people)

    def _people(self, rows: Sequence[Sequence[Value]]) -> list[int]:
        """The indexes of the rows with an address: a total below them decides nothing."""
        emails = self._column(rows, self._email)
        return [at for at, value in enumerate(emails) if isinstance(value, str) and "@" in value]

    def find(self, rows: Sequence[Sequence[Value]], numbers: Sequence[int]) -> dict[int, str]:
        """Why each marked row is one, in words, by its number."""
        first, last = min(numbers, default=0), max(numbers, default=0)
        commented = self._commented.items()
        marked = {row: why for row, why in commented if first <= row <= last}
        people = self._people(rows) if self._judges else []
        for column, judge, kinds in self._judged(rows):
            text, values = self._name(column), self._column(rows, column)
            own = (values[at] for at in people) if column in self._judges else values
            if telling := judge(kinds.union(own)):
                for value, number in zip(values, numbers, strict=True):
                    if value in telling:
                        marked[number] = f"{text}: {shown(value).strip() or 'blank'}"
        for column in self._marking:
            values = self._column(rows, column)
            for value, number in zip(values, numbers, strict=True) if any(values) else ():
                text = shown(value).strip()
                if _is_signed(text) and self._count()[column].is_marked(text):
                    marked[number] = f"{self._name(column)}: {text}"
        marked.update(self._marked_addresses(rows, numbers))
        return marked

    def _marked_addresses(
        self, rows: Sequence[Sequence[Value]], numbers: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """The rows with a mark before their address, and the mark."""
        emails = self._column(rows, self._email)
        try:
            heads = [*map(_HEAD, emails)]  # type: ignore[arg-type]  # others than texts have none
        except TypeError:
            heads = [value[:3] if isinstance(value, str) else "" for value in emails]
        telling = {it for it in {*heads} if it[:1] in _FIRST or it in _FIRST_LETTERS}
        for at in compress(range(len(rows)), map(telling.__contains__, heads)):
            value = str(emails[at])
            if not (mark := _mark_before(value)):
                continue
            if mark := _without_initials(mark, value[len(mark) :], self._names(rows[at])):
                yield numbers[at], MARKED + mark.strip()

    def _name(self, column: int) -> str:
        return self._header.texts.get(column, f"column {column_letters(column)}")

    def _names(self, row: Sequence[Value]) -> list[str]:
        """The words of somebody's names, as addresses spell them."""
        columns = (self._header.columns.get(key, -1) for key in ("first_name", "last_name"))
        names = (shown(self._column([row], column)[0])[:_LONGEST] for column in columns)
        return [*filter(None, (header_form(word) for name in names for word in name.split()))]

    def _judged(self, rows: Sequence[Sequence[Value]]) -> "Iterator[tuple[int, Judge, set[Value]]]":
        """The columns that may say something, what decides it, and their values so far counted."""
        if self._judges:
            self._count()
        for column, judge in self._judges.items():
            yield column, judge, self._kinds[column]
        for column, judge in self._others.items():
            yield column, judge, set()
        for column in self._unnamed:
            if any(self._column(rows, column)):
                from aapimport.check.not_meant import said_in_a_remark

                yield column, said_in_a_remark, set()
        for key in _SAYING:
            column = self._header.columns.get(key, -1)
            if _may_say_so({*self._column(rows, column)}):
                from aapimport.check.not_meant import said_in_a_name, said_in_a_team

                yield column, said_in_a_team if key == "team" else said_in_a_name, set()

    def finish(self) -> Iterator[Finding]:
        """The columns of which nobody knows what some of their values say."""
        for column, count in self._unknown.items():
            what = f"errors or formulas without a result, beside people: {count:,}"
            cure = "open it in Excel, correct what is wrong and save it"
            if count:
                arguments = {"what": what, "cure": cure}
                text = self._header.texts[column]
                yield Finding(RuleId.COLUMN_LEFT_OUT, self._header.row, column, text, arguments)

    def _column(self, rows: Sequence[Sequence[Value]], column: int) -> list[Value]:
        at = column - self._sheet.first_column
        if at < 0:
            return [""] * len(rows)
        try:
            return [*map(itemgetter(at), rows)]
        except IndexError:
            return [row[at] if at < len(row) else "" for row in rows]


def _is_signed(text: str) -> bool:
    """Whether a text begins as a marked one does, or is a mark."""
    return text[:1] in _FIRST and bool(
        _BEFORE_WORD.match(text) or _ALONE.fullmatch(text) or _FOR_A_NUMBER.fullmatch(text)
    )


def _said_in_comments(comments: Mapping[Cell, str]) -> dict[int, str]:
    """The rows of which a comment on a cell says it, and the comment."""
    if not comments or not _may_say_so({*comments.values()}):
        return {}
    from aapimport.check.not_meant import said_in_a_comment

    said = ((row, text) for (row, _), text in comments.items() if said_in_a_comment(text))
    return {row: f"comment: {' '.join(text.split())}" for row, text in said}


def _may_say_so(values: Iterable[Value]) -> bool:
    """Whether a closer look at names, teams or comments is worth its time."""
    texts = "\n" + " \n".join([value for value in values if isinstance(value, str)])
    words = WORDS.findall(texts.casefold())
    return bool(_SET_OFF.search(texts)) or not (FIRST_WORDS | STATES).isdisjoint(words)


def _mark_before(value: str) -> str:
    """The sign or the letters before an address that may mark it; nothing where there are none."""
    if mark := _BEFORE_ADDRESS.match(value):
        return mark[0] if looks_like_address(value[mark.end() :].strip()) else ""
    return ""


def _without_initials(mark: str, rest: str, names: Sequence[str]) -> str:
    """A mark without what is of the names of whose address it stands before: `x_young`, Xavier.

    A name that stands in the rest of the address as a whole has no initial beside it.
    """
    letters, local = header_form(mark), header_form(rest[:_LONGEST].partition("@")[0])
    if not letters:
        return mark
    if len(letters) >= _NO_INITIALS and {*letters} <= {letters[0]} and mark[-1].isalpha():
        if any((letters[0] + local).startswith(name) for name in names if name[0] == letters[0]):
            return mark[:-1] if len(letters) > _NO_INITIALS else ""
        return mark
    is_own = any(name.startswith(letters) and name not in local for name in names)
    return "" if is_own else mark


def without_sign(value: Value) -> Value:
    """An address without a sign that can be no part of it; letters such as `x-` can be one."""
    if isinstance(value, str) and _TAKEN_OFF.match(value) and _mark_before(value):
        return _TAKEN_OFF.sub("", value, count=1)
    return value
