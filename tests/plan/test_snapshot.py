from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aapimport.config import Endpoint
from aapimport.errors import ExitCode, ServiceError
from aapimport.plan.snapshot import Way, take_snapshot
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.services.values import Pass
from faults.stub import ScimStub
from faults.uploading import services
from faults.wire import RESET, error, instead

PEOPLE = 90
PASS = Pass(id="p26", name="Leadership 2026", seats=100, seats_used=30)
SEED = Seed(
    passes=(
        SeedPass(id="p26", name="Leadership 2026", seats=100, year=2026),
        SeedPass(id="p25", name="Leadership 2025", seats=100, year=2025),
    ),
    people=tuple(
        SeedPerson(
            id=f"id-{number}",
            email=f"P{number}@acme.com",
            first_name="Ana",
            last_name=f"Nr{number}",
            passes=("p26",) if number % 3 == 0 else (),
        )
        for number in range(PEOPLE)
    ),
)
ADDRESSES = {f"p{number}@acme.com": f"p{number}@Acme.com" for number in range(80, 100)}
THERE = {f"p{number}@acme.com" for number in range(80, PEOPLE)}
Requests = list[tuple[str, str]]


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[tuple[Portal, Requests]]:
    """The practice portal with 90 people, 30 on the pass, and the requests that reach it."""
    seen: Requests = []
    opened = Practice(tmp_path, SEED)

    def counting(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/v2")))
        return opened.portal(environ, start)

    endpoint = Endpoint(url="http://127.0.0.1/v2", token=opened.token)
    with closing(opened), closing(Transport(endpoint, app=counting)) as transport:
        yield Portal("All Access Pass", transport), seen


@pytest.fixture
def portal(portal_stub: ScimStub, jhana_stub: ScimStub) -> Iterator[Portal]:
    """The portal of the stub, with 90 people, 30 of them on the pass."""
    for number in range(PEOPLE):
        entitlements = [{"value": "p26"}] if number % 3 == 0 else []
        portal_stub.add_user(f"p{number}@acme.com", entitlements=entitlements)
    with services(portal_stub, jhana_stub) as both:
        yield both.portal


@pytest.mark.parametrize("way", list(Way))
def test_every_way_finds_the_same(practice, way: Way):
    """List, chunks and singles agree on who is there, in any letter case, and on the pass."""
    portal, seen = practice
    snapshot = take_snapshot(portal, ADDRESSES, PASS, way)
    assert set(snapshot.accounts) == THERE
    assert {one.id for one in snapshot.on_pass} == {f"id-{n}" for n in range(0, PEOPLE, 3)}
    assert snapshot.way is way
    assert {method for method, path in seen if not path.endswith("/.search")} == {"GET"}
    assert ("POST" in {method for method, _ in seen}) is (way is not Way.LIST)


@pytest.mark.parametrize(
    ("used", "page", "rows", "way"),
    [
        (30, 10, 20, Way.CHUNKS),
        (30, 10, 2, Way.CHUNKS),
        (30, 1000, 20, Way.LIST),  # one page holds everybody
        (90, 10, 20, Way.LIST),  # everybody is to be compared with anyway
        (None, 10, 20, Way.LIST),  # that may be so
    ],
)
def test_the_way_with_fewest_requests_is_taken(
    portal, portal_stub, used: int | None, page: int, rows: int, way: Way
):
    """Pages of everybody against look-ups and the pages of everybody on the pass."""
    portal_stub.habits.page = page
    pass_ = Pass(id="p26", name="L", seats=100, seats_used=used)
    addresses = {f"p{number}@acme.com": f"p{number}@acme.com" for number in range(rows)}
    snapshot = take_snapshot(portal, addresses, pass_)
    assert snapshot.way is way
    assert set(snapshot.accounts) == set(addresses)


def test_a_server_without_or_is_asked_one_by_one(portal, portal_stub, monkeypatch):
    """Where a filter of many addresses is refused and one of a single address works."""
    portal_stub.habits.page = 10
    answer = portal_stub._people

    def people(query: Any) -> Any:
        refused = " or " in query.get("filter", "")
        return error(400, "the filter is too long") if refused else answer(query)

    monkeypatch.setattr(portal_stub, "_people", people)
    snapshot = take_snapshot(portal, {"p7@acme.com": "P7@acme.com", "new@x.com": "new@x.com"})
    assert set(snapshot.accounts) == {"p7@acme.com"}
    assert snapshot.way is Way.SINGLES


@pytest.mark.parametrize("filters", ["exact", "ignored", "empty", "refused"])
def test_look_ups_that_lie_are_not_believed(portal, portal_stub, filters: str):
    """Filters that are ignored, case-sensitive, empty or refused: the whole list is read."""
    portal_stub.habits.filters = filters
    portal_stub.habits.page = 10
    snapshot = take_snapshot(portal, ADDRESSES, PASS)
    assert snapshot.way is Way.LIST
    assert set(snapshot.accounts) == THERE
    assert len(snapshot.on_pass) == 30


@pytest.mark.parametrize("answer", ["empty", "refused", "everybody", "some"])
def test_a_filter_by_pass_that_lies_is_not_believed(portal, portal_stub, answer: str, monkeypatch):
    """Nobody, everybody or too few on the pass: newcomers are compared with the real ones."""
    listing = portal.everybody

    def everybody(criterion: str = "") -> Iterator[Any]:
        found = [one for one in listing() if "p26" in one.passes]
        if not criterion:
            return listing()
        if answer == "refused":
            raise ServiceError("HTTP 400")
        return iter({"empty": [], "everybody": list(listing()), "some": found[:5]}[answer])

    monkeypatch.setattr(portal, "everybody", everybody)
    snapshot = take_snapshot(portal, ADDRESSES, PASS, Way.CHUNKS)
    assert snapshot.way is Way.LIST
    assert len(snapshot.on_pass) == 30


def test_people_under_other_user_names_are_found_by_the_list(portal, portal_stub):
    """Where userNames are employee numbers, a look-up by userName would take everybody for new."""
    portal_stub.habits.page = 10
    for number, user in enumerate(portal_stub.store.users.values()):
        user["emails"] = [{"value": user["userName"]}]
        user["userName"] = f"E{number:05}"
    snapshot = take_snapshot(portal, {"p7@acme.com": "P7@acme.com", "new@x.com": "new@x.com"})
    assert set(snapshot.accounts) == {"p7@acme.com"}
    assert snapshot.way is Way.LIST


def test_pages_that_stop_at_50_hide_nobody(portal, portal_stub):
    """A server that shows 50 at a time, whatever is asked for, is walked to its end."""
    portal_stub.habits.page = 50
    snapshot = take_snapshot(portal, ADDRESSES, PASS, Way.LIST)
    assert set(snapshot.accounts) == THERE


def test_a_list_that_ends_too_early_stops_the_plan(portal, portal_stub):
    """The same page again and again, with a total that says more: nobody is taken for absent."""
    portal_stub.habits.page = 50
    portal_stub.habits.same_page = True
    with pytest.raises(ServiceError, match="lists 50 of 90"):
        take_snapshot(portal, ADDRESSES, PASS, Way.LIST)


@pytest.mark.parametrize("fault", [instead(error(500, "no")), instead(RESET)])
@pytest.mark.parametrize("way", list(Way))
def test_a_failed_look_up_is_never_absent(portal, portal_stub, fault, way: Way):
    """An error or a lost answer in the middle ends with exit 4."""
    portal_stub.habits.page = 10
    _ = portal.capabilities
    path = "/Users" if way is Way.LIST else "/Users/.search"
    method = "GET" if way is Way.LIST else "POST"
    portal_stub.on(method, path, fault, times=99, skip=1 if way is not Way.CHUNKS else 0)
    portal_stub.on("GET", "/Users", instead(error(500, "no")), times=99, skip=99)
    with pytest.raises(ServiceError) as caught:
        take_snapshot(portal, ADDRESSES, PASS, way)
    assert caught.value.exit_code is ExitCode.SERVICE


def test_nobody_to_look_for_asks_nothing(portal, portal_stub):
    """A file without Jhana sends Jhana no request."""
    assert take_snapshot(portal, {}).accounts == {}
    assert portal_stub.seen == []


def test_where_nobody_is_new_nobody_is_compared(practice):
    """Everybody is found: the people on the pass are not fetched."""
    portal, seen = practice
    addresses = {key: key for key in THERE}
    snapshot = take_snapshot(portal, addresses, PASS, Way.CHUNKS)
    assert set(snapshot.accounts) == THERE
    assert snapshot.on_pass == ()
    assert len([path for _, path in seen if path.startswith("/Users")]) == 1


def test_the_account_of_an_address_goes_before_one_that_lists_it(portal, portal_stub):
    """An address that is one account's userName and another's second e-mail means the first."""
    portal_stub.add_user("boss@acme.com", emails=[{"value": "p80@acme.com"}])
    snapshot = take_snapshot(portal, ADDRESSES, PASS, Way.LIST)
    assert snapshot.accounts["p80@acme.com"].user_name == "p80@acme.com"
