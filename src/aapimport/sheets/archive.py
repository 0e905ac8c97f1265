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
_FAR = re.compile(rb"""r=["'](?:[B-Z][A-Z]|[A-Z]{3})\d""")
"""A cell beyond column AZ; with fewer columns, not even a million rows fill the memory."""
_ROW_OR_VALUE = re.compile(rb"<(?:\w+:)?(?:(row)(?=[\s/>])|(?:v|is)(?:\s[^>]*)?>(?!</))")
_SUPPORTED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(slots=True)
class Archive:
    """What an archive holds.

    Attributes:
        complaint: Why it must not be opened; empty where nothing is wrong.
        parts: The names of its entries.
        small: The bytes of the entries that tell what kind of workbook it is, cut at 1 MiB.
        with_formulas: The sheet parts in which a formula or an error value stands.
        wide: The sheet parts with cells beyond column AZ.
        with_hidden: The sheet parts in which something is hidden or has a height of its own.
        encrypted: Whether an entry needs a password.
    """

    complaint: str = ""
    parts: tuple[str, ...] = ()
    small: dict[str, bytes] = field(default_factory=dict)
    with_formulas: set[str] = field(default_factory=set)
    wide: set[str] = field(default_factory=set)
    with_hidden: set[str] = field(default_factory=set)
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
        if is_sheet:
            _look_at_cells(name, tail + chunk, found)
            tail = chunk[-8:]
    if size != entry.file_size:
        raise zipfile.BadZipFile("a part has another size than it claims")
    return size, ""


def _look_at_cells(name: str, text: bytes, found: Archive) -> None:
    may_have_formulas = b"<f" in text or b't="e"' in text
    if may_have_formulas and name not in found.with_formulas and _FORMULA.search(text):
        found.with_formulas.add(name)
    if name not in found.with_hidden and (b"hidden=" in text or b"ht=" in text):
        found.with_hidden.add(name)
    if name not in found.wide and _FAR.search(text):
        found.wide.add(name)


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


def read_tags(data: bytes, name: str) -> Iterator[bytes]:
    """The contents of an XML part, in pieces that never end within a tag.

    Raises:
        KeyError: There is no such part.
        zipfile.BadZipFile: It is damaged, or would unpack to an absurd size.
    """
    rest = b""
    size = 0
    for chunk in read_part(data, name):
        size += len(chunk)
        if size > MAX_INFLATED:
            raise zipfile.BadZipFile("a part would unpack to an absurd size")
        text = rest + chunk
        end = max(text.rfind(b"<"), 0)
        rest = text[end:]
        yield text[:end]
    yield rest


def long_sheets(data: bytes, most: int) -> tuple[set[str], int]:
    """The sheets that have more rows with something in them than that.

    Each is read only as far as needed. Rows of blank cells, which a format down the whole sheet
    leaves behind, don't count.

    Returns:
        The names of their parts, and how many sheets there are in all.
    """
    try:
        parts = [
            entry.filename for entry in _entries(data) if _SHEET_PART.fullmatch(entry.filename)
        ]
        return {part for part in parts if _has_more_rows(data, part, most)}, len(parts)
    except zipfile.BadZipFile:
        return set(), 0


def _has_more_rows(data: bytes, part: str, most: int) -> bool:
    rows = 0
    is_counted = True
    for text in read_tags(data, part):
        for tag in _ROW_OR_VALUE.finditer(text):
            if tag[1]:
                is_counted = False
            elif not is_counted:
                is_counted = True
                rows += 1
                if rows > most:
                    return True
    return False
