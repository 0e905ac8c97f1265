"""Spreadsheets out: the one place where outside text becomes cells, and files become visible.

What a file says must never be able to act on the machine that opens it. A text that begins with
`=` stays text: in a workbook because its cell says so, in a csv because an apostrophe is put in
front (OWASP, "CSV Injection").
"""

import atexit
import csv
import glob
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aapimport.errors import FileProblemError, UsageError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.comments import Comment
    from openpyxl.worksheet.worksheet import Worksheet

TEXT_FORMAT = "@"
"""Excel's number format for text: what is typed, or typed again, is not interpreted."""

AUTHOR = "aapimport"
"""The author of every workbook and every cell comment that is written."""

NOTHING_WRITTEN = "nothing was written"

OURS_BELOW = "--- aapimport:"
"""The line in a comment of `AUTHOR` below which it is ours; what stands above was there before."""

LONGEST_CELL = 32_767
"""Characters that a cell can hold (Microsoft, "Excel specifications and limits")."""

LONGEST_COMMENT = 2_000
"""Characters of a comment; a longer one can't be read in its box anyway."""

_COMMENT_WIDTH = 320  # pixels: about 50 characters a line in Excel's comment font
_COMMENT_CHARACTERS = 44
_COMMENT_LINE = 18  # pixels
_COMMENT_LINES = 20
_NOT_IN_XML = re.compile(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DRAFTS = "aapimport-drafts-"
_HOUR, _DAY = 3600, 86400  # seconds
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def new_workbook(title: str) -> "Workbook":
    """A workbook that writes row by row in constant memory and can be saved once."""
    from openpyxl import Workbook

    keep_drafts_private()
    workbook = Workbook(write_only=True)
    workbook.properties.creator = AUTHOR
    workbook.properties.title = title
    return workbook


def new_sheet(workbook: "Workbook", title: str) -> "Worksheet":
    """A further sheet; set it up before its first row, then `append` rows of cells."""
    # openpyxl's write-only sheet borrows these parts of Worksheet without being one
    return cast("Worksheet", workbook.create_sheet(title))


def text_cell(sheet: "Worksheet", text: str) -> "Cell":
    """A cell that holds exactly this text and is formatted as text, whatever the text looks like.

    Characters that XML can't carry are written as `_xHHHH_` (ECMA-376 part 1, section 22.9.2.19),
    and text that already looks like that is protected, so that Excel shows what was meant.
    Excel can't hold more than `LONGEST_CELL` characters; the rest is cut off, and `…` says so.
    """
    from openpyxl.cell import WriteOnlyCell

    held = text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
    cell = WriteOnlyCell(sheet, value=_escaped(held) or None)
    if text:
        cell.data_type = "s"  # openpyxl takes "=…" for a formula and "#N/A" for an error
    cell.number_format = TEXT_FORMAT
    return cell


def error_cell(sheet: "Worksheet") -> "Cell":
    """A cell that holds Excel's error #N/A.

    It stands for a value that must not be taken for one that was read: checked again, it is an
    error in every column.
    """
    from openpyxl.cell import WriteOnlyCell

    return WriteOnlyCell(sheet, value="#N/A")


def readable_comment(text: str, before: str = "") -> "Comment":
    """A cell comment whose box is large enough to show all of its text.

    Args:
        text: What is said of the cell.
        before: The comment that was on the cell in the file; it is told again by the next check.
    """
    from openpyxl.comments import Comment

    if before:
        text = f"{before[: LONGEST_COMMENT // 2]}\n{OURS_BELOW}\n{text}"
    text = _escaped(text[:LONGEST_COMMENT])
    lines = sum(1 + len(line) // _COMMENT_CHARACTERS for line in text.splitlines())
    height = _COMMENT_LINE * (min(lines, _COMMENT_LINES) + 1)
    return Comment(text, AUTHOR, height=height, width=_COMMENT_WIDTH)


def numbered_rows(sheet: "Worksheet") -> Callable[[int, "Sequence[Cell]"], None]:
    """A function that writes a row under a number of its own; blank rows above it cost nothing.

    It takes the place of `append`; the numbers rise.
    """
    streamed: Any = sheet
    streamed._get_writer()  # noqa: SLF001 -- `append` can't leave rows out, and Excel has a million

    def write() -> "Generator[None, tuple[int, Sequence[Cell]], None]":
        part = streamed._writer.xf.send(True)  # noqa: SLF001 -- see above
        with part.element("sheetData"), suppress(GeneratorExit):
            while True:
                number, cells = yield
                row = streamed._values_to_row(cells, number)  # noqa: SLF001 -- see above
                streamed._writer.write_row(part, row, number)  # noqa: SLF001 -- see above
        streamed._writer.xf.send(None)  # noqa: SLF001 -- see above

    rows: Any = write()
    next(rows)
    streamed._rows = rows  # noqa: SLF001 -- see above
    return lambda number, cells: rows.send((number, cells))


def csv_text(text: str) -> str:
    """The text as a csv cell that no spreadsheet program takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_csv(path: Path, rows: Iterable[Sequence[str]], *, force: bool | None = None) -> None:
    """Write a private csv that Excel opens as UTF-8 (with a byte-order mark).

    Raises:
        FileProblemError: As `replacing`.
    """
    with (
        replacing(path, force=force) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerows([csv_text(text) for text in row] for row in rows)


def save_workbook(workbook: "Workbook", path: Path, *, force: bool | None = None) -> None:
    """Save a finished workbook as a private file.

    Raises:
        FileProblemError: As `replacing`.
    """
    close_sheets(workbook)
    with replacing(path, force=force) as draft:
        workbook.save(draft)


def close_sheets(workbook: "Workbook") -> None:
    """End the sheets of a workbook before it is saved: left open, one prints a traceback."""
    for sheet in workbook.worksheets:
        sheet.close()


@cache
def keep_drafts_private() -> None:
    """Let drafts, which hold people, stand in a folder of this process alone (0700).

    It goes with the process, also where that is told to end or loses its terminal. One that was
    killed can't see to that: the next command that reads a file does.
    """
    sweep_drafts()
    process = os.getpid()
    tempfile.tempdir = folder = tempfile.mkdtemp(prefix=f"{_DRAFTS}{process}-")

    def remove() -> None:
        if os.getpid() == process:  # and not one that was forked from it
            shutil.rmtree(folder, ignore_errors=True)

    def end(number: int, _frame: object) -> None:
        remove()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    atexit.register(remove)
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)


def sweep_drafts() -> None:
    """Remove the drafts of processes that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_DRAFTS}*"):
        if _is_left_behind(left):
            shutil.rmtree(left, ignore_errors=True)


def _is_left_behind(folder: Path) -> bool:
    """Whether a folder of drafts is ours, and its process is gone."""
    try:
        if folder.is_symlink() or folder.stat().st_uid != getattr(os, "getuid", int)():
            return False
        if os.name == "nt":  # where asking for a process by signal 0 would stop it
            return time.time() - folder.stat().st_mtime > _DAY
        os.kill(int(folder.name.removeprefix(_DRAFTS).partition("-")[0]), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return False


@contextmanager
def replacing(
    path: Path, *, force: bool | None = None, place: Callable[[], Path] | None = None
) -> Iterator[Path]:
    """A private draft (0600) beside `path` that takes its place when the block ends well.

    Readers of `path` see the old file or the whole new one, and after an error the old one.

    Args:
        path: The file.
        force: Whether an existing file may be replaced; None where the command has no `--force`.
        place: Asked right before the draft takes its place: another file of the folder may have
            become the right one meanwhile. None for `path`.

    Raises:
        FileProblemError: The file exists and `force` isn't true, or it can't be written.
    """
    check_free(path, force=force)
    with _writing(path):
        for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
            if time.time() - left.stat().st_mtime > _HOUR:  # of a process that was killed
                left.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        draft = Path(name)
        try:
            yield draft
            check_free(path, force=force)
            draft.replace(place() if place else path)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell of a file that can't be written, or whose name or folder the system refuses."""
    try:
        yield
    except OSError as error:
        raise FileProblemError(
            f"{path} can't be written: {error.strerror or error}",
            hint="is it open in Excel? close it there, or choose another file name",
            state=NOTHING_WRITTEN,
        ) from error


def check_workbook_name(path: Path, *, force: bool, source: Path | None) -> None:
    """Make sure that a workbook made from `source` can be written before any work goes into it.

    Raises:
        UsageError: The name doesn't end in .xlsx.
        FileProblemError: As `check_free`.
    """
    if path.suffix.lower() != ".xlsx":
        raise UsageError(
            f"{path} does not end in .xlsx",
            hint=f"an Excel workbook is written; for example: {path.stem}.xlsx",
            state=NOTHING_WRITTEN,
        )
    check_free(path, force=force, source=source)


def check_free(path: Path, *, force: bool | None, source: Path | None = None) -> None:
    """Make sure that a file can be written before any work goes into it.

    Args:
        path: The file to be written.
        force: Whether an existing file may be replaced; None where the command has no `--force`.
        source: The file that is read; it is never replaced, whatever `force` says.

    Raises:
        FileProblemError: The file exists, is a folder or `source`, its folder does not exist, or
            the system refuses its name.
    """
    with _writing(path):
        _check_free(path, force=force, source=source)


def _check_free(path: Path, *, force: bool | None, source: Path | None) -> None:
    if path.is_dir():
        raise FileProblemError(f"{path} is a folder", hint="add a file name", state=NOTHING_WRITTEN)
    if not path.parent.is_dir():
        raise FileProblemError(
            f"the folder {path.parent} does not exist",
            hint="create it, or choose another one",
            state=NOTHING_WRITTEN,
        )
    if not path.exists():
        return
    if source is not None and source.exists() and path.samefile(source):
        raise FileProblemError(
            f"{path} is the file that is read",
            hint="choose another name for the new file",
            state=NOTHING_WRITTEN,
        )
    if not force:
        other = "choose another name"
        raise FileProblemError(
            f"{path} exists already",
            hint=other if force is None else f"{other}, or add --force to replace it",
            state=NOTHING_WRITTEN,
        )


def _escaped(text: str) -> str:
    protected = _LOOKS_ESCAPED.sub("_x005F_", text) if "_x" in text else text
    return _NOT_IN_XML.sub(lambda match: f"_x{ord(match.group()):04X}_", protected)
