"""What a file really is, found out before any reader sees it."""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from aapimport.errors import FileProblemError
from aapimport.sheets.archive import Archive, inspect_archive
from aapimport.sheets.extent import far_cells
from aapimport.sheets.formats.encodings import wide_encoding
from aapimport.sheets.package import Package, read_package, read_properties
from aapimport.sheets.plain_copy import plain_copy
from aapimport.sheets.refusals import (
    SAVE_AGAIN,
    damaged,
    labelled,
    protected,
    too_large,
    unknown_encoding,
)
from aapimport.sheets.source import read_bytes
from aapimport.template.cells import CellRef

SPREADSHEETS = ("xlsx", "xlsm", "xls", "xlsb", "ods", "csv", "tsv")
"""The formats that are read, by their file extensions."""

_LOCK_SIZE, _LOCK_NAME = 165, 55
"""Excel's lock file under another name: who has it open, twice, the second time in UTF-16."""
_STARTS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ""),  # a compound file: what kind, its parts tell
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
)
_ZIP_STARTS = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
_BIFF_STREAMS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
_SAME_FAMILY = {"xlsm": "xlsx", "xltx": "xlsx", "xltm": "xlsx", "tsv": "csv", "txt": "csv"}
_KNOWN = {*SPREADSHEETS, *_SAME_FAMILY}
_NAMES = {
    "csv": "a text file (csv)",
    "html": "a web page (html)",
    "xml": "an xml file",
    "xlsx": "an xlsx workbook",
    "xls": "an old xls workbook",
    "xlsb": "an xlsb workbook",
    "ods": "an ods workbook",
    "zip": "a zip archive without a workbook in it",
    "lock": "the lock file that Excel keeps while a workbook is open",
    "pdf": "a pdf document",
    "image": "a picture",
    "word": "a Word document",
    "powerpoint": "a presentation",
}
_MAIN_PARTS = {
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"ms-excel.sheet.macroEnabled.main+xml": "xlsx",
    b"spreadsheetml.template.main+xml": "xlsx",
    b"ms-excel.template.macroEnabled.main+xml": "xlsx",
    b"ms-excel.sheet.binary.macroEnabled.main": "xlsb",
    b"wordprocessingml": "word",
    b"presentationml": "powerpoint",
}
_WIDEST_MARK = b"\0\0\xfe\xff"
"""The byte-order mark of UTF-32 text."""
_NOT_IN_TEXT = bytes({*range(1, 32)}.difference(b"\t\n\v\f\r\x1a\x1b"))
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that has been looked at, and may be given to a reader.

    Attributes:
        kind: One of `xlsx` (also xlsm), `xls`, `xlsb`, `ods`, `csv` (also tsv).
        data: All bytes of the file: what is hashed is what is read.
        readable: The bytes for the readers: the file's own, or those of a plain copy of an xlsx
            workbook that is written unusually.
        package: Of an xlsx workbook, which part of `readable` is what; of an ods or xlsb workbook
            the properties alone.
        with_formulas: The parts that may hold a formula or an error, in small letters.
        with_hidden: The same for parts in which something may be hidden.
        with_conditional: The same for parts with conditional formats.
    """

    kind: str
    data: bytes
    readable: bytes
    package: Package = field(default_factory=Package)
    with_formulas: frozenset[str] = frozenset()
    with_hidden: frozenset[str] = frozenset()
    with_conditional: frozenset[str] = frozenset()


def take_in(path: Path, descriptor: int | None = None) -> Intake:
    """Read a file's bytes and make sure that they are a spreadsheet that can be opened safely.

    Args:
        path: The file.
        descriptor: The same, where it is open already.

    Raises:
        FileProblemError: It isn't one, or not the one that its name says, or it is locked, or a
            cell of it lies so far out that there is no memory for the sheet.
    """
    data = read_bytes(path, descriptor)
    kind, archive = _kind_of(data, path)
    if kind == "encrypted":
        raise protected(path.name)
    if kind == "labelled":
        raise labelled(path.name)
    extension = path.suffix.lower().removeprefix(".")
    family = _SAME_FAMILY.get(extension, extension)
    if kind not in SPREADSHEETS or (extension in _KNOWN and family != kind):
        raise FileProblemError(
            f"{path.name} is {_NAMES.get(kind, 'not a spreadsheet')}"
            + (f", not the {extension} file that its name says" if extension in _KNOWN else ""),
            hint=_cure(kind, path),
        )
    if kind == "xlsx":
        return _take_in_xlsx(data, archive, path.name)
    if archive.unreadable:
        raise unknown_encoding(path.name, min(archive.unreadable))
    if kind in {"ods", "xlsb"}:
        return Intake(kind, data, data, Package(properties=read_properties(data, kind)))
    return Intake(kind, data, data)


def _take_in_xlsx(data: bytes, archive: Archive, name: str) -> Intake:
    package = read_package(data)
    if package is None or not package.sheets:
        if archive.unreadable:
            raise unknown_encoding(name, min(archive.unreadable))
        raise damaged(name, "its list of sheets can't be found")
    unreadable = {part for part in archive.unreadable if part.lower() in package.parts()}
    if unreadable:
        raise unknown_encoding(name, min(unreadable))
    readable = data
    try:
        if copy := plain_copy(data, archive, package):
            readable, archive = copy, inspect_archive(copy)
            package = read_package(copy) or Package()
    except zipfile.BadZipFile as error:
        raise damaged(name, str(error).lower()) from error
    formulas, hidden, conditional, wide = (
        frozenset(map(str.lower, parts))
        for parts in (
            *(archive.with_formulas, archive.with_hidden),
            *(archive.with_conditional, archive.wide),
        )
    )
    for sheet in package.sheets:
        if sheet.part in wide:
            cells, size = far_cells(readable, sheet.part)
            if cells:
                places = [CellRef(sheet.name, at, row) for row, at in cells]
                raise too_large(name, places, size)
    return Intake("xlsx", data, readable, package, formulas, hidden, conditional)


def _cure(kind: str, path: Path) -> str:
    if kind in SPREADSHEETS:
        return f"rename it to {path.stem}.{kind}"
    if kind in {"html", "xml"}:
        return "open it in Excel, choose Save As, type 'Excel Workbook (.xlsx)', and use that file"
    return f"use a file of one of these kinds: {', '.join(SPREADSHEETS)}"


def _kind_of(data: bytes, path: Path) -> tuple[str, Archive]:
    if data.startswith(_ZIP_STARTS):
        archive = _open_archive(data, path)
        return _zip_kind(archive), archive
    return _plain_kind(data), Archive()


def _plain_kind(data: bytes) -> str:
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind or _ole_kind(data)
    if data[:2] in _BIFF_STREAMS and b"\0" in data[:8]:
        return "xls"
    return "lock" if _is_lock(data) else _text_kind(data)


def _is_lock(data: bytes) -> bool:
    """Whether it is a name, its length in front, padded to 54; and again, in UTF-16."""
    if len(data) != _LOCK_SIZE or data[_LOCK_NAME + 1]:
        return False
    length, again = data[0], data[_LOCK_NAME]
    if not 0 < length < _LOCK_NAME or not 0 < again < _LOCK_NAME:
        return False
    name = data[1 : 1 + length]
    padding = data[1 + length : _LOCK_NAME]
    wide = data[_LOCK_NAME + 2 :].decode("utf-16-le", "replace")
    no_breaks = not any(sign in name for sign in b"\r\n\t;")
    return no_breaks and not padding.strip(b" \0") and not wide[again:].strip(" \0")


def _text_kind(data: bytes) -> str:
    start = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head")):
        return "html"
    if start.startswith(b"<?xml"):
        return "html" if b"<html" in start else "xml"
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff", _WIDEST_MARK)):
        # Zeros are half of UTF-16 text, or pad a text; where other signs of control are, it's none.
        start = data[:4096]
        if len(start.translate(None, _NOT_IN_TEXT)) < len(start) and not wide_encoding(data):
            return "binary"
    return "csv"


def _ole_kind(data: bytes) -> str:
    if _has_entry(data, "Workbook") or _has_entry(data, "Book"):
        return "xls"
    if _utf16("EncryptedPackage") in data:
        # [MS-OFFCRYPTO] 2.2: rights management has data spaces of its own, a password has others.
        return "labelled" if _utf16("DRMEncrypted") in data else "encrypted"
    if _utf16("Workbook") in data or _utf16("Book") in data:
        return "xls"
    if _utf16("WordDocument") in data:
        return "word"
    return "binary"


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


def _has_entry(data: bytes, name: str) -> bool:
    """Whether a compound file has a part of that name, which a cell's text may hold as well.

    An entry holds the name and a zero, in 64 bytes, and then its length ([MS-CFB] 2.6.1).
    """
    held = f"{name}\0".encode("utf-16-le")
    length = len(held).to_bytes(2, "little")
    entry = re.escape(held) + b".{%d}" % (64 - len(held)) + re.escape(length)
    return re.search(entry, data, re.IGNORECASE | re.DOTALL) is not None


def _open_archive(data: bytes, path: Path) -> Archive:
    try:
        archive = inspect_archive(data)
    except zipfile.BadZipFile as error:
        raise damaged(path.name, str(error).lower()) from error
    if archive.complaint:
        raise FileProblemError(
            f"{path.name} is not safe to open: {archive.complaint}", hint=SAVE_AGAIN
        )
    return archive


def _zip_kind(archive: Archive) -> str:
    if archive.encrypted:
        return "encrypted"
    types = archive.small.get("[content_types].xml", b"").replace(b"\0", b"")  # also of UTF-16
    for marker, kind in _MAIN_PARTS.items():
        if marker in types:
            return kind
    if archive.small.get("mimetype", b"").startswith(_ODS) or b"office:spreadsheet" in (
        archive.small.get("content.xml", b"")
    ):
        manifest = archive.small.get("meta-inf/manifest.xml", b"")
        return "encrypted" if b"encryption-data" in manifest else "ods"
    return "zip"
