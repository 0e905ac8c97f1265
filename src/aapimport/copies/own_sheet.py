"""The administrator's own sheet in a workbook of ours: each value in its cell, and its widths."""

import math
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

from aapimport.check.check_file import Checked
from aapimport.check.repair import shown
from aapimport.copies.read_again import Original, require_room
from aapimport.sheets.book import Value
from aapimport.template.columns import USERS_SHEET
from aapimport.template.output import text_cell

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_FIRST_EXCEL_YEAR = 1900
_WIDTHS = (8, 60)  # characters, at least and at most
_SAMPLED_ROWS = 200
_NOT_IN_TITLES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))
_LONGEST_TITLE = 31


def own_cell(sheet: "Worksheet", value: Value) -> "Cell":
    """A value in its own type where Excel has it, else as text."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        return text_cell(sheet, value)
    if isinstance(value, float) and not math.isfinite(value):
        return text_cell(sheet, shown(value))
    if isinstance(value, date) and value.year < _FIRST_EXCEL_YEAR:
        return text_cell(sheet, shown(value))
    cell = WriteOnlyCell(sheet)
    cell.value = value
    return cell


def own_widths(original: Original, checked: Checked, *, more: int) -> list[int]:
    """The width of each column that holds something or has a problem, in characters.

    Args:
        original: The sheet.
        checked: The file.
        more: How many columns stand to the right of them.

    Raises:
        FileProblemError: A sheet can't hold so many rows or columns.
    """
    rows = columns = 0
    longest: Counter[int] = Counter()
    for number, values in original.rows():
        rows = number
        filled = len(values)
        while filled > columns and values[filled - 1] == "":
            filled -= 1
        columns = max(columns, filled)
        if number <= original.header_row + _SAMPLED_ROWS:
            for at, value in enumerate(values):
                longest[at] = max(longest[at], len(shown(value)))
    cells = [problem.cell for problem in checked.problems if problem.cell is not None]
    columns = max([columns, *(cell.column + 1 for cell in cells)])
    require_room(checked, rows, columns + more)
    least, most = _WIDTHS
    return [min(max(longest[at] + 2, least), most) for at in range(columns)]


def own_title(name: str) -> str:
    """A sheet name that Excel takes (Microsoft, "Rename a worksheet")."""
    return name.translate(_NOT_IN_TITLES).strip("'")[:_LONGEST_TITLE] or USERS_SHEET
