"""What was typed into a results workbook on another sheet than To correct, found by digests."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.check.written import Written
from aapimport.copies.results import Results, RowResult, write_results
from aapimport.errors import AnswerNeededError

HEADER = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
ODD = (
    *(date(2026, 1, 31), datetime(2026, 1, 31, 18, 4, 5), time(8, 30), timedelta(hours=30)),  # noqa: DTZ001 -- as Excel has it
    *(7, 7.0, 0.1, 1 / 3, 1e15, True, -0.0, "007", "=1+1", "  two  blanks ", "a\nb", "a\r\nb"),
    *("_x000D_", "e\u0301", "a\xa0b", "'quoted", "1e3", "2026-01-31", "TRUE", "a\tb", "#N/A"),
)


def written(folder: Path, rows: list[tuple[Any, ...]]) -> Path:
    """The results workbook of a list, of which the first person is to be corrected."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for at, row in enumerate((HEADER, *rows), start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(at, column, value)
            if isinstance(value, str):
                sheet.cell(at, column).data_type = "s"
    book.save(folder / "people.xlsx")
    checked = check_file(folder / "people.xlsx", ReadOptions())
    done = {at: RowResult(result="created") for at in range(3, len(rows) + 2)}
    told = Results(
        receipt="7K3QX9",
        rows={2: RowResult(result="rejected", is_to_correct=True)} | done,
        summary=(),
        origin="",
    )
    out = folder / "people.results.xlsx"
    write_results(told, checked, out)
    return out


@pytest.mark.parametrize("program", ["", "openpyxl", "LibreOffice"])
def test_odd_values_are_the_same_once_they_are_saved(tmp_path, program, request) -> None:
    """Whatever a program makes of days, numbers, blanks and line breaks: nobody has changed it."""
    rows = [
        (f"p{at}@acme.com", "Eva", f"Lund {at}", value, value, value)
        for at, value in enumerate(("", *ODD))
    ]
    path = written(tmp_path, rows)
    if program == "openpyxl":
        openpyxl.load_workbook(path).save(path)
    elif program:
        path.write_bytes(request.getfixturevalue("libreoffice")(path, "xlsx").read_bytes())
    assert check_file(path, ReadOptions()).sheet == "To correct"


def test_a_long_list_is_compared_in_a_moment(tmp_path) -> None:
    """Also where every cell of a column was changed: five are named, the others counted."""
    many = 3_000
    rows = [(f"p{at}@acme.com", "Eva", "Lund", "", "", "") for at in range(many)]
    path = written(tmp_path, rows)
    book = openpyxl.load_workbook(path)
    for at in range(3, many + 2):
        book["Sheet"].cell(at, 5, "Sales")
    book["Sheet"].append(("new@acme.com", "Ada", "Ek"))
    book.save(path)
    with pytest.raises(AnswerNeededError) as asked:
        check_file(path, ReadOptions())
    assert "Sheet!E3: changed" in asked.value.message
    assert "and 2,995 more" in asked.value.message
    assert asked.value.choices[1][0] == "Sheet"


@pytest.mark.parametrize(
    "text", ["", "x", "2 -  Users", f"{'9' * 9_000} - 0:0:ab Users", "2 - 0:0:" + "0" * 30_000]
)
def test_a_damaged_row_is_none(text: str) -> None:
    """Whoever it was about stands there unknown, and is asked about."""
    assert Written.read(text) is None


def test_what_is_written_is_read() -> None:
    """Also of a sheet whose name has blanks."""
    one = Written(sheet="My people 2026", row=7, person=None, cells={(3, 0): "ab", (4, 5): "cd"})
    assert Written.read(one.text) == one
