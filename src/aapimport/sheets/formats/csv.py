"""Text files with delimiters: csv, tsv, and what European Excel and HR systems make of them."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.table import Table
from aapimport.template.cells import CellRef

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_GUESSES = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp850",
    "mac-roman",
)
_MAX_FIELD = 1 << 20
_SHOWN = 60
_MANY = 2
_ADDRESS = re.compile(r"""\s*"*[^\s@"]+@[^\s@"]+\.[^\s@".]+"*\s*""")
_SAMPLES = 3
_CHOICES = 6
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text file, decoded and cut into cells.

    Attributes:
        text: The text, without byte-order mark and `sep=` line.
        delimiter: What stands between two cells.
        encoding: How the bytes were read.
    """

    text: str
    delimiter: str
    encoding: str

    def table(self) -> Table:
        """The text as the only sheet of a file."""
        return Table("", hidden=False, first_column=0, rows=self.rows, delimiter=self.delimiter)

    def rows(self) -> Iterator[Sequence[str]]:
        """The rows, starting with the first.

        Raises:
            FileProblemError: A quotation mark isn't closed, or only in a later row, or a cell is
                absurdly long.
        """
        reader = _reader(self.text, self.delimiter, strict=True)
        row = lines = 0
        before: Sequence[str] = ()
        try:
            for row, cells in enumerate(reader, start=1):
                lines += 1
                if reader.line_num != lines:  # a line break within quotes
                    lines = reader.line_num
                    self._refuse_swallowed(row, cells, len(before))
                yield cells
                before = cells
        except csv.Error as error:
            raise FileProblemError(
                f"a quotation mark in row {row + 1} is not closed, or stands inside a value"
                if "limit" not in str(error)
                else f"a cell in row {row + 1} holds more than a million characters",
                hint='check the quotation marks (") in that row and the ones before it;'
                ' a " inside a value is written as ""',
            ) from error

    def _refuse_swallowed(self, row: int, cells: Sequence[str], width: int) -> None:
        """Refuse a row of which a value has swallowed others, between two unbalanced quotes.

        Nothing else tells that from a value of several lines: the file has as many quotation marks
        as it should.
        """
        for at, cell in enumerate(cells):
            if swallowed := swallowed_line(cell, self.delimiter, at, width):
                raise FileProblemError(
                    f"{CellRef('', at, row)} holds several lines, and one of them looks like a row"
                    f" of its own: {swallowed[:_SHOWN]}",
                    hint='check the quotation marks (") in that row; a " inside a value is'
                    ' written as "". If the value is meant, put it on one line',
                )


def swallowed_line(cell: str, delimiter: str, at: int, width: int) -> str:
    """The line of a value that looks like a row of the file, or like the rest or start of one.

    Args:
        cell: A value.
        delimiter: What stands between two values.
        at: The value's place in its row, from 0.
        width: How many values a row has.
    """
    pieces = cell.splitlines()
    if len(pieces) < 2:  # noqa: PLR2004 -- a line break makes two of one
        return ""
    for piece in pieces:
        values = piece.split(delimiter)
        if len(values) > 1 and any(_ADDRESS.fullmatch(value) for value in values):
            return piece
    # Two unbalanced quotes leave as many values in the first line as their row lacks, in the last
    # one as stand before that column. In a sentence, a blank follows the comma.
    tight = [len(re.findall(re.escape(delimiter) + r"(?=\S|$)", piece)) for piece in pieces]
    expected = [width - 1 - at, *[width - 1] * (len(pieces) - 2), at]
    return next(
        (
            piece
            for piece, found, wanted in zip(pieces, tight, expected, strict=True)
            if found == wanted >= _MANY
        ),
        "",
    )


def read_text(
    data: bytes, encoding: str | None, score: Callable[[Sequence[str]], int], name: str
) -> Delimited:
    """Decode a text file and find its delimiter.

    Args:
        data: The file's bytes.
        encoding: What the administrator said; None to find out.
        score: How many column names of the template a row of cells holds.
        name: The file's name, for messages.

    Raises:
        FileProblemError: It can't be decoded as the administrator said.
        AnswerNeededError: It isn't UTF-8, and nothing says what it is.
    """
    text, used = _decode(data, encoding, name)
    if "\0" in text:
        raise FileProblemError(
            f"{name} holds zero bytes and is not a text file", hint="save it again as csv"
        )
    if said := _SEP_LINE.match(text):
        return Delimited(text[said.end() :], said[1], used)
    return Delimited(text, _delimiter(text, score), used)


def _decode(data: bytes, encoding: str | None, name: str) -> tuple[str, str]:
    for mark, marked in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(marked), marked
            except UnicodeDecodeError as error:
                raise FileProblemError(
                    f"{name} starts as {marked.upper()} text but goes on as something else",
                    hint="save it again, as 'CSV UTF-8'",
                ) from error
    if encoding:
        return _decode_as(data, encoding, name), encoding
    half = len(data) // 2
    for position, marked in ((0, "utf-16-be"), (1, "utf-16-le")):
        # Latin text in UTF-16 has a zero in every second byte, and UTF-8 text has none.
        if half and data[position::2].count(0) > half // 2:
            return _decode_as(data, marked, name), marked
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        raise AnswerNeededError(
            f"{name} is not UTF-8; in which encoding do these names look right?",
            option="encoding",
            flag="--encoding",
            choices=_choices(data),
        ) from None


def _decode_as(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except LookupError as error:
        raise FileProblemError(
            f"there is no encoding {encoding!r}", hint="for example --encoding cp1252"
        ) from error
    except (UnicodeDecodeError, UnicodeError) as error:
        raise FileProblemError(
            f"{name} is not {encoding} text", hint="leave --encoding away to see how it reads"
        ) from error


def _choices(data: bytes) -> tuple[tuple[str, str], ...]:
    """The encodings in which the file may be, each with three of its words, likeliest first."""
    found: dict[str, str] = {}
    scored = []
    for order, encoding in enumerate(_GUESSES):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        words = list(
            dict.fromkeys(w for w in re.findall(r"[^\s,;|\"@<>]+", text) if not w.isascii())
        )
        label = ", ".join(words[:_SAMPLES])
        if label and label not in found.values():
            found[encoding] = label
            strange = sum(_strangeness(word) for word in words[:200])
            scored.append((strange, order, encoding))
    return tuple((encoding, found[encoding]) for _, _, encoding in sorted(scored)[:_CHOICES])


def _strangeness(word: str) -> int:
    """How unlike a name a word looks: signs among letters, capitals after small letters."""
    signs = sum(not (c.isalpha() or c in "-'’.0123456789") for c in word)
    capitals = sum(a.islower() and b.isupper() for a, b in pairwise(word))
    mixed = any(c.isascii() and c.isalpha() for c in word) and any(c > "\u0370" for c in word)
    return 3 * signs + 2 * capitals + 2 * mixed


def _reader(text: str, delimiter: str, *, strict: bool) -> "Reader":
    csv.field_size_limit(_MAX_FIELD)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)


def _delimiter(text: str, score: Callable[[Sequence[str]], int]) -> str:
    """The delimiter with which a header is found; else the one that cuts most evenly."""

    def merit(delimiter: str) -> tuple[int, int]:
        reader = _reader(text[:65536], delimiter, strict=False)
        rows = []
        try:
            for row in reader:
                rows.append(row)
                if len(rows) == 30:  # noqa: PLR2004 -- a header stands near the top
                    break
        except csv.Error:
            pass
        return max(map(score, rows), default=0), max(map(len, rows), default=0)

    return max(DELIMITERS, key=merit)
