from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aapimport.config.settings import Endpoint
from aapimport.errors import ExitCode, ServiceError
from aapimport.person import Person
from aapimport.plan.snapshot import Way, take_snapshot
from aapimport.sandbox.practice import Practice
from aapimport.sandbox.seed import Seed, SeedPass, SeedPerson
from aapimport.services.portal import Portal
from aapimport.services.transport import Transport
from aapimport.services.values import Pass
from aapimport.template.roles import Role
from support.stub import ScimStub
from support.uploading import services
from support.wire import RESET, as_json, error, instead

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
            active=number != 1,
        )
        for number in range(PEOPLE)
    ),
)
THERE = {f"p{number}@acme.com" for number in range(80, PEOPLE)}
Requests = list[tuple[str, str]]


def row(number: int, email: str = "", **names: Any) -> Person:
    """A row about one of the people, or from number 90 on about somebody new."""
    values: dict[str, Any] = {"first_name": "Ana", "last_name": f"Nr{number}"} | names
    return Person(row=number + 2, email=email or f"p{number}@Acme.com", role=Role.MANAGER, **values)


ROWS = [row(number) for number in range(80, 100)]
SOME = [row(7, "P7@acme.com"), row(90, "new@x.com")]


def asked(stub: ScimStub) -> list[str]:
    """The filters that people were looked up with, in their order."""
    return [str(one.json["filter"]) for one in stub.seen if one.path == "/Users/.search"]


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[tuple[Portal, Requests]]:
    """The practice portal with 90 people, 30 on the pass, and the requests that reach it."""
    seen: Requests = []
    opened = Practice(tmp_path, SEED)

    def counting(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/v2")))
        return opened.portal(environ, start)

    endpoint = Endpoint.bearer(url="http://127.0.0.1/v2", token=opened.token)
    with closing(opened), closing(Transport(endpoint, app=counting)) as transport:
        yield Portal("All Access Pass", transport), seen


@pytest.fixture
def portal(portal_stub: ScimStub, jhana_stub: ScimStub) -> Iterator[Portal]:
    """The portal of the stub, with 90 people, 30 of them on the pass and one deactivated."""
    for number in range(PEOPLE):
        more: dict[str, Any] = {"entitlements": [{"value": "p26"}] if number % 3 == 0 else []}
        more |= {} if number != 1 else {"active": False}
        portal_stub.add_user(f"p{number}@acme.com", "Ana", f"Nr{number}", **more)
    with services(portal_stub, jhana_stub) as both:
        yield both.portal


@pytest.mark.parametrize("way", list(Way))
def test_every_way_finds_the_same(practice, way: Way):
    """List, chunks and singles agree on who is there, in any letter case, and on the pass."""
    portal, seen = practice
    snapshot = take_snapshot(portal, ROWS, PASS, way)
    assert set(snapshot.accounts) == THERE
    assert {one.id for one in snapshot.on_pass} == {f"id-{n}" for n in range(0, PEOPLE, 3)}
    assert snapshot.way is way
    assert {method for method, path in seen if not path.endswith("/.search")} == {"GET"}
    assert {path for method, path in seen if method == "POST"} == {"/Users/.search"}
    assert (snapshot.single, snapshot.everybody_compared) == ("", True)


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
    people = [row(number) for number in range(rows)]
    snapshot = take_snapshot(portal, people, pass_)
    assert snapshot.way is way
    assert set(snapshot.accounts) == {one.key for one in people}


def hide_deactivated(stub: ScimStub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let look-ups find active people only; the list shows all."""
    matches = stub._matches
    monkeypatch.setattr(
        stub, "_matches", lambda user, it: matches(user, it) and user.get("active") is not False
    )


@pytest.mark.parametrize("known", ["listed", "filtered", "nobody", "hidden"])
def test_look_ups_are_two_only_where_they_find_the_deactivated(
    portal, portal_stub, monkeypatch, known: str
):
    """Else somebody who returns would be new to both kinds: the list says who is there."""
    portal_stub.habits.page = 10
    on_first_page, on_last_page = (
        portal_stub.store.users["user-2"],
        portal_stub.store.users["user-90"],
    )
    on_first_page["active"] = known in {"filtered", "nobody"}
    on_last_page["active"] = known not in {"filtered", "hidden"}
    matches = portal_stub._matches

    def by_activity(user: dict[str, Any], criterion: str) -> bool:
        return matches(user, criterion) or (criterion == "active eq false" and not user["active"])

    if known == "filtered":
        monkeypatch.setattr(portal_stub, "_matches", by_activity)
    elif known == "hidden":
        hide_deactivated(portal_stub, monkeypatch)
    snapshot = take_snapshot(portal, [row(89), row(90)])
    assert set(snapshot.accounts) == {"p89@acme.com"}
    assert snapshot.way is (Way.CHUNKS if known in {"listed", "filtered"} else Way.LIST)
    assert snapshot.single == ""


def test_look_ups_that_lag_behind_the_list_are_not_two(portal, portal_stub, monkeypatch):
    """Who is at the list's end and not found yet came just now, and others may have."""
    portal_stub.habits.page = 10
    late = portal_stub.store.users["user-90"]
    matches = portal_stub._matches
    monkeypatch.setattr(
        portal_stub, "_matches", lambda user, it: matches(user, it) and user is not late
    )
    snapshot = take_snapshot(portal, [row(85), row(90)])
    assert (set(snapshot.accounts), snapshot.way) == ({"p85@acme.com"}, Way.LIST)
    assert snapshot.single == ""


def test_look_ups_that_may_hide_the_deactivated_are_one_witness(portal, portal_stub, monkeypatch):
    """Where the list isn't whole beside them, the plan says so and asks."""
    hide_deactivated(portal_stub, monkeypatch)
    portal_stub.habits.page, portal_stub.habits.same_page = 50, True
    snapshot = take_snapshot(portal, ROWS, PASS)
    assert set(snapshot.accounts) == THERE
    assert snapshot.single.startswith("only the look-ups of All Access Pass say who is new")


def test_look_ups_beside_a_list_that_is_not_whole_are_believed(portal, portal_stub):
    """Where nobody of most people is deactivated: said, and not asked; of a third, asked."""
    for user in portal_stub.store.users.values():
        user["active"] = True
    portal_stub.habits.page, portal_stub.habits.same_page = 50, True
    snapshot = take_snapshot(portal, [row(3), row(91)], PASS)
    assert set(snapshot.accounts) == {"p3@acme.com"}
    assert snapshot.single == ""
    assert snapshot.remark.startswith("the list of All Access Pass isn't whole")
    portal_stub.habits.page = 30
    snapshot = take_snapshot(portal, [row(3), row(91)], PASS)
    assert snapshot.single.startswith("only the look-ups of All Access Pass say who is new")


def test_a_server_without_or_is_asked_one_by_one(portal, portal_stub, monkeypatch):
    """Where a filter of many addresses is refused and one of a single address works."""
    portal_stub.habits.page = 10
    answer = portal_stub._people

    def people(query: Any) -> Any:
        refused = " or " in query.get("filter", "")
        return error(400, "the filter is too long") if refused else answer(query)

    monkeypatch.setattr(portal_stub, "_people", people)
    snapshot = take_snapshot(portal, SOME)
    assert set(snapshot.accounts) == {"p7@acme.com"}
    assert snapshot.way is Way.SINGLES


@pytest.mark.parametrize("filters", ["exact", "ignored", "empty", "refused"])
def test_look_ups_that_lie_are_not_believed(portal, portal_stub, filters: str):
    """Filters that are ignored, case-sensitive, empty or refused: the whole list is read."""
    portal_stub.habits.filters = filters
    portal_stub.habits.page = 10
    snapshot = take_snapshot(portal, ROWS, PASS)
    assert snapshot.way is Way.LIST
    assert set(snapshot.accounts) == THERE
    assert len(snapshot.on_pass) == 30


@pytest.mark.parametrize("answer", ["empty", "refused", "everybody", "some"])
def test_a_filter_by_pass_that_lies_is_not_believed(portal, portal_stub, answer: str, monkeypatch):
    """Nobody, everybody or too few on the pass: newcomers are compared with the real ones."""
    listing = portal.everybody

    def everybody(criterion: str = "") -> Any:
        found = [one for one in listing() if "p26" in one.passes]
        if not criterion:
            return listing()
        if answer == "refused":
            raise ServiceError("HTTP 400")
        return iter({"empty": [], "everybody": list(listing()), "some": found[:5]}[answer])

    monkeypatch.setattr(portal, "everybody", everybody)
    snapshot = take_snapshot(portal, ROWS, PASS, Way.CHUNKS)
    assert snapshot.way is Way.LIST
    assert len(snapshot.on_pass) == 30


@pytest.mark.parametrize("others", [90, 1])
def test_people_under_other_user_names_are_found_by_the_list(portal, portal_stub, others: int):
    """Employee numbers, or one among addresses on the last page: userNames are no witness then."""
    portal_stub.habits.page = 10
    for number, user in enumerate([*portal_stub.store.users.values()][-others:]):
        user["emails"] = [{"value": user["userName"]}]
        user["userName"] = f"E{number:05}"
    snapshot = take_snapshot(portal, [*SOME, row(89)])
    assert set(snapshot.accounts) == {"p7@acme.com", "p89@acme.com"}
    assert snapshot.way is Way.LIST
    assert snapshot.single == ""
    new = [one for one in asked(portal_stub) if "new@x.com" in one]
    assert new
    assert all("userName" not in one for one in new[-1:])


def test_a_number_that_an_address_leads_to_has_the_list_read(portal, portal_stub):
    """Look-ups by e-mail find whom look-ups by userName don't: the list is read after all."""
    portal_stub.habits.page = 10
    there = portal_stub.add_user("E1", "Zoe", "Ng", emails=[{"value": "zoe@x.com"}])
    rows = [row(7), row(90, "zoe@x.com", first_name="Zoe", last_name="Ng"), row(91)]
    snapshot = take_snapshot(portal, rows)
    assert {key: it.id for key, it in snapshot.accounts.items()} == {
        "p7@acme.com": "user-8",
        "zoe@x.com": there,
    }
    assert (snapshot.way, snapshot.single) == (Way.LIST, "")


def test_pages_that_stop_at_50_hide_nobody(portal, portal_stub):
    """A server that shows 50 at a time, whatever is asked for, is walked to its end."""
    portal_stub.habits.page = 50
    snapshot = take_snapshot(portal, ROWS, PASS, Way.LIST)
    assert set(snapshot.accounts) == THERE


def test_a_list_that_ends_too_early_is_no_witness(portal, portal_stub):
    """The same page again and again, with a total that says more: look-ups say who is there."""
    portal_stub.habits.page = 50
    portal_stub.habits.same_page = True
    snapshot = take_snapshot(portal, ROWS, PASS, Way.LIST)
    assert set(snapshot.accounts) == THERE
    assert (snapshot.way, snapshot.single) == (Way.CHUNKS, "")
    assert not snapshot.everybody_compared


@pytest.mark.parametrize("filters", ["ignored", "empty", "refused"])
def test_without_list_and_look_ups_nobody_is_taken_for_new(portal, portal_stub, filters: str):
    """No witness at all: exit 4, and why."""
    portal_stub.habits.page, portal_stub.habits.same_page = 50, True
    portal_stub.habits.filters = filters
    with pytest.raises(ServiceError, match="can't say who is there already"):
        take_snapshot(portal, ROWS, PASS)


def test_a_list_in_disorder_is_no_witness(portal, portal_stub, monkeypatch):
    """Every page in another order: look-ups by both keys agree, and the pass is asked for."""
    random = Random(38)
    portal_stub.habits.page = 20
    page_of = portal_stub._page

    def page(found: list[Any], query: Any) -> Any:
        if query.get("filter") == 'entitlements.value eq "p26"':
            found = [one for one in portal_stub.store.users.values() if one["entitlements"]]
            return page_of(found, query)
        return page_of(found if "filter" in query else random.sample(found, len(found)), query)

    monkeypatch.setattr(portal_stub, "_page", page)
    snapshot = take_snapshot(portal, ROWS, PASS)
    assert set(snapshot.accounts) == THERE
    assert (snapshot.way, snapshot.single) == (Way.CHUNKS, "")
    assert (len(snapshot.on_pass), snapshot.everybody_compared) == (30, True)


@pytest.mark.parametrize(
    ("filters", "emails", "single"),
    [
        ("folded", True, ""),
        ("exact", True, ""),
        ("ignored", True, "only the list of accounts of All Access Pass says who is new"),
        ("empty", True, "only the list of accounts of All Access Pass says who is new"),
        ("refused", True, "only the list of accounts of All Access Pass says who is new"),
        ("folded", False, ""),
    ],
)
def test_a_plan_says_where_one_witness_is_all(
    portal, portal_stub, filters: str, emails: bool, single: str
):
    """Beside the list, look-ups that find known people as they are stored are enough."""
    portal_stub.habits.filters = filters
    for user in [] if emails else portal_stub.store.users.values():
        del user["emails"]
    snapshot = take_snapshot(portal, ROWS, PASS)
    assert set(snapshot.accounts) == THERE
    assert snapshot.single.partition(":")[0] == single


@pytest.mark.parametrize("way", [None, Way.CHUNKS])
def test_a_witness_that_missed_somebody_is_none_any_more(portal, portal_stub, monkeypatch, way):
    """Who is not in the list, or not found by userName, and is found otherwise, is there."""
    hidden = portal_stub.store.users["user-86"]  # p85
    matches = portal_stub._matches
    page_of = portal_stub._page

    def page(found: list[Any], query: Any) -> Any:
        listed = [one for one in found if one is not hidden or "filter" in query]
        return page_of(listed, query)

    monkeypatch.setattr(portal_stub, "_page", page)
    if way is Way.CHUNKS:
        monkeypatch.setattr(
            portal_stub,
            "_matches",
            lambda user, it: matches(user, it) and (user is not hidden or "emails" in it),
        )
    snapshot = take_snapshot(portal, ROWS, PASS, way)
    assert set(snapshot.accounts) == THERE
    # the list misses them as look-ups by userName do: only look-ups by e-mail address are left
    assert ("look-ups by emails.value" in snapshot.single) is (way is Way.CHUNKS)
    assert bool(snapshot.single) is (way is Way.CHUNKS)


def test_a_second_address_is_evidence_and_no_account(portal, portal_stub):
    """An alias, an employee number with other names, two who may be meant, one without a name."""
    portal_stub.add_user(
        "boss@acme.com", "Li", "Wei", emails=[{"value": "boss@acme.com"}, {"value": "p91@acme.com"}]
    )
    portal_stub.add_user("E92", "Bob", "Berg", emails=[{"value": "p92@acme.com"}])
    for name in ("E93", "E94"):
        portal_stub.add_user(name, "Ana", "Nr93", emails=[{"value": "p93@acme.com"}])
    portal_stub.add_user("", "Ana", "Nr94", emails=[{"value": "p94@acme.com"}])
    portal_stub.store.users["rubbish"] = ["rubbish"]
    snapshot = take_snapshot(portal, ROWS, PASS)
    assert set(snapshot.accounts) == THERE
    assert {
        key: [one.user_name for one in accounts] for key, accounts in snapshot.evidence.items()
    } == {
        "p91@acme.com": ["boss@acme.com"],
        "p92@acme.com": ["E92"],
        "p93@acme.com": ["E93", "E94"],
        "p94@acme.com": [""],
    }
    assert snapshot.malformed == (
        "account 'user-95' has no userName",
        "the account at position 96 has no usable id",
    )


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_empty_list_beside_used_seats_is_not_believed(
    portal, portal_stub, monkeypatch, times: int
):
    """It is asked for again twice; then both facts are said, with exit 4."""
    monkeypatch.setattr("aapimport.plan.witnesses._PATIENCE", (0.0, 0.0))
    empty = instead(as_json(200, {"totalResults": 0, "Resources": []}))
    portal_stub.on("GET", "/Users", empty, times=times)
    if times < 3:
        assert set(take_snapshot(portal, ROWS, PASS).accounts) == THERE
        return
    with pytest.raises(ServiceError, match="lists nobody, and says that 30 people are on pass"):
        take_snapshot(portal, ROWS, PASS)


def test_members_of_the_passes_group_contradict_an_empty_list_too(portal, portal_stub):
    """Where being on the pass is membership of a Group, its members are the fact."""
    portal_stub.store.users.clear()
    group = Pass(id="p26", name="L", group_id="team-1", members=frozenset({"user-1", "user-2"}))
    with pytest.raises(ServiceError, match="2 people are on pass 'L'"):
        take_snapshot(portal, ROWS, group)


@pytest.mark.parametrize(("filters", "single"), [("folded", ""), ("refused", "only the list")])
def test_a_new_service_asks_no_questions(portal, portal_stub, filters: str, single: str):
    """A directory of nobody: the list and the look-ups agree, though neither can be proven."""
    portal_stub.store.users.clear()
    portal_stub.habits.filters = filters
    snapshot = take_snapshot(portal, ROWS, Pass(id="p26", name="L", seats=9, seats_used=0))
    assert snapshot.accounts == {}
    assert snapshot.single.startswith(single)
    assert bool(snapshot.single) is bool(single)


def test_a_new_year_of_people_costs_little(portal, portal_stub):
    """A list of five pages, a proof, and 21 look-ups for a thousand people who are new."""
    portal_stub.habits.page = 20
    _ = portal.capabilities
    before = len(portal_stub.seen)
    people = [row(number) for number in range(1000, 2000)]
    snapshot = take_snapshot(portal, people, PASS)
    assert (snapshot.accounts, snapshot.way) == ({}, Way.LIST)
    assert len(portal_stub.seen) - before <= 6 + 2 + 21


@pytest.mark.parametrize("fault", [instead(error(500, "no")), instead(RESET)])
@pytest.mark.parametrize("way", list(Way))
def test_a_failed_look_up_is_never_absent(portal, portal_stub, fault, way: Way):
    """An error or a lost answer in the middle ends with exit 4."""
    portal_stub.habits.page = 10
    _ = portal.capabilities
    path = "/Users" if way is Way.LIST else "/Users/.search"
    method = "GET" if way is Way.LIST else "POST"
    proof = 2  # pages
    portal_stub.on(method, path, fault, times=99, skip=1 if way is Way.LIST else proof)
    with pytest.raises(ServiceError) as caught:
        take_snapshot(portal, ROWS, PASS, way)
    assert caught.value.exit_code is ExitCode.SERVICE


def test_nobody_to_look_for_asks_nothing(portal, portal_stub):
    """A file without Jhana sends Jhana no request."""
    assert take_snapshot(portal, []).accounts == {}
    assert portal_stub.seen == []


def test_where_nobody_is_new_nobody_is_compared(practice):
    """Everybody is found: the people on the pass are not fetched."""
    portal, seen = practice
    snapshot = take_snapshot(portal, ROWS[:10], PASS)
    assert set(snapshot.accounts) == THERE
    assert snapshot.on_pass == ()
    assert len([path for _, path in seen if path.startswith("/Users")]) == 1  # one page has them


def test_the_account_of_an_address_goes_before_one_that_lists_it(portal, portal_stub):
    """An address that is one account's userName and another's second e-mail means the first."""
    portal_stub.add_user("boss@acme.com", emails=[{"value": "p80@acme.com"}])
    snapshot = take_snapshot(portal, ROWS, PASS, Way.LIST)
    assert snapshot.accounts["p80@acme.com"].user_name == "p80@acme.com"
