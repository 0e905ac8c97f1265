"""The second reader: openpyxl, which sees what values alone don't tell.

It runs in a child of its own beside the first one, because it is slow and because some files make
it loop for ever; what it found goes to the first child as JSON.
"""

import datetime as dt
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aapimport.sheets.archive import inspect_archive, long_sheets
from aapimport.sheets.intake import read_bytes
from aapimport.sheets.number_formats import as_shown, format_in_words
from aapimport.template.columns import TEMPLATE_PROPERTY
from aapimport.template.output import AUTHOR, OURS_BELOW

if TYPE_CHECKING:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS = 20_000
"""Up to here both readers run; openpyxl takes about 1 s for so many rows."""
_MOST_COLUMNS = 1_024
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def look(arguments: dict[str, Any]) -> dict[str, Any]:
    """Read a workbook with openpyxl.

    Args:
        arguments: `path` (a pathlib.Path as text), and `thorough`: whether its size doesn't matter.

    Returns:
        `state`: `looked`, `too many rows` or `failed`; `version` of the template, or None; `sheets`
        by name, each as `_look_at` describes it; `too_long`: the names of the sheets that were left
        out because they have too many rows.
    """
    from pathlib import Path

    data = read_bytes(Path(arguments["path"]))
    too_long: set[str] = set()
    if not arguments["thorough"]:
        too_long, sheets = long_sheets(data, MOST_ROWS)
        if too_long and len(too_long) == sheets:
            return {"state": "too many rows"}
    if inspect_archive(data).complaint:
        return {"state": "failed"}
    try:
        reader = _load(data, too_long)
        workbook: Workbook = reader.wb
        return {
            "state": "looked",
            "version": _version(workbook),
            "sheets": {sheet.title: _look_at(sheet) for sheet in workbook.worksheets},
            "too_long": [name for name, part in _sheets(reader) if part in too_long],
        }
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a strange file makes it raise
        return {"state": "failed"}


def _load(data: bytes, too_long: set[str]) -> "ExcelReader":
    """Read a workbook without some of its sheets, which openpyxl takes for missing."""
    import io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openpyxl.reader.excel import ExcelReader

        reader = ExcelReader(io.BytesIO(data), data_only=True, keep_links=False)
        reader.valid_files = [part for part in reader.valid_files if part not in too_long]
        reader.read()
        return reader


def _sheets(reader: "ExcelReader") -> Iterator[tuple[str, str]]:
    """The name of each sheet and the part that holds it."""
    for sheet, link in reader.parser.find_sheets():
        yield sheet.name, link.target


def _version(workbook: "Workbook") -> str | None:
    for entry in workbook.custom_doc_props.props:  # type: ignore[attr-defined]  # not in the stubs
        if entry.name == TEMPLATE_PROPERTY:
            return str(entry.value)
    return None


def _look_at(sheet: "Worksheet") -> dict[str, Any]:
    """What openpyxl knows of a sheet.

    Returns:
        `columns`: for each column, the rows that hold something and their values; `hidden_rows`,
        `hidden_columns`; `merged` as (first row, first column, last row, last column); `shown`,
        `unclear`, `links` and `comments` as (row, column, text). Rows count from 1, columns from 0.
    """
    width = min(sheet.max_column, _MOST_COLUMNS)
    columns: list[tuple[list[int], list[Any]]] = [([], []) for _ in range(width)]
    shown, unclear, links, comments = [], [], [], []
    for (row, number), cell in sheet._cells.items():  # noqa: SLF001 -- no public way is as quick
        column = number - 1
        if column >= width:
            continue
        value = cell.value
        if value is not None:
            rows, values = columns[column]
            rows.append(row)
            values.append(_plain(value))
            if isinstance(value, int | float) and cell.has_style and not isinstance(value, bool):
                text = as_shown(value, cell.number_format)
                if text is None:
                    unclear.append((row, column, format_in_words(cell.number_format)))
                elif text:
                    shown.append((row, column, text))
        if cell.hyperlink and (address := _address(cell.hyperlink.target)):
            links.append((row, column, address))
        if cell.comment and (text := _not_ours(cell.comment.text, cell.comment.author)):
            comments.append((row, column, text))
    return {
        "columns": columns,
        "hidden_rows": _hidden_rows(sheet),
        "hidden_columns": _hidden_columns(sheet),
        "merged": [
            (area.min_row, area.min_col - 1, area.max_row, area.max_col - 1)
            for area in sheet.merged_cells.ranges
        ],
        "shown": shown,
        "unclear": unclear,
        "links": links,
        "comments": comments,
    }


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


def _address(target: str | None) -> str:
    """The address that a `mailto:` link goes to, or nothing."""
    if not target or not target.lower().startswith("mailto:"):
        return ""
    return unquote(target[len("mailto:") :].partition("?")[0]).strip()


def _hidden_rows(sheet: "Worksheet") -> list[int]:
    """Rows that are hidden, filtered out, folded away, or of no height."""
    dimensions = sheet.row_dimensions
    if sheet.sheet_format.zeroHeight:
        shown = {row for row, is_known in dimensions.items() if not is_known.hidden}
        return [row for row in range(1, sheet.max_row + 1) if row not in shown]
    return sorted(row for row, known in dimensions.items() if known.hidden or known.height == 0)


def _hidden_columns(sheet: "Worksheet") -> list[int]:
    """Columns (from 0) that are hidden or of no width."""
    hidden: list[int] = []
    for known in sheet.column_dimensions.values():
        if (known.hidden or known.width == 0) and known.min and known.max:
            hidden += range(known.min - 1, min(known.max, _MOST_COLUMNS))
    return hidden
