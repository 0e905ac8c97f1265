"""The second reader: openpyxl, which sees what values alone don't tell.

It runs in a child of its own beside the first one, because it is slow and because some files make
it loop for ever; what it found goes to the first child as JSON.
"""

import datetime as dt
import re
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aapimport.template.columns import TEMPLATE_PROPERTY
from aapimport.workbook.archive import inspect_archive, more_rows_than
from aapimport.workbook.intake import read_bytes

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

MOST_ROWS = 20_000
"""Up to here both readers run; openpyxl takes about 1 s for so many rows."""
_MOST_COLUMNS = 64
_ZEROS = re.compile(r"0+")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def look(arguments: dict[str, Any]) -> dict[str, Any]:
    """Read a workbook with openpyxl.

    Args:
        arguments: `path` (a pathlib.Path as text), and `thorough`: whether its size doesn't matter.

    Returns:
        `state`: `looked`, `too many rows` or `failed`; `version` of the template, or None; `sheets`
        by name, each as `_look_at` describes it.
    """
    from pathlib import Path

    data = read_bytes(Path(arguments["path"]))
    if not arguments["thorough"] and more_rows_than(MOST_ROWS, data):
        return {"state": "too many rows"}
    if inspect_archive(data).complaint:
        return {"state": "failed"}
    try:
        workbook = _load(data)
        return {
            "state": "looked",
            "version": _version(workbook),
            "sheets": {sheet.title: _look_at(sheet) for sheet in workbook.worksheets},
        }
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a strange file makes it raise
        return {"state": "failed"}


def _load(data: bytes) -> "Workbook":
    import io

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from openpyxl import load_workbook

        return load_workbook(io.BytesIO(data), data_only=True, keep_links=False)


def _version(workbook: "Workbook") -> str | None:
    for entry in workbook.custom_doc_props.props:  # type: ignore[attr-defined]  # not in the stubs
        if entry.name == TEMPLATE_PROPERTY:
            return str(entry.value)
    return None


def _look_at(sheet: "Worksheet") -> dict[str, Any]:
    """What openpyxl knows of a sheet.

    Returns:
        `columns`: for each column, the rows that hold something and their values; `hidden_rows`,
        `hidden_columns`;
        `merged` as (first row, first column, last row, last column); `shown`, `links` and
        `comments` as (row, column, text). Rows count from 1, columns from 0.
    """
    width = min(sheet.max_column, _MOST_COLUMNS)
    columns: list[tuple[list[int], list[Any]]] = [([], []) for _ in range(width)]
    shown, links, comments = [], [], []
    for (row, number), cell in sheet._cells.items():  # noqa: SLF001 -- no public way is as quick
        column = number - 1
        if column >= width:
            continue
        value = cell.value
        if value is not None:
            rows, values = columns[column]
            rows.append(row)
            values.append(_plain(value))
            if isinstance(value, int | float) and cell.has_style:
                text = _as_shown(value, cell.number_format)
                shown += [(row, column, text)] if text else []
        if cell.hyperlink and (address := _address(cell.hyperlink.target)):
            links.append((row, column, address))
        if cell.comment:
            comments.append((row, column, cell.comment.text))
    return {
        "columns": columns,
        "hidden_rows": _hidden_rows(sheet),
        "hidden_columns": _hidden_columns(sheet),
        "merged": [
            (area.min_row, area.min_col - 1, area.max_row, area.max_col - 1)
            for area in sheet.merged_cells.ranges
        ],
        "shown": shown,
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


def _as_shown(value: float, number_format: str) -> str:
    """What a format of zeros makes of a whole number (`00000` shows 123 as 00123), or nothing."""
    if _ZEROS.fullmatch(number_format) and value >= 0 and float(value).is_integer():
        text = str(int(value)).zfill(len(number_format))
        return text if text != str(int(value)) else ""
    return ""


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
