"""Where a secret or a name has left a trace: every byte of every file below a folder."""

import base64
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from support.habits import TOKEN
from support.token_endpoint import CLIENT_SECRET, FETCHED

SECRETS = {TOKEN, CLIENT_SECRET, FETCHED}
"""What opens the services of this process, and its beginning: no command may print or write it."""
_ARCHIVE = b"PK\x03\x04"
_MOST_UNPACKED = 8 << 20
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, ValueError)
"""What reading an archive may end with that was made to be broken, or has a password."""
_Form = tuple[bytes, bool]
"""What a word looks like in a file, and whether that goes for any letter case."""


def traces(folder: Path, words: Iterable[str]) -> list[str]:
    """The files below a folder, and their names, that hold one of the words.

    Args:
        folder: Where to look.
        words: What is looked for, in any letter case, in UTF-8, in UTF-16 and in base64; in
            workbooks, too.
    """
    sought = [form for word in words for form in _forms(word)]
    found = (path for path in folder.rglob("*") if _is_trace(path, folder, sought))
    return sorted(str(path.relative_to(folder)) for path in found)


def said(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words that a screen shows, in any letter case or in base64."""
    return [word for word in words if _holds(text.encode(), list(_forms(word)))]


def _forms(word: str) -> Iterator[_Form]:
    yield word.lower().encode(), True
    yield word.lower().encode("utf-16-le"), True
    for before in range(3):  # where it begins in a group of base64
        whole = base64.b64encode(bytes(before) + word.encode())
        yield whole[-(-8 * before // 6) : 8 * (before + len(word.encode())) // 6], False


def _holds(data: bytes, sought: list[_Form]) -> bool:
    lower = data.lower()
    return any(form in (lower if any_case else data) for form, any_case in sought)


def _is_trace(path: Path, folder: Path, sought: list[_Form]) -> bool:
    if _holds(os.fsencode(path.relative_to(folder)), sought):
        return True
    readable = path.is_file() and os.access(path, os.R_OK)
    return readable and any(_holds(data, sought) for data in _contents(path))


def _contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, and those of the parts of a workbook, unless it is broken or huge."""
    data = path.read_bytes()
    yield data
    if not data.startswith(_ARCHIVE):
        return
    with suppress(*_BROKEN), zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        if sum(one.file_size for one in parts) <= _MOST_UNPACKED:
            yield from map(archive.read, parts)
