"""Walking a list to its end, for lists and for searches alike.

Totals, sort order and page borders lie (docs/scim.md, 14), so a walk goes by what arrives: each
page begins with the last element of the page before, and where that is missing, or where somebody
is shown again behind it, the order has changed and the walk starts anew.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from aapimport.errors import ServiceError
from aapimport.services.scim import identifier, mapping, number, text

LONGEST_LIST = 1_000_000
"""Elements of a list that are read at the most; a longer one has no end."""
MOST_PAGES = 20_000
"""Pages of a list that are read at the most: some services show one or two people on each."""
_WALKS = 3
_NO_ID = "?"  # before the position that stands for a missing id
_BARREN = 3  # pages in a row that bring nothing new although a cursor says that there is more


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins.

    Attributes:
        start: The position of its first element, counted from 1.
        cursor: The cursor of RFC 9865; empty for the first page, None where pages are counted.
        in_order: Whether the service is asked to sort.
    """

    start: int = 1
    cursor: str | None = None
    in_order: bool = False

    def query(self, path: str) -> dict[str, str]:
        """The place in the list at a path, as a query says it."""
        if self.cursor is not None:
            return {"cursor": self.cursor}
        by = {"sortBy": "userName" if path == "/Users" else "displayName"}
        return {"startIndex": str(self.start), **(by if self.in_order else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list.

    Attributes:
        elements: What it holds, as it came: one that isn't an object counts for the positions.
        total: How many elements the service says there are; 0 where it doesn't.
        says_total: Whether it says so.
        cursor: Where the next page begins, where pages are asked for by cursor; empty at the end.
    """

    elements: Sequence[object] = ()
    total: int = 0
    says_total: bool = False
    cursor: str = ""


def page_in(body: Mapping[str, Any] | None, place: Place) -> Page | None:
    """The page in the body of a success; None where there is no whole list in it.

    RFC 7644 section 3.4.2 lets `Resources` be missing only where there are none. A first page that
    is empty beside a total is damaged.
    """
    if body is None:
        return None
    listed, total = body.get("Resources"), number(body.get("totalResults"))
    if total is not None and total < 0:  # no number of anything
        total = None
    if listed is None and total == 0:
        listed = []
    begins = place.start == 1 and not place.cursor
    if not isinstance(listed, list) or (begins and total and not listed):
        return None
    cursor = "" if place.cursor is None else text(body.get("nextCursor"))
    says_total = total is not None
    return Page(elements=listed, total=total or 0, says_total=says_total, cursor=cursor)


class _End(Enum):
    """How one walk ended."""

    WHOLE = auto()
    SHORT = auto()
    BROKEN = auto()


@dataclass(slots=True)
class _Steps:
    """One walk from the first page on: where it is, and whom it has seen."""

    place: Place
    seen: set[str] = field(default_factory=set)
    last: str = ""
    moved: bool = False
    barren: int = 0
    pages: int = 0

    def is_broken(self, keys: Sequence[str]) -> bool:
        """Whether a page shows that the order has changed since the one before."""
        if not self.last:
            return False
        if self.last not in keys:
            return True
        at = keys.index(self.last)
        behind = keys[at + 1 :]
        self.moved = self.moved or bool(at and behind)  # somebody has arrived further up
        return any(key in self.seen and key != self.last for key in behind)

    def go_on(self, page: Page, keys: Sequence[str]) -> None:
        """Move on to the next page, which is to begin with the last element of this one.

        A service that shows one element at a time can't show it again.
        """
        if self.place.cursor is not None:
            self.place = Place(cursor=page.cursor)
            return
        overlap = len(keys) > 1
        self.last = keys[-1] if overlap else ""
        start = self.place.start + len(keys) - overlap
        self.place = Place(start=start, in_order=self.place.in_order)


class Walk:
    """Everything in a list, each element once, with its position.

    Args:
        ask: Asks for the page at a place; None where a cursor isn't valid any more.
        what: What is walked, for messages: `All Access Pass: the list at /Users`.
        sorts: Whether the service can sort.
        cursors: Whether the service announces cursors.
        first: The first page, where it is known already.

    Attributes:
        shortfall: After the walk: why what it brought isn't the whole list; empty when it is.
        count: How many elements it has brought.
        rest: How many elements of the page at hand are still to come.
        says_all: Whether the page at hand says that all was shown with it.
    """

    def __init__(
        self,
        ask: Callable[[Place], Page | None],
        what: str,
        *,
        sorts: bool = False,
        cursors: bool = False,
        first: Page | None = None,
    ) -> None:
        self.shortfall = ""
        self.count = self.rest = 0
        self.says_all = False
        self._ask = ask
        self._what = what
        self._sorts = sorts
        self._cursors = cursors
        self._first = first
        self._told: set[str] = set()
        self._gone: set[str] = set()

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The elements as they arrive, with their positions; a list in disorder is walked thrice.

        Raises:
            SettingsError: The token is refused.
            ServiceError: A page can't be had, or the list has no end.
        """
        for attempt in range(_WALKS):
            self.shortfall = f"{self._what} is in another order each time"
            in_order = self._sorts and attempt > 0
            steps = _Steps(Place(cursor="" if self._cursors else None, in_order=in_order))
            try:
                end = yield from self._once(steps)
            except ServiceError:
                if not in_order:
                    raise
                return  # it doesn't sort, whatever it announces
            if end is _End.WHOLE or (end is _End.SHORT and not self._cursors):
                return
            if end is _End.SHORT or not steps.seen:
                self._cursors = False  # they are only announced

    def _once(self, steps: _Steps) -> Generator[tuple[int, Mapping[str, Any]], None, _End]:
        """One walk; says how it ended."""
        while True:
            page, self._first = self._first or self._ask(steps.place), None
            if page is None:
                return _End.BROKEN
            listed = [mapping(one) for one in page.elements]
            keys = [
                identifier(one.get("id")) or f"{_NO_ID}{position}"
                for position, one in enumerate(listed, steps.place.start)
            ]
            if steps.is_broken(keys):
                return _End.BROKEN
            fresh = {key: at for at, key in enumerate(keys) if key not in steps.seen}
            steps.seen.update(fresh)
            self.says_all = not page.cursor and page.total == len(steps.seen)
            for told, (key, at) in enumerate(fresh.items(), 1):
                self.rest = len(fresh) - told
                if key not in self._told:
                    self.count += 1
                    yield steps.place.start + at, listed[at]
            self._told.update(key for key in fresh if not key.startswith(_NO_ID))
            steps.pages += 1
            if len(steps.seen) > LONGEST_LIST or steps.pages > MOST_PAGES:
                raise ServiceError(
                    f"{self._what} shows more than {len(steps.seen) - 1:,} and has no end",
                    hint="show this message to the service's owner",
                )
            end = self._end(steps, page, keys, news=bool(fresh))
            if end is not None:
                return end

    def _end(self, steps: _Steps, page: Page, keys: Sequence[str], *, news: bool) -> _End | None:
        """How a walk ends with a page; None where it goes on."""
        steps.barren = 0 if news else steps.barren + 1
        if (news and steps.place.cursor is None) or (page.cursor and steps.barren < _BARREN):
            steps.go_on(page, keys)
            return None
        if len(steps.seen) < page.total or page.cursor:
            self.shortfall = (
                f"{self._what} shows {len(steps.seen):,} of {page.total:,}, then no more"
            )
            if steps.barren <= 1:
                return None  # asked once more
            return _End.BROKEN if steps.moved else _End.SHORT
        if gone := self._told - steps.seen - self._gone:
            self._gone |= gone  # another walk tells whether they have left
            return _End.BROKEN
        self.shortfall = ""
        return _End.WHOLE
