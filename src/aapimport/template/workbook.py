"""The User Import Template as a file, empty or filled in; all of it derived from `template/`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aapimport.template.columns import (
    COLUMNS,
    KEY_SHEET,
    KEY_TITLE,
    RESULTS_PROPERTY,
    TEMPLATE_NAME,
    TEMPLATE_PROPERTY,
    TEMPLATE_VERSION,
    USERS_SHEET,
    Column,
)
from aapimport.template.output import (
    TEXT_FORMAT,
    error_cell,
    new_sheet,
    new_workbook,
    readable_comment,
    save_workbook,
    text_cell,
    write_csv,
)
from aapimport.template.roles import Role
from aapimport.text import column_letters

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

READY_ROWS = 200
"""Rows that are formatted as text one by one, for programs that ignore a column's format."""

_LAST_ROW = 1_048_576
_HEADER_COLOUR = "1F3864"
_EXTRA_HEADER_COLOUR = "7F7F7F"
_EXTRA_WIDTH = 20
_KEY_WIDTHS = (24, 34, 60, 24)
_KEY_TABLES_FROM = 3  # row
_MARGIN = 4  # characters: words don't break, and other fonts are wider
_LINE_HEIGHT, _TITLE_HEIGHT = 15.0, 21.0  # points: Calibri 11 and 14


@dataclass(frozen=True, slots=True)
class Unread:
    """What stands in a cell whose value is not known for sure: it is written as #N/A.

    Attributes:
        note: What is wrong with it, for the comment.
    """

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A cell of which something is known beside its text.

    Attributes:
        text: What is typed.
        note: What is said of it in a comment; may be empty.
        comment: The comment that was on it in the file; may be empty.
        number: The number that it is, where it stays one.
        number_format: The format of the number.
    """

    text: str
    note: str
    comment: str = ""
    number: float | None = None
    number_format: str = "General"


Row = Sequence[str | Unread | Marked]
"""What is typed into a row, from column A."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A further sheet of the workbook, after `Users`.

    Attributes:
        title: Its name.
        notes: Lines above the table, each on a row of its own.
        header: The table's headers.
        widths: The columns' widths in characters.
        rows: The table.
    """

    title: str
    notes: tuple[str, ...]
    header: tuple[str, ...]
    widths: tuple[int, ...]
    rows: Iterable[Row]


@dataclass(frozen=True, kw_only=True)
class TemplateContent:
    """What goes into the template.

    Attributes:
        people: The rows of the `Users` sheet: what is typed in each column, then in each extra one.
        extra_columns: Headers to the right of the template's own.
        teams: The team names to choose from; empty for free text.
        sheets: Further sheets.
        results_of: Of a copy of a results workbook: its property, as `check.origin` has it.
    """

    people: Iterable[Row] = ()
    extra_columns: tuple[str, ...] = ()
    teams: Sequence[str] = ()
    sheets: tuple[Sheet, ...] = ()
    results_of: str = ""


def write_template(path: Path, content: TemplateContent, *, force: bool = False) -> None:
    """Write the template as a private xlsx file.

    Raises:
        FileProblemError: The file exists and `force` isn't set, or it can't be written.
    """
    save_workbook(build_template(content), path, force=force)


def write_template_csv(path: Path, *, force: bool = False) -> None:
    """Write the template's header line as a csv file that Excel opens as UTF-8.

    Raises:
        FileProblemError: The file exists and `force` isn't set, or it can't be written.
    """
    write_csv(path, [[column.name for column in COLUMNS]], force=force)


def add_property(workbook: "Workbook", name: str, value: str) -> None:
    """Give a workbook a custom document property, which programs keep and nobody looks at."""
    from openpyxl.packaging.custom import StringProperty

    workbook.custom_doc_props.append(StringProperty(name, value))  # type: ignore[attr-defined]  # not in the stubs


def build_template(content: TemplateContent) -> "Workbook":
    """The template as a workbook that is ready to be saved once (openpyxl's write-only mode)."""
    workbook = new_workbook(TEMPLATE_NAME)
    add_property(workbook, TEMPLATE_PROPERTY, TEMPLATE_VERSION)
    if content.results_of:
        add_property(workbook, RESULTS_PROPERTY, content.results_of)
    write_people(new_sheet(workbook, USERS_SHEET), content)
    for sheet in content.sheets:
        write_sheet(new_sheet(workbook, sheet.title), sheet)
    _write_key(new_sheet(workbook, KEY_SHEET), content.teams)
    return workbook


def write_sheet(target: "Worksheet", sheet: Sheet) -> None:
    """Write a sheet with notes and a table: text cells, print set-up, the header row frozen."""
    header_row = len(sheet.notes) + 2 if sheet.notes else 1
    set_up(target, sheet.widths, header_row=header_row)
    for note in sheet.notes:
        target.append([text_cell(target, note)])
    if sheet.notes:
        target.append([])
    target.append([header_cell(target, name) for name in sheet.header])
    for row in sheet.rows:
        target.append(_cells(target, row))


def set_up(target: "Worksheet", widths: Sequence[int], *, header_row: int) -> None:
    """Widths, text format, frozen header and print set-up; to be called before the first row."""
    from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
    from openpyxl.worksheet.properties import PageSetupProperties

    for index, width in enumerate(widths):
        dimension = target.column_dimensions[column_letters(index)]
        dimension.width = width
        dimension.number_format = TEXT_FORMAT
    target.freeze_panes = f"A{header_row + 1}"
    target.print_title_rows = f"{header_row}:{header_row}"
    target.page_setup.orientation = "landscape"
    target.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    target.page_setup.fitToWidth = 1
    target.page_setup.fitToHeight = 0
    target.oddFooter = HeaderFooterItem(center=_HeaderFooterPart("&P / &N"))


def write_people(target: "Worksheet", content: TemplateContent) -> None:
    """Write the template's sheet: the header with its comments and lists, then the people."""
    widths = [column.width for column in COLUMNS] + [_EXTRA_WIDTH] * len(content.extra_columns)
    set_up(target, widths, header_row=1)
    for index, column in enumerate(COLUMNS):
        _add_choices(target, index, column, content.teams)
    target.append(
        [
            *(_commented_header(target, column) for column in COLUMNS),
            *(
                header_cell(target, name, colour=_EXTRA_HEADER_COLOUR)
                for name in content.extra_columns
            ),
        ]
    )
    written = 0
    for row in content.people:
        target.append(_cells(target, row))
        written += 1
    for _ in range(READY_ROWS - written):
        target.append([text_cell(target, "") for _ in widths])


def _cells(target: "Worksheet", row: Row) -> list["Cell"]:
    return [
        text_cell(target, value) if isinstance(value, str) else _marked_cell(target, value)
        for value in row
    ]


def _marked_cell(target: "Worksheet", value: Unread | Marked) -> "Cell":
    if isinstance(value, Unread):
        cell = error_cell(target)
        cell.comment = readable_comment(value.note)
        return cell
    cell = text_cell(target, value.text)
    if value.number is not None:
        cell.value = value.number
        cell.number_format = value.number_format
    cell.comment = readable_comment(value.note, value.comment)
    return cell


def header_cell(target: "Worksheet", name: str, *, colour: str = _HEADER_COLOUR) -> "Cell":
    """A cell of a header row."""
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = text_cell(target, name)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor=colour)
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _commented_header(target: "Worksheet", column: Column) -> "Cell":
    cell = header_cell(target, column.name)
    cell.comment = readable_comment(column.comment)
    return cell


def _add_choices(target: "Worksheet", index: int, column: Column, teams: Sequence[str]) -> None:
    """The drop-down list of a column, if it has one.

    Team names stand on the key sheet, because a list inside the rule holds 255 characters at most
    (Microsoft, "Excel specifications and limits") and no commas. Excel may refuse a typed 1 in a
    text cell as unequal to the list's 1, so only the check of words is enforced.
    """
    from openpyxl.worksheet.datavalidation import DataValidation

    if column.key == "team" and teams:
        first = _key_rows_before_teams() + 1
        source = f"{KEY_SHEET}!$A${first}:$A${first + len(teams) - 1}"
        message = f"Choose a team from the list; it is on the sheet {KEY_SHEET}, too."
    elif column.choices:
        source = f'"{",".join(column.choices)}"'
        message = f"Choose from the list or leave the cell blank: {', '.join(column.choices)}."
    else:
        return
    letter = column_letters(index)
    validation = DataValidation(
        type="list",
        formula1=source,
        allow_blank=True,
        showErrorMessage=column.key != "jhana",
        errorTitle=column.name,
        error=message,
    )
    validation.add(f"{letter}2:{letter}{_LAST_ROW}")
    target.data_validations.append(validation)


def _key_tables() -> list[list[tuple[str, ...]]]:
    """The key's tables without the teams, each with its header first."""
    return [
        [
            ("Column", "Example", "What to type", "Required"),
            *(
                (column.name, column.example, column.comment, "yes" if column.required else "no")
                for column in COLUMNS
            ),
        ],
        [
            ("Typed in User Role", "Means", "For example", ""),
            *((role.typed or "(blank)", role.meaning, role.example, "") for role in Role),
        ],
    ]


def _key_rows_before_teams() -> int:
    return 2 + sum(len(table) + 1 for table in _key_tables()) + 1


def _height_of(row: Sequence[str]) -> float:
    """The height of a row of the key in points, with every text wrapped within its column."""
    lines = max(
        sum(max(1, -(-len(line) // (width - _MARGIN))) for line in text.split("\n"))
        for text, width in zip(row, _KEY_WIDTHS, strict=True)
    )
    return lines * _LINE_HEIGHT + 1


def _write_key(target: "Worksheet", teams: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    set_up(target, _KEY_WIDTHS, header_row=1)
    title = text_cell(target, KEY_TITLE)
    title.font = Font(bold=True, size=14)
    target.row_dimensions[1].height = _TITLE_HEIGHT
    target.append([title])
    target.append([])
    number = _KEY_TABLES_FROM
    for table in _key_tables():
        target.append([header_cell(target, name) for name in table[0]])
        number += 1
        for row in table[1:]:
            cells = [text_cell(target, text) for text in row]
            for cell in cells:
                cell.alignment = Alignment(vertical="top", wrap_text=True)
            # Excel makes rows as high as wrapped text needs, other programs and printers don't.
            target.row_dimensions[number].height = _height_of(row)
            target.append(cells)
            number += 1
        target.append([])
        number += 1
    if teams:
        target.append([header_cell(target, "Teams on this pass")])
        for team in teams:
            target.append([text_cell(target, team)])
