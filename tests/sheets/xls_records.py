"""A small parser of xls records, as a witness for what xlrd says of hidden rows, errors, links.

Sources: [MS-CFB] for the compound file, [MS-XLS] 2.4 for the records.
"""

import struct
from collections.abc import Iterator
from urllib.parse import unquote

from aapimport.sheets.facts import ERROR_CODES, Facts, Looks
from aapimport.sheets.number_formats import BUILT_IN, add_number, unpacked

_END_OF_CHAIN = 0xFFFFFFFA
"""Sector numbers from here on are marks, not sectors."""
_DIRECTORY_ENTRY = 128
_STREAM = 2
_SMALL_SECTOR = 64
_BOF, _EOF, _BOUNDSHEET = 0x0809, 0x000A, 0x0085
_ROW, _COLINFO, _BOOLERR, _FORMULA, _HLINK = 0x0208, 0x007D, 0x0205, 0x0006, 0x01B8
_FORMAT, _XF, _NUMBER, _RK, _MULRK = 0x041E, 0x00E0, 0x0203, 0x027E, 0x00BD
_HIDDEN_ROW = 0x20
_MAILTO = "mailto:".encode("utf-16-le")


def add_xls_facts(data: bytes, sheet: str, facts: Facts, looks: Looks) -> bool:
    """Add what the sheet's records tell.

    Args:
        data: The file's bytes.
        sheet: The sheet's name.
        facts: What is known so far.
        looks: What the cells look like.

    Returns:
        Whether the sheet was found and looked through.
    """
    try:
        stream = workbook_stream(data)
        start = dict(_sheets(stream)).get(sheet)
        if start is None:
            return False
        formats = _formats(stream)
        for kind, body in _records(stream, start):
            _take(kind, body, facts, looks)
            for row, column, style, value in _numbers(kind, body):
                add_number((row + 1, column), value, formats[style], looks)
    except (struct.error, IndexError, ValueError):
        return False
    return True


def _take(kind: int, body: bytes, facts: Facts, looks: Looks) -> None:
    if kind == _ROW:
        if body[12] & _HIDDEN_ROW:
            facts.hidden_rows.add(int.from_bytes(body[:2], "little") + 1)
    elif kind == _COLINFO:
        first, last = struct.unpack_from("<HH", body)
        if body[8] & 1:
            facts.hidden_columns.update(range(first, last + 1))
    elif kind == _BOOLERR and body[7]:
        _add_error(body, body[6], facts)
    elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
        _add_error(body, body[8], facts)
    elif kind == _HLINK and (found := body.find(_MAILTO)) >= 0:
        text = body[found + len(_MAILTO) :].decode("utf-16-le", "ignore")
        top, _, left, _ = struct.unpack_from("<HHHH", body)
        facts.links[top + 1, left] = unquote(text.partition("\0")[0].partition("?")[0])


def _add_error(body: bytes, code: int, facts: Facts) -> None:
    row, column = struct.unpack_from("<HH", body)
    facts.errors[row + 1, column] = ERROR_CODES.get(code, "#N/A")


def _formats(stream: bytes) -> list[str]:
    """The number format of each cell style."""
    formats = dict(BUILT_IN)
    styles = []
    for kind, body in _records(stream, 0):
        if kind == _FORMAT:
            number, length, wide = *struct.unpack_from("<HH", body), body[4] & 1
            text = body[5 : 5 + length * (1 + wide)]
            formats[number] = text.decode("utf-16-le" if wide else "latin-1")
        elif kind == _XF:
            styles.append(int.from_bytes(body[2:4], "little"))
    return [formats.get(number, f"number {number}") for number in styles]


def _numbers(kind: int, body: bytes) -> Iterator[tuple[int, int, int, float]]:
    """The numbers in a record, each as (row from 0, column, style, value)."""
    if kind == _NUMBER or (kind == _FORMULA and body[12:14] != b"\xff\xff"):
        yield struct.unpack_from("<HHHd", body)
    elif kind == _RK:
        row, column, style, packed = struct.unpack_from("<HHHI", body)
        yield row, column, style, unpacked(packed)
    elif kind == _MULRK:
        row, first = struct.unpack_from("<HH", body)
        for at, (style, packed) in enumerate(struct.iter_unpack("<HI", body[4:-2])):
            yield row, first + at, style, unpacked(packed)


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """The name of each sheet and where its records start."""
    for kind, body in _records(stream, 0):
        if kind == _BOUNDSHEET:
            start, length, wide = int.from_bytes(body[:4], "little"), body[6], body[7] & 1
            name = body[8 : 8 + length * (1 + wide)]
            yield name.decode("utf-16-le" if wide else "latin-1"), start


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a BOF to its EOF; what is nested in between (charts) is left out."""
    depth = 0
    while True:
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
        if depth == 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def workbook_stream(data: bytes) -> bytes:
    """The stream with the workbook's records.

    Raises:
        ValueError: It isn't there.
    """
    size = 1 << int.from_bytes(data[30:32], "little")
    directory_start, _, small, small_table_start = struct.unpack_from("<4I", data, 48)
    sectors, table = data[size:], _sector_table(data, size)
    directory = _chain(sectors, size, table, directory_start)
    (root,) = struct.unpack_from("<I", directory, 116)
    for at in range(0, len(directory), _DIRECTORY_ENTRY):
        entry = directory[at : at + _DIRECTORY_ENTRY]
        name = entry[: max(int.from_bytes(entry[64:66], "little") - 2, 0)].decode("utf-16-le")
        start, length = struct.unpack_from("<II", entry, 116)
        if name != "Workbook" or entry[66] != _STREAM:
            continue
        if length < small:  # small streams share ordinary sectors, cut into 64 bytes each
            packed = _chain(sectors, size, table, small_table_start)
            table = list(struct.unpack_from(f"<{len(packed) // 4}I", packed))
            sectors, size = _chain(sectors, size, _sector_table(data, size), root), _SMALL_SECTOR
        return _chain(sectors, size, table, start)[:length]
    raise ValueError("no workbook stream")


def _sector_table(data: bytes, size: int) -> list[int]:
    """The table that leads from each sector to the next one ([MS-CFB] 2.3 and 2.5)."""
    sectors = list(struct.unpack_from("<109I", data, 76))
    following, count = struct.unpack_from("<II", data, 68)
    for _ in range(min(count, len(data) // size)):
        more = struct.unpack_from(f"<{size // 4}I", data, (following + 1) * size)
        sectors += more[:-1]
        following = more[-1]
    table: list[int] = []
    for sector in sectors:
        if sector < _END_OF_CHAIN:
            table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
    return table


def _chain(sectors: bytes, size: int, table: list[int], sector: int) -> bytes:
    """The bytes of a chain of sectors."""
    parts: list[bytes] = []
    while sector < _END_OF_CHAIN and len(parts) <= len(table):
        parts.append(sectors[sector * size : (sector + 1) * size])
        sector = table[sector]
    return b"".join(parts)
