import pytest

from aapimport.plan.make import Services
from aapimport.services.outcomes import Verdict
from faults.stub import ScimStub
from faults.wire import as_json, instead


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
