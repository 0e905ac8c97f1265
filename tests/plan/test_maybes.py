from dataclasses import replace
from typing import Any

import pytest

from aapimport.plan.decide import MAYBE
from aapimport.plan.plan import Action, PersonPlan
from aapimport.twins.same_human import Kind
from support.uploading import Uploading, person

DESK = [{"value": "ana@acme.com", "primary": True}, {"value": "Desk@acme.com"}]
BOB = person(2, email="desk@acme.com", first_name="Bob", last_name="Berg", role="client admin")


def planned(uploading: Uploading) -> PersonPlan:
    """What happens to the one row."""
    (one,) = uploading.plan().people
    return one


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({}, "on the portal"),
        ({"entitlements": [{"value": "p26", "type": "pass"}]}, "on the pass"),
        ({"active": False}, "on the portal, deactivated"),
    ],
)
def test_an_address_among_others_is_evidence(
    uploading: Uploading, more: dict[str, Any], where: str
):
    """Ana's second address is Bob's row: he is shown beside her, and left out by default."""
    uploading.portal.add_user("ana@acme.com", "Ana", "Perez", emails=DESK, **more)
    uploading.rows = (BOB,)
    uploading.options = replace(uploading.options, maybe="leave-out", update_roles=True)
    one = planned(uploading)
    assert one.twin is not None
    assert (one.twin.kind, one.twin.other.email) == (Kind.SECOND_ADDRESS, "ana@acme.com")
    assert one.twin.other.where == where
    assert (one.skipped, one.seat, one.email, one.portal.account_id) == (MAYBE, False, None, "")


def test_who_is_created_all_the_same_gets_an_account_of_their_own(uploading: Uploading):
    """The account found is given nothing, whatever was decided."""
    uploading.portal.add_user("ana@acme.com", "Ana", "Perez", emails=DESK)
    uploading.rows = (BOB,)
    one = planned(uploading)
    assert (one.action, one.portal.account_id) == (Action.CREATE, "")


def test_an_address_among_others_on_jhana_is_evidence_too(uploading: Uploading):
    """Whoever is on the portal already isn't given somebody else's Jhana."""
    uploading.portal.add_user("desk@acme.com", "Bob", "Berg")
    uploading.jhana.add_user("ana@acme.com", "Ana", "Perez", emails=DESK)
    uploading.rows = (replace(BOB, jhana=True),)
    one = planned(uploading)
    assert one.twin is not None
    assert (one.twin.kind, one.twin.other.where) == (Kind.SECOND_ADDRESS, "on Jhana")
    uploading.rows = (BOB,)
    assert planned(uploading).twin is None


def test_evidence_outweighs_a_likeness_of_names(uploading: Uploading):
    """Of two people whom a row may be, the one with its address is shown."""
    on_pass = [{"value": "p26", "type": "pass"}]
    uploading.portal.add_user("bob.berg@old.example", "Bob", "Berg", entitlements=on_pass)
    uploading.rows = (BOB,)
    one = planned(uploading)
    assert one.twin is not None
    assert one.twin.kind is Kind.SAME_NAME
    uploading.portal.add_user("ana@acme.com", "Ana", "Perez", emails=DESK)
    one = planned(uploading)
    assert one.twin is not None
    assert one.twin.other.email == "ana@acme.com"
