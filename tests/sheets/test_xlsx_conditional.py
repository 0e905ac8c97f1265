"""What conditional formats may do is told however they are written, in sheets of any length."""

from pathlib import Path

import pytest

from aapimport.sheets.facts import Reason, Unseen
from aapimport.sheets.formats.xlsx_conditional import conditional_formats
from sheets import attack_files as attack

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
STRUCK = "<font><strike/></font>"
WHITE = '<font><color rgb="FFFFFFFF"/></font>'
RED = '<fill><patternFill><bgColor rgb="FFFF0000"/></patternFill></fill>'


def formats_of(path: Path, below: str, looks: str) -> object:
    """The conditional formats of a sheet with something below its cells."""
    styles = f'<styleSheet xmlns="{attack.MAIN}"><dxfs>{looks}</dxfs></styleSheet>'
    sheet = attack.sheet(attack.ANA).replace("</sheetData>", f"</sheetData>{below}")
    attack.write(path, sheet, **attack.with_styles(styles))
    return conditional_formats(path.read_bytes(), SHEET, STYLES)


@pytest.mark.parametrize(
    ("look", "how"),
    [
        (STRUCK, "cross people out"),
        ('<font><strike val="0"/></font>', ""),
        (WHITE, "cross people out"),
        (WHITE + RED, ""),
        (WHITE + RED.replace("FFFF0000", "FFFFFFFF"), "cross people out"),
        (WHITE + "<fill/>", "cross people out"),
        (RED, ""),
        ('<numFmt numFmtId="170" formatCode=";;;"/>', "show another text"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x14:"], ids=["in the styles", "beside the rule"])
def test_what_a_look_does_to_a_value(tmp_path: Path, prefix: str, look: str, how: str) -> None:
    """A format refers to a look among the styles, or, in newer files, has it beside its rule."""
    inside = f"<x14:dxf>{look}</x14:dxf>" if prefix else ""
    where = "<xm:sqref>A2:C9 E5</xm:sqref>" if prefix else ""
    place, refers = ("", "") if prefix else ('sqref="A2:C9 E5"', 'dxfId="1"')
    below = (
        f"<{prefix}conditionalFormatting {place}>"
        f"<{prefix}cfRule {refers}>{inside}</{prefix}cfRule>{where}"
        f"</{prefix}conditionalFormatting>"
    )
    if prefix:
        named = 'xmlns:x14="urn:x14" xmlns:xm="urn:xm"'
        below = f"<extLst><ext {named}>{below}</ext></extLst>"
    found = formats_of(tmp_path / "people.xlsx", below, f"<dxf/><dxf>{look}</dxf>")
    assert found == ([((2, 0, 9, 2), how), ((5, 4, 5, 4), how)] if how else [])


def test_whole_columns_and_bars_in_place_of_a_value(tmp_path: Path) -> None:
    """A bar or a picture may stand where the value was."""
    below = (
        '<conditionalFormatting sqref="$F:$F"><cfRule><dataBar showValue="0"/></cfRule>'
        "</conditionalFormatting>"
    )
    found = formats_of(tmp_path / "people.xlsx", below, "")
    assert found == [((1, 5, 1_048_576, 5), "hide the value")]


@pytest.mark.parametrize(
    "below",
    ["<oddTag>", "<conditionalFormatting sqref='?'><cfRule dxfId='0'/></conditionalFormatting>"],
)
def test_a_look_that_fails_is_no_look(tmp_path: Path, below: str) -> None:
    """What can't be read may hide anything."""
    found = formats_of(tmp_path / "people.xlsx", below, f"<dxf>{STRUCK}</dxf>")
    assert found == Unseen(Reason.FAILED)
