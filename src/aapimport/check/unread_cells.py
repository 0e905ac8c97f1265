"""Values that stand where nothing is read: beside nobody, below no header, beyond the header."""

import re
from collections.abc import Iterator, Sequence

from aapimport.check.header import Header
from aapimport.check.repair import shown
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.book import Value
from aapimport.sheets.formats.csv import Delimited
from aapimport.text import looks_like_address

_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

_MENTIONED = re.compile(r"[^\s@<>()\[\]\"“”„«»;,|]{1,64}@[^\s@<>()\[\]\"“”„«»;,|]{1,255}")
_AROUND = ".:!?'’‘…"
"""What may stand around an address in a sentence, and is no part of it."""
_BETWEEN_ADDRESSES = re.compile(r"[;,|\r\n\t]")


class Beside:
    """What the rows hold outside of the columns that have a header.

    Args:
        header: Where the columns are.
        first_column: The column that each row's first value stands in.
        delimiter: What stands between two values of a csv; empty for a workbook.
    """

    def __init__(self, header: Header, first_column: int, delimiter: str) -> None:
        self._header = header
        self._first_column = first_column
        self._delimiter = _DELIMITERS.get(delimiter, repr(delimiter))
        self._unnamed: dict[int, tuple[int, str, int]] = {}

    def nobody(self, cells: Sequence[Value], row: int) -> Iterator[Finding]:
        """The first value of a row that holds nothing in the template's columns.

        An address, wherever it stands in the row, goes before all others.
        """
        if found := address_in(cells, row, self._first_column):
            yield found
            return
        used = set(self._header.columns.values())
        for column, value in enumerate(cells, start=self._first_column):
            if column not in used and _is_filled(value) and not is_unticked(value):
                yield Finding(RuleId.EXTRA_CELLS, row, column, shown(value))
                return

    def look(self, rows: Sequence[Sequence[Value]], numbers: Sequence[int]) -> Iterator[Finding]:
        """Take in some people's rows; one that is longer than the header is told at once."""
        for at in range(max(map(len, rows), default=0)):
            column = self._first_column + at
            if column >= self._header.width:
                yield from self._too_many(rows, numbers, at)
                return
            if column not in self._header.texts:
                self._count(column, [row[at] if at < len(row) else "" for row in rows], numbers)

    def _too_many(
        self, rows: Sequence[Sequence[Value]], numbers: Sequence[int], start: int
    ) -> Iterator[Finding]:
        for cells, row in zip(rows, numbers, strict=True):
            for column, value in enumerate(cells[start:], start=self._header.width):
                if _is_filled(value):
                    arguments = {"delimiter": self._delimiter}
                    yield Finding(RuleId.TOO_MANY_VALUES, row, column, shown(value), arguments)
                    break

    def _count(self, column: int, values: Sequence[Value], numbers: Sequence[int]) -> None:
        for row, value in zip(numbers, values, strict=True):
            if _is_filled(value):
                first, text, count = self._unnamed.get(column, (row, shown(value), 0))
                self._unnamed[column] = first, text, count + 1

    @property
    def unnamed(self) -> list[int]:
        """The columns without a header that hold something beside people."""
        return [*self._unnamed]

    def finish(self) -> Iterator[Finding]:
        """The columns without a header that hold something beside people."""
        for column, (row, text, count) in self._unnamed.items():
            arguments = {"count": count, "header_row": self._header.row}
            yield Finding(RuleId.NO_HEADER, row, column, text, arguments)


def swallowed_lines(text: Delimited, header: Header) -> Iterator[Finding]:
    """Lines of values that may be rows of a csv, in columns and rows that aren't read.

    Raises:
        FileProblemError: One stands in a value that is read, or holds a whole person.
    """
    read = set(header.columns.values())
    people = [header.columns.get(key) for key in ("email", "first_name", "last_name")]
    for found in dict.fromkeys(text.suspects):  # the rows may have been gone through twice
        values = [value.strip(' "') for value in found.line.split(text.delimiter)]
        whole = found.at_start and all(
            at is not None and at < len(values) and values[at] for at in people
        )
        is_person = whole and looks_like_address(values[header.columns["email"]])
        is_read = found.row > header.row and found.column in read
        if found.cut_otherwise and is_read:
            continue  # what is wrong with such a value is told of it
        if is_read or (is_person and found.row >= header.row):
            raise found.error()
        yield Finding(RuleId.ROW_IN_A_VALUE, found.row, found.column, found.line)


def address_in(cells: Sequence[object], row: int, first_column: int) -> Finding | None:
    """The first address in a row that isn't read: perhaps somebody is lost with it."""
    for column, value in enumerate(cells, start=first_column):
        if isinstance(value, str) and ("@" in value or "＠" in value) and _holds_address(value):
            return Finding(RuleId.ADDRESS_NOT_READ, row, column, value.strip())
    return None


def mentions_address(value: object) -> bool:
    """Whether an address stands anywhere in a text, be it in the middle of a sentence."""
    if not isinstance(value, str) or not ("@" in value or "＠" in value):
        return False
    found = (one.strip(_AROUND) for one in _MENTIONED.findall(value.replace("＠", "@")))
    return any(looks_like_address(one) and one[-1].isalpha() for one in found)


def _holds_address(value: str) -> bool:
    """Whether a text is an address, or a list of them as mail programs copy it; no sentence is."""
    text = "@".join(part.strip() for part in value.replace("＠", "@").split("@"))
    for one in _BETWEEN_ADDRESSES.split(text):
        _, bracket, inner = one.rstrip(" >").rpartition("<")
        one = (inner if bracket else one).strip()  # noqa: PLW2901 -- nothing else is meant
        if looks_like_address(one) and one[-1].isalpha():  # no time of day: lunch @ 12.30
            return True
    return False


def is_unticked(value: object) -> bool:
    """Whether a value is that of an empty check box."""
    return value is False or (isinstance(value, str) and value.strip().upper() == "FALSE")


def _is_filled(value: Value) -> bool:
    return value != "" and bool(str(value).strip())
