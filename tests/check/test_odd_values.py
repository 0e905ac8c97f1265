"""Addresses that nobody has, names that are none, letters that nobody sees."""

from typing import Any

import pytest

ERRORS = ["ann_b.com#EXT#@acme.onmicrosoft.com", "a@acme.test", "a@x.invalid", "a@localhost"]


def told(problems: Any, cell: str) -> list[str]:
    """The rules that say something about a cell."""
    return [problem.id for problem in problems if str(problem.cell) == cell]


@pytest.mark.parametrize("address", [*ERRORS, "a@localhost.localdomain", "a@acme.c"])
def test_an_address_that_nobody_can_have_is_an_error(problems_of: Any, address: str) -> None:
    """Reserved domains, and login names of guests, take no mail."""
    assert told(problems_of((address, "A", "B")), "Users!A2") == ["not-an-email"]


@pytest.mark.parametrize(
    "address",
    [
        "ana@acme.example",
        *("ana@example.com", "ana@mail.example.org", "ana@acme.onmicrosoft.com", "ana@acme.lan"),
        *("test@test.com", "noreply@acme.com", "do-not-reply@acme.com", "josé@acme.com"),
        *("=ana@acme.com", "-ana@acme.com", "%20ana@acme.com", "ana%20li@acme.com", "`a@acme.com"),
    ],
)
def test_an_address_that_a_person_hardly_has_is_a_warning(problems_of: Any, address: str) -> None:
    """It may be somebody's, so it is said and nothing more."""
    found = problems_of((address, "A", "B"), name="people.csv")
    assert told(found, "A2") == ["odd-address"]


@pytest.mark.parametrize(
    "address",
    ["testa@acme.com", "test@acme.com", "_ana@acme.com", "ana@example.de", "o'neil@acme.com"],
)
def test_an_ordinary_address_is_nothing_odd(problems_of: Any, address: str) -> None:
    """What only looks a little like it is left alone."""
    assert told(problems_of((address, "A", "B")), "Users!A2") == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *(("-", "no-name"), (".", "no-name"), ("N/A", "no-name"), ("123", "number-as-name")),
        *(("Perez,", "odd-sign"), ("Perez;", "odd-sign"), ("'Perez,", "odd-sign")),
        *(("'Ana", "odd-sign"), ("=Ana", "odd-sign"), ('"Ana"', "odd-sign")),
        *(("Perez *", "odd-sign"), ("Perez #", "odd-sign"), ("Perez?", "odd-sign")),
        *(("★ Perez", "odd-sign"), ("Perez ✔️", "odd-sign"), ("• Perez", "odd-sign")),
        *(("O&#39;Brien", "html-entity"), ("Andr&eacute;", "html-entity")),
    ],
)
def test_a_name_that_is_none_is_a_warning(problems_of: Any, name: object, rule: str) -> None:
    """It is sent as it stands, so it is said."""
    assert told(problems_of(("a@acme.com", "Ana", name), name="people.csv"), "C2") == [rule]


@pytest.mark.parametrize(
    "name",
    [
        *("Na", "Null-Ruiz", "'t Hooft", "d'Arc", "AT&T", "ʻAukai", "Ng"),
        *("King Jr.", "Lee (Bob)", "Ed „Eddy“", "Sana´", "अनुष्का", "シリー", "Sana’"),
    ],
)
def test_an_unusual_name_is_nothing_odd(problems_of: Any, name: str) -> None:
    """People have all kinds of names."""
    assert told(problems_of(("a@acme.com", "Ana", name)), "Users!C2") == []


@pytest.mark.parametrize(("team", "rules"), [("'Sales", ["odd-sign"]), ("#1", []), ("'24 HR", [])])
def test_excels_mark_before_a_team_is_told(problems_of: Any, team: str, rules: list[str]) -> None:
    """It would make another team of everybody in it."""
    assert told(problems_of(("a@acme.com", "Ana", "Li", "", team)), "Users!E2") == rules


@pytest.mark.parametrize(
    "team", ["########", "-", "N/A", "none", "TRUE", "0", "?", "NULL", "–", "No team"]
)
def test_a_team_that_is_none_is_a_warning(problems_of: Any, team: str) -> None:
    """What formulas, check boxes and people leave in a cell where there is no team."""
    row = ("a@acme.com", "A", "B", None, team)
    assert told(problems_of(row, name="people.csv"), "E2") == ["no-team"]


@pytest.mark.parametrize("team", ["Nil Sales", "R&D", "2", "Null Team", "True North"])
def test_an_unusual_team_is_nothing_odd(problems_of: Any, team: str) -> None:
    """Teams have all kinds of names."""
    assert told(problems_of(("a@acme.com", "A", "B", None, team), name="people.csv"), "E2") == []


@pytest.mark.parametrize("text", ["#ERROR!", "Loading...", "#N/A"])
@pytest.mark.parametrize("column", [1, 4])
def test_errors_of_google_sheets_are_errors(problems_of: Any, text: str, column: int) -> None:
    """A csv holds them as text."""
    row = ["a@acme.com", "A", "B", None, "Sales"]
    row[column] = text
    assert told(problems_of(row, name="people.csv"), f"{'ABCDE'[column]}2") == ["error-value"]


@pytest.mark.parametrize("letter", ["\u3164", "\u115f", "\u034f", "\ufe0f", "\U000e0100", "\u2800"])
@pytest.mark.parametrize("column", [0, 1])
def test_letters_that_nobody_sees_are_an_error(problems_of: Any, letter: str, column: int) -> None:
    """Python prints them, and nobody sees them."""
    row = ["ana@acme.com", "Ana", "Li"]
    row[column] = row[column][:1] + letter + row[column][1:]
    assert told(problems_of(row), f"Users!{'AB'[column]}2") == ["invisible-character"]


@pytest.mark.parametrize("name", ["葛\U000e0100城", "Sales ❤\ufe0f HQ", "می\u200cخواهم"])
def test_forms_of_letters_are_ordinary_spelling(problems_of: Any, name: str) -> None:
    """Japanese names and pictures choose their form with a mark that is not seen."""
    assert told(problems_of(("a@acme.com", "Ana", name)), "Users!C2") == []


def test_a_row_that_has_slipped_is_told_once(problems_of: Any) -> None:
    """A comma too many puts all values behind it into wrong columns: one cause, one problem."""
    row = ("ana@acme.com", "Ana", "Perez", " PhD", "facilitator", "Sales", "1")
    problems = problems_of(row, name="people.csv")
    assert [p.id for p in problems if p.cell and p.cell.row == 2] == ["too-many-values"]


def test_blanks_within_a_name_cost_no_time(problems_of: Any) -> None:
    """Blanks are cut off at the ends without trying each of them as a beginning."""
    from time import process_time

    began = process_time()
    rows = [(f"a{n}@acme.com", f"A{chr(0xA0) * 32_000}B", "Li") for n in range(40)]
    assert len([p for p in problems_of(*rows, name="people.csv") if p.id == "too-long"]) == 40
    assert process_time() - began < 5
