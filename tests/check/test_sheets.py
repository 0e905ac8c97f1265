from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aapimport.check.column_names import header_form, known_headers
from aapimport.errors import AnswerNeededError, FileProblemError

ANA = ("ana.perez@acme.com", "Ana", "Perez")
HEADERS = ("Email Address", "First Name", "Last Name")


def second_sheet(
    *rows: Any, title: str = "Second", state: str = "visible"
) -> Callable[[Any], None]:
    """Add another sheet."""

    def change(sheet: Any) -> None:
        other = sheet.parent.create_sheet(title)
        other.sheet_state = state
        for row in rows:
            other.append(row)

    return change


@pytest.mark.parametrize(
    "headers",
    [
        ("Surname", "E-mail", "Forename"),
        ("LAST NAME *", "email\naddress", " first-name "),
        ("Nom", "Adresse électronique", "Prénom"),
        ("NOM", "adresse e-mail", "prenom"),
        ("Efternamn", "E-postadress", "Förnamn"),
        ("Nachname", "E-Mail", "Vorname"),
        ("姓", "メールアドレス", "名"),
        ("Last_Name", "Ｅｍａｉｌ", "FirstName"),
    ],
)
def test_headers_in_any_order_case_and_language(
    headers: tuple[str, ...], make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Columns are found by name: any order, case, blanks, accents and four languages."""
    answer = answer_of(make_xlsx(("Perez", "ana@acme.com", "Ana"), headers=headers))
    assert answer["people"] == [(2, "ana@acme.com", "Ana", "Perez", "manager", None, False)]


@pytest.mark.parametrize("extra", ["Group", "Flag", "Lang", "Grade", "Notes", "Manager"])
def test_ordinary_columns_of_hr_systems_are_no_misspelt_ones(
    extra: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A short word is near many others; it is an extra column, which is a notice."""
    answer = answer_of(make_xlsx((*ANA, "x"), headers=(*HEADERS, extra)))
    assert [problem.id for problem in answer["problems"]] == ["extra-column"]
    assert len(answer["people"]) == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Roles", "User Role"),
        ("Teams", "Team"),
        ("Tem", "Team"),
        ("Jhanna", "Jhana Enabled"),
    ],
)
def test_a_short_misspelt_header_is_an_error(
    typed: str, meant: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Left out with a notice, it would make managers of everybody, or lose their teams."""
    answer = answer_of(make_xlsx((*ANA, "x"), headers=(*HEADERS, typed)))
    (problem,) = answer["problems"]
    assert problem.id == "misspelt-header"
    assert repr(meant) in problem.hint
    assert answer["ready"] == 0


@pytest.mark.parametrize("typed", ["?", "-", "---", "*", "_", "…"])
def test_signs_are_no_role(
    typed: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Only a blank cell means manager; whoever typed a sign did not say so."""
    answer = answer_of(make_xlsx((*ANA, typed), headers=(*HEADERS, "User Role")))
    assert [problem.id for problem in answer["problems"]] == ["unknown-role"]
    assert answer["people"] == []


def test_headers_that_are_all_misspelt_are_recognised(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Each says which column it probably is."""
    headers = ("Emial Address", "Frist Name", "Last Nmae")
    answer = answer_of(make_xlsx(ANA, headers=headers))
    assert [problem.id for problem in answer["problems"]] == ["misspelt-header"] * 3
    assert "'Email Address'" in answer["problems"][0].hint


def test_a_hidden_sheet_with_people_is_mentioned(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """It isn't read, and that is a warning; one without people concerns nobody."""
    change = second_sheet(HEADERS, ("li@acme.com", "Li", "Wei"), state="hidden")
    (problem,) = answer_of(make_xlsx(ANA, headers=HEADERS, change=change))["problems"]
    assert problem.id == "people-on-other-sheets"
    assert problem.message.endswith("not read: Second (hidden): 1 row (2)")


def test_a_sheet_of_a_text_file_is_refused(tmp_path: Path, answer_of: Callable[..., Any]) -> None:
    """`--sheet` is not silently ignored."""
    path = tmp_path / "people.csv"
    path.write_text("Email Address,First Name,Last Name\n", encoding="utf-8")
    with pytest.raises(FileProblemError, match="has no sheets"):
        answer_of(path, sheet="Users")


def test_no_two_columns_share_a_name() -> None:
    """Every accepted header means one column."""
    assert all(form == header_form(form) for form in known_headers())


def test_the_exported_list_is_understood(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """The exported pass user list is read as it is: its role words and its extra columns."""
    headers = (*HEADERS, "User Role", "Region", "Pass", "Date of Last Login")
    rows = [
        ("a@acme.com", "A", "One", "Learner", "EMEA", "2025", "2025-01-02"),
        ("b@acme.com", "B", "Two", "Individual Contributor", "EMEA", "2025", None),
        ("c@acme.com", "C", "Three", "Facilitator", "EMEA", "2025", None),
        ("d@acme.com", "D", "Four", "Client Admin", "EMEA", "2025", None),
    ]
    answer = answer_of(make_xlsx(*rows, headers=headers))
    assert [row[4] for row in answer["people"]] == [
        "manager",
        "individualcontributor",
        "facilitator",
        "client admin",
    ]
    assert "error" not in {problem.level for problem in answer["problems"]}


def test_without_a_header_nothing_is_ready(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A file that starts with a person says which columns are missing and what was found."""
    answer = answer_of(make_xlsx(ANA, headers=()))
    assert answer["ready"] == 0
    missing = [p for p in answer["problems"] if p.id == "missing-column"]
    assert [p.value for p in missing] == ["Email Address", "First Name", "Last Name"]
    assert "row 1 holds ana.perez@acme.com" in missing[0].message


@pytest.mark.parametrize("blank", [0, 30, 900])
@pytest.mark.parametrize("name", ["people.xlsx", "people.csv"])
def test_blank_rows_above_the_header_do_not_count(
    blank: int, name: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
):
    """A list may stand far down a sheet."""
    above = [("",)] * blank
    answer = answer_of(make_xlsx(*above, HEADERS, ANA, headers=("Our people",), name=name))
    assert (answer["ready"], answer["header_row"]) == (1, blank + 2)


@pytest.mark.parametrize(("above", "row"), [([("Line",)] * 29, 31), ([("",)] * 1_500, 1_502)])
def test_a_header_that_is_too_far_down_is_said_to_be(
    above: list[tuple[str]], row: int, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
):
    """One error with its cause, not one for each column; both readers agree on what is there."""
    answer = answer_of(make_xlsx(*above, HEADERS, ANA, headers=("Line",)))
    (problem,) = [one for one in answer["problems"] if one.level == "error"]
    assert problem.id == "missing-column"
    assert f"row {row} looks like a header" in problem.hint


def test_all_names_in_one_cell_are_said_to_be(tmp_path: Path, answer_of: Callable[..., Any]):
    """A text file whose lines are quoted as a whole has one column."""
    path = tmp_path / "people.csv"
    path.write_text(f'"{",".join(HEADERS)}"\n"{",".join(ANA)}"\n', encoding="utf-8")
    (problem,) = answer_of(path)["problems"]
    assert problem.id == "missing-column"
    assert "Text to Columns" in problem.hint


def test_a_header_below_everybody_is_said_to_be(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
):
    """One error with its cause, not a warning for each of those above."""
    answer = answer_of(make_xlsx(ANA, ANA, HEADERS, headers=()))
    (problem,) = answer["problems"]
    assert problem.id == "no-rows"
    assert "row 3; addresses stand in rows above: 1, 2" in problem.message


@pytest.mark.parametrize("header", ["Name", "Full name", "Employee Name", "氏名"])
def test_a_column_with_both_names_is_to_be_split(
    header: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Who has first and last name in one column is told how to make two of it."""
    headers = (HEADERS[0], header, "User Role")
    answer = answer_of(make_xlsx(("ana@acme.com", "Ana Pérez", ""), headers=headers))
    hints = [problem.hint for problem in answer["problems"] if problem.id == "missing-column"]
    split = f"; Excel splits '{header}' in two (Data > Text to Columns)"
    assert [hint.endswith(split) for hint in hints] == [True, True]
    headers = (HEADERS[0], header, HEADERS[2])
    answer = answer_of(make_xlsx(("ana@acme.com", "Ana", "Pérez"), headers=headers))
    (problem,) = [problem for problem in answer["problems"] if problem.id == "missing-column"]
    assert problem.hint.startswith("name a column 'First Name'; ")


def test_several_sheets_with_people_are_asked_about(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Which sheet is meant is never guessed; `--sheet` decides."""
    path = make_xlsx(ANA, change=second_sheet(HEADERS, ("li@acme.com", "Li", "Wei")))
    with pytest.raises(AnswerNeededError) as asked:
        answer_of(path)
    assert [value for value, _ in asked.value.choices] == ["Users", "Second"]
    assert answer_of(path, sheet="second")["people"][0][1] == "li@acme.com"
    with pytest.raises(FileProblemError, match="no sheet 'Third'"):
        answer_of(path, sheet="Third")


def test_the_templates_key_is_not_worth_a_word(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """The sheet that explains the template is in every file made from it."""
    answer = answer_of(make_xlsx(ANA, change=second_sheet(("facilitator", "HR"), title="Key")))
    assert "other-sheets" not in {problem.id for problem in answer["problems"]}


@pytest.mark.parametrize("title", ["Key", "Possible leavers"])
def test_people_on_a_sheet_that_is_called_like_one_of_ours_are_told(
    title: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Key users, for example: only a sheet that begins as ours does is ours."""
    bo = ("bo.ray@acme.com", "Bo", "Ray")
    answer = answer_of(make_xlsx(ANA, change=second_sheet(bo, title=title)))
    assert "people-on-other-sheets" in {problem.id for problem in answer["problems"]}
    with pytest.raises(AnswerNeededError):
        answer_of(make_xlsx(ANA, change=second_sheet(HEADERS, bo, title=title)))


@pytest.mark.parametrize(
    "other",
    [
        second_sheet(("Role", "means"), ("facilitator", "HR")),
        second_sheet(HEADERS),
        second_sheet(HEADERS, ANA, state="hidden"),
    ],
)
def test_the_only_sheet_with_people_is_taken(
    other: Callable[[Any], None], make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A key, an empty copy and a hidden sheet are no rivals."""
    assert answer_of(make_xlsx(ANA, change=other))["sheet"] == "Users"


def test_columns_that_do_not_start_at_a(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Addresses are right when the table starts further right and further down."""

    def move(sheet: Any) -> None:
        sheet.insert_rows(1, 3)
        sheet.insert_cols(1, 2)

    answer = answer_of(make_xlsx(ANA, ("bad", "B", "C"), headers=HEADERS, change=move))
    assert answer["columns"] == {"email": 2, "first_name": 3, "last_name": 4}
    assert [str(p.cell) for p in answer["problems"] if p.id == "not-an-email"] == ["Users!C6"]
    assert answer["people"][0][0] == 5


def test_hidden_rows_with_people_are_asked_about(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """People whom a filter hides are neither loaded nor left out without a word."""

    def filtered(sheet: Any) -> None:
        sheet.auto_filter.ref = "A1:C3"
        sheet.row_dimensions[3].hidden = True

    path = make_xlsx(ANA, ("li@acme.com", "Li", "Wei"), change=filtered)
    with pytest.raises(AnswerNeededError, match="1 person in hidden or filtered rows") as asked:
        answer_of(path)
    assert asked.value.option == "hidden"
    assert len(answer_of(path, hidden="include")["people"]) == 2
    skipped = answer_of(path, hidden="skip")
    assert [row[1] for row in skipped["people"]] == [ANA[0]]
    assert skipped["rows"] == 1


def test_hidden_rows_without_people_are_no_question(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """An empty hidden row concerns nobody."""

    def hide(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    assert answer_of(make_xlsx(ANA, change=hide))["rows"] == 1


@pytest.mark.parametrize("value", [1, 1.0, "1", " 1 ", "１", "1.0", True, "TRUE", "true"])
def test_jhana_one_in_all_its_shapes(
    value: object, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """What a spreadsheet makes of a typed 1 is still a 1."""
    headers = (*HEADERS, "Jhana Enabled")
    assert answer_of(make_xlsx((*ANA, value), headers=headers))["people"][0][6] is True


@pytest.mark.parametrize("value", [0, 2, "0", "yes", "x", 1.5, "11"])
def test_jhana_anything_else_is_an_error(
    value: object, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Nothing but 1 and blank is guessed at: Jhana mails."""
    answer = answer_of(make_xlsx((*ANA, value), headers=(*HEADERS, "Jhana Enabled")))
    assert [p.id for p in answer["problems"] if p.level == "error"] == ["bad-jhana"]
    assert answer["people"] == []


def test_the_value_checked_is_the_value_sent(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A repaired value is the person's value, and each repair is listed with it."""
    row = (
        "\u00a0mailto:Ana.Perez@acme.com ",
        " Ana\u00a0María",
        "Perez\n",
        "LEARNER",
        " Sales ",
        "１",
    )
    headers = (*HEADERS, "User Role", "Team", "Jhana Enabled")
    answer = answer_of(make_xlsx(row, headers=headers))
    assert answer["people"] == [
        (2, "Ana.Perez@acme.com", "Ana María", "Perez", "manager", "Sales", True)
    ]
    columns = {at: key for key, at in answer["columns"].items()}
    assert {(row, columns[at], text) for row, at, kind, text in answer["corrections"]} == {
        (2, "email", "Ana.Perez@acme.com"),
        (2, "first_name", "Ana María"),
        (2, "jhana", "1"),
        (2, "last_name", "Perez"),
        (2, "role", ""),
        (2, "team", "Sales"),
    }
    assert {kind for _, _, kind, _ in answer["corrections"]} == {"sent"}


NAMES = [
    "O",
    "李",
    "D'Arcy",
    "O’Neil",
    "Anne-Marie",
    "van der Berg",
    "Nguyễn",
    "X Æ A-12",
    "-",
    "محمد",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_rejected_by_its_pattern(
    name: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """One letter, any script, apostrophes and hyphens: they are real names."""
    answer = answer_of(make_xlsx(("a@acme.com", name, name)))
    assert answer["people"][0][2:4] == (name, name)


def test_names_twice_without_a_column_of_addresses(make_xlsx, answer_of) -> None:
    """What is missing is told, and nothing breaks."""
    people = [("Ana", "Perez", "x")] * 2
    answer = answer_of(make_xlsx(*people, headers=("First Name", "Last Name", "Team")))
    assert "missing-column" in {problem.id for problem in answer["problems"]}
