"""The bytes of a file, and one sentence where there are none to be had."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aapimport.errors import FileProblemError
from aapimport.text import closest, did_you_mean

CAN_HAND_OVER = hasattr(os, "pread")
"""Whether a child can be given a file that is open: everywhere but on Windows."""
_AT_ONCE = 1 << 20
_LAST_STREAM = 2


def open_file(path: Path) -> IO[bytes]:
    """Open a file to be read.

    Raises:
        FileProblemError: It is missing, a folder, a lock file, or may not be read.
    """
    if path.name.startswith(("~$", ".~lock.")):
        raise FileProblemError(
            f"{path.name} is the lock file that is kept while a workbook is open",
            hint="use the workbook itself, whose name is the same without the sign in front",
        )
    with _in_one_sentence(path):
        if path.is_dir():
            raise FileProblemError(f"{path} is a folder", hint="name the file inside it")
        if path.exists() and not path.is_file():
            raise FileProblemError(f"{path} is not an ordinary file", hint="copy it to a file")
        return _above_the_streams(path.open("rb"))


def _above_the_streams(file: IO[bytes]) -> IO[bytes]:
    """The file with a number that isn't one of a child's own streams, where ours are closed."""
    if file.fileno() > _LAST_STREAM or not CAN_HAND_OVER:
        return file
    import fcntl

    with file:
        above = fcntl.fcntl(file.fileno(), fcntl.F_DUPFD_CLOEXEC, _LAST_STREAM + 1)
    return os.fdopen(above, "rb")


def read_bytes(path: Path, descriptor: int | None = None) -> bytes:
    """All bytes of a file.

    Args:
        path: Its path.
        descriptor: The file, where it is open already; others may read from it at the same time.

    Raises:
        FileProblemError: It is missing, empty, a folder, a lock file, or may not be read.
    """
    if descriptor is None:
        with open_file(path) as file, _in_one_sentence(path):
            data = file.read()
    else:
        with _in_one_sentence(path):
            data = _all_of(descriptor)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileProblemError(f"{path.name} is empty", hint="was it saved, and copied whole?")
    return data


def _all_of(descriptor: int) -> bytes:
    """Everything, from the start, wherever another process has read up to."""
    size = os.fstat(descriptor).st_size
    pieces: list[bytes] = []
    at = 0
    while piece := os.pread(descriptor, max(size - at, _AT_ONCE), at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


@contextmanager
def _in_one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise FileProblemError(f"there is no file {path}", hint=_similar_name(path)) from error
    except PermissionError as error:
        raise FileProblemError(
            f"{path} may not be read", hint="close it in Excel; check who may read it"
        ) from error
    except (OSError, ValueError) as error:
        raise FileProblemError(f"{path} can't be read: {error}") from error


def _similar_name(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return "check the folder and the spelling"
    return did_you_mean(closest(path.name, names)) or "check the folder and the spelling"
