"""What a sheet has that only the slow reader tells is found by a cheap look, and never missed."""

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Color, Font, PatternFill

from aapimport.check.check_file import ReadOptions, check_file
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
        ({"font": Font(strike=True)}, Suspects(crossed_out={1: [3]})),
        ({"font": Font(strike=False)}, Suspects()),
        ({"font": Font(color=Color(theme=0))}, Suspects(crossed_out={1: [3]})),
        ({"font": Font(color=Color(theme=0, tint=-0.5))}, Suspects()),
        (
            {"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FFFFFFFF")},
            Suspects(crossed_out={1: [3]}),
        ),
        ({"font": Font(color="FFFFFFFF")}, Suspects(crossed_out={1: [3]})),
        (
            {"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FF000000")},
            Suspects(),
        ),
        ({"number_format": '"EMEA "@'}, Suspects(formatted={1: [3]})),
        ({"number_format": ";;;"}, Suspects(formatted={1: [3]})),
        ({"number_format": '[=1]"No";General'}, Suspects(formatted={1: [3]})),
        ({"number_format": "[White]0"}, Suspects(formatted={1: [3]})),
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


def shared(path: Path, letters: str, cells: str) -> Path:
    """A workbook whose second shared text has such letters; cells of style 1 have the fill."""
    styles = (
        f'<styleSheet xmlns="{attack.MAIN}"><fonts><font/></fonts><fills><fill/>'
        f'<fill><patternFill patternType="solid"><fgColor rgb="FF000080"/></patternFill></fill>'
        f'</fills><cellXfs><xf/><xf fillId="1"/></cellXfs></styleSheet>'
    )
    texts = (
        f'<sst xmlns="{attack.MAIN}"><si><t>Ana</t></si><si><r><rPr>{letters}</rPr><t>Li</t></r>'
        "</si><si><t>Bo</t></si></sst>"
    )
    more = {**attack.with_styles(styles), "xl/sharedStrings.xml": texts}
    return attack.write(path, attack.sheet(f'<row r="2">{cells}</row>'), **more)


OWN, OTHERS = '<c r="B2" t="s"><v>1</v></c>', '<c r="B2" t="s"><v>0</v></c><c r="C2"><v>1</v></c>'
FILLED = '<c r="B2" s="1" t="s"><v>1</v></c>'
WHITE = '<color rgb="FFFFFFFF"/>'


@pytest.mark.parametrize(
    ("letters", "cells", "found"),
    [
        ("<strike/>", OWN, {1: [2]}),
        ("<strike/>", FILLED, {1: [2]}),
        ("<strike/>", OTHERS, {}),
        ('<strike val="0"/>', OWN, {}),
        (WHITE, OWN, {1: [2]}),
        (WHITE, FILLED, {}),
        (WHITE, OTHERS, {}),
        ('<color rgb="FF0000FF"/>', OWN, {}),
    ],
)
def test_letters_of_a_shared_text_are_its_cells(
    tmp_path: Path, letters: str, cells: str, found: dict[int, list[int]]
) -> None:
    """A text of another sheet, or the number of one, says nothing of this one's people."""
    data = shared(tmp_path / "people.xlsx", letters, cells).read_bytes()
    assert suspects(data, SHEET, STYLES, "xl/sharedstrings.xml").crossed_out == found


@pytest.mark.parametrize(
    ("font", "found"),
    [
        (InlineFont(strike=True), {1: [2]}),
        (InlineFont(color=Color("FFFFFFFF")), {1: [2]}),
        (InlineFont(color=Color("FF0000FF")), {}),
    ],
)
def test_letters_in_the_sheet_itself_are_found(
    tmp_path: Path, font: InlineFont, found: dict[int, list[int]]
) -> None:
    """Openpyxl writes such texts there; the colour of the sheet's tab is none of theirs."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in ("Email Address", "First Name"), ("ana@acme.com", "Ana"), ("li@acme.com", "Li"):
        sheet.append(row)
    sheet["B2"] = CellRichText(TextBlock(font, "Ana"), " Maria")
    sheet.sheet_properties.tabColor = "FFFFFFFF"
    workbook.save(tmp_path / "people.xlsx")
    assert look(tmp_path / "people.xlsx") == Suspects(crossed_out=found)


@pytest.mark.parametrize("first", [1, 2])
def test_a_header_in_white_is_nobodys(tmp_path: Path, most_rows: int, first: int) -> None:
    """A table's style colours what stands behind it; below it, somebody looks crossed out."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(attack.HEADERS)
    for number in range(most_rows + 1):
        sheet.append((f"u{number}@acme.com", "U", f"N{number}"))
    for cell in (*sheet[1], *sheet[first]):
        cell.font = Font(color="FFFFFFFF")
    workbook.save(tmp_path / "people.xlsx")
    problems = check_file(tmp_path / "people.xlsx", ReadOptions()).problems
    told = [str(problem.cell) for problem in problems if problem.id == "crossed-out"]
    assert told == ([] if first == 1 else ["Sheet!A2"])


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
    assert look(path) == Suspects(crossed_out={-1: [0]})
