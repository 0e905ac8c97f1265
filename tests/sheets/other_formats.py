"""People written to the formats that no Python package in use here writes: xls, xlsb and ods.

Each file holds one sheet, `Users`, with the least that its format asks for. Sources: [MS-XLS] and
[MS-CFB], [MS-XLSB], OpenDocument 1.3 part 3.
"""

import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | bool | None
Rows = Sequence[Sequence[Cell]]
Formats = Mapping[tuple[int, int], str]
"""The number format of a cell, by row and column from 0."""

SHEET = "Users"
_EXTERNAL = ' TargetMode="External"'
_EXCEL = "application/vnd.ms-excel"
_TYPES = f"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.bin" ContentType="{_EXCEL}.sheet.binary.macroEnabled.main"/>
<Override PartName="/xl/styles.bin" ContentType="{_EXCEL}.styles"/>
<Override PartName="/xl/worksheets/sheet1.bin" ContentType="{_EXCEL}.worksheet"/></Types>"""
_NOT_AVAILABLE = b"\x2a"
_SECTOR = 512
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALLEST_STREAM = 4096


def write_ods(path: Path, rows: Rows, between: str = "") -> Path:
    """Write an OpenDocument spreadsheet; what is between its cells may be blanks or a comment."""
    lines = "".join(
        f"<table:table-row>{between.join(map(_ods_cell, row))}</table:table-row>" for row in rows
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3"'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f"<office:spreadsheet><table:table table:name={quoteattr(SHEET)}>{lines}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    parts = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    return _zip(path, {name: text.encode() for name, text in parts.items()})


def _ods_cell(value: Cell) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, str):
        # Blanks in a row would be one blank, so they have an element of their own.
        text = escape(value).replace("  ", " <text:s/>")
        kind = 'office:value-type="string"'
    else:
        text, kind = repr(value), f'office:value-type="float" office:value="{value!r}"'
    return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"


_BLACK, _WHITE = b"\5\0\0\0\0\0\0\xff", b"\5\0\0\0\xff\xff\xff\xff"
_FONTS = {
    "": (0, _BLACK),
    "struck": (8, _BLACK),
    "white": (0, _WHITE),
    "white on blue": (0, _WHITE),
    "themed": (0, b"\7\0\0\0\0\0\0\xff"),
}
"""The flags and the colour of a font by its look ([MS-XLSB] 2.4.149)."""
_BLUE = b"\1\0\0\0" + b"\5\0\0\0\0\0\x80\xff" + bytes(56)
"""A solid fill."""


@dataclass(frozen=True, kw_only=True)
class More:
    """What a sheet holds beside its values; rows and columns count from 0.

    Attributes:
        hidden_rows: Rows that nobody sees.
        hidden_columns: The same for columns.
        errors: Cells that show #N/A.
        merged: Ranges as (first row, last row, first column, last column).
        links: Where a cell leads.
        formats: The number format of a cell.
        looks: A key of `_FONTS` for a cell whose value is crossed out.
        letters: The same for a cell of which only the last letter is.
    """

    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    errors: tuple[tuple[int, int], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    formats: Formats = field(default_factory=dict)
    looks: Formats = field(default_factory=dict)
    letters: Formats = field(default_factory=dict)

    def style(self, cell: tuple[int, int]) -> tuple[str, str]:
        """The number format and the look of a cell."""
        return self.formats.get(cell, ""), self.looks.get(cell, "")


def write_xlsb(path: Path, rows: Rows, more: More = More()) -> Path:
    """Write a binary workbook."""
    book = (
        xlsb_record(131)
        + xlsb_record(143)
        + xlsb_record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide(SHEET))
    )
    styles = sorted({("", ""), *map(more.style, (*more.formats, *more.looks))})
    formats = [form for form, _ in styles]
    style_part = xlsb_record(278) + xlsb_record(615, struct.pack("<I", len(styles)))
    for at, form in enumerate(formats):
        style_part += xlsb_record(44, struct.pack("<H", 164 + at) + _wide(form or "General"))
    style_part += xlsb_record(616) + xlsb_record(611, struct.pack("<I", len(_FONTS)))
    for flags, colour in _FONTS.values():
        font = struct.pack("<4H4B", 220, flags, 400, 0, 0, 2, 0, 0)
        style_part += xlsb_record(43, font + colour + b"\0" + _wide("Calibri"))
    fills = xlsb_record(45, bytes(68)) + xlsb_record(45, _BLUE)
    style_part += (
        xlsb_record(612) + xlsb_record(603, struct.pack("<I", 2)) + fills + xlsb_record(604)
    )
    style_part += xlsb_record(617, struct.pack("<I", len(styles)))
    for at, (_, look) in enumerate(styles):
        at_font = [*_FONTS].index(look)
        fill = int(look.endswith("on blue"))
        style_part += xlsb_record(
            47, struct.pack("<HHHHHBBHH", 0, 164 + at, at_font, fill, 0, 0, 0, 0, 1)
        )
    links = {f"rId{at}": target for at, target in enumerate(more.links.values())}
    return _zip(
        path,
        {
            "[Content_Types].xml": _TYPES.encode(),
            "_rels/.rels": _links({"rId1": "xl/workbook.bin"}, "officeDocument"),
            "xl/workbook.bin": book + xlsb_record(144) + xlsb_record(132),
            "xl/_rels/workbook.bin.rels": _links(
                {"rId1": "worksheets/sheet1.bin", "rId2": "styles.bin"}, "worksheet", "styles"
            ),
            "xl/styles.bin": style_part + xlsb_record(618) + xlsb_record(279),
            "xl/worksheets/sheet1.bin": _xlsb_sheet(rows, more, styles),
            "xl/worksheets/_rels/sheet1.bin.rels": _links(links, "hyperlink"),
        },
    )


def _xlsb_sheet(rows: Rows, more: More, styles: Sequence[tuple[str, str]]) -> bytes:
    width = max(map(len, rows), default=1)
    sheet = xlsb_record(129) + xlsb_record(
        148, struct.pack("<4I", 0, max(len(rows) - 1, 0), 0, width - 1)
    )
    if more.hidden_columns:
        sheet += xlsb_record(390)
        for at in more.hidden_columns:
            sheet += xlsb_record(60, struct.pack("<4IH", at, at, 2304, 0, 1))
        sheet += xlsb_record(391)
    sheet += xlsb_record(145)
    for number, row in enumerate(rows):
        hidden = 0x10 if number in more.hidden_rows else 0
        sheet += xlsb_record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, hidden, 0, 0))
        for column, value in enumerate(row):
            place = struct.pack("<II", column, styles.index(more.style((number, column))))
            if (number, column) in more.errors:
                sheet += xlsb_record(3, place + _NOT_AVAILABLE)
            elif look := more.letters.get((number, column)):
                text = str(value)
                runs = struct.pack("<IHH", 1, len(text) - 1, [*_FONTS].index(look))
                sheet += xlsb_record(62, place + b"\1" + _wide(text) + runs)
            else:
                sheet += _xlsb_cell(place, value)
    sheet += xlsb_record(146)
    if more.merged:
        sheet += xlsb_record(177, struct.pack("<I", len(more.merged)))
        sheet += b"".join(
            xlsb_record(176, struct.pack("<4I", *area)) for area in more.merged
        ) + xlsb_record(178)
    for at, (row_number, column) in enumerate(more.links):
        area = struct.pack("<4I", row_number, row_number, column, column)
        sheet += xlsb_record(494, area + _wide(f"rId{at}") + _wide("") + _wide("") + _wide(""))
    return sheet + xlsb_record(130)


def _xlsb_cell(place: bytes, value: Cell) -> bytes:
    if isinstance(value, str):
        return xlsb_record(6, place + _wide(value)) if value else b""
    if isinstance(value, int) and 0 <= value < 1 << 29:
        return xlsb_record(2, place + struct.pack("<I", value << 2 | 2))
    return xlsb_record(5, place + struct.pack("<d", value)) if value is not None else b""


def _links(targets: Mapping[str, str], *kinds: str) -> bytes:
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="{name}" Type="{office}/{kinds[min(at, len(kinds) - 1)]}"'
        f" Target={quoteattr(target)}{_EXTERNAL if 'hyperlink' in kinds else ''}/>"
        for at, (name, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="{package}">{links}</Relationships>'.encode()


def xlsb_record(kind: int, body: bytes = b"") -> bytes:
    """A record of an xlsb part: kind and length in groups of seven bits ([MS-XLSB] 2.1.4)."""
    return _sevens(kind) + _sevens(len(body)) + body


def _sevens(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _wide(text: str) -> bytes:
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def write_xls(path: Path, rows: Rows, formats: Formats | None = None) -> Path:
    """Write a workbook of Excel 97 to 2003."""
    styles = sorted({*(formats or {}).values()})
    head = xls_record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 1996, 0, 6))
    head += b"".join(
        xls_record(0x041E, struct.pack("<H", 164 + at) + _text(style))
        for at, style in enumerate(styles)
    )
    for number in (0, *(164 + at for at in range(len(styles)))):
        head += xls_record(0x00E0, struct.pack("<HHH", 0, number, 0) + bytes(14))
    name = SHEET.encode("latin-1")
    bound = len(head) + 4 + 8 + len(name) + 4
    head += xls_record(
        0x0085, struct.pack("<IBBBB", bound, 0, 0, len(name), 0) + name
    ) + xls_record(0x000A)
    sheet = bytearray(xls_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 1996, 0, 6)))
    width = max(map(len, rows), default=1)
    sheet += xls_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            named = (formats or {}).get((number, column))
            place = struct.pack("<HHH", number, column, 1 + styles.index(named) if named else 0)
            if isinstance(value, str) and value:
                sheet += xls_record(0x0204, place + _text(value))
            elif isinstance(value, int | float):
                sheet += xls_record(0x0203, place + struct.pack("<d", value))
    path.write_bytes(compound(head + sheet + xls_record(0x000A)))
    return path


def xls_record(kind: int, body: bytes = b"") -> bytes:
    """A record of an xls: its kind and its length before it ([MS-XLS] 2.1.4)."""
    return struct.pack("<HH", kind, len(body)) + body


def _text(text: str) -> bytes:
    """A text with its length, in UTF-16 ([MS-XLS] 2.5.294)."""
    data = text.encode("utf-16-le")
    return struct.pack("<HB", len(data) // 2, 1) + data


def compound(stream: bytes) -> bytes:
    """A compound file with one stream, `Workbook`, behind its table and its directory."""
    stream = stream.ljust(_SMALLEST_STREAM, b"\0")
    count = -(-len(stream) // _SECTOR)
    tables = 1
    while tables * (_SECTOR // 4) < tables + 1 + count:
        tables += 1
    first = tables + 1
    chain = [_TABLE] * tables + [_END] + [*range(first + 1, first + count), _END]
    chain += [_FREE] * (tables * _SECTOR // 4 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xI", 0x3E, 3, 0xFFFE, 9, 6, 0)
    header += struct.pack("<IIIIIIII", tables, tables, 0, _SMALLEST_STREAM, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    directory = _entry("Root Entry", 5, 1, _END, 0) + _entry(
        "Workbook", 2, _FREE, first, len(stream)
    )
    directory = directory.ljust(_SECTOR, b"\0")
    table = struct.pack(f"<{len(chain)}I", *chain)
    return header + table + directory + stream.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    entry = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    entry += struct.pack("<III", _FREE, _FREE, child) + bytes(16 + 4 + 16)
    return entry + struct.pack("<IQ", start, size)


def _zip(path: Path, parts: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path
