"""A header that stands once more among the rows, the same or another table's."""

from collections.abc import Iterator, Sequence

from aapimport.check.column_names import column_key
from aapimport.check.header import Header, header_score
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
    for index, row in enumerate(rows):
        # Nearly every row has an address in its place, and then is no header.
        value = row[at] if 0 <= at < len(row) else ""
        if (isinstance(value, str) and "@" in value) or not any(row):
            continue
        cells = row[:_WIDEST]
        if header_score(cells) < _ENOUGH:
            continue
        keys = [column_key(cell) if isinstance(cell, str) else None for cell in cells]
        first = next(place for place, key in enumerate(keys) if key)
        named = {key: place + first_column for place, key in enumerate(keys) if key}
        yield index, first + first_column, named == header.columns
