from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.decide import ANOTHERS
from aapimport.plan.make import Memory, draft_plan
from aapimport.plan.plan import Action, Plan, PlanOptions
from aapimport.screens.returning import show_returning_person
from aapimport.template.roles import Role
from support.uploading import Uploading, checked, person, services

ON_PASS: dict[str, Any] = {"entitlements": [{"value": "p26", "type": "pass"}]}
BOB = person(3, email="bob@acme.com", first_name="Bob", last_name="Berg", role="client admin")


def drafted(uploading: Uploading, memory: Memory) -> Plan:
    """What an upload could do, with what earlier ones know."""
    with services(uploading.portal, uploading.jhana) as both:
        return draft_plan(checked(uploading.rows), both, uploading.options, memory)


@pytest.mark.parametrize("service", ["portal", "jhana"])
def test_a_role_that_the_portal_did_not_keep_is_still_owed(uploading: Uploading, service: str):
    """Whom we created and who has no role gets the row's; a client admin counts as one."""
    identifier = uploading.portal.add_user("bob@acme.com", "Bob", "Berg", **ON_PASS)
    uploading.rows = (BOB,)
    memory = Memory(not_kept={(service, identifier): "role not kept"})
    plan = drafted(uploading, memory)
    assert [it.attribute for it in plan.people[0].portal.changes] == ["role"] * (
        service == "portal"
    )
    assert len(plan.client_admins) == (service == "portal")


@pytest.mark.parametrize(("role", "lacking"), [("manager", "role not kept"), ("", "pass not kept")])
def test_a_role_that_somebody_gave_is_not_owed(uploading: Uploading, role: str, lacking: str):
    """Nor is one owed where it is something else that the account lacks."""
    roles = [{"value": role}] if role else []
    identifier = uploading.portal.add_user("bob@acme.com", "Bob", "Berg", roles=roles, **ON_PASS)
    uploading.rows = (BOB,)
    plan = drafted(uploading, Memory(not_kept={("portal", identifier): lacking}))
    assert plan.people[0].portal.changes == ()


def test_ones_own_role_is_never_owed(uploading: Uploading):
    """One's own role is left alone, whatever an upload created."""
    identifier = uploading.portal.add_user("bob@acme.com", "Bob", "Berg", **ON_PASS)
    uploading.rows = (BOB,)
    uploading.options = replace(uploading.options, administrator="bob@acme.com")
    plan = drafted(uploading, Memory(not_kept={("portal", identifier): "role not kept"}))
    assert plan.people[0].action is Action.SAME


@pytest.mark.parametrize(("shows", "joins"), [(False, [False, True]), (True, [True, True])])
def test_whom_we_put_into_a_team_is_remembered(
    uploading: Uploading, shows: bool, joins: list[bool]
):
    """Where members are never shown, nobody is put there again; else what is read counts."""
    uploading.portal.habits.shows_members = shows
    uploading.portal.add_team("Finance", 9, "p26")
    uploading.portal.store.groups["team-2"]["members"] = [{"value": "user-99"}]
    put_there = uploading.portal.add_user("ana@acme.com", **ON_PASS)
    uploading.portal.add_user("bob@acme.com", "Bob", "Berg", **ON_PASS)
    uploading.rows = (person(2, email="ana@acme.com", team="Sales"), replace(BOB, team="Sales"))
    known = {"team-1": frozenset({put_there})}
    memory = Memory(remembered=lambda group: known.get(group, frozenset()))
    assert [one.team is not None for one in drafted(uploading, memory).people] == joins


def test_an_account_is_switched_on_only_where_it_was_seen_off(uploading: Uploading):
    """Who is switched off after the plan was made stays so; on Jhana the row is the wish."""
    uploading.portal.add_user("p2@acme.com", **ON_PASS)
    uploading.portal.add_user("bob@acme.com", "Bob", "Berg", active=False, **ON_PASS)
    uploading.jhana.add_user("p2@acme.com", active=False)
    uploading.jhana.add_user("bob@acme.com", "Bob", "Berg")
    uploading.rows = (person(2, jhana=True), replace(BOB, jhana=True))
    ana, bob = drafted(uploading, Memory()).people
    assert (ana.portal.wanted.activate, bob.portal.wanted.activate) == (False, True)
    assert ana.jhana is not None
    assert bob.jhana is not None
    assert (ana.jhana.wanted.activate, bob.jhana.wanted.activate) == (True, False)


@pytest.mark.parametrize(
    ("held", "afterwards", "is_admin"),
    [
        ({"value": "ClientAdmin"}, "client admin", True),
        ({"value": "client-admin"}, "client admin", True),
        ({"value": "r17", "display": "Client Admin"}, "client admin", True),
        ({"value": "owner"}, "owner", True),
        ({"value": "r18", "display": "Owner"}, "Owner", True),
        ({"value": "HR Admin"}, "HR Admin", True),
        ({"value": "r19"}, "r19", True),
        ({"value": "facilitator", "display": "Super User"}, "facilitator", True),
        ({"value": "r20", "display": "Learner / Manager"}, "Learner / Manager", False),
        ({"value": "Individual Contributor"}, "individualcontributor", False),
        ({"value": "Facilitator / HR"}, "Facilitator / HR", False),
    ],
)
def test_rights_that_come_back_are_seen_in_every_spelling(
    uploading: Uploading, held: dict[str, str], afterwards: str, is_admin: bool
):
    """A deactivated account's role is asked about unless it is one of those without rights.

    It is client admin however it is spelt; one that nobody knows may give rights, and is shown as
    it is. A value that means nothing by itself is read by its `display`.
    """
    uploading.portal.add_user("bob@acme.com", "Bob", "Berg", active=False, roles=[held], **ON_PASS)
    uploading.rows = (replace(BOB, role=Role.MANAGER),)
    plan = drafted(uploading, Memory())
    (bob,) = plan.returning
    assert bob.role_afterwards == afterwards
    assert bool(plan.client_admins) == is_admin
    assert show_returning_person(bob).endswith(f"({afterwards})")


NAMED = [
    ("Zed", "Nobody", True),
    ("Bobby", "Nobody", True),
    ("Berta", "Berg", True),  # a relative at the same address
    ("", "Nobody", True),
    ("bob", "BERG", False),
    ("Berg", "Bob", False),
    ("B.", "Berg", False),
    ("Bob Karl", "Berg", False),
    ("Bob", "", False),
    ("", "", False),
]


@pytest.mark.parametrize(("first", "last", "is_anothers"), NAMED)
@pytest.mark.parametrize("returns", [True, False])
def test_rights_go_to_nobody_else(
    uploading: Uploading, first: str, last: str, is_anothers: bool, returns: bool
):
    """An account with somebody else's name gets no rights, and gets none back, without a person.

    An initial, another order or a second name is no other human; nor is no name at all.
    """
    roles = [{"value": "client admin" if returns else "manager"}]
    uploading.portal.add_user(BOB.email, first, last, active=not returns, roles=roles, **ON_PASS)
    uploading.rows = (BOB,)
    uploading.options = PlanOptions(pass_name="p26", returning="include", update_roles=not returns)
    plan = uploading.plan()
    (bob,) = plan.people
    assert (bob.skipped == ANOTHERS) == is_anothers
    assert len(plan.client_admins) == (not is_anothers)


def test_whoever_gets_no_rights_is_not_held_up_by_a_name(uploading: Uploading):
    """Somebody who has married keeps what they have; only the screens say both names."""
    uploading.portal.add_user(BOB.email, "Bob", "Nobody", roles=[{"value": "manager"}])
    uploading.rows = (replace(BOB, role=Role.MANAGER),)
    (bob,) = uploading.plan().people
    assert (bob.skipped, bob.seat, bob.account_name) == ("", True, "Bob Nobody")


def test_a_role_beside_the_four_gives_its_rights_back_whatever_the_row_says(uploading: Uploading):
    """The row's role replaces one of the four, and `HR Admin` stays."""
    held = [{"value": "manager"}, {"value": "HR Admin"}]
    uploading.portal.add_user(BOB.email, "Bob", "Berg", active=False, roles=held, **ON_PASS)
    uploading.rows = (replace(BOB, role=Role.FACILITATOR),)
    for roles in (False, True):
        uploading.options = PlanOptions(pass_name="p26", returning="include", update_roles=roles)
        assert len(uploading.plan().client_admins) == 1
