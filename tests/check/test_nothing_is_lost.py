"""What is known better than the cell's value survives in every workbook that is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies.annotate import annotate
from aapimport.copies.fix import fix
from aapimport.copies.renew import renew

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Employee ID")
LI = ("Li Wei", "Li", "Wei", "facilitater", 123, 45)


@pytest.fixture
def source(make_xlsx: Callable[..., Path]) -> Path:
    """A wrong role beside a linked address, and numbers that show zeros in front."""

    def change(sheet: Any) -> None:
        sheet["A2"].hyperlink = "mailto:li.wei@acme.com"
        for cell in ("E2", "F2"):
            sheet[cell].number_format = "00000"

    return make_xlsx(LI, headers=HEADERS, change=change)


@pytest.mark.parametrize("write", [fix, renew, annotate])
def test_links_and_zeros_survive_in_a_row_with_an_error(source: Path, tmp_path: Path, write):
    """The written file holds the address behind the link and the zeros, and checks the same."""
    out = tmp_path / "out.xlsx"
    checked = check_file(source, ReadOptions())
    assert [problem.id for problem in checked.problems if problem.level == "error"] == [
        "unknown-role"
    ]
    write(checked, out)
    sheet = load_workbook(out)["Users"]
    row = dict(
        zip((cell.value for cell in sheet[1]), (cell.value for cell in sheet[2]), strict=True)
    )
    assert row["Email Address"] == "li.wei@acme.com"
    assert row["Team"] == "00123"
    assert row["Employee ID"] == "00045"
    again = check_file(out, ReadOptions())
    assert [problem.id for problem in again.problems if problem.level == "error"] == [
        "unknown-role"
    ]


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", " #VALUE! ", "Err:508"])
@pytest.mark.parametrize("column", range(5))
def test_errors_saved_as_text_are_errors(tmp_path: Path, text: str, column: int):
    """Excel and LibreOffice write a formula's error into a csv as text: it is nobody's name."""
    row = ["ana@acme.com", "Ana", "Perez", "", "Sales"]
    row[column] = text
    path = tmp_path / "people.csv"
    path.write_text(f"{','.join(HEADERS[:5])}\n{','.join(row)}\n", encoding="utf-8")
    checked = check_file(path, ReadOptions())
    assert checked.ready == 0
    assert ("error-value", column) in [
        (problem.id, problem.cell.column) for problem in checked.problems if problem.cell
    ]


@pytest.mark.parametrize("text", ["# of people", "C# Guild", "#1 Team", "Err: none"])
def test_a_team_with_a_number_sign_is_no_error(tmp_path: Path, text: str):
    """Only the errors' own words are errors."""
    path = tmp_path / "people.csv"
    path.write_text(f"{','.join(HEADERS[:5])}\na@acme.com,A,B,,{text}\n", encoding="utf-8")
    checked = check_file(path, ReadOptions())
    assert [person.team for person in checked.people] == [text]


@pytest.mark.parametrize("blank", ["\u2003", "\u2009", "\xa0", "\u205f"])
def test_every_special_blank_that_is_replaced_is_said(problems_of, blank: str):
    """What is sent is another text than what is in the file, so there is a notice."""
    found = problems_of(("ana@acme.com", f"Ana{blank}Maria", "Perez"))
    assert "no-break-space" in [problem.id for problem in found]


@pytest.mark.parametrize("text", ["MAILTO:ana@acme.com", "ANA@acme.com", "ａｎａ@acme.com"])
def test_a_link_to_the_same_address_differs_in_nothing(problems_of, text: str):
    """Capital letters, full-width letters and `mailto:` don't make it another address."""

    def change(sheet: Any) -> None:
        sheet["A2"].hyperlink = "mailto:ana@acme.com"

    found = problems_of((text, "Ana", "Perez"), change=change)
    assert "link-differs" not in [problem.id for problem in found]
