"""What stands beside what an upload has written: entitlements and roles that somebody else gave."""

from collections.abc import Callable
from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.template.roles import Role
from support.undoing import begun, go_on
from support.uploading import Uploading, person
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


def test_where_nobody_has_noted_the_roles_none_is_a_change(uploading: Uploading) -> None:
    """An earlier version hasn't: the service may have given it by itself."""
    uploading.rows, uploading.emails = (person(2),), False
    receipt = uploading.run().receipt
    unknown = "UPDATE people SET before = json_remove(before, '$.beside_portal')"
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute(unknown)
    (user,) = uploading.portal.store.users.values()
    user["roles"].append({"value": "learner"})
    assert go_on(uploading, begun(uploading, receipt)).exit_code == 0
    assert not user["active"]
