"""Files of people to be broken: of each kind one that passes, and one with a bit of everything."""

import csv
import datetime as dt
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font

from sheets.mutations import parts_of, zipped
from sheets.other_formats import Cell, More, compound, write_ods, write_xls, write_xlsb, xls_record
from sheets.xls_records import workbook_stream

HEADERS = (
    *("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled"),
    "Office",
)
PEOPLE: list[Sequence[Cell]] = [
    ("ana.perez@acme.com", "Ana María", "Pérez", "", "Sales EMEA", 1, "Madrid"),
    ("wei.li@acme.com", "伟", "李", "individualcontributor", "Sales EMEA", "", "Shanghai"),
    ("sinead.oneil@acme.com", "Sinéad", "O'Neil", "facilitator", "", 1, "Cork"),
    ("jurgen.muller@acme.com", "Jürgen", "Müller-Groß", "facilitator", "Finance", "", "Bonn"),
    ("chidi.okafor@acme.com", "Chidi", "Okafor", "", "Finance", "", "Lagos"),
    ("yuki.tanaka@acme.com", "Yuki", "Tanaka", "individualcontributor", "", 1, "Osaka"),
    ("lars.holm@acme.com", "Lars", "Holm", "", "Team & Co <2>", "", "Malmö"),
    ("fatima.zahra@acme.com", "Fatima", "Zahra", "", "Finance", 1, "Fez"),
    ("bruno.costa@acme.com", "Bruno", "Costa", "individualcontributor", "", "", "Porto"),
    ("ines.dubois@acme.com", "Inès", "Dubois", "", "Sales EMEA", "", "Lyon"),
]
ODD: list[Sequence[Cell]] = [
    ("kofi.mensah@acme.com", "Kofi", "Mensah", "client admin", 2026, True, 12.5),
    ("x", "=1+1", 5, "#N/A", None, False, 1e300),
    (" Olga.Ivanova@ACME.com ", "Olga\nM.", "Ivanova", "Learner", " Finance", 0, None),
    ("ana.perez@acme.com", "Ana", "Perez", "boss", "Sales", "x", ""),
]
ROWS = [HEADERS, *PEOPLE]
ALL_ROWS = [*ROWS, *ODD]
_CHIDI = "<text:p>Chi<text:span>di</text:span><text:tab/></text:p>"
_FATIMA = ' office:value-type="string"><text:p>Fatima'
_REST_OF_THE_SHEET = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
    ' table:number-columns-repeated="1024"/></table:table-row>'
)
_HIDDEN_ROW, _ERROR_CELL, _FORMULA_CELL, _MERGED, _HIDDEN_COLUMN = 0x0208, 0x0205, 6, 0xE5, 0x7D


def write_originals(folder: Path) -> dict[str, list[Path]]:
    """Write them all; the files of each kind, by its name."""
    return {
        kind: [write(folder / f"original{at}.{kind}") for at, write in enumerate(ways)]
        for kind, ways in _WRITERS.items()
    }


def _xlsx(path: Path) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Users"
    for row in ROWS:
        sheet.append([*row])
    sheet["A3"].hyperlink = "mailto:wei.li@acme.com"
    sheet.column_dimensions["G"].hidden = True
    sheet["B4"].font = Font(bold=True)
    sheet.auto_filter.ref = "A1:G11"
    sheet.freeze_panes = "A2"
    book.save(path)
    return path


def _odd_xlsx(path: Path) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Users"
    for row in ALL_ROWS:
        sheet.append([*row])
    sheet["A3"].hyperlink = "mailto:bob@acme.com"
    sheet["A5"].comment = Comment("moved in May", "HR")
    sheet["C5"].font = Font(strike=True)
    sheet["E4"] = dt.date(2026, 5, 1)
    sheet["F6"].number_format = '"yes";;"no"'
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet.merge_cells("B6:C7")
    sheet.conditional_formatting.add("A2:A9", CellIsRule("equal", ["1"], font=Font(strike=True)))
    other = book.create_sheet("Leavers")
    other.append(("gone.by@acme.com", "Gone", "By"))
    book.create_sheet("Key").sheet_state = "hidden"
    book.save(path)
    return path


def _xlsb(path: Path) -> Path:
    return write_xlsb(path, ROWS, More(hidden_columns=(6,)))


def _odd_xlsb(path: Path) -> Path:
    more = More(
        hidden_rows=(3,),
        hidden_columns=(4,),
        errors=((5, 3),),
        merged=((6, 7, 1, 2),),
        links={(2, 0): "mailto:bob@acme.com"},
        formats={(4, 5): '"yes";;"no"', (11, 4): "yyyy-mm-dd"},
        looks={(4, 2): "struck"},
        letters={(8, 1): "white"},
    )
    return write_xlsb(path, ALL_ROWS, more)


def _xls(path: Path) -> Path:
    return write_xls(path, ROWS)


def _odd_xls(path: Path) -> Path:
    stream = workbook_stream(write_xls(path, ALL_ROWS, {(11, 4): "yyyy-mm-dd"}).read_bytes())
    end = xls_record(0x000A)
    body = stream.rstrip(b"\0")
    body = body[: body.rindex(end[:1])]
    formula = struct.pack("<HHHdHIH", 4, 3, 0, 0.0, 2, 0, 0)
    more = (
        (_HIDDEN_COLUMN, struct.pack("<HHHHHH", 4, 4, 2304, 0, 1, 0)),
        (_HIDDEN_ROW, struct.pack("<HHHHHHHH", 3, 0, 7, 255, 0, 0, 0x20, 0)),
        (_ERROR_CELL, struct.pack("<HHHBB", 5, 3, 0, 0x2A, 1)),
        (_FORMULA_CELL, formula),
        (_MERGED, struct.pack("<HHHHH", 1, 6, 7, 1, 2)),
    )
    records = b"".join(xls_record(kind, content) for kind, content in more)
    path.write_bytes(compound(body + records + end))
    return path


def _ods(path: Path) -> Path:
    return write_ods(path, ROWS)


def _odd_ods(path: Path) -> Path:
    parts = dict(parts_of(write_ods(path, ALL_ROWS, between="\n").read_bytes()))
    content = parts["content.xml"].decode()
    for old, new in (
        ("<table:table-row>", '<table:table-row table:visibility="collapse">'),
        ("<table:table-cell/>", '<table:table-cell table:number-columns-repeated="3"/>'),
        (
            "<text:p>Chidi</text:p>",
            "<office:annotation><text:p>moved in May</text:p></office:annotation>" + _CHIDI,
        ),
        (
            "<table:table-cell" + _FATIMA,
            '<table:table-cell table:number-columns-spanned="2" table:formula="of:=A1"' + _FATIMA,
        ),
        (
            "</table:table>",
            _REST_OF_THE_SHEET + "</table:table>",
        ),
    ):
        before, found, after = content.rpartition(old)
        content = before + new + after if found else content
    path.write_bytes(zipped([*{**parts, "content.xml": content.encode()}.items()]))
    return path


def _csv(path: Path) -> Path:
    return _text(path, ROWS)


def _odd_csv(path: Path) -> Path:
    return _text(path, [("People of", "Acme"), (), *ALL_ROWS, (), ("Total", 14)])


def _text(path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


_WRITERS: dict[str, tuple[Callable[[Path], Path], ...]] = {
    "xlsx": (_xlsx, _odd_xlsx),
    "xls": (_xls, _odd_xls),
    "xlsb": (_xlsb, _odd_xlsb),
    "ods": (_ods, _odd_ods),
    "csv": (_csv, _odd_csv),
}
"""Of each kind: what passes, and what doesn't."""
