"""Addresses that are beside other names than their own: a column sorted by itself, or swapped."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from math import log, pi, prod, sqrt
from operator import not_
from typing import NamedTuple

_TELLING = 3
"""How many letters make more than an accident of the beginning of a name."""
_ENOUGH = 2
_NO_ACCIDENT = 6.0
"""Told if accident would exchange so many in one of 400 lists; this is its natural logarithm."""
_USUAL_REPEAT, _WEIGHT = 0.03, 50
"""How likely two have the same name where names are few, and for how many pairs that counts."""
_SAME = (
    *((sign, "") for sign in "0123456789'’"),
    *(("ø", "o"), ("æ", "a"), ("ł", "l"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")),
)
"""What is left out, or written in more than one way."""


class _Way(NamedTuple):
    """How an address is made of names: so many letters of either, all by default."""

    of_first: int | None = None
    of_last: int | None = None
    last_comes_first: bool = False

    def written(self, firsts: Iterable[str], lasts: Iterable[str]) -> list[str]:
        """What the addresses of some people would be."""
        of_first, of_last, last_comes_first = self
        both = zip(firsts, lasts, strict=True)
        if last_comes_first:
            return [last[:of_last] + first[:of_first] for first, last in both]
        return [first[:of_first] + last[:of_last] for first, last in both]

    def repeat(self, firsts: Sequence[str], lasts: Sequence[str], equal: int) -> float:
        """How likely one's address is another's, or with two `equal` each is the other's."""
        parts = [
            _repeat([name[:letters] for name in names])
            for names, letters in ((firsts, self.of_first), (lasts, self.of_last))
            if letters != 0
        ]
        # Some first names go with some last names, as those of one country.
        by_accident = max(prod(parts), _repeat(self.written(firsts, lasts), 0))
        # One part of an address may be right, as the first name of the married is.
        return by_accident * max(parts) if equal > 1 else by_accident


_WAYS = (
    _Way(),
    _Way(last_comes_first=True),
    _Way(of_first=1),
    _Way(of_last=1),
    _Way(of_first=1, last_comes_first=True),
    _Way(3, 3),
    _Way(of_last=0),
    _Way(of_first=0),
)
"""anaperez, perezana, aperez, anap, pereza, anaper, ana, perez."""
_OF_FIRSTS, _OF_LASTS = _Way(of_last=0), _Way(of_first=0)


class _Misfits:
    """Rows whose address names somebody else, by some ways of making addresses of names.

    Both sides are hashes, as nothing but their being equal counts and there may be a million.
    """

    def __init__(self, *ways: _Way) -> None:
        self.rows = array("L")
        self._said = array("q")
        self._named = {way: array("q") for way in ways}

    def add(
        self, rows: Sequence[int], said: Iterable[str], firsts: list[str], lasts: list[str]
    ) -> None:
        """Take in what addresses say and the names beside them."""
        self.rows.extend(rows)
        self._said.extend(map(hash, said))
        for way, named in self._named.items():
            named.extend(map(hash, way.written(firsts, lasts)))

    def exchanged(self) -> Iterator[tuple[_Way, int, list[int], int]]:
        """Rows whose address is another one's, by each way and by how many equal names.

        With two equal names each is the other's, too. Last comes the row whose the first one's is.
        """
        for way, named in self._named.items():
            # Nearly always there is nothing to be found, which a look at all of them shows.
            if sum(map(frozenset(named).__contains__, self._said)) < _ENOUGH:
                continue
            yield way, 1, *self._matched(self._said, named)
            there, back = zip(self._said, named, strict=True), zip(named, self._said, strict=True)
            yield way, 2, *self._matched([*map(hash, there)], [*map(hash, back)])

    def _matched(self, said: Sequence[int], named: Sequence[int]) -> tuple[list[int], int]:
        left = Counter(named)
        rows: list[int] = []
        other = 0
        for row, key in zip(self.rows, said, strict=True):
            if left[key] > 0:
                left[key] -= 1
                other = other or self.rows[named.index(key)]
                rows.append(row)
        return rows, other


class Shuffled:
    """Looks for addresses that were exchanged among the people of a list.

    Married names, nicknames and numbers fit nobody beside them either. So it isn't told unless
    more of what the addresses say is the name in another row than would be by accident.
    """

    def __init__(self) -> None:
        self._misfits = {
            "email": _Misfits(*_WAYS),
            "first_name": _Misfits(_OF_FIRSTS),
            "last_name": _Misfits(_OF_LASTS),
        }
        self._found: dict[str, list[tuple[int, str, str, str]]] = {}

    def add(
        self,
        rows: Sequence[int],
        addresses: Sequence[str],
        firsts: Sequence[str],
        lasts: Sequence[str],
        straight: Sequence[bool],
    ) -> None:
        """Take in some rows, as `Shifted` does; time grows with their number."""
        self._found = {key: [] for key in self._misfits}
        if all(straight):
            return
        crooked = [*map(not_, straight)]
        columns = [_letters(compress(column, crooked)) for column in (addresses, firsts, lasts)]
        for row, address, first, last in zip(compress(rows, crooked), *columns, strict=True):
            local = address.partition("@")[0]
            if first and last and local.replace(".", "").isalpha():
                start, *middle = filter(None, local.split(".")) if "." in local else (local,)
                if middle:
                    # An initial in the middle is nobody's name.
                    end = "".join([word for word in middle[:-1] if word[1:]]) + middle[-1]
                    self._two_words(row, start, end, first, last)
                else:
                    self._one_word(row, start, _plain(first), _plain(last))
        for key, found in self._found.items():
            if found:
                seen, said, by_first, by_last = map(list, zip(*found, strict=True))
                self._misfits[key].add(seen, said, by_first, by_last)

    def _two_words(self, row: int, start: str, end: str, first: str, last: str) -> None:
        if (end == last and len(start) == 1) or (start == first and len(end) == 1):
            return  # an initial is nobody's whole name
        by_first = start == first or _fits(start, first) or _fits(end, first)
        by_last = end == last or _fits(end, last) or _fits(start, last)
        if by_first and by_last:
            return
        if by_first:
            self._part("last_name", row, end if _fits(start, first) else start, last)
        elif by_last:
            self._part("first_name", row, start if _fits(end, last) else end, first)
        else:
            self._misfit("email", row, start + end, first, last)

    def _one_word(self, row: int, local: str, first: str, last: str) -> None:
        if len(first) >= _TELLING and local.startswith(first):
            self._rest("last_name", row, local[len(first) :], last)
        elif len(last) >= _TELLING and local.endswith(last):
            self._rest("first_name", row, local[: -len(last)], first)
        elif not (
            (len(last) > 1 and (local.startswith(last) or local.endswith(last)))
            or (len(last) >= _TELLING and last in local)
            or (local[:1] in (first[:1], last[:1]) and _is_made_of(local, first, last))
        ):
            self._misfit("email", row, local, first, last)
            if local[:1] == first[:1]:
                self._part("last_name", row, local[1:], last)
            elif local[-1:] == first[:1]:
                self._part("last_name", row, local[:-1], last)

    def _rest(self, key: str, row: int, rest: str, name: str) -> None:
        if not name.startswith(rest):
            self._part(key, row, rest, name)

    def _part(self, key: str, row: int, said: str, name: str) -> None:
        if len(said) > 1:
            self._misfit(key, row, said, name, name)

    def _misfit(self, key: str, row: int, said: str, first: str, last: str) -> None:
        self._found[key].append((row, said, _plain(first), _plain(last)))

    def found(
        self, told: int, firsts: Iterable[str], lasts: Iterable[str]
    ) -> tuple[str, list[int], int] | None:
        """What has been exchanged: a column, the rows, and the row whose is what the first has.

        Args:
            told: How many rows are told as shifted by one, which is this, too.
            firsts: The first names of the whole list, one on each line of the texts.
            lasts: The last names.
        """
        found = []
        names: tuple[list[str], list[str]] | None = None
        for key, misfits in self._misfits.items():
            for way, equal, rows, other in misfits.exchanged():
                if len(rows) > max(2 * told, _ENOUGH - 1):
                    names = names or (_lines(firsts), _lines(lasts))
                    repeat = way.repeat(*names, equal)
                    if _evidence(len(rows), len(misfits.rows), repeat) / equal >= _NO_ACCIDENT:
                        found.append((key, rows, other))
        return max(found, key=lambda one: len(one[1]), default=None)


def _letters(values: Iterable[str]) -> list[str]:
    """Addresses or names as they are compared: `ue` is `ü` is `u`, and digits don't count."""
    values = [*values]
    text = "\n".join(values)
    if text.count("\n") >= len(values):  # a line break in a value, which is told elsewhere
        text = "\n".join(value.replace("\n", " ") for value in values)
    for written, same in _SAME:
        text = text.replace(written, same)
    return text.split("\n")


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


def _is_made_of(local: str, first: str, last: str) -> bool:
    """Whether an address is written in one of the ways from a name."""
    for of_first, of_last, last_comes_first in _WAYS:
        start, end = first[:of_first], last[:of_last]
        if local == (end + start if last_comes_first else start + end):
            return True
    return False


def _lines(texts: Iterable[str]) -> list[str]:
    return "\n".join(texts).lower().split("\n")


def _repeat(values: Sequence[str], weight: int = _WEIGHT) -> float:
    """How likely two of some values are the same, in view of how few there are to tell it from."""
    pairs = sum(often * (often - 1) for often in Counter(values).values())
    return (pairs + weight * _USUAL_REPEAT) / (len(values) * (len(values) - 1) + weight)


def _evidence(exchanged: int, of_all: int, repeat: float) -> float:
    """How unlikely it is that so many are somebody else's name by accident, as a logarithm.

    By accident means that what the addresses say and the names are drawn from the same names. Of
    `each` that say a name and as many that have it, all but one in the root of `1 + pi * each` find
    each other (the mean difference of two Poisson numbers, within 3 %); fewer where some names are
    more frequent than others. The logarithm is Chernoff's bound of the binomial distribution.
    """
    crowd = pi * (of_all - 1) * repeat
    by_accident = crowd / (1 + crowd + sqrt(1 + crowd))
    share = exchanged / of_all
    if share <= by_accident:
        return 0.0
    evidence = share * log(share / by_accident)
    if share < 1:
        evidence += (1 - share) * log((1 - share) / (1 - by_accident))
    return of_all * evidence
