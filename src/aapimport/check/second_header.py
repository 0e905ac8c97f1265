"""A header that stands once more among the rows, the same or another table's."""

from collections.abc import Iterator, Sequence

from aapimport.check.column_names import column_key
from aapimport.check.header import Header
from aapimport.sheets.book import Value

_ENOUGH = 2
_WIDEST = 256  # columns in which a header is looked for


def find_second_header(
    rows: Sequence[Sequence[Value]], header: Header, first_column: int
) -> Iterator[tuple[int, int, dict[str, int]]]:
    """Look for rows that name two of the template's columns.

    Args:
        rows: Rows below the header.
        header: Where the columns are.
        first_column: The column that each row's first value stands in.

    Returns:
        The row's index, the column of its first name, and for each field its column.
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
        yield index, first + first_column, named


def what_it_is(row: int, named: dict[str, int], header: Header) -> dict[str, object]:
    """In words, what another header is and what to do about it.

    Right below the first header, with columns that it doesn't name, it is its second half: cells
    are merged, and `Name` stands above First Name and Last Name.
    """
    if row == header.row + 1 and named.keys().isdisjoint(header.columns):
        return {
            "what": "goes on with the header in the row above",
            "cure": "unmerge the cells and write all names of columns into one row",
        }
    return {
        "what": "begins a second table with other columns",
        "cure": "put its people into the columns of the first table, or into a file of their own",
    }
