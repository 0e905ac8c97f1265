"""Finding the header row and what each column is."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aapimport.check import repair
from aapimport.check.column_names import (
    JHANA,
    column_key,
    header_form,
    held_name,
    is_somebody_elses,
    known_headers,
    longer_name,
    says_nothing_more,
)
from aapimport.check.header_words import word_set
from aapimport.check.top_rows import is_filled
from aapimport.errors import FileProblemError
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.template.columns import COLUMNS
from aapimport.template.roles import Role
from aapimport.text import closest

EXPORTED_EXTRAS = ("Region", "Pass", "Date of Last Login")
"""The exported pass user list's further columns (vendor's help page): known, and not needed."""

_ENOUGH = 2
_MOST_COLUMNS = 16_384
"""As many as Excel has; a text file may hold a million."""
_MOST_LONGER = 256
"""In so many of a row's cells a known name is looked for among other words."""
_OF_THEIR_OWN = frozenset(
    (
        *("empname", "flag", "group", "lage", "lang", "rollno", "teamleadname", "username"),
        *map(header_form, EXPORTED_EXTRAS),
    )
)
"""Headers of HR systems that are a few letters from a word of ours, and mean something else."""
WHOLE_FILE = frozenset((RuleId.MISSING_COLUMN, RuleId.MISSPELT_HEADER, RuleId.DUPLICATE_HEADER))
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
        texts: The text of every header cell that holds something, by column.
        width: The column behind the header's last cell, blank or not.
        findings: What is wrong with the header, or worth knowing.
    """

    row: int
    columns: dict[str, int]
    names: dict[str, str]
    texts: dict[int, str] = field(default_factory=dict)
    width: int = 0
    findings: list[Finding] = field(default_factory=list)


def header_score(cells: Sequence[object]) -> int:
    """How many different columns of the template a row names, with other words or without."""
    keys = {column_key(cell) for cell in cells[:_MOST_LONGER] if isinstance(cell, str)}
    if len(cells) > _MOST_LONGER:
        keys |= _named_exactly(cells[_MOST_LONGER:])
    return len(keys - {None})


def _named_exactly(cells: Sequence[object]) -> set[str | None]:
    known = known_headers()
    return {known.get(header_form(cell)) for cell in cells if isinstance(cell, str)}


def _rank(cells: Sequence[object]) -> tuple[int, int, int]:
    """How much a row is like the header; instructions that repeat the names rank below it."""
    exact = len(_named_exactly(cells) - {None})
    return min(exact, _ENOUGH), header_score(cells), exact


def find_header(rows: Sequence[Sequence[object]], first_column: int) -> Header | None:
    """The header among the first rows of a sheet.

    Args:
        rows: The first rows, starting with row 1.
        first_column: The column (from 0) of each row's first cell.

    Returns:
        The row that names most columns of the template, the uppermost of equals; None where no row
        names two, nor one that could be the only column of a list.
    """
    if any(any(map(is_filled, row[_MOST_COLUMNS:])) for row in rows):
        raise FileProblemError(
            f"a row holds more than {_MOST_COLUMNS:,} values; no spreadsheet has so many columns",
            hint="save it again as a list with one person per row",
        )
    ranks = [_rank(row) for row in rows]
    scores = [score for _, score, _ in ranks]
    best = max(scores, default=0)
    at = ranks.index(max(ranks)) if best else 0
    if best == 0:  # perhaps every one of them is misspelt
        scores = [_misspelt_score(row) for row in rows]
        best = max(scores, default=0)
        if best < _ENOUGH:
            return None
        at = scores.index(best)
    if scores[at] < _ENOUGH and any(any(is_filled(cell) for cell in row) for row in rows[:at]):
        return None
    return _read_header(rows[at:], at + 1, first_column)


def _misspelt_score(cells: Sequence[object]) -> int:
    """How many different columns of the template a row may have meant to name."""
    texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONG]
    return len({_meant(text, Header(0, {}, {})) for text in texts[:_MANY]} - {""})


def some_of(texts: list[str]) -> str:
    """The first of some texts, as many as a person wants to read, each cut where it is long."""
    shown = [text if len(text) <= _LONG else text[:_LONG] + "…" for text in texts[:_MANY]]
    return ", ".join(shown) + (f" and {len(texts) - _MANY} more" if len(texts) > _MANY else "")


def _read_header(rows: Sequence[Sequence[object]], row: int, first_column: int) -> Header:
    """Read the first of some rows, with the others to see what stands below each name."""
    raw = {at: str(cell) for at, cell in enumerate(rows[0], start=first_column) if is_filled(cell)}
    texts = {at: " ".join(text.split()) for at, text in raw.items()}
    header = Header(row, {}, {}, texts, first_column + len(rows[0]))
    unknown = []
    for column, text in texts.items():
        key = known_headers().get(header_form(text))
        if key is None:
            unknown.append(column)
        else:
            _name(header, key, column)
    exact = frozenset(header.columns)
    below = {column: _below(rows, column - first_column) for column in unknown}
    mailed = [column for column in unknown if _holds_addresses(raw[column], below[column])]
    contents = {tuple(below[column]) for column in mailed}
    others = []
    # Those that are surely a column go first: beside "Email (work)", "Email (home)" is no error.
    for column in sorted(unknown, key=lambda at: not _is_sure(raw[at])):
        others_mailed = contents - {tuple(below[column])}
        is_clear = not others_mailed or says_nothing_more("email", raw[column])
        if not _read_longer(header, column, raw[column], exact, below[column], is_clear=is_clear):
            others.append(column)
    for column in others:
        _read_held(header, column, below[column])
    _add_missing(header, [texts[column] for column in unknown])
    return header


def _name(header: Header, key: str, column: int) -> bool:
    """Give a field its column; whether it had none before."""
    text = header.texts[column]
    if key in header.columns:
        arguments = {"first_cell": (header.row, header.columns[key])}
        header.findings.append(
            Finding(RuleId.DUPLICATE_HEADER, header.row, column, text, arguments)
        )
        return False
    header.columns[key], header.names[key] = column, text
    return True


def _is_sure(text: str) -> bool:
    longer = longer_name(text)
    return longer is not None and longer.sure


def _holds_addresses(text: str, below: list[object]) -> bool:
    """Whether a column holds addresses, and not by its name somebody else's or another one."""
    return bool(below) and not is_somebody_elses("email", text) and _fits("email", below)


def _read_longer(
    header: Header,
    column: int,
    raw: str,
    exact: Collection[str],
    below: list[object],
    *,
    is_clear: bool,
) -> bool:
    """Read a header that is none of the known names: perhaps it holds one, or is misspelt.

    Args:
        header: What has been read so far.
        column: The header's column.
        raw: Its text.
        exact: The fields that have a column by its very name.
        below: What stands below it.
        is_clear: Whether no other column that isn't read may be meant as well, if it is that of
            the addresses.

    Returns:
        Whether it was one of them.
    """
    text, longer = header.texts[column], longer_name(raw)
    has_its_own = longer is not None and longer.key in (exact if longer.sure else header.columns)
    if longer is None or has_its_own:
        rule, meant = RuleId.MISSPELT_HEADER, _meant(text, header)
        if not meant:
            return False
    elif (
        longer.sure
        and (longer.key != "email" or is_clear)
        and (not below or _fits(longer.key, below))
    ):
        if not _name(header, longer.key, column):
            return True
        rule, meant = RuleId.LONGER_HEADER, longer.name
    else:
        rule, meant = RuleId.MISSPELT_HEADER, longer.name
    header.findings.append(Finding(rule, header.row, column, text, {"meant": meant}))
    return True


def _read_held(header: Header, column: int, below: list[object]) -> None:
    """Read a header with a known word among others, while that column is missing; else, an extra.

    What `FC Role` holds is told by its values, but `Role last year` is not read for them; of Jhana
    nobody else has a column; whether one that is not read may hold roles or teams, `UnreadColumns`
    says when all values have been seen.
    """
    text, held = header.texts[column], held_name(header.texts[column])
    rule, meant = RuleId.EXTRA_COLUMN, ""
    if held and held.key not in header.columns:
        name = next(column.name for column in COLUMNS if column.key == held.key)
        if held.key == JHANA:
            rule, meant = RuleId.MISSPELT_HEADER, name
        elif held.key == "role" and not held.another and mostly_roles(Counter(below)):
            rule, meant = RuleId.MISSPELT_HEADER, name
            if not is_somebody_elses(held.key, text):
                _name(header, held.key, column)
                rule = RuleId.LONGER_HEADER
    header.findings.append(Finding(rule, header.row, column, text, {"meant": meant}))


def _below(rows: Sequence[Sequence[object]], at: int) -> list[object]:
    return [row[at] for row in rows[1:] if at < len(row) and is_filled(row[at])]


def _fits(key: str, values: list[object]) -> bool:
    """Whether most of some values could stand in a column of the template."""
    return _ENOUGH * sum(map(_FITTING[key], values)) >= len(values)


_YES_OR_NO = word_set(
    "1 0 1.0 0.0 x y n yes no true false ja nej nein oui non si sì sí sim não nee"
)
_FITTING: dict[str, Callable[[object], bool]] = {
    "email": lambda value: "@" in str(value),
    "first_name": lambda value: isinstance(value, str) and "@" not in value,
    "last_name": lambda value: isinstance(value, str) and "@" not in value,
    "role": lambda value: role_in(value) is not None,
    "team": lambda _value: True,
    "jhana": lambda value: str(value).strip().casefold() in _YES_OR_NO,
}
"""Whether a value could stand in the column of a field."""


def role_in(value: object) -> Role | None:
    """The role that a value of a column not known to hold roles is."""
    return repair.read_role(value.strip())[0] if isinstance(value, str) else None


def mostly_roles(counts: Mapping[Any, int]) -> bool:
    """Whether most of some values, none of them blank, are roles and not only managers'.

    A column of which all roles are managers may as well be one of job levels, and loses nothing.
    """
    roles = {value: count for value, count in counts.items() if role_in(value)}
    most = _ENOUGH * sum(roles.values()) > sum(counts.values())
    return most and any(role_in(value) is not Role.MANAGER for value in roles)


def _meant(text: str, header: Header) -> str:
    """The column that an unknown header was probably meant to be, or nothing."""
    free = _free_names(frozenset(header.columns))
    form = header_form(text)
    if form in _OF_THEIR_OWN:
        return ""
    close = closest(form, free, cutoff=0.8)
    if close and close[0] in form and len(form) > len(close[0]) + 1:
        return ""  # a word more makes it something else: Team ID
    return next(column.name for column in COLUMNS if column.key == free[close[0]]) if close else ""


@lru_cache(maxsize=64)
def _free_names(taken: Collection[str]) -> dict[str, str]:
    """The known headers of the fields that have no column yet."""
    return {form: key for form, key in known_headers().items() if key not in taken}


def _add_missing(header: Header, unknown: list[str]) -> None:
    misspelt = {f.arguments["meant"] for f in header.findings if f.rule == RuleId.MISSPELT_HEADER}
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
        yield Finding(RuleId.MISSING_COLUMN, None, None, column.name, arguments)
