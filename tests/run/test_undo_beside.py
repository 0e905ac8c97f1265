"""What stands beside what an upload has written: entitlements and roles that somebody else gave."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.template.roles import Role
from support.mortal import Killed, Mortal
from support.undoing import begun, go_on
from support.uploading import Uploading, people, person, services
from support.wire import Act, Response

PASS = {"value": "p26", "type": "pass"}


@pytest.fixture(autouse=True, params=["kept", "erased"])
def _kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the journal keeps names and addresses."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)


@pytest.mark.parametrize("pass_type", ["pass", "Pass"])
def test_an_entitlement_of_another_type_stays(uploading: Uploading, pass_type: str) -> None:
    """Though its value is that of the pass, which alone is taken back."""
    licence = {"value": "p26", "type": "licence"}
    own = uploading.portal.add_user("p2@acme.com", "Ana", "Perez", entitlements=[licence])
    uploading.rows, uploading.emails = (person(2),), False
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[own]
    assert [one["type"] for one in user["entitlements"]] == ["licence", "pass"]
    user["entitlements"][1]["type"] = pass_type
    report = go_on(uploading, begun(uploading, receipt))
    assert report.exit_code == 0
    assert user["entitlements"] == [licence]


def _adds(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda user: user.setdefault(name, []).append(value)


@pytest.mark.parametrize(
    ("service", "change"),
    [
        ("portal", _adds("roles", {"value": "regional-lead"})),
        ("portal", _adds("roles", {"value": "individualcontributor"})),
        ("portal", _adds("roles", {"display": "Regional lead"})),
        ("jhana", _adds("roles", {"value": "regional-lead"})),
        ("jhana", _adds("entitlements", PASS)),
    ],
)
def test_an_account_that_somebody_has_given_more_stays_on(
    uploading: Uploading, service: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """They work with it: it is named, and another like it is switched off."""
    uploading.rows, uploading.emails = (person(2, jhana=True), person(3, jhana=True)), False
    receipt = uploading.run().receipt
    stub = uploading.portal if service == "portal" else uploading.jhana
    theirs, other = stub.store.users.values()
    change(theirs)
    report = go_on(uploading, begun(uploading, receipt))
    assert (theirs["active"], other["active"]) == (True, False)
    assert report.exit_code == 1
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert (left.row, left.service) == (2, service)


def test_roles_that_the_portal_gives_by_itself_are_no_change(uploading: Uploading) -> None:
    """They stood there when the upload read back what it had made."""

    def gives(act: Act) -> Response:
        answer = act()
        for user in uploading.portal.store.users.values():
            user["roles"] = [*user.get("roles", ()), {"value": "learner"}]
        return answer

    uploading.portal.on("POST", "/Users", gives)
    uploading.rows, uploading.emails = (person(2),), False
    receipt = uploading.run().receipt
    (user,) = uploading.portal.store.users.values()
    assert [one["value"] for one in user["roles"]] == ["manager", "learner"]
    assert go_on(uploading, begun(uploading, receipt)).exit_code == 0
    assert not user["active"]


def test_a_role_that_was_dropped_and_another_one_by_hand(uploading: Uploading) -> None:
    """Only the role that the upload gave may show late: another is somebody's."""

    def drops(act: Act) -> Response:
        answer = act()
        for user in uploading.portal.store.users.values():
            user["roles"] = []
        return answer

    for method in ("POST", "PATCH", "PUT"):
        uploading.portal.on(method, "/Users(/.*)?", drops, times=9)
    uploading.rows, uploading.emails = (person(2, role=Role.FACILITATOR), person(3)), False
    receipt = uploading.run().receipt
    uploading.portal._rules.clear()
    theirs, late = uploading.portal.store.users.values()
    theirs["roles"], late["roles"] = [{"value": "manager"}], [{"value": "manager"}]
    report = go_on(uploading, begun(uploading, receipt))
    assert (theirs["active"], late["active"], report.exit_code) == (True, False, 1)


@pytest.mark.parametrize("role", ["learner", "regional-lead"])
def test_a_role_of_an_account_that_an_earlier_session_made(uploading: Uploading, role: str) -> None:
    """It is the portal's own where it gave it to others; else somebody may have given it."""

    def gives(act: Act) -> Response:
        answer = act()
        for user in uploading.portal.store.users.values():
            if len(user.get("roles", ())) == 1:
                user["roles"] = [*user["roles"], {"value": "learner"}]
        return answer

    uploading.rows, uploading.emails = people(3), False
    with (
        services(uploading.portal, uploading.jhana) as both,
        Mortal(uploading.journal_path) as journal,
    ):

        def die(act: Act) -> Response:
            journal.left = 0
            return gives(act)

        uploading.portal.on("POST", "/Users", die, body="p3@acme.com")
        uploading.portal.on("POST", "/Users", gives, times=9)
        with suppress(Killed):
            uploading.carry_out(journal, both, journal.begin(uploading._plan(both)))
    theirs = list(uploading.portal.store.users.values())[1]
    theirs["roles"][1]["value"] = role
    receipt = uploading.run().receipt
    report = go_on(uploading, begun(uploading, receipt))
    active = [one["active"] for one in uploading.portal.store.users.values()]
    assert (sum(active), report.exit_code) == ((1, 1) if role == "regional-lead" else (0, 0))
    assert theirs["active"] == (role == "regional-lead")


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("of", ["p26", "p25"])
def test_who_was_put_into_another_team_since_stays_on_the_pass(
    uploading: Uploading, of: str, *, tells: bool
) -> None:
    """They were there, and not on the pass: nobody is in a team of it who isn't on it."""
    own = uploading.portal.add_user("p2@acme.com", "Ana", "Perez", active=False)
    uploading.rows, uploading.emails = (person(2),), False
    uploading.options = replace(uploading.options, returning="include")
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[own]
    team = uploading.portal.add_team("Ops", 9, of)
    if tells:
        user["groups"] = [{"value": team, "display": "Ops"}]
    else:
        uploading.portal.store.groups[team]["members"] = [{"value": own}]
    report = go_on(uploading, begun(uploading, receipt))
    stays = of == "p26"
    assert (user["active"], bool(user.get("entitlements"))) == (stays, stays)
    assert report.exit_code == int(stays)
    if stays:
        (left,) = report.effects
        assert (left.result, left.reason) == ("changed since", "changed since: in the team Ops")
