"""Addresses that are beside other names than their own: a column sorted by itself, or swapped."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, count
from operator import not_

_TELLING = 3
"""How many letters make more than an accident of the beginning of a name."""
_NEARLY_ALL = 0.9
_TIMES_FITTING = 3
_WHOLE_NAMES = 2
"""Of the ways that addresses are made of names, the first ones, which aren't made of initials."""


class _Misfits:
    """Rows whose address names somebody else, by one way of making addresses of names.

    Both sides are hashes, as nothing but their being equal counts and there may be a million.

    Args:
        enough: From how many rows on it is no accident.
        ways: In how many ways a name may be written in an address.
    """

    def __init__(self, enough: int, ways: int = 1) -> None:
        self.enough = enough
        self.rows = array("L")
        self._said = array("q")
        self._named = [array("q") for _ in range(ways)]

    def add(self, row: int, said: str, *named: str) -> None:
        """Take in what an address says and what the name beside it would have put there."""
        self.rows.append(row)
        self._said.append(hash(said))
        for column, name in zip(self._named, named, strict=True):
            column.append(hash(name))

    def exchanged(self) -> Iterator[tuple[list[int], int]]:
        """For each way, the rows whose address is another one's, and whose the first one's is."""
        for named in self._named:
            # Nearly always there is nothing to be found, which a look at all of them shows.
            if sum(map(frozenset(named).__contains__, self._said)) < self.enough:
                yield [], 0
                continue
            left = Counter(named)
            rows: list[int] = []
            other = 0
            for row, said in zip(self.rows, self._said, strict=True):
                if left[said] > 0:
                    left[said] -= 1
                    other = other or self.rows[named.index(said)]
                    rows.append(row)
            yield rows, other


class Shuffled:
    """Looks for addresses that were exchanged among the people of a list.

    Married names, nicknames and numbers fit nobody beside them either. So it isn't told unless
    what the addresses say and what the names are is the same, only in other rows.
    """

    def __init__(self) -> None:
        self._fitting = 0
        self._misfits = {
            "email": _Misfits(enough=2, ways=6),
            "first_name": _Misfits(enough=3),
            "last_name": _Misfits(enough=3),
        }

    def add(
        self,
        rows: Sequence[int],
        addresses: Sequence[str],
        firsts: Sequence[str],
        lasts: Sequence[str],
        straight: Sequence[bool],
    ) -> None:
        """Take in some rows, as `shifted_runs` does; time grows with their number."""
        self._fitting += sum(straight)
        for at in compress(count(), map(not_, straight)):
            local = addresses[at].partition("@")[0]
            if firsts[at] and lasts[at] and local.replace(".", "").isalpha():
                start, dot, end = local.partition(".")
                if dot:
                    self._two_words(rows[at], start, end.replace(".", ""), firsts[at], lasts[at])
                else:
                    self._one_word(rows[at], local, _plain(firsts[at]), _plain(lasts[at]))

    def _two_words(self, row: int, start: str, end: str, first: str, last: str) -> None:
        by_first = _fits(start, first) or _fits(end, first)
        by_last = _fits(end, last) or _fits(start, last)
        if by_first and by_last:
            self._fitting += 1
        elif by_first:
            self._part("last_name", row, end if _fits(start, first) else start, _plain(last))
        elif by_last:
            self._part("first_name", row, start if _fits(end, last) else end, _plain(first))
        else:
            self._whole(row, start + end, _plain(first), _plain(last))

    def _one_word(self, row: int, local: str, first: str, last: str) -> None:
        if len(first) >= _TELLING and local.startswith(first):
            self._rest("last_name", row, local[len(first) :], last)
        elif len(last) >= _TELLING and local.endswith(last):
            self._rest("first_name", row, local[: -len(last)], first)
        elif local in _ways(first, last) or (len(last) >= _TELLING and last in local):
            self._fitting += 1
        else:
            self._whole(row, local, first, last)
            if local[:1] == first[:1]:
                self._part("last_name", row, local[1:], last)

    def _rest(self, key: str, row: int, rest: str, name: str) -> None:
        if name.startswith(rest):
            self._fitting += 1
        else:
            self._part(key, row, rest, name)

    def _part(self, key: str, row: int, said: str, name: str) -> None:
        self._misfits[key].add(row, said, name)

    def _whole(self, row: int, said: str, first: str, last: str) -> None:
        self._misfits["email"].add(row, said, *_ways(first, last))

    def found(self, told: int) -> tuple[str, list[int], int] | None:
        """What has been exchanged: a column, the rows, and the row whose is what the first has.

        Args:
            told: How many rows are told as shifted by one, which is this, too.
        """
        found = []
        for key, misfits in self._misfits.items():
            enough = max(misfits.enough, 2 * told + 1)
            for way, (rows, other) in enumerate(misfits.exchanged()):
                # In a list of ordinary addresses, two that are each other's whole names tell.
                of_whole_names = key == "email" and way < _WHOLE_NAMES
                is_ordinary = self._fitting >= _TIMES_FITTING * len(misfits.rows)
                tells = of_whole_names and is_ordinary
                if len(rows) >= enough and (tells or self._is_exchange(rows, misfits)):
                    found.append((key, rows, other))
        return max(found, key=lambda one: len(one[1]), default=None)

    def _is_exchange(self, rows: list[int], misfits: _Misfits) -> bool:
        """Whether so many names are only in another row that no accident is left.

        By accident, of many names drawn from the same few, the square root or more are left over.
        """
        all_of_them = len(misfits.rows)
        left_over = all_of_them - len(rows)
        return len(rows) >= _NEARLY_ALL * all_of_them and (
            len(rows) >= self._fitting or (2 * left_over) ** 2 <= all_of_them
        )


def _plain(name: str) -> str:
    """A name as one word."""
    return name.replace(".", "")


def _fits(part: str, name: str) -> bool:
    """Whether a word of an address is a name, a word of it, its beginning or its initial."""
    whole = _plain(name)
    if part == whole or part in name.split(".") or part == whole[:1]:
        return True
    return min(len(part), len(whole)) >= _TELLING and (
        whole.startswith(part) or part.startswith(whole)
    )


def _ways(first: str, last: str) -> tuple[str, ...]:
    """How addresses are made of names: anaperez, perezana, aperez, anap, ana, perez."""
    return first + last, last + first, first[:1] + last, first + last[:1], first, last
