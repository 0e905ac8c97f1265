"""Rows, sheets and files that a careless reader takes for something else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.packaging.relationship import Relationship, RelationshipList
from openpyxl.styles import Font

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.archive import inspect_archive
from aapimport.sheets.extent import long_sheets
from aapimport.sheets.facts import Facts, Reason
from aapimport.sheets.formats.ods_content import Content
from aapimport.sheets.formats.xlsx import why_unseen
from aapimport.sheets.formats.xlsx_cells import hidden_columns, hidden_rows
from aapimport.sheets.formats.xlsx_places import odd_rows
from aapimport.sheets.formats.xlsx_second import _by_id, look_into
from aapimport.sheets.letters import LookRequest
from sheets import attack_files as attack

HEADERS = ("Email Address", "First Name", "Last Name")
PEOPLE = [(f"{name}@acme.com", name.title(), "Perez") for name in ("ana", "bo", "cy")]


def blank_rows(sheet: Any, most_rows: int) -> None:
    """A format down the whole sheet leaves rows of blank cells behind."""
    for row in range(5, most_rows + 100):
        sheet.cell(row, 1).font = Font(bold=True)


def many_people(sheet: Any, most_rows: int) -> None:
    """More rows than both readers look at."""
    for number in range(most_rows + 10):
        sheet.append((f"p{number}@acme.com", f"P{number}", f"Q{number}"))


def another_sheet(sheet: Any, most_rows: int) -> None:
    """A long sheet beside the people's."""
    other = sheet.parent.create_sheet("Log")
    for number in range(most_rows + 10):
        other.append((number,))


def a_cell_far_right(sheet: Any, most_rows: int) -> None:
    """A formatted blank cell in the last column that Excel has."""
    sheet["XFD3"].font = Font(bold=True)


@pytest.mark.parametrize("change", [blank_rows, many_people, another_sheet, a_cell_far_right])
def test_a_hidden_person_is_asked_about_however_large_the_file(
    tmp_path: Path, change, most_rows: int
):
    """What makes a second look slow or odd doesn't load somebody whom nobody sees."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    for row in (HEADERS, *PEOPLE):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    change(sheet, most_rows)
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    with pytest.raises(AnswerNeededError, match=r"1 person in hidden or filtered rows \(3\)"):
        check_file(path, ReadOptions())
    skipped = check_file(path, ReadOptions(hidden="skip"))
    assert 3 not in {person.row for person in skipped.people}
    rules = {problem.id for problem in skipped.problems}
    assert ("one-reader-only" in rules) is (change is many_people)
    assert "second-reader-failed" not in rules


def csv_of(start: str, size: int) -> bytes:
    """A quoted list of exactly so many bytes."""
    text = f'{start}"Email Address","First Name","Last Name"\n"ana@acme.com","Ana","Perez"\n'
    return (text + "," * (size - len(text) - 1) + "\n").encode()


@pytest.mark.parametrize("start", ["", "\n", "  \n"])
def test_a_text_of_the_size_of_a_lock_file_is_none(tmp_path: Path, start: str):
    """Excel's lock files are 165 bytes long, and so may be a list of people."""
    path = tmp_path / "people.csv"
    path.write_bytes(csv_of(start, 165))
    assert check_file(path, ReadOptions()).ready == 1


def test_a_lock_file_is_one_whatever_it_is_called(tmp_path: Path):
    """The name of who has the workbook open, padded, and again in UTF-16."""
    name = b"Ana Perez"
    lock = bytes([len(name)]) + name.ljust(54) + bytes([len(name), 0])
    lock += name.decode().ljust(54).encode("utf-16-le")
    path = tmp_path / "people.xlsx"
    path.write_bytes(lock)
    assert len(lock) == 165
    with pytest.raises(FileProblemError, match="lock file"):
        check_file(path, ReadOptions())


def test_a_column_called_pk_is_no_zip_archive(tmp_path: Path):
    """Two letters don't make an archive."""
    path = tmp_path / "people.csv"
    path.write_text("PK,Email Address,First Name,Last Name\n1,a@acme.com,A,B\n", encoding="utf-8")
    assert check_file(path, ReadOptions()).ready == 1


OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
CELL = 'table:formula="of:=IF(1=1;&quot;&quot;;&quot;x&quot;)"'


def test_bytes_of_text_that_look_like_a_length_make_no_lock_file(tmp_path: Path):
    """A first cell that starts with a 6 leaves no padding to be looked at."""
    path = tmp_path / "people.csv"
    path.write_bytes(csv_of("6,,\n", 165))
    assert check_file(path, ReadOptions()).ready == 1


def test_a_long_sheet_beside_the_people_costs_them_nothing(tmp_path: Path, most_rows: int):
    """Links and comments of the people's sheet are seen though another sheet is too long."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Users"
    for row in (HEADERS, *PEOPLE):
        sheet.append(row)
    sheet["B2"].comment = Comment("moved in May", "HR")
    another_sheet(sheet, most_rows)
    path = tmp_path / "people.xlsx"
    workbook.save(path)
    view = look_into(LookRequest(path=str(path)))
    assert list(view.sheets) == ["Users"]
    assert view.too_long == ["Log"]
    assert why_unseen(view, "Log") is Reason.TOO_MANY_ROWS
    rules = {problem.id for problem in check_file(path, ReadOptions()).problems}
    assert "cell-comment" in rules
    assert "one-reader-only" not in rules


@pytest.mark.parametrize("blank", ["<c r='A9'/>", "<c r='A9'><v/></c>", '<c r="A9"><v></v></c>'])
def test_rows_without_a_value_are_not_counted(tmp_path: Path, blank: str):
    """Blank cells are written in several ways."""
    rows = "".join(f"<row>{blank}</row><row/>" for _ in range(9))
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(attack.ANA + rows))
    part = "xl/worksheets/sheet1.xml"
    assert long_sheets(path.read_bytes(), [part], 2) == set()
    assert long_sheets(path.read_bytes(), [part], 1) == {part}


@pytest.mark.parametrize(
    ("how", "is_hidden"),
    [
        *(("", False), ('ht="0"', True), ('ht="15" customHeight="1"', False), ('ht="2"', False)),
        *(('hidden="1"', True), ('ht="0.75"', True), ("ht='1.99'", True), ('ht="7.5E-1"', True)),
        *(('ht="10"', False), ('ht="20.5"', False)),
    ],
)
def test_rows_of_hardly_any_height_are_hidden(tmp_path: Path, how: str, *, is_hidden: bool):
    """The quick search for hidden rows knows what the slow reader knows."""
    rows = f'<row r="3" {how}><c r="A3"><v>1</v></c></row>'
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(rows))
    assert hidden_rows(path.read_bytes(), "xl/worksheets/sheet1.xml") == (
        {3} if is_hidden else set()
    )
    seen = look_into(LookRequest(path=str(path))).sheets["Users"]
    assert list(seen.hidden_rows) == ([3] if is_hidden else [])


@pytest.mark.parametrize(("width", "is_hidden"), [("0", 1), ("0.1", 1), ("0.5", 0), ("9", 0)])
def test_columns_of_hardly_any_width_are_hidden(tmp_path: Path, width: str, is_hidden: int):
    """In the quick search as by the slow reader."""
    before = f'<cols><col min="4" max="4" width="{width}" customWidth="1"/></cols>'
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(attack.ANA, before=before))
    assert hidden_columns(path.read_bytes(), "xl/worksheets/sheet1.xml") == {*[3] * is_hidden}
    seen = look_into(LookRequest(path=str(path))).sheets["Users"]
    assert list(seen.hidden_columns) == [3] * is_hidden


def test_rows_are_hidden_by_default_where_the_sheet_says_so(tmp_path: Path):
    """A row that says something else of itself is shown (ECMA-376 part 1, 18.3.1.81)."""
    said = ("", 'spans="1:6"', 'x14ac:dyDescent="0.25"', 'ht="15"', 'hidden="1"', 'hidden="0"')
    rows = "".join(
        f'<row r="{row}" {how}><c r="A{row}"><v>1</v></c></row>'
        for row, how in enumerate(said, start=2)
    )
    sheet = attack.sheet(rows, before='<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>')
    path = attack.write(tmp_path / "people.xlsx", sheet)
    assert hidden_rows(path.read_bytes(), "xl/worksheets/sheet1.xml") == {1, 2, 3, 4, 6}


@pytest.mark.parametrize("spelt", ['t="e"', "t='e'", 't ="e"', 't= "e"', 't=\n"e"', 't\t=\t"e"'])
def test_an_error_is_seen_in_a_long_sheet_however_it_is_spelt(tmp_path: Path, spelt: str):
    """White space may stand on both sides of an equals sign (XML 1.0, production 25)."""
    sheet = attack.sheet(f'<row r="2"><c r="D2" {spelt}><v>#N/A</v></c></row>')
    path = attack.write(tmp_path / "people.xlsx", sheet)
    assert inspect_archive(path.read_bytes()).with_formulas == {"xl/worksheets/sheet1.xml"}


@pytest.fixture
def facts_of() -> Callable[[str], Facts]:
    """What is known of an ods sheet's cells, given the cells of its one row."""

    def look_at(cells: str, after: str = "") -> Facts:
        content = (
            f'<office:document-content xmlns:office="{OFFICE}:office:1.0"'
            f' xmlns:table="{OFFICE}:table:1.0" xmlns:text="{OFFICE}:text:1.0"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"><office:body><office:spreadsheet>'
            f'<table:table table:name="Users"><table:table-row>{cells}</table:table-row>'
            f"</table:table>{after}</office:spreadsheet></office:body></office:document-content>"
        )
        return Content([content.encode()], 1_000).sheets[0].facts

    return look_at


def test_a_formula_that_gives_nothing_is_blank(facts_of):
    """LibreOffice stores no type for an empty text; other formulas show that it calculated."""
    stored = f'<table:table-cell {CELL} office:value-type="string"><text:p>x</text:p>'
    assert not facts_of(f"{stored}</table:table-cell><table:table-cell {CELL}/>").unstored
    assert facts_of(f"<table:table-cell {CELL}/>").unstored == {(1, 0)}
    other = f'<table:table table:name="Lists">{stored}</table:table-cell></table:table>'
    assert not facts_of(f"<table:table-cell {CELL}/>", other).unstored


def test_a_comment_is_its_text_alone(facts_of):
    """Who wrote it and when stands inside of it, and is not what it says."""
    note = (
        "<office:annotation><dc:creator>HR</dc:creator><dc:date>2026-11-25T00:00:00</dc:date>"
        "<text:p>left</text:p></office:annotation>"
    )
    facts = facts_of(f"<table:table-cell>{note}<text:p>Ana</text:p></table:table-cell>")
    assert facts.looks.comments == {(1, 0): "left"}


@pytest.mark.parametrize("spelt", ["<c r=", "<c s='0' r=", "<c  r=", "<c\nr="])
@pytest.mark.parametrize("people", [1, 4_000])
def test_cells_of_another_row_are_told(tmp_path: Path, people: int, spelt: str):
    """A row whose cells say that they stand in one above overwrites who is there, however far."""
    rows = "".join(attack.row(row, ("u@acme.com", "U", "P")) for row in range(2, 2 + people))
    again = attack.row(2, ("b@acme.com", "B", "P")).replace('<row r="2"', f'<row r="{2 + people}"')
    sheet = attack.sheet(rows + again).replace("<c r=", spelt)
    path = attack.write(tmp_path / "people.xlsx", sheet)
    assert odd_rows(path.read_bytes(), "xl/worksheets/sheet1.xml").twice == [2]


def test_rows_in_another_order_are_none_given_twice(tmp_path: Path):
    """Each cell is where its row is."""
    rows = "".join(attack.row(row, ("u@acme.com", "U", "P")) for row in (4, 2, 3))
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(rows))
    assert odd_rows(path.read_bytes(), "xl/worksheets/sheet1.xml").twice == []


def test_the_relationships_of_many_links_are_found_by_their_ids():
    """The first one of an id counts, as in openpyxl's own way, which looks through all of them."""
    both = [Relationship(Id="r1", Type="a", Target=target) for target in ("first", "second")]
    known = RelationshipList(both)
    assert _by_id(known, "r1") is both[0]
    known.append(Relationship(Id="r2", Type="a", Target="third"))
    assert _by_id(known, "r2").Target == "third"
    with pytest.raises(KeyError):
        _by_id(known, "r3")
