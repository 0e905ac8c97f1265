from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import RefusedError
from aapimport.plan.decide import MAYBE, NO_SEAT, RETURNS, decide, impossible, leave_out
from aapimport.plan.plan import Action, PersonPlan, Plan, PlanOptions, Step
from aapimport.services.values import Change, EmailKind, Pass, Team, Wanted
from aapimport.twins.same_human import Kind, Known, Twin
from support.uploading import person

OPTIONS = PlanOptions(pass_name="Leadership 2026")
SALES = Team(id="t1", name="Sales", pass_id="p26", places=5, places_used=3)
TWIN = Twin(0, Known("ana@old.com", "Ana", "Perez", "on the pass"), Kind.OTHER_DOMAIN)


def newcomer(row: int, **more: Any) -> PersonPlan:
    """Somebody who is created, with a seat and an e-mail."""
    values: dict[str, Any] = {"seat": True, "email": EmailKind.PORTAL} | more
    one = person(row)
    wanted = Wanted(email=one.email, first_name="Ana", last_name="Perez", role="manager")
    return PersonPlan(person=one, portal=Step(action=Action.CREATE, wanted=wanted), **values)


def plan_of(*people: PersonPlan, free: int | None = 100, **options: Any) -> Plan:
    """A plan for a pass with free seats; None for a portal that doesn't publish them."""
    seats = None if free is None else 100
    used = None if free is None else 100 - free
    return Plan(
        receipt="7K3QX9",
        file="people.xlsx",
        file_digest="d",
        sheet="Users",
        target="live",
        address="a b",
        pass_=Pass(id="p26", name="Leadership 2026", seats=seats, seats_used=used),
        teams=(SALES,),
        options=replace(OPTIONS, **options),
        people=people,
    )


def left_out(plan: Plan) -> dict[int, str]:
    """Who is left out, and why."""
    return {one.person.row: one.skipped for one in plan.people if one.skipped}


def test_a_plan_that_fits_is_left_as_it_is():
    """With room for everybody, nothing changes, down to the last seat."""
    plan = plan_of(newcomer(2), newcomer(3), free=2)
    assert decide(plan) == plan


def test_too_few_seats_refuse_everybody_and_say_who():
    """One seat too few refuses the plan as a whole, with the rows beyond the last seat."""
    plan = plan_of(*(newcomer(row) for row in range(2, 7)), free=3)
    with pytest.raises(RefusedError) as caught:
        decide(plan)
    assert "pass 'Leadership 2026' has 3 free seats, this file needs 5" in caught.value.message
    assert "no seat for rows 5, 6\n  row 5  p5@acme.com\n  row 6" in caught.value.message
    assert "--fit" in caught.value.hint


def test_too_few_places_refuse_everybody_and_say_who():
    """A team that is too small refuses the plan, also where the pass has seats enough."""
    plan = plan_of(*(newcomer(row, team=SALES) for row in range(2, 5)), newcomer(5))
    with pytest.raises(RefusedError, match="team 'Sales' has 2 free places, this file needs 3"):
        decide(plan)


def test_every_reason_is_said_at_once():
    """Seats, places and the limit in one refusal: nobody corrects one thing at a time."""
    plan = plan_of(*(newcomer(row, team=SALES) for row in range(2, 6)), free=1, max_seats=2)
    assert [reason.split()[0] for reason in impossible(plan)] == ["pass", "team", "this"]


def test_many_who_do_not_fit_are_named_ten_at_a_time():
    """A refusal of hundreds stays a screen: ten by name, the others counted."""
    (reason,) = impossible(plan_of(*(newcomer(row) for row in range(2, 32)), free=0))
    assert reason.count("@acme.com") == 10
    assert reason.endswith("and 20 more")


@pytest.mark.parametrize("free", [None, 2])
def test_seats_that_are_not_published_refuse_nobody(free: int | None):
    """What isn't known can't be too little, and --fit leaves nobody out for it."""
    plan = decide(plan_of(newcomer(2), newcomer(3), free=free, fit=True))
    assert left_out(plan) == {}


def test_fit_takes_the_first_that_fit_in_the_files_order():
    """Seats and places go to the first rows; who needs none is kept wherever they stand."""
    there = replace(newcomer(7), portal=Step(action=Action.SAME, wanted=newcomer(7).portal.wanted))
    plan = plan_of(
        newcomer(2, team=SALES),
        newcomer(3, team=SALES),
        newcomer(4, team=SALES),
        newcomer(5),
        newcomer(6),
        replace(there, seat=False, email=None),
        free=3,
        fit=True,
    )
    decided = decide(plan)
    assert left_out(decided) == {4: "no place left in team Sales", 6: NO_SEAT}
    assert decided.seats == 3
    assert decided.mails == 3
    assert [one.team is not None for one in decided.people[:3]] == [True, True, False]


def test_fit_is_only_done_when_asked_for():
    """Without --fit, too few seats leave nobody out: the plan is refused instead."""
    plan = plan_of(newcomer(2), newcomer(3), free=1)
    assert left_out(leave_out(plan)) == {}
    assert impossible(leave_out(plan))


def test_max_seats_is_a_limit():
    """As many seats as the limit are fine, one more is refused."""
    two = (newcomer(2), newcomer(3))
    assert decide(plan_of(*two, max_seats=2)).seats == 2
    with pytest.raises(RefusedError, match="uses 2 seats, more than --max-seats 1 allows"):
        decide(plan_of(*two, max_seats=1))
    with pytest.raises(RefusedError, match="uses 1 seat, more than --max-seats 0 allows"):
        decide(plan_of(newcomer(2), max_seats=0))


def test_possible_twins_are_left_out_unless_somebody_says_otherwise():
    """Nobody who may be there already is created on a guess."""
    plan = plan_of(newcomer(2, twin=TWIN), newcomer(3, twin=TWIN), newcomer(4))
    assert left_out(decide(plan)) == {2: MAYBE, 3: MAYBE}
    assert left_out(decide(plan, {3})) == {2: MAYBE}
    assert left_out(decide(replace(plan, options=replace(OPTIONS, maybe="create")))) == {}
    assert decide(plan).seats == decide(plan).mails == 1


def test_people_who_return_are_left_out_unless_somebody_says_otherwise():
    """Nobody is switched on again without a word: all by the options, or single rows."""
    step = Step(
        action=Action.CHANGE,
        wanted=newcomer(2).portal.wanted,
        changes=(Change("account", "deactivated", "active"),),
    )
    plan = plan_of(*(replace(newcomer(row), portal=step) for row in (2, 3)), newcomer(4))
    assert [one.person.row for one in plan.returning] == [2, 3]
    assert left_out(decide(plan)) == {2: RETURNS, 3: RETURNS}
    assert left_out(decide(plan, None, {3})) == {2: RETURNS}
    included = decide(replace(plan, options=replace(OPTIONS, returning="include")))
    assert left_out(included) == {}
    assert len(included.returning) == 2


def test_twins_who_are_left_out_take_no_seat_from_others():
    """Room is counted after the possible twins are gone."""
    plan = plan_of(newcomer(2, twin=TWIN), newcomer(3), free=1)
    assert left_out(decide(plan)) == {2: MAYBE}


@pytest.mark.parametrize(
    ("attributes", "kept", "role", "makes"),
    [
        (["role"], [], "client admin", True),
        (["pass"], [], "client admin", False),
        (["account"], [], "client admin", True),
        (["account", "pass"], [("client admin", "manager")], "manager", True),
        (["account"], [("manager", "client admin")], "client admin", False),
        (["role"], [], "manager", False),
    ],
)
def test_who_becomes_client_admin(attributes, kept, role, makes):
    """New rights count, also those that come back when a deactivated admin is switched on."""
    step = Step(
        action=Action.CHANGE,
        wanted=newcomer(2).portal.wanted,
        changes=tuple(Change(name, "x", "y") for name in attributes),
        kept=tuple(Change("role", before, after) for before, after in kept),
    )
    one = PersonPlan(person=person(2, role=role), portal=step)
    assert one.makes_client_admin is makes
    assert not one.skip(MAYBE).makes_client_admin
