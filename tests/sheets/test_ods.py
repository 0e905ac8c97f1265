"""OpenDocument spreadsheets as other programs write them."""

import datetime as dt
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import FileProblemError
from aapimport.sheets.formats.calamine import Grid
from aapimport.sheets.formats.ods import _facts
from aapimport.sheets.formats.ods_content import Content, OdsSheet
from sheets.mutations import parts_of, zipped
from sheets.other_formats import write_ods

NAMES = "urn:oasis:names:tc:opendocument:xmlns"
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")
ANA = ("ana@acme.com", "Ana", "Perez", "facilitator", "Sales", 1)


def sheet_of(rows: str, most: int = 1_000, prolog: str = "", styles: str = "") -> OdsSheet:
    """The sheet with these rows, and these styles."""
    content = (
        f'{prolog}<o:document-content xmlns:o="{NAMES}:office:1.0" xmlns:table="{NAMES}:table:1.0"'
        f' xmlns:text="{NAMES}:text:1.0" xmlns:draw="{NAMES}:drawing:1.0"'
        f' xmlns:style="{NAMES}:style:1.0"><o:automatic-styles>{styles}</o:automatic-styles>'
        "<o:body><o:spreadsheet>"
        f'<table:table table:name="Users">{rows}</table:table>'
        "</o:spreadsheet></o:body></o:document-content>"
    )
    return Content([content.encode()], most).sheets[0]


def value_of(cell: str) -> object:
    """What the one cell of a sheet holds."""
    rows = list(sheet_of(f"<table:table-row>{cell}</table:table-row>").values())
    return rows[0][0] if rows else ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ana<text:tab/>Maria", "Ana\tMaria"),
        ("Bo<text:line-break/>Bee", "Bo\nBee"),
        ("Ivy<text:soft-hyphen/>na", "Ivy\xadna"),
        ('Fa<text:s text:c="3"/>y', "Fa   y"),
        ("  Fay\n   Lee ", "Fay Lee"),
        ("<![CDATA[Kim]]>", "Kim"),
        ("D<text:span>ia</text:span>na<!-- x -->", "Diana"),
        (
            "<text:ruby><text:ruby-base>花</text:ruby-base><text:ruby-text>h</text:ruby-text></text:ruby>",
            "花",
        ),
        ("Ed</text:p><text:p>Lee", "Ed\nLee"),
        (
            "</text:p><draw:frame><draw:g><text:p>note</text:p></draw:g></draw:frame><text:p>Ana",
            "\nAna",
        ),
    ],
)
def test_the_text_of_a_cell(text: str, value: str) -> None:
    """Tabs, line breaks and soft hyphens are kept; how it is spoken, and drawings, are not."""
    assert (
        value_of(
            f'<table:table-cell o:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        )
        == value
    )


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ('o:value-type="time" o:time-value="PT168H"', dt.timedelta(days=7)),
        ('o:value-type="date" o:date-value="2026-01-02"', dt.datetime(2026, 1, 2)),  # noqa: DTZ001
        ('o:value-type="boolean" o:boolean-value="false"', False),
        ('o:value-type="float" o:value="nan"', "x"),
        ('o:value-type="float" o:value="1e400"', "x"),
        ('o:value-type="time" o:time-value="soon"', "x"),
    ],
)
def test_values_of_all_kinds(said: str, value: object) -> None:
    """What can't be read as what it says it is, is the text that is shown."""
    assert value_of(f"<table:table-cell {said}><text:p>x</text:p></table:table-cell>") == value


def test_a_cell_that_says_it_holds_nothing_holds_what_is_shown() -> None:
    """The other reader finds nothing there, and is known to; without a text it is blank."""
    cell = '<table:table-cell o:value-type="void">{}</table:table-cell>'
    row = f"<table:table-row>{cell}</table:table-row>"
    sheet = sheet_of(row.format("<text:p>facilitator</text:p>") + row.format(""))
    assert [*sheet.values()] == [["facilitator"]]
    assert (sheet.odd, sheet.facts.unstored) == ({(1, 0)}, set())


def test_an_error_beside_a_number_is_an_error() -> None:
    """Some programs store 0 for a formula that shows #N/A."""
    cell = '<table:table-cell table:formula="of:=A1" o:value-type="float" o:value="0"><text:p>#N/A'
    sheet = sheet_of(f"<table:table-row>{cell}</text:p></table:table-cell></table:table-row>")
    assert sheet.facts.errors == {(1, 0): "#N/A"}


@pytest.mark.parametrize(
    "said",
    [
        *('o:value-type="float"', 'o:value-type="float" o:value=""', 'o:value-type="boolean"'),
        *('o:value-type="date"', 'o:value-type="time"', 'o:value-type="percentage"'),
    ],
)
@pytest.mark.parametrize("formula", ['table:formula="of:=X1"', ""])
def test_a_kind_without_a_value_is_no_blank_cell(said: str, formula: str) -> None:
    """Nobody has stored what a number or date is, and other formulas aren't blank for it."""
    stored = '<table:table-cell table:formula="of:=A1" o:value-type="string"><text:p>x</text:p>'
    row = "<table:table-row>{}</table:table-row>"
    cell = f'<table:table-cell {formula} {said} table:number-columns-repeated="2"/>'
    unworked = '<table:table-cell table:formula="of:=B1" {}/>'
    cells = cell + unworked.format("") + unworked.format('o:value-type="string"')
    missing = {(1, 0), (1, 1)}
    assert sheet_of(row.format(cells)).facts.unstored == missing | {(1, 2), (1, 3)}
    cells += f"{stored}</table:table-cell>"
    assert sheet_of(row.format(cells)).facts.unstored == missing


ROW = (
    "<table:table-row{}>"
    '<table:table-cell o:value-type="string"><text:p>Ana</text:p></table:table-cell>'
    "</table:table-row>"
)


def in_style(family: str, said: str, parent: str = "") -> str:
    """The style S of a family, which says something, or takes it over from P."""
    named = f'<style:style style:family="table-{family}" style:name="{{}}"{{}}>'
    properties = f"<style:table-{family}-properties {said}/></style:style>"
    if not parent:
        return named.format("S", "") + properties
    inherits = ' style:parent-style-name="P"/>'
    return named.format("P", "") + properties + named.format("S", "")[:-1] + inherits


@pytest.mark.parametrize(
    ("said", "is_hidden"),
    [
        *(('="0cm"', True), ('="0.00in"', True), ('="0"', True), ('="0.0265cm"', True)),
        *(('="1.9pt"', True), ('=".3mm"', True), ('="2pt"', False), ('="0.1cm"', False)),
        *(('="0.45cm"', False), ('="10mm"', False), ('="0cm" style:use-optimal-{}="true"', False)),
    ],
)
@pytest.mark.parametrize("parent", ["", "P"])
def test_rows_and_columns_of_no_size_are_hidden(said: str, is_hidden: bool, parent: str) -> None:
    """A height or width of 0 hides like the word; a program that finds the best one shows them."""
    rows = in_style("row", f"style:row-height{said}".format("row-height"), parent)
    sheet = sheet_of(ROW.format("") + ROW.format(' table:style-name="S"'), styles=rows)
    assert sheet.facts.hidden_rows == ({2} if is_hidden else set())
    columns = in_style("column", f"style:column-width{said}".format("column-width"), parent)
    column = '<table:table-column/><table:table-column table:style-name="S"/>'
    sheet = sheet_of(column + ROW.format(""), styles=rows + columns)
    assert sheet.facts.hidden_columns == ({1} if is_hidden else set())


def test_folded_groups_are_hidden() -> None:
    """All of what is in a group that is folded, in groups within it, too, and nothing behind it."""
    row, end = ROW.format(""), "</table:table-row-group>"
    start, folded = "<table:table-row-group>", '<table:table-row-group table:display="false">'
    sheet = sheet_of(start + row + folded + row + start + row + end + row + end + row + end + row)
    assert sheet.facts.hidden_rows == {2, 3, 4}
    column = "<table:table-column/>"
    columns = f"{folded}{column}{end}{column}".replace("row-group", "column-group")
    assert sheet_of(columns + row).facts.hidden_columns == {0}


def test_letters_that_nobody_sees_are_crossed_out() -> None:
    """Hidden letters (20.182 text:display) are asked about like white ones."""
    style = '<style:style style:name="S"><style:text-properties text:display="none"/></style:style>'
    text = ROW.format("").replace("Ana", '<text:span text:style-name="S">Ana</text:span>')
    assert sheet_of(text, styles=style).looks.crossed_out == {(1, 0): "in hidden letters"}


@pytest.mark.parametrize(
    ("formula", "number", "text", "value"),
    [
        ("of:=FALSE()", 0, "FALSCH", False),
        ("of:=TRUE()", 1, "VRAI", True),
        ("of:=[.A1]=1", 0, "FALSE", False),
        ("of:=[.A1]=1", 1, "TRUE", True),
        ("of:=[.A1]", 0, "0", 0.0),
        ("of:=[.A1]", 1, "FALSE", 1.0),
        ("of:=[.A1]", 2, "TRUE", 2.0),
    ],
)
def test_check_boxes_that_libreoffice_makes_numbers_of(
    formula: str, number: int, text: str, value: object
) -> None:
    """In an ods made of an xlsx, a truth value is a number that is shown as one."""
    said = f'table:formula="{formula}" o:value-type="float" o:value="{number}"'
    cell = f"<table:table-cell {said}><text:p>{text}</text:p></table:table-cell>"
    sheet = sheet_of(f"<table:table-row>{cell}</table:table-row>")
    found = next(sheet.values())[0]
    assert (found, type(found)) == (value, type(value))
    assert bool(sheet.facts.zeros) == (value == 0 and isinstance(value, float))


def test_a_formula_may_link_to_an_address() -> None:
    """HYPERLINK is told like a link; a real link in the cell comes first."""
    formula = 'table:formula="of:=HYPERLINK(&quot;mailto:li@acme.com&quot;;[.B1])"'
    cell = f'<table:table-cell {formula} o:value-type="string"><text:p>{{}}</text:p>'
    real = '<text:a xlink:href="mailto:bo@acme.com" xmlns:xlink="x">Bo</text:a>'
    cells = "</table:table-cell>".join((cell.format("Li"), cell.format(real), ""))
    sheet = sheet_of(f"<table:table-row>{cells}</table:table-row>")
    assert sheet.facts.links == {(1, 0): "li@acme.com", (1, 1): "bo@acme.com"}


def test_what_is_known_of_too_many_cells_is_not_kept() -> None:
    """Cells without a value cost more than others, if that is told."""
    cell = '<table:table-cell o:value-type="float" table:number-columns-repeated="600"/>'
    with pytest.raises(OverflowError):
        sheet_of(f"<table:table-row>{cell}</table:table-row>" * 2)


def test_counts_of_cells_are_taken_as_libreoffice_takes_them() -> None:
    """0 is once, and a sheet ends somewhere; a value over too many cells is not kept."""
    cell = '<table:table-cell o:value-type="string" table:number-columns-repeated="{}"><text:p>x'
    row = "<table:table-row>" + cell + "</text:p></table:table-cell></table:table-row>"
    assert list(sheet_of(row.format(0)).values()) == [["x"]]
    with pytest.raises(OverflowError):
        sheet_of(row.format("9" * 30))


def test_an_unknown_encoding_is_one_sentence() -> None:
    """The parser's own errors are of several kinds."""
    with pytest.raises(ValueError, match="encoding"):
        sheet_of("", prolog='<?xml version="1.0" encoding="x-nothing"?>')


def test_xml_that_is_not_well_formed_is_refused_at_once(tmp_path: Path) -> None:
    """The other reader isn't asked about it: it would look for the table's end for ever."""
    path = write_ods(tmp_path / "a.ods", [HEADERS, ANA])
    broken = [
        (name, part.replace(b"</table:table>", b"")) for name, part in parts_of(path.read_bytes())
    ]
    path.write_bytes(zipped(broken))
    with pytest.raises(FileProblemError, match="damaged"):
        check_file(path, ReadOptions())


@pytest.mark.parametrize("between", [" ", "\n   ", "<!-- note -->"])
def test_what_stands_between_cells_is_nothing(between: str, tmp_path: Path) -> None:
    """Indented XML and comments are no damage."""
    checked = check_file(write_ods(tmp_path / "a.ods", [HEADERS, ANA], between), ReadOptions())
    assert [person.email for person in checked.people] == ["ana@acme.com"]


def test_a_repeated_row_is_compared_with_what_stands_beside_it() -> None:
    """It is looked at once, as long as the other reader repeats it, too."""
    cell = '<table:table-cell o:value-type="string"><text:p>{}</text:p></table:table-cell>'
    row = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
    sheet = sheet_of(row.format(3, cell.format("Ana")) + row.format(2, cell.format("Bo")))
    rows = [["Ana"], ["Ana"], ["Eve"], ["Bo"], ["Bo"], ["Cy"]]
    second = _facts(sheet, Grid("Users", False, 0, lambda: iter(rows))).second
    assert second == [{1: "Ana", 2: "Ana", 3: "Eve", 4: "Bo", 5: "Bo", 6: "Cy"}]
