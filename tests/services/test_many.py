"""What becomes of many people in one bulk request, whatever the service answers."""

from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.many import bulk_batches, create_many
from aapimport.services.outcomes import Verdict
from aapimport.services.values import Wanted
from faults.stub import ScimStub
from faults.wire import RESET, Response, as_json, error, instead

PEOPLE = [
    Wanted(
        email=f"p{number}@acme.com", first_name="Ana", last_name="Perez", external_id=f"k{number}"
    )
    for number in range(3)
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
        (done("k0"), done("k1", "201", location=""), done("k2")),
        (done("k0"), done("k1", "500"), done("k2")),
        (done("k0"), done("k1", "503"), done("k2")),
    ],
    ids=["missing", "a stranger's", "no status", "no id", "500", "503"],
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
    theirs = portal_stub.add_user("p1@acme.com")
    portal_stub.on("POST", "/Bulk", instead(bulk(done("k0"), done("k1", "409"), done("k2"))))
    outcome = create_many(both.portal, PEOPLE)[1]
    assert (outcome.verdict, outcome.account_id, outcome.adopted) == (Verdict.DONE, theirs, True)


@pytest.mark.parametrize("status", [400, 404, 405, 413, 501])
def test_a_refused_bulk_request_did_nothing(portal_stub, both: Services, status: int):
    """The people are sent one by one afterwards, and the service isn't asked again."""
    assert verdicts(both, portal_stub, error(status)) == [Verdict.NOT_SENT] * 3
    assert not both.portal.takes_bulk


@pytest.mark.parametrize(
    "answer",
    [RESET, error(500), error(502), Response(status=200, body=b'{"Operations": [{"bul')],
    ids=["reset", "500", "502", "half"],
)
def test_a_lost_bulk_answer_puts_all_of_them_in_doubt(portal_stub, both: Services, answer):
    """Whatever may have been done is looked up before anybody is sent again."""
    assert verdicts(both, portal_stub, answer) == [Verdict.UNKNOWN] * 3


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


@pytest.mark.parametrize("status", [302, 403, 501])
def test_a_bulk_that_is_refused_as_a_whole_was_not_done(portal_stub, both: Services, status: int):
    """Single requests may be allowed all the same: nobody is lost, and bulk is not tried again."""
    assert verdicts(both, portal_stub, error(status)) == [Verdict.NOT_SENT] * 3
    assert not both.portal.takes_bulk
