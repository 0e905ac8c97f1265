"""A forgotten cell far out, for which no reader has room."""

from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import FileProblemError
from aapimport.sheets.archive import read_tags
from aapimport.sheets.extent import _extent, far_cells
from sheets import attack_files as attack

PART = "xl/worksheets/sheet1.xml"


def with_cells(path: Path, *references: str) -> Path:
    """A workbook of one person, and something in some more cells."""
    rows = {reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"): "" for reference in references}
    for reference in references:
        rows[reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")] += attack.cell(reference, "x")
    body = "".join(f'<row r="{number}">{cells}</row>' for number, cells in rows.items())
    return attack.write(path, attack.sheet(attack.ANA + body))


@pytest.mark.parametrize(
    ("references", "named"),
    [
        (["XFD5000"], "Users!XFD5000,"),
        (["ZZ1048576"], "Users!ZZ1048576,"),
        (["ZZ3", "A1048576"], r"Users!ZZ3 and Users!A1048576,"),
        (["XFD3", *(f"A{number}" for number in range(4, 3300))], "Users!XFD3,"),
    ],
)
def test_the_cell_that_makes_a_sheet_too_large_is_named(
    tmp_path: Path, references: list[str], named: str
):
    """What is to be deleted is said, in place of a breakdown."""
    path = with_cells(tmp_path / "people.xlsx", *references)
    with pytest.raises(FileProblemError, match=f"people.xlsx holds something.* in {named}") as told:
        check_file(path, ReadOptions())
    assert "delete the empty columns and rows" in told.value.hint


def test_a_sheet_that_is_not_read_for_people_is_named_too(tmp_path: Path):
    """Every sheet is looked at to find the people, so every one has to fit."""
    more = {
        "xl/workbook.xml": attack.PARTS["xl/workbook.xml"].replace(
            "</sheets>", '<sheet name="My notes" sheetId="2" r:id="r2"/></sheets>'
        ),
        "xl/_rels/workbook.xml.rels": attack.PARTS["xl/_rels/workbook.xml.rels"].replace(
            "</Relationships>",
            '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        ),
        "[Content_Types].xml": attack.PARTS["[Content_Types].xml"].replace(
            "</Types>",
            '<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/vnd.openxml'
            'formats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        ),
        "xl/worksheets/sheet2.xml": attack.sheet(
            f"<row r='9000'>{attack.cell('XFD9000', 'x')}</row>"
        ),
    }
    path = attack.write(tmp_path / "people.xlsx", **more)
    with pytest.raises(FileProblemError, match="in 'My notes'!XFD9000,"):
        check_file(path, ReadOptions())


def test_far_cells_without_a_value_do_no_harm(tmp_path: Path):
    """A format alone takes no room, and neither does a far cell in a short sheet."""
    body = '<row r="900000"><c r="XFD900000" s="0"/><c r="XFC900000"><v></v></c></row>'
    path = attack.write(tmp_path / "people.xlsx", attack.sheet(attack.ANA + body))
    assert check_file(path, ReadOptions()).ready == 1
    assert check_file(with_cells(tmp_path / "wide.xlsx", "XFD3"), ReadOptions()).rows == 1


def test_cells_without_an_address_follow_one_another(tmp_path: Path):
    """A row and a cell that don't say where they are stand behind the one before."""
    body = "<row><c><v>1</v></c></row><row><c/><c/><c><v>1</v></c></row>"
    path = attack.write(
        tmp_path / "people.xlsx", f"<worksheet><sheetData>{body}</sheetData></worksheet>"
    )
    extent = _extent(path.read_bytes(), PART)
    assert (extent.rows.length(), extent.columns.length()) == (2, 3)
    assert far_cells(path.read_bytes(), "xl/none.xml") == ([], 0)


def test_pieces_of_a_part_end_between_tags(tmp_path: Path):
    """No tag is cut in two, and nothing is lost."""
    xml = attack.sheet("".join(attack.row(n, ("a" * 30,) * 6) for n in range(2, 9000)))
    path = attack.write(tmp_path / "people.xlsx", xml)
    pieces = list(read_tags(path.read_bytes(), PART))
    assert b"".join(pieces) == xml.encode()
    assert len(pieces) > 2
    assert all(piece.startswith(b"<") for piece in pieces)
