"""The rows of a file once more, read by a child: what it is asked, and what it answers."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aapimport.check.header import header_score
from aapimport.errors import FileProblemError
from aapimport.sheets.book import Choices, Value, open_book
from aapimport.sheets.letters import Letter
from aapimport.sheets.limits import forbid_processes

_KINDS: Mapping[str, Callable[[str], Value]] = {
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
}
_SECONDS = "seconds"


@dataclass(frozen=True, kw_only=True)
class RowsRequest(Letter):
    """Which rows are wanted.

    Attributes:
        path: The file.
        digest: The SHA-256 that it must have, in hexadecimal; empty for any file.
        sheet: The sheet; empty for csv.
        encoding: The text encoding of a csv; empty for a workbook.
        descriptor: The file, open, where it could be handed over.
    """

    path: str
    digest: str
    sheet: str
    encoding: str
    descriptor: int | None = None


@dataclass(frozen=True, kw_only=True)
class RowsFound(Letter):
    """The rows of a sheet.

    Attributes:
        rows: The rows that hold something: their numbers, from 1, and their values from column A
            on; what JSON doesn't know is written as `{"date": …}`, `{"seconds": …}` and alike.
    """

    rows: Sequence[tuple[int, Sequence[Any]]]


def read_rows(plain: Mapping[str, Any]) -> RowsFound:
    """Read a sheet's rows: the child's process.

    Args:
        plain: The fields of a `RowsRequest`.

    Raises:
        FileProblemError: The file has changed, or can't be read any more.
    """
    forbid_processes()
    request = RowsRequest.read(plain)
    path = Path(request.path)
    choices = Choices(
        header_score,
        request.encoding or None,
        digest=request.digest,
        descriptor=request.descriptor,
    )
    book = open_book(path, choices)
    sheet = next((one for one in book.sheets if one.name == request.sheet), None)
    if sheet is None:
        raise FileProblemError(f"{path} has no sheet {request.sheet!r}")
    margin: list[Value] = [""] * sheet.first_column
    return RowsFound(
        rows=[
            (number, [*margin, *map(_sent, values)])
            for number, values in enumerate(sheet.rows(), start=1)
            if any(value != "" for value in values)
        ]
    )


def value_of(sent: Any) -> Value:
    """A value as it was before it was sent."""
    if not isinstance(sent, dict):
        value: Value = sent
        return value
    ((kind, said),) = sent.items()
    return dt.timedelta(seconds=said) if kind == _SECONDS else _KINDS[kind](said)


def _sent(value: Value) -> object:
    if isinstance(value, dt.timedelta):
        return {_SECONDS: value.total_seconds()}
    if isinstance(value, dt.date | dt.time):
        return {type(value).__name__: value.isoformat()}
    return value
