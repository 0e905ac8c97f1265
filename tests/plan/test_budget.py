from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.budget import Budget
from aapimport.plan.plan import Action, PlanOptions
from support.stub import EXTENSION
from support.uploading import Uploading, person

ON_PASS: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
LAST_YEAR: dict[str, Any] = {"entitlements": [{"value": "p25", "type": "pass"}]}


def budget(capacity: int | None, used: int | None, takes: int, buffer: int = 10) -> Budget:
    """What an upload takes of a pass."""
    return Budget(name="P", kind="pass", capacity=capacity, used=used, takes=takes, buffer=buffer)


@pytest.mark.parametrize(
    ("used", "takes", "eats"),
    [(80, 10, False), (80, 11, True), (95, 1, True), (95, 0, False), (95, 6, False)],
)
def test_the_buffer_is_warned_about_once_it_is_touched(used: int, takes: int, eats: bool):
    """A warning when this upload leaves less than the buffer; none when it takes nothing."""
    assert budget(100, used, takes).eats_buffer is eats


def test_what_is_not_published_is_not_made_up():
    """Without a capacity, nothing is free, left or eaten."""
    unknown = budget(None, None, 5)
    assert (unknown.free_before, unknown.free_after, unknown.eats_buffer) == (None, None, False)


def test_only_people_new_to_the_pass_cost_a_seat(uploading: Uploading):
    """Who is on it, also deactivated, costs none; last year's people and newcomers cost one."""
    portal = uploading.portal
    portal.add_user("p2@acme.com", **ON_PASS)
    portal.add_user("p3@acme.com", **(ON_PASS | {"active": False}))
    portal.add_user("p4@acme.com", **LAST_YEAR)
    uploading.rows = tuple(
        person(row, first_name=name) for row, name in zip((2, 3, 4, 5), "ABCD", strict=True)
    )
    uploading.options = replace(uploading.options, returning="include")
    plan = uploading.plan()
    assert [one.seat for one in plan.people] == [False, False, True, True]
    assert [one.reactivates for one in plan.people] == [False, True, False, False]
    assert plan.seats == plan.budgets[0].takes == 2
    assert plan.mails == 1


def test_each_budget_says_what_is_taken_and_left(uploading: Uploading):
    """The pass, each team that somebody joins, and Jhana, which publishes no limit."""
    uploading.portal.add_user("boss@acme.com", "Li", "Wei")
    uploading.portal.store.passes["p26"]["seatsUsed"] = 40
    uploading.portal.add_team("Nobody joins", 10, "p26")
    uploading.rows = (
        person(2, team="Sales", jhana=True),
        person(3, first_name="Bo", last_name="Li", team="sales"),
        person(4, first_name="Cy", last_name="Ode", jhana=True),
    )
    plan = uploading.plan()
    assert [
        (one.kind, one.name, one.capacity, one.used, one.takes, one.free_after)
        for one in plan.budgets
    ] == [
        ("pass", "Leadership 2026", 100, 40, 3, 57),
        ("team", "Sales", 50, 0, 2, 48),
        ("jhana", "Jhana", None, None, 2, None),
    ]


def test_members_of_a_team_take_no_place(uploading: Uploading):
    """Who is in the team already isn't counted, and nothing happens to them."""
    member = uploading.portal.add_user(
        "p2@acme.com", **ON_PASS, roles=[{"value": "manager", "primary": True}]
    )
    uploading.portal.store.groups["team-1"]["members"] = [{"value": member}]
    uploading.portal.store.groups["team-1"][f"{EXTENSION}:Group"]["placesUsed"] = 50
    uploading.rows = (person(2, team="Sales"),)
    plan = uploading.plan()
    assert [one.kind for one in plan.budgets] == ["pass"]
    assert plan.people[0].action is Action.SAME


def test_two_teams_of_two_passes_may_have_one_name(uploading: Uploading):
    """Only this pass's team counts, and its own places."""
    uploading.portal.add_team("Sales", 1, "p25")
    uploading.rows = (person(2, team="Sales"), person(3, first_name="Bo", team="Sales"))
    plan = uploading.plan()
    assert [one.id for one in plan.teams] == ["team-1"]
    assert plan.budgets[1].takes == 2


def test_a_portal_that_publishes_no_seats_says_so(uploading: Uploading):
    """The plan goes on without numbers, and its notice says that nothing could be checked."""
    uploading.portal.habits.passes = False
    plan = uploading.plan()
    assert plan.budgets[0].free_before is None
    assert plan.budgets[0].takes == 1
    assert any("does not publish its seats" in notice for notice in plan.notices)


def test_the_buffer_is_a_setting(uploading: Uploading):
    """The part of the seats that should stay free comes from the options."""
    uploading.options = PlanOptions(pass_name="p26", buffer=0.25)
    assert uploading.plan().budgets[0].buffer == 25
