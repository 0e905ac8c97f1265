import json

import httpx
import pytest
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from aapimport.sandbox.models import (
    MAX_BODY_BYTES,
    MAX_OPERATIONS,
    MAX_RESULTS,
    USER_EXTENSION,
)
from aapimport.sandbox.practice import Practice

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_scim2_tester_finds_no_error(practice: Practice, service: str) -> None:
    """scim2-tester creates, changes and deletes everything that is announced, without an error."""
    client = WSGISCIMClient(
        getattr(practice, service),
        base_url="http://practice.test/v2",
        headers={"Authorization": f"Bearer {practice.token}"},
    )
    results = check_server(client)
    bad = [each for each in results if each.status in {Status.ERROR, Status.CRITICAL}]
    assert [f"{each.title}: {each.reason}" for each in bad] == []
    assert sum(each.status is Status.SUCCESS for each in results) > 90


def test_discovery_says_what_is_served(portal: httpx.Client) -> None:
    """Resource types, schemas and limits are announced."""
    types = {each["name"]: each for each in portal.get("/ResourceTypes").json()["Resources"]}
    assert {name: each["endpoint"] for name, each in types.items()} == {
        "User": "/Users",
        "Group": "/Groups",
        "Pass": "/Passes",
    }
    config = portal.get("/ServiceProviderConfig").json()
    assert config["bulk"]["maxOperations"] == MAX_OPERATIONS
    assert config["filter"]["maxResults"] == MAX_RESULTS
    assert all(config[each]["supported"] for each in ("patch", "sort", "etag"))
    schemas = {each["id"]: each for each in portal.get("/Schemas").json()["Resources"]}
    user = schemas[USER_EXTENSION]
    (welcome,) = user["attributes"]
    assert {each["name"]: each["mutability"] for each in welcome["subAttributes"]} == {
        "requestId": "readWrite",
        "kind": "readWrite",
        "sentAt": "readOnly",
    }


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer"])
def test_no_entry_without_the_token(practice: Practice, wire, header: str | None) -> None:
    """A missing or wrong token is answered 401, on both services."""
    for app in (practice.portal, practice.jhana):
        with wire.client_of(app, practice.token) as client:
            client.headers.pop("Authorization")
            headers = {"Authorization": header} if header else {}
            answer = client.get("/Users", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('userName eq "ANA@acme.com"', {"ana"}),
        ('userName eq "ana@acme.com" or userName eq "bo@acme.com"', {"ana", "bo"}),
        ('emails.value eq "Bo@acme.com"', {"bo"}),
        ('emails[value eq "bo@acme.com"]', {"bo"}),
        ('emails[type eq "home" and value eq "bo@acme.com"]', set()),
        ('id eq "ana"', {"ana"}),
        ('externalId eq "none"', set()),
        ('userName eq "bo@acme.com" and active eq false', set()),
        ('userName eq "bo@acme.com" or active eq true', {"ana", "bo"}),
        ('not (userName eq "bo@acme.com")', {"ana"}),
        ('entitlements.value eq "big"', {"bo"}),
        ('name.familyName sw "Pé"', {"ana"}),
        ('groups.value eq "crowd"', {"bo"}),
    ],
)
def test_filters(portal: httpx.Client, expression: str, found: set[str]) -> None:
    """Filters are answered by index where there is one, and rightly in any case."""
    page = portal.get("/Users", params={"filter": expression}).json()
    assert {each["id"] for each in page.get("Resources", [])} == found
    assert page["totalResults"] == len(found)


def test_a_long_or_filter(portal: httpx.Client) -> None:
    """Two thousand names in one filter are found, by POST so that no address is in a URL."""
    names = [f'userName eq "p{number}@acme.com"' for number in range(2000)]
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": " or ".join([*names, 'userName eq "ana@acme.com"']),
    }
    assert portal.post("/Users/.search", json=search).json()["totalResults"] == 1


def test_pages(portal: httpx.Client, wire) -> None:
    """StartIndex and count give each person once, in the order of creation."""
    for number in range(5):
        portal.post("/Users", json=wire.person(f"p{number}"))
    seen = []
    for start in (1, 4, 7):
        page = portal.get("/Users", params={"startIndex": start, "count": 3}).json()
        assert page["totalResults"] == 7
        seen += [each["userName"].partition("@")[0] for each in page["Resources"]]
    assert seen == ["ana", "bo", "p0", "p1", "p2", "p3", "p4"]


def test_a_stale_etag_is_refused(portal: httpx.Client, wire) -> None:
    """If-Match with an old version changes nothing, for people and for teams."""
    for path, change in (
        ("/Users/ana", wire.patch({"op": "replace", "path": "displayName", "value": "A"})),
        ("/Groups/crowd", wire.join("ana")),
    ):
        etag = portal.get(path).headers["ETag"]
        assert portal.patch(path, json=change, headers={"If-Match": etag}).status_code == 204
        assert portal.get(path).headers["ETag"] != etag
        stale = portal.patch(path, json=change, headers={"If-Match": etag})
        assert stale.status_code == 412


def test_a_patch_answers_what_is_asked_for(portal: httpx.Client, wire) -> None:
    """A change of members answers with the whole team only if its members are wanted."""
    brief = portal.patch(
        "/Groups/crowd", params={"excludedAttributes": "members"}, json=wire.join("ana")
    )
    assert brief.status_code == 200
    assert "members" not in brief.json()
    whole = portal.patch("/Groups/crowd", params={"attributes": "members"}, json=wire.join("ana"))
    assert {each["value"] for each in whole.json()["members"]} == {"ana", "bo"}


def test_a_large_team_is_not_read(practice: Practice, portal: httpx.Client, wire) -> None:
    """Joining a team, and listing teams without members, reads nobody who is in it."""
    statements: list[str] = []
    practice.database._connection.set_trace_callback(statements.append)
    assert portal.patch("/Groups/crowd", json=wire.join("ana")).status_code == 204
    assert portal.get("/Groups", params={"excludedAttributes": "members"}).status_code == 200
    about_members = [each for each in statements if "members" in each]
    assert len(about_members) == 2
    assert about_members[0].startswith("SELECT 1 FROM members WHERE team = 'crowd' AND person =")
    assert about_members[1].startswith("INSERT INTO members")


def test_members_by_any_patch(portal: httpx.Client, wire) -> None:
    """Forms of PATCH without a short cut give the same result."""
    everything = {"op": "replace", "value": {"members": [{"value": "ana"}]}}
    assert portal.patch("/Groups/crowd", json=wire.patch(everything)).status_code == 204
    assert [m["value"] for m in portal.get("/Groups/crowd").json()["members"]] == ["ana"]
    both = wire.patch(
        {"op": "remove", "path": 'members[value eq "ana"]'},
        {"op": "add", "path": "members", "value": [{"value": "ana"}, {"value": "bo"}]},
    )
    assert portal.patch("/Groups/crowd", json=both).status_code == 204
    members = portal.get("/Groups/crowd").json()["members"]
    assert sorted(m["value"] for m in members) == ["ana", "bo"]


def test_bulk_reports_each_operation(portal: httpx.Client, wire) -> None:
    """An operation that is refused doesn't undo its neighbours, and costs nothing."""
    newcomers = [
        wire.person("c1", entitlements=wire.on_pass("small")),
        wire.person("ana"),
        wire.person("c2", entitlements=wire.on_pass("nope")),
        wire.person("c3", entitlements=wire.on_pass("small")),
    ]
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": data}
        for number, data in enumerate(newcomers)
    ]
    answer = portal.post("/Bulk", json={"schemas": [BULK], "Operations": operations})
    assert answer.status_code == 200
    statuses = {each["bulkId"]: each["status"] for each in answer.json()["Operations"]}
    assert statuses == {"0": "201", "1": "409", "2": "400", "3": "201"}
    assert portal.get("/Passes/small").json()["seatsUsed"] == 3
    assert portal.get("/Users").json()["totalResults"] == 4


def test_limits(portal: httpx.Client) -> None:
    """Too many operations and too large bodies are answered 413."""
    operation = {"method": "DELETE", "path": "/Users/x"}
    many = {"schemas": [BULK], "Operations": [operation] * (MAX_OPERATIONS + 1)}
    assert portal.post("/Bulk", json=many).status_code == 413
    large = json.dumps({"userName": "x" * MAX_BODY_BYTES})
    headers = {"Content-Type": "application/scim+json"}
    for path in ("/Users", "/Bulk"):
        assert portal.post(path, content=large, headers=headers).status_code == 413


def test_a_password_is_not_kept(practice: Practice, portal: httpx.Client, wire) -> None:
    """What nobody needs is not stored."""
    portal.post("/Users", json=wire.person("cy", password="hunter2-secret"))
    assert b"hunter2-secret" not in practice.database.path.read_bytes()
