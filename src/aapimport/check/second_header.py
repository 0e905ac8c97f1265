"""A header that stands once more among the rows, the same or another table's."""

from collections.abc import Iterator, Sequence

from aapimport.check.column_names import column_key
from aapimport.check.header import Header
from aapimport.sheets.book import Value

_ENOUGH = 2
_WIDEST = 256  # columns in which a header is looked for


def find_second_header(
    rows: Sequence[Sequence[Value]], header: Header, first_column: int
) -> Iterator[tuple[int, int, bool]]:
    """Look for rows that name two of the template's columns.

    Args:
        rows: Rows below the header.
        header: Where the columns are.
        first_column: The column that each row's first value stands in.

    Returns:
        The row's index, the column of its first name, and whether it is the same header again.
    """
    at = header.columns.get("email", -1) - first_column
    # Nearly every row has an address in its place, and then is no header.
    suspects = [
        (index, row[:_WIDEST])
        for index, row in enumerate(rows)
        if not (0 <= at < len(row) and isinstance(value := row[at], str) and "@" in value)
    ]
    texts = {cell for _, cells in suspects for cell in cells if isinstance(cell, str)}
    names = {text: key for text in texts if (key := column_key(text))}
    for index, cells in suspects if len(names) >= _ENOUGH else ():
        keys = [names.get(cell) if isinstance(cell, str) else None for cell in cells]
        if len(set(keys) - {None}) < _ENOUGH:
            continue
        first = next(place for place, key in enumerate(keys) if key)
        named = {key: place + first_column for place, key in enumerate(keys) if key}
        yield index, first + first_column, named == header.columns
