"""Whose account the answer to a create is about, and what an account that is met gets by that."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.accounts import create, settle
from aapimport.services.differences import differences
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import Response, as_json, error, instead, page

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
    values: dict[str, Any] = {
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


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (201, {"userName": "Zoe.Ng@ACME.com"}),
        (201, {"externalId": "key-of-zoe"}),
        (200, {"externalId": "key-of-zoe"}),
        (201, {}),
    ],
)
def test_an_answer_with_the_persons_own_account_tells_its_id(portal_stub, both, status, told):
    """It is hers by our key, or by her address; an id alone is a claim that is read back."""
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
        (as_json(200, {"id": "b1"}), "the answer doesn't say whose account it is"),
        (as_json(200, {"id": "z1", "userName": ZOE.email}), ""),
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
    ("status", "more", "verdict", "adopted"),
    [
        (200, {}, Verdict.WRITTEN, True),
        (201, {}, Verdict.NEEDS_PERSON, False),
        (200, {"active": False}, Verdict.NEEDS_PERSON, False),
        (
            201,
            {"name": {"givenName": "Anatoly", "familyName": "Perezov"}},
            Verdict.NEEDS_PERSON,
            False,
        ),
        (200, {"roles": [{"value": "r1", "display": "Admin / HR"}]}, Verdict.NEEDS_PERSON, False),
    ],
)
def test_an_answer_with_anothers_key_was_there_before(
    portal_stub, both, status, more, verdict, *, adopted: bool
):
    """A service that answers with the old account, whatever the status: nothing is given to it."""
    names = {"givenName": "Zoe", "familyName": "Ng"}
    theirs = {"id": "z1", "userName": ZOE.email, "externalId": "hr-4711", "name": names}
    outcome = answered(both, portal_stub, as_json(status, theirs | more))
    assert (outcome.verdict, outcome.adopted) == (verdict, adopted)


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
        ({"externalid", "roles"}, {}, Verdict.WRITTEN, False),
        ({"externalid", "roles", "entitlements"}, {"entitlements": []}, Verdict.WRITTEN, False),
        ({"externalid", "roles"}, {"roles": [{"value": "manager"}]}, Verdict.WRITTEN, False),
        ({"externalid"}, {}, Verdict.UNKNOWN, False),
        ({"externalid"}, {"roles": [{"value": "facilitator"}]}, Verdict.WRITTEN, False),
        (set(), {"roles": [{"value": "facilitator"}]}, Verdict.WRITTEN, False),
        ({"roles"}, {}, Verdict.WRITTEN, False),
        ({"roles"}, {"roles": [{"value": "manager"}]}, Verdict.WRITTEN, False),
        ({"roles"}, {"entitlements": OTHER_PASS}, Verdict.WRITTEN, True),
        (set(), {}, Verdict.UNKNOWN, False),
        ({"roles"}, {"entitlements": []}, Verdict.UNKNOWN, False),
        ({"roles"}, {"active": False}, Verdict.NEEDS_PERSON, False),
    ],
)
def test_a_lost_create_where_keys_and_more_are_dropped(
    portal_stub, both: Services, not_kept, there, verdict, *, adopted: bool
):
    """As there already, her seat would not be counted, and she would never be mailed.

    A role that wasn't sent tells nothing: the service gives its own.
    """
    held = {"roles": [], "entitlements": [{"value": ZOE.pass_id, "type": "pass"}]} | there
    theirs = portal_stub.add_user(ZOE.email, "Zoe", "Ng", **held)
    dropped = frozenset(not_kept)
    portal = Portal("All Access Pass", both.portal.transport, both.portal.patience, dropped)
    outcome = settle(portal, ZOE, in_list=False)
    assert (outcome.verdict, outcome.adopted) == (verdict, adopted)
    assert outcome.account_id == (theirs if verdict is Verdict.WRITTEN else "")


@pytest.mark.parametrize(
    ("keeps_keys", "verdict", "adopted"),
    [
        (None, Verdict.UNKNOWN, False),
        (True, Verdict.WRITTEN, True),
        (False, Verdict.WRITTEN, False),
    ],
)
def test_what_an_earlier_session_sent_is_ours_where_keys_are_known_to_be_dropped(
    portal_stub, both: Services, keeps_keys, verdict, *, adopted: bool
):
    """A colleague may have made the very same account since: then she was mailed already."""
    roles, passes = [{"value": "facilitator"}], [{"value": ZOE.pass_id, "type": "pass"}]
    portal_stub.add_user(ZOE.email, "Zoe", "Ng", roles=roles, entitlements=passes)
    both.portal.keeps_keys = keeps_keys
    outcome = settle(both.portal, replace(ZOE, earlier=True, activate=False), in_list=False)
    assert (outcome.verdict, outcome.adopted) == (verdict, adopted)


@pytest.mark.parametrize("activate", [True, False])
def test_who_may_be_switched_on(*, activate: bool):
    """A deactivated account only with a word for it."""
    wanted = Wanted(email=ZOE.email, first_name="Zoe", last_name="Ng", activate=activate)
    assert len(differences(account(active=False), wanted)) == activate
