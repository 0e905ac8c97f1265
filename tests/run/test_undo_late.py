"""An undo of what a portal has accepted and shown only after the settle time."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.since import Standing, read_back
from aapimport.template.roles import Role
from support.undoing import begun, go_on
from support.uploading import Uploading, person, services

_SHOWN = {
    "role": lambda user: [one["value"] for one in user["roles"]] == ["facilitator"],
    "activation": lambda user: user["active"],
    "pass": lambda user: bool(user.get("entitlements")),
    "names": lambda user: user["name"]["givenName"] == "Ana",
}
_ON_PASS = [{"value": "p26", "type": "pass"}]


def late(uploading: Uploading, what: str) -> tuple[str, dict[str, Any]]:
    """An upload that changes one thing of an account, which shows only after the receipt."""
    before: dict[str, Any] = {
        "active": what != "activation",
        "roles": [{"value": "manager", "primary": True}],
        "entitlements": [] if what == "pass" else _ON_PASS,
    }
    portal = uploading.portal
    first = "Anna" if what == "names" else "Ana"
    before["displayName"] = f"{first} Perez"
    own = portal.add_user("p2@acme.com", first, "Perez", **before)
    role = Role.FACILITATOR if what == "role" else Role.MANAGER
    uploading.rows = (person(2, role=role),)
    uploading.emails = False
    uploading.options = replace(
        uploading.options, update_roles=True, update_names=True, returning="include"
    )
    portal.habits.lag = 3600.0
    report = uploading.run()
    (one,) = report.people
    assert (one.portal, one.but) == ("same", f"All Access Pass: {what} not kept")
    portal.habits.lag = 0.0
    assert _SHOWN[what](portal.store.users[own])
    return report.receipt, portal.store.users[own]


def stands(uploading: Uploading, receipt: str) -> Standing:
    """How the person stands, beside how the upload left them."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        (one,) = read_back(left_by(journal, journal.run(receipt)), both)
        return one.standing


@pytest.mark.parametrize("what", _SHOWN)
def test_what_was_accepted_is_taken_back_once_it_shows(uploading: Uploading, what: str) -> None:
    """A 2xx is an effect, whatever the receipt could see of it; a second undo does nothing."""
    receipt, user = late(uploading, what)
    assert stands(uploading, receipt) is Standing.SAME
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.taken_back + report.half, report.exit_code) == (1, 0)
    assert not _SHOWN[what](user)
    sent = len(uploading.portal.writes)
    assert go_on(uploading, begun(uploading, receipt)).effects == []
    assert len(uploading.portal.writes) == sent


@pytest.mark.parametrize("what", _SHOWN)
@pytest.mark.parametrize("purged", [False, True])
def test_what_never_shows_is_as_before(uploading: Uploading, what: str, *, purged: bool) -> None:
    """It is said, nothing is written, and nothing is left to do."""
    receipt, user = late(uploading, what)
    shown: dict[str, dict[str, Any]] = {
        "role": {"roles": [{"value": "manager", "primary": True}]},
        "activation": {"active": False},
        "pass": {"entitlements": []},
        "names": {
            "name": {"givenName": "Anna", "familyName": "Perez"},
            "displayName": "Anna Perez",
        },
    }
    user |= shown[what]
    if purged:
        with Journal(uploading.journal_path) as journal:
            journal.purge(10.0**11)
    sent = len(uploading.portal.writes)
    assert stands(uploading, receipt) is Standing.SAME
    report = go_on(uploading, begun(uploading, receipt))
    (one,) = report.effects
    assert (one.result, report.exit_code) == ("nothing left", 0)
    assert one.reason.startswith(f"{what} as before")
    assert len(uploading.portal.writes) == sent


@pytest.mark.parametrize(
    ("what", "since"),
    [
        ("role", {"roles": [{"value": "client admin", "primary": True}]}),
        ("names", {"name": {"givenName": "Nora", "familyName": "New"}}),
    ],
)
def test_what_somebody_has_changed_since_is_named(
    uploading: Uploading, what: str, since: dict[str, Any]
) -> None:
    """Neither what the file asks nor what was there before: it is somebody else's."""
    receipt, user = late(uploading, what)
    user |= since
    sent = len(uploading.portal.writes)
    assert stands(uploading, receipt) is Standing.CHANGED
    report = go_on(uploading, begun(uploading, receipt))
    (one,) = report.effects
    assert (one.result, report.exit_code) == ("changed since", 1)
    assert len(uploading.portal.writes) == sent


def test_an_account_that_was_switched_on_late_is_switched_off(uploading: Uploading) -> None:
    """A person who was made is the upload's also where the portal shows them on late."""
    uploading.emails = False
    uploading.portal.habits.dropped = frozenset({"active"})
    receipt = uploading.run().receipt
    (user,) = uploading.portal.store.users.values()
    uploading.portal.habits.dropped = frozenset()
    user["active"] = True
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.half, report.exit_code) == (1, 0)
    assert not user["active"]
