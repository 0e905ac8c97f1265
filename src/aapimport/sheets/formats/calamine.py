"""The value reader of workbooks: quick, and silent about everything but values and merged cells."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aapimport.sheets.book import Value
from aapimport.sheets.facts import Area
from aapimport.sheets.intake import Intake
from aapimport.sheets.refusals import damaged, protected

MOST_CELLS = 50_000_000
"""Cells that it keeps room for, blank or not; it takes seconds for so many."""
_T = TypeVar("_T")
_FILEPASS = re.compile(
    rb"\x09\x08(?:\x10\x00.{16}|\x08\x00.{8})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
"""The records BOF, WriteProtect and FilePass ([MS-XLS] 2.4): an xls that needs a password."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of a sheet.

    Attributes:
        name: The sheet's name.
        hidden: Whether the workbook hides the sheet.
        first_column: The column (from 0) that the first value of each row stands in.
        rows: A generator of the rows, starting with the sheet's row 1.
        merged: Merged ranges.
    """

    name: str
    hidden: bool
    first_column: int
    rows: Callable[[], Iterator[Sequence[Value]]]
    merged: tuple[Area, ...] = ()


def read_grids(intake: Intake, name: str) -> list[Grid]:
    """The sheets of a workbook, in its order.

    Args:
        intake: The file's bytes, of any kind but csv.
        name: The file's name, for messages.

    Raises:
        FileProblemError: It needs a password or is damaged.
    """
    import python_calamine as calamine

    def guarded(read: Callable[[], _T]) -> _T:
        try:
            return read()
        except calamine.PasswordError as error:
            raise protected(name) from error
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:  # a panic in the reader is not an Exception
            if _FILEPASS.search(intake.data):
                raise protected(name) from error
            raise damaged(name) from error

    workbook = guarded(lambda: calamine.CalamineWorkbook.from_filelike(io.BytesIO(intake.readable)))

    def grid(sheet: calamine.SheetMetadata) -> Grid:
        cells = guarded(lambda: workbook.get_sheet_by_name(sheet.name))
        merged = tuple(
            (top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in cells.merged_cell_ranges or ()
        )
        return Grid(
            name=sheet.name,
            hidden=sheet.visible is not calamine.SheetVisibleEnum.Visible,
            first_column=cells.start[1] if cells.start else 0,
            rows=cells.iter_rows,
            merged=merged,
        )

    return [
        grid(sheet)
        for sheet in workbook.sheets_metadata
        if sheet.typ is calamine.SheetTypeEnum.WorkSheet
    ]
