import csv
from datetime import datetime
from time import process_time

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.copies import annotate as module
from aapimport.copies.annotate import Annotated, annotate
from aapimport.copies.fix import fix
from aapimport.errors import FileProblemError
from support.untraced import untraced

HEADER = ["Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled"]
ROWS = [
    ["ana@acme.com", "Ana", "Pérez", "", "Sales EMEA", "1"],
    ["bad", "Bad", "Address", "Facilitater", "", ""],
    ["zoe@acme.com", "Zoë", "Ng", "client admin", "", ""],
]


def write_csv(path, rows):
    """A csv."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


@pytest.fixture
def annotated(tmp_path):
    """A csv with one good row, one with two errors, one with a warning; annotated."""
    source = write_csv(tmp_path / "people.csv", [HEADER, *ROWS])
    out = tmp_path / "out.xlsx"
    annotate(check_file(source, ReadOptions()), out)
    return load_workbook(out)


def test_rows_are_as_they_were(annotated):
    """Every value stands in its own cell, so that the addresses of the problem list hold."""
    rows = annotated["Users"].iter_rows(max_col=len(HEADER), values_only=True)
    assert [[value or "" for value in row] for row in rows] == [HEADER, *ROWS]


def test_wrong_cells_are_marked(annotated):
    """A colour by level and a comment with problem and hint; other cells have neither."""
    sheet = annotated["Users"]
    marked = {
        cell.coordinate: cell.fill.fgColor.rgb[2:]
        for row in sheet.iter_rows(min_row=2)
        for cell in row
        if cell.fill.fill_type
    }
    assert marked == {"A3": "FFC7CE", "D3": "FFC7CE", "D4": "FFEB9C"}
    assert {cell.coordinate for row in sheet.iter_rows() for cell in row if cell.comment} == {
        "A3",
        "D3",
        "D4",
    }
    assert sheet["D3"].comment.text.startswith("error unknown-role: 'Facilitater' is not a role")
    assert "did you mean" in sheet["D3"].comment.text


def test_result_and_reason_stand_at_the_end(annotated):
    """Each row says what becomes of it and why, also to who prints the sheet."""
    sheet = annotated["Users"]
    results = [[cell.value or "" for cell in row[-2:]] for row in sheet.iter_rows()]
    assert results[0] == ["Result", "Reason"]
    assert [result for result, _ in results[1:]] == ["ready", "error", "warning"]
    assert results[1][1] == ""
    assert "A3: 'bad' is not an e-mail address" in results[2][1]
    assert "D3: 'Facilitater' is not a role" in results[2][1]


def test_summary_counts_by_rule(annotated):
    """Errors first; each rule with its count and the first place."""
    rows = list(annotated["Summary"].iter_rows(values_only=True))
    assert rows[0][0] == "people.csv: 3 rows checked, 2 ready"
    assert rows[1][0] == "errors: 2, warnings: 1, notices: 0"
    table = [row[:4] for row in rows[3:]]
    assert table == [
        ("Level", "Problem", "Count", "First cell"),
        ("error", "not-an-email", "1", "A3"),
        ("error", "unknown-role", "1", "D3"),
        ("warning", "client-admin", "1", "D4"),
    ]


def test_an_xlsx_keeps_its_places_and_kinds_of_values(tmp_path):
    """Title rows, a margin column, numbers and dates stay where and what they are."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Team list"
    sheet["B1"] = "Our people"
    for column, name in enumerate([*HEADER, "Since", "Number"], start=2):
        sheet.cell(3, column, name)
    values = [
        "ana@acme.com",
        "Ana",
        "Pérez",
        None,
        None,
        1,
        datetime.fromisoformat("2020-01-02"),
        12.5,
    ]
    for column, value in enumerate(values, start=2):
        sheet.cell(5, column, value)
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    out = tmp_path / "out.xlsx"
    annotate(check_file(source, ReadOptions()), out)
    result = load_workbook(out)["Team list"]
    assert result["B1"].value == "Our people"
    assert [cell.value for cell in result[5][1:9]] == values
    assert [cell.value for cell in result[5][9:]] == ["ready", None]
    assert [cell.value for cell in result[4]] == [None] * 11


def test_formulas_stay_text(tmp_path):
    """Neither a cell nor a comment nor a reason can act on the machine that opens the file."""
    attack = "=cmd|' /C calc'!A0"
    source = write_csv(tmp_path / "in.csv", [HEADER, [attack, attack, "\x1b[31m", attack, "", ""]])
    out = tmp_path / "out.xlsx"
    annotate(check_file(source, ReadOptions()), out)
    workbook = load_workbook(out)
    kinds = {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert workbook["Users"]["B2"].value == attack


def test_an_error_that_a_copy_would_hide_stays_one(tmp_path):
    """Corrected and fed in again, the annotated file has lost none of its errors."""
    workbook = Workbook()
    workbook.worksheets[0].append(HEADER)
    workbook.worksheets[0].append(["ana@acme.com", "Ana", "Pérez", "#N/A", "", ""])
    workbook.worksheets[0].append(
        ["li@acme.com", "Li", "Wei", datetime.fromisoformat("2026-01-01"), "", ""]
    )
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    out = tmp_path / "out.xlsx"
    first = check_file(source, ReadOptions())
    annotate(first, out)
    again = check_file(out, ReadOptions(sheet=first.sheet))
    assert [row for row in (2, 3) if row not in {p.row for p in again.people}] == [2, 3]


def test_what_excel_shows_is_what_stands_there(tmp_path):
    """A number shown as 00123 by its format is given back as it was seen and read."""
    workbook = Workbook()
    workbook.worksheets[0].append(HEADER)
    workbook.worksheets[0].append(["ana@acme.com", 123, "Pérez", "", "", ""])
    workbook.worksheets[0]["B2"].number_format = "00000"
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    out = tmp_path / "out.xlsx"
    annotate(check_file(source, ReadOptions()), out)
    assert load_workbook(out).worksheets[0]["B2"].value == "00123"


def test_rows_that_were_left_out_stay_hidden(tmp_path):
    """Fed in again, the file asks the same question about the same rows."""
    workbook = Workbook()
    for row in [HEADER, *ROWS]:
        workbook.worksheets[0].append(row)
    workbook.worksheets[0].row_dimensions[2].hidden = True
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    out = tmp_path / "out.xlsx"
    annotate(check_file(source, ReadOptions(hidden="skip")), out)
    sheet = load_workbook(out).worksheets[0]
    assert [row for row in range(1, 5) if sheet.row_dimensions[row].hidden] == [2]
    assert sheet["G2"].value == "not read"


def test_comments_end_before_excel_becomes_slow(tmp_path, monkeypatch):
    """Beyond the limit there are colours and reasons, and the summary says so."""
    monkeypatch.setattr(module, "MAX_COMMENTS", 2)
    source = write_csv(tmp_path / "in.csv", [HEADER] + [["bad", "A", "B", "", "", ""]] * 5)
    out = tmp_path / "out.xlsx"
    result = annotate(check_file(source, ReadOptions()), out)
    assert result.commented == 2
    assert result.marked >= 5
    notes = [row[0] for row in load_workbook(out)["Summary"].iter_rows(values_only=True)]
    assert any(str(note).startswith("The first 2 marked cells") for note in notes)


def test_more_columns_than_a_sheet_has_are_refused(tmp_path):
    """Nothing is cut off silently."""
    source = tmp_path / "in.csv"
    wide = "," * 16_380
    source.write_text(
        f"Email Address,First Name,Last Name{wide}x\nana@acme.com,Ana,Pérez\n", encoding="utf-8"
    )
    with pytest.raises(FileProblemError, match="more than one sheet can hold"):
        annotate(check_file(source, ReadOptions()), tmp_path / "out.xlsx")


def test_counts_are_told(tmp_path):
    """The command can say how many cells it marked."""
    source = write_csv(tmp_path / "in.csv", [HEADER, *ROWS])
    result = annotate(check_file(source, ReadOptions()), tmp_path / "out.xlsx")
    assert result == Annotated(marked=3, commented=3)


def doubtful(path):
    """A workbook with a person's comment, a format that leaves open what is shown, a number."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    sheet.append(HEADER)
    sheet.append(["ana@acme.com", "Ana", 4711, "", 1234, ""])
    sheet["E2"].number_format = "#,##0"
    sheet["A2"].comment = Comment("moved in May", "HR")
    workbook.save(path)
    return path


@pytest.mark.parametrize("copy", [annotate, fix])
def test_a_copy_keeps_every_doubt(tmp_path, copy):
    """Checked again, the copy has the same findings: none is lost, and none of ours is added."""
    first = check_file(doubtful(tmp_path / "in.xlsx"), ReadOptions())
    copy(first, tmp_path / "out.xlsx")
    again = check_file(tmp_path / "out.xlsx", ReadOptions())
    told = [{(p.id, str(p.cell), p.message) for p in c.problems} for c in (first, again)]
    assert {rule for rule, _, _ in told[0]} == {"cell-comment", "number-as-name", "unclear-number"}
    assert told[0] <= told[1]
    assert {rule for rule, _, _ in told[1] - told[0]} <= {"extra-column", "other-sheets"}


def test_our_comments_are_not_told_again(tmp_path):
    """Who checks the annotated file finds what the first check found."""
    source = write_csv(tmp_path / "in.csv", [HEADER, *ROWS])
    annotate(check_file(source, ReadOptions()), tmp_path / "out.xlsx")
    again = check_file(tmp_path / "out.xlsx", ReadOptions())
    assert "cell-comment" not in {problem.id for problem in again.problems}


def test_a_value_in_the_last_row_costs_nothing(tmp_path):
    """A million blank rows above it are left out, and it keeps its place."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(HEADER)
    sheet.append(ROWS[0])
    sheet["A1048576"] = "please return this list"
    source = tmp_path / "in.xlsx"
    workbook.save(source)
    checked = check_file(source, ReadOptions())
    with untraced():
        start = process_time()
        annotate(checked, tmp_path / "out.xlsx")
        assert process_time() - start < 12
    sheet = load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert sheet["A1048576"].value == "please return this list"
