"""What Excel shows for a number is what is sent, where that is certain."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.sheets.number_formats import as_shown, is_plain, literal_shown, seen_as


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (123, "00000", "00123"),
        (123456, "00000", ""),
        (7, '"T-"000', "T-007"),
        (12345, '"T-"000', "T-12345"),
        (123456, "000-000", "123-456"),
        (1234567, "000-000", "1234-567"),
        (7, "000-000", "000-007"),
        (12, r"\T\-000", "T-012"),
        (5, '0" years"', "5 years"),
        (5551234, "(000) 0000", "(555) 1234"),
        (0.25, "0%", "25%"),
        (0.07, "0%", "7%"),
        (1.0, "0%", "100%"),
        (3.0, "0 ", ""),
        (3, "0", ""),
        (1, "General", ""),
        (7, "@", ""),
        (7, '"%"0', "%7"),
    ],
)
def test_what_is_certain_is_told(value: float, number_format: str, text: str):
    """Zeros, literal texts and whole percentages have one reading in every country."""
    assert as_shown(value, number_format) == text


@pytest.mark.parametrize(
    ("value", "number_format"),
    [
        (1234, "#,##0"),
        (1.5, "0.00"),
        (1.5, "000"),
        (0.255, "0%"),
        (-7, "000"),
        (7, "000;-000"),
        (7, "[>5]000"),
        (7, "0_)"),
        (7, '"only text"'),
        (2.5, "0"),
        (0, "#"),
        (123456789012, "General"),
        (5, '"EMEA "@'),
        (5, "0" + "%" * 160),
        (1e15, "000-000"),
        (float("inf"), "000"),
        (float("nan"), "000"),
    ],
)
def test_what_is_not_certain_is_left_alone(value: float, number_format: str):
    """Rounding, signs, conditions and what depends on the country are not guessed at."""
    assert as_shown(value, number_format) is None


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        ("Sales", '"EMEA "@', "EMEA Sales"),
        ("Sales", '[$-409]"EU "@', "EU Sales"),
        ("Sales", ";;;", ""),
        ("Sales", '0;0;0;"x"', "x"),
        ("Sales", "_(* #,##0_);_(* (#,##0);_(* -??_);_(@_)", None),
        ("Sales", "0.00", None),
        ("Sales", "[Red]@", None),
        ("Sales", "General;General;General;General", None),
        (1, '"Yes";;"No"', "Yes"),
        (0, '"Yes";;"No"', "No"),
        (1, ";;;", ""),
        (1, '[>5]"x"', None),
        (1, "yyyy", None),
        (5, '"EMEA "@', None),
        (1, "0" * 300, None),
        (True, ";;;", ""),
        (True, "0", None),
        (True, '"Yes";;"No"', None),
    ],
)
def test_what_stands_in_place_of_a_value(value: str | float, number_format: str, shown: str | None):
    """A format may hide a value, replace it, or put words around a text."""
    assert literal_shown(value, number_format) == shown


@pytest.mark.parametrize(
    ("number_format", "plain"),
    [
        ("General", True),
        ("@", True),
        ("0", True),
        ("yyyy-mm-dd", True),
        ('[$-409]d" day "mmm', True),
        ("00000", False),
        ("#,##0", False),
        ('"day "0', False),
        ("[Red]0.0", False),
    ],
)
def test_formats_that_change_nothing(number_format: str, *, plain: bool):
    """A style that makes dates, or shows numbers as they are, is no reason to look closer."""
    assert is_plain(number_format) is plain


@pytest.mark.parametrize(
    ("text", "value", "seen"),
    [
        ("00123", 123, "00123"),
        ("T-007", 7, "T-007"),
        ("123-456", 123456, "123-456"),
        ("123", 123, ""),
        ("12345678", 12345678, ""),
        ("3.5", 3.5, ""),
        ("", 5, None),
        ("2", 2.0000001, None),
        ("9" * 4400, 5, None),
        ("5", float("inf"), None),
        ("5", float("nan"), None),
        ("3,5", 3.5, None),
        ("1,234", 1234, None),
        ("1\u202f234", 1234, None),
        ("3.14", 3.14159, None),
        ("many", 5, None),
    ],
)
def test_what_an_ods_shows(text: str, value: float, seen: str | None):
    """An ods holds what is shown, too: digits with zeros and letters around them count."""
    assert seen_as(text, value, is_percentage=False) == seen


def test_what_an_ods_shows_of_percentages():
    """50% is sent as it is shown, and a rounded percentage is unclear."""
    assert seen_as("50%", 0.5, is_percentage=True) == "50%"
    assert seen_as("33%", 1 / 3, is_percentage=True) is None


def test_a_team_number_is_sent_as_it_is_shown(tmp_path: Path):
    """A team that Excel shows as T-007 is not sent as 7, and the file says so."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    sheet.append(("Email Address", "First Name", "Last Name", "Team", "Jhana Enabled"))
    sheet.append(("ana@acme.com", "Ana", "Perez", 7, True))
    sheet["D2"].number_format = '"T-"000'
    sheet["E2"].number_format = "000"
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    checked = check_file(path, ReadOptions())
    assert [person.team for person in checked.people] == ["T-007"]
    assert [str(p.cell) for p in checked.problems if p.id == "shown-number"] == ["Users!D2"]
