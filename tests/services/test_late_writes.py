"""A write that replaces, whose answer was lost, is carried out late: nothing is undone by it."""

import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.make import Services
from aapimport.services.making import make_so
from aapimport.services.outcomes import Verdict
from aapimport.services.values import Wanted
from support.stub import ScimStub
from support.wire import Act, Response, as_json, error, instead

SETTLE = 1.5
LATE = 0.4
P25 = {"value": "p25", "display": "Leadership 2025", "type": "pass"}
ANA = Wanted(email="ana@acme.com", first_name="Ana", last_name="Perez", pass_id="p26")


@pytest.fixture
def late(portal_stub: ScimStub, both: Services) -> None:
    """A portal whose `add` replaces; its first PATCH is answered by 504 and carried out later."""
    portal_stub.habits.replaces_on_add = portal_stub.habits.replaces_members = True
    both.portal.patience.settle_seconds = SETTLE

    def fault(act: Act) -> Response:
        threading.Timer(LATE, act).start()
        return error(504, "gateway time-out")

    portal_stub.on("PATCH", "/(Users|Groups)/.*", fault)


@pytest.fixture
def team(portal_stub: ScimStub) -> str:
    """A team with three members."""
    identifier = portal_stub.add_team("Sales", 99)
    former = [portal_stub.add_user(f"old{one}@acme.com") for one in range(3)]
    portal_stub.store.groups[identifier]["members"] = [{"value": one} for one in former]
    return identifier


def sent(stub: ScimStub) -> list[tuple[str, int]]:
    """The operation of each PATCH, and how many values it has."""
    operations = (one.json["Operations"][0] for one in stub.writes)
    return [(one["op"], len(one["value"])) for one in operations]


def inside(stub: ScimStub, team: str) -> int:
    """How many are in a team."""
    return len(stub.store.groups[team]["members"])


@pytest.mark.usefixtures("late")
def test_a_lost_add_to_a_team_is_not_repeated_before_it_can_not_come_any_more(
    portal_stub, both: Services, team
):
    """It is looked for; what it took away is put back once it shows."""
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(4)}
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert sent(portal_stub) == [
        ("add", 1),
        ("replace", 4),
        ("add", 1),
        ("replace", 5),
        ("replace", 7),
    ]
    assert inside(portal_stub, team) == 7
    assert both.portal.adds_to_teams.kept == {}


@pytest.mark.usefixtures("late")
def test_a_lost_whole_list_is_not_repeated_before_it_can_not_come_any_more(
    portal_stub, both: Services, team
):
    """Who was in the team is durable before it leaves, until an answer says what became of it."""
    saved: list[str] = []
    both.portal.adds_to_teams.recall(False, "", lambda _appends, kept: saved.append(kept))
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(2)}
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert sent(portal_stub) == [("replace", 5)]
    assert inside(portal_stub, team) == 5
    assert "p1@acme.com" in saved[0]
    assert saved[-1] == ""


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("appends", [None, False])
def test_a_lost_change_of_an_account_is_not_repeated_before_it_can_not_come_any_more(
    portal_stub, both: Services, appends
):
    """Neither an `add` nor a whole array; what an `add` took away is given back, and said."""
    if appends is False:
        both.portal.adds_to_people.learn(appends=False)
    own_id = portal_stub.add_user("ana@acme.com", "Ana", "Perez", entitlements=[P25])
    outcome = make_so(both.portal, own_id, ANA)
    assert outcome.verdict is Verdict.DONE
    expected = [("replace", 2)] if appends is False else [("add", 1), ("replace", 2)]
    assert sent(portal_stub) == expected
    assert ("was given back" in outcome.reason) == (appends is None)
    held = portal_stub.store.users[own_id]["entitlements"]
    assert {one["value"] for one in held} == {"p25", "p26"}
    assert both.portal.adds_to_people.kept == {}


@pytest.mark.usefixtures("late")
def test_where_add_is_known_to_append_nobody_waits(portal_stub, both: Services, team):
    """A repeat does no harm there, whatever comes late."""
    portal_stub.habits.replaces_members = False
    both.portal.adds_to_teams.learn(appends=True)
    ana = portal_stub.add_user("ana@acme.com")
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert sent(portal_stub) == [("add", 1)] * 2


def test_a_lost_write_is_not_repeated_when_the_run_stops(portal_stub, both: Services, team):
    """What was there stays kept: the next session looks again."""
    both.portal.patience.settle_seconds = 60.0
    stops: Any = both.portal.patience
    stops._sleep = lambda _seconds: True
    portal_stub.on("PATCH", "/Groups/.*", instead(error(504)), times=9)
    ana = portal_stub.add_user("ana@acme.com")
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.UNKNOWN
    assert sent(portal_stub) == [("add", 1)]
    assert both.portal.adds_to_teams.kept.keys() == {team}


@pytest.mark.usefixtures("late")
def test_a_version_guards_a_team_only_where_etags_are_announced(portal_stub, both: Services, team):
    """Many portals show a version and don't heed If-Match."""
    both.portal.adds_to_teams.learn(appends=False)
    portal_stub.store.groups[team]["meta"] = {"version": 'W/"7"'}
    ana = portal_stub.add_user("ana@acme.com")
    outcomes = both.portal.add_members(team, {ana: "ana@acme.com"})
    assert outcomes[ana].verdict is Verdict.DONE
    assert sent(portal_stub) == [("replace", 4)]


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("shows", [True, False])
def test_a_lost_add_to_an_empty_team_is_not_repeated_before_it_shows(
    portal_stub, both: Services, *, shows
):
    """Whoever came after it would be gone; also where `members` is left out of an empty team."""
    saved: list[str] = []
    both.portal.adds_to_teams.recall(None, "", lambda _appends, kept: saved.append(kept))
    team = portal_stub.add_team("Sales", 99)

    def without_a_blank(act: Act) -> Response:
        shown = json.loads(act().body)
        return as_json(200, {name: it for name, it in shown.items() if it or name != "members"})

    if not shows:
        portal_stub.on("GET", "/Groups/.*", without_a_blank, times=99)
    people = {portal_stub.add_user(f"p{one}@acme.com"): f"p{one}@acme.com" for one in range(3)}
    outcomes = both.portal.add_members(team, people)
    assert {one.verdict for one in outcomes.values()} == {Verdict.DONE}
    assert sent(portal_stub) == [("add", 3)]
    assert "p1@acme.com" in saved[0]
    assert saved[-1] == ""


def test_one_settle_time_is_waited_for_lost_writes_and_not_one_a_team(portal_stub, both: Services):
    """What didn't show is unknown and not repeated; nothing more is sent to that team."""
    both.portal.patience.settle_seconds = SETTLE
    both.portal.adds_to_teams.learn(appends=False)
    portal_stub.on("PATCH", "/Groups/.*", instead(error(504)), times=99)
    began = time.monotonic()
    for name in ("Sales", "Ops", "Care"):
        team = portal_stub.add_team(name, 99)
        portal_stub.store.groups[team]["members"] = [
            {"value": portal_stub.add_user(f"{name}@a.com")}
        ]
        for one in range(2):
            own_id = portal_stub.add_user(f"{name}{one}@acme.com")
            outcomes = both.portal.add_members(team, {own_id: f"{name}{one}@acme.com"})
            assert outcomes[own_id].verdict is Verdict.UNKNOWN
    assert len(portal_stub.writes) == 3
    assert time.monotonic() - began < 3 * SETTLE  # what one a person would take


def test_one_settle_time_is_waited_for_lost_writes_and_not_one_a_person(
    portal_stub, both: Services
):
    """An account whose write didn't show isn't written to again in that session."""
    both.portal.patience.settle_seconds = SETTLE
    portal_stub.on("PATCH", "/Users/.*", instead(error(504)), times=99)
    began = time.monotonic()
    for name in ("ana", "bo", "cy"):
        own_id = portal_stub.add_user(f"{name}@acme.com", "Ana", "Perez", entitlements=[P25])
        for _ in range(2):
            outcome = make_so(both.portal, own_id, replace(ANA, email=f"{name}@acme.com"))
            assert outcome.verdict is Verdict.UNKNOWN
    assert len(portal_stub.writes) == 3
    assert time.monotonic() - began < 3 * SETTLE  # what one a person would take
