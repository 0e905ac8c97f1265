"""What is odd about names; nothing here ever rejects one."""

import re
from collections.abc import Iterator, Sequence

from aapimport.check import repair
from aapimport.problems.problem import Finding

_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_BOTH = 2
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"))
"""What may stand behind a comma in one name: King, Jr."""
_NO_NAME = frozenset(("-", "--", ".", "?", "n/a", "na", "none", "/"))
"""What people type where a cell has to hold something."""
_MANY_LETTERS = 4
"""Shorter names in capitals, such as LI or JP, are names or initials."""


def odd_names(
    rows: Sequence[int], names: list[str], others: list[str], column: int, column_name: str
) -> Iterator[Finding]:
    """Warnings about a column of names.

    Args:
        rows: The rows' numbers.
        names: The names in the column.
        others: The names in the other of the two columns.
        column: The column, from 0.
        column_name: What the template calls it.
    """
    # Each rule first looks at all names at once; most files have nothing for the second look.
    joined = "\n".join(names)
    if "@" in joined:
        for row, name in zip(rows, names, strict=True):
            if _ADDRESS.search(name):
                yield Finding("email-as-name", row, column, name, {"name": column_name})
    if any(map(str.isupper, names)):
        yield from _capitals(rows, names, column)
    if " " in joined or "," in joined:
        for row, name, other in zip(rows, names, others, strict=True):
            if _holds_both(name, other):
                yield Finding("both-names-in-one-cell", row, column, name)
    if repair.any_garbled(joined):
        yield from _garbled(rows, names, column)


def _capitals(rows: Sequence[int], names: list[str], column: int) -> Iterator[Finding]:
    for row, name in zip(rows, names, strict=True):
        if name.isupper() and sum(map(str.isalpha, name)) >= _MANY_LETTERS:
            yield Finding("all-capitals", row, column, name)


def _garbled(rows: Sequence[int], names: list[str], column: int) -> Iterator[Finding]:
    for row, name in zip(rows, names, strict=True):
        meant = repair.garbled(name)
        if meant is not None:
            said = f", perhaps {meant!r}" if meant else ""
            yield Finding("garbled-text", row, column, name, {"meant": said})


def _holds_both(name: str, other: str) -> bool:
    """Whether a name cell seems to hold both names: it has a comma, or the other one is in it."""
    if " " not in name and "," not in name:
        return False
    words = name.replace(",", " ").casefold().split()
    if len(words) < _BOTH:
        return False
    if "," in name:
        behind = name.partition(",")[2].casefold().replace(".", "").split()
        return not _SUFFIXES.issuperset(behind)
    other_words = other.casefold().split()
    if sorted(other_words) == sorted(words) or other.strip().casefold() in _NO_NAME:
        return True
    return len(other_words) == 1 and other_words[0] in words
