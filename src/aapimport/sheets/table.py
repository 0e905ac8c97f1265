"""A sheet as rows of values, whatever file it came from, and the reader of binary and zip files."""

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TypeVar

from aapimport.sheets.facts import Facts
from aapimport.sheets.intake import Intake
from aapimport.sheets.refusals import damaged, protected

Value = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
"""What a cell can hold; a blank cell is the empty string."""

_T = TypeVar("_T")
_FILEPASS = re.compile(
    rb"\x09\x08(?:\x10\x00.{16}|\x08\x00.{8})(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
"""The records BOF, WriteProtect and FilePass ([MS-XLS] 2.4): an xls that needs a password."""

_READ_TWICE = {
    "xls": ("xls", "read_xls"),
    "xlsb": ("xlsb", "read_xlsb"),
    "ods": ("ods", "read_ods"),
}
"""The module and function that read a kind of file beside the common value reader."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet.

    Attributes:
        name: The sheet's name; empty for csv.
        hidden: Whether the workbook hides the sheet.
        first_column: The column (from 0) that the first value of each row stands in.
        rows: A generator of the rows, starting with the sheet's row 1.
        delimiter: What stands between two values of a csv; empty for a workbook.
        merged: Merged ranges as (first row, first column, last row, last column), rows from 1.
        look: Adds what a second reader has already seen of the sheet, where there is one.
    """

    name: str
    hidden: bool
    first_column: int
    rows: Callable[[], Iterator[Sequence[Value]]]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    delimiter: str = ""
    look: Callable[[Facts], None] | None = None


def read_tables(intake: Intake, name: str) -> list[Callable[[], Table]]:
    """The sheets of a workbook, each read when it is asked for, in the workbook's order.

    Args:
        intake: The file's bytes, of any kind but csv.
        name: The file's name, for messages.

    Raises:
        FileProblemError: It needs a password or is damaged; also when a sheet is read.
    """
    if intake.kind not in _READ_TWICE:
        return _read_by_calamine(intake, name)

    def by_calamine() -> list[Table]:
        return [read() for read in _read_by_calamine(intake, name)]

    module, function = _READ_TWICE[intake.kind]
    read_twice = getattr(import_module(f"aapimport.sheets.formats.{module}"), function)
    return [partial(_same, table) for table in read_twice(intake.data, name, by_calamine)]


def _same(table: Table) -> Table:
    return table


def _read_by_calamine(intake: Intake, name: str) -> list[Callable[[], Table]]:
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

    def table(sheet: calamine.SheetMetadata) -> Table:
        grid = guarded(lambda: workbook.get_sheet_by_name(sheet.name))
        merged = tuple(
            (top + 1, left, bottom + 1, right)
            for (top, left), (bottom, right) in grid.merged_cell_ranges or ()
        )
        return Table(
            name=sheet.name,
            hidden=sheet.visible is not calamine.SheetVisibleEnum.Visible,
            first_column=grid.start[1] if grid.start else 0,
            rows=grid.iter_rows,
            merged=merged,
        )

    return [
        partial(table, sheet)
        for sheet in workbook.sheets_metadata
        if sheet.typ is calamine.SheetTypeEnum.WorkSheet
    ]
