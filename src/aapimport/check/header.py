"""Finding the header row and what each column is."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from aapimport.problems.problem import Finding
from aapimport.template.columns import COLUMNS

SEARCHED_ROWS = 30
"""How far down a header is looked for: title rows, logos and filter notes stand above it."""

EXPORTED_EXTRAS = ("Region", "Pass", "Date of Last Login")
"""The exported pass user list's further columns (vendor's help page): known, and not needed."""

_NOT_A_LETTER = re.compile(r"[\W_]+")
_ENOUGH = 2
_OF_THEIR_OWN = frozenset(
    ("empname", "flag", "group", "lage", "lang", "rollno", "teamleadname", "username")
)
"""Headers of HR systems that are a few letters from a word of ours, and mean something else."""
WHOLE_FILE = frozenset(("missing-column", "misspelt-header", "duplicate-header"))
"""The rules about a header with which no row can be read."""
_WHOLE_NAMES = frozenset(
    ("name", "fullname", "displayname", "employee", "employeename", "nomcomplet", "namn", "氏名")
)
"""Headers of columns that hold first and last name in one, by their `header_form`."""
_MANY, _LONG = 12, 40


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are.

    Attributes:
        row: The header's row, from 1.
        columns: For each field of `Person` that has one, its column, from 0.
        names: The header's text in each of those columns.
        named: Every column whose header cell holds something.
        width: The column behind the header's last cell, blank or not.
        findings: What is wrong with the header, or worth knowing.
    """

    row: int
    columns: dict[str, int]
    names: dict[str, str]
    named: frozenset[int] = frozenset()
    width: int = 0
    findings: list[Finding] = field(default_factory=list)


def header_form(text: str) -> str:
    """The form in which two headers are the same: letters and digits only, no case, no accents.

    Blanks, hyphens, line breaks, asterisks and full-width forms don't count.
    """
    # Decomposed, an accent is a mark of its own, and marks are no letters.
    return _NOT_A_LETTER.sub("", unicodedata.normalize("NFKD", text).casefold())


@cache
def known_headers() -> dict[str, str]:
    """Every accepted header in its `header_form`, with the field it fills."""
    return {
        header_form(name): column.key
        for column in COLUMNS
        for name in (column.name, *column.aliases)
    }


def header_score(cells: Sequence[object]) -> int:
    """How many different columns of the template a row names."""
    known = known_headers()
    return len({known.get(header_form(cell)) for cell in cells if isinstance(cell, str)} - {None})


def find_header(rows: Sequence[Sequence[object]], first_column: int) -> Header | None:
    """The header among the first rows of a sheet.

    Args:
        rows: The first rows, starting with row 1.
        first_column: The column (from 0) of each row's first cell.

    Returns:
        The row that names most columns of the template, the uppermost of equals; None where no row
        names two, nor one that could be the only column of a list.
    """
    scores = [header_score(row) for row in rows[:SEARCHED_ROWS]]
    best = max(scores, default=0)
    if best == 0:  # perhaps every one of them is misspelt
        scores = [_misspelt_score(row) for row in rows[:SEARCHED_ROWS]]
        best = max(scores, default=0)
        if best < _ENOUGH:
            return None
    at = scores.index(best)
    if best < _ENOUGH and any(any(_is_filled(cell) for cell in row) for row in rows[:at]):
        return None
    return _read_header(rows[at], at + 1, first_column)


def _misspelt_score(cells: Sequence[object]) -> int:
    """How many different columns of the template a row may have meant to name."""
    texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONG]
    return len({_meant(text, Header(0, {}, {})) for text in texts[:_MANY]} - {""})


def first_filled_row(rows: Sequence[Sequence[object]]) -> tuple[int, list[str]] | None:
    """The first row that holds something (from 1) and its texts, for a file without a header."""
    for number, row in enumerate(rows, start=1):
        if texts := [" ".join(str(cell).split()) for cell in row if _is_filled(cell)]:
            return number, texts
    return None


def some_of(texts: list[str]) -> str:
    """The first of some texts, as many as a person wants to read, each cut where it is long."""
    shown = [text if len(text) <= _LONG else text[:_LONG] + "…" for text in texts[:_MANY]]
    return ", ".join(shown) + (f" and {len(texts) - _MANY} more" if len(texts) > _MANY else "")


def _is_filled(cell: object) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _read_header(cells: Sequence[object], row: int, first_column: int) -> Header:
    filled = (at for at, cell in enumerate(cells, start=first_column) if _is_filled(cell))
    header = Header(row, {}, {}, frozenset(filled), first_column + len(cells))
    unknown: list[tuple[int, str]] = []
    for column, cell in enumerate(cells, start=first_column):
        if column not in header.named:
            continue
        text = " ".join(str(cell).split())
        key = known_headers().get(header_form(text))
        if key is None:
            unknown.append((column, text))
        elif key in header.columns:
            header.findings.append(
                Finding(
                    "duplicate-header",
                    row,
                    column,
                    text,
                    {"first_cell": (row, header.columns[key])},
                )
            )
        else:
            header.columns[key] = column
            header.names[key] = text
    for column, text in unknown:
        meant = _meant(text, header)
        rule = "misspelt-header" if meant else "extra-column"
        header.findings.append(Finding(rule, row, column, text, {"meant": meant}))
    _add_missing(header, [text for _, text in unknown])
    return header


def _meant(text: str, header: Header) -> str:
    """The column that an unknown header was probably meant to be, or nothing."""
    from difflib import get_close_matches

    free = {form: key for form, key in known_headers().items() if key not in header.columns}
    exported = {header_form(name) for name in EXPORTED_EXTRAS}
    form = header_form(text)
    if form in exported or form in _OF_THEIR_OWN:
        return ""
    close = get_close_matches(form, free, n=1, cutoff=0.8)
    if close and close[0] in form and len(form) > len(close[0]) + 1:
        return ""  # a word more makes it something else: Team ID
    return next(column.name for column in COLUMNS if column.key == free[close[0]]) if close else ""


def _add_missing(header: Header, unknown: list[str]) -> None:
    misspelt = {f.arguments["meant"] for f in header.findings if f.rule == "misspelt-header"}
    keys = {column.key for column in COLUMNS if column.name in misspelt} | header.columns.keys()
    found = some_of([*header.names.values(), *unknown]) or "none"
    header.findings.extend(missing_columns(keys, found, unknown))


def missing_columns(
    keys: Collection[str], found: str, unknown: Sequence[str] = ()
) -> Iterator[Finding]:
    """What is to be said about required columns that aren't there.

    Args:
        keys: The fields of `Person` that have a column.
        found: What the file has instead, in words.
        unknown: The headers that are not the template's.
    """
    missing = [column for column in COLUMNS if column.required and column.key not in keys]
    names = [column.name for column in missing if column.key != "email"]
    whole = next((text for text in unknown if header_form(text) in _WHOLE_NAMES), "")
    for column in missing:
        cure = ""
        if whole and column.name in names and len(names) > 1:
            cure = f"; Excel splits {whole!r} in two (Data > Text to Columns)"
        arguments = {"found": found, "cure": cure}
        yield Finding("missing-column", None, None, column.name, arguments)
