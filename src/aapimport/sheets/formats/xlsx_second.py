"""The second reader: openpyxl, which sees what values alone don't tell.

It runs in a child of its own beside the first one, because it is slow and because some files make
it loop for ever; what it found goes to the first child as JSON.
"""

import datetime as dt
import re
import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aapimport.sheets import facts
from aapimport.sheets.archive import inspect_archive
from aapimport.sheets.colours import is_white
from aapimport.sheets.extent import long_sheets
from aapimport.sheets.formats.xlsx_places import odd_rows
from aapimport.sheets.formats.xlsx_unlooked import suspects
from aapimport.sheets.letters import LookRequest, SecondView, SheetView
from aapimport.sheets.limits import forbid_processes
from aapimport.sheets.number_formats import as_shown, format_in_words, literal_shown
from aapimport.sheets.package import Package, read_package
from aapimport.sheets.source import read_bytes
from aapimport.template.columns import TEMPLATE_PROPERTY
from aapimport.template.output import AUTHOR, OURS_BELOW
from aapimport.text import linked_address

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_Text = tuple[int, int, str]
_MOST_COLUMNS = 1_024
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def look(request: Mapping[str, Any]) -> SecondView:
    """Read a workbook with openpyxl: the second reader's process.

    Args:
        request: The fields of a `LookRequest`.
    """
    import mimetypes

    forbid_processes()
    sys.modules["numpy"] = None  # type: ignore[assignment]  # openpyxl would load it, for its types
    mimetypes.knownfiles.clear()  # openpyxl would read the system's, which are out of reach
    return look_into(LookRequest.read(request))


def look_into(request: LookRequest) -> SecondView:
    """Read a workbook with openpyxl."""
    from pathlib import Path

    data = read_bytes(Path(request.path), request.descriptor)
    package = read_package(data) or Package()
    sheets = package.sheets
    odd = {sheet.name: odd_rows(data, sheet.part) for sheet in sheets}
    parts = {sheet.part for sheet in sheets}
    doubtful = {sheet.part for sheet in sheets if request.thorough or odd[sheet.name].strange}
    too_long = long_sheets(data, parts - doubtful, facts.MOST_ROWS)
    # The first reader inspects the archive as well; what is said of one that it refuses is unread.
    cheap = {
        sheet.name: suspects(data, sheet.part, package.styles, package.strings)
        for sheet in sheets
        if sheet.part in too_long
    }
    if too_long and too_long == parts:
        return SecondView(state=facts.Reason.TOO_MANY_ROWS, odd_rows=odd, suspects=cheap)
    if inspect_archive(data).complaint:
        return SecondView(state=facts.Reason.FAILED)
    try:
        workbook: Workbook = _load(data, too_long).wb
        return SecondView(
            state="looked",
            version=_version(workbook),
            sheets={sheet.title: _look_at(sheet) for sheet in workbook.worksheets},
            too_long=[sheet.name for sheet in sheets if sheet.part in too_long],
            odd_rows=odd,
            suspects=cheap,
        )
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a strange file makes it raise
        return SecondView(state=facts.Reason.FAILED, odd_rows=odd)


def _load(data: bytes, too_long: set[str]) -> "ExcelReader":
    """Read a workbook without some of its sheets, which openpyxl takes for missing."""
    import io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openpyxl.packaging.relationship import RelationshipList
        from openpyxl.reader.excel import ExcelReader

        RelationshipList.get = _by_id  # type: ignore[assignment, method-assign]
        reader = ExcelReader(io.BytesIO(data), data_only=True, keep_links=False, rich_text=True)
        reader.valid_files = [part for part in reader.valid_files if part.lower() not in too_long]
        reader.read()
        return reader


def _by_id(relationships: Any, identity: str) -> Any:
    """Does what `RelationshipList.get` does, which looks through all of them for each link.

    Raises:
        KeyError: There is none.
    """
    count, known = vars(relationships).get("known", (0, {}))
    if count != len(relationships):
        known = {one.Id: one for one in reversed(relationships)}
        relationships.known = len(relationships), known
    return known[identity]


def _version(workbook: "Workbook") -> str:
    for entry in workbook.custom_doc_props.props:  # type: ignore[attr-defined]  # not in the stubs
        if entry.name == TEMPLATE_PROPERTY:
            return str(entry.value or "")
    return ""


def _look_at(sheet: "Worksheet") -> SheetView:
    """What openpyxl knows of a sheet."""
    width = min(sheet.max_column, _MOST_COLUMNS)
    columns: list[tuple[list[int], list[Any]]] = [([], []) for _ in range(width)]
    shown, unclear, texts, links, comments, looks = (list[_Text]() for _ in range(6))
    for (row, number), cell in sheet._cells.items():  # noqa: SLF001 -- no public way is as quick
        column = number - 1
        if column >= width:
            continue
        value, letters = _text_of(cell.value)
        if value is not None:
            rows, values = columns[column]
            rows.append(row)
            values.append(_plain(value))
            if (letters or cell.has_style) and (look := _look_of(cell, letters)):
                looks.append((row, column, look))
            if cell.has_style or not isinstance(value, str):
                ways = _shown(value, cell.number_format)
                for found, text in zip((shown, unclear, texts), ways, strict=True):
                    if text is not None:
                        found.append((row, column, text))
        if cell.hyperlink and (address := linked_address(cell.hyperlink.target)):
            links.append((row, column, address))
        if cell.comment and (text := _not_ours(cell.comment.text, cell.comment.author)):
            comments.append((row, column, text))
    return SheetView(
        columns=columns,
        hidden_rows=_hidden_rows(sheet),
        hidden_columns=_hidden_columns(sheet),
        merged=[
            (area.min_row, area.min_col - 1, area.max_row, area.max_col - 1)
            for area in sheet.merged_cells.ranges
        ],
        shown=shown,
        unclear=unclear,
        texts_shown=texts,
        looks=looks,
        links=links,
        comments=comments,
    )


def _shown(value: object, number_format: str) -> tuple[str | None, str | None, str | None]:
    """What `SheetView` holds as `shown`, `unclear` and `texts_shown`; at most one of them."""
    if not isinstance(value, str | int | float):
        return None, None, None
    if (other := literal_shown(value, number_format)) is not None:
        return None, None, other
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None, None, None
    text = as_shown(value, number_format)
    if text is None:
        return None, format_in_words(number_format), None
    return text or None, None, None


def _text_of(value: Any) -> tuple[Any, list[Any]]:
    """A value, as text where its letters differ in looks; and the fonts of those letters."""
    if not isinstance(value, list):
        return value, []
    return str(value), [font for run in value if (font := getattr(run, "font", None))]


def _look_of(cell: "Cell | MergedCell", letters: list[Any]) -> str:
    """In words, what a cell looks like where somebody has crossed its value out, else nothing.

    Args:
        cell: The cell.
        letters: The fonts of letters that have their own.
    """
    fonts = [cell.font, *letters]
    if any(font.strike for font in fonts):
        return "struck through"
    fill = cell.fill
    is_plain = fill.fill_type is None or (
        fill.fill_type == "solid" and _is_white_colour(fill.fgColor)
    )
    if is_plain and any(map(_is_white, fonts)):
        return "written in white"
    return ""


def _is_white(font: Any) -> bool:
    return font.color is not None and _is_white_colour(font.color)


def _is_white_colour(colour: Any) -> bool:
    return is_white(
        colour.rgb if colour.type == "rgb" else "",
        colour.theme if colour.type == "theme" else None,
        colour.indexed if colour.type == "indexed" else None,
        colour.tint,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        if "_x" in value:
            value = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
        return value
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return {"date": str(value)}
    return str(value)


def _not_ours(text: str, author: str) -> str:
    """A comment without what `--annotate` and `--fix` have written into it."""
    if author != AUTHOR:
        return text
    before, mark, _ = text.partition(f"\n{OURS_BELOW}")
    return before if mark else ""


def _hidden_rows(sheet: "Worksheet") -> list[int]:
    """Rows that are hidden, filtered out, folded away, or of hardly any height."""
    dimensions = sheet.row_dimensions
    if sheet.sheet_format.zeroHeight:
        shown = {row for row, is_known in dimensions.items() if not is_known.hidden}
        return [row for row in range(1, sheet.max_row + 1) if row not in shown]
    return sorted(
        row
        for row, known in dimensions.items()
        if known.hidden or _is_less(known.height, facts.LEAST_HEIGHT)
    )


def _hidden_columns(sheet: "Worksheet") -> list[int]:
    """Columns (from 0) that are hidden or of hardly any width."""
    hidden: list[int] = []
    for known in sheet.column_dimensions.values():
        if (known.hidden or _is_less(known.width, facts.LEAST_WIDTH)) and known.min and known.max:
            hidden += range(known.min - 1, min(known.max, _MOST_COLUMNS))
    return hidden


def _is_less(size: float | None, least: float) -> bool:
    return size is not None and size < least
