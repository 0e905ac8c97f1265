"""What is inside a zip-based workbook, inflated for real and looked at before any parser is."""

import codecs
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

MAX_INFLATED = 2 << 30
"""The most bytes that all entries together may hold; a million rows are about 400 MB."""
MAX_RATIO = 250
"""How far an entry larger than `RATIO_FROM` may have been compressed; sheets reach about 30."""
RATIO_FROM = 64 << 20
MAX_ENTRIES = 10_000

_CHUNK = 1 << 20
_LOCAL_HEADER = 30
_XML_PARTS = (".xml", ".rels", ".vml")
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_TEXTS_ROOT = re.compile(r"<(?:\w+:)?sst[\s/>]")
_DECLARED = re.compile(r"""<\?xml[^<>]*?\sencoding\s*=\s*["']([^"'<>]{1,60})["']""")
_FORMULA = re.compile(rb"<f[\s/>]")
_WITH_PREFIX = re.compile(
    rb"(?<!<xm)(?<!</xm):f[\s/>]|xmlns:xm=(?!\"http://schemas\.microsoft\.com)"
)
"""A formula with a namespace prefix; `xm:f`, as Excel writes it, stands in no cell."""
_FAR = re.compile(rb"""r=["'](?:[B-Z][A-Z]|[A-Z]{3})\d""")
"""A cell beyond column AZ; with fewer columns, not even a million rows fill the memory."""
_SUPPORTED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(slots=True)
class Archive:
    """What an archive holds.

    Attributes:
        complaint: Why it must not be opened; empty where nothing is wrong.
        parts: The names of its entries.
        small: The bytes of the entries that tell what kind of workbook it is, cut at 1 MiB.
        with_formulas: The parts in which a formula or an error value may stand; in all others
            there is certainly none.
        wide: The parts with cells beyond column AZ.
        with_hidden: The parts in which something may be hidden or have a height of its own.
        with_conditional: The parts with conditional formats.
        unusual: The parts that aren't in UTF-8, or that hold CDATA.
        unreadable: The parts in an encoding that no parser knows.
        encrypted: Whether an entry needs a password.
    """

    complaint: str = ""
    parts: tuple[str, ...] = ()
    small: dict[str, bytes] = field(default_factory=dict)
    with_formulas: set[str] = field(default_factory=set)
    wide: set[str] = field(default_factory=set)
    with_hidden: set[str] = field(default_factory=set)
    with_conditional: set[str] = field(default_factory=set)
    unusual: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
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
    return _inflate(_by_name(data)[name.lower()], data)


@lru_cache(maxsize=2)
def _by_name(data: bytes) -> dict[str, zipfile.ZipInfo]:
    """The entries by their names in small letters; kept, for a workbook may have 1,000 sheets."""
    return {entry.filename.lower(): entry for entry in _entries(data)}


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
    is_xml = name.lower().endswith(_XML_PARTS)
    may_hold_cells = False
    size, tail = 0, b""
    for chunk in _inflate(entry, data):
        if not size:
            root = _look_at_start(name, chunk, found)
            if is_xml and root.startswith("<!"):
                return 0, "it declares its own document type (DOCTYPE)"
            may_hold_cells = is_xml and not _TEXTS_ROOT.match(root)
        size += len(chunk)
        if size > left or (size > RATIO_FROM and size > MAX_RATIO * entry.compress_size):
            return size, "it would unpack to an absurd size"
        if size > entry.file_size:
            break
        if may_hold_cells:
            tail = _look_at_cells(name, tail, chunk, found)
    if size != entry.file_size:
        raise zipfile.BadZipFile("a part has another size than it claims")
    if may_hold_cells:
        _look_at_cells(name, tail, b"<", found)
    return size, ""


def _look_at_cells(name: str, tail: bytes, chunk: bytes, found: Archive) -> bytes:
    """Note what stands in a piece of XML.

    A search for a few bytes in all of them is what takes the time here; looking for a single one
    is thirty times as quick, and often enough.

    Returns:
        The tag or text that the piece ends in, which is looked at with the next one.
    """
    end = chunk.rfind(b"<")
    if end < 0:
        found.with_formulas.add(name)  # a tag of a mebibyte, perhaps; the parser will see
        return chunk
    text = tail + chunk[:end]
    spaced = any(
        sign in text and (sign + b"=" in text or b"=" + sign in text)
        for sign in (b" ", b"\n", b"\t", b"\r")
    )
    if name not in found.with_formulas and (spaced or _may_hold_formulas(text)):
        found.with_formulas.add(name)
    if name not in found.with_hidden and (spaced or b"hidden=" in text or b"ht=" in text):
        found.with_hidden.add(name)
    if name not in found.with_conditional and b"conditionalFormatting" in text:
        found.with_conditional.add(name)
    if name not in found.wide and _FAR.search(text):
        found.wide.add(name)
    if b"!" in text and b"<![CDATA[" in text:
        found.unusual.add(name)
    return chunk[end:]


def _may_hold_formulas(text: bytes) -> bool:
    """Whether there is a tag of a formula or an error in any legal spelling, but for `t = "e"`."""
    if b't="e"' in text or (b"<f" in text and _FORMULA.search(text)):
        return True
    if b"'" in text and (b"'e'" in text or b"'&" in text):
        return True
    if b"&" in text and b'"&' in text:  # a letter of an attribute may be written as &#101;
        return True
    may_have_prefix = b":" in text and (b":f" in text or b"xmlns:xm=" in text)
    return may_have_prefix and bool(_WITH_PREFIX.search(text))


def _look_at_start(name: str, start: bytes, found: Archive) -> str:
    """Look at an entry's first bytes: keep those that tell what kind of workbook it is.

    Returns:
        The text from the root element (or a DOCTYPE before it) on, of an XML part.
    """
    if name.lower() in _KEPT:
        found.small[name.lower()] = start
    if not name.lower().endswith(_XML_PARTS):
        return ""
    encoding = encoding_of(start)
    if encoding is None:
        found.unreadable.add(name)
    elif encoding not in _USUAL_ENCODINGS:
        for parts in (
            *(found.unusual, found.with_formulas, found.with_hidden),
            found.with_conditional,
        ):
            parts.add(name)
    return _after_prolog(start.decode(_wide_encoding(start) or "latin-1", "replace"))


_USUAL_ENCODINGS = {"utf-8", "us-ascii"}


def encoding_of(start: bytes) -> str | None:
    """The encoding of an XML part by its first bytes (XML 1.0, appendix F).

    Returns:
        Its name in Python, in small letters; None where no parser knows it.
    """
    if wide := _wide_encoding(start):
        return wide
    declared = _DECLARED.match(start[:400].decode("latin-1").removeprefix("\xef\xbb\xbf"))
    name = declared[1].strip().lower() if declared else "utf-8"
    if name in {*_USUAL_ENCODINGS, "utf8", "ascii"}:
        return "utf-8"
    from xml.parsers import expat

    try:
        expat.ParserCreate().Parse(f"<?xml version='1.0' encoding='{name}'?><a/>".encode(), True)
        "a".encode(name)
    except (expat.ExpatError, LookupError, ValueError):
        return None
    return name


def _wide_encoding(start: bytes) -> str:
    """Which UTF-16 it is, or nothing."""
    if start[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if b"\0" in start[:4]:
        return "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    return ""


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


def _after_prolog(text: str) -> str:
    """The text from the root element (or a DOCTYPE before it) on; at most a few hundred letters."""
    prolog = _PROLOG.match(text.lstrip("\ufeff").removeprefix("\xef\xbb\xbf"))
    return prolog.string[prolog.end() :][:200] if prolog else ""


def read_tags(data: bytes, name: str) -> Iterator[bytes]:
    """The contents of an XML part, in pieces that never end within a tag; UTF-16 becomes UTF-8.

    Raises:
        KeyError: There is no such part.
        zipfile.BadZipFile: It is damaged, or would unpack to an absurd size.
    """
    held: list[bytes] = []
    size = 0
    for chunk in _narrow(read_part(data, name)):
        size += len(chunk)
        if size > MAX_INFLATED:
            raise zipfile.BadZipFile("a part would unpack to an absurd size")
        end = chunk.rfind(b"<")
        if end < 0:
            held.append(chunk)
            continue
        yield b"".join([*held, chunk[:end]])
        held = [chunk[end:]]
    yield b"".join(held)


def _narrow(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a text as they are, or in UTF-8 where they are UTF-16."""
    start = next(chunks, b"")
    wide = _wide_encoding(start)
    whole = chain([start], chunks)
    if not wide:
        return whole
    return codecs.iterencode(codecs.iterdecode(whole, wide, "replace"), "utf-8", "replace")
