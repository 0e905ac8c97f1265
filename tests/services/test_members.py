import pytest

from aapimport.plan.make import Services
from aapimport.services.accounts import make_so
from aapimport.services.outcomes import Verdict
from aapimport.services.values import Wanted
from faults.stub import ScimStub
from faults.wire import RESET, after_acting, as_json, error, instead


@pytest.fixture
def ana(portal_stub: ScimStub) -> str:
    """Somebody on the portal; returns the id."""
    return portal_stub.add_user("ana@acme.com")


def test_members_listed_by_user_name_are_known(portal_stub, both: Services, ana):
    """Canaille lists userNames where ids belong: nobody is added twice."""
    group = {"id": "team-1", "members": [{"value": "Ana@acme.com"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, group)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert portal_stub.writes == []


def test_a_membership_that_only_the_account_tells_is_kept(portal_stub, both: Services, ana):
    """A Group may list its members by something else: the account's own `groups` decide."""
    portal_stub.store.users[ana]["groups"] = [{"value": "team-1"}]
    other = {"id": "team-1", "members": [{"value": "uid=1,dc=acme"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, other)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE


def test_a_membership_that_nobody_tells_is_not_kept(portal_stub, both: Services, ana):
    """A 200 for the PATCH is not the membership."""
    other = {"id": "team-1", "members": [{"value": "somebody-else"}]}
    portal_stub.on("GET", "/Groups/team-1", instead(as_json(200, other)), times=9)
    outcomes = both.portal.add_members("team-1", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.REJECTED
    assert outcomes[ana].reason == "accepted but not kept by the server: membership"


@pytest.mark.parametrize(
    "fault",
    [
        after_acting(RESET),
        after_acting(error(500)),
        after_acting(error(503, headers={"Retry-After": "0"})),
    ],
)
def test_members_whose_answer_was_lost_are_not_sent_again(portal_stub, both: Services, fault):
    """Some servers list twice who is added twice (SERVERS.md, 7): who is in is read first."""
    portal_stub.habits.repeats_members = True
    team = portal_stub.add_team("Sales", 9)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(5)}
    portal_stub.on("PATCH", "/Groups/.*", fault, times=2)
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    listed = [one["value"] for one in portal_stub.store.groups[team]["members"]]
    assert sorted(listed) == sorted(people)


def test_what_can_not_be_read_back_is_not_known(portal_stub, both: Services, ana):
    """A 200 for the PATCH and an error for the read-back: the membership is in doubt."""
    team = portal_stub.add_team("Sales", 9)
    portal_stub.on("GET", "/Groups/.*", instead(error(500)), times=9, skip=1)
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.UNKNOWN


def test_the_first_member_of_a_team_is_read_back_too(portal_stub, both: Services, ana):
    """Where other teams show their members, an empty one has none."""
    portal_stub.habits.patch = "ignored"
    team, other = portal_stub.add_team("Sales", 9), portal_stub.add_team("Finance", 9)
    portal_stub.store.groups[other]["members"] = [{"value": "somebody"}]
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.REJECTED
    assert outcomes[ana].reason == "accepted but not kept by the server: membership"


def test_a_portal_that_never_shows_members_is_believed_and_said(portal_stub, both: Services, ana):
    """Nothing can be read back there (SERVERS.md, 7: jackson), and the receipt says so."""
    portal_stub.habits.shows_members = False
    team = portal_stub.add_team("Sales", 9)
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert outcomes[ana].reason == "accepted; this portal never shows who is in a team"


@pytest.mark.parametrize("status", [400, 500])
def test_a_service_that_can_not_count_is_asked_without(portal_stub, both: Services, ana, status):
    """Canaille answers 500 to any `count`: its own pages are walked, and it is asked once."""

    def falls_over(act):
        request_has_count = "count" in portal_stub.seen[-1].query
        return as_json(status, {}) if request_has_count else act()

    portal_stub.on("GET", "/Users", falls_over, times=99)
    assert [one.id for one in both.portal.everybody()] == [ana]
    with_count = sum("count" in one.query for one in portal_stub.seen)
    assert [one.id for one in both.portal.everybody()] == [ana]
    assert sum("count" in one.query for one in portal_stub.seen) == with_count


def test_a_team_that_is_gone_is_not_waited_for(portal_stub, both: Services, ana):
    """Somebody has deleted it since the plan: no resume would ever find it again."""
    portal_stub.on("GET", "/Groups/.*", instead(error(404)), times=9)
    outcomes = both.portal.add_members("team-9", {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.REJECTED
    assert outcomes[ana].reason == "the team is gone"


def test_an_account_that_is_another_persons_by_now_is_left_alone(portal_stub, both: Services, ana):
    """An id that was given to somebody else since the plan: nobody is renamed, no seat is used."""
    bo = Wanted(email="bo@acme.com", first_name="Bo", last_name="Quist", pass_id="p26")
    outcome = make_so(both.portal, ana, bo)
    assert outcome.verdict is Verdict.REJECTED
    assert outcome.reason == "the account is another person's by now"
    assert portal_stub.writes == []
