import pytest

from aapimport.errors import ExitCode
from aapimport.plan.make import Services
from aapimport.services.health import LookUps, State, examine
from support.stub import ScimStub
from support.uploading import services
from support.wire import error, instead, page


@pytest.mark.parametrize(
    ("filters", "verdict"),
    [
        ("folded", LookUps.TRUE),
        ("exact", LookUps.EXACT_CASE),
        ("ignored", LookUps.IGNORED),
        ("empty", LookUps.MISSING),
        ("refused", LookUps.REFUSED),
    ],
)
def test_look_ups_are_tried_on_somebody_who_is_there(portal_stub, both, filters, verdict):
    """The service's word for it is not asked: the answers are compared."""
    portal_stub.add_user("ana@acme.com")
    portal_stub.add_user("chidi@acme.com", "Chidi", "Okafor")
    portal_stub.habits.filters = filters
    found = examine(both.portal)
    assert found.look_ups is verdict
    assert (found.state, found.accounts, found.exit_code) == (State.OK, 2, ExitCode.OK)
    assert portal_stub.writes == []


def test_look_ups_can_not_be_tried_on_nobody(both: Services):
    """An empty service is fine."""
    found = examine(both.portal)
    assert (found.state, found.look_ups, found.accounts) == (State.OK, LookUps.UNTRIED, 0)


def test_a_token_that_opens_discovery_only_is_refused(portal_stub, both: Services):
    """Discovery may be open to everybody; the people are not."""
    portal_stub.on("GET", "/Users", instead(error(403)), times=9)
    found = examine(both.portal)
    assert (found.state, found.exit_code) == (State.REFUSED, ExitCode.SETTINGS)
    assert "refuses the token" in found.problem


def test_a_web_site_is_no_scim_service(portal_stub, both: Services):
    """A wrong address is a setting to be mended, not an outage to wait for."""
    portal_stub.on("GET", "/.*", instead(page(200)), times=99)
    found = examine(both.portal)
    assert (found.state, found.exit_code) == (State.NO_SCIM, ExitCode.SETTINGS)
    assert "check the address" in found.hint


def test_a_service_that_is_away_is_told_from_one_that_is_out_of_order(portal_stub, jhana_stub):
    """Nothing answers, or only 503: try again later, and say which."""
    with ScimStub() as gone:
        pass
    portal_stub.on("GET", "/.*", instead(error(503)), times=99)
    with services(portal_stub, gone) as opened:
        ill, away = examine(opened.portal), examine(opened.jhana)
    assert (ill.state, ill.status, ill.exit_code) == (State.OUT_OF_ORDER, 503, ExitCode.SERVICE)
    assert (away.state, away.status, away.exit_code) == (State.UNREACHABLE, None, ExitCode.SERVICE)


def test_discovery_that_falls_over_is_no_wrong_address(portal_stub, both: Services):
    """People can be listed, so it is a SCIM service, and one that is out of order."""
    portal_stub.on("GET", "/Schemas", instead(error(500)), times=99)
    found = examine(both.portal)
    assert (found.state, found.status) == (State.OUT_OF_ORDER, 500)
    assert "answered 500" in found.problem


def test_a_list_that_falls_over_is_out_of_order(portal_stub, both: Services):
    """The status is told even where discovery is fine."""
    portal_stub.on("GET", "/Users", instead(error(502)), times=99)
    found = examine(both.portal)
    assert (found.state, found.status) == (State.OUT_OF_ORDER, 502)
