"""Who is in a file, as readers see it that aren't asked for the answer, and whom it has forgotten.

They run in a child with limits, as the check does: a broken file may make them loop or abort.
"""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aapimport.check.check_file import Checked, ReadOptions, check_file
from aapimport.errors import AapimportError, FileProblemError
from aapimport.problems.problem import Level
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.child import start_child
from aapimport.sheets.formats.xlsb import read_xlsb
from aapimport.sheets.letters import Letter, Placed
from aapimport.sheets.limits import limits_of
from aapimport.sheets.source import read_bytes
from aapimport.text import fold

_ADDRESS = re.compile(r"[^\s@,;:|\"'<>()]+@[^\s@,;:|\"'<>()]+\.\w+")
_CLOCK = re.compile(r"\d seconds")
_OF_SHEETS = {RuleId.PEOPLE_ON_OTHER_SHEETS}
Rows = Iterable[Sequence[object]]


@dataclass(frozen=True, kw_only=True)
class Question(Letter):
    """What the other readers are asked.

    Attributes:
        path: The file.
        kind: `xlsx`, `xls`, `xlsb`, `ods` or `csv`.
        encoding: The text encoding of a csv.
        delimiter: The delimiter of a csv.
        descriptor: The file, where it is open already.
    """

    path: str
    kind: str
    encoding: str
    delimiter: str
    descriptor: int | None = None


@dataclass(frozen=True, kw_only=True)
class Seen(Letter):
    """What they see.

    Attributes:
        addresses: For each sheet of each reader, the addresses in it by row and column; row 0 where
            the reader counts no rows.
    """

    addresses: Sequence[tuple[str, Placed]]


def look(plain: Mapping[str, Any]) -> Seen:
    """Read a file with every other reader that can: the child's process."""
    question = Question.read(plain)
    data = read_bytes(Path(question.path), question.descriptor)
    seen: list[tuple[str, Placed]] = []
    for reader in _READERS[question.kind]:
        try:
            found = [(name, _addresses(rows)) for name, rows in reader(data, question)]
        except MemoryError:
            raise
        except BaseException:  # noqa: BLE001, S112 -- it can't read the file; a panic is no Exception
            continue
        seen += found
    return Seen(addresses=seen)


def _addresses(rows: Rows) -> Placed:
    return [
        (number, column, address)
        for number, row in enumerate(rows, start=1)
        for column, value in enumerate(row)
        if isinstance(value, str)
        for address in _ADDRESS.findall(value)
    ]


def _by_calamine(data: bytes, _: Question) -> Iterator[tuple[str, Rows]]:
    import python_calamine as calamine

    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        yield name, book.get_sheet_by_name(name).iter_rows()


def _by_openpyxl(data: bytes, _: Question) -> Iterator[tuple[str, Rows]]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
    for sheet in book.worksheets:
        yield sheet.title, sheet.iter_rows(values_only=True)


def _by_xlrd(data: bytes, _: Question) -> Iterator[tuple[str, Rows]]:
    import xlrd

    for sheet in xlrd.open_workbook(file_contents=data, logfile=io.StringIO()).sheets():
        yield sheet.name, (sheet.row_values(at) for at in range(sheet.nrows))


def _by_records(data: bytes, question: Question) -> Iterator[tuple[str, Rows]]:
    """The reader of xlsb that is asked for values only where calamine can't be trusted."""

    def nothing() -> list[Any]:
        raise FileProblemError("the value reader isn't asked")

    for sheet in read_xlsb(data, question.path, nothing):
        yield sheet.name, sheet.rows()


def _by_csv(data: bytes, question: Question) -> Iterator[tuple[str, Rows]]:
    text = io.StringIO(data.decode(question.encoding, "replace"), newline="")
    start = text.readline()
    if not start.lstrip("\ufeff").lower().startswith("sep="):  # which Excel counts as no row
        text.seek(0)
    lines = text.read()
    try:
        yield "", _cut(lines, question.delimiter, quoted_behind_blanks=True)
    except csv.Error:  # a quote behind a blank that nothing closes is a letter
        yield "", _cut(lines, question.delimiter, quoted_behind_blanks=False)


def _cut(lines: str, delimiter: str, *, quoted_behind_blanks: bool) -> Rows:
    strict = skip = quoted_behind_blanks
    text = io.StringIO(lines, newline="")
    return list(csv.reader(text, delimiter=delimiter, skipinitialspace=skip, strict=strict))


_READERS: Mapping[str, Sequence[Callable[[bytes, Question], Iterator[tuple[str, Rows]]]]] = {
    "xlsx": (_by_openpyxl, _by_calamine),
    "xls": (_by_xlrd, _by_calamine),
    "xlsb": (_by_records, _by_calamine),
    "ods": (_by_calamine,),
    "csv": (_by_csv,),
}


def outcome(path: Path) -> str:
    """What became of a file: `read`, `refused`, or in one line what is wrong with the answer."""
    try:
        checked = check_file(path, ReadOptions(hidden="include"))
        _say(checked)
    except AapimportError as error:
        if "\n" in error.message:
            return f"wrong: several lines: {error.message!r}"
        return f"wrong: slow: {error.message}" if _CLOCK.search(error.message) else "refused"
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is what is looked for
        return f"wrong: {type(error).__name__}: {error}"
    if checked.count(Level.ERROR):
        return "read with errors"
    if checked.ready != len(checked.people) or not checked.people:
        return f"wrong: {checked.ready} ready, {len(checked.people)} people, and no error"
    lost = forgotten(checked)
    return f"wrong: nothing is said of {', '.join(lost)}" if lost else "passed"


def _say(checked: Checked) -> None:
    """Say it as `validate` does."""
    from aapimport.check.report import report_of
    from aapimport.screens.problems import show_checked

    show_checked(io.TextIOWrapper(io.BytesIO(), "utf-8"), checked)
    report_of(checked).model_dump_json()


def forgotten(checked: Checked) -> list[str]:
    """The addresses that another reader sees, and of which the answer says nothing."""
    problems = [problem for problem in checked.problems if problem.cell]
    noted = {problem.cell.row for problem in problems if problem.cell}
    warned = {
        problem.cell.row for problem in problems if problem.cell and problem.level != Level.NOTICE
    }
    told_sheets = any(problem.id in _OF_SHEETS for problem in checked.problems)
    people = {person.row: fold(person.email) for person in checked.people}

    def is_told(sheet: str, row: int, address: str) -> bool:
        if _letters(sheet) not in {"", _letters(checked.sheet)}:
            return told_sheets
        if row not in people:
            return row in warned
        return row in noted or people[row].endswith(fold(address))  # of y'ana@acme.com it is a part

    return [
        f"{sheet}!{row} {address!r}"
        for sheet, placed in _seen_by_others(checked).addresses
        for row, _, address in placed
        if not is_told(sheet, row, address)
    ]


def _letters(name: str) -> str:
    """A sheet's name as every reader gives it; broken letters they leave out, or none of it."""
    return "".join(letter for letter in name if letter.isascii() and letter.isprintable())


def _seen_by_others(checked: Checked) -> Seen:
    with checked.path.open("rb") as file:
        question = Question(
            path=str(checked.path),
            kind=checked.kind,
            encoding=checked.encoding,
            delimiter=checked.delimiter,
            descriptor=file.fileno(),
        )
        child = start_child("sheets.other_readers:look", question, limits_of(checked.path))
    try:
        return Seen.read(child.answer(checked.path.name))
    except FileProblemError:
        return Seen(addresses=())  # none of them can read it
