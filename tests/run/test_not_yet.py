"""Within the settle time after our own write, "not yet" is not "no"."""

import json
import threading
from contextlib import suppress

import pytest

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.template.roles import Role
from support.stub import EXTENSION
from support.uploading import Uploading, person
from support.wire import RESET, Act, Response, as_json, error, instead

SETTLE = 0.6


@pytest.fixture
def settling(uploading: Uploading) -> Uploading:
    """An upload that gives the services a little time."""
    uploading.settle_seconds = SETTLE
    return uploading


def later(seconds: float):
    """Say 202 and act later."""

    def fault(act: Act) -> Response:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()
        return Response(status=202)

    return fault


def test_somebody_who_is_shown_late_is_created(settling: Uploading):
    """404 and empty lists right after the 201 are read again until the person is shown."""
    settling.settle_seconds = 30.0  # it ends as soon as the person is shown
    settling.portal.habits.brief = True
    settling.portal.on("GET", "/Users/user-1", instead(error(404)), times=2)
    nobody = instead(as_json(200, {"totalResults": 0, "Resources": []}))
    settling.portal.on("POST", "/Users/.search", nobody, times=8)
    report = settling.run()
    assert report.people[0].portal == "created"
    assert settling.portal.creates == {"p2@acme.com": 1}
    assert len(settling.portal.store.mails) == 1


def test_what_is_accepted_for_later_is_waited_for(settling: Uploading):
    """202 to everything: once there, in the team, mailed once, and never called rejected."""
    settling.rows = (person(2, team="Sales"),)
    for method, path in (("POST", "/Users"), ("PATCH", "/.*")):
        settling.portal.on(method, path, later(0.2), times=100)
    report = settling.run()
    assert report.people[0].portal == "created"
    assert report.people[0].team_state == "joined"
    assert settling.portal.creates == {"p2@acme.com": 1}
    assert len(settling.portal.store.mails) == 1
    assert report.exit_code is ExitCode.OK


def test_an_old_value_is_read_again(settling: Uploading):
    """A change that reads show later was kept: nothing is missing, and it isn't sent twice."""
    settling.portal.add_user("p2@acme.com")
    settling.portal.habits.lag = SETTLE / 2
    (one,) = settling.run().people
    assert (one.portal, one.but) == ("changed", "")
    assert len(settling.portal.writes) == 1


def test_a_role_that_is_not_kept_is_said_of_a_person_who_is_there(uploading: Uploading):
    """Seat, team and e-mail all the same; exit 1; nobody is called rejected."""
    uploading.portal.habits.dropped = frozenset({"roles"})
    uploading.rows = (person(2, role=Role.FACILITATOR, team="Sales"),)
    report = uploading.run()
    (one,) = report.people
    assert (one.portal, one.team_state, one.email_state) == ("created", "joined", "sent")
    assert one.but == "All Access Pass: role not kept"
    assert report.seats is not None
    assert report.seats.used == 1
    assert report.exit_code is ExitCode.FINDINGS


def test_what_one_person_told_is_not_asked_of_the_others(uploading: Uploading):
    """The first person tells what a hundred would only repeat: no further PATCH, no PUT."""
    uploading.portal.habits.dropped = frozenset({"roles"})
    uploading.rows = tuple(person(row, role=Role.FACILITATOR) for row in range(2, 22))
    uploading.emails = False
    report = uploading.run()
    assert {one.but for one in report.people} == {"All Access Pass: role not kept"}
    changes = [one for one in uploading.portal.writes if one.method in {"PATCH", "PUT"}]
    assert {one.path for one in changes} == {"/Users/user-1"}


def declaring(uploading: Uploading, *attributes: str) -> None:
    """Have the portal publish a User schema."""
    schema = {
        "id": "urn:ietf:params:scim:schemas:core:2.0:User",
        "attributes": [{"name": name, "mutability": "readWrite"} for name in attributes],
    }
    uploading.portal.on(
        "GET",
        "/Schemas",
        instead(as_json(200, {"totalResults": 1, "Resources": [schema]})),
        times=9,
    )


def test_what_is_declared_and_dropped_stops_the_run_once(uploading: Uploading):
    """After the first person, with the setting that helps; the same command then goes on."""
    declaring(
        uploading, "userName", "name", "displayName", "active", "emails", "roles", "entitlements"
    )
    uploading.portal.habits.dropped = frozenset({"roles"})
    uploading.rows = tuple(person(row, role=Role.FACILITATOR) for row in range(2, 12))
    with pytest.raises(RefusedError) as stopped:
        uploading.run()
    assert "declares roles and does not keep them" in stopped.value.message
    assert "add roles to the setting not_kept" in stopped.value.hint
    assert len(uploading.portal.store.users) == 1
    report = uploading.run()
    assert [one.portal for one in report.people] == ["created"] * 10
    assert uploading.portal.creates.total() == 10


def test_an_account_that_is_never_shown_is_unknown_then_a_matter_for_a_person(
    uploading: Uploading,
):
    """Created by its 201 and shown by no read: unknown, never rejected, never sent again."""

    def vanish(act: Act) -> Response:
        done = act()
        uploading.portal.store.users.clear()
        return done

    uploading.portal.on("POST", "/Users", vanish)
    first = uploading.run()
    assert first.people[0].portal == "unknown"
    assert first.exit_code is ExitCode.SERVICE
    second = uploading.run()
    assert second.people[0].portal == "needs_person"
    assert uploading.portal.creates.total() == 1


def test_a_change_that_took_effect_unseen_is_called_a_change(settling: Uploading):
    """Its answer was lost with the process: what it changed is the upload's doing."""
    settling.portal.add_user("p2@acme.com")

    def done_and_lost(act: Act) -> Response:
        act()
        settling.portal.on("GET", "/Users/user-1", instead(error(401)), times=99)
        return RESET

    settling.portal.on("PATCH", "/Users/user-1", done_and_lost)
    with suppress(AapimportError):
        settling.run()
    settling.portal._rules.clear()
    report = settling.run()
    assert report.seats is not None
    assert (report.people[0].portal, report.seats.used) == ("changed", 1)


def test_an_empty_list_proves_nothing_where_nobody_is_listed_anywhere(settling: Uploading):
    """AWS answers every Group with an empty list: whoever was accepted may well be in it."""
    settling.rows = (person(2, team="Sales"),)

    def lists_nobody(act: Act) -> Response:
        body = json.loads(act().body)
        for group in body.get("Resources", [body]):
            group |= {"members": []}
            group.get(f"{EXTENSION}:Group", {}).pop("placesUsed", None)
        return as_json(200, body)

    settling.portal.on("GET", "/Groups(/.*)?", lists_nobody, times=999)
    (one,) = settling.run().people
    assert (one.portal, one.team_state) == ("created", "needs_person")
    assert "lists nobody in any of its teams" in one.reason
    assert settling.portal.store.groups["team-1"]["members"] == [{"value": "user-1"}]
