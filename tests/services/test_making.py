"""Bringing accounts that exist to what is wanted: what is sent, and what must never go away."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.giving_back import see_what_was_there
from aapimport.services.keeping import NOT_REPEATED
from aapimport.services.kept import Kept
from aapimport.services.making import make_so
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import RESET, Act, Response, after_acting, as_json, error, instead

ZOE = Wanted(
    email="zoe.ng@acme.com",
    first_name="Zoe",
    last_name="Ng",
    role="facilitator",
    pass_id="p26",
    pass_name="Leadership 2026",
)
OURS = replace(ZOE, external_id="key-of-zoe")
NEXT_YEAR = {"value": "p27", "display": "Next Year", "type": "pass"}


def operations(stub: ScimStub) -> list[list[tuple[str, str]]]:
    """The operations of each PATCH that arrived."""
    return [
        [(one["op"], one["path"]) for one in request.json["Operations"]]
        for request in stub.writes
        if request.method == "PATCH"
    ]


def values(stub: ScimStub, identifier: str, attribute: str) -> list[str]:
    """The values of an array as the service holds it."""
    return [one["value"] for one in stub.store.users[identifier].get(attribute, [])]


@pytest.fixture
def zoe(portal_stub: ScimStub) -> str:
    """Zoe, on next year's pass and an auditor; returns her id."""
    portal_stub.add_user("bo.quist@acme.com", "Bo", "Quist")
    return portal_stub.add_user(
        ZOE.email, "Zoe", "Ng", entitlements=[NEXT_YEAR], roles=[{"value": "auditor"}]
    )


def test_one_value_is_added_and_the_others_stay(portal_stub, both: Services, zoe):
    """What a colleague adds between our read and our write is not overwritten."""
    late = {"value": "p28", "type": "pass"}

    def meanwhile(act: Act) -> Response:
        shown = act()
        portal_stub.store.users[zoe]["entitlements"].append(late)
        return shown

    portal_stub.on("GET", f"/Users/{zoe}", meanwhile)
    outcome = make_so(both.portal, zoe, ZOE)
    assert outcome == Outcome(verdict=Verdict.DONE, account_id=zoe, wrote=True, changed=True)
    assert values(portal_stub, zoe, "entitlements") == ["p27", "p28", "p26"]
    assert values(portal_stub, zoe, "roles") == ["auditor", "facilitator"]
    assert operations(portal_stub) == [[("add", "roles"), ("add", "entitlements")]]


def test_where_add_replaces_what_was_lost_is_put_back(portal_stub, both: Services, zoe):
    """It is seen on the first person, and whole arrays are sent to that service from then on."""
    portal_stub.habits.replaces_on_add = True
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, outcome.account_id, outcome.but) == (Verdict.DONE, zoe, "")
    assert "entitlement Next Year was gone after the write and was given back" in outcome.reason
    assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27"]
    assert sorted(values(portal_stub, zoe, "roles")) == ["auditor", "facilitator"]
    for name, expected in (("ana", [("add", "entitlements")]), ("bob", [])):
        portal_stub.seen.clear()
        email = f"{name}@acme.com"
        own_id = portal_stub.add_user(email, name, "Perez", entitlements=[NEXT_YEAR])
        wanted = Wanted(email=email, first_name=name, last_name="Perez", pass_id="p26")
        assert make_so(both.portal, own_id, wanted).verdict is Verdict.DONE
        assert operations(portal_stub) == [
            *([expected] if expected else []),
            [("replace", "entitlements")],
        ]
        assert sorted(values(portal_stub, own_id, "entitlements")) == ["p26", "p27"]
        assert both.portal.adds_to_people.appends is False


def test_what_goes_once_is_not_taken_for_what_add_does(portal_stub, both: Services, zoe):
    """A colleague has taken it away just then: whole arrays would undo what others add later on."""

    def meanwhile(act: Act) -> Response:
        portal_stub.store.users[zoe]["entitlements"] = []
        return act()

    portal_stub.on("PATCH", f"/Users/{zoe}", meanwhile)
    outcome = make_so(both.portal, zoe, replace(ZOE, role=None))
    assert "entitlement Next Year was gone after the write and was given back" in outcome.reason
    assert both.portal.adds_to_people.appends is None
    ana = portal_stub.add_user("ana@acme.com", "Ana", "Perez", entitlements=[NEXT_YEAR])
    wanted = Wanted(email="ana@acme.com", first_name="Ana", last_name="Perez", pass_id="p26")
    assert make_so(both.portal, ana, wanted).verdict is Verdict.DONE
    assert both.portal.adds_to_people.appends is True


@pytest.mark.parametrize("gone", ["entitlements", "roles"])
def test_what_is_gone_is_seen_where_the_role_is_not_kept(portal_stub, both: Services, zoe, gone):
    """The pass that was added shows, so that nothing of it is old."""
    both.portal.adds_to_people.learn(appends=True)

    def rule(act: Act) -> Response:
        answer = act()
        portal_stub.store.users[zoe]["roles"] = [{"value": "manager"}, {"value": "auditor"}]
        portal_stub.store.users[zoe][gone].pop(0 if gone == "entitlements" else 1)
        return answer

    portal_stub.on("PATCH", f"/Users/{zoe}", rule)
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, outcome.short) == (Verdict.WRITTEN, ("role",))
    if gone == "entitlements":
        assert "entitlement Next Year was gone after the write and was given back" in outcome.but
        assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27"]
    else:
        assert "role auditor is gone from the account" in outcome.but


@pytest.mark.parametrize("keeps_roles", [True, False])
def test_what_is_gone_in_part_is_given_back_each_time(portal_stub, both: Services, keeps_roles):
    """One pass a person, beside a licence: what stays proves nothing, for the next one neither."""
    licence = {"value": "e5", "type": "licence"}

    def one_pass(act: Act) -> Response:
        own_id = portal_stub.seen[-1].path.split("/")[2]
        before = dict(portal_stub.store.users[own_id])
        portal_stub.store.users[own_id]["entitlements"] = [licence]
        answer = act()
        if not keeps_roles:
            portal_stub.store.users[own_id]["roles"] = before["roles"]
        return answer

    portal_stub.on("PATCH", "/Users/.*", one_pass, times=99, body='"add"')
    for name in ("ana", "bob", "cy"):
        email = f"{name}@acme.com"
        more = {"entitlements": [NEXT_YEAR, licence], "roles": [{"value": "manager"}]}
        own_id = portal_stub.add_user(email, name, "Perez", **more)
        wanted = replace(ZOE, email=email, first_name=name, last_name="Perez")
        outcome = make_so(both.portal, own_id, wanted)
        assert outcome.verdict is (Verdict.DONE if keeps_roles else Verdict.WRITTEN)
        assert "entitlement Next Year was gone after the write and was given back" in outcome.reason
        assert sorted(values(portal_stub, own_id, "entitlements")) == ["e5", "p26", "p27"]
        assert both.portal.adds_to_people.appends is None


def test_what_is_gone_against_all_that_was_seen_is_put_back(portal_stub, both: Services, zoe):
    """A service that kept what was there until now: what `add` does has to be shown anew."""
    both.portal.adds_to_people.learn(appends=True)
    portal_stub.habits.replaces_on_add = True
    outcome = make_so(both.portal, zoe, ZOE)
    assert outcome.verdict is Verdict.DONE
    assert "entitlement Next Year was gone after the write and was given back" in outcome.but
    assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27"]
    assert both.portal.adds_to_people.appends is None


def test_what_is_gone_for_good_is_named(portal_stub, both: Services, zoe):
    """A service that keeps one entitlement only: the person is on the pass, and what it cost."""

    def keeps_the_last(_act: Act) -> Response:
        user = portal_stub.store.users[zoe]
        for operation in portal_stub.seen[-1].json["Operations"]:
            user[operation["path"]] = [{"value": "p26", "type": "pass"}]
        return as_json(200, user)

    portal_stub.on("PATCH", f"/Users/{zoe}", keeps_the_last, times=9)
    outcome = make_so(both.portal, zoe, replace(ZOE, role=None))
    assert outcome.verdict is Verdict.DONE
    assert outcome.but == "entitlement Next Year is gone from the account"


def test_with_versions_whole_arrays_go_under_if_match(portal_stub, both: Services, zoe):
    """Somebody who wrote meanwhile is not overwritten: read again, and repeated."""
    object.__setattr__(both.portal.capabilities, "etags", True)
    portal_stub.store.users[zoe]["meta"] = {"version": 'W/"7"'}
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(412, "changed meanwhile")))
    outcome = make_so(both.portal, zoe, ZOE)
    assert outcome.verdict is Verdict.DONE
    assert {one.headers["if-match"] for one in portal_stub.writes} == {'W/"7"'}
    assert operations(portal_stub) == [[("replace", "roles"), ("replace", "entitlements")]] * 2
    assert values(portal_stub, zoe, "entitlements") == ["p27", "p26"]


@pytest.mark.parametrize("status", [409, 412, 423])
def test_an_account_that_stays_busy_is_given_up_after_three(portal_stub, both, zoe, status):
    """Then it is rejected in the service's words; nothing has changed."""
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(status, "is being changed")), times=9)
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, outcome.reason) == (Verdict.REJECTED, "is being changed")
    assert len(operations(portal_stub)) == 3


def test_one_of_the_four_roles_replaces_another(portal_stub, both: Services, zoe):
    """Others' roles stay; what the account was among the four goes."""
    portal_stub.store.users[zoe]["roles"].append({"value": "manager", "primary": True})
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.DONE
    assert values(portal_stub, zoe, "roles") == ["auditor", "facilitator"]


def test_a_role_by_its_label_is_replaced_unless_a_value_is_one(portal_stub, both: Services, zoe):
    """`r7` that is shown as Manager is the portal's role; beside a real one it is another's."""
    portal_stub.store.users[zoe]["roles"].append({"value": "r7", "display": "Manager"})
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.DONE
    assert values(portal_stub, zoe, "roles") == ["auditor", "facilitator"]
    portal_stub.store.users[zoe]["roles"] = [
        {"value": "r7", "display": "Manager"},
        {"value": "client admin"},
    ]
    outcome = make_so(both.portal, zoe, ZOE)
    assert outcome.verdict is Verdict.NEEDS_PERSON
    assert "a client admin's by now" in outcome.reason
    assert make_so(both.portal, zoe, replace(ZOE, was_admin=True)).verdict is Verdict.DONE
    assert values(portal_stub, zoe, "roles") == ["r7", "facilitator"]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_success_that_is_not_shown_yet_is_written(portal_stub, both, zoe, status):
    """An old value is no refusal: what is still old is said, and read again later."""
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(Response(status=status)))
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, set(outcome.short)) == (Verdict.WRITTEN, {"role", "pass"})
    assert [one.method for one in portal_stub.writes] == ["PATCH"]


@pytest.mark.parametrize(
    "answer",
    [
        error(404),
        error(405),
        error(501),
        as_json(400, {"scimType": "invalidPath", "detail": "no such path"}),
    ],
)
def test_put_where_there_is_no_patch(portal_stub, both: Services, zoe, answer):
    """The account is sent whole, with all that a GET showed."""
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(answer), times=9)
    portal_stub.store.users[zoe]["nickName"] = "Zed"
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.DONE
    assert portal_stub.store.users[zoe]["nickName"] == "Zed"
    assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27"]


def test_put_once_patch_was_not_kept(portal_stub, both: Services, zoe):
    """Who calls knows that the settle time has passed."""
    portal_stub.habits.patch = "ignored"
    assert make_so(both.portal, zoe, ZOE, put=True).verdict is Verdict.DONE
    assert [one.method for one in portal_stub.writes] == ["PUT"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(400, Verdict.REJECTED), (402, Verdict.REFUSED), (403, Verdict.REFUSED), (401, Verdict.PAUSE)],
)
def test_no_put_follows_a_refusal(portal_stub, both, zoe, status, verdict):
    """A PUT of what is shown would wipe out what isn't (RFC 7643 section 7, `returned`)."""
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(status, "frozen")), times=9)
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, outcome.reason) == (verdict, "frozen")
    assert {one.method for one in portal_stub.writes} == {"PATCH"}


@pytest.mark.parametrize("status", [400, 403, 422])
def test_what_is_refused_of_several_things_is_found_out(portal_stub, both, zoe, status):
    """The pass is put on although the role can't be set: the person is there all the same."""
    portal_stub.store.users[zoe]["externalId"] = OURS.external_id
    refusal = instead(error(status, "roles come from HR"))
    portal_stub.on("PATCH", f"/Users/{zoe}", refusal, times=9, body='"roles"')
    outcome = make_so(both.portal, zoe, OURS)
    assert (outcome.verdict, outcome.but) == (Verdict.DONE, "role not kept: roles come from HR")
    assert outcome.short == ("role",)
    assert "p26" in values(portal_stub, zoe, "entitlements")


def test_a_refused_change_of_an_account_that_was_there_is_rejected(portal_stub, both, zoe):
    """Nothing has changed, and the service says why."""
    refusal = instead(error(400, "roles come from HR"))
    portal_stub.on("PATCH", f"/Users/{zoe}", refusal, times=9)
    outcome = make_so(both.portal, zoe, replace(ZOE, pass_id=None))
    assert (outcome.verdict, outcome.reason) == (Verdict.REJECTED, "roles come from HR")


@pytest.mark.parametrize("wanted", [ZOE, OURS], ids=["was there", "ours"])
def test_refused_names_are_never_a_rejection(portal_stub, both: Services, wanted):
    """The same as a 200 after which the names are the old ones: the person is there."""
    zoe = portal_stub.add_user(ZOE.email, "Z.", "Ng", externalId=wanted.external_id)
    refusal = instead(error(400, "name.givenName is read-only"))
    portal_stub.on("PATCH", f"/Users/{zoe}", refusal, times=9, body="givenName")
    outcome = make_so(both.portal, zoe, wanted)
    assert (outcome.verdict, outcome.but) == (Verdict.DONE, "names not kept")
    assert values(portal_stub, zoe, "entitlements") == ["p26"]


def test_a_frozen_account_is_not_taken_for_one_that_keeps_no_names(portal_stub, both: Services):
    """Words that don't speak of names are a refusal."""
    zoe = portal_stub.add_user(ZOE.email, "Z.", "Ng")
    wanted = Wanted(email=ZOE.email, first_name="Zoe", last_name="Ng")
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(400, "frozen until Monday")), times=9)
    assert make_so(both.portal, zoe, wanted).verdict is Verdict.REJECTED


def test_names_not_shown_after_a_success_are_still_to_come(portal_stub, both: Services):
    """Whether they are kept is known once the settle time has passed."""
    zoe = portal_stub.add_user(ZOE.email, "Z.", "Ng")
    portal_stub.habits.patch = "ignored"
    outcome = make_so(both.portal, zoe, Wanted(email=ZOE.email, first_name="Zoe", last_name="Ng"))
    assert (outcome.verdict, outcome.short) == (Verdict.WRITTEN, ("first name",))


def test_nothing_is_sent_of_what_is_not_declared(portal_stub, both: Services, zoe):
    """No PATCH without operations: the service has no such thing, which is told."""
    kept = frozenset({"username", "entitlements", "externalid"})
    object.__setattr__(both.portal.capabilities, "user_attributes", kept)
    outcome = make_so(both.portal, zoe, replace(ZOE, pass_id=None))
    said = "role not kept: not sent, as the service doesn't take it"
    assert (outcome.verdict, outcome.but) == (Verdict.DONE, said)
    assert portal_stub.writes == []


@pytest.mark.parametrize("fault", [after_acting(error(500)), after_acting(RESET)])
def test_what_was_done_all_the_same_is_read_and_not_repeated(portal_stub, both, zoe, fault):
    """Scimgateway answers 500 for a PATCH that it has applied (docs/scim.md, 9)."""
    portal_stub.on("PATCH", f"/Users/{zoe}", fault)
    both.portal.adds_to_people.appends = False
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.DONE
    assert len(portal_stub.writes) == 1


def test_a_permanent_error_ends_after_three_with_its_words(portal_stub, both: Services, zoe):
    """Whatever was done is unknown; the service's own words help to find out."""
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(500, "no space left")), times=99)
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, "no space left")
    assert len(portal_stub.writes) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_asks_for_a_pause_gets_one(portal_stub, both: Services, zoe, status):
    """Then the same is sent again, three times in all; after that, whoever calls pauses."""
    pause = instead(error(status, "slow down", {"Retry-After": "0"}))
    portal_stub.on("PATCH", f"/Users/{zoe}", pause, times=5)
    outcome = make_so(both.portal, zoe, ZOE)
    assert (outcome.throttled, outcome.wait, len(portal_stub.writes)) == (True, 0, 3)
    both.portal.adds_to_people.appends = False
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.DONE
    assert len(portal_stub.writes) == 6


def bo(stub: ScimStub, identifier: str) -> None:
    """The account is Bo's by now."""
    name = {"givenName": "Bo", "familyName": "Quist"}
    stub.store.users[identifier].update(userName="bo@acme.com", name=name)


def test_an_account_that_was_handed_on_is_left_alone(portal_stub, both: Services, zoe):
    """Its id was known from the plan: nobody is renamed, nobody gets another's role."""
    bo(portal_stub, zoe)
    outcome = make_so(both.portal, zoe, ZOE)
    assert outcome.verdict is Verdict.NEEDS_PERSON
    assert outcome.reason == "the account is another person's by now"
    assert portal_stub.writes == []


@pytest.mark.parametrize(
    "key", ["", OURS.external_id], ids=["never ours", "handed on with our key"]
)
def test_an_id_that_was_only_claimed_is_not_written_to(portal_stub, both: Services, zoe, key):
    """Ids in answers may be turned round: who is there is looked up instead."""
    bo(portal_stub, zoe)
    portal_stub.store.users[zoe]["externalId"] = key
    outcome = make_so(both.portal, zoe, OURS)
    assert outcome.verdict is Verdict.UNKNOWN
    assert (outcome.reason, outcome.account_id) == ("the service shows another account there", "")
    assert portal_stub.writes == []


def test_a_read_back_of_somebody_else_is_not_compared(portal_stub, both: Services, zoe):
    """The account that is shown after the write has to be the same person's."""
    other = {"id": zoe, "userName": "bo@acme.com", "roles": [{"value": "facilitator"}]}
    portal_stub.on("GET", f"/Users/{zoe}", instead(as_json(200, other)), skip=2, times=9)
    assert make_so(both.portal, zoe, ZOE).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("wanted", "verdict"),
    [
        (ZOE, Verdict.DONE),
        (replace(ZOE, activate=False), Verdict.NEEDS_PERSON),
        (replace(OURS, activate=False), Verdict.NEEDS_PERSON),
        (OURS, Verdict.DONE),
    ],
    ids=["with a word for it", "without", "ours of an earlier session", "ours just now"],
)
def test_a_deactivated_account_is_switched_on_only_with_a_word(portal_stub, both, wanted, verdict):
    """Whoever left keeps no seat and gets no rights back unasked."""
    zoe = portal_stub.add_user(ZOE.email, "Zoe", "Ng", active=False, externalId=OURS.external_id)
    outcome = make_so(both.portal, zoe, wanted)
    assert outcome.verdict is verdict
    assert portal_stub.store.users[zoe]["active"] is (verdict is Verdict.DONE)
    if verdict is Verdict.NEEDS_PERSON:
        assert "--returning include" in outcome.reason
        assert ("created by this upload" in outcome.reason) == bool(wanted.external_id)
        assert portal_stub.writes == []


@pytest.mark.parametrize(("wanted", "verdict"), [(ZOE, Verdict.REJECTED), (OURS, Verdict.WRITTEN)])
def test_an_account_that_is_not_shown(portal_stub, both: Services, wanted: Any, verdict):
    """One that was there is gone; one that was just created may not be shown yet."""
    outcome = make_so(both.portal, "user-77", wanted)
    assert (outcome.verdict, outcome.gone) == (verdict, True)


@pytest.mark.parametrize("replaces", [True, False])
@pytest.mark.parametrize("status", [403, 409, 423, 429])
def test_a_refusal_says_nothing_of_a_write_whose_answer_was_lost(
    portal_stub, both: Services, zoe, status, replaces
):
    """It may be carried out yet: a seat is in doubt, and what was there stays kept until then."""
    wanted = replace(ZOE, role=None)
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(error(504)))
    refusal = error(status, "is being changed", headers={"Retry-After": "7200"})
    portal_stub.on("PATCH", f"/Users/{zoe}", instead(refusal), times=9)
    outcome = make_so(both.portal, zoe, wanted)
    assert outcome.verdict is Verdict.UNKNOWN
    assert both.portal.adds_to_people.kept.keys() == {zoe}
    portal_stub._rules.clear()
    p26 = {"value": "p26", "type": "pass"}  # carried out after all
    portal_stub.store.users[zoe]["entitlements"] = [p26] if replaces else [NEXT_YEAR, p26]
    see_what_was_there(both.portal)
    assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27"]


@pytest.mark.parametrize("appends", [None, True])
def test_a_right_that_goes_meanwhile_is_named_and_never_given_back(
    portal_stub, both: Services, zoe, appends
):
    """Our write has added a pass; a role that is gone then was taken away by somebody."""
    if appends:
        both.portal.adds_to_people.learn(appends=True)

    def demoted(act: Act) -> Response:
        portal_stub.store.users[zoe]["roles"] = [{"value": "manager"}]
        return act()

    portal_stub.on("PATCH", f"/Users/{zoe}", demoted)
    outcome = make_so(both.portal, zoe, replace(ZOE, role=None))
    assert values(portal_stub, zoe, "roles") == ["manager"]
    assert values(portal_stub, zoe, "entitlements") == ["p27", "p26"]
    assert outcome.verdict is Verdict.DONE
    assert outcome.but == "role auditor is gone from the account"


@pytest.mark.parametrize("status", [409, 412, 423])
def test_giving_back_is_tried_again_while_somebody_else_is_at_the_account(
    portal_stub, both: Services, zoe, status
):
    """The account is read anew, so that what they do meanwhile stays."""
    portal_stub.habits.replaces_on_add = True
    late = {"value": "p28", "type": "pass"}

    def busy(_act: Act) -> Response:
        portal_stub.store.users[zoe]["entitlements"].append(late)
        return error(status, "is being changed")

    portal_stub.on("PATCH", f"/Users/{zoe}", busy, body='"replace"')
    outcome = make_so(both.portal, zoe, replace(ZOE, role=None))
    assert (outcome.verdict, outcome.but) == (Verdict.DONE, "")
    assert sorted(values(portal_stub, zoe, "entitlements")) == ["p26", "p27", "p28"]


def test_no_second_add_leaves_while_the_first_is_not_seen(portal_stub, both: Services, zoe):
    """What somebody else has would be at risk twice; it is left for a later session."""
    bo = portal_stub.store.users["user-1"]
    bo["entitlements"] = [NEXT_YEAR]
    kept = Kept(
        owner=bo["userName"],
        before={"entitlements": [NEXT_YEAR], "roles": []},
        added={"entitlements": {"p26": ""}},
    )
    both.portal.patience.settle_seconds = 60.0
    both.portal.patience.unseen.add("user-1")  # it was waited for already
    both.portal.adds_to_people.intend("user-1", kept)
    outcome = make_so(both.portal, zoe, replace(ZOE, role=None))
    assert (outcome.verdict, outcome.reason) == (Verdict.UNKNOWN, NOT_REPEATED)
    assert portal_stub.writes == []


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize(
    ("now", "known_as", "gets_them"),
    [
        (("Zed", "Nobody"), "Zoe Ng", False),
        (("Zed", "Nobody"), "", False),
        (("Zoë", "Ng"), "Zoë Ng", True),
        (("zoe", "NG"), "Zoe Nga", True),
        (("", ""), "Zoe Ng", True),
    ],
)
def test_rights_go_to_the_name_that_was_shown(
    portal_stub: ScimStub, both: Services, now, known_as: str, gets_them: bool, active: bool
):
    """An account that has another name than the row and the plan gets, or gets back, no rights."""
    roles = [{"value": "manager" if active else "client admin"}]
    zed = portal_stub.add_user(ZOE.email, *now, active=active, roles=roles)
    wanted = replace(ZOE, role="client admin", names=False, known_as=known_as, was_admin=not active)
    outcome = make_so(both.portal, zed, wanted)
    assert (outcome.verdict is Verdict.DONE) == gets_them
    if not gets_them:
        assert outcome.verdict is Verdict.NEEDS_PERSON
        assert "another name by now" in outcome.reason
        assert not portal_stub.writes
