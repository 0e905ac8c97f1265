"""Text files with delimiters: csv, tsv, and what European Excel and HR systems make of them."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, Sheet
from aapimport.sheets.facts import Facts, Looks
from aapimport.sheets.formats.encodings import Note, decode
from aapimport.sheets.intake import Intake
from aapimport.template.cells import CellRef
from aapimport.text import looks_like_address

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = (",", ";", "\t", "|")
_MAX_FIELD = 1 << 20
_SHOWN = 60
_MANY = 2
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SwallowedLine:
    """A line within a value that may be a row of the file; only the header can tell.

    Attributes:
        row: The value's row, from 1.
        column: Its column, from 0.
        line: The line.
        at_start: Whether the line begins where a row would.
        cut_otherwise: Whether it has other delimiters than the file.
    """

    row: int
    column: int
    line: str
    at_start: bool
    cut_otherwise: bool = False

    def error(self) -> FileProblemError:
        """Two unbalanced quotation marks have made one value of several rows."""
        return FileProblemError(
            f"{CellRef('', self.column, self.row)} holds several lines, and one of them looks like"
            f" a row of its own: {self.line[:_SHOWN]}",
            hint='check the quotation marks (") in that row; a " inside a value is'
            ' written as "". If the value is meant, put it on one line',
        )


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text file, decoded and cut into cells.

    Attributes:
        text: The text, without byte-order mark and `sep=` line.
        delimiter: What stands between two cells.
        encoding: How the bytes were read.
        notes: What is to be said about the file as a whole.
        blanks_before_quotes: Whether a blank stands before quotation marks (`, "Ana"`), which are
            no part of a value.
        suspects: Lines of values that may be rows, of those rows that were asked for so far.
    """

    text: str
    delimiter: str
    encoding: str
    notes: tuple[Note, ...] = ()
    blanks_before_quotes: bool = False
    suspects: list[SwallowedLine] = field(default_factory=list)

    def sheet(self) -> Sheet:
        """The text as the only sheet of a file, which is all that there is to see."""
        facts = partial(Facts, second=[], looks=Looks())
        return Sheet("", hidden=False, first_column=0, rows=self.rows, facts=facts, text=self)

    def rows(self) -> Iterator[Sequence[str]]:
        """The rows, starting with the first.

        Raises:
            FileProblemError: A quotation mark isn't closed, or only in a later row, or a cell is
                absurdly long.
        """
        reader = _reader(self.text, self.delimiter, self.blanks_before_quotes)
        cut_otherwise = _cut_otherwise(self.text, self.delimiter)
        row = lines = 0
        before: Sequence[str] = ()
        try:
            for row, cells in enumerate(reader, start=1):
                lines += 1
                if reader.line_num != lines:  # a line break within quotes
                    lines = reader.line_num
                    self._look_for_swallowed(row, cells, len(before))
                if cut_otherwise:
                    self.suspects.extend(
                        SwallowedLine(row, at, cell, at_start=False, cut_otherwise=True)
                        for at, cell in enumerate(cells)
                        if "@" in cell and cut_otherwise.search(cell)
                    )
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

    def _look_for_swallowed(self, row: int, cells: Sequence[str], width: int) -> None:
        """Refuse a row of which a value has swallowed others, between two unbalanced quotes.

        Nothing else tells that from a value of several lines: the file has as many quotation marks
        as it should.
        """
        for at, cell in enumerate(cells):
            lines = cell.splitlines()
            if len(lines) < _MANY:
                continue
            for number, line in enumerate(lines):
                wanted = at if number == len(lines) - 1 else width - 1 if number else width - 1 - at
                found = SwallowedLine(row, at, line, at_start=number > 0)
                if _cut_like_a_row(line, self.delimiter, wanted):
                    raise found.error()
                if _holds_address(line, self.delimiter):
                    self.suspects.append(found)
                    break


def _cut_otherwise(text: str, delimiter: str) -> re.Pattern[str] | None:
    """What finds a person between other delimiters than the file's; None where nobody is.

    Where a line end is lost, the next line goes on in the last value of the one above.
    """
    others = "".join(one for one in DELIMITERS if one != delimiter and text.count(one) >= _MANY)
    if not others:
        return None
    signs = re.escape(others)
    person = re.compile(rf"\w@[\w.-]{{1,100}}([{signs}])[^\n@{signs}]{{0,100}}\1")
    return person if person.search(text) else None


def _cut_like_a_row(line: str, delimiter: str, wanted: int) -> bool:
    """Whether a line has as many delimiters as the rest, the start or all of a row.

    Two unbalanced quotes leave as many values in the first line as their row lacks, in the last
    one as stand before that column. In a sentence, a blank follows the comma.
    """
    return len(re.findall(re.escape(delimiter) + r"(?=\S|$)", line)) == wanted >= _MANY


def _holds_address(line: str, delimiter: str) -> bool:
    values = line.split(delimiter)
    return len(values) > 1 and any(looks_like_address(value.strip().strip('"')) for value in values)


def open_sheets(intake: Intake, name: str, choices: Choices) -> list[Sheet]:
    """The only sheet of a text file; it raises what `read_text` does."""
    return [read_text(intake.data, choices.encoding, choices.score, name).sheet()]


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
        FileProblemError: It can't be decoded as the administrator said, or is clearly something
            else.
        AnswerNeededError: It isn't UTF-8, and nothing says what it is.
    """
    text, used, notes = decode(data, encoding, name)
    said = _SEP_LINE.match(text)
    if said:
        text = text[said.end() :]
    delimiter = said[1] if said else _delimiter(text, score)
    blanks = _blanks_before_quotes(text, delimiter)
    return Delimited(text, delimiter, used, notes, blanks)


def _reader(text: str, delimiter: str, blanks: bool = False, *, strict: bool = True) -> "Reader":
    csv.field_size_limit(_MAX_FIELD)
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=blanks)


def _blanks_before_quotes(text: str, delimiter: str) -> bool:
    """Whether a blank stands before quotation marks that begin a value, wherever it does so.

    Read without blanks, every value must end at its closing mark, or they are marks within values.
    """
    if f'{delimiter} "' not in text and '\n "' not in text and not text.startswith(' "'):
        return False
    try:
        for _row in _reader(text, delimiter, blanks=True):
            pass
    except csv.Error:
        return False
    return True


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
