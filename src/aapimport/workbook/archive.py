"""What is inside a zip-based workbook, inflated for real and looked at before any parser is."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_INFLATED = 2 << 30
"""The most bytes that all entries together may hold; a million rows are about 400 MB."""
MAX_RATIO = 250
"""How far an entry larger than `RATIO_FROM` may have been compressed; sheets reach about 30."""
RATIO_FROM = 64 << 20
MAX_ENTRIES = 10_000

_CHUNK = 1 << 20
_LOCAL_HEADER = 30
_XML_PARTS = (".xml", ".rels", ".vml")
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT_WITH_PREFIX = re.compile(r"<[\w.-]+:")
_FORMULA = re.compile(rb'<f[ />]|t="e"')
_UNUSUAL = re.compile(rb"<c [^>]*='")
_ROW = re.compile(rb"<(?:\w+:)?row[ />]")
_HELD = re.compile(rb"<(?:\w+:)?(?:v|is)[ >]")
_SUPPORTED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(slots=True)
class Archive:
    """What an archive holds.

    Attributes:
        complaint: Why it must not be opened; empty where nothing is wrong.
        parts: The names of its entries.
        small: The bytes of the entries that tell what kind of workbook it is, cut at 1 MiB.
        with_formulas: The sheet parts in which a formula or an error value stands.
        encrypted: Whether an entry needs a password.
    """

    complaint: str = ""
    parts: tuple[str, ...] = ()
    small: dict[str, bytes] = field(default_factory=dict)
    with_formulas: set[str] = field(default_factory=set)
    encrypted: bool = False


_KEPT = {"[content_types].xml", "mimetype", "content.xml", "meta-inf/manifest.xml"}


def inspect_archive(data: bytes) -> Archive:
    """Inflate every entry and check it.

    Sizes are those that really come out, not those that the archive claims.

    Raises:
        zipfile.BadZipFile: It isn't a complete zip archive.
    """
    entries = _entries(data)
    found = Archive(parts=tuple(entry.filename for entry in entries))
    found.complaint = _layout_complaint(entries, data)
    found.encrypted = any(entry.flag_bits & 1 for entry in entries)
    if found.complaint or found.encrypted:
        return found
    left = MAX_INFLATED
    for entry in entries:
        size, found.complaint = _look_into(entry, data, found, left)
        left -= size
        if found.complaint:
            break
    return found


def read_part(data: bytes, name: str) -> Iterator[bytes]:
    """The contents of one part, inflated piece by piece; names differ by letter case in some files.

    Raises:
        KeyError: There is no such part.
        zipfile.BadZipFile: It is damaged.
    """
    entries = {entry.filename.lower(): entry for entry in _entries(data)}
    return _inflate(entries[name.lower()], data)


def _entries(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except (ValueError, NotImplementedError, OSError, struct.error) as error:
        raise zipfile.BadZipFile("its table of contents is damaged") from error


def _layout_complaint(entries: list[zipfile.ZipInfo], data: bytes) -> str:
    if len(entries) > MAX_ENTRIES:
        return f"it holds {len(entries):,} parts"
    names = {entry.filename.replace("\\", "/").casefold() for entry in entries}
    if len(names) != len(entries):
        return "it holds two parts with the same name"
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            return "its parts overlap"
        end = _data_start(entry, data) + entry.compress_size
    if any(entry.compress_type not in _SUPPORTED for entry in entries):
        return "it is compressed in a way that workbooks are not"
    return ""


def _data_start(entry: zipfile.ZipInfo, data: bytes) -> int:
    """Where an entry's bytes start (APPNOTE 4.3.7: the local header has lengths of its own)."""
    header = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\3\4"):
        raise zipfile.BadZipFile("a part's header is missing")
    name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    return entry.header_offset + _LOCAL_HEADER + name + extra


def _look_into(entry: zipfile.ZipInfo, data: bytes, found: Archive, left: int) -> tuple[int, str]:
    """Inflate one entry and note what matters in it: its real size, and a complaint or nothing."""
    name = entry.filename
    is_sheet = bool(_SHEET_PART.fullmatch(name))
    size, tail = 0, b""
    for chunk in _inflate(entry, data):
        if not size and _starts_with_doctype(name, chunk, found):
            return 0, "it declares its own document type (DOCTYPE)"
        size += len(chunk)
        if size > left or (size > RATIO_FROM and size > MAX_RATIO * entry.compress_size):
            return size, "it would unpack to an absurd size"
        if size > entry.file_size:
            break
        if is_sheet and name not in found.with_formulas:
            window = tail + chunk
            if (b"<f" in window or b't="e"' in window) and _FORMULA.search(window):
                found.with_formulas.add(name)
            tail = chunk[-8:]
    if size != entry.file_size:
        raise zipfile.BadZipFile("a part has another size than it claims")
    return size, ""


def _starts_with_doctype(name: str, start: bytes, found: Archive) -> bool:
    """Look at an entry's first bytes; keep those that tell what kind of workbook it is."""
    if name.lower() in _KEPT:
        found.small[name.lower()] = start
    if not name.lower().endswith(_XML_PARTS):
        return False
    root = _after_prolog(start)
    unusual = _ROOT_WITH_PREFIX.match(root) or b"\0" in start[:200] or _UNUSUAL.search(start)
    if unusual and _SHEET_PART.fullmatch(name):
        found.with_formulas.add(name)  # written so oddly that only a parser finds formulas in it
    return root.startswith("<!")


def _inflate(entry: zipfile.ZipInfo, data: bytes) -> Iterator[bytes]:
    start = _data_start(entry, data)
    packed = memoryview(data)[start : start + entry.compress_size]
    if len(packed) < entry.compress_size:
        raise zipfile.BadZipFile("a part is cut off")
    if entry.compress_type == zipfile.ZIP_STORED:
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    at = 0
    try:
        while not inflater.eof:
            rest: bytes | memoryview = inflater.unconsumed_tail
            if not rest:
                rest = packed[at : at + _CHUNK]
                at += len(rest)
            chunk = inflater.decompress(rest, _CHUNK)
            if chunk:
                yield chunk
            elif not rest:
                raise zipfile.BadZipFile("a part is cut off")
    except zlib.error as error:
        raise zipfile.BadZipFile("a part is damaged") from error


def _after_prolog(chunk: bytes) -> str:
    """The text from the root element (or a DOCTYPE before it) on; at most a few hundred letters."""
    if chunk[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = chunk[: len(chunk) & ~1].decode("utf-16", "replace")
    elif b"\0" in chunk[:4]:
        order = "utf-16-be" if chunk[:1] == b"\0" else "utf-16-le"
        text = chunk[: len(chunk) & ~1].decode(order, "replace")
    else:
        text = chunk[:_CHUNK].decode("latin-1").removeprefix("\xef\xbb\xbf")
    prolog = _PROLOG.match(text)
    return text[prolog.end() :][:200] if prolog else ""


def more_rows_than(most: int, data: bytes) -> bool:
    """Whether a sheet of the workbook has more rows that hold something than that.

    It is read only as far as needed. Rows of blank cells, which a format down the whole sheet
    leaves behind, don't count.
    """
    try:
        for entry in _entries(data):
            if not _SHEET_PART.fullmatch(entry.filename):
                continue
            rows = size = 0
            rest = b""
            for chunk in _inflate(entry, data):
                *whole, rest = _ROW.split(rest + chunk)
                rows += sum(_HELD.search(row) is not None for row in whole)
                size += len(chunk)
                if rows > most or size > MAX_INFLATED:
                    return True
            if rows + (_HELD.search(rest) is not None) > most:
                return True
    except zipfile.BadZipFile:
        return False
    return False
