"""Workbooks that nobody has saved since: a mark tells, which no spreadsheet program keeps."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from aapimport.template.output import close_sheets, replacing

if TYPE_CHECKING:
    from openpyxl import Workbook


def save_marked(
    workbook: "Workbook",
    path: Path,
    mark: str,
    *,
    force: bool = False,
    place: Callable[[], Path] | None = None,
) -> Path:
    """Save a finished workbook as a private file.

    Args:
        workbook: The workbook.
        path: The file.
        mark: What `mark_of` finds as long as nobody saves the file again.
        force: Whether an existing file may be replaced.
        place: As `replacing` has it.

    Returns:
        Where it is in the end.

    Raises:
        FileProblemError: As `replacing`.
    """
    chosen = [path]

    def placed() -> Path:
        chosen.append(place() if place else path)
        return chosen[-1]

    close_sheets(workbook)
    with replacing(path, force=force, place=placed) as draft:
        workbook.save(draft)
        set_mark(draft, mark)
    return chosen[-1]


def set_mark(draft: Path, mark: str) -> None:
    """Mark a workbook that was just saved, as `mark_of` finds it."""
    with ZipFile(draft, "a") as archive:
        archive.comment = mark.encode()


def mark_of(path: Path) -> str:
    """The mark that a workbook was saved with; empty where somebody has saved it since.

    It is the archive's comment (PKWARE APPNOTE 4.3.16), which no spreadsheet program keeps.
    """
    try:
        with ZipFile(path) as archive:
            return archive.comment.decode(errors="replace")
    except (OSError, ValueError, BadZipFile):
        return ""
