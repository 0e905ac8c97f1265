"""What nobody has looked at, although it is there: an error where people may not be meant."""

from collections.abc import Collection, Iterator, Mapping

from aapimport.check.header import Header
from aapimport.problems.problem import Finding
from aapimport.problems.rule_id import RuleId
from aapimport.sheets.facts import Unlooked

_NAMING = ("email", "first_name", "last_name")


def crossed_out(unlooked: Unlooked, header: Header) -> Iterator[Finding]:
    """The first cell of somebody who is crossed out by look, where nobody has looked at them all.

    Args:
        unlooked: What a cheap look has found.
        header: Where the columns are; in others than those that name people it says nothing.
    """
    naming = {header.columns[key] for key in _NAMING if key in header.columns}
    if places := _places(unlooked.crossed_out, naming):
        yield Finding(RuleId.CROSSED_OUT, *places[0], "", {})


def not_looked_at(unlooked: Unlooked, header: Header) -> Iterator[Finding]:
    """What is to be said about looks, formats and links that only the slow reader tells.

    Args:
        unlooked: What a cheap look has found of them.
        header: Where the columns are; in others it makes no difference.
    """
    if unlooked.everything:
        yield Finding(RuleId.NOT_LOOKED_AT, None, None, "", {"what": "looks, formats and links"})
    if places := _places(unlooked.formatted, {*header.columns.values()}):
        what = {"what": "a format that shows another text"}
        yield Finding(RuleId.NOT_LOOKED_AT, *places[0], "", what)
    if unlooked.links:
        yield Finding(RuleId.NOT_LOOKED_AT, None, None, "", {"what": "links to addresses"})


def _places(found: Mapping[int, int], columns: Collection[int]) -> list[tuple[int, int]]:
    """The (row, column) of what was found in some columns, or nobody knows where."""
    return sorted((row, max(at, 0)) for at, row in found.items() if at in columns or at < 0)
