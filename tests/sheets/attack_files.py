"""Workbooks that are made to do harm, or that lie; written part by part."""

import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEADERS = ("Email Address", "First Name", "Last Name", "User Role", "Team", "Jhana Enabled")

PARTS = {
    "[Content_Types].xml": f"""<?xml version="1.0"?>
<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>
</Types>""",
    "_rels/.rels": f"""<?xml version="1.0"?>
<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>""",
    "xl/workbook.xml": f"""<?xml version="1.0"?>
<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>
<sheet name="Users" sheetId="1" r:id="r1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<?xml version="1.0"?>
<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>
</Relationships>""",
}


def with_styles(styles: str) -> dict[str, str | bytes]:
    """The parts of a workbook with styles."""
    return {
        "[Content_Types].xml": PARTS["[Content_Types].xml"].replace(
            "</Types>",
            '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.styles+xml"/></Types>',
        ),
        "xl/_rels/workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace(
            "</Relationships>",
            f'<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        ),
        "xl/styles.xml": styles,
    }


ODD_STYLES = with_styles(
    f'<styleSheet xmlns="{MAIN}"><fills count="1"><fill/></fills></styleSheet>'
)
"""Parts of a workbook that only the value reader can read."""


def cell(reference: str, text: str) -> str:
    """A cell with its text in place."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, values: Iterable[str]) -> str:
    """A row of texts."""
    cells = "".join(
        cell(f"{letter}{number}", v) for letter, v in zip("ABCDEF", values, strict=False)
    )
    return f'<row r="{number}">{cells}</row>'


def sheet(body: str, before: str = "", prolog: str = "") -> str:
    """A sheet with the header in row 1 and the given rows."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<worksheet xmlns="{MAIN}">{before}'
        f"<sheetData>{row(1, HEADERS)}{body}</sheetData></worksheet>"
    )


ANA = row(2, ("ana@acme.com", "Ana", "Perez"))


def write(path: Path, sheet_xml: str | bytes = "", **more: str | bytes) -> Path:
    """A workbook of one sheet; `more` adds parts or replaces them."""
    parts: dict[str, str | bytes] = {
        **PARTS,
        "xl/worksheets/sheet1.xml": sheet_xml or sheet(ANA),
        **more,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def packed_blanks(megabytes: int, before: bytes, after: bytes) -> bytes:
    """A deflated stream of blanks, made without deflating them one by one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + again * megabytes + packer.compress(after) + packer.flush()


def zip_bomb(path: Path, megabytes: int, claimed: int | None = None) -> Path:
    """A sheet with a text of so many megabytes, all blanks."""
    before, after = sheet(ANA).encode().split(b"Perez")
    size = len(before) + (megabytes << 20) + len(after)
    entries: list[tuple[str, bytes, int | None]] = [(n, c.encode(), None) for n, c in PARTS.items()]
    packed = packed_blanks(megabytes, before, after)
    entries.append(("xl/worksheets/sheet1.xml", packed, claimed or size))
    return _by_hand(path, entries)


def overlapping(path: Path) -> Path:
    """Two entries that share the same bytes."""
    write(path)
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    path.write_bytes(bytes(data))
    return path


def twice_by_case(path: Path) -> Path:
    """The same sheet twice, the names differing by a capital letter."""
    return write(path, **{"xl/worksheets/Sheet1.xml": sheet("")})


def _by_hand(path: Path, entries: list[tuple[str, bytes, int | None]]) -> Path:
    """A zip archive whose sizes may lie: (name, bytes, claimed size of deflated bytes)."""
    body, directory = b"", b""
    for name, content, claimed in entries:
        method = 0 if claimed is None else 8
        size = len(content) if claimed is None else claimed
        fields = struct.pack(
            "<HHHHHIIIHH",
            20,
            0,
            method,
            0,
            33,
            zlib.crc32(content),
            len(content),
            size,
            len(name),
            0,
        )
        directory += b"PK\1\2" + struct.pack("<H", 20) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\3\4" + fields + name.encode() + content
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\5\6" + end)
    return path
