from typing import Any

import pytest

from aapimport.plan.make import NO_MEMORY
from aapimport.plan.plan import Plan, PlanOptions
from aapimport.plan.refresh import differs, refreshed
from support.uploading import Uploading, checked, person, services

ON_PASS: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
MANAGER: dict[str, Any] = {"roles": [{"value": "manager"}]}
ANA = person(2, email="ana@acme.com", team="Sales", jhana=True)
BO = person(3, email="bo@acme.com", first_name="Bo", last_name="Quist", role="client admin")


@pytest.fixture
def approved(uploading: Uploading) -> Plan:
    """A plan that creates two people, one of them client admin, where a third is."""
    uploading.portal.add_user("cy@acme.com", "Cy", "Ode", **ON_PASS)
    uploading.rows = (ANA, BO)
    uploading.options = PlanOptions(pass_name="p26")
    return uploading.plan()


def now(uploading: Uploading, approved: Plan) -> list[str]:
    """What would happen now and wasn't approved."""
    with services(uploading.portal, uploading.jhana) as both:
        again = refreshed(approved, checked(uploading.rows), both, NO_MEMORY)
    assert again.receipt == approved.receipt
    assert again.taken_at >= approved.taken_at
    return differs(approved, again)


def test_nothing_is_different_when_nothing_happened(uploading: Uploading, approved: Plan):
    """Not even where somebody else used seats and the rest suffices."""
    assert now(uploading, approved) == []
    uploading.portal.store.passes["p26"]["seatsUsed"] = 97
    assert now(uploading, approved) == []


def test_seats_that_no_longer_suffice_are_said(uploading: Uploading, approved: Plan):
    """With who would not fit."""
    uploading.portal.store.passes["p26"]["seatsUsed"] = 98
    (said,) = now(uploading, approved)
    assert "has 1 free seat, this file needs 2; no seat for row 3" in said


def test_a_colleague_who_uploaded_meanwhile_is_noticed(uploading: Uploading, approved: Plan):
    """Seats, places and client admins, then each person, and what to be created is there."""
    identifier = uploading.portal.add_user("ana@acme.com", **ON_PASS, **MANAGER)
    uploading.portal.store.groups["team-1"]["members"] = [{"value": identifier}]
    uploading.portal.add_user("Bo@acme.com", "Bo", "Quist", **ON_PASS, **MANAGER)
    said = now(uploading, approved)
    assert said[:3] == [
        "0 seats of pass 'Leadership 2026' would be used, not 2 as approved",
        "0 places of team 'Sales' would be used, not 1 as approved",
        "0 people would become client admin, not 1 as approved",
    ]
    assert "row 3 (bo@acme.com): was 'create' on the portal, is 'same'" in said


def test_an_account_that_is_another_one_is_noticed(uploading: Uploading):
    """The same step on somebody else's account isn't what was approved."""
    first = uploading.portal.add_user("bo@acme.com", "Bo", "Quist", **MANAGER)
    uploading.rows = (BO,)
    approved = uploading.plan()
    del uploading.portal.store.users[first]
    uploading.portal.add_user("bo@acme.com", "Bo", "Quist", **MANAGER)
    assert now(uploading, approved) == ["row 3 (bo@acme.com): is another account on the portal"]


def test_decisions_about_single_people_hold(uploading: Uploading):
    """Who was left out stays left out, who was included stays included; nobody new is."""
    uploading.portal.add_user("ana@acme.com", active=False, **ON_PASS, **MANAGER)
    uploading.rows = (ANA,)
    for returning in ("include", "leave-out"):
        uploading.options = PlanOptions(pass_name="p26", returning=returning)
        approved = uploading.plan()
        assert bool(approved.people[0].skipped) is (returning == "leave-out")
        assert now(uploading, approved) == []


def test_who_was_switched_off_meanwhile_is_not_included(uploading: Uploading):
    """Only those who were seen deactivated were approved to return."""
    identifier = uploading.portal.add_user("ana@acme.com", **ON_PASS, **MANAGER)
    uploading.rows = (ANA,)
    uploading.options = PlanOptions(pass_name="p26", returning="include")
    approved = uploading.plan()
    uploading.portal.store.users[identifier]["active"] = False
    assert "row 2 (ana@acme.com): was 'change' on the portal, is 'skip'" in now(uploading, approved)


def test_an_account_that_has_another_name_by_now_is_said(uploading: Uploading):
    """Whose account it is was on the screen that was approved, and is part of it."""
    held = {**ON_PASS, "roles": [{"value": "manager"}]}
    bo = uploading.portal.add_user(BO.email, "Bo", "Quist", **held)
    uploading.rows = (BO,)
    uploading.options = PlanOptions(pass_name="p26", update_roles=True)
    approved = uploading.plan()
    assert len(approved.client_admins) == 1
    uploading.portal.store.users[bo]["name"] = {"givenName": "B", "familyName": "Quist"}
    said = now(uploading, approved)
    assert said == ["row 3 (bo@acme.com): the account on the portal was 'Bo Quist', is 'B Quist'"]
    uploading.portal.store.users[bo]["name"] = {"givenName": "Zed", "familyName": "Nobody"}
    said = now(uploading, approved)
    assert "0 people would become client admin, not 1 as approved" in said
