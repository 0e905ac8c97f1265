"""Whether look-ups of many can be believed, and whom they find."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from aapimport.errors import SettingsError
from aapimport.services.directory import Absent, Found, LookUp, Trust, Unknown
from aapimport.services.look_ups import can_be_believed, find_many, look_again
from aapimport.services.portal import Portal
from aapimport.services.proofs import ADDRESSES, By, prove
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import RESET, Response, error, instead

PEOPLE = 80


def wanted(number: int, **more: Any) -> Wanted:
    """One of the people of the directory, or from number 80 on somebody new."""
    names = {"first_name": f"First{number}", "last_name": f"Last{number}"}
    return Wanted(**({"email": f"p{number}@acme.com", **names} | more))


@pytest.fixture
def people(portal: Portal, portal_stub: ScimStub) -> list[str]:
    """The ids of 80 people on the portal."""
    _ = portal.capabilities
    return [
        portal_stub.add_user(f"p{number}@acme.com", f"First{number}", f"Last{number}")
        for number in range(PEOPLE)
    ]


def searches(stub: ScimStub) -> list[str]:
    """The filters that were asked for."""
    return [str(one.json["filter"]) for one in stub.seen if one.path == "/Users/.search"]


def ids(answers: list[LookUp]) -> list[str]:
    """Who was found; empty for who wasn't."""
    return [one.account.id if isinstance(one, Found) else "" for one in answers]


Filter = Callable[[list[dict[str, Any]], str], list[dict[str, Any]]]


def bend(stub: ScimStub, monkeypatch: pytest.MonkeyPatch, bent: Filter) -> None:
    """Let a function change what the service finds for a filter; it pages through the rest."""

    def people(query: Any) -> Response:
        found = list(stub.store.users.values())
        if criterion := query.get("filter"):
            found = bent([one for one in found if stub._matches(one, criterion)], criterion)
        return stub._page(found, query)

    monkeypatch.setattr(stub, "_people", people)


def test_one_look_up_proves_look_ups_of_many(portal: Portal, portal_stub: ScimStub, people):
    """Known people as stored, others in swapped letter case, and a stranger, once a session."""
    assert can_be_believed(portal)
    assert can_be_believed(portal)
    criterion, again = searches(portal_stub)  # a second page, to see that nobody else comes
    assert criterion == again
    assert criterion.count(" or ") == 49
    assert criterion.count("@ACME.COM") == 25
    assert portal.proofs[By.USER_NAME] == Trust(at_once=50, any_case=True)


@pytest.mark.parametrize("filters", ["exact", "ignored", "empty", "refused"])
@pytest.mark.parametrize("count", [1, 2, PEOPLE])
def test_look_ups_that_lie_prove_nothing(portal, portal_stub, people, filters: str, count: int):
    """Everybody, nobody, an error: no trust; people in the stored letter case: for those only."""
    portal_stub.habits.filters = filters
    for identifier in people[count:]:
        del portal_stub.store.users[identifier]
    known, _ = portal.some_people()
    for by in ADDRESSES:
        assert prove(portal, by, known) == Trust(at_once=50 if filters == "exact" else 0)
    assert not can_be_believed(portal)


def test_where_only_one_at_a_time_is_taken_that_is_proven(portal, portal_stub, people):
    """A filter with `or` is refused, and one of a single address tells the truth."""
    portal_stub.on("POST", "/Users/.search", instead(error(400)), times=99, body=" or ")
    portal_stub.on("GET", "/Users", instead(error(400)), times=2, skip=1)
    known, _ = portal.some_people()
    assert prove(portal, By.USER_NAME, known) == Trust(at_once=1, any_case=True)


@pytest.mark.parametrize("other", ["E0017", "someone@else.org", "admin"])
def test_one_other_user_name_makes_look_ups_by_it_no_witness(portal, portal_stub, people, other):
    """Whom it doesn't find may be there under a number; addresses can still be looked up."""
    portal_stub.add_user(other, emails=[{"value": "zoe@acme.com"}])
    known, _ = portal.some_people()
    assert prove(portal, By.USER_NAME, known) == Trust()
    assert prove(portal, By.EMAILS, known) == Trust(at_once=50, any_case=True)
    assert not can_be_believed(portal)


@pytest.mark.parametrize("stored", ["zoe@acme.com ", "zoe@acme.com\u00a0", "\u200bzoe@acme.com"])
def test_a_blank_around_an_address_makes_look_ups_no_witness(portal, portal_stub, people, stored):
    """Who is kept so isn't found by the address of a row; the list shows whose account it is."""
    zoe = portal_stub.add_user(stored, "First90", "Last90")
    known = portal.some_people()[0][:-20:-1]
    assert prove(portal, By.USER_NAME, known) == Trust()
    assert not prove(portal, By.EMAILS, known).any_case
    assert ids(look_again(portal, [wanted(90, email="Zoe@acme.com")])) == [zoe]


def test_nobody_proves_nothing_for_good(portal, portal_stub):
    """In an empty directory there is nothing to prove; the first person is tried on later."""
    assert not can_be_believed(portal)
    portal_stub.add_user("ana@acme.com")
    assert can_be_believed(portal)


@pytest.mark.parametrize("total", [None, 0, 7])
def test_pages_are_followed_until_everybody_is_found(portal, portal_stub, people, total):
    """A service that shows ten at a time hides nobody, whatever its total says."""
    portal_stub.habits.page, portal_stub.habits.total_cap = 10, total
    found = find_many(portal, [f"P{number}@acme.com" for number in range(60)])
    assert isinstance(found, list)
    assert {one.id for one in found} == set(people[:60])


def test_the_last_of_them_ends_the_look_up(portal, portal_stub, people):
    """Where everybody is found at once there is one request for 50 people."""
    found = find_many(portal, [f"p{number}@acme.com" for number in range(80)])
    assert isinstance(found, list)
    assert len(found) == 80
    assert len(searches(portal_stub)) == 2


def test_who_is_missed_is_asked_for_without_the_others(portal, portal_stub, people):
    """A mixed answer is believed after a second look-up of the missed has found nobody."""
    emails = [f"p{number}@acme.com" for number in range(70, 90)]
    found = find_many(portal, emails)
    assert isinstance(found, list)
    assert {one.id for one in found} == set(people[70:])
    assert [one.count("@") for one in searches(portal_stub)] == [20, 20, 10]


@pytest.mark.parametrize("honest", [True, False])
def test_a_service_that_cuts_its_answers_is_asked_for_each(
    portal, portal_stub, people, monkeypatch, honest: bool
):
    """It shows 20 and says that these are all, or that there are more, and never shows them."""

    def cut(found: list[dict[str, Any]], criterion: str) -> list[dict[str, Any]]:
        return found[:20]

    bend(portal_stub, monkeypatch, cut)
    if honest:
        whole = portal_stub._page

        def page(found: Any, query: Any) -> Response:
            answer = whole(found, query)
            body = json.loads(answer.body)
            if query.get("filter", "").count(" or ") >= 20:
                body["totalResults"] = 99
            return Response(body=json.dumps(body).encode())

        monkeypatch.setattr(portal_stub, "_page", page)
    found = find_many(portal, [f"p{number}@acme.com" for number in range(100)])
    assert isinstance(found, list)
    assert {one.id for one in found} == set(people)
    assert portal.proofs[By.USER_NAME].cuts
    alone = [one for one in searches(portal_stub) if " or " not in one]
    assert {"p85", "p99"} <= {re.findall(r'"(\w+)@', one)[0] for one in alone}


def test_a_proof_shows_that_a_service_cuts(portal, portal_stub, people, monkeypatch):
    """Then also a look-up that finds nobody is made again, for each alone."""
    bend(portal_stub, monkeypatch, lambda found, _: found[:20])
    assert can_be_believed(portal)
    assert portal.proofs[By.USER_NAME].cuts
    assert ids(look_again(portal, [wanted(number) for number in (3, 90, 91)])) == [
        people[3],
        "",
        "",
    ]
    alone = [one for one in searches(portal_stub) if one.count(" or ") == 1]
    assert alone[-4:] == [
        f'{by} eq "p{it}@acme.com" or {by} eq "p0@acme.com"'
        for by in ("userName", "emails.value")
        for it in (90, 91)
    ]


@pytest.mark.parametrize("fault", [instead(error(500, "no")), instead(RESET)])
def test_a_look_up_of_many_that_fails_is_unknown(portal, portal_stub, people, fault):
    """Nobody is absent because an answer was lost, in any of the chunks."""
    assert can_be_believed(portal)
    assert look_again(portal, [wanted(90)]) == [Absent()]
    portal_stub.on("POST", "/Users/.search", fault, times=99, skip=1)
    emails = [f"p{number}@acme.com" for number in range(80)]
    assert isinstance(find_many(portal, emails), Unknown)
    portal_stub.on("POST", "/Users/.search", fault, times=99)
    answers = look_again(portal, [wanted(number) for number in range(90)])
    assert all(isinstance(one, Unknown) for one in answers)
    assert len(answers) == 90


def test_a_thousand_people_who_are_new_take_42_requests(portal, portal_stub, people):
    """Beside the proofs, once: by userName and by address, and nobody is asked for twice."""
    assert look_again(portal, [wanted(90)]) == [Absent()]
    before = len(portal_stub.seen)
    answers = look_again(portal, [wanted(number) for number in range(1000, 2000)])
    assert answers == [Absent()] * 1000
    assert len(portal_stub.seen) - before == 42
    assert look_again(portal, []) == []


def nothing_by_address(found: list[dict[str, Any]], criterion: str) -> list[dict[str, Any]]:
    """A service that knows no filter but userName."""
    return [] if "emails" in criterion else found


def test_where_addresses_find_nobody_a_long_list_is_not_read(
    portal, portal_stub, people, monkeypatch
):
    """A thousand people take 21 requests then."""
    bend(portal_stub, monkeypatch, nothing_by_address)
    portal_stub.habits.page = 30
    assert look_again(portal, [wanted(90)]) == [Absent()]
    before = len(portal_stub.seen)
    assert look_again(portal, [wanted(it) for it in range(1000, 2000)]) == [Absent()] * 1000
    assert len(portal_stub.seen) - before == 21


@pytest.mark.parametrize("by_address", [True, False])
def test_who_arrives_under_a_number_is_found(
    portal, portal_stub, people, monkeypatch, by_address: bool
):
    """By the address, where that can be looked up, else in a list that is short."""
    if not by_address:
        bend(portal_stub, monkeypatch, nothing_by_address)
    assert look_again(portal, [wanted(90)]) == [Absent()]
    emails = [{"value": "P90@acme.com"}]
    number = portal_stub.add_user("E90", "First90", "Last90", emails=emails)
    assert ids(look_again(portal, [wanted(90), wanted(91)])) == [number, ""]
    assert not can_be_believed(portal)


def test_spellings_count_as_terms(portal, portal_stub, people, monkeypatch):
    """What is behind the fiftieth term isn't looked at here: nobody is missed all the same."""
    domain = "m\u00fcnchen.de"
    mine = [portal_stub.add_user(f"q{number}@{domain}") for number in range(30)]
    bend(portal_stub, monkeypatch, lambda found, asked: found if asked.count(" or ") < 50 else [])
    assert can_be_believed(portal)
    found = find_many(portal, [f"q{number}@{domain}" for number in range(40)])
    assert isinstance(found, list)
    assert {one.id for one in found} == set(mine)


def test_a_proof_is_as_long_as_any_look_up(portal, portal_stub, monkeypatch):
    """A few people can't prove that fifty may be asked for."""
    for number in range(3):
        portal_stub.add_user(f"p{number}@acme.com")
    bend(portal_stub, monkeypatch, lambda found, asked: found if asked.count(" or ") < 20 else [])
    assert not can_be_believed(portal)
    assert portal.proofs[By.USER_NAME] == Trust(at_once=1, any_case=True)


def long(number: int) -> str:
    """An address of 77 characters."""
    return f"firstname.lastname{number:04}@department.subsidiary.acme-international-company.com"


@pytest.mark.parametrize("how", ["nobody", "cut", "refused"])
def test_a_filter_that_is_too_long_is_asked_in_halves(
    portal, portal_stub, people, monkeypatch, how: str
):
    """It answers nobody, or only the first terms: who is known to be there is missing."""
    mine = [portal_stub.add_user(long(number), "Ana", f"Nr{number}") for number in range(25, 60)]

    def too_long(found: list[dict[str, Any]], criterion: str) -> list[dict[str, Any]]:
        looked_at = criterion[:3000].lower() if how == "cut" else ""
        looked_at = criterion.lower() if len(criterion) <= 3000 else looked_at
        return [one for one in found if one["userName"].lower() in looked_at]

    bend(portal_stub, monkeypatch, too_long)
    if how == "refused":
        whole = portal_stub._people

        def refusing(query: Any) -> Response:
            return error(400) if len(query.get("filter", "")) > 3000 else whole(query)

        monkeypatch.setattr(portal_stub, "_people", refusing)
    assert can_be_believed(portal)
    several = [wanted(it, email=long(it)) for it in range(60)]
    assert ids(look_again(portal, several)) == [""] * 25 + mine


@pytest.mark.parametrize("how", ["nobody", "refused", "falls over"])
@pytest.mark.parametrize("there", [True, False])
def test_who_cant_be_asked_for_is_looked_for_in_the_list(
    portal, portal_stub, people, monkeypatch, there: bool, how: str
):
    """A character that the service doesn't take in a filter hides nobody beside it."""
    neil = [portal_stub.add_user("o'neil@acme.com", "First95", "Last95")] if there else [""]
    whole = portal_stub._people

    def bent(query: Any) -> Any:
        if "'" not in query.get("filter", ""):
            return whole(query)
        answers = {"nobody": portal_stub._page([], query), "refused": error(400)}
        return answers.get(how, error(500))

    monkeypatch.setattr(portal_stub, "_people", bent)
    monkeypatch.setattr(portal.patience, "_sleep", lambda _: None)
    several = [*map(wanted, range(70, 90)), wanted(95, email="O'Neil@acme.com")]
    assert ids(look_again(portal, several)) == [*people[70:], *[""] * 10, *neil]
    portal_stub.habits.same_page, portal_stub.habits.page = True, 10
    last = look_again(portal, several)[-1]
    assert isinstance(last, Unknown)
    assert last.alone


def test_where_the_known_person_has_left_the_list_is_read(portal, portal_stub, people):
    """Nobody else is known to be found by look-ups any more."""
    assert can_be_believed(portal)
    del portal_stub.store.users[people[0]]
    assert ids(look_again(portal, [wanted(3), wanted(90)])) == [people[3], ""]
    assert look_again(portal, [wanted(0)]) == [Absent()]


def test_looking_again_finds_only_what_belongs_to_each(portal, portal_stub, people):
    """Answers are in the order of the people; an alias is nobody's account."""
    portal_stub.store.users[people[5]]["emails"].append({"value": "p90@acme.com"})
    answers = look_again(portal, [wanted(90), wanted(7, email="P7@Acme.com"), wanted(3)])
    assert ids(answers) == ["", people[7], people[3]]
    assert isinstance(answers[0], Absent)
    assert answers[0].alike is not None
    assert answers[0].alike.id == people[5]


@pytest.mark.parametrize("filters", ["ignored", "empty", "refused"])
def test_without_look_ups_the_list_is_read_once(portal, portal_stub, people, filters: str):
    """One walk for all, however many; a list that isn't whole is no word against anybody."""
    portal_stub.habits.filters, portal_stub.habits.page = filters, 30
    several = [wanted(number) for number in (3, 79, 90, 91)]
    assert not can_be_believed(portal)
    before = len([one for one in portal_stub.seen if one.method == "GET"])
    assert ids(look_again(portal, several)) == [people[3], people[79], "", ""]
    assert len([one for one in portal_stub.seen if one.method == "GET"]) - before == 4
    portal_stub.habits.same_page = True
    answers = look_again(portal, several)
    assert ids(answers) == [people[3], "", "", ""]
    assert all(isinstance(one, Unknown) for one in answers[1:])


def only_alone(stub: ScimStub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service refuse a filter with `or`."""
    whole = stub._people

    def people(query: Any) -> Response:
        return error(400) if " or " in query.get("filter", "") else whole(query)

    monkeypatch.setattr(stub, "_people", people)


def test_few_people_are_looked_for_alone_where_that_is_quicker(
    portal, portal_stub, people, monkeypatch
):
    """A large directory isn't read for one person whom single look-ups can find."""
    only_alone(portal_stub, monkeypatch)
    portal_stub.habits.page = 3
    assert not can_be_believed(portal)
    before = len(portal_stub.seen)
    assert ids(look_again(portal, [wanted(79, email="P79@acme.com")])) == [people[79]]
    assert len(portal_stub.seen) - before < math.ceil(PEOPLE / 4)


def test_look_ups_in_the_stored_letter_case_say_nothing_of_who_is_absent(
    portal, portal_stub, people
):
    """Nobody knows in which letter case somebody has arrived: the list is read."""
    portal_stub.habits.filters, portal_stub.habits.page = "exact", 5
    portal_stub.add_user("P90@Acme.com", "First90", "Last90")
    assert not can_be_believed(portal)
    (found,) = look_again(portal, [wanted(90)])
    assert isinstance(found, Found)
    portal_stub.habits.same_page = True
    assert isinstance(look_again(portal, [wanted(90)])[0], Unknown)


def test_our_key_finds_who_was_renamed_in_the_list(portal, portal_stub, people):
    """Our own key is compared wherever accounts are shown."""
    portal_stub.habits.filters = "refused"
    portal_stub.store.users[people[4]] |= {"userName": "E4", "externalId": "key-4"}
    assert ids(look_again(portal, [wanted(4, external_id="key-4")])) == [people[4]]


def test_a_token_that_expires_is_no_unknown(portal, portal_stub, people):
    """One request is refused, and no other is sent."""
    assert can_be_believed(portal)
    portal_stub.habits.token = "another"
    before = len(portal_stub.seen)
    with pytest.raises(SettingsError):
        look_again(portal, [wanted(number) for number in range(200)])
    assert len(portal_stub.seen) == before + 1
