import gzip
from contextlib import nullcontext
from typing import Any

import pytest

from aapimport.errors import ExitCode, ServiceError, SettingsError, WrongAddressError
from aapimport.plan.make import Services
from aapimport.services.accounts import new_body
from aapimport.services.discovery import (
    MAX_BULK_BYTES,
    Capabilities,
    discover,
)
from aapimport.services.portal import Portal
from aapimport.services.reaching import check_usable
from aapimport.services.replies import Answer, Lost, NotSent, Reply
from aapimport.services.scim import USER
from aapimport.services.swapped import check_not_swapped
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.uploading import services
from support.wire import Response, as_json, error, instead, page

WANTED = Wanted(
    email="ana@acme.com",
    first_name="Ana",
    last_name="Perez",
    role="manager",
    pass_id="p26",
    pass_name="Leadership 2026",
    external_id="k1",
)


def _attribute(name: str, *parts: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    found = {"name": name, "mutability": "readWrite", "required": False} | more
    if parts:
        found["subAttributes"] = [
            one if isinstance(one, dict) else _attribute(one) for one in parts
        ]
    return found


def _schemas(stub: ScimStub, *attributes: dict[str, Any]) -> None:
    listed = [{"id": USER, "attributes": attributes}]
    stub.on("GET", "/Schemas", instead(as_json(200, {"Resources": listed})), times=99)


def test_a_service_without_discovery_is_taken_at_the_least(portal_stub, both: Services):
    """No bulk, no trust in filters, everything tried: RFC 7644 lets all three be missing."""
    portal_stub.on("GET", "/(ServiceProviderConfig|ResourceTypes)", instead(error(404)), times=9)
    found = both.portal.capabilities
    assert found == Capabilities()
    assert found.keeps("roles")
    assert found.teams


SCIM_ERROR = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400"}


def test_a_web_page_for_what_is_not_known_announces_nothing(portal_stub, both: Services):
    """Some answer 200 with a page where they know nothing (docs/scim.md, 1), and list people."""
    portal_stub.on("GET", "/(?!Users).*", instead(page(200)), times=99)
    assert both.portal.capabilities == Capabilities()


@pytest.mark.parametrize(
    "answer",
    [
        *(error(404), page(404), page(200), Response(status=204), as_json(200, {}), page(405)),
        *(as_json(200, []), as_json(200, {"error": "log in"}), as_json(404, SCIM_ERROR)),
    ],
)
def test_where_nobody_is_listed_no_scim_service_is(portal_stub, both: Services, answer):
    """All of discovery may be missing; people are what every SCIM service has."""
    portal_stub.on("GET", "/.*", instead(answer), times=99)
    with pytest.raises(WrongAddressError, match="no SCIM service is at the address of All") as seen:
        _ = both.portal.capabilities
    assert seen.value.exit_code is ExitCode.SETTINGS
    assert f"{portal_stub.url}/Users" in seen.value.message


@pytest.mark.parametrize(
    "answer", [error(500), error(501), error(521), as_json(400, SCIM_ERROR), error(429)]
)
def test_a_service_in_trouble_is_at_its_address(portal_stub, both: Services, answer):
    """Without discovery, and with people whom it can't list now or in that way."""
    portal_stub.on(
        "GET", "/(ServiceProviderConfig|ResourceTypes|Schemas.*)", instead(error(404)), times=9
    )
    portal_stub.on("GET", "/Users", instead(answer), times=99)
    assert both.portal.capabilities == Capabilities()


def test_who_takes_no_count_is_asked_without(portal_stub, both: Services):
    """Canaille answers 500, others 400 (docs/scim.md, 14)."""
    portal_stub.on(
        "GET", "/(ServiceProviderConfig|ResourceTypes|Schemas.*)", instead(error(404)), times=9
    )
    portal_stub.on("GET", "/Users", instead(error(400)))
    assert both.portal.capabilities == Capabilities()
    assert [one.query for one in portal_stub.seen if one.path == "/Users"][1:] == [{}]


DISCOVERY = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
DAMAGED = {
    "page": page(200),
    "cut": Response(body=b'{"Resources": [{"endpoint": "/Us'),
    "number": Response(body=b"7"),
    "an error of another kind": as_json(200, {"error": "gateway", "code": 7}),
    "empty": Response(),
    "204": Response(status=204),
    "an empty object": as_json(200, {}),
    "nothing of three": as_json(200, {"totalResults": 3, "Resources": []}),
}


@pytest.mark.parametrize("path", DISCOVERY)
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_answer_is_asked_for_again(portal_stub, both: Services, path, damage):
    """A web page or half of a JSON, once or twice, changes nothing of what a service can do."""
    portal_stub.on("GET", path, instead(DAMAGED[damage]), times=2)
    _schemas(portal_stub, _attribute("userName"), _attribute("roles"))
    found = discover(both.portal.transport, both.portal.patience, "the portal")
    assert found == discover(both.portal.transport, both.portal.patience, "the portal")
    assert (found.passes, found.filters, found.keeps("entitlements")) == (True, True, False)


@pytest.mark.parametrize("path", DISCOVERY)
@pytest.mark.parametrize("damage", DAMAGED)
def test_an_answer_that_stays_damaged_is_never_guessed_at(portal_stub, both, path, damage):
    """Nothing is sent on the strength of "declares nothing" when that isn't what was said."""
    portal_stub.on("GET", path, instead(DAMAGED[damage]), times=99)
    with pytest.raises(ServiceError, match=f"answers GET {path} with") as caught:
        _ = both.portal.capabilities
    assert caught.value.exit_code is ExitCode.SERVICE


def test_who_has_nothing_to_say_says_so(portal_stub, both: Services):
    """A list of nobody whose total is 0 is an answer; an empty success isn't."""
    nobody = instead(as_json(200, {"totalResults": 0, "Resources": []}))
    portal_stub.on("GET", "/(ResourceTypes|Schemas)", nobody, times=9)
    portal_stub.on("GET", "/ServiceProviderConfig", instead(error(404)))
    assert both.portal.capabilities == Capabilities()


def test_a_bare_array_is_a_list(portal_stub, both: Services):
    """Some list their schemas and types without the envelope of RFC 7644 section 3.4.2."""
    schema = {"id": USER, "attributes": [_attribute("userName")]}
    portal_stub.on("GET", "/Schemas", instead(as_json(200, [schema])))
    portal_stub.on("GET", "/ResourceTypes", instead(as_json(200, [{"endpoint": "/Users"}])))
    assert not both.portal.capabilities.keeps("roles")
    assert not both.portal.capabilities.teams


def test_a_schema_that_falls_over_by_name_is_not_there(portal_stub, both: Services):
    """A service that lists no schemas may have no way to answer for a single one."""
    portal_stub.on("GET", "/Schemas/.+", instead(error(500)), times=99)
    assert both.portal.capabilities.user_attributes is None


def test_a_service_that_asks_for_a_long_wait_is_not_waited_for(portal_stub, both: Services):
    """The command ends, and says when it can go on."""
    busy = error(429, headers={"Retry-After": "2820"})
    portal_stub.on("GET", "/ServiceProviderConfig", instead(busy), times=99)
    with pytest.raises(ServiceError, match=r"Pass asks to wait until \d\d:\d\d UTC \(47 min\)"):
        _ = both.portal.capabilities
    assert len(portal_stub.seen) == 1


def test_an_answer_that_was_compressed_unasked_is_told_as_what_it_is(portal_stub, both):
    """It won't go better later: the one who runs the proxy has to know."""
    packed = Response(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"})
    portal_stub.on("GET", "/ServiceProviderConfig", instead(packed), times=99)
    with pytest.raises(ServiceError, match="compressed \\(gzip\\)") as caught:
        _ = both.portal.capabilities
    assert "later" not in caught.value.hint
    assert len(portal_stub.seen) == 1


@pytest.mark.parametrize(
    ("reply", "ends"),
    [
        (Answer(401, {}, b""), True),
        (NotSent("nobody trusts it", "name ca_file"), True),
        (Answer(403, {}, b""), False),
        (Answer(200, {}, b""), False),
        (Lost("x"), False),
        (NotSent("nothing answers"), False),
    ],
)
def test_only_what_no_repeat_mends_ends_a_single_read(reply: Reply, ends):
    """A 403 for one person is about that person; what passes by itself is for the next try."""
    with pytest.raises(SettingsError) if ends else nullcontext():
        check_usable(reply, "Jhana", "the token")


@pytest.mark.parametrize(
    ("portal", "jhana", "swapped"),
    [(False, True, True), (True, False, False), (False, False, False), (True, True, False)],
)
def test_addresses_that_were_mistaken_for_each_other(
    portal_stub, jhana_stub, both: Services, portal, jhana, swapped
):
    """Passes at Jhana's address and none at the portal's are a slip, and nothing is sent."""
    portal_stub.habits.passes, jhana_stub.habits.passes = portal, jhana
    refused = pytest.raises(WrongAddressError, match="swapped") if swapped else nullcontext()
    with refused:
        check_not_swapped(both.portal, both.jhana)


def test_what_a_setting_says_is_not_kept_is_not_sent(portal_stub, jhana_stub):
    """A service that declares an attribute and drops it can be told about by a setting."""
    not_kept = frozenset({"roles", "name"})
    _schemas(portal_stub, _attribute("userName"), _attribute("roles"), _attribute("name"))
    with services(portal_stub, jhana_stub) as both:
        portal = Portal("All Access Pass", both.portal.transport, both.portal.patience, not_kept)
        can = portal.capabilities
    assert (can.keeps("roles"), can.keeps("name.givenName")) == (False, False)
    assert (can.declares("roles"), can.declares("name.givenName")) == (True, True)
    assert new_body(WANTED, can) == {
        "schemas": [USER],
        "userName": "ana@acme.com",
        "externalId": "k1",
    }


def test_a_service_out_of_order_is_not_taken_at_the_least(portal_stub, both: Services):
    """A 503 says nothing about what the service can do."""
    portal_stub.on("GET", "/Schemas", instead(error(503)), times=9)
    with pytest.raises(ServiceError, match="can't say what it can do"):
        _ = both.portal.capabilities


@pytest.mark.parametrize("answer", [error(401), error(403), error(302)])
def test_closed_discovery_is_taken_at_the_least(portal_stub, both: Services, answer):
    """Some open only the people to a token; one that is refused there as well is refused."""
    closed = "/(ServiceProviderConfig|ResourceTypes|Schemas.*)"
    portal_stub.on("GET", closed, instead(answer), times=99)
    assert both.portal.capabilities == Capabilities()
    portal_stub.on("GET", "/Users", instead(answer), times=99)
    with pytest.raises(SettingsError):
        discover(both.portal.transport, both.portal.patience, "the portal")


def test_bulk_goes_by_the_size_that_is_announced(portal_stub, both: Services):
    """`maxPayloadSize` cuts bulk requests (RFC 7643 section 5); a larger one than ours does not."""
    for announced, taken in ((20_000, 20_000), (10**9, MAX_BULK_BYTES), ("many", MAX_BULK_BYTES)):
        bulk = {"supported": True, "maxOperations": 100, "maxPayloadSize": announced}
        config = instead(as_json(200, {"bulk": bulk}))
        portal_stub.on("GET", "/ServiceProviderConfig", config)
        found = discover(both.portal.transport, both.portal.patience, "the portal")
        assert (found.bulk, found.bulk_bytes) == (100, taken)


@pytest.mark.parametrize("endpoint", ["/Groups", "http://127.0.0.1/scim/v2/Groups", "/v2/Groups/"])
def test_groups_are_found_by_any_spelling_of_their_endpoint(portal_stub, both, endpoint):
    """Canaille 0.3.6 gives whole addresses for endpoints."""
    types = [{"endpoint": "/Users"}, {"endpoint": endpoint}]
    portal_stub.on("GET", "/ResourceTypes", instead(as_json(200, {"Resources": types})))
    assert both.portal.capabilities.teams


def test_resource_types_without_groups_mean_no_teams(portal_stub, both: Services):
    """A service that lists its types and has no Groups has no teams."""
    types = {"Resources": [{"endpoint": "/Users"}]}
    portal_stub.on("GET", "/ResourceTypes", instead(as_json(200, types)))
    assert not both.portal.capabilities.teams


def test_only_what_is_declared_and_writable_is_sent(portal_stub, both: Services):
    """Canaille's User: no roles, no entitlements, a bare e-mail, externalId read-only."""
    _schemas(
        portal_stub,
        _attribute("userName"),
        _attribute("externalId", mutability="readOnly"),
        _attribute("name", _attribute("formatted", required=True), "givenName", "familyName"),
        _attribute("emails", "value"),
        _attribute("active"),
        _attribute("roles", "value", mutability="readOnly"),
    )
    assert new_body(WANTED, both.portal.capabilities) == {
        "schemas": [USER],
        "userName": "ana@acme.com",
        "name": {"givenName": "Ana", "familyName": "Perez", "formatted": "Ana Perez"},
        "active": True,
        "emails": [{"value": "ana@acme.com"}],
    }


def test_external_id_need_not_be_declared(portal_stub, both: Services):
    """It is common to all resources (RFC 7643 section 3.1); SCIMMY keeps it undeclared."""
    _schemas(portal_stub, _attribute("userName"))
    body = new_body(WANTED, both.portal.capabilities)
    assert body == {"schemas": [USER], "userName": "ana@acme.com", "externalId": "k1"}


def test_an_attribute_declared_without_parts_takes_all_of_them(portal_stub, both: Services):
    """A schema may leave out the sub-attributes: nothing is cut to an empty object."""
    _schemas(portal_stub, _attribute("userName"), _attribute("emails"), _attribute("name"))
    body = new_body(WANTED, both.portal.capabilities)
    assert body["emails"] == [{"value": "ana@acme.com", "type": "work", "primary": True}]
    assert body["name"] == {"givenName": "Ana", "familyName": "Perez"}


def test_a_schema_that_is_not_listed_is_asked_for_by_name(portal_stub, both: Services):
    """Some serve /Schemas/{id} only."""
    schema = {"id": USER, "attributes": [_attribute("userName")]}
    portal_stub.on("GET", "/Schemas/.+", instead(as_json(200, schema)))
    assert not both.portal.capabilities.keeps("roles")
