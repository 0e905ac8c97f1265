"""What a sheet has that only the slow reader tells is found by a cheap look, and never missed."""

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Color, Font, PatternFill

from aapimport.sheets.formats.xlsx_unlooked import suspects
from aapimport.sheets.letters import Suspects
from sheets import attack_files as attack

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"


def look(path: Path) -> Suspects:
    """What is found in the first sheet, but for formats of numbers, which any style may have."""
    return replace(suspects(path.read_bytes(), SHEET, STYLES), numbers=False)


@pytest.mark.parametrize(
    ("how", "found"),
    [
        ({"font": Font(strike=True)}, Suspects(crossed_out={1: 3})),
        ({"font": Font(strike=False)}, Suspects()),
        ({"font": Font(color=Color(theme=0))}, Suspects(crossed_out={1: 3})),
        ({"font": Font(color=Color(theme=0, tint=-0.5))}, Suspects()),
        (
            {"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FFFFFFFF")},
            Suspects(crossed_out={1: 3}),
        ),
        ({"font": Font(color="FFFFFFFF")}, Suspects(crossed_out={1: 3})),
        (
            {"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FF000000")},
            Suspects(),
        ),
        ({"number_format": '"EMEA "@'}, Suspects(formatted={1: 3})),
        ({"number_format": ";;;"}, Suspects(formatted={1: 3})),
        ({"number_format": '[=1]"No";General'}, Suspects(formatted={1: 3})),
        ({"number_format": "[White]0"}, Suspects(formatted={1: 3})),
        ({"number_format": "yyyy-mm-dd"}, Suspects()),
        ({"number_format": "#,##0.00 [$€-1]"}, Suspects()),
        ({"hyperlink": "mailto:ana@acme.com"}, Suspects(links=True)),
        ({"hyperlink": "https://acme.com"}, Suspects()),
    ],
)
def test_what_a_cell_has(tmp_path: Path, how: dict[str, object], found: Suspects) -> None:
    """Its place is told; a style that no filled cell has says nothing."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(("ana@acme.com", "Ana"))
    sheet.append(("li@acme.com", "Li"))
    sheet["B3"] = "Bo"
    for name, value in how.items():
        setattr(sheet["B3"], name, value)
    sheet["D9"].font = Font(strike=True)  # blank
    workbook.save(tmp_path / "people.xlsx")
    assert look(tmp_path / "people.xlsx") == found


def test_letters_that_are_struck_through_are_found(tmp_path: Path) -> None:
    """They may be anybody's, as many cells share a text."""
    workbook = Workbook()
    struck = TextBlock(InlineFont(strike=True), "Ana")
    workbook.worksheets[0]["A1"] = CellRichText(struck, " Maria")
    workbook.save(tmp_path / "people.xlsx")
    data = (tmp_path / "people.xlsx").read_bytes()
    for strings in ("xl/sharedStrings.xml", ""):  # openpyxl writes such texts into the sheet
        assert suspects(data, SHEET, STYLES, strings).crossed_out == {-1: 1}


@pytest.mark.parametrize(("colour", "white"), [("FFFFFFFF", True), ("FF0000FF", False)])
def test_letters_in_white_are_found(tmp_path: Path, colour: str, *, white: bool) -> None:
    """Nobody sees them, unless their cell has another colour, at which nobody looks."""
    workbook = Workbook()
    workbook.worksheets[0]["A1"] = CellRichText(
        TextBlock(InlineFont(color=Color(colour)), "Ana"), " M"
    )
    workbook.worksheets[0].sheet_properties.tabColor = "FFFFFFFF"
    workbook.save(tmp_path / "people.xlsx")
    assert look(tmp_path / "people.xlsx") == Suspects(white_letters=white)


def test_a_sheet_without_styles_has_nothing(tmp_path: Path) -> None:
    """Programs write such sheets."""
    path = attack.write(tmp_path / "people.xlsx")
    assert suspects(path.read_bytes(), SHEET, "") == Suspects()


def test_a_look_that_fails_is_told(tmp_path: Path) -> None:
    """Damaged styles may hide anything."""
    path = attack.write(tmp_path / "people.xlsx", **attack.with_styles("<styleSheet><fonts>"))
    assert look(path) == Suspects(everything=True)


def test_a_cell_that_does_not_say_where_it_stands_is_found_all_the_same(tmp_path: Path) -> None:
    """Its place can be left out (ECMA-376 part 1, 18.3.1.4)."""
    styles = f"""<styleSheet xmlns="{attack.MAIN}"><fonts><font/><font><strike val="1"/></font>
        </fonts><cellXfs><xf/><xf fontId="1"/></cellXfs></styleSheet>"""
    body = "<row><c s='1' t='inlineStr'><is><t>Ana</t></is></c></row>"
    path = attack.write(tmp_path / "p.xlsx", attack.sheet(body), **attack.with_styles(styles))
    assert look(path) == Suspects(crossed_out={-1: 1})
