"""The person on the wire is the person in the row."""

import copy
import json
import shutil
import time
from contextlib import suppress
from typing import Any

import pytest

from aapimport.errors import AapimportError, ExitCode
from aapimport.run.records import State
from aapimport.template.roles import Role
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import RESET, Act, Response, as_json, error, instead

ANA = person(2, email="ana@acme.com", first_name="Ana", last_name="Perez", role=Role.MANAGER)
ZOE = person(3, email="zoe@acme.com", first_name="Zoe", last_name="Ng", role=Role.FACILITATOR)


def user(stub: ScimStub, email: str) -> dict[str, Any]:
    """The account with a userName."""
    return next(one for one in stub.store.users.values() if one["userName"] == email)


def written_to(stub: ScimStub, identifier: str) -> list[str]:
    """The bodies of all changes of an account."""
    return [
        one.body.decode()
        for one in stub.writes
        if one.path == f"/Users/{identifier}" and "welcomeEmail" not in one.body.decode()
    ]


def test_a_replayed_answer_gives_nobody_anothers_account(uploading: Uploading):
    """A 201 that names somebody else's account is looked up: nothing is written to that account."""
    uploading.rows = (ANA, ZOE)
    first: list[Response] = []

    def replay(act: Act) -> Response:
        if not first:
            first.append(act())
        return first[0]

    uploading.portal.on("POST", "/Users", replay, times=100)
    report = uploading.run()
    ana = user(uploading.portal, "ana@acme.com")
    assert ana["name"] == {"givenName": "Ana", "familyName": "Perez"}
    assert [one["value"] for one in ana["roles"]] == [Role.MANAGER]
    assert written_to(uploading.portal, ana["id"]) == []
    assert [one.portal for one in report.people] == ["created", "unknown"]
    assert [mail[0] for mail in uploading.portal.store.mails] == ["ana@acme.com"]
    assert report.exit_code is ExitCode.SERVICE


def test_an_account_that_was_handed_on_gets_no_e_mail_and_no_team(uploading: Uploading):
    """Between two sessions an id became another person's: neither membership nor e-mail follow."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana", team="Sales"),)
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(401)))
    with_error(uploading)
    (account,) = uploading.portal.store.users.values()
    account["userName"] = "zoe@acme.com"
    account["name"] = {"givenName": "Zoe", "familyName": "Ng"}
    account.pop("externalId")
    account["emails"] = [{"value": "zoe@acme.com"}]
    report = uploading.run()
    assert uploading.portal.store.groups["team-1"]["members"] == []
    assert uploading.portal.store.mails == []
    assert report.people[0].team_state == "needs_person"
    assert "another person's by now" in report.people[0].reason
    assert report.exit_code is ExitCode.FINDINGS


def test_an_account_that_is_gone_between_two_sessions_needs_a_person(uploading: Uploading):
    """Else the upload would stay open for ever, and refuse every other file."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana", team="Sales"),)
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(401)))
    with_error(uploading)
    uploading.portal.store.users.clear()
    report = uploading.run()
    assert report.people[0].team_state == "needs_person"
    assert "the account isn't shown" in report.people[0].reason
    assert report.exit_code is ExitCode.FINDINGS
    assert uploading.portal.store.mails == []


def test_who_was_taken_off_the_pass_since_is_not_mailed(uploading: Uploading):
    """Nobody is mailed, or put into a team, who isn't on the pass."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana", team="Sales"),)
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(401)))
    with_error(uploading)
    (account,) = uploading.portal.store.users.values()
    account["entitlements"] = []
    report = uploading.run()
    assert "isn't on the pass any more" in report.people[0].reason
    assert uploading.portal.store.groups["team-1"]["members"] == []
    assert uploading.portal.store.mails == []
    assert report.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize("by_id", ["new", "old"])
def test_one_old_answer_takes_nobody_off_the_pass(uploading: Uploading, by_id):
    """Searches may lag: the account is asked for by its id, and nothing is final so soon."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana"),)
    uploading.settle_seconds = 8.0
    lost = instead(RESET)  # so that something may still be settling
    uploading.portal.on("PATCH", "/Users/.*", lost, body="welcomeEmail", times=9)
    with_error(uploading)
    uploading.portal._rules.clear()
    uploading.portal.seen.clear()

    def old(act: Act) -> Response:
        body = json.loads(act().body)
        for account in body.get("Resources", [body]):
            account.pop("entitlements", None)
        return as_json(200, body)

    uploading.portal.on("POST", "/Users/.search", old, times=99)
    if by_id == "old":
        uploading.portal.on("GET", "/Users(/.*)?", old, times=99)
        with_error(uploading)
        assert uploading.portal.store.mails == []
        uploading.portal._rules.clear()
    assert uploading.run().people[0].email_state == "sent"


def test_who_was_never_on_the_pass_is_not_said_to_be_off_it(uploading: Uploading):
    """The pass was refused: they join their team all the same, in a later session, too."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana", team="Sales"),)

    def without(act: Act) -> Response:
        answer = act()
        (account,) = uploading.portal.store.users.values()
        account.pop("entitlements", None)
        return answer

    uploading.portal.on("POST", "/Users", without)
    refusal = instead(error(400, "this person may not have a pass"))
    for method in ("PATCH", "PUT"):
        uploading.portal.on(method, "/Users/.*", refusal, times=99, body="entitlements")
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(401)))
    with_error(uploading)
    (one,) = uploading.run().people
    assert "pass not kept: this person may not have a pass" in one.but
    assert one.team_state == "joined"
    assert uploading.portal.store.mails == []


def test_all_who_are_off_the_pass_are_looked_at_again_after_one_pause(uploading: Uploading):
    """Not after one for each person: one before teams, one before e-mails."""
    uploading.settle_seconds = 1.0
    uploading.rows = tuple(
        person(row, email=f"p{row}@acme.com", team="Sales") for row in range(2, 10)
    )
    uploading.portal.on("PATCH", "/Groups/.*", instead(error(401)))
    with_error(uploading)
    for account in uploading.portal.store.users.values():
        account["entitlements"] = []
    time.sleep(1.1)
    uploading.slept.clear()
    report = uploading.run()
    assert all("isn't on the pass any more" in one.reason for one in report.people)
    assert uploading.slept.count(1.0) == 2


def with_error(uploading: Uploading) -> None:
    """A session that ends early."""
    with suppress(AapimportError):
        uploading.run()


def killed_at_the_create(uploading: Uploading) -> dict[str, Any]:
    """The account of an upload whose create was carried out and never answered, then stopped."""
    stopped: list[bool] = []

    def lost(act: Act) -> Response:
        act()
        stopped.append(True)
        return RESET

    def refused(act: Act) -> Response:
        return error(401) if stopped else act()

    for method, path in (("GET", "/Users.*"), ("POST", "/Users/.search")):
        uploading.portal.on(method, path, refused, times=999)
    uploading.portal.on("POST", "/Users", lost)
    with_error(uploading)
    stopped.clear()
    (account,) = uploading.portal.store.users.values()
    return account


@pytest.mark.parametrize("number", [False, True])
def test_a_lost_create_that_was_handed_on_is_not_the_persons(uploading: Uploading, *, number: bool):
    """Our key on it says who made it, not whose it is: no role, team or e-mail follows."""
    uploading.rows = (person(2, email="ana@acme.com", first_name="Ana", team="Sales"),)
    account = killed_at_the_create(uploading)
    account["userName"] = "e-4711" if number else "zoe@acme.com"
    account["emails"] = [{"value": "zoe@acme.com"}]
    account["name"] = {"givenName": "Zoe", "familyName": "Ng"}
    before = copy.deepcopy(account)
    report = uploading.run()
    assert [one.portal for one in report.people] == ["needs_person"]
    assert user(uploading.portal, account["userName"]) == before
    assert uploading.portal.store.mails == []
    assert uploading.portal.store.groups["team-1"]["members"] == []
    assert report.exit_code is ExitCode.FINDINGS


def test_what_was_switched_off_since_stays_off(uploading: Uploading):
    """Whom an earlier session created and somebody deactivated isn't switched on, nor mailed."""
    account = killed_at_the_create(uploading)
    account["active"] = False
    report = uploading.run()
    assert account["active"] is False
    assert uploading.portal.store.mails == []
    assert report.exit_code is ExitCode.FINDINGS


def test_two_rows_never_get_one_account(uploading: Uploading):
    """A service that drops what is behind a plus, and answers with whoever is there."""
    uploading.rows = (
        person(2, email="ana@acme.com", first_name="Ana"),
        person(3, email="ana+x@acme.com", first_name="Zoe", role=Role.CLIENT_ADMIN),
    )

    def upsert(act: Act) -> Response:
        body = uploading.portal.seen[-1].json
        there = [*uploading.portal.store.users.values()]
        if not there:
            return act()
        there[0] |= {name: body[name] for name in ("externalId", "name")}
        return as_json(201, there[0])

    uploading.portal.on("POST", "/Users", upsert, times=9)
    report = uploading.run()
    assert sorted(one.portal for one in report.people) == ["created", "needs_person"]
    (account,) = uploading.portal.store.users.values()
    assert [one["value"] for one in account["roles"]] == [Role.MANAGER]
    assert len(uploading.portal.store.mails) <= 1


def test_a_restored_journal_creates_nobody_again(uploading: Uploading, tmp_path):
    """A journal from before the upload went on finds its people by its own key, unique or not."""
    uploading.portal.habits.unique = False
    uploading.rows = (ANA, ZOE)
    uploading.portal.on("POST", "/Users", instead(error(401)), times=100)
    with_error(uploading)
    backup = tmp_path / "backup.sqlite3"
    shutil.copy(uploading.journal_path, backup)
    uploading.portal._rules.clear()
    first = uploading.run()
    assert first.exit_code is ExitCode.OK
    shutil.copy(backup, uploading.journal_path)
    again = uploading.run()
    assert again.exit_code is ExitCode.OK
    assert uploading.portal.people == {"ana@acme.com": 1, "zoe@acme.com": 1}
    assert sorted(mail[0] for mail in uploading.portal.store.mails) == [
        "ana@acme.com",
        "zoe@acme.com",
    ]
    assert [one.portal for one in again.people] == ["created", "created"]


def test_a_lost_create_is_recognised_by_our_key_only(uploading: Uploading):
    """Somebody else's account with the same address and names is adopted, and not mailed."""
    uploading.rows = (ANA,)

    def taken(_act: Act) -> Response:
        uploading.portal.add_user("ana@acme.com", "Ana", "Perez", roles=[{"value": "facilitator"}])
        return RESET

    uploading.portal.on("POST", "/Users", taken)
    report = uploading.run()
    ana = user(uploading.portal, "ana@acme.com")
    assert report.people[0].portal == "changed"
    assert [one["value"] for one in ana["roles"]] == ["facilitator"]
    assert [one["value"] for one in ana["entitlements"]] == ["p26"]
    assert uploading.portal.store.mails == []


def test_ids_in_json_numbers_are_ids(uploading: Uploading):
    """A service whose ids are numbers is served like any other."""
    uploading.rows = (ANA,)

    def numbered(act: Act) -> Response:
        body = json.loads(act().body)
        identifier = body["id"]
        uploading.portal.store.users["7"] = uploading.portal.store.users.pop(identifier)
        uploading.portal.store.users["7"]["id"] = 7
        return as_json(201, {**body, "id": 7})

    uploading.portal.on("POST", "/Users", numbered)
    assert uploading.run().people[0].portal == "created"
    assert len(uploading.portal.store.mails) == 1


def test_a_state_that_needs_a_person_is_final():
    """What only a person may decide keeps no upload open."""
    from aapimport.run.records import FINAL

    assert State.NEEDS_PERSON in FINAL
