"""What nobody has looked at is said: an error where people may be lost, or aren't meant."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from aapimport.check.evidence import row_numbers
from aapimport.check.header import Header
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.facts import MOST_ROWS, Area, Facts, Reason, Unseen
from aapimport.sheets.letters import Suspects
from aapimport.template.columns import TEMPLATE_VERSION
from aapimport.text import column_letters

MOST_ERRORS = 30_000
"""After so many errors the rows below aren't looked at any more."""

_NAMING = ("email", "first_name", "last_name")


def how_it_was_read(facts: Facts, kind: str) -> Iterator[Finding]:
    """What is to be said about the sheet as a whole, and who hasn't looked at it.

    Args:
        facts: What is known of it.
        kind: The kind of file.
    """
    if isinstance(facts.second, Unseen):
        match facts.second.reason:
            case Reason.TOO_MANY_ROWS:
                yield Finding(RuleId.ONE_READER_ONLY, None, None, "", {"limit": MOST_ROWS})
            case Reason.FAILED:
                yield Finding(RuleId.SECOND_READER_FAILED, None, None, "", {})
            case Reason.ONE_READER_KNOWS:
                yield Finding(RuleId.VALUES_ONLY, None, None, "", {"kind": kind})
    if facts.is_full:
        yield Finding(RuleId.FULL_SHEET, None, None, "", {})
    if facts.twice:
        rows = {"rows": row_numbers(facts.twice)}
        yield Finding(RuleId.ROW_GIVEN_TWICE, None, None, "", rows)
    if facts.blocks > 1:
        yield Finding(RuleId.ROWS_IN_BLOCKS, None, None, "", {"count": facts.blocks})
    if facts.version and facts.version != TEMPLATE_VERSION:
        versions = {"version": facts.version, "ours": TEMPLATE_VERSION}
        yield Finding(RuleId.OTHER_TEMPLATE, None, None, "", versions)


class ErrorCount:
    """Counts the errors of a sheet, those that were counted before no more."""

    def __init__(self) -> None:
        self._seen = self._errors = 0

    def too_many(self, findings: Sequence[Finding], last_row: int) -> Finding | None:
        """That no further rows are checked, if there are too many errors already.

        Args:
            findings: Everything found so far.
            last_row: The last row that was checked.
        """
        if len(findings) <= MOST_ERRORS:
            return None
        from aapimport.problems.catalogue import ERRORS

        self._errors += sum(one.rule in ERRORS for one in islice(findings, self._seen, None))
        self._seen = len(findings)
        if self._errors <= MOST_ERRORS:
            return None
        words = {"count": self._errors, "row": last_row}
        return Finding(RuleId.TOO_MANY_ERRORS, None, None, "", words)


def unseen_looks(facts: Facts, header: Header, *, counts_all: bool) -> Iterator[Finding]:
    """What the cells may look like, where only the slow reader could tell and didn't.

    Args:
        facts: What is known of the sheet.
        header: Where the columns are.
        counts_all: Whether whoever is crossed out counts as well.
    """
    if isinstance(facts.conditional, Unseen):
        yield Finding(RuleId.NOT_LOOKED_AT, None, None, "", {"what": "conditional formats"})
    else:
        yield from _conditional(facts.conditional, header)
    if not isinstance(facts.looks, Unseen):
        return
    suspects = facts.looks.suspects
    if not counts_all:
        yield from _crossed_out(suspects, header)
    rest = {at for key, at in header.columns.items() if key not in _NAMING}
    values = {at: rows for at, rows in suspects.crossed_out.items() if at in rest}
    if place := _first(values, rest, header):
        what = {"what": "values that look crossed out"}
        yield Finding(RuleId.NOT_LOOKED_AT, *place, "", what)
    if suspects.everything:
        what = {"what": "looks, formats and links"}
        yield Finding(RuleId.NOT_LOOKED_AT, None, None, "", what)
    if place := _first(suspects.formatted, {*header.columns.values()}, header):
        what = {"what": "a format that shows another text"}
        yield Finding(RuleId.NOT_LOOKED_AT, *place, "", what)
    if suspects.links:
        yield Finding(RuleId.NOT_LOOKED_AT, None, None, "", {"what": "links to addresses"})


def _conditional(formats: Sequence[tuple[Area, str]], header: Header) -> Iterator[Finding]:
    """What conditional formats may do in the template's columns: once for each row and way."""
    first: dict[tuple[int, str], int] = {}
    for (top, left, bottom, right), how in formats:
        for column in header.columns.values():
            if left <= column <= right and bottom > header.row:
                first[column, how] = min(top, first.get((column, how), top))
    beside: dict[tuple[int, str], list[int]] = {}
    for (column, how), row in sorted(first.items()):
        beside.setdefault((row, how), []).append(column)
    for (row, how), columns in beside.items():
        others = ", ".join(f"{column_letters(column)}{row}" for column in columns[1:])
        words = {"how": how, "beside": f" (and in {others})" if others else ""}
        yield Finding(RuleId.CONDITIONAL_FORMAT, row, columns[0], "", words)


def _crossed_out(suspects: Suspects, header: Header) -> Iterator[Finding]:
    """The first cell of somebody who looks crossed out; other columns than names say nothing."""
    naming = {header.columns[key] for key in _NAMING if key in header.columns}
    if place := _first(suspects.crossed_out, naming, header):
        yield Finding(RuleId.CROSSED_OUT, *place, "", {})


def _first(
    found: Mapping[int, Sequence[int]], columns: Collection[int], header: Header
) -> tuple[int | None, int | None] | None:
    """The (row, column) of what was found first in some columns; nothing in a header is anybody's.

    Returns:
        Twice None where something was found and nobody knows where; None where nothing was.
    """
    below = ((row, at) for at, rows in found.items() for row in rows if row > header.row)
    place = min((place for place in below if place[1] in columns), default=None)
    return (None, None) if place is None and -1 in found else place
