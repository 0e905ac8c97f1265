"""Workbooks that are legal and written in a way that few programs write them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from aapimport.check.check_file import Checked, ReadOptions, check_file
from aapimport.errors import FileProblemError
from aapimport.sheets.archive import inspect_archive
from aapimport.sheets.formats.xlsx_formulas import odd_cells
from sheets import attack_files as attack

SHEET = "xl/worksheets/sheet1.xml"
BOB = attack.row(3, ("bob@acme.com", "Bob", "Hope"))


def with_role(cell: str, more: str = "") -> str:
    """A sheet with a person whose role is that cell, and perhaps some more."""
    start = attack.ANA.removesuffix("</row>")
    return attack.sheet(f"{start}{cell}</row>{BOB}{more}")


def told(path: Path, rule: str) -> list[str]:
    """The cells at which a rule was broken."""
    checked = check_file(path, ReadOptions(), with_people=False)
    return [str(problem.cell) for problem in checked.problems if problem.id == rule]


def moved(path: Path, sheet_xml: str, part: str, target: str) -> Path:
    """A workbook whose sheet is another part than usual."""
    changed = {
        name: text.replace("/xl/worksheets/sheet1.xml", f"/{part}").replace(
            "worksheets/sheet1.xml", target
        )
        for name, text in attack.PARTS.items()
    }
    return attack.write(path, **{**changed, part: sheet_xml, SHEET: "<worksheet/>"})


FORMULAS = [
    "<f>A1</f>",
    "<f\n>A1</f>",
    "<f\tca='1'>A1</f>",
    "<f/>",
    "<f\r\n/>",
    f"<x:f xmlns:x='{attack.MAIN}'>A1</x:f>",
    f"<xm:f xmlns:xm='{attack.MAIN}'>A1</xm:f>",
    "<f><![CDATA[A1]]></f>",
    "<f>A1</f><v/>",
    "<f>A1</f><v></v>",
    "<f>A1</f><v> </v>",
]


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_without_a_result_is_never_blank(
    tmp_path: Path, formula: str, most_rows: int, *, long: bool
):
    """Read as blank, it would make a manager, however it is spelled and however long the list."""
    rows = range(4, most_rows + 10) if long else ()
    more = "".join(attack.row(n, (f"u{n}@acme.com", "U", f"N{n}")) for n in rows)
    path = attack.write(tmp_path / "people.xlsx", with_role(f'<c r="D2">{formula}</c>', more))
    if more and formula != FORMULAS[1]:
        assert inspect_archive(path.read_bytes()).with_formulas == {SHEET}
    else:
        assert told(path, "formula-without-value") == ["Users!D2"]


def test_a_formula_may_give_a_text_of_spaces(tmp_path: Path):
    """It was worked out, and shows nothing, unless the workbook asks to work it out anew."""
    path = attack.write(
        tmp_path / "people.xlsx", with_role('<c r="D2" t="str"><f>A1</f><v> </v></c>')
    )
    for recalculates in (False, True):
        found = odd_cells(path.read_bytes(), SHEET, recalculates=recalculates)
        assert found.unstored == ({(2, 3)} if recalculates else set())


@pytest.mark.parametrize(
    "kind", ['t="e"', "t='e'", 't = "e"', "t\n=\n'e'", 't="e" s="0"', "s='0'\tt='e'"]
)
def test_an_error_is_never_blank(tmp_path: Path, kind: str):
    """XML has many ways to write an attribute."""
    sheet = with_role(f'<c r="D2" {kind}><v>#N/A</v></c>')
    assert told(attack.write(tmp_path / "people.xlsx", sheet), "error-value") == ["Users!D2"]


def test_a_letter_of_an_attribute_may_be_a_number(tmp_path: Path):
    """The quick search doesn't rule out what it can't read."""
    path = attack.write(tmp_path / "people.xlsx", with_role('<c r="D2" t="&#101;"/>'))
    assert inspect_archive(path.read_bytes()).with_formulas == {SHEET}


def test_an_ordinary_sheet_is_not_looked_through(tmp_path: Path):
    """The slow search is for sheets that need it; formulas of choices stand in no cell."""
    choices = (
        '<extLst><ext xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><xm:f>'
        "Key!A1:A4</xm:f></ext></extLst>"
    )
    path = attack.write(
        tmp_path / "people.xlsx",
        attack.sheet(attack.ANA).replace("</worksheet>", choices + "</worksheet>"),
    )
    assert not inspect_archive(path.read_bytes()).with_formulas


PLACES = [
    ("xl/sheets/users.xml", "sheets/users.xml"),
    ("data/users.xml", "../data/users.xml"),
    ("data/users.xml", "/data/users.xml"),
    ("xl/worksheets/our users.xml", "worksheets/our%20users.xml"),
    ("xl/Worksheets/Users.xml", "worksheets/users.xml"),
]


@pytest.mark.parametrize(("part", "target"), PLACES)
def test_a_sheet_is_found_wherever_it_is(tmp_path: Path, part: str, target: str):
    """A relationship says where, and nothing else does."""
    sheet = with_role("<c r='D2'><f>A1</f></c>")
    path = moved(tmp_path / "people.xlsx", sheet, part, target)
    assert told(path, "formula-without-value") == ["Users!D2"]


def with_main(path: Path, main: str) -> Path:
    """A workbook whose main part is another one than usual."""
    folder, _, name = main.rpartition("/")
    parts = {
        "[Content_Types].xml": attack.PARTS["[Content_Types].xml"].replace("xl/workbook.xml", main),
        "_rels/.rels": attack.PARTS["_rels/.rels"].replace("xl/workbook.xml", main),
        main: attack.PARTS["xl/workbook.xml"],
        f"{folder}/_rels/{name}.rels": attack.PARTS["xl/_rels/workbook.xml.rels"].replace(
            "worksheets/", "/xl/worksheets/"
        ),
    }
    return attack.write(
        path, attack.sheet(attack.ANA + BOB), **{**parts, "xl/workbook.xml": "<a/>"}
    )


@pytest.mark.parametrize("main", ["xl/workbook2.xml", "book/main.xml"])
def test_the_main_part_is_found_wherever_it_is(tmp_path: Path, main: str):
    """Some programs call it otherwise, which is legal."""
    assert read(with_main(tmp_path / "people.xlsx", main)).ready == 2


def read(path: Path) -> Checked:
    """Check a file as the commands do."""
    return check_file(path, ReadOptions())


def as_cdata(sheet: str) -> str:
    """The same sheet with its values in CDATA."""
    values = re.sub(r't="inlineStr"><is><t>(.*?)</t></is>', r't="str"><v><![CDATA[\1]]></v>', sheet)
    return values.replace("<sheetData>", "<!-- <![CDATA[ --><sheetData>")


REWRITTEN: dict[str, Callable[[str], str | bytes]] = {
    "CDATA": as_cdata,
    "UTF-16": lambda sheet: sheet.replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 without a mark": lambda sheet: sheet.replace("UTF-8", "UTF-16").encode("utf-16-le"),
    "Latin 1": lambda sheet: sheet.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
    "prefixes": lambda sheet: re.sub(r"<(/?)(?=[a-z])", r"<\1x:", sheet).replace(
        "xmlns", "xmlns:x"
    ),
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_legal_xml_is_read(tmp_path: Path, how: str):
    """What another program can read is read here, letters outside ASCII included."""
    sheet = attack.sheet(attack.ANA.replace("Perez", "Pérez & Søn".replace("&", "&amp;")) + BOB)
    if how == "CDATA":
        sheet = sheet.replace("&amp;", "&")
    path = attack.write(tmp_path / "people.xlsx", REWRITTEN[how](sheet))
    checked = read(path)
    assert [person.last_name for person in checked.people] == ["Pérez & Søn", "Hope"]
    assert not {p.id for p in checked.problems} & {"second-reader-failed", "readers-disagree"}


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET])
@pytest.mark.parametrize("encoding", ["x-nonsense", "utf-7", "base64", "idna"])
def test_an_unknown_encoding_is_one_sentence(tmp_path: Path, part: str, encoding: str):
    """A part that no parser can read is named."""
    text = attack.PARTS.get(part) or attack.sheet(attack.ANA)
    start = f'<?xml version="1.0" encoding="{encoding}"?>'
    odd = re.sub(r"^<\?xml.*?\?>", start, text)
    with pytest.raises(FileProblemError, match=f"its part {part} is written in an unknown enc"):
        read(attack.write(tmp_path / "people.xlsx", **{part: odd}))


@pytest.mark.parametrize(
    ("cell", "recalculates", "found"),
    [
        ("<f>A</f><v>0</v>", True, "unstored"),
        ("<f>A</f><v>0</v>", False, "zeros"),
        ("<f>A</f><v>1</v>", True, ""),
        ('t="str"><f>A</f><v></v>', False, ""),
        ('t="str"><f>A</f><v></v>', True, "unstored"),
        ('t="str"><f>A</f>', False, "unstored"),
        ('t="b"><f>A</f><v>0</v>', True, "unstored"),
        ("<v>0</v>", True, ""),
    ],
)
def test_a_result_is_believed_where_it_was_worked_out(
    tmp_path: Path, cell: str, recalculates: bool, found: str
):
    """0 and nothing may be what a program wrote that can't calculate."""
    start = cell if cell.startswith("t=") else f">{cell}"
    path = attack.write(tmp_path / "people.xlsx", with_role(f'<c r="D2" {start}</c>'))
    odd = odd_cells(path.read_bytes(), SHEET, recalculates=recalculates)
    assert (odd.unstored, odd.zeros) == (
        {(2, 3)} if found == "unstored" else set(),
        {(2, 3)} if found == "zeros" else set(),
    )


def test_an_array_formula_without_a_result_fills_its_range(tmp_path: Path):
    """The other cells of its range hold no formula, and perhaps aren't there at all."""
    cell = '<c r="D2"><f t="array" ref="D2:D3">A1:A2</f></c>'
    path = attack.write(tmp_path / "people.xlsx", with_role(cell))
    assert odd_cells(path.read_bytes(), SHEET, recalculates=False).unstored == {(2, 3), (3, 3)}


@pytest.mark.parametrize("is_long", [False, True])
def test_a_formula_may_link_to_another_address(tmp_path: Path, is_long: bool, most_rows: int):
    """It is told like a link, also above 20,000 rows; several cells may share one formula."""
    link = """<f t="shared" ref="A4:A5" si="1">HYPERLINK("mailto:ana@acme.com",B4)</f>"""
    cells = [(link, "other@acme.com"), ('<f t="shared" si="1"/>', "Write"), ("<f>B6</f>", "i@j.de")]
    body = attack.ANA + BOB
    for row, (formula, text) in enumerate(cells, start=4):
        names = attack.cell(f"B{row}", f"U{row}") + attack.cell(f"C{row}", f"N{row}")
        body += f'<row r="{row}"><c r="A{row}" t="str">{formula}<v>{text}</v></c>{names}</row>'
    for row in range(7, most_rows + 10) if is_long else ():
        body += attack.row(row, (f"u{row}@acme.com", "U", f"N{row}"))
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body))
    assert told(path, "link-differs") == ["Users!A4"]
    assert told(path, "address-from-link") == ["Users!A5"]
    assert bool(told(path, "one-reader-only")) is is_long


@pytest.mark.parametrize("label", ["StrongEncryptionDataSpace", "DRMEncryptedDataSpace"])
def test_a_label_is_no_password(tmp_path: Path, label: str):
    """Rights management is undone in another way than a password."""
    path = tmp_path / "people.xlsx"
    names = f"EncryptedPackage{label}".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + names)
    with pytest.raises(FileProblemError, match=r"password|label") as told_so:
        read(path)
    assert ("label" in told_so.value.message) is label.startswith("DRM")


@pytest.mark.parametrize(
    "text", ["<c " * 300_000, "<row " * 200_000, "<" + "a" * 1_000_000, "<v " * 300_000]
)
def test_a_part_of_repeated_tags_costs_little(tmp_path: Path, text: str):
    """The work grows with the size of a part, not with its square."""
    body = f"{attack.ANA}<!-- {text} -->"
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(body, before='<x r="ZZ1"/>'))
    assert read(path).ready == 1


def test_a_far_value_costs_what_filled_cells_cost(tmp_path: Path):
    """A million blank rows above a note are passed over at once."""
    note = f'<row r="1048576">{attack.cell("H1048576", "end of list")}</row>'
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(attack.ANA + note))
    checked = read(path)
    assert (checked.ready, [p.id for p in checked.problems]) == (1, ["extra-cells"])
