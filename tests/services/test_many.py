"""What becomes of many people in one bulk request, whatever the service answers."""

from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.many import (
    bulk_batches,
    confirm_many,
    create_many,
    settle_many,
    verify_many,
)
from aapimport.services.outcomes import Verdict
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import RESET, Response, as_json, error, instead

NAMES = [("Ana", "Perez"), ("Bo", "Quist"), ("Zoe", "Ng")]
ROLES = ["manager", "facilitator", "client admin"]
PEOPLE = [
    Wanted(
        email=f"p{number}@acme.com",
        first_name=first,
        last_name=last,
        role=ROLES[number],
        external_id=f"k{number}",
    )
    for number, (first, last) in enumerate(NAMES)
]


def done(key: str, status: Any = "201", **more: Any) -> dict[str, Any]:
    """One operation of a bulk answer."""
    location = f"http://127.0.0.1/Users/{key}"
    return {"method": "POST", "bulkId": key, "status": status, "location": location} | more


def verdicts(both: Services, stub: ScimStub, answer: Response) -> list[Verdict]:
    """What is known of the three people after the service's answer."""
    stub.on("POST", "/Bulk", instead(answer))
    return [one.verdict for one in create_many(both.portal, PEOPLE)]


def bulk(*operations: dict[str, Any]) -> Response:
    """A bulk answer."""
    return as_json(200, {"Operations": list(operations)})


def test_answers_are_matched_by_key_and_not_by_place(portal_stub, both: Services):
    """A service may answer in another order."""
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k2"), done("k0"), done("k1"))))
    outcomes = create_many(both.portal, PEOPLE)
    assert [one.account_id for one in outcomes] == ["k0", "k1", "k2"]
    assert {one.verdict for one in outcomes} == {Verdict.WRITTEN}


@pytest.mark.parametrize("status", ["201", 201, {"code": "201"}, {"code": 201}])
def test_a_status_may_be_text_a_number_or_an_object(portal_stub, both: Services, status):
    """Scimgateway answers an object."""
    answer = bulk(*(done(f"k{one}", status) for one in range(3)))
    assert verdicts(both, portal_stub, answer) == [Verdict.WRITTEN] * 3


@pytest.mark.parametrize(
    "answers",
    [
        (done("k0"), done("k2")),
        (done("k0"), done("k7"), done("k2")),
        (done("k0"), done("k1", "nonsense"), done("k2")),
        (done("k0"), done("k1"), done("k1", "201", location="/Users/k7"), done("k2")),
        (done("k0"), done("k1", "500"), done("k2")),
        (done("k0"), done("k1", "503"), done("k2")),
        (done("k0"), done("k1", "9" * 5000), done("k2")),
    ],
    ids=["missing", "a stranger's", "no status", "two answers", "500", "503", "endless"],
)
def test_who_has_no_answer_is_unknown(portal_stub, both: Services, answers):
    """Nothing is guessed about one of them, and the others are not doubted."""
    expected = [Verdict.WRITTEN, Verdict.UNKNOWN, Verdict.WRITTEN]
    assert verdicts(both, portal_stub, bulk(*answers)) == expected


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("400", Verdict.REJECTED), ("422", Verdict.REJECTED), ("429", Verdict.PAUSE)],
)
def test_each_operation_is_judged_by_its_own_status(portal_stub, both, status, verdict):
    """One that is refused says so in the service's words."""
    refused = done("k1", status, response={"detail": "no such domain"})
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k0"), refused, done("k2"))))
    outcomes = create_many(both.portal, PEOPLE)
    assert [one.verdict for one in outcomes] == [Verdict.WRITTEN, verdict, Verdict.WRITTEN]
    assert outcomes[1].reason == "no such domain"


def test_a_conflict_in_a_bulk_answer_is_looked_up(portal_stub, both: Services):
    """Somebody of that name is adopted; their account is not ours to count as created."""
    theirs = portal_stub.add_user("p1@acme.com", "Bo", "Quist")
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k0"), done("k1", "409"), done("k2"))))
    outcome = create_many(both.portal, PEOPLE)[1]
    assert (outcome.verdict, outcome.account_id) == (Verdict.WRITTEN, theirs)
    assert outcome.adopted
    assert outcome.proves_unique
    assert [one.path for one in portal_stub.writes] == ["/Bulk"]


def test_a_conflict_in_a_bulk_answer_keeps_its_words(portal_stub, both: Services):
    """Nobody is found: the service's words say what is in the way."""
    full = done("k1", "409", response={"detail": "no seats left", "scimType": "tooMany"})
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k0"), full, done("k2"))))
    outcome = create_many(both.portal, PEOPLE)[1]
    assert outcome.verdict is Verdict.REJECTED
    assert "no seats left" in outcome.reason


@pytest.mark.parametrize(
    ("told", "claimed", "reason"),
    [
        ({"id": "a7", "userName": "P1@acme.com"}, "a7", ""),
        ({"id": "a7"}, "a7", ""),
        ({"id": 4711}, "4711", ""),
        ({"id": "a7", "userName": "p2@acme.com"}, "", "the answer names another account"),
        ({"id": "a7", "externalId": "k2"}, "", "the answer names another account"),
        ({}, "", "the answer doesn't say whose account it is"),
    ],
)
def test_an_id_in_an_answer_is_a_claim(portal_stub, both: Services, told, claimed, reason):
    """One that comes with another person's name or key isn't even that."""
    answer = done("k1", "201", location="", response=told)
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k0"), answer, done("k2"))))
    outcome = create_many(both.portal, PEOPLE)[1]
    assert outcome.verdict is Verdict.WRITTEN
    assert (outcome.account_id, outcome.reason) == (claimed, reason)


@pytest.mark.parametrize(
    "answers",
    [
        (),
        (done("k0"), done("k1")),
        (done("k1", "400"), done("k0")),
        (done("k0", "400"),),
        (done("k0"), done("k7", "400")),
    ],
    ids=["none", "no error", "up to an error", "errors only", "a stranger's"],
)
def test_a_missing_answer_is_unknown(portal_stub, both: Services, answers):
    """A service may have carried out what it doesn't answer for, also behind an error."""
    assert verdicts(both, portal_stub, bulk(*answers))[2] is Verdict.UNKNOWN


def test_a_bulk_request_that_is_accepted_for_later_is_looked_up(portal_stub, both: Services):
    """202 has no answers in it: everybody is looked for by address, nobody is sent again."""
    portal_stub.on("POST", "/Bulk", instead(Response(status=202)))
    outcomes = create_many(both.portal, PEOPLE)
    assert {(one.verdict, one.account_id) for one in outcomes} == {(Verdict.WRITTEN, "")}


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_that_knows_of_no_bulk_has_done_nothing(portal_stub, both: Services, status: int):
    """The people are sent one by one afterwards, and the service isn't asked again."""
    assert verdicts(both, portal_stub, error(status)) == [Verdict.NOT_SENT] * 3
    assert not both.portal.takes_bulk


@pytest.mark.parametrize("status", [302, 400, 401, 402, 403, 413, 422, 429])
def test_an_error_to_a_bulk_request_says_nothing_of_its_people(portal_stub, both, status: int):
    """Some of them may have been created before the one that brought it about."""
    portal_stub.on("POST", "/Bulk", instead(error(status, "operation 2 is not valid")))
    outcomes = create_many(both.portal, PEOPLE)
    told = {(one.verdict, one.answered, one.reason) for one in outcomes}
    assert told == {(Verdict.UNKNOWN, True, "operation 2 is not valid")}
    assert both.portal.takes_bulk == (status == 429)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_that_has_taken_bulk_requests_knows_of_them(portal_stub, both, status: int):
    """What it says of a later one is no word on what it is."""
    assert verdicts(both, portal_stub, bulk(done("k0"))) == [
        Verdict.WRITTEN,
        *[Verdict.UNKNOWN] * 2,
    ]
    assert verdicts(both, portal_stub, error(status)) == [Verdict.UNKNOWN] * 3


@pytest.mark.parametrize(
    "answer",
    [RESET, error(500), error(502), Response(status=200, body=b'{"Operations": [{"bul')],
    ids=["reset", "500", "502", "half"],
)
def test_a_lost_bulk_answer_puts_all_of_them_in_doubt(portal_stub, both: Services, answer):
    """Whatever may have been done is looked up before anybody is sent again."""
    assert verdicts(both, portal_stub, answer) == [Verdict.UNKNOWN] * 3


@pytest.fixture
def ids(portal_stub: ScimStub) -> list[str]:
    """The three on the portal, as they were created; returns their ids."""
    return [
        portal_stub.add_user(
            one.email,
            one.first_name,
            one.last_name,
            externalId=one.external_id,
            roles=[{"value": one.role}],
        )
        for one in PEOPLE
    ]


@pytest.mark.parametrize("trusted", [True, False])
def test_who_is_as_wanted_is_done(portal_stub, both: Services, ids, trusted):
    """Everybody's account is compared with what they should have; nothing is written."""
    outcomes = verify_many(both.portal, PEOPLE, ids, trusted=trusted)
    assert [(one.verdict, one.account_id) for one in outcomes] == [
        (Verdict.DONE, identifier) for identifier in ids
    ]
    assert portal_stub.seen[-1].method == ("POST" if trusted else "GET")
    assert not any(one.method in {"PATCH", "PUT"} for one in portal_stub.writes)


@pytest.mark.parametrize("trusted", [True, False])
def test_ids_that_were_turned_round_are_put_right(portal_stub, both: Services, ids, trusted):
    """Each person's own account is found by our key; nobody is written to on the way."""
    turned = [*ids[1:], ids[0]]
    outcomes = verify_many(both.portal, PEOPLE, turned, trusted=trusted)
    assert [(one.verdict, one.account_id) for one in outcomes] == [
        (Verdict.DONE, identifier) for identifier in ids
    ]
    assert not any(one.method in {"PATCH", "PUT"} for one in portal_stub.writes)


@pytest.mark.parametrize("trusted", [True, False])
def test_whose_id_was_never_told_is_found_by_address(portal_stub, both, ids, trusted):
    """After 202, or an answer that names somebody else."""
    portal_stub.habits.filters = "folded" if trusted else "empty"
    outcomes = verify_many(both.portal, PEOPLE, ["", "", ""], trusted=trusted)
    assert [one.account_id for one in outcomes] == ids


@pytest.mark.parametrize("trusted", [True, False])
def test_what_is_not_as_wanted_yet_is_named(portal_stub, both: Services, ids, trusted):
    """An old value is no refusal."""
    portal_stub.store.users[ids[1]]["roles"] = []
    portal_stub.store.users[ids[2]]["name"]["familyName"] = "Nguyen"
    outcomes = verify_many(both.portal, PEOPLE, ids, trusted=trusted)
    assert [one.verdict for one in outcomes] == [Verdict.DONE, Verdict.WRITTEN, Verdict.WRITTEN]
    assert [one.short for one in outcomes] == [(), ("role",), ("last name",)]


@pytest.mark.parametrize("trusted", [True, False])
def test_who_is_not_shown_is_not_rejected(portal_stub, both: Services, ids, trusted):
    """Lists lag behind writes; and an id that is another's is no id of theirs."""
    del portal_stub.store.users[ids[1]]
    claimed = [ids[0], ids[1], ids[2]]
    outcome = verify_many(both.portal, PEOPLE, claimed, trusted=trusted)[1]
    assert (outcome.verdict, outcome.gone) == (Verdict.WRITTEN, True)
    outcome = verify_many(both.portal, PEOPLE, [ids[0], ids[2], ids[2]], trusted=trusted)[1]
    assert (outcome.verdict, outcome.gone, outcome.account_id) == (Verdict.WRITTEN, True, "")


def test_somebody_elses_account_at_the_address_is_not_what_was_created(portal_stub, both):
    """Where addresses may be taken twice, one with another key was there before."""
    portal_stub.add_user(PEOPLE[1].email, "Bo", "Quist", externalId="of-another-tool")
    outcome = verify_many(both.portal, PEOPLE[1:2], [""], trusted=True)[0]
    assert (outcome.verdict, outcome.gone) == (Verdict.WRITTEN, True)


def test_what_the_service_doesnt_declare_is_not_waited_for(portal_stub, both: Services, ids):
    """It is done, and said to be not kept."""
    kept = frozenset({"username", "name", "externalid"})
    object.__setattr__(both.portal.capabilities, "user_attributes", kept)
    portal_stub.store.users[ids[1]].pop("roles")
    outcome = verify_many(both.portal, PEOPLE, ids, trusted=True)[1]
    assert (outcome.verdict, outcome.but) == (
        Verdict.DONE,
        "role not kept: not sent, as the service doesn't take it",
    )


def test_lost_creates_are_settled_by_what_is_found(portal_stub, both: Services):
    """Ours, somebody of the same names, somebody of other names, and nobody."""
    ours = portal_stub.add_user("P0@acme.com", "A.", "Perez", externalId="k0")
    theirs = portal_stub.add_user("p1@acme.com", "Bo", "Quist")
    nobody = Wanted(email="p9@acme.com", first_name="Eva", last_name="Berg", external_id="k9")
    portal_stub.add_user("p2@acme.com", "Zoe", "Zimmer")
    outcomes = settle_many(both.portal, [*PEOPLE, nobody])
    assert [(one.verdict, one.account_id, one.adopted) for one in outcomes] == [
        (Verdict.WRITTEN, ours, False),
        (Verdict.WRITTEN, theirs, True),
        (Verdict.NEEDS_PERSON, "", False),
        (Verdict.NOT_SENT, "", False),
    ]
    assert not any(one.method in {"PATCH", "PUT"} for one in portal_stub.writes)


def test_two_accounts_at_one_address_are_not_chosen_from(portal_stub, both: Services):
    """Neither is ours: only a person can say which is meant."""
    portal_stub.add_user("p1@acme.com", "Bo", "Quist")
    portal_stub.add_user("P1@acme.com", "Bo", "Quist")
    assert settle_many(both.portal, PEOPLE)[1].verdict is Verdict.NEEDS_PERSON


def test_a_look_up_that_failed_settles_nothing(portal_stub, both: Services):
    """Nobody is sent again on a guess."""
    portal_stub.on("POST", "/Users/.search", instead(error(500)), times=9)
    assert [one.verdict for one in settle_many(both.portal, PEOPLE)] == [Verdict.UNKNOWN] * 3


@pytest.mark.parametrize("dropped", [(), ("emails.value",), ("emails.value", "externalId")])
def test_who_was_named_otherwise_by_the_service_is_not_created_twice(
    portal_stub, both: Services, monkeypatch, dropped
):
    """By the address, by our key, else by one walk of the list for all: the key is kept."""
    for number in range(9):
        portal_stub.add_user(
            f"old{number}@acme.com", "Old", f"Hand{number}", externalId=f"h{number}"
        )
    matches = portal_stub._matches
    monkeypatch.setattr(
        portal_stub,
        "_matches",
        lambda user, asked: not asked.startswith(dropped) and matches(user, asked),
    )
    mine = [
        portal_stub.add_user(
            f"E{number}",
            one.first_name,
            one.last_name,
            emails=[{"value": one.email}],
            externalId=one.external_id,
        )
        for number, one in enumerate(PEOPLE[:2])
    ]
    outcomes = settle_many(both.portal, PEOPLE)
    assert [(one.verdict, one.account_id) for one in outcomes] == [
        (Verdict.WRITTEN, mine[0]),
        (Verdict.WRITTEN, mine[1]),
        (Verdict.NOT_SENT, ""),
    ]
    walked = [one for one in portal_stub.seen if one.query.get("startIndex") not in {None, "1"}]
    assert len(walked) == ("externalId" in dropped)


def test_without_a_second_way_nobody_is_known_to_be_absent(portal_stub, both, monkeypatch):
    """Look-ups by userName alone, and a list that isn't whole: nobody is sent again."""
    for number in range(9):
        portal_stub.add_user(f"old{number}@acme.com", "Old", f"Hand{number}")
    matches = portal_stub._matches
    monkeypatch.setattr(
        portal_stub, "_matches", lambda user, asked: "emails" not in asked and matches(user, asked)
    )
    portal_stub.habits.page, portal_stub.habits.same_page = 4, True
    assert {one.verdict for one in settle_many(both.portal, PEOPLE)} == {Verdict.UNKNOWN}


@pytest.mark.parametrize("trusted", [True, False])
def test_ids_from_earlier_are_confirmed(portal_stub, both: Services, ids, trusted):
    """One was handed on, with our key still on it; one is gone; one has a new address only."""
    users = portal_stub.store.users
    name = {"givenName": "Eva", "familyName": "Berg"}
    users[ids[0]] |= {"userName": "eva.berg@acme.com", "name": name}
    del users[ids[1]]
    users[ids[2]]["userName"] = "zoe.ng@acme.com"
    outcomes = confirm_many(both.portal, PEOPLE, ids, trusted=trusted)
    assert [one.verdict for one in outcomes] == [
        Verdict.NEEDS_PERSON,
        Verdict.UNKNOWN,
        Verdict.DONE,
    ]
    assert outcomes[0].reason == "the account is another person's by now"
    assert outcomes[1].gone


def test_many_are_confirmed_by_one_look_up(portal_stub, both: Services, ids):
    """It costs no request for each person."""
    assert {one.verdict for one in confirm_many(both.portal, PEOPLE, ids, trusted=True)} == {
        Verdict.DONE
    }
    asked = [one.path for one in portal_stub.seen if one.path.startswith("/Users")]
    assert asked == ["/Users/.search"]


def test_batches_are_cut_by_number_and_by_size(both: Services):
    """Nobody is left out, nobody is in two, and neither limit is passed."""
    people = [PEOPLE[0]] * 250
    can = both.portal.capabilities
    for number, size in ((100, 10**6), (1000, 20_000), (7, 9_000), (1000, 1)):
        object.__setattr__(can, "bulk", number)
        object.__setattr__(can, "bulk_bytes", size)
        cuts = list(bulk_batches(both.portal, people))
        assert [start for start, _ in cuts] == [0, *(end for _, end in cuts[:-1])]
        assert cuts[-1][1] == len(people)
        assert max(end - start for start, end in cuts) <= max(1, min(number, size // 1000))


def test_many_are_settled_and_read_back_in_few_requests(portal_stub, both: Services):
    """Sixty people, fifty a look-up: who is there by two requests, who isn't by a few more."""
    people = [
        Wanted(
            email=f"q{number}@acme.com",
            first_name=f"First{number}",
            last_name=f"Last{number}",
            external_id=f"q{number}",
        )
        for number in range(60)
    ]
    _ = both.portal.capabilities
    before = len(portal_stub.seen)
    assert {one.verdict for one in settle_many(both.portal, people)} == {Verdict.NOT_SENT}
    assert len(portal_stub.seen) - before < 10
    ids = [
        portal_stub.add_user(one.email, one.first_name, one.last_name, externalId=one.external_id)
        for one in people
    ]
    before = len(portal_stub.seen)
    outcomes = verify_many(both.portal, people, ids, trusted=True)
    assert {one.verdict for one in outcomes} == {Verdict.DONE}
    assert [one.account_id for one in outcomes] == ids
    assert len(portal_stub.seen) - before == 2
