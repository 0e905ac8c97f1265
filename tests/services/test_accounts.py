"""Whose account the answer to a create is about, and what an account that is met gets by that."""

from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.accounts import create, differences, settle
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Wanted
from faults.stub import ScimStub
from faults.wire import Response, as_json, error, instead, page

ZOE = Wanted(
    email="zoe.ng@acme.com",
    first_name="Zoe",
    last_name="Ng",
    role="facilitator",
    pass_id="p26",
    pass_name="Leadership 2026",
    external_id="key-of-zoe",
)
BO = {"userName": "bo.quist@acme.com", "name": {"givenName": "Bo", "familyName": "Quist"}}


def account(**more: Any) -> Account:
    """Zoe's account as she should have it, or otherwise."""
    values = {
        "id": "z1",
        "user_name": ZOE.email,
        "external_id": "",
        "active": True,
        "first_name": "Zoe",
        "last_name": "Ng",
        "roles": ("facilitator",),
        "passes": ("p26",),
        "emails": (ZOE.email,),
        "etag": "",
        "role_labels": ("",),
    }
    return Account(**values | more)


def answered(both: Services, stub: ScimStub, answer: Response) -> Outcome:
    """What is known of Zoe after an answer to her create."""
    stub.on("POST", "/Users", instead(answer))
    return create(both.portal, ZOE)


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("told", [{"userName": "Zoe.Ng@ACME.com"}, {"externalId": "key-of-zoe"}])
def test_an_answer_with_the_persons_own_account_tells_its_id(portal_stub, both, status, told):
    """It is hers by our key, or by her address in whatever letter case."""
    outcome = answered(both, portal_stub, as_json(status, {"id": 4711, **told}))
    assert (outcome.verdict, outcome.account_id, outcome.reason) == (Verdict.WRITTEN, "4711", "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (as_json(201, {"id": "b1", **BO}), "the answer names another account"),
        (as_json(201, {"id": "b1", "externalId": "x"}), "the answer names another account"),
        (
            as_json(201, {"id": "b1", **BO, "emails": [{"value": ZOE.email}]}),
            "the answer names another account",
        ),
        (as_json(201, {"id": "b1"}), "the answer doesn't say whose account it is"),
        (as_json(201, {}), "the answer doesn't say whose account it is"),
        (Response(status=204), "the answer doesn't say whose account it is"),
        (page(200), "the answer doesn't say whose account it is"),
        (Response(status=202), "accepted for later"),
        (as_json(202, {"id": "z1", "userName": ZOE.email}), "accepted for later"),
    ],
)
def test_any_other_success_names_no_account_to_write_to(portal_stub, both, answer, reason):
    """She is looked up by her address: what is written to another's account harms somebody."""
    outcome = answered(both, portal_stub, answer)
    assert (outcome.verdict, outcome.account_id, outcome.reason) == (Verdict.WRITTEN, "", reason)
    assert [one.path for one in portal_stub.writes] == ["/Users"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, Verdict.REJECTED), (402, Verdict.REFUSED), (403, Verdict.REFUSED), (401, Verdict.PAUSE)],
)
def test_a_refused_create_keeps_the_services_words(portal_stub, both, status, verdict):
    """402 and 403 are words against this person; only 401 is one against all requests."""
    outcome = answered(both, portal_stub, error(status, "this department is closed"))
    assert (outcome.verdict, outcome.reason) == (verdict, "this department is closed")


def test_a_conflict_about_something_else_keeps_its_words(portal_stub, both: Services):
    """Services say 409 when a pass is full: nobody is found, and the portal's words are told."""
    outcome = answered(both, portal_stub, error(409, "no seats left on this pass"))
    assert outcome.verdict is Verdict.REJECTED
    assert "no seats left on this pass" in outcome.reason
    assert not outcome.proves_unique


def test_a_conflict_whose_owner_is_our_own_create_is_ours(portal_stub, both: Services):
    """An earlier create whose answer was lost: the person is there, and will be mailed."""
    ours = portal_stub.add_user(ZOE.email, "Zoe", "Ng", externalId=ZOE.external_id)
    outcome = create(both.portal, ZOE)
    assert (outcome.verdict, outcome.account_id) == (Verdict.WRITTEN, ours)
    assert not outcome.adopted
    assert outcome.proves_unique


def test_a_conflict_with_the_same_names_is_adopted_and_gets_nothing(portal_stub, both: Services):
    """Only reads follow the create: whatever she is to get is decided by who calls."""
    theirs = portal_stub.add_user("ZOE.ng@acme.com", "Zoe", "Ng", roles=[{"value": "manager"}])
    outcome = create(both.portal, ZOE)
    assert (outcome.verdict, outcome.account_id) == (Verdict.WRITTEN, theirs)
    assert outcome.adopted
    assert outcome.proves_unique
    assert len(portal_stub.writes) == 1


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"last": "Zimmer"}, "an account with another name;"),
        ({"active": False}, "a deactivated account"),
        ({"roles": [{"value": "manager"}, {"value": "Client Admin"}]}, "a client admin's account"),
        ({"roles": [{"value": "CLIENT-ADMIN"}]}, "a client admin's account"),
        ({"roles": [{"value": "17", "display": "Client admin"}]}, "a client admin's account"),
    ],
    ids=["another name", "deactivated", "client admin", "spelt otherwise", "its label"],
)
def test_a_conflict_that_only_a_person_can_decide(portal_stub, both: Services, there, words):
    """Adopting an account gives it nothing: no names, no activation, no rights that it had."""
    portal_stub.add_user(ZOE.email, "Zoe", **{"last": "Ng", **there})
    outcome = create(both.portal, ZOE)
    assert outcome.verdict is Verdict.NEEDS_PERSON
    assert f"the address belongs to {words}" in outcome.reason
    assert "upload again" in outcome.reason
    assert len(portal_stub.writes) == 1


def test_a_second_address_doesnt_make_an_account_this_persons(portal_stub, both: Services):
    """A service that takes no e-mail address twice may refuse her for somebody else's account."""
    portal_stub.add_user("bo.quist@acme.com", "Zoe", "Ng", emails=[{"value": ZOE.email}])
    outcome = answered(both, portal_stub, error(409, "e-mail is taken"))
    assert outcome.verdict is Verdict.REJECTED
    assert "e-mail is taken" in outcome.reason


def test_a_conflict_of_another_kind_proves_nothing_about_user_names(portal_stub, both: Services):
    """The account may have come by an earlier, lost create on a service that takes names twice."""
    portal_stub.add_user(ZOE.email, "Zoe", "Ng", externalId=ZOE.external_id)
    body = {"status": "409", "scimType": "tooMany", "detail": "no seats left"}
    outcome = answered(both, portal_stub, as_json(409, body))
    assert outcome.verdict is Verdict.WRITTEN
    assert not outcome.proves_unique


def test_a_conflict_whose_owner_cant_be_looked_up_is_unknown(portal_stub, both: Services):
    """The words are kept, and nobody is called rejected on a failed look-up."""
    portal_stub.on("POST", "/Users/.search", instead(error(500, "down")), times=99)
    portal_stub.on("GET", "/Users", instead(error(500, "down")), times=99)
    outcome = answered(both, portal_stub, error(409, "taken or full"))
    assert outcome.verdict is Verdict.UNKNOWN
    assert "taken or full" in outcome.reason


def test_settling_writes_nothing(portal_stub, both: Services):
    """What became of a lost create is read; what is still missing is the next step's."""
    ours = portal_stub.add_user(ZOE.email, "Zoe", "Ng", externalId=ZOE.external_id)
    outcome = settle(both.portal, ZOE, in_list=False)
    assert (outcome.verdict, outcome.account_id) == (Verdict.WRITTEN, ours)
    assert portal_stub.writes == []


OTHER_PASS = [{"value": "p25", "type": "pass"}]


@pytest.mark.parametrize(
    ("not_kept", "there", "verdict", "adopted"),
    [
        ({"roles"}, {}, Verdict.WRITTEN, False),
        ({"roles", "entitlements"}, {"entitlements": []}, Verdict.WRITTEN, False),
        ({"roles"}, {"roles": [{"value": "manager"}]}, Verdict.WRITTEN, True),
        ({"roles"}, {"entitlements": OTHER_PASS}, Verdict.WRITTEN, True),
        (set(), {}, Verdict.UNKNOWN, False),
        ({"roles"}, {"entitlements": []}, Verdict.UNKNOWN, False),
        ({"roles"}, {"active": False}, Verdict.NEEDS_PERSON, False),
    ],
)
def test_a_lost_create_where_keys_and_more_are_dropped(
    portal_stub, both: Services, not_kept, there, verdict, *, adopted: bool
):
    """As there already, her seat would not be counted, and she would never be mailed."""
    held = {"roles": [], "entitlements": [{"value": ZOE.pass_id, "type": "pass"}]} | there
    theirs = portal_stub.add_user(ZOE.email, "Zoe", "Ng", **held)
    dropped = frozenset(not_kept)
    portal = Portal("All Access Pass", both.portal.transport, both.portal.patience, dropped)
    outcome = settle(portal, ZOE, in_list=False)
    assert (outcome.verdict, outcome.adopted) == (verdict, adopted)
    assert outcome.account_id == (theirs if verdict is Verdict.WRITTEN else "")


@pytest.mark.parametrize(
    ("activate", "key", "changes"), [(True, "", 1), (False, "", 0), (False, "key-of-zoe", 1)]
)
def test_who_may_be_switched_on(activate: bool, key: str, changes: int):
    """A deactivated account only with a word for it; one that we have created always."""
    wanted = Wanted(email=ZOE.email, first_name="Zoe", last_name="Ng", activate=activate)
    ours = Wanted(
        email=ZOE.email, first_name="Zoe", last_name="Ng", activate=activate, external_id=key
    )
    off = account(active=False, external_id=key)
    assert len(differences(off, ours if key else wanted)) == changes
