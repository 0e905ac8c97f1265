import csv
from datetime import datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies import read_again
from aapimport.copies.fix import Fixed, fix
from aapimport.copies.renew import renew
from aapimport.errors import FileProblemError, UsageError
from aapimport.template.columns import COLUMNS, USERS_SHEET

HEADER = [column.name for column in COLUMNS]
ANA = ["ana@acme.com", "Ana", "Pérez", "", "", ""]


@pytest.fixture
def out(tmp_path):
    """Where the fixed file goes."""
    return tmp_path / "out.xlsx"


def write_csv(path, rows):
    """A csv with the template's header."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return path


def rows_of(path, sheet=USERS_SHEET):
    """The filled rows of a sheet below its header; blank cells are empty texts."""
    rows = load_workbook(path)[sheet].iter_rows(min_row=2, values_only=True)
    return [[value or "" for value in row] for row in rows if any(row)]


def test_safe_repairs_are_made(tmp_path, out):
    """What would be sent is what is written, so that a second check has nothing to repair."""
    source = write_csv(
        tmp_path / "in.csv",
        [
            ["\u00a0Ana.Perez@acme.com ", " Ana ", "Pérez", "Learner", "Sales EMEA", "1.0"],
            ["mailto:li.wei@acme.com", "伟", "李", "Individual Contributor", "", ""],
        ],
    )
    assert fix(check_file(source, ReadOptions()), out) == Fixed(ready=2, with_errors=0, left_out=0)
    assert rows_of(out) == [
        ["Ana.Perez@acme.com", "Ana", "Pérez", "", "Sales EMEA", "1"],
        ["li.wei@acme.com", "伟", "李", "individualcontributor", "", ""],
    ]
    assert check_file(out, ReadOptions()).corrections == {}


def test_rows_with_errors_stay_in_their_place(tmp_path, out):
    """Nothing is lost: a row that can't be repaired is there to be corrected, with its repairs."""
    source = write_csv(
        tmp_path / "in.csv",
        [
            ["ana@acme.com", "Ana", "Pérez", "", "", ""],
            [" bad ", " Bad ", "", "Facilitater", "Finance", "yes"],
            ["li@acme.com", "伟", "李", "", "", ""],
        ],
    )
    assert fix(check_file(source, ReadOptions()), out).with_errors == 1
    assert rows_of(out)[1] == ["bad", "Bad", "", "Facilitater", "Finance", "yes"]
    again = check_file(out, ReadOptions())
    assert (again.rows, again.ready) == (3, 2)


def merged(sheet):
    """Only the first of the merged cells holds a value."""
    sheet["C2"] = None
    sheet.merge_cells("B2:C2")


def linked_elsewhere(sheet):
    """The text is one address, the link another."""
    sheet["A2"].hyperlink = "mailto:other@acme.com"
    sheet["A2"].value = "ana@acme.com"


@pytest.mark.parametrize(
    ("address", "change", "said"),
    [
        ("C2", datetime.fromisoformat("2026-05-01"), "2026-05-01"),
        ("C2", "=1+1", "result is not stored"),
        ("D2", "#N/A", "#N/A"),
        ("B2", merged, "merged"),
        ("A2", linked_elsewhere, "other@acme.com"),
    ],
)
def test_an_error_is_never_fixed_by_copying_its_text(tmp_path, out, address, change, said):
    """Where the text alone could pass for a value, the new file holds an error and says why."""
    workbook = Workbook()
    workbook.worksheets[0].append(HEADER)
    workbook.worksheets[0].append(ANA)
    if callable(change):
        change(workbook.worksheets[0])
    else:
        workbook.worksheets[0][address] = change
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    fix(check_file(source, ReadOptions()), out)
    cell = load_workbook(out)[USERS_SHEET][address]
    assert (cell.value, cell.data_type) == ("#N/A", "e")
    assert said in cell.comment.text
    assert check_file(out, ReadOptions()).ready == 0


def test_every_row_of_merged_cells_is_kept(tmp_path, out):
    """Below the first of the merged cells stands nothing, which must not become "no team"."""
    workbook = Workbook()
    rows: list[list[Any]] = [
        HEADER,
        [*ANA[:4], "Finance", ""],
        ["li@acme.com", "Li", "Wei", "", None, ""],
    ]
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.worksheets[0].merge_cells("E2:E3")
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    assert fix(check_file(source, ReadOptions()), out) == Fixed(ready=0, with_errors=2, left_out=0)
    assert [row[:5] for row in rows_of(out)] == [
        [*ANA[:4], "#N/A"],
        ["li@acme.com", "Li", "Wei", "", "#N/A"],
    ]


def test_a_row_of_which_nothing_can_be_read_is_kept(tmp_path, out):
    """A row of formulas without results looks empty, and is not."""
    workbook = Workbook()
    for row in [HEADER, ["=A9", "=B9", "=C9"], ANA]:
        workbook.worksheets[0].append(row)
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    assert fix(check_file(source, ReadOptions()), out) == Fixed(ready=1, with_errors=1, left_out=0)
    assert rows_of(out) == [["#N/A", "#N/A", "#N/A", "", "", ""], ANA]


def test_formulas_stay_text(tmp_path, out):
    """A name that is an attack in Excel is the same text in the new file, and harmless."""
    attack = "=cmd|' /C calc'!A0"
    source = write_csv(tmp_path / "in.csv", [["ana@acme.com", attack, "Pérez", "", "", ""]])
    fix(check_file(source, ReadOptions()), out)
    cell = load_workbook(out)[USERS_SHEET]["B2"]
    assert (cell.value, cell.data_type, cell.number_format) == (attack, "s", "@")


def test_extra_columns_are_kept(tmp_path, out):
    """A column that the tool doesn't read may matter to the administrator."""
    source = tmp_path / "in.csv"
    source.write_text(
        "Cost Centre;Last Name;E-mail;First Name\n00123;Pérez;ana@acme.com;Ana\n", encoding="utf-8"
    )
    fix(check_file(source, ReadOptions()), out)
    sheet = load_workbook(out)[USERS_SHEET]
    assert [cell.value for cell in sheet[1]] == [*HEADER, "Cost Centre"]
    assert rows_of(out) == [["ana@acme.com", "Ana", "Pérez", "", "", "", "00123"]]


def test_rows_without_people_are_counted(tmp_path, out):
    """A line with totals is left out, and the counts say so."""
    source = tmp_path / "in.csv"
    source.write_text(
        "Email Address,First Name,Last Name,Note\nana@acme.com,Ana,Pérez,\n,,,1 person\n",
        encoding="utf-8",
    )
    assert fix(check_file(source, ReadOptions()), out) == Fixed(ready=1, with_errors=0, left_out=1)


def test_unknown_columns_are_not_guessed(tmp_path, out):
    """With a misspelt header nobody knows what is in which column, so nothing is written."""
    source = tmp_path / "in.csv"
    source.write_text(
        "Email Address,First Name,Last Name,Usr Role\nana@acme.com,Ana,Pérez,facilitator\n",
        encoding="utf-8",
    )
    with pytest.raises(FileProblemError, match="Usr Role"):
        fix(check_file(source, ReadOptions()), out)
    assert not out.exists()


def test_a_file_that_changed_meanwhile_is_refused(tmp_path, out):
    """What is written is what was checked."""
    source = write_csv(tmp_path / "in.csv", [ANA])
    checked = check_file(source, ReadOptions())
    write_csv(source, [["other@acme.com", "Ana", "Pérez", "", "", ""]])
    with pytest.raises(FileProblemError, match="has changed"):
        fix(checked, out)
    assert not out.exists()


def test_the_source_is_never_replaced(tmp_path):
    """The administrator's own file stays as it is, whatever the command line says."""
    source = tmp_path / "in.xlsx"
    fix(check_file(write_csv(tmp_path / "in.csv", [ANA]), ReadOptions()), source)
    before = source.read_bytes()
    with pytest.raises(FileProblemError, match="is the file that is read"):
        fix(check_file(source, ReadOptions()), source, force=True)
    assert source.read_bytes() == before


def test_only_xlsx_is_written(tmp_path):
    """Another ending would promise what is not in the file."""
    source = write_csv(tmp_path / "in.csv", [ANA])
    with pytest.raises(UsageError, match=r"does not end in \.xlsx"):
        fix(check_file(source, ReadOptions()), tmp_path / "out.csv")


def test_a_column_without_a_header_is_kept(tmp_path, out):
    """What stands below no header is not read, and stays, named after its column."""
    source = tmp_path / "in.csv"
    source.write_text(
        "Email,First Name,Last Name,,Cost centre\nana@acme.com,Ana,Pérez,facilitator,4711\n"
    )
    fix(check_file(source, ReadOptions()), out)
    header = [cell.value for cell in load_workbook(out)[USERS_SHEET][1]]
    assert header == [*HEADER, "Column D", "Cost centre"]
    assert rows_of(out) == [[*ANA, "facilitator", "4711"]]


def test_a_row_that_is_longer_than_the_header_is_not_put_into_a_template(tmp_path, out):
    """Nobody knows which value belongs where, and the next check would find nothing wrong."""
    source = write_csv(tmp_path / "in.csv", [[*ANA, "PhD"]])
    with pytest.raises(FileProblemError, match="G2: PhD stands beyond the header's last column"):
        fix(check_file(source, ReadOptions()), out)
    assert not out.exists()


@pytest.mark.parametrize("write", [fix, renew])
def test_more_than_a_sheet_holds_is_refused(tmp_path, out, write, monkeypatch):
    """Excel cuts it off as soon as it opens the copy: rows are people."""
    people = [[f"{name}@acme.com", name, "Okafor", "", "", ""] for name in ("ana", "bo", "cy")]
    checked = check_file(write_csv(tmp_path / "in.csv", people), ReadOptions())
    for limit, most in (("_LAST_ROW", 3), ("_LAST_COLUMN", 6)):
        with monkeypatch.context() as patch:
            patch.setattr(read_again, limit, most)
            with pytest.raises(FileProblemError, match="more than one sheet can hold"):
                write(checked, out)
    assert not out.exists()
    write(checked, out)


def test_a_comment_beside_the_columns_that_are_read_is_told_and_kept(tmp_path, out):
    """`Don't call` may stand in a column of notes; in the header, comments are instructions."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append([*HEADER, "Note"])
    sheet.append([*ANA, "x"])
    for cell in ("G1", "G2"):
        sheet[cell].comment = Comment("don't call", "Bo")
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    checked = check_file(source, ReadOptions())
    fix(checked, out)
    for it in (checked, check_file(out, ReadOptions())):
        told = [problem for problem in it.problems if problem.id == "cell-comment"]
        assert [problem.message for problem in told] == [
            'has a comment that is not read: "don\'t call"'
        ]
        assert str(told[0].cell).endswith("!G2")
