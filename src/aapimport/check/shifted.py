"""Addresses that have slipped by a row against the names beside them."""

from collections.abc import Sequence

_ENOUGH = 3
"""So many addresses after another that fit the row above, or below, are no accident."""
_TELLING = 3
"""How many letters a name must have to be looked for in an address."""


class Shifted:
    """Finds addresses that fit the names of the row above, or all of the row below."""

    def __init__(self) -> None:
        self._runs: list[tuple[int, int, int]] = []
        self._start = self._count = self._direction = 0

    def add(
        self,
        first: int,
        addresses: Sequence[str],
        firsts: Sequence[str],
        lasts: Sequence[str],
        straight: Sequence[bool],
    ) -> None:
        """Take in some more rows; a run of them goes on where it was.

        Args:
            first: How many rows were there before.
            addresses: The addresses, in small letters, with dots between the words.
            firsts: The first names, written the same way.
            lasts: The last names.
            straight: Which addresses are known to be their own row's names.
        """
        slipped: int | None
        for at, address in enumerate(addresses):
            if straight[at] or _holds(address, firsts[at]) or _holds(address, lasts[at]):
                slipped = 0
            else:
                slipped = _direction(address.partition("@")[0], at, firsts, lasts)
                if slipped is None:
                    continue  # it fits nobody's name, and says nothing
            if slipped == self._direction:
                self._count += 1
                continue
            self._end_run()
            self._start, self._count, self._direction = first + at, 1, slipped

    def found(self) -> Sequence[tuple[int, int, int]]:
        """Where each run begins, how long it is, and whose names its first one fits.

        Rows are counted from 0, in the order in which they were taken in. There are no more.
        """
        self._end_run()
        self._count = 0
        return self._runs

    def _end_run(self) -> None:
        if self._direction and self._count >= _ENOUGH:
            self._runs.append((self._start, self._count, self._start + self._direction))


def _holds(address: str, name: str) -> bool:
    return len(name) >= _TELLING and name in address


def _direction(local: str, at: int, firsts: Sequence[str], lasts: Sequence[str]) -> int | None:
    """-1 where an address fits the names of the row above, 1 for the one below, else None."""
    plain = local.replace(".", "")
    if _fits(plain, firsts[at], lasts[at]):
        return 0
    for step in (-1, 1):
        if 0 <= at + step < len(firsts) and _fits(plain, firsts[at + step], lasts[at + step]):
            return step
    return None


def _fits(plain: str, first: str, last: str) -> bool:
    """Whether an address without dots is made of a name: anaperez, perezana, aperez, anap, ana."""
    first, last = first.replace(".", ""), last.replace(".", "")
    if len(last) >= _TELLING and last in plain:
        return first[:1] == plain[:1] or first in plain
    if len(first) >= _TELLING and plain.startswith(first):
        rest = plain[len(first) :]
        return not rest or last.startswith(rest)
    return False
