"""Services that are not as the standard has them: late, turned round, forgetful, closed to one."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aapimport.errors import ExitCode
from faults.crash import receipt_of, upload_words
from faults.nursery import Ended, Nursery
from faults.proxy import Weather
from faults.rows import someone
from faults.totals import Totals, receipt_json
from faults.worlds import StubWorld, stub_world
from support.extent import SEED
from support.stub import Habits, ScimStub, fold
from support.wire import Act, Response

pytestmark = pytest.mark.campaign
PEOPLE = 10
SETTLE = "1"
"""Seconds; longer than anything here lags."""
BENT: dict[str, dict[str, Any]] = {
    "reads lag": {"lag": 0.2},
    "reads lag, bulk": {"lag": 0.2, "bulk": 5},
    "accepted for later": {"accepted": 0.2},
    "bulk ids turned": {"bulk": 5, "bulk_turned": True},
    "bulk ends at an error": {"bulk": 5, "bulk_stops": True, "forbids": frozenset({"i4@acme.com"})},
    "one is forbidden": {"forbids": frozenset({"i4@acme.com"})},
    "number ids": {"int_ids": True},
    "number ids, bulk": {"int_ids": True, "bulk": 5},
    "versions": {"etags": True},
    "adding replaces": {"replaces_on_add": True, "replaces_members": True},
    "adding replaces, reads lag": {
        "replaces_on_add": True,
        "replaces_members": True,
        "lag": 0.2,
    },
    "another order on each page": {"shuffled": True, "page": 5},
    "cursors": {"cursors": True, "page": 5},
    "sorted": {"sorts": True, "page": 5},
    "filters hide people": {"hides_more": 2},
    "groups forget their members": {"loses_members": True},
    "lower case": {"lower_cased": True},
    "creates say only the id": {"brief": True},
}
UNIQUE = ("reads lag", "accepted for later", "bulk ids turned", "one is forbidden")
"""Those that are tried where a userName can't be taken twice, as well."""
_DEATHS = 2


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Starts processes."""
    with Nursery() as started:
        yield started


def upload_through_deaths(world: StubWorld, nursery: Nursery, choice: Random) -> tuple[Ended, int]:
    """Upload, dying at two moments that the seed chose, to the end; how it ended, the deaths."""
    receipt, deaths = "", 0
    failpoints = [
        {
            "kind": kind,
            "number": choice.randint(8, 25),
            "mode": choice.choice(("die before", "die after")),
        }
        for kind in choice.sample(("commit", "request", "response"), _DEATHS)
    ]
    for failpoint in (*failpoints, None, None, None):
        words = ["resume", receipt, "--json"] if receipt else upload_words(world)
        ended = nursery.run(world, words, failpoint=failpoint)
        deaths += ended.killed
        world.settle()
        receipt = receipt_of(ended, receipt)
        if receipt and ended.code in {ExitCode.OK, ExitCode.FINDINGS}:
            break
    return ended, deaths


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StubWorld]:
    """Ten people, and two services with the same habits."""
    bent, unique = request.param
    choice = Random(f"{SEED}/{bent}/{unique}")
    rows = [someone(number, choice) for number in range(PEOPLE)]
    habits = Habits(unique=unique, **BENT.get(bent, {}))
    stubs = (ScimStub(habits), ScimStub(replace(habits)))
    with stub_world(tmp_path / "world", rows, Weather(0, 0.0), stubs) as made:
        assert isinstance(made, StubWorld)
        made.environment["AAPIMPORT_SETTLE_SECONDS"] = SETTLE
        yield made


def assert_as_the_file_says(world: StubWorld, ended: Ended, label: str) -> None:
    """Everybody but the forbidden is there once, as the file says, and the receipt knows it."""
    totals = Totals(seed=SEED)
    refused = world.portal.habits.forbids
    totals.count(world, label, ended, mailed=True, refused=refused)
    assert totals.clean, str(totals)
    said = receipt_json(ended)
    assert said is not None
    for one in said["people"]:
        if world.people[one["row"] - 2].email in refused:
            assert one["portal"] == "rejected"
            assert "nobody may create this person" in one["reason"]


_WORLDS = [(bent, False) for bent in BENT] + [(bent, True) for bent in UNIQUE]


@pytest.mark.parametrize(
    "world",
    _WORLDS,
    indirect=True,
    ids=[*map(str, _WORLDS)],
)
def test_people_arrive_through_deaths(
    world: StubWorld, nursery: Nursery, request: pytest.FixtureRequest
):
    """Whatever the services are like: everybody once, mailed once, and the receipt says so."""
    choice = Random(f"{SEED}/{request.node.name}")
    ended, deaths = upload_through_deaths(world, nursery, choice)
    sys.stderr.write(f"\nseed {SEED}: {deaths} deaths\n")
    assert_as_the_file_says(world, ended, request.node.name)
    before = world.writes()
    again = nursery.run(world, upload_words(world))
    assert again.code == ended.code, again.err
    there = sum(one.email not in world.portal.habits.forbids for one in world.people)
    said = receipt_json(again)
    assert said is not None
    assert said["services"]["portal"]["same"] == there
    tried = len(world.portal.habits.forbids) * sum(1 + one.jhana for one in world.people[4:5])
    assert world.writes() - before <= tried


def replayed(stub: ScimStub) -> None:
    """Answer every third create with the account that was created first, as a replaying cache."""
    first: list[Response] = []

    def fault(act: Act) -> Response:
        done = act()
        first.append(done)
        return first[0]

    for skip in range(3):
        stub.on("POST", "/Users", fault, skip=skip * 3)


@pytest.mark.parametrize(
    "world", [("replayed", True), ("replayed", False)], indirect=True, ids=["unique", "doubles"]
)
def test_a_201_that_is_somebody_elses(world: StubWorld, nursery: Nursery):
    """An answer that names another account renames nobody and gives nobody another's role."""
    replayed(world.portal)
    replayed(world.jhana)
    ended = nursery.run(world, [*upload_words(world), "--no-bulk"])
    assert_as_the_file_says(world, ended, "replayed")
    names = {fold(one.email): (one.first, one.last) for one in world.people}
    for proxy in world.proxies:
        for entry in proxy.ledger.entries:
            body = entry.request.json
            if entry.request.method == "PUT":
                name = body["name"]["givenName"], body["name"]["familyName"]
                assert names[fold(body["userName"])] == name
            for one in body.get("Operations", ()) if entry.request.method == "PATCH" else ():
                assert not str(one.get("path", "")).startswith("name."), "somebody was renamed"


def test_roles_that_are_declared_and_dropped(nursery: Nursery, tmp_path: Path):
    """A portal that drops roles: everybody is there and mailed, and every run says the same."""
    declared = frozenset({"userName", "name", "emails", "active", "roles", "entitlements"})
    choice = Random(f"{SEED}/dropped")
    rows = [someone(number, choice) for number in range(PEOPLE)]
    habits = Habits(schemas=declared, dropped=frozenset({"roles"}), counts=True)
    with stub_world(
        tmp_path / "world", rows, Weather(0, 0.0), (ScimStub(habits), ScimStub())
    ) as world:
        assert isinstance(world, StubWorld)
        for _ in range(3):
            ended = nursery.run(world, [*upload_words(world), "--stop-after", "50"])
            assert ended.code == ExitCode.FINDINGS, ended.err
        said = receipt_json(ended)
        assert said is not None
        assert all("role not kept" in one["but"] for one in said["people"])
        found = world.found()
        assert [found[one.email].mails for one in rows] == [1] * PEOPLE
        assert all(found[one.email].seat for one in rows)
        assert world.portal.store.seats["p26"] == set(world.portal.store.users)
        assert not world.created_twice()


def test_a_lost_create_where_nothing_of_ours_is_kept(nursery: Nursery, tmp_path: Path):
    """No key, no role, and the first answer lost: in doubt until the setting says what is dropped.

    Adopted instead, the first person's seat would not be counted, and she would never be mailed.
    """
    declared = frozenset(
        {"userName", "externalId", "name", "emails", "active", "roles", "entitlements"}
    )
    choice = Random(f"{SEED}/nothing kept")
    rows = [someone(number, choice) for number in range(PEOPLE)]
    habits = Habits(schemas=declared, dropped=frozenset({"roles", "externalId"}), counts=True)
    with stub_world(
        tmp_path / "world", rows, Weather(0, 0.0), (ScimStub(habits), ScimStub())
    ) as world:
        assert isinstance(world, StubWorld)
        world.environment["AAPIMPORT_SETTLE_SECONDS"] = SETTLE
        failpoint = {"kind": "response", "number": 0, "mode": "die before"}
        for number in range(1, 40):
            ended = nursery.run(
                world, upload_words(world), failpoint=failpoint | {"number": number}
            )
            if world.portal.store.users:
                break
        assert len(world.portal.store.users) >= 1
        resume = ["resume", *filter(None, [receipt_of(ended, "")]), "--json", "--yes"]
        ended = nursery.run(world, resume)
        assert ended.code in {ExitCode.SERVICE, ExitCode.FINDINGS}, ended.err
        assert "the setting not_kept" in ended.err + ended.out
        world.environment["AAPIMPORT_NOT_KEPT"] = "roles,externalId"
        ended = nursery.run(world, resume)
        said = receipt_json(ended)
        assert said is not None
        found = world.found()
        assert [found[one.email].mails for one in rows] == [1] * PEOPLE
        assert world.portal.store.seats["p26"] == set(world.portal.store.users)
        assert not world.created_twice()
        assert {one["portal"] for one in said["people"]} == {"created"}


def test_whoever_was_there_stays_as_they_were(world_with_others: StubWorld, nursery: Nursery):
    """Former members, other passes, other roles stay, and nobody is switched on unasked."""
    world = world_with_others
    others = dict(world.portal.store.users)
    ended = nursery.run(world, [*upload_words(world), "--returning", "leave-out"])
    assert ended.code in {ExitCode.OK, ExitCode.FINDINGS}, ended.err
    members = [one["value"] for one in world.portal.store.groups["team-1"]["members"]]
    assert set(others) <= set(members)
    assert len(members) == len(set(members))
    for identifier in others:
        user = world.portal.store.users[identifier]
        assert {"value": "p25", "type": "pass"} in user["entitlements"]
        assert {"value": "librarian"} in user["roles"]
    capital, left = world.portal.store.users["user-1"], world.portal.store.users["user-2"]
    assert capital["userName"] == "A0@ACME.COM"
    assert left["active"] is False
    assert [one["value"] for one in left["entitlements"]] == ["p25", "p26"]


@pytest.fixture(
    params=[
        "plain",
        "versions",
        "adding replaces",
        "adding replaces, reads lag",
        "groups forget their members",
    ]
)
def world_with_others(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StubWorld]:
    """Three people are in the first team already: one in capitals, one deactivated on the pass."""
    choice = Random(f"{SEED}/{request.param}")
    rows = [someone(number, choice) for number in range(PEOPLE)]
    portal, jhana = ScimStub(Habits(**BENT.get(request.param, {}))), ScimStub()
    p25, p26 = ({"value": one, "type": "pass"} for one in ("p25", "p26"))
    librarian = {"value": "librarian"}
    for email, first, last, passes, active in (
        (rows[0].email.upper(), rows[0].first, rows[0].last, [p25], True),
        (rows[1].email, rows[1].first, rows[1].last, [p25, p26], False),
        ("ruth.other@acme.com", "Ruth", "Other", [p25, p26], True),
    ):
        portal.add_user(email, first, last, active=active, entitlements=passes, roles=[librarian])
    with stub_world(tmp_path / "world", rows, Weather(0, 0.0), (portal, jhana)) as made:
        assert isinstance(made, StubWorld)
        made.environment["AAPIMPORT_SETTLE_SECONDS"] = SETTLE
        group = portal.store.groups["team-1"]
        group["members"] = [{"value": one} for one in portal.store.users]
        yield made
