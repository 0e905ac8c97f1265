import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Color, Font, PatternFill

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import AnswerNeededError, FileProblemError
from aapimport.sheets.book import Choices, open_book
from aapimport.sheets.facts import Facts, Looks, Unseen
from aapimport.sheets.formats.calamine import Grid
from aapimport.sheets.formats.ods import read_ods
from aapimport.sheets.formats.ods_content import Content
from aapimport.sheets.formats.ods_styles import read_styles
from aapimport.sheets.formats.xls import read_xls
from aapimport.sheets.formats.xlsb import read_xlsb
from sheets.other_formats import More, write_ods, write_xlsb

HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")


def facts_of(path: Path, sheet: str = "Users") -> Facts:
    """What is known of a sheet's cells."""
    book = open_book(path, Choices(len))
    return next(one for one in book.sheets if one.name == sheet).facts()


def looks_of(facts: Facts) -> Looks:
    """What cells look like, which somebody has looked at."""
    assert isinstance(facts.looks, Looks)
    return facts.looks


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A workbook with everything that values don't tell."""
    book = Workbook()
    book.worksheets[0].title = "Notes"
    sheet = book.create_sheet("Users")
    sheet.append(HEADERS)
    for number in range(2, 8):
        sheet.append((f"u{number}@acme.com", "U", f"N{number}", "", "Sales", 1))
    sheet["A2"] = "Ana Perez"
    sheet["A2"].hyperlink = "mailto:ana@acme.com"
    sheet["D3"] = "=NA()"
    sheet["D4"] = '=VLOOKUP("x",A1:B2,2,FALSE)'
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet.merge_cells("B6:C6")
    sheet["A7"].comment = Comment("moved in May", "HR")
    path = tmp_path / "people.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("extension", ["xlsx", "xls", "ods"])
def test_what_nobody_can_see_is_hidden(
    libreoffice: Callable[[Path, str], Path], extension: str, tmp_path: Path
) -> None:
    """Rows and columns of a hair's height and width, in every kind of file; low ones are seen."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Users"
    for row in (HEADERS, *((f"u{number}@acme.com", "U", f"N{number}") for number in range(2, 9))):
        sheet.append(row)
    sheet.row_dimensions[3].height, sheet.row_dimensions[4].height = 0.75, 5
    sheet.column_dimensions["E"].width, sheet.column_dimensions["F"].width = 0.1, 1
    path = tmp_path / "people.xlsx"
    book.save(path)
    if extension == "xlsx":
        with pytest.raises(AnswerNeededError, match="row 3 u3"):
            check_file(path, ReadOptions())
        return
    facts = facts_of(libreoffice(path, extension))
    assert (facts.hidden_rows, facts.hidden_columns) == ({3}, {4})


@pytest.mark.parametrize("extension", ["xlsx", "xls", "ods"])
def test_people_who_are_crossed_out_are_asked_about(
    libreoffice: Callable[[Path, str], Path], extension: str, tmp_path: Path
) -> None:
    """Struck through or white on white, as a cell or letter by letter, in every kind of file."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Users"
    for row in (HEADERS, *((f"u{number}@acme.com", "U", f"N{number}") for number in range(2, 9))):
        sheet.append(row)
    for cell in sheet[3]:
        cell.font = Font(strike=True)
    for cell in (*sheet[4], *sheet[6]):
        cell.font = Font(color="FFFFFFFF")
    for cell in (*sheet[6], *sheet[8]):
        cell.fill = PatternFill("solid", fgColor="FF000080")
    white = TextBlock(InlineFont(color=Color(rgb="FFFFFFFF")), "@acme.com")
    for number in (7, 8):
        sheet[f"A{number}"] = CellRichText(f"u{number}", white)
    sheet["A5"] = CellRichText("u5", TextBlock(InlineFont(strike=True), "@acme.com"))
    path = tmp_path / "people.xlsx"
    book.save(path)
    if extension != "xlsx":
        path = libreoffice(path, extension)
    with pytest.raises(AnswerNeededError) as asked:
        check_file(path, ReadOptions())
    assert "row 3 u3@acme.com (struck through), row 4 u4@acme.com (written in" in str(asked.value)
    checked = check_file(path, ReadOptions(hidden="skip"))
    assert [person.row for person in checked.people] == [2, 6, 8]


def test_a_binary_workbook_shows_who_is_crossed_out(tmp_path: Path) -> None:
    """Fonts and colours of cells are looked at there, too."""
    rows = [(f"u{number}@acme.com", "U", f"N{number}") for number in range(2, 11)]
    looks = {(2, 0): "struck", (3, 0): "white", (7, 0): "white on blue", (8, 0): "white on blue"}
    letters = {(4, 0): "struck", (5, 0): "white", (6, 0): "themed", (8, 0): "white"}
    more = More(looks=looks, letters=letters)
    path = write_xlsb(tmp_path / "people.xlsb", [HEADERS, *rows], more)
    ways = {3: "struck through", 4: "written in white", 5: "struck through"}
    ways |= dict.fromkeys((6, 7), "written in white")
    crossed_out = {(row, 0): way for row, way in ways.items()}
    assert looks_of(facts_of(path)).crossed_out == crossed_out


@pytest.mark.parametrize("where", ["cell", "row", "column", "text"])
def test_an_ods_shows_who_is_crossed_out(where: str) -> None:
    """A style may belong to a cell, its row, its column, or letters of its text."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    style = {where: ' table:default-cell-style-name="S"'}
    own = ' table:style-name="S"' if where == "cell" else ""
    text = '<text:span text:style-name="S">x</text:span>' if where == "text" else "x"
    content = (
        f'<o:document-content xmlns:o="{names}:office:1.0" xmlns:table="{names}:table:1.0"'
        f' xmlns:style="{names}:style:1.0" xmlns:text="{names}:text:1.0"><o:automatic-styles>'
        '<style:style style:name="P"><style:text-properties style:text-line-through-style="solid"/>'
        '</style:style><style:style style:name="S" style:parent-style-name="P"/>'
        f"</o:automatic-styles><o:body><o:spreadsheet><table:table>"
        f"<table:table-column{style.get('column', '')}/><table:table-row{style.get('row', '')}>"
        f"<table:table-cell{own}><text:p>{text}</text:p></table:table-cell></table:table-row>"
        "</table:table></o:spreadsheet></o:body></o:document-content>"
    )
    (sheet,) = Content([content.encode()], 1_000).sheets
    assert sheet.looks.crossed_out == {(1, 0): "struck through"}


PLAIN_ON_BLUE = (
    '<style:text-properties style:text-line-through-style="none"/>'
    '<style:table-cell-properties fo:background-color="#000080"/>'
)


@pytest.mark.parametrize(
    ("own", "look"),
    [
        ('<style:text-properties fo:color="#000000"/>', "struck through"),
        ('<style:text-properties style:text-line-through-style="none"/>', "written in white"),
        (PLAIN_ON_BLUE, ""),
    ],
)
def test_styles_of_an_ods_build_on_each_other(own: str, look: str) -> None:
    """A named style is looked at, too; what builds on it may say otherwise."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    styles = (
        f'<o:styles xmlns:o="{names}:office:1.0" xmlns:style="{names}:style:1.0"'
        f' xmlns:fo="{names}:xsl-fo-compatible:1.0">'
        '<style:style style:name="P"><style:text-properties fo:color="#ffffff"'
        ' style:text-line-through-style="solid"/></style:style>'
        f'<style:style style:name="S" style:parent-style-name="P">{own}</style:style></o:styles>'
    )
    assert read_styles([styles.encode()]).look("S") == look


@pytest.mark.parametrize(("text", "told"), [("No", True), ("", True), ("Yes", False), ("1", False)])
def test_a_1_in_jhana_that_an_ods_shows_as_a_word_is_told(
    tmp_path: Path, text: str, *, told: bool
) -> None:
    """The cell holds what is shown, whichever format makes it so."""
    path = write_ods(tmp_path / "people.ods", [HEADERS, ("a@acme.com", "A", "P", "", "", 1)])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    shown = parts["content.xml"].replace(b"<text:p>1</text:p>", f"<text:p>{text}</text:p>".encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"content.xml": shown}).items():
            archive.writestr(name, content)
    found = check_file(path, ReadOptions()).problems
    assert [(p.id, str(p.cell)) for p in found] == ([("shown-otherwise", "Users!F2")] * told)


def test_an_ods_shows_what_a_condition_may_cross_out() -> None:
    """A style may give another one to its cells, where a condition is met."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<o:document-content xmlns:o="{names}:office:1.0" xmlns:table="{names}:table:1.0"'
        f' xmlns:style="{names}:style:1.0" xmlns:text="{names}:text:1.0"><o:automatic-styles>'
        '<style:style style:name="S"><style:map style:apply-style-name="P"/></style:style>'
        '<style:style style:name="B"><style:map style:apply-style-name="S"/></style:style>'
        '<style:style style:name="P"><style:text-properties style:text-line-through-style="solid"/>'
        "</style:style></o:automatic-styles><o:body><o:spreadsheet><table:table><table:table-row>"
        '<table:table-cell table:style-name="B"><text:p>x</text:p></table:table-cell>'
        '<table:table-cell table:style-name="S"><text:p>y</text:p></table:table-cell>'
        "</table:table-row></table:table></o:spreadsheet></o:body></o:document-content>"
    )
    (sheet,) = Content([content.encode()], 1_000).sheets
    assert sheet.facts.conditional == [((1, 1, 1_048_576, 1), "cross people out")]
    assert sheet.looks.crossed_out == {}


def test_other_styles_are_no_cells() -> None:
    """What numbers and other things look like by default crosses nobody out."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    styles = (
        f'<o:styles xmlns:o="{names}:office:1.0" xmlns:style="{names}:style:1.0"'
        f' xmlns:number="{names}:datastyle:1.0"><style:style style:name="S"/>'
        '<number:number-style style:name="N"><style:text-properties'
        ' style:text-line-through-style="solid"/></number:number-style></o:styles>'
    )
    assert read_styles([styles.encode()]).look("S") == ""


@pytest.mark.parametrize("extension", ["xls", "ods"])
def test_what_values_do_not_tell(
    source: Path,
    libreoffice: Callable[[Path, str], Path],
    extension: str,
) -> None:
    """Hidden rows and columns, errors, merges and links of xls and ods are seen."""
    path = libreoffice(source, extension)
    facts = facts_of(path)
    assert not isinstance(facts.second, Unseen)
    assert facts.hidden_rows == {5}
    assert facts.hidden_columns == {4}
    assert facts.errors == {(3, 3): "#N/A", (4, 3): "#N/A"}
    assert facts.links == {(2, 0): "ana@acme.com"}
    checked = check_file(path, ReadOptions(hidden="skip"))
    assert [person.row for person in checked.people] == [2, 7]
    assert checked.people[0].email == "ana@acme.com"
    found = {problem.id for problem in checked.problems}
    assert {"error-value", "merged-cell", "hidden-column", "hidden-rows-skipped"} <= found
    assert "cell-comment" in found
    assert "values-only" not in found


MORE = More(
    hidden_rows=(4,),
    hidden_columns=(4,),
    errors=((2, 3),),
    merged=((5, 5, 1, 2),),
    links={(1, 0): "mailto:ana@acme.com"},
    formats={(3, 4): "00000", (1, 4): "0.0", (2, 4): "yyyy"},
)


@pytest.fixture
def xlsb(tmp_path: Path) -> Path:
    """The same in a binary workbook."""
    rows = [
        (f"u{number}@acme.com", "U", f"N{number}", "", 123.0 / number, 1) for number in range(1, 7)
    ]
    rows[2] = (*rows[2][:4], 123, 1)
    return write_xlsb(tmp_path / "people.xlsb", [HEADERS, *rows], MORE)


def test_what_values_of_a_binary_workbook_do_not_tell(
    xlsb: Path, libreoffice: Callable[[Path, str], Path]
) -> None:
    """What is seen in an xlsb is what LibreOffice sees in it."""
    facts = facts_of(xlsb)
    assert not isinstance(facts.second, Unseen)
    assert facts.hidden_rows == {5}
    assert facts.hidden_columns == {4}
    assert facts.errors == {(3, 3): "#N/A"}
    assert facts.links == {(2, 0): "ana@acme.com"}
    assert facts.merged == ((6, 1, 6, 2),)
    assert looks_of(facts).shown == {(4, 4): "00123"}
    assert looks_of(facts).unclear == {(2, 4): "format 0.0", (3, 4): "format yyyy"}
    seen = facts_of(libreoffice(xlsb, "ods"))
    assert (seen.hidden_rows, seen.hidden_columns) == (facts.hidden_rows, facts.hidden_columns)
    assert (seen.errors, seen.links, seen.merged) == (
        facts.errors,
        facts.links,
        facts.merged,
    )
    assert looks_of(seen).shown == looks_of(facts).shown


def test_a_binary_workbook_is_checked_like_the_others(xlsb: Path) -> None:
    """Hidden rows are asked about, and errors, merged cells and other links are errors."""
    with pytest.raises(AnswerNeededError, match="1 person in hidden or filtered rows"):
        check_file(xlsb, ReadOptions())
    checked = check_file(xlsb, ReadOptions(hidden="skip"))
    assert [person.row for person in checked.people] == [4, 7]
    found = {problem.id.value: str(problem.cell) for problem in checked.problems if problem.cell}
    assert found["error-value"] == "Users!D3"
    assert found["merged-cell"] == "Users!B6"
    assert found["link-differs"] == "Users!A2"
    assert found["shown-number"] == "Users!E4"


READERS = {"xls": read_xls, "xlsb": read_xlsb, "ods": read_ods}


def no_other_reader() -> list[Grid]:
    """A value reader that gives the file up; the real one may end the whole process."""
    raise FileProblemError("no", hint="none")


@pytest.mark.parametrize("flips", [50, pytest.param(300, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("extension", READERS)
def test_broken_files_are_given_up(
    source: Path, libreoffice: Callable[[Path, str], Path], xlsb: Path, extension: str, flips: int
) -> None:
    """A file that is cut or flipped is read, or is one sentence, without a traceback."""
    read = READERS[extension]
    data = (xlsb if extension == "xlsb" else libreoffice(source, extension)).read_bytes()
    with pytest.raises(FileProblemError):
        read(data[: len(data) // 3], "people", no_other_reader)
    for at in range(0, len(data), max(len(data) // flips, 1)):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        with suppress(FileProblemError):
            for table in read(bytes(broken), "people", no_other_reader):
                list(table.rows())
                table.facts()


def test_the_properties_of_an_xlsb_are_read(tmp_path: Path) -> None:
    """As those of an xlsx, whose part it is; where it is damaged there are none."""
    book: Any = Workbook()
    book.custom_doc_props.append(StringProperty(name="upload", value="7K3QX9"))
    book.save(tmp_path / "people.xlsx")
    with zipfile.ZipFile(tmp_path / "people.xlsx") as archive:
        part, links = (archive.read(one) for one in ("docProps/custom.xml", "_rels/.rels"))
    links = links.replace(b"xl/workbook.xml", b"xl/workbook.bin")
    plain = write_xlsb(tmp_path / "plain.xlsb", (HEADERS,))
    for held, properties in ((part, {"upload": "7K3QX9"}), (part[:-9], {})):
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(tmp_path / "p.xlsb", "w") as target:
            for one in source.namelist():
                target.writestr(one, links if one == "_rels/.rels" else source.read(one))
            target.writestr("docProps/custom.xml", held)
        assert open_book(tmp_path / "p.xlsb", Choices(len)).properties == properties
    assert open_book(plain, Choices(len)).properties == {}
