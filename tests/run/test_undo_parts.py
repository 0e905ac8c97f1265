"""Each part of an account is taken back by itself, and remembered by itself."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.template.roles import Role
from support.setting_values import through_kills
from support.undoing import begun, go_on
from support.uploading import Uploading, person
from support.wire import Act, Response, as_json

_BEFORE: dict[str, dict[str, Any]] = {
    "activation": {"active": False},
    "role": {"roles": [{"value": "manager", "primary": True}]},
    "pass": {"entitlements": []},
    "names": {"name": {"givenName": "Anna", "familyName": "Perez"}, "displayName": "Anna Perez"},
}
_ATTRIBUTES = {
    "activation": {"active"},
    "role": {"roles"},
    "pass": {"entitlements"},
    "names": {"name", "displayName"},
}


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal keeps names and addresses, until it is purged."""
    monkeypatch.setattr(Journal, "_forget", lambda *_: None)


def changed(uploading: Uploading, *, late: str = "") -> tuple[str, dict[str, Any]]:
    """An upload that changes all of an account that was there; one part of it shows late."""
    portal = uploading.portal
    before = {name: it for part in _BEFORE.values() for name, it in part.items() if name != "name"}
    own = portal.add_user("p2@acme.com", "Anna", "Perez", **copy.deepcopy(before))
    uploading.rows = (person(2, role=Role.FACILITATOR),)
    uploading.emails = False
    uploading.options = replace(
        uploading.options, update_roles=True, update_names=True, returning="include"
    )
    not_kept = {*_ATTRIBUTES.get(late, ())}
    if late:
        not_keeping(uploading, portal.store.users[own], not_kept)
    (one,) = (report := uploading.run()).people
    not_kept.clear()
    assert one.but == (f"All Access Pass: {late} not kept" if late else "")
    return report.receipt, portal.store.users[own]


def not_keeping(uploading: Uploading, user: dict[str, Any], what: set[str]) -> None:
    """Have the portal keep nothing that is written to some attributes, until there are none."""

    def act(carry_out: Act) -> Response:
        before = copy.deepcopy({name: it for name, it in user.items() if name in what})
        answer = carry_out()
        user.update(before)
        return answer

    for method in ("PATCH", "PUT"):
        uploading.portal.on(method, f"/Users/{user['id']}", act, times=99)


def purge(uploading: Uploading) -> None:
    """Erase names and addresses, and a service's own words."""
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("late", _BEFORE)
def test_what_shows_late_is_taken_back_once_it_shows(
    uploading: Uploading, late: str, *, purged: bool
) -> None:
    """Though an undo has taken back all else, which it leaves alone by then."""
    receipt, user = changed(uploading, late=late)
    shown: dict[str, dict[str, Any]] = {
        "activation": {"active": True},
        "role": {"roles": [{"value": "facilitator", "primary": True}]},
        "pass": {"entitlements": [{"value": "p26", "type": "pass"}]},
        "names": {"name": {"givenName": "Ana", "familyName": "Perez"}, "displayName": "Ana Perez"},
    }
    first = go_on(uploading, begun(uploading, receipt))
    (said,) = (one for one in first.effects if one.result == "nothing left")
    assert said.reason.startswith(f"{late} as before")
    assert (first.taken_back + first.half, first.exit_code) == (1, 0)
    if purged:
        purge(uploading)
    again = go_on(uploading, begun(uploading, receipt))  # still as before, which is said
    assert [one.result for one in again.effects] == ["nothing left"]
    user |= copy.deepcopy(shown[late])
    other = "role" if late == "activation" else "activation"
    user |= shown[other]  # somebody has given it on purpose
    second = go_on(uploading, begun(uploading, receipt))
    assert {name: user[name] for name in shown[other]} == shown[other]
    if purged and late == "names":
        assert [one.result for one in second.effects] == ["impossible"]
        return
    assert {name: user[name] for name in _BEFORE[late]} == _BEFORE[late]
    assert (second.taken_back + second.half, second.not_taken_back) == (1, 0)
    user |= shown[late]
    assert go_on(uploading, begun(uploading, receipt)).effects == []


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("part", ["activation", "role", "pass"])
def test_what_was_taken_back_in_part_stays_so(
    uploading: Uploading, part: str, *, purged: bool
) -> None:
    """A service keeps all but one of the values: the next undo writes that one alone."""
    receipt, user = changed(uploading)
    as_uploaded = {name: user[name] for name in _BEFORE[part]}
    not_keeping(uploading, user, not_kept := {*_ATTRIBUTES[part]})
    first = go_on(uploading, begun(uploading, receipt))
    assert (first.rejected, first.taken_back + first.half, first.exit_code) == (1, 1, 1)
    (rejected,) = (one for one in first.effects if one.result == "rejected")
    assert rejected.reason.startswith("accepted but not kept by the server: ")
    assert {name: user[name] for name in _BEFORE[part]} == as_uploaded
    if purged:
        purge(uploading)
    not_kept.clear()
    since: dict[str, Any] = {"displayName": "Ana Perez"}
    if part != "activation":
        since["active"] = True
    user |= since
    second = go_on(uploading, begun(uploading, receipt))
    assert (second.taken_back + second.half, second.exit_code) == (1, 0)
    assert {name: user[name] for name in _BEFORE[part]} == _BEFORE[part]
    assert {name: user[name] for name in since} == since
    assert go_on(uploading, begun(uploading, receipt)).effects == []


@pytest.mark.parametrize("after", [False, True])
def test_what_an_interrupted_undo_took_back_in_part_is_known(
    uploading: Uploading, *, after: bool
) -> None:
    """Killed at every commit: what the killed session has sent is its own."""
    receipt, user = changed(uploading)
    not_keeping(uploading, user, {"roles"})
    undo = begun(uploading, receipt)
    first = through_kills(partial(go_on, uploading, undo), after=after)
    assert (first.rejected, first.half) == (1, 1)
    user["active"] = True
    assert go_on(uploading, begun(uploading, receipt)).rejected == 1
    assert user["active"]


def test_a_display_name_that_is_not_given_back_is_rejected(uploading: Uploading) -> None:
    """By the next undo, too, which leaves the names that somebody has set again."""
    receipt, user = changed(uploading)
    not_keeping(uploading, user, not_kept := {"displayName"})
    for _ in range(2):
        report = go_on(uploading, begun(uploading, receipt))
        (rejected,) = (one for one in report.effects if one.result == "rejected")
        assert rejected.reason == "accepted but not kept by the server: displayName"
        assert user["displayName"] == "Ana Perez"
    not_kept.clear()
    user["name"] = {"givenName": "Ana", "familyName": "Perez"}
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.taken_back, report.exit_code) == (1, 0)
    assert user["displayName"] == "Anna Perez"
    assert user["name"]["givenName"] == "Ana"


def losing(user: dict[str, Any], left: list[dict[str, Any]]) -> Callable[[Act], Response]:
    """A service that takes a role away and doesn't keep the one that was sent."""

    def lose(act: Act) -> Response:
        answer = act()
        user["roles"] = left
        return answer

    return lose


@pytest.mark.parametrize("purged", [False, True])
def test_a_role_that_our_own_write_lost_is_no_change_by_somebody(
    uploading: Uploading, *, purged: bool
) -> None:
    """It is rejected, and given back by the next undo."""
    receipt, user = changed(uploading)
    path = f"/Users/{user['id']}"
    uploading.portal.on("PATCH", path, losing(user, []))
    first = go_on(uploading, begun(uploading, receipt))
    assert (first.rejected, first.exit_code) == (1, 1)
    assert "changed since" not in {one.result for one in first.effects}
    assert user["roles"] == []
    if purged:
        purge(uploading)
    second = go_on(uploading, begun(uploading, receipt))
    assert (second.taken_back, second.exit_code) == (1, 0)
    assert [one["value"] for one in user["roles"]] == ["manager"]


def test_a_role_that_somebody_sets_meanwhile_is_theirs(uploading: Uploading) -> None:
    """A third one is no loss of ours: it is named and left."""
    receipt, user = changed(uploading)
    theirs = [{"value": "individualcontributor", "primary": True}]
    uploading.portal.on("PATCH", f"/Users/{user['id']}", losing(user, theirs))
    report = go_on(uploading, begun(uploading, receipt))
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert left.reason == "changed since: role"
    assert user["roles"] == theirs


_OWN = {"value": "librarian", "display": "Librarian", "type": "own"}
_ROLES: list[list[dict[str, Any]]] = [
    [{"value": "manager", "display": "Manager", "type": "AAP"}, _OWN | {"primary": True}],
    [_OWN, {"value": "manager", "display": "MGR", "primary": True}],
    [{"value": "manager", "type": "AAP"}],
]


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("roles", _ROLES)
def test_roles_are_given_back_with_all_that_they_were(
    uploading: Uploading, roles: list[dict[str, Any]], *, purged: bool
) -> None:
    """Their labels, their types, and which one was primary; the values alone, once it is erased."""
    own = uploading.portal.add_user("p2@acme.com", roles=copy.deepcopy(roles))
    uploading.rows = (person(2, role=Role.FACILITATOR),)
    uploading.emails = False
    uploading.options = replace(uploading.options, update_roles=True)
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[own]
    assert "facilitator" in [one["value"] for one in user["roles"]]
    if purged:
        purge(uploading)
    report = go_on(uploading, begun(uploading, receipt))
    assert report.exit_code == 0
    if purged:
        assert {one["value"] for one in user["roles"]} == {one["value"] for one in roles}
    else:
        assert sorted(user["roles"], key=str) == sorted(roles, key=str)


def test_a_role_that_somebody_has_made_primary_since_stays_so(uploading: Uploading) -> None:
    """Of several roles one is primary (RFC 7643 section 2.4)."""
    receipt, user = changed(uploading)
    for one in user["roles"]:
        one["primary"] = False
    user["roles"].append(_OWN | {"primary": True})
    go_on(uploading, begun(uploading, receipt))
    assert user["roles"] == [_OWN | {"primary": True}, {"value": "manager"}]


def hiding(uploading: Uploading, what: set[str]) -> None:
    """Have the portal leave attributes out of its answers, until there are none to leave out."""

    def act(carry_out: Act) -> Response:
        answer = carry_out()
        body = json.loads(answer.body)
        for user in body.get("Resources", [body]):
            for name in what:
                user.pop(name, None)
        return as_json(200, body)

    uploading.portal.on("GET", "/Users(/.*)?", act, times=999)


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("part", ["role", "pass", "displayName"])
def test_what_is_not_shown_is_named_and_taken_back_once_it_is(
    uploading: Uploading, part: str, *, purged: bool
) -> None:
    """It isn't known how it is; all else is taken back meanwhile, and stays so."""
    receipt, user = changed(uploading)
    hiding(uploading, hidden := {*_ATTRIBUTES.get(part, {part})})
    first = go_on(uploading, begun(uploading, receipt))
    (named,) = (one for one in first.effects if one.result == "impossible")
    assert named.reason.endswith("so that it isn't known whether it is as the upload left it")
    assert (first.exit_code, user["active"]) == (1, False)
    again = go_on(uploading, begun(uploading, receipt))
    assert ([one.result for one in again.effects], again.exit_code) == (["impossible"], 1)
    hidden.clear()
    if purged:
        purge(uploading)
    user["active"] = True
    last = go_on(uploading, begun(uploading, receipt))
    if purged and part == "displayName":  # what it was is erased: it was named, and is again
        assert [one.result for one in last.effects] == ["named before"]
        return
    assert last.exit_code == 0
    before = _BEFORE["names" if part == "displayName" else part]
    assert {name: user[name] for name in before} == before
    assert user["active"]
    assert go_on(uploading, begun(uploading, receipt)).effects == []


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_empty_array_that_is_left_out_is_empty(uploading: Uploading, *, by_hand: bool) -> None:
    """A portal may leave out what is empty (RFC 7643 section 2.5), which it shows of others."""

    def omit(carry_out: Act) -> Response:
        answer = carry_out()
        body = json.loads(answer.body)
        for user in body.get("Resources", [body]):
            for name in [name for name, value in user.items() if value == []]:
                del user[name]
        return as_json(200, body)

    others = {"roles": [{"value": "manager"}], "entitlements": [{"value": "p26"}]}
    uploading.portal.add_user("p9@acme.com", "Bo", "Lind", **others)
    own = uploading.portal.add_user("p2@acme.com", "Ana", "Perez", roles=[], entitlements=[])
    uploading.rows, uploading.emails = (person(2, role=Role.FACILITATOR),), False
    uploading.options = replace(uploading.options, update_roles=True)
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[own]
    assert user["roles"]
    assert user["entitlements"]
    if by_hand:
        user["entitlements"] = []
    uploading.portal.on("GET", "/Users(/.*)?", omit, times=999)
    assert go_on(uploading, begun(uploading, receipt)).exit_code == 0
    assert (user["roles"], user["entitlements"]) == ([], [])
    assert go_on(uploading, begun(uploading, receipt)).effects == []


def test_where_only_the_displayed_name_is_shown_no_name_is_taken_back(
    uploading: Uploading,
) -> None:
    """It stays to be taken back until all of them are shown."""
    receipt, user = changed(uploading)
    hiding(uploading, hidden := {"name"})
    go_on(uploading, begun(uploading, receipt))
    hidden.clear()
    assert go_on(uploading, begun(uploading, receipt)).exit_code == 0
    assert {name: user[name] for name in _BEFORE["names"]} == _BEFORE["names"]
