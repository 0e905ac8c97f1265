"""What was typed into a results workbook on another sheet than To correct, found by digests."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.check.written import IN_SENTENCES, Written
from aapimport.copies.results import Results, RowResult, write_results
from aapimport.errors import AnswerNeededError

HEADER = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
ODD = (
    *(date(2026, 1, 31), datetime(2026, 1, 31, 18, 4, 5), time(8, 30), timedelta(hours=30)),  # noqa: DTZ001 -- as Excel has it
    *(7, 7.0, 0.1, 1 / 3, 1e15, True, -0.0, "007", "=1+1", "  two  blanks ", "a\nb", "a\r\nb"),
    *("_x000D_", "e\u0301", "a\xa0b", "'quoted", "1e3", "2026-01-31", "TRUE", "a\tb", "#N/A"),
)


def written(folder: Path, rows: list[tuple[Any, ...]], failed: int = 1, reason: str = "") -> Path:
    """The results workbook of a list, of which the first people are to be corrected."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    header = (*HEADER, "Remarks") if any(len(one) > len(HEADER) for one in rows) else HEADER
    for at, row in enumerate((header, *rows), start=1):
        for column, value in enumerate(row, start=1):
            sheet.cell(at, column, value)
            if isinstance(value, str):
                sheet.cell(at, column).data_type = "s"
    book.save(folder / "people.xlsx")
    checked = check_file(folder / "people.xlsx", ReadOptions())
    done = {at: RowResult(result="created") for at in range(failed + 2, len(rows) + 2)}
    rejected = RowResult(result="rejected", reason=reason, is_to_correct=True)
    left = dict.fromkeys(range(2, failed + 2), rejected)
    told = Results(
        receipt="7K3QX9",
        rows=left | done,
        summary=(("How it ended", f"rejected: {reason}"),),
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


def asked(path: Path) -> str:
    """What is asked about a workbook; empty where nothing is."""
    try:
        check_file(path, ReadOptions())
    except AnswerNeededError as needed:
        return needed.message
    return ""


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    """The same workbook, after somebody's work."""
    book = openpyxl.load_workbook(path)
    change(book)
    out = path.with_name("changed.xlsx")
    book.save(out)
    return out


def crossed_out(*rows: int) -> Callable[[Any], None]:
    """Crossing out the addresses in some rows of the own sheet."""

    def change(book: Any) -> None:
        for row in rows:
            book["Sheet"].cell(row, 1).font = Font(strike=True)

    return change


def test_who_is_crossed_out_in_a_long_list_is_asked_about(tmp_path, most_rows: int) -> None:
    """Above the limit only a cheap look is taken: what it leaves open is asked about, too."""
    rows = [(f"p{at}@acme.com", "Eva", f"Lund {at}", "", "", "") for at in range(most_rows + 10)]
    path = written(tmp_path, rows)
    assert asked(path) == ""
    told = asked(changed(path, crossed_out(2)))
    assert "row 2 of Sheet: taken out; it is still on To correct" in told
    assert asked(changed(path, crossed_out(9, 10))) == ""  # nobody of To correct
    told = asked(changed(path, crossed_out(*range(100, 150))))
    assert "Sheet, below row 139: who is crossed out there can't be seen" in told


def test_one_of_two_rows_alike_is_missed(tmp_path) -> None:
    """Also where the other one is still there, unless it is the one that is left on To correct."""
    twin = ("p0@acme.com", "Eva", "Lund", "", "", "")
    path = written(tmp_path, [twin, twin, ("p1@acme.com", "Ada", "Ek", "", "", "")], failed=2)
    told = asked(changed(path, lambda book: book["Sheet"].delete_rows(3)))
    assert "row 3 of Sheet: taken out; it may be still on To correct" in told

    def on_both(book: Any) -> None:
        book["Sheet"].delete_rows(2)
        book["To correct"].delete_rows(2)

    assert asked(changed(path, on_both)) == ""


def test_an_address_in_a_sentence_is_asked_about(tmp_path) -> None:
    """Wherever it is added: on another sheet, beside somebody, and loose on the own one."""
    rows = [(f"p{at}@acme.com", "Eva", f"Lund {at}", "", "", "") for at in range(3)]
    path = written(tmp_path, rows)

    def note(book: Any) -> None:
        book.create_sheet("Notes").append(["", "", "please also add bo@acme.com."])

    assert "Notes!C1: added" in asked(changed(path, note))

    def remark(book: Any) -> None:
        book["Sheet"]["M3"] = "she is e.lund@acme.com now"
        book["Sheet"]["B40"] = "and bo@acme.com, please"
        book["Summary"]["C9"] = "what of cy@acme.com?"
        copy = book.copy_worksheet(book["Sheet"])
        copy["G3"] = "was e.lund@old.example before"

    told = asked(changed(path, remark))
    for cell in ("Sheet!M3", "Sheet!B40", "Summary!C9", "'Sheet Copy'!G3"):
        assert f"{cell}: added" in told

    def no_address(book: Any) -> None:
        book.create_sheet("Notes").append(["", "", "lunch @ 12.30, ask Bo @work or the team@"])
        book["Sheet"]["M3"] = "ask Bo @work"

    assert asked(changed(path, no_address)) == ""


@pytest.mark.parametrize("program", ["openpyxl", "LibreOffice"])
def test_a_sentence_that_was_there_is_none_of_them(tmp_path, program, request) -> None:
    """Nor are those that we have written: what was rejected, and how a run ended."""
    said = "the address is an alias of bo@acme.com\r\n\x0bask it@acme.com"
    row = ("p0@acme.com", "Eva", "Lund", "", "", "", "her boss is cy@acme.com")
    path = written(tmp_path, [row, ("p1@acme.com", "Bo", "Ek", "", "", "")], reason=said)
    if program == "openpyxl":
        openpyxl.load_workbook(path).save(path)
    else:
        path.write_bytes(request.getfixturevalue("libreoffice")(path, "xlsx").read_bytes())
    assert asked(path) == ""


def test_a_workbook_that_tells_of_no_sentences_asks_about_none_beside_people(tmp_path) -> None:
    """An earlier version has kept none: nobody knows which were there."""
    path = written(tmp_path, [("p0@acme.com", "Eva", "Lund", "", "", "")])

    def earlier(book: Any) -> None:
        hidden = book["As written"]
        (row,) = (one[0].row for one in hidden.iter_rows() if one[0].value == IN_SENTENCES)
        hidden.delete_rows(row)
        book["Sheet"]["M2"] = "she is e.lund@acme.com now"

    assert asked(changed(path, earlier)) == ""


def test_an_own_sheet_that_is_gone_is_told(tmp_path) -> None:
    """What was changed on it nobody knows; with or without the hidden sheet."""
    path = written(tmp_path, [("p0@acme.com", "Eva", "Lund", "", "", "")])
    for gone in (("Sheet",), ("Sheet", "As written")):
        book = openpyxl.load_workbook(path)
        for name in gone:
            book.remove(book[name])
        left = tmp_path / "left.xlsx"
        book.save(left)
        found = [one.id for one in check_file(left, ReadOptions()).problems]
        assert "own-sheet-gone" in found
    assert "own-sheet-gone" not in [one.id for one in check_file(path, ReadOptions()).problems]
