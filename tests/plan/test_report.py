from typing import Any

from aapimport.plan.plan import Action, PlanOptions
from aapimport.plan.report import options_of, plan_report
from support.uploading import Uploading, person

ON_PASS: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}


def test_each_person_is_told_in_full(uploading: Uploading):
    """Action, from and to, what is kept, seat, team, Jhana, e-mail: as a script gets it."""
    uploading.portal.add_user("p3@acme.com", "Bo", "Li", roles=[{"value": "facilitator"}])
    uploading.rows = (
        person(2, team="sales", jhana=True),
        person(3, first_name="Bo", last_name="Li"),
    )
    new, old = plan_report(uploading.plan()).people
    assert (new.on_portal.action, new.seat, new.joins_team, new.email_kind) == (
        "create",
        True,
        True,
        "combined",
    )
    assert new.on_jhana is not None
    assert new.on_jhana.action == "create"
    assert old.on_portal.model_dump() == {
        "action": "change",
        "changes": [{"attribute": "pass", "before": "not on it", "after": "Leadership 2026"}],
        "kept": [{"attribute": "role", "before": "facilitator", "after": "manager"}],
        "not_sent": [],
        "account_name": "Bo Li",
    }
    assert (old.seat, old.joins_team, old.email_kind, old.on_jhana) == (True, False, None, None)


def test_the_totals_are_the_people(uploading: Uploading):
    """Totals can be checked against the list of people: each service adds up."""
    uploading.portal.add_user("bo.li@old.example", "Bo", "Li", **ON_PASS)
    uploading.options = PlanOptions(pass_name="p26")
    uploading.rows = (
        person(2, jhana=True),
        person(3, first_name="Bo", last_name="Li"),
        person(4, first_name="Cy", last_name="Ode", role="client admin"),
    )
    report = plan_report(uploading.plan())
    for action in Action:
        portal = sum(one.on_portal.action == action for one in report.people)
        jhana = sum(
            one.on_jhana is not None and one.on_jhana.action == action for one in report.people
        )
        assert getattr(report.portal, action) == portal
        assert getattr(report.jhana, action) == jhana
    assert (report.portal.create, report.portal.skip, report.client_admins) == (2, 1, 1)
    assert report.mails == sum(one.email_kind is not None for one in report.people) == 2
    maybe = report.people[1].maybe
    assert maybe is not None
    assert (maybe.email, maybe.where) == ("bo.li@old.example", "on the pass")


def test_a_plan_that_cannot_be_carried_out_says_why(uploading: Uploading):
    """The reasons are in the report; a plan that can be carried out has none."""
    assert plan_report(uploading.plan()).refused == []
    uploading.portal.add_user("boss@acme.com", "Li", "Wei")
    uploading.portal.store.passes["p26"]["seatsUsed"] = 100
    from aapimport.plan.decide import leave_out
    from aapimport.plan.make import draft_plan
    from support.uploading import checked, services

    with services(uploading.portal, uploading.jhana) as both:
        plan = leave_out(draft_plan(checked(uploading.rows), both, uploading.options))
    assert "has 0 free seats, this file needs 1" in plan_report(plan).refused[0]


def test_the_options_come_back(uploading: Uploading):
    """A written plan is made again with the decisions that it was made with."""
    uploading.options = PlanOptions(pass_name="p26", update_roles=True, max_seats=7, buffer=0.3)
    assert options_of(plan_report(uploading.plan())) == uploading.options
