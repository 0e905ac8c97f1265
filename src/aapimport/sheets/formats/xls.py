"""Old xls workbooks by xlrd: a second reading of every value, and what values alone don't tell.

The value reader (calamine) knows neither what is hidden nor errors, and misreads two dialects:
texts where CODEPAGE isn't 1200, and formulas in the records of older versions. xlrd reads both.
Source of the records: [MS-XLS] 2.4.
"""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, Sheet, Value
from aapimport.sheets.facts import (
    LEAST_HEIGHT,
    LEAST_WIDTH,
    PARTS,
    TWIPS,
    Columns,
    Facts,
    Looks,
    Reason,
    Unseen,
)
from aapimport.sheets.formats.calamine import Grid, read_grids
from aapimport.sheets.formats.xls_formulas import Formulas
from aapimport.sheets.intake import Intake
from aapimport.sheets.number_formats import add_number, add_text
from aapimport.sheets.refusals import half_read, protected, too_old
from aapimport.text import linked_address

_OLDEST = 50
"""xlrd's number for BIFF5 (Excel 5); what is older doesn't tell its encoding for certain."""
_BIFF8, _UTF_16 = 80, 1200
_WHITE, _SOLID = (255, 255, 255), 1
_OLD_STARTS = {b"\x09\x00": 2, b"\x09\x02": 3, b"\x09\x04": 4}
"""How a workbook of Excel 2, 3 or 4 begins: with the record BOF of its version."""
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR, _BLANK = range(7)
"""xlrd's kinds of cells."""
MOST_ROWS = 65_536
"""As many rows as an xls can hold."""


def open_sheets(intake: Intake, name: str, _choices: Choices) -> list[Sheet]:
    """The sheets of an xls workbook; it raises what `read_xls` does."""
    return read_xls(intake.data, name, partial(read_grids, intake, name))


def read_xls(data: bytes, name: str, first_reader: Callable[[], list[Grid]]) -> list[Sheet]:
    """The sheets of an xls workbook.

    Args:
        data: The file's bytes.
        name: The file's name, for messages.
        first_reader: What the value reader makes of it; it raises FileProblemError where it fails.

    Returns:
        The sheets as the value reader reads them, each with xlrd's look at it; xlrd's own where
        the value reader can't read the file or is known to misread it.

    Raises:
        FileProblemError: It needs a password, is too old, or xlrd can't read it.
    """
    version = _OLD_STARTS.get(data[:2])
    if version:
        raise too_old(name, version)
    try:
        book, formulas = _open(data)
    except Exception as error:
        raise _refusal(name, error, first_reader) from error
    if book.biff_version < _OLDEST:
        raise too_old(name, book.biff_version // 10)
    sheets = [book.sheet_by_index(at) for at in range(book.nsheets)]
    misread = any(each.are_old for each in formulas) or (
        book.biff_version >= _BIFF8 and book.codepage not in {None, _UTF_16}
    )
    worked_out = any(each.worked_out for each in formulas)
    grids: list[Grid] = []
    if not misread:
        try:
            grids = first_reader()
        except FileProblemError:
            grids = []  # xlrd could read it, so it is neither damaged nor protected
    twice = len(grids) == len(sheets)
    if not twice:
        grids = [_grid(book, sheet) for sheet in sheets]
    return [
        Sheet(
            grid.name,
            grid.hidden,
            grid.first_column,
            grid.rows,
            partial(_facts, sheet, grid, noted, worked_out=worked_out, twice=twice),
        )
        for grid, sheet, noted in zip(grids, sheets, formulas, strict=True)
    ]


def _refusal(
    name: str, error: Exception, first_reader: Callable[[], list[Grid]]
) -> FileProblemError:
    """Why a file isn't read that xlrd gives up: nobody would see errors and hidden rows in it."""
    if "encrypted" in str(error):
        return protected(name)
    try:
        first_reader()
    except FileProblemError as why:
        return why
    return half_read(name)


def _open(data: bytes) -> tuple[Any, list[Formulas]]:
    """The workbook with all its sheets, and what is noted of each sheet's formulas."""
    import xlrd

    book = xlrd.open_workbook(
        file_contents=data,
        logfile=io.StringIO(),
        formatting_info=True,
        on_demand=True,
        ragged_rows=True,
    )
    formulas = [Formulas() for _ in range(book.nsheets)]
    read = book.get_record_parts
    for at, noted in enumerate(formulas):
        book.get_record_parts = partial(_listen, read, noted)
        book.sheet_by_index(at)
    return book, formulas


def _listen(read: Callable[[], tuple[int, int, bytes]], noted: Formulas) -> tuple[int, int, bytes]:
    """Read a record as xlrd does, and note it if it is one of a formula."""
    kind, length, body = read()
    noted.take(kind, body)
    return kind, length, body


def _facts(sheet: Any, grid: Grid, formulas: Formulas, *, worked_out: bool, twice: bool) -> Facts:
    """What xlrd tells of a sheet.

    Args:
        sheet: xlrd's sheet.
        grid: Its values as they are read.
        formulas: What was noted of its formulas.
        worked_out: Whether a program has stored the result of any formula in the workbook.
        twice: Whether the values were read by the value reader, too.
    """
    looks = Looks()
    merged = ((top + 1, left, end, right - 1) for top, end, left, right in sheet.merged_cells)
    filled = [at for at in (MOST_ROWS - 2, MOST_ROWS - 1) if at < sheet.nrows]
    facts = Facts(
        second=_columns(sheet) if twice else Unseen(Reason.ONE_READER_KNOWS),
        looks=looks,
        hidden_rows=_hidden_rows(sheet),
        hidden_columns={
            column
            for column, known in sheet.colinfo_map.items()
            if known.hidden or known.width < LEAST_WIDTH * PARTS
        },
        merged=tuple({*grid.merged, *merged}),
        zeros=formulas.zeros,
        links=formulas.links(),
        # In a workbook that no program has calculated, blank results are none.
        unstored=formulas.unstored if worked_out else formulas.unstored | formulas.blank,
        is_full=len(filled) == 2  # noqa: PLR2004 -- a list, and not a lone note
        and all(any(value != "" for value in sheet.row_values(at)) for at in filled),
    )
    for (row, column), note in sheet.cell_note_map.items():
        looks.comments[row + 1, column] = note.text
    for link in sheet.hyperlink_list:
        if address := linked_address(link.url_or_path):
            facts.links[link.frowx + 1, link.fcolx] = address
    _add_cells(sheet, facts, looks)
    return facts


def _add_cells(sheet: Any, facts: Facts, looks: Looks) -> None:
    """Add what each number and text is shown as, and each error."""
    from xlrd import error_text_from_code

    formats = {key: known.format_str for key, known in sheet.book.format_map.items()}
    styles = sheet.book.xf_list
    crossed = {at: look for at in range(len(styles)) if (look := _look_of(sheet.book, at))}
    forms = {at: formats.get(style.format_key) or "?" for at, style in enumerate(styles)}
    for row in range(sheet.nrows):
        kinds = sheet.row_types(row)
        for column, (kind, value) in enumerate(zip(kinds, sheet.row_values(row), strict=True)):
            if kind == _ERROR:
                facts.errors[row + 1, column] = error_text_from_code.get(value, "#N/A")
            elif kind in {_TEXT, _NUMBER}:
                style = sheet.cell_xf_index(row, column)
                look = crossed.get(style) or _look_of_letters(sheet, row, column, style)
                if look and value != "":
                    looks.crossed_out[row + 1, column] = look
                form = forms.get(style, "?")
                (add_number if kind == _NUMBER else add_text)((row + 1, column), value, form, looks)


def _look_of(book: Any, style: int) -> str:
    """In words, what a value looks like that is crossed out by a cell style, else nothing."""
    cell = book.xf_list[style]
    if cell.font_index >= len(book.font_list):
        return ""
    font = book.font_list[cell.font_index]
    if font.struck_out:
        return "struck through"
    is_white = book.colour_map.get(font.colour_index) == _WHITE
    return "written in white" if is_white and _is_plain(book, style) else ""


def _is_plain(book: Any, style: int) -> bool:
    """Whether a cell style's fill is white, so that nobody sees white letters."""
    fill = book.xf_list[style].background
    return not fill.fill_pattern or (
        fill.fill_pattern == _SOLID and book.colour_map.get(fill.pattern_colour_index) == _WHITE
    )


def _look_of_letters(sheet: Any, row: int, column: int, style: int) -> str:
    """The look of a text of which some letters are crossed out, else nothing."""
    runs = sheet.rich_text_runlist_map.get((row, column), ())
    if not runs:
        return ""
    book = sheet.book
    fonts = [book.font_list[font] for _, font in runs if font < len(book.font_list)]
    if any(font.struck_out for font in fonts):
        return "struck through"
    white = any(book.colour_map.get(font.colour_index) == _WHITE for font in fonts)
    return "written in white" if white and _is_plain(book, style) else ""


def _hidden_rows(sheet: Any) -> set[int]:
    """The rows that are hidden, filtered out, folded away, or of hardly any height."""
    known = sheet.rowinfo_map
    hidden = {
        row + 1
        for row, info in known.items()
        if info.hidden or (info.height < LEAST_HEIGHT * TWIPS and not info.has_default_height)
    }
    if sheet.default_row_hidden:
        hidden.update(row + 1 for row in range(sheet.nrows) if row not in known)
    return hidden


def _columns(sheet: Any) -> Columns:
    """The values of each column by row, as `Facts.second` holds them."""
    columns: Columns = [{} for _ in range(_width(sheet))]
    for row in range(sheet.nrows):
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if kind in {_TEXT, _NUMBER}:
                columns[column][row + 1] = value
            elif kind == _BOOLEAN:
                columns[column][row + 1] = bool(value)
            elif kind == _DATE:
                columns[column][row + 1] = {"date": str(_moment(value, sheet.book.datemode))}
    return columns


def _width(sheet: Any) -> int:
    """How many columns the rows have; what the sheet says of itself may be less, and xlrd's."""
    return max(map(sheet.row_len, range(sheet.nrows)), default=0)


def _grid(book: Any, sheet: Any) -> Grid:
    """A sheet's values as xlrd has read them."""
    return Grid(
        name=sheet.name,
        hidden=bool(sheet.visibility),
        first_column=0,
        rows=partial(_rows, sheet, book.datemode),
    )


def _rows(sheet: Any, datemode: int) -> Iterator[list[Value]]:
    width = _width(sheet)
    for row in range(sheet.nrows):
        cells: list[Value] = [""] * width
        kinds, values = sheet.row_types(row), sheet.row_values(row)
        for column, (kind, value) in enumerate(zip(kinds, values, strict=True)):
            if kind == _DATE:
                cells[column] = _moment(value, datemode)
            elif kind == _BOOLEAN:
                cells[column] = bool(value)
            elif kind != _ERROR:
                cells[column] = value
        yield cells


def _moment(number: float, datemode: int) -> dt.datetime | dt.time | float:
    """A number as the date or the time of day that it is shown as, where it is one."""
    from xlrd.xldate import xldate_as_datetime

    try:
        moment: dt.datetime = xldate_as_datetime(number, datemode)
    except (OverflowError, ValueError):
        return number
    return moment.time() if 0 <= number < 1 else moment
