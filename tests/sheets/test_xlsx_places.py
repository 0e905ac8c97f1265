"""Where rows and cells say that they stand: nobody is lost who is given twice or written oddly."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from aapimport.check.check_file import ReadOptions, check_file
from aapimport.errors import AnswerNeededError
from aapimport.sheets.formats.xlsx_places import odd_rows
from aapimport.sheets.letters import OddRows
from sheets import attack_files as attack

SHEET = "xl/worksheets/sheet1.xml"
ASCII = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def people(numbers: Iterable[int]) -> str:
    """A row for each number."""
    return "".join(attack.row(n, (f"u{n}@acme.com", "U", f"N{n}")) for n in numbers)


def look(folder: Path, xml: str | bytes) -> OddRows:
    """What is odd about the places in a sheet."""
    return odd_rows(attack.write(folder / "people.xlsx", xml).read_bytes(), SHEET)


ROW_TWICE = people((2, 3, 3))
CELL_TWICE = people((2, 3)).replace("</row>", f"{attack.cell('C3', 'Zed')}</row>")
SMALL_LETTER = CELL_TWICE.replace('"C3" t="inlineStr"><is><t>Zed', '"c3" t="inlineStr"><is><t>Zed')
NO_PLACE = people((2, 3)).replace('<c r="A3"', f'<c t="str"><v>x</v></c>{"<c r="}"A3"')
ZERO = CELL_TWICE.replace('"C3" t="inlineStr"><is><t>Zed', '"C03" t="inlineStr"><is><t>Zed')


@pytest.mark.parametrize("body", [ROW_TWICE, CELL_TWICE, SMALL_LETTER, NO_PLACE, ZERO])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_what_is_given_twice_is_found_however_it_is_written(
    tmp_path: Path, body: str, encoding: str
) -> None:
    """One of the two would be lost without a word."""
    xml = (
        attack.sheet(body)
        .replace("UTF-8", encoding.removesuffix("-le").removesuffix("-be"))
        .encode(encoding)
    )
    assert look(tmp_path, xml).twice == [3]


LONG_ROW = "".join(attack.cell(f"{a}{b}4", "x" * 4000) for a in ASCII for b in ASCII)


EXCELS_OWN = (
    '<row r="2" spans="1:6" x14ac:dyDescent="0.25"><c r="A2" s="1"/><c r="B2" t="s" s="2">'
    '<v>1</v></c><c r="C2" t="str"><f>A1&amp;"x"</f><v>a</v></c>'
    '<c r="D2"><f t="shared" si="0"/><v>1</v></c></row>'
)
VALIDATION = '<dataValidations><dataValidation prompt="a&#10;b"/></dataValidations>'


@pytest.mark.parametrize(
    "body",
    [
        people(range(2, 12_000)),
        people((2, 3)).replace("</row>", "</row>\n  ").replace("<c ", "\n    <c "),
        people((2, 3)).replace('<c r="B3"', "<c"),
        people((2, 3)).replace(' r="3"', "").replace('r="A3" ', ""),
        people((2, 3)).replace("<t>U</t>", "<r><rPr><b/></rPr><t>U</t></r><r><t>v</t></r>"),
        people((2, 3)).replace("<t>U</t>", "<t>U</t><phoneticPr fontId='1'/>"),
        people((2, 3)).replace("<t>U</t>", "<t>R&amp;D &#38; co -> x</t>"),
        f"<row r='2' hidden='1' customHeight='1'/>{people((3,))}",
        EXCELS_OWN,
        people((2,)) + f'<row r="4">{LONG_ROW}</row>' + people((5,)),
    ],
)
def test_what_programs_write_is_neither_odd_nor_slow(tmp_path: Path, body: str) -> None:
    """White space, rows and cells without a number, rich text, formulas, entities in texts."""
    xml = attack.sheet(body).replace("</worksheet>", f"{VALIDATION}</worksheet>")
    nothing = OddRows(twice=[])
    assert look(tmp_path, xml) == nothing
    prefixed = xml.replace("</", "</\0").replace("<\0", "<")
    for name in ("worksheet", "sheetData", "row", "c", "v", "f", "is", "t", "r", "rPr", "b"):
        for before, after in (("<", " "), ("<", ">"), ("<", "/"), ("</\0", ">")):
            prefixed = prefixed.replace(f"{before}{name}{after}", f"{before}x:{name}{after}")
    prefixed = prefixed.replace("</\0", "</").replace("worksheet xmlns=", "worksheet xmlns:x=")
    assert look(tmp_path, prefixed) == nothing


@pytest.mark.parametrize(
    "odd",
    [
        '<c r="D3" t="str"><v>client admin</v><v>facilitator</v></c>',
        '<c r="D3" t="inlineStr"><is><t>x</t></is><is><t>facilitator</t></is></c>',
        '<c r="D3" t="inlineStr"><is><t>client</t><t>admin</t></is></c>',
        '<c r="D3"><is><t>facilitator</t></is></c>',
        '<c r="D3" t="str"><is><t>facilitator</t></is></c>',
        '<c r="D3" t="inlineStr"><v>facilitator</v></c>',
        '<c r="D3" s="&#49;"/>',
        "<c r='D3' s='&#49;'/>",
        '<c r="D3" xmlns="urn:other" t="str"><v>facilitator</v></c>',
        '<x:c r="D3" t="str"><v>facilitator</v></x:c>',
        '<extLst><ext uri="x"><c r="D3" t="str"><v>facilitator</v></c></ext></extLst>',
        '</row><row r="4" hidden="&#49;">',
        '</row><row r="4" spans="1>2" hidden="1">',
    ],
)
@pytest.mark.parametrize("far", [0, 12_000])
def test_what_readers_may_take_differently_is_for_the_slow_one(
    tmp_path: Path, odd: str, far: int
) -> None:
    """Wherever it stands, among as many others as you like."""
    third = people((3,)).replace("</row>", f"{odd}</row>")
    body = f"{people((2,))}{third}{people(range(5, 5 + far))}"
    assert look(tmp_path, attack.sheet(body)).strange


def test_a_cell_below_all_rows_is_for_the_slow_reader(tmp_path: Path) -> None:
    """One reader looks for cells everywhere."""
    cell = '<extLst><ext><c r="D2" t="str"><v>client admin</v></c></ext></extLst>'
    xml = attack.sheet(people((2, 3))).replace("</worksheet>", f"{cell}</worksheet>")
    assert look(tmp_path, xml).strange


def test_the_slow_reader_reads_a_long_list_that_is_written_oddly(
    tmp_path: Path, most_rows: int
) -> None:
    """One reader alone would give rights to somebody, or miss that a row is hidden."""
    body = people(range(2, most_rows + 10))
    hidden = body.replace('<row r="9"', '<row r="9" hidden="&#49;"')
    with pytest.raises(AnswerNeededError, match="row 9 u9"):
        check_file(attack.write(tmp_path / "a.xlsx", attack.sheet(hidden)), ReadOptions())
    two = '<c r="D9" t="str"><v>client admin</v><v>facilitator</v></c></row><row r="10"'
    path = attack.write(tmp_path / "b.xlsx", attack.sheet(body.replace('</row><row r="10"', two)))
    problems = check_file(path, ReadOptions()).problems
    assert [str(p.cell) for p in problems if p.id == "readers-disagree"] == ["Users!D9"]
