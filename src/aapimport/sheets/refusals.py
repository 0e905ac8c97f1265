"""The sentences for files that nobody can read, as errors."""

from collections.abc import Iterable

from aapimport.errors import FileProblemError
from aapimport.template.cells import CellRef

SAVE_AGAIN = "open it in Excel, save it under a new name as .xlsx, and use that file"


def protected(name: str) -> FileProblemError:
    """The error for a file that needs a password."""
    return FileProblemError(
        f"{name} is protected by a password",
        hint="open it in Excel, take the password off (File > Info), save, try again",
    )


def labelled(name: str) -> FileProblemError:
    """The error for a file that a sensitivity label with rights management has encrypted."""
    return FileProblemError(
        f"{name} is encrypted by its sensitivity label; only Excel can open it, with your account",
        hint="open it in Excel, choose a label that doesn't encrypt (Home > Sensitivity), save,"
        " try again",
    )


def unknown_encoding(name: str, part: str) -> FileProblemError:
    """The error for a file of which a part is XML in an encoding that isn't known."""
    return FileProblemError(
        f"{name} can't be read: its part {part} is written in an unknown encoding",
        hint=SAVE_AGAIN,
    )


def damaged(name: str, why: str = "") -> FileProblemError:
    """The error for a file that no reader can make sense of."""
    return FileProblemError(
        f"{name} is damaged and can't be read" + (f" ({why})" if why else ""), hint=SAVE_AGAIN
    )


def too_old(name: str, version: int) -> FileProblemError:
    """The error for a workbook of Excel 2, 3 or 4, which doesn't tell its letters for certain."""
    return FileProblemError(
        f"{name} is a workbook of Excel {version}, a version too old to be read",
        hint="open it in Excel or LibreOffice, save it as .xlsx, and use that file",
    )


def half_read(name: str) -> FileProblemError:
    """The error for a file that only one of two readers can read, so that much goes unseen."""
    return FileProblemError(f"{name} can be read by one of two readers only", hint=SAVE_AGAIN)


def too_many_cells(name: str) -> FileProblemError:
    """The error for a sheet whose repeated cells would fill the memory."""
    return FileProblemError(
        f"{name} has a sheet in which a value is repeated over too many cells",
        hint="delete the columns and rows beyond the people, save it, try again",
    )


def too_large(name: str, cells: Iterable[CellRef], size: int) -> FileProblemError:
    """The error for a sheet that would fill the memory with blank cells.

    Args:
        name: The file's name.
        cells: The cells that are to blame.
        size: How many cells the sheet has up to them.
    """
    where = " and ".join(map(str, cells))
    return FileProblemError(
        f"{name} holds something far out, in {where}, which makes a sheet of {size:,} cells",
        hint="delete the empty columns and rows beyond the people, save the workbook, try again;"
        " Ctrl+End shows in Excel how far a sheet reaches",
    )


def too_much(name: str, what: str) -> FileProblemError:
    """The error for a file that takes more than any list of people does, and what it took."""
    return FileProblemError(
        f"{name} can't be read: reading it {what}",
        hint=f"{SAVE_AGAIN}; delete what lies beyond the people first",
    )


def broke_down(name: str) -> FileProblemError:
    """The error for a file that took a reader's process down."""
    return FileProblemError(
        f"{name} is damaged, or made to do harm: reading it broke down", hint=SAVE_AGAIN
    )
