from datetime import UTC, datetime

import pytest

from aapimport.services.directory import Unknown
from aapimport.services.scim import Account
from support.stub import ScimStub
from support.uploading import services
from support.wire import RESET, as_json, error, instead


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-12-31T23:59:59Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-31T23:59:59+02:00", datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC)),
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("next year", None),
        ("", None),
        (1798761599, None),
        ({"value": "2026-12-31"}, None),
        (None, None),
    ],
)
def test_when_a_pass_begins_and_ends(portal_stub: ScimStub, jhana_stub: ScimStub, value, moment):
    """In UTC; whatever is no time is not known."""
    portal_stub.store.passes["p26"] |= {"validFrom": value, "validUntil": value}
    with services(portal_stub, jhana_stub) as both:
        (found,) = both.portal.passes()
    assert (found.valid_from, found.valid_until) == (moment, moment)


@pytest.mark.parametrize("own_id", [".", "..", "", None])
def test_a_team_or_pass_without_a_usable_id_is_left_out(
    portal_stub: ScimStub, jhana_stub: ScimStub, own_id
):
    """`/Groups/..` is another place; nothing is written to it."""
    portal_stub.store.groups["team-1"]["id"] = own_id
    portal_stub.store.passes["p26"]["id"] = own_id
    with services(portal_stub, jhana_stub) as both:
        assert both.portal.teams() == ()
        assert both.portal.passes() == ()
        assert both.portal.shows_members
    assert {one.path for one in portal_stub.seen if "roup" in one.path} == {"/Groups"}


def test_whoami_is_an_account_with_all_its_addresses(portal_stub: ScimStub, jhana_stub: ScimStub):
    """RFC 7644 section 3.11."""
    emails = [{"value": "zoe@acme.com"}, {"value": "z.ng@acme.com"}]
    me = {"id": "u7", "userName": "zoe", "emails": emails}
    portal_stub.on("GET", "/Me", instead(as_json(200, me)))
    with services(portal_stub, jhana_stub) as both:
        found = both.portal.whoami()
    assert isinstance(found, Account)
    assert (found.id, found.emails) == ("u7", ("zoe@acme.com", "z.ng@acme.com"))


@pytest.mark.parametrize(
    "answer",
    [
        instead(error(404)),
        instead(error(403)),
        instead(error(501)),
        instead(error(308)),
        instead(as_json(200, {"userName": "zoe@acme.com"})),
        instead(as_json(200, [])),
    ],
)
def test_whoami_may_not_be_said(portal_stub: ScimStub, jhana_stub: ScimStub, answer):
    """Not offered, or no account: nobody is taken for oneself."""
    portal_stub.on("GET", "/Me", answer)
    with services(portal_stub, jhana_stub) as both:
        assert both.portal.whoami() is None


@pytest.mark.parametrize("fault", [instead(error(503)), RESET])
def test_a_failed_whoami_is_not_known(portal_stub: ScimStub, jhana_stub: ScimStub, fault):
    """A question that failed is no answer."""
    portal_stub.on("GET", "/Me", fault, times=99)
    with services(portal_stub, jhana_stub) as both:
        assert isinstance(both.portal.whoami(), Unknown)


def test_ids_of_passes_and_teams_may_be_numbers(portal_stub: ScimStub, jhana_stub: ScimStub):
    """They are compared with those in entitlements, which are read in the same way."""
    portal_stub.add_pass(7, "Leadership 2027", 10)  # type: ignore[arg-type]
    portal_stub.add_team("Sales", 5, pass_id=7)  # type: ignore[arg-type]
    with services(portal_stub, jhana_stub) as both:
        assert {one.name: one.id for one in both.portal.passes()}["Leadership 2027"] == "7"
        assert {one.name: one.pass_id for one in both.portal.teams()}["Sales"] == "7"
