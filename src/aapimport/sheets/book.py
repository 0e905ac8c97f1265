"""The one door to a spreadsheet, whatever kind of file it is: `open_book`."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aapimport.errors import FileProblemError
from aapimport.sheets.facts import Facts
from aapimport.sheets.intake import Intake, take_in
from aapimport.sheets.letters import SecondView

if TYPE_CHECKING:
    from aapimport.sheets.formats.csv import Delimited

Value = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
"""What a cell can hold; a blank cell is the empty string."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: The sheet's name; empty for csv.
        hidden: Whether the workbook hides the sheet.
        first_column: The column (from 0) that the first value of each row stands in.
        rows: A generator of the rows, starting with the sheet's row 1.
        facts: Looks at what the values don't tell. It raises FileProblemError where the sheet is
            damaged; a look that can't be taken is `Unseen`.
        text: Of a csv, the text that the rows were cut from.
    """

    name: str
    hidden: bool
    first_column: int
    rows: Callable[[], Iterator[Sequence[Value]]]
    facts: Callable[[], Facts]
    text: "Delimited | None" = None


@dataclass(frozen=True, slots=True)
class Book:
    """A spreadsheet that is open.

    Attributes:
        kind: `xlsx`, `xls`, `xlsb`, `ods` or `csv`, by what is in the file.
        digest: SHA-256 of the file's bytes, in hexadecimal.
        sheets: Its sheets in their order.
        properties: The custom document properties of an xlsx, xlsb or ods workbook: names and
            values; none of other kinds.
    """

    kind: str
    digest: str
    sheets: Sequence[Sheet]
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """How a spreadsheet is opened.

    Attributes:
        score: How many column names of the template a row of cells holds, to tell a csv's
            delimiter by.
        encoding: The text encoding of a csv that isn't UTF-8; None to find out.
        digest: The SHA-256 that the file must have; before that is made sure of, nothing in it is
            read. Empty for any file.
        second_view: Waits for what the second reader of xlsx workbooks found; None where it wasn't
            asked.
        descriptor: The file, where it is open already.
    """

    score: Callable[[Sequence[str]], int]
    encoding: str | None = None
    digest: str = ""
    second_view: Callable[[], SecondView] | None = None
    descriptor: int | None = None


class Format(Protocol):
    """A module for one kind of file."""

    def open_sheets(self, intake: Intake, name: str, choices: Choices) -> list[Sheet]:
        """The sheets of a file of this kind; `name` is the file's, for messages."""


def open_book(path: Path, choices: Choices) -> Book:
    """Open a spreadsheet.

    Raises:
        FileProblemError: It isn't one, needs a password, is damaged, or isn't the file it was.
        AnswerNeededError: It is a csv, and nothing says in which encoding.
    """
    intake = take_in(path, choices.descriptor)
    digest = hashlib.sha256(intake.data).hexdigest()
    if choices.digest not in {"", digest}:
        raise FileProblemError(
            f"{path} has changed while it was being checked",
            hint="close it everywhere else and try again",
        )
    reader: Format = import_module(f"aapimport.sheets.formats.{intake.kind}")
    sheets = reader.open_sheets(intake, path.name, choices)
    return Book(intake.kind, digest, sheets, intake.package.properties)
