"""Where a value stands in a spreadsheet, in the words that Excel's Name Box takes."""

import re
from typing import NamedTuple

from aapimport.text import column_letters

_PLAIN_SHEET = re.compile(r"[^\W\d][\w.]*", re.ASCII)
_LOOKS_LIKE_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*|[Cc]\d*|[Rr]\d*[Cc]\d*")


class CellRef(NamedTuple):
    """One cell.

    Attributes:
        sheet: The sheet's name; empty for a file without sheets (csv), whose addresses are bare.
        column: Counted from 0.
        row: Counted from 1, as Excel shows it.
    """

    sheet: str
    column: int
    row: int

    def __str__(self) -> str:
        """The address as it can be pasted into Excel's Name Box, for example `Users!D41`."""
        cell = f"{column_letters(self.column)}{self.row}"
        if not self.sheet:
            return cell
        if _PLAIN_SHEET.fullmatch(self.sheet) and not _LOOKS_LIKE_CELL.fullmatch(self.sheet):
            return f"{self.sheet}!{cell}"
        quoted = self.sheet.replace("'", "''")
        return f"'{quoted}'!{cell}"
