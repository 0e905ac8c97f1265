from collections.abc import Callable
from typing import Any

import httpx
import pytest

from aapimport.sandbox.models import GROUP_EXTENSION

Used = Callable[[str], int]
ROLE = {"value": "manager", "primary": True}


def refusal(response: httpx.Response) -> str:
    """The text of a 400 that names a value."""
    assert response.status_code == 400
    assert response.json()["scimType"] == "invalidValue"
    return str(response.json()["detail"])


def places_used(portal: httpx.Client, team: str) -> int:
    """The places of a team that are taken; told when a request names them."""
    asked = {"attributes": f"{GROUP_EXTENSION}:placesUsed"}
    found = portal.get(f"/Groups/{team}", params=asked).json()
    return int(found[GROUP_EXTENSION]["placesUsed"])


def test_a_person_on_a_pass_uses_a_seat(portal: httpx.Client, used: Used, wire) -> None:
    """The entitlement costs one seat, and the server fills in the pass's name."""
    answer = portal.post("/Users", json=wire.person("cy", entitlements=wire.on_pass("big")))
    assert answer.status_code == 201
    assert answer.json()["entitlements"] == [
        {"value": "big", "type": "pass", "display": "Big Pass"}
    ]
    assert used("big") == 2


@pytest.mark.parametrize(
    "leave",
    [
        {"op": "remove", "path": "entitlements"},
        {"op": "replace", "path": "active", "value": False},
    ],
)
def test_a_seat_never_comes_back(
    portal: httpx.Client, used: Used, leave: dict[str, Any], wire
) -> None:
    """Neither losing the entitlement nor being deactivated frees the seat; coming back is free."""
    assert portal.patch("/Users/bo", json=wire.patch(leave)).status_code == 204
    assert used("big") == 1
    back = wire.patch(
        {"op": "replace", "path": "entitlements", "value": wire.on_pass("big")},
        {"op": "replace", "path": "active", "value": True},
    )
    assert portal.patch("/Users/bo", json=back).status_code == 204
    assert used("big") == 1


def test_a_deleted_person_keeps_the_seat(portal: httpx.Client, used: Used, wire) -> None:
    """Deleting answers 204, the person is gone, the seat stays used; who returns pays nothing."""
    assert portal.delete("/Users/bo").status_code == 204
    assert portal.get("/Users/bo").status_code == 404
    assert used("big") == 1
    for _ in range(2):
        again = portal.post("/Users", json=wire.person("BO", entitlements=wire.on_pass("big")))
        assert again.status_code == 201
        assert used("big") == 1
        portal.delete(f"/Users/{again.json()['id']}")


def test_a_left_seat_is_nobody_elses(portal: httpx.Client, used: Used, wire) -> None:
    """Somebody new pays, also after somebody was deleted."""
    portal.delete("/Users/bo")
    portal.post("/Users", json=wire.person("cy", entitlements=wire.on_pass("big")))
    assert used("big") == 2


def test_no_seats_left(portal: httpx.Client, used: Used, wire) -> None:
    """A full pass refuses with its name, and nothing of the person is stored."""
    for name in ("c1", "c2", "c3"):
        answer = portal.post("/Users", json=wire.person(name, entitlements=wire.on_pass("small")))
        assert answer.status_code == 201
    detail = refusal(
        portal.post("/Users", json=wire.person("c4", entitlements=wire.on_pass("small")))
    )
    assert '"Small Pass" has no seats left' in detail
    assert (
        portal.get("/Users", params={"filter": 'userName eq "c4@acme.com"'}).json()["totalResults"]
        == 0
    )
    assert used("small") == 4


def test_a_full_pass_and_a_taken_name(portal: httpx.Client, wire) -> None:
    """Who is there already is answered 409, not told about seats."""
    for name in ("c1", "c2", "c3"):
        portal.post("/Users", json=wire.person(name, entitlements=wire.on_pass("small")))
    assert (
        portal.post(
            "/Users", json=wire.person("ana", entitlements=wire.on_pass("small"))
        ).status_code
        == 409
    )


def test_an_unknown_pass(portal: httpx.Client, wire) -> None:
    """A pass that doesn't exist is named in the refusal."""
    answer = portal.post("/Users", json=wire.person("cy", entitlements=wire.on_pass("nope")))
    assert "'nope'" in refusal(answer)


def test_other_entitlements_are_kept(portal: httpx.Client, used: Used, wire) -> None:
    """Rights of another type are stored as they are and cost no seat."""
    right = {"value": "big", "type": "library"}
    answer = portal.post("/Users", json=wire.person("cy", entitlements=[right]))
    assert answer.json()["entitlements"] == [right]
    assert used("big") == 1


def test_a_pass_keeps_its_used_seats(portal: httpx.Client, wire) -> None:
    """A pass can't shrink below its used seats, nor be deleted with used seats."""
    shrink = wire.patch({"op": "replace", "path": "seats", "value": 0})
    assert "used for good" in refusal(portal.patch("/Passes/big", json=shrink))
    assert portal.delete("/Passes/big").status_code == 409


def test_used_seats_are_read_only(portal: httpx.Client, used: Used) -> None:
    """Nobody can set seatsUsed."""
    pass_ = portal.get("/Passes/big").json()
    assert portal.put("/Passes/big", json={**pass_, "seatsUsed": 0}).status_code == 200
    assert used("big") == 1


def test_a_new_team_member_goes_on_the_teams_pass(portal: httpx.Client, used: Used, wire) -> None:
    """Joining a team costs a place and, once, a seat of its pass; joining twice changes nothing."""
    for _ in range(2):
        assert portal.patch("/Groups/pair", json=wire.join("ana")).status_code == 204
        user = portal.get("/Users/ana").json()
        assert [each["value"] for each in user["entitlements"]] == ["small"]
        assert [each["value"] for each in user["groups"]] == ["pair"]
        team = portal.get("/Groups/pair").json()
        assert [each["value"] for each in team["members"]] == ["ana"]
        assert places_used(portal, "pair") == 1
        assert used("small") == 2
    version = team["meta"]["version"]
    portal.patch("/Groups/pair", json=wire.join("ana"))
    assert portal.get("/Groups/pair").json()["meta"]["version"] == version


def test_a_full_team(portal: httpx.Client, used: Used, wire) -> None:
    """More people than places are refused as a whole, with the team's name; nobody pays."""
    ids = [portal.post("/Users", json=wire.person(f"c{n}")).json()["id"] for n in range(3)]
    assert '"Pair" is full' in refusal(portal.patch("/Groups/pair", json=wire.join(*ids)))
    assert used("small") == 1
    assert portal.patch("/Groups/pair", json=wire.join(*ids[:2])).status_code == 204
    assert '"Pair" is full' in refusal(portal.patch("/Groups/pair", json=wire.join(ids[2])))
    team = portal.get("/Groups/pair").json()
    more = {**team, "members": [{"value": each} for each in ids]}
    assert '"Pair" is full' in refusal(portal.put("/Groups/pair", json=more))


def test_a_place_is_free_again(portal: httpx.Client, used: Used, wire) -> None:
    """Who leaves a team, or is deleted, frees the place; the seat stays used."""
    ids = [portal.post("/Users", json=wire.person(f"c{n}")).json()["id"] for n in range(3)]
    portal.patch("/Groups/pair", json=wire.join(*ids[:2]))
    gone = wire.patch({"op": "remove", "path": f'members[value eq "{ids[0]}"]'})
    assert portal.patch("/Groups/pair", json=gone).status_code == 204
    portal.delete(f"/Users/{ids[1]}")
    team = portal.get("/Groups/pair").json()
    assert "members" not in team
    assert places_used(portal, "pair") == 0
    assert used("small") == 3


def test_a_full_pass_refuses_the_teams_newcomer(portal: httpx.Client, wire) -> None:
    """Where the team has places and its pass no seats, nobody enters the team."""
    for name in ("c1", "c2", "c3"):
        portal.post("/Users", json=wire.person(name, entitlements=wire.on_pass("small")))
    assert "no seats left" in refusal(portal.patch("/Groups/pair", json=wire.join("ana")))
    assert "members" not in portal.get("/Groups/pair").json()


def test_a_member_must_exist(portal: httpx.Client, wire) -> None:
    """An unknown person is refused, in a PATCH and in a new team."""
    assert "'nobody'" in refusal(portal.patch("/Groups/pair", json=wire.join("ana", "nobody")))
    team = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "New",
        "members": [{"value": "nobody"}],
    }
    assert "'nobody'" in refusal(portal.post("/Groups", json=team))


def test_a_team_that_moves_takes_its_people_along(portal: httpx.Client, used: Used) -> None:
    """When a team changes its pass, everybody in it is put on the new one."""
    team = portal.get("/Groups/crowd").json()
    team[_extension(team)] = {"pass": {"value": "small"}, "places": 9}
    assert portal.put("/Groups/crowd", json=team).status_code == 200
    user = portal.get("/Users/bo").json()
    assert {each["value"] for each in user["entitlements"]} == {"big", "small"}
    assert used("small") == 2


def test_places_below_the_people_in_the_team(portal: httpx.Client) -> None:
    """A team can't have fewer places than people."""
    team = portal.get("/Groups/crowd").json()
    team[_extension(team)]["places"] = 0
    assert "1 people are in the team" in refusal(portal.put("/Groups/crowd", json=team))


def test_only_the_four_roles(portal: httpx.Client, wire) -> None:
    """Any other role is refused, and the refusal names the attribute and the choice."""
    answer = portal.post("/Users", json=wire.person("cy", roles=[{**ROLE, "value": "boss"}]))
    assert refusal(answer).startswith("roles: 'boss' is not one of: individualcontributor")
    assert portal.post("/Users", json=wire.person("cy", roles=[ROLE])).status_code == 201


@pytest.mark.parametrize("name", ["ANA", "ａｎａ", "aNa"])
def test_a_user_name_is_unique(portal: httpx.Client, name: str, wire) -> None:
    """Capital letters and full-width letters don't make a second account."""
    taken = wire.person(name)
    del taken["emails"]
    answer = portal.post("/Users", json=taken)
    assert answer.status_code == 409
    assert answer.json()["scimType"] == "uniqueness"
    rename = wire.patch({"op": "replace", "path": "userName", "value": f"{name}@acme.com"})
    assert portal.patch("/Users/bo", json=rename).status_code == 409


def _extension(team: dict[str, Any]) -> str:
    return next(name for name in team if "allaccesspass" in name)
