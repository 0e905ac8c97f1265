"""Lists that don't stand still, and how they are walked."""

from collections.abc import Callable
from random import Random

import pytest

from aapimport.errors import ServiceError
from aapimport.services import paging
from aapimport.services.paging import Page, Place, Walk
from aapimport.services.portal import Portal
from support.stub import ScimStub
from support.wire import Response, as_json, error

PEOPLE = [f"u{number}" for number in range(60)]


class Server:
    """A list of ids behind pages; `bend` may change it between two of them."""

    def __init__(
        self, size: int = 10, bend: Callable[["Server"], object] = lambda _: None, total: int = -1
    ) -> None:
        self.ids = list(PEOPLE)
        self.size = size
        self.total = total
        self.asked: list[Place] = []
        self._bend = bend

    def ask(self, place: Place) -> Page:
        """One page."""
        self.asked.append(place)
        ids = sorted(self.ids) if place.in_order else self.ids
        elements = [{"id": it} for it in ids[place.start - 1 :][: self.size]]
        total = len(ids) if self.total < 0 else self.total
        self._bend(self)
        return Page(elements=elements, total=total)


def walked(server: Server, *, sorts: bool = False) -> tuple[list[str], str]:
    """Who was seen, and why that isn't everybody."""
    walk = Walk(server.ask, "the list", sorts=sorts)
    seen = [str(one["id"]) for _, one in walk]
    assert walk.count == len(seen)
    return seen, walk.shortfall


@pytest.mark.parametrize("size", [1, 2, 3, 7, 59, 60, 61, 1000])
@pytest.mark.parametrize("total", [-1, 0, 10])
def test_pages_overlap_by_one_and_nobody_is_seen_twice(size: int, total: int):
    """Each page begins with the last element of the one before, whatever the total says."""
    server = Server(size, total=total)
    assert walked(server) == (PEOPLE, "")
    step = max(1, size - 1)
    starts = [place.start for place in server.asked]
    assert starts[:-1] == list(range(1, 1 + step * (len(starts) - 1), step))


def test_who_leaves_during_the_walk_takes_nobody_along():
    """A page that moved up starts the walk anew; without the overlap one person would be missed."""
    server = Server(10, lambda it: it.ids.remove("u3") if len(it.asked) == 1 else None)
    seen, shortfall = walked(server)
    assert set(seen) == set(PEOPLE)
    assert (len(server.ids), shortfall) == (59, "")


def test_who_arrives_during_the_walk_hides_nobody():
    """Pages that moved down bring nobody twice; whom the total counts more is walked for again."""
    server = Server(10, lambda it: it.ids.insert(0, "new") if len(it.asked) == 1 else None)
    seen, shortfall = walked(server)
    assert sorted(seen) == sorted([*PEOPLE, "new"])
    assert shortfall == ""


@pytest.mark.parametrize("seed", range(20))
def test_a_list_in_another_order_for_each_page_is_no_whole_list(seed: int):
    """No walk of it is believed; with sorting offered it is walked in order, and is whole."""
    random = Random(seed)
    seen, shortfall = walked(Server(10, lambda it: random.shuffle(it.ids)))
    assert shortfall
    assert len(seen) == len(set(seen))
    seen, shortfall = walked(Server(10, lambda it: random.shuffle(it.ids)), sorts=True)
    assert (set(seen), shortfall) == (set(PEOPLE), "")


def test_a_service_that_sorts_only_in_words_is_in_disorder():
    """An error to a sorted page is no error of the list: it just isn't whole."""
    random = Random(4)
    server = Server(10, lambda it: random.shuffle(it.ids))

    def ask(place: Place) -> Page:
        if place.in_order:
            raise ServiceError("sortBy is not supported")
        return server.ask(place)

    walk = Walk(ask, "the list", sorts=True)
    assert list(walk)
    assert walk.shortfall


def test_a_total_that_says_more_is_asked_about_once():
    """What is missing then is said with both numbers."""
    server = Server(10, total=61)
    assert walked(server) == (PEOPLE, "the list shows 60 of 61, then no more")
    assert server.asked[-1] == server.asked[-2] != server.asked[-3]


def test_a_list_without_an_end_has_one(monkeypatch):
    """A service that makes people up is stopped."""
    monkeypatch.setattr(paging, "LONGEST_LIST", 500)

    def ask(place: Place) -> Page:
        return Page(elements=[{"id": f"u{place.start + it}"} for it in range(10)])

    with pytest.raises(ServiceError, match="has no end"):
        list(Walk(ask, "the list"))


def test_a_list_of_countless_short_pages_has_an_end(monkeypatch):
    """One person on each: it would take a day to see a million of them."""
    monkeypatch.setattr(paging, "MOST_PAGES", 50)
    asked: list[int] = []

    def ask(place: Place) -> Page:
        asked.append(place.start)
        return Page(elements=[{"id": f"u{place.start}"}])

    with pytest.raises(ServiceError, match="has no end"):
        list(Walk(ask, "the list"))
    assert len(asked) == 51


class Cursors:
    """A portal that pages by cursor, as RFC 9865 says."""

    def __init__(self, stub: ScimStub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.expires_at = ""
        self.refused = False
        self.endless = False
        self._stub = stub
        self._discovery = stub._discovery
        monkeypatch.setattr(stub, "_page", self.page)
        monkeypatch.setattr(stub, "_discovery", self.discovery)

    def discovery(self, kind: str) -> Response:
        """Announce cursors."""
        if kind == "ServiceProviderConfig":
            return as_json(200, {"pagination": {"cursor": True, "index": True}})
        return self._discovery(kind)

    def page(self, found, query) -> Response:
        """Three at a time, from a cursor on."""
        cursor = query.get("cursor")  # an empty one doesn't come through the query's parser
        if "startIndex" in query:
            start = int(query["startIndex"]) - 1
            return as_json(200, {"totalResults": len(found), "Resources": found[start : start + 3]})
        if self.refused:
            return error(400, "what cursor?")
        if cursor and cursor == self.expires_at:
            self.expires_at = ""
            return as_json(400, {"scimType": "expiredCursor"})
        start = int(cursor or 0)
        body = {"totalResults": len(found), "Resources": found[start : start + 3]}
        if start + 3 < len(found) or self.endless:
            body["nextCursor"] = str(start + 3)
        return as_json(200, body)


@pytest.fixture
def cursors(portal_stub: ScimStub, monkeypatch) -> Cursors:
    """Eight people on such a portal."""
    for number in range(8):
        portal_stub.add_user(f"p{number}@acme.com", "Ana", f"Nr{number}")
    return Cursors(portal_stub, monkeypatch)


def test_cursors_are_followed_where_they_are_announced(
    portal: Portal, portal_stub: ScimStub, cursors: Cursors
):
    """The first is empty, the last page names none, and no position is asked for."""
    assert len(list(portal.everybody())) == 8
    asked = [one.query for one in portal_stub.seen if one.path == "/Users"]
    assert [one.get("cursor") for one in asked] == ["", "3", "6"]
    assert not any("startIndex" in one for one in asked)


@pytest.mark.parametrize("fault", ["expires", "refused", "endless"])
def test_a_cursor_that_fails_loses_nobody(
    portal: Portal, portal_stub: ScimStub, cursors: Cursors, fault: str
):
    """An expired cursor starts the walk anew; one that is only announced gives way to positions."""
    cursors.expires_at = "6" if fault == "expires" else ""
    cursors.refused = fault == "refused"
    cursors.endless = fault == "endless"
    assert len(list(portal.everybody())) == 8
    known, total = portal.some_people()
    assert (len(known), total) == (3, 8)
    assert len(portal_stub.seen) < 30
