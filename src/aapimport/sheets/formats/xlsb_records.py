"""The records of a binary workbook's parts, and the numbers and texts in them ([MS-XLSB] 2.1.4)."""

from collections.abc import Iterator

from aapimport.sheets.archive import read_part


def read_whole(data: bytes, part: str) -> bytes:
    """A part of the workbook; KeyError where there is none."""
    return b"".join(read_part(data, part))


def records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part: kind and length are in groups of seven bits ([MS-XLSB] 2.1.4)."""
    at, end = 0, len(stream)
    while at < end:
        kind, at = stream[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | stream[at] << 7, at + 1
        length = shift = 0
        more = True
        while more:
            byte, at = stream[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            more = bool(byte & 0x80)
        yield kind, stream[at : at + length]
        at += length


def number(body: bytes, at: int = 0) -> int:
    """A whole number of four bytes."""
    return int.from_bytes(body[at : at + 4], "little")


def text(body: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends."""
    end = at + 4 + 2 * number(body, at)
    return body[at + 4 : end].decode("utf-16-le"), end
