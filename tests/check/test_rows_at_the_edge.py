"""Rows that stand where a reader sees nothing, or where nobody looks: below, hidden, far right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies.annotate import annotate
from aapimport.copies.fix import fix
from aapimport.copies.last_login import LoginDays

HEADERS = ("Email Address", "First Name", "Last Name", "User Role")
ANA = ("ana.perez@acme.com", "Ana", "Pérez", "")
BOB = ("bob.hope@acme.com", "Bob", "Hope", "boss")


def errors_of(answer: dict[str, Any]) -> list[tuple[str, int]]:
    """The rule and the row of each error."""
    return [(p.id, p.cell.row) for p in answer["problems"] if p.cell and p.level == "error"]


def test_rows_of_formulas_without_results_below_the_last_value(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """People whose every cell is a formula that nobody has worked out are not lost."""

    def formulas(sheet: Any) -> None:
        for row in (3, 4):
            for letter in "ABC":
                sheet[f"{letter}{row}"] = f"=Data!{letter}{row}"

    answer = answer_of(make_xlsx(ANA, headers=HEADERS, change=formulas))
    assert (answer["rows"], answer["ready"]) == (3, 1)
    assert errors_of(answer) == [("formula-without-value", row) for row in (3, 4) for _ in "ABC"]


def hide_third(sheet: Any) -> None:
    """Hide row 3."""
    sheet.row_dimensions[3].hidden = True


@pytest.mark.parametrize("visible", [ANA, ("ana", *ANA[1:])], ids=["ready", "with an error"])
def test_skipped_hidden_rows_have_no_problems_and_stay_away(
    visible: tuple[str, ...], make_xlsx: Callable[..., Path], tmp_path: Path
) -> None:
    """A hidden row that is left out stops nothing, and no copy brings it back into sight."""
    path = make_xlsx(visible, BOB, headers=HEADERS, change=hide_third)
    checked = check_file(path, ReadOptions(hidden="skip"))
    assert checked.rows == 1
    assert {p.cell.row for p in checked.problems if p.cell} <= {2}
    annotate(checked, tmp_path / "marked.xlsx")
    marked = load_workbook(tmp_path / "marked.xlsx").worksheets[0]
    assert [marked.row_dimensions[row].hidden for row in (2, 3)] == [False, True]
    fix(checked, tmp_path / "fixed.xlsx")
    fixed = load_workbook(tmp_path / "fixed.xlsx").worksheets[0]
    assert "bob.hope@acme.com" not in [row[0] for row in fixed.iter_rows(values_only=True)]


def test_a_merge_across_two_chunks_breaks_every_row(
    make_xlsx: Callable[..., Path], tmp_path: Path, lowered: Callable[[str, int], int]
) -> None:
    """Rows are looked at in chunks; merged cells go on in the next one."""
    chunk = lowered("aapimport.check.judge.CHUNK", 100)
    people = [(f"u{number}@acme.com", "U", "N", "facilitator") for number in range(chunk + 8)]
    last = chunk + 4

    def merge(sheet: Any) -> None:
        sheet.merge_cells(f"D{chunk}:D{last}")

    checked = check_file(make_xlsx(*people, headers=HEADERS, change=merge), ReadOptions())
    assert checked.rows - checked.ready == last - chunk + 1
    assert [p.id for p in checked.problems if p.level == "error"] == ["merged-cell"]
    fix(checked, tmp_path / "fixed.xlsx")
    assert check_file(tmp_path / "fixed.xlsx", ReadOptions()).ready == checked.ready


def test_columns_far_to_the_right_are_looked_at_as_well(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A link to another address in column BN is an error like one in column A."""
    blank = ("",) * 65

    def link(sheet: Any) -> None:
        sheet["BN2"].hyperlink = "mailto:other@acme.com"

    path = make_xlsx((*blank, *ANA), headers=(*blank, *HEADERS), change=link)
    assert errors_of(answer_of(path)) == [("link-differs", 2)]


def test_merged_cells_of_an_ods_stay_errors_in_the_copy(
    make_xlsx: Callable[..., Path], libreoffice: Callable[..., Path], tmp_path: Path
) -> None:
    """Whoever stands in merged cells of an ods is in the copy, to be corrected."""

    def merge(sheet: Any) -> None:
        sheet.merge_cells("D2:D3")

    path = make_xlsx((*ANA[:3], "facilitator"), BOB, headers=HEADERS, change=merge)
    checked = check_file(libreoffice(path, "ods"), ReadOptions())
    assert (checked.rows, checked.ready) == (2, 0)
    fix(checked, tmp_path / "fixed.xlsx")
    again = check_file(tmp_path / "fixed.xlsx", ReadOptions())
    assert (again.rows, again.ready) == (2, 0)


@pytest.mark.parametrize("header", ["Team ID", "Role ID", "Team Lead Name", "User Name", "Lage"])
def test_columns_with_a_word_more_are_something_else(
    header: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """An export's own columns are told, and stop nothing."""
    answer = answer_of(make_xlsx((*ANA[:3], "x"), headers=(*HEADERS[:3], header)))
    assert answer["ready"] == 1
    assert [p.id for p in answer["problems"]] == ["extra-column"]


@pytest.mark.parametrize("role", ["client admin?", "(client admin)", "facilitator??", "!manager"])
def test_a_role_with_a_sign_is_a_question(
    role: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A role gives rights, so `client admin?` is asked about, not read as one."""
    answer = answer_of(make_xlsx((*ANA[:3], role), headers=HEADERS))
    assert errors_of(answer) == [("unknown-role", 2)]


@pytest.mark.parametrize("name", ["Wiśniewski", "Jakubąk", "Čapek", "Ağaoğlu", "Işık"])
def test_garbled_polish_czech_and_turkish_names_are_told(
    name: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """UTF-8 that was read as Windows-1252 looks garbled whatever the language."""
    garbled = name.encode().decode("cp1252", "replace")
    answer = answer_of(make_xlsx((*ANA[:2], garbled, ""), headers=HEADERS))
    assert "garbled-text" in {problem.id for problem in answer["problems"]}


def test_a_word_among_the_dates_of_last_login_decides_nothing() -> None:
    """`N/A` has a slash and is no date: the others are read as before."""
    days = LoginDays(["14/03/2026", "25/12/2020", "N/A"])
    assert [str(days.read(text)) for text in ("14/03/2026", "05/04/2026")] == [
        "2026-03-14",
        "2026-04-05",
    ]


def test_somebody_pasted_beside_the_table_is_told(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A row of the list that slipped to the right is not read, and that is no mere notice."""
    slipped = (*(None,) * 7, *BOB)
    answer = answer_of(make_xlsx(ANA, slipped, headers=HEADERS))
    assert [(p.id, str(p.cell)) for p in answer["problems"]] == [("address-not-read", "Users!H3")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Bob Hope <bob.hope@acme.com>", True),
        ("bob@acme.com; li@acme.com", True),
        ("bob.hope＠acme.com", True),
        ("bob.hope @acme.com", True),
        ("Perez, Ana <ana@acme.com>", True),
        ("Questions? Write to hr@acme.com and we will help.", False),
        ("lunch @ 12.30", False),
    ],
)
def test_addresses_as_mail_programs_copy_them_are_told(
    text: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any], *, told: bool
) -> None:
    """They may be people; an address within a sentence is for questions."""
    answer = answer_of(make_xlsx(ANA, (None,) * 7 + (text,), headers=HEADERS))
    rules = {problem.id for problem in answer["problems"]}
    assert ("address-not-read" in rules) is told


def test_somebody_in_the_header_row_is_told(
    make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """A line break that is lost in a csv joins the first row to the header."""
    headers = (*HEADERS, *BOB)
    for name in ("people.xlsx", "people.csv"):
        answer = answer_of(make_xlsx(ANA, headers=headers, name=name))
        told = [str(p.cell) for p in answer["problems"] if p.id == "address-not-read"]
        assert [one.removeprefix("Users!") for one in told] == ["E1"]


@pytest.mark.parametrize("first", [8_193, 8_192])
def test_a_merged_range_is_judged_as_a_whole(
    first: int, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any]
) -> None:
    """Two people under one word are an error, also where the rows are looked at in two parts."""
    people = [(f"u{row}@acme.com", "Ana", f"P{row}", "") for row in range(2, first)]
    path = make_xlsx(
        *people,
        ("Sales", "", "", ""),
        ("", "", "", ""),
        headers=HEADERS,
        change=lambda sheet: sheet.merge_cells(f"A{first}:C{first + 1}"),
    )
    assert ("merged-cell", first) in errors_of(answer_of(path))


@pytest.mark.parametrize(
    ("number_format", "told"),
    [
        ('[=1]"No";General', True),
        ('"No "0', True),
        ('[=1]"";General', True),
        ("[White]0", True),
        ('"Yes";;"No"', False),
        ("0.00", False),
        ("0%", False),
        ('_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-', False),
    ],
)
def test_a_1_in_jhana_that_shows_something_else_is_told(
    number_format: str, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any], *, told: bool
) -> None:
    """Jhana mails by itself, and a format may show No for a 1; decimals change nothing."""

    def change(sheet: Any) -> None:
        sheet["F2"].number_format = number_format

    headers = (*HEADERS, "Team", "Jhana Enabled")
    answer = answer_of(make_xlsx((*ANA, "", 1), headers=headers, change=change))
    assert [str(p.cell) for p in answer["problems"]] == (["Users!F2"] if told else [])
    assert answer["people"][0][-1] is True


@pytest.mark.parametrize("people", [2, 300])
def test_one_value_of_somebody_that_is_struck_through_is_told(
    people: int, make_xlsx: Callable[..., Path], answer_of: Callable[..., Any], most_rows: int
) -> None:
    """A role, a team or one of the names: nobody knows whether it is meant; also in long sheets."""

    def change(sheet: Any) -> None:
        sheet["D3"].font = Font(strike=True)

    rows = [(f"u{row}@acme.com", "Ana", f"P{row}", "facilitator") for row in range(people)]
    answer = answer_of(make_xlsx(*rows, headers=HEADERS, change=change))
    told = [(p.id, str(p.cell)) for p in answer["problems"] if p.level == "warning"]
    rule = "value-crossed-out" if people < most_rows else "not-looked-at"
    assert told == [(rule, "Users!D3")]


ROLE, TEAM, ONE = ("", "", "", "facilitator"), ("", "", "", "", "Sales"), ("", "", "", "", "", 1)
WHOLE = (*HEADERS, "Team", "Jhana Enabled", "Status")


@pytest.mark.parametrize("row", [ROLE, TEAM, ONE, ("", "", "", "facilitator", "Sales", 1, "New")])
@pytest.mark.parametrize("times", [2, 100, 9_000])
def test_what_is_filled_down_below_the_list_is_told_once(
    row: tuple[object, ...],
    times: int,
    make_xlsx: Callable[..., Path],
    answer_of: Callable[..., Any],
) -> None:
    """Whoever fills a column down goes too far; nobody is in these rows, however many they are."""
    bob = (*BOB[:3], "", "", "", "New")
    answer = answer_of(make_xlsx(bob, *[row] * times, headers=WHOLE))
    assert (answer["rows"], answer["ready"]) == (1, 1)
    told = [p for p in answer["problems"] if p.id not in {"extra-column", "extra-cells"}]
    assert [(p.id, p.level) for p in told] == [("filled-down", "notice")]


@pytest.mark.parametrize(
    "rows",
    [
        (ROLE, ANA),
        (("", "Ana", "", "facilitator"),),
        (("", "", "", "facilitator", "", "", "Zed Two"),),
        (("zed.two", "", "", "facilitator"),),
        (ROLE,),
    ],
)
def test_whoever_may_be_somebody_is_not_filled_down(
    rows: tuple[tuple[object, ...], ...],
    make_xlsx: Callable[..., Path],
    answer_of: Callable[..., Any],
) -> None:
    """Above others, with a name, or with something of their own in another column."""
    answer = answer_of(make_xlsx(ANA, *rows, headers=WHOLE))
    assert ("missing-value", 3) in errors_of(answer)


def test_rows_without_any_naming_column_are_told_by_the_header(tmp_path: Path) -> None:
    """Where no column names anybody there is nothing to be filled down, and no bug."""
    path = tmp_path / "people.csv"
    rows = "facilitator,Sales,1\n" * 3
    path.write_text(f"User Role,Team,Jhana Enabled\n{rows}", "utf-8")
    checked = check_file(path, ReadOptions())
    assert checked.ready == 0
    assert "missing-column" in {problem.id for problem in checked.problems}
