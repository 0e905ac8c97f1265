"""An undo looks at the name that an account shows: another one may be another person's."""

import copy
import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from aapimport.run.back_reasons import (
    ADMIN_UNKNOWN,
    BY_HAND,
    NAME_NOT_RECORDED,
    NOT_THEIRS,
    OTHER_NAME,
)
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.since import read_back
from aapimport.template.roles import Role
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services
from support.wire import error, instead

ADMIN = [{"value": "client admin", "primary": True}]
FACILITATOR = [{"value": "facilitator", "primary": True}]


@pytest.fixture(autouse=True, params=["kept", "erased"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both while the journal keeps names and addresses, and when it has erased them."""
    if request.param == "kept":
        monkeypatch.setattr(Journal, "_forget", lambda *_: None)


def user(uploading: Uploading, row: int) -> dict[str, Any]:
    """Somebody's account on the portal."""
    users = uploading.portal.store.users.values()
    return next(one for one in users if one["userName"] == f"p{row}@acme.com")


def uploaded(uploading: Uploading, *, update_names: bool = False) -> str:
    """Two people who were there get the role manager, a team and Jhana."""
    uploading.rows = people(2, team="Sales", jhana=True, role=Role.MANAGER)
    uploading.options = replace(uploading.options, update_roles=True, update_names=update_names)
    uploading.emails = False
    return uploading.run().receipt


def words(uploading: Uploading, receipt: str) -> list[tuple[str, ...]]:
    """What `receipt verify` says of each person."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        return [one.words for one in read_back(left_by(journal, journal.run(receipt)), both)]


def test_another_humans_account_gets_nothing_back(uploading: Uploading) -> None:
    """Neither rights nor a role; the team and Jhana stay, in the plan and at each write."""
    uploading.portal.add_user("p2@acme.com", "Ana", "Perez", roles=copy.deepcopy(ADMIN))
    uploading.portal.add_user("p3@acme.com", "Otto", "Kept", roles=copy.deepcopy(FACILITATOR))
    receipt = uploaded(uploading)
    early = begun(uploading, receipt)
    for row in (2, 3):
        user(uploading, row)["name"] = {"givenName": "Yan", "familyName": "Stranger"}
    before = copy.deepcopy(uploading.portal.store.users), copy.deepcopy(uploading.jhana.store.users)
    assert ["portal: name is Yan Stranger" in one for one in words(uploading, receipt)] == [
        True
    ] * 2
    for undo in (early, begun(uploading, receipt)):
        report = go_on(uploading, undo)
        assert (report.taken_back, report.half, report.not_taken_back) == (0, 0, 6)
        assert {one.reason for one in report.effects} == {OTHER_NAME}
    assert (uploading.portal.store.users, uploading.jhana.store.users) == before
    assert len(uploading.portal.store.groups["team-1"]["members"]) == 2


@pytest.mark.parametrize("name", [("Anna", "Berg"), ("ANNA", "Berg"), ("Ana", "Perez"), ("", "")])
def test_a_name_that_an_upload_has_left_is_known(
    uploading: Uploading, name: tuple[str, str]
) -> None:
    """Nor is it another where somebody has given the row's since, or the portal shows none now."""
    uploading.portal.add_user("p2@acme.com", "Anna", "Berg", roles=copy.deepcopy(FACILITATOR))
    receipt = uploaded(uploading)
    user(uploading, 2)["name"] = dict(zip(("givenName", "familyName"), name, strict=True))
    report = go_on(uploading, begun(uploading, receipt))
    assert report.not_taken_back == 0
    assert user(uploading, 2)["roles"] == FACILITATOR


def as_of_an_earlier_version(uploading: Uploading, *parts: str) -> None:
    """Have the journal know no digests of names: an earlier version hasn't kept them."""
    with sqlite3.connect(uploading.journal_path) as journal:
        for one in ("portal.named", "jhana.named", *parts):
            journal.execute("UPDATE people SET before = json_remove(before, ?)", (f"$.{one}",))
    journal.close()


def test_of_an_earlier_version_only_whoever_has_the_rows_name_is_known(
    uploading: Uploading,
) -> None:
    """Of others neither role nor team nor Jhana is written, in the plan and at each write."""
    uploading.portal.add_user("p2@acme.com", "Anna", "Berg", roles=copy.deepcopy(FACILITATOR))
    uploading.portal.add_user("p3@acme.com", "Ana", "Perez", roles=copy.deepcopy(ADMIN))
    uploading.jhana.add_user("p2@acme.com", "Anna", "Berg", active=False)
    uploading.options = replace(uploading.options, returning="include")
    receipt = uploaded(uploading)
    early = begun(uploading, receipt)
    as_of_an_earlier_version(uploading)
    before = copy.deepcopy(user(uploading, 2)), copy.deepcopy(uploading.jhana.store.users)
    for undo in (early, begun(uploading, receipt)):
        report = go_on(uploading, undo)
        left = {(one.row, one.result, one.reason) for one in report.effects if one.row == 2}
        assert left == {(2, "impossible", f"{NAME_NOT_RECORDED}; {BY_HAND}")}
        assert (report.not_taken_back, report.exit_code) == (3, 1)
    ids = [own for own, one in uploading.jhana.store.users.items() if one["userName"][:2] == "p2"]
    assert (user(uploading, 2), uploading.jhana.store.users[ids[0]]) == (
        before[0],
        before[1][ids[0]],
    )
    assert user(uploading, 3)["roles"] == ADMIN
    members = uploading.portal.store.groups["team-1"]["members"]
    assert [one["value"] for one in members] == [user(uploading, 2)["id"]]


@pytest.mark.parametrize("name", [("Anna", "Berg"), ("", "")])
def test_where_no_name_at_all_is_recorded_nothing_tells_who_it_is(
    uploading: Uploading, name: tuple[str, str]
) -> None:
    """Not even of accounts that the upload made; one that shows no name is known by its address."""
    uploading.portal.add_user("p2@acme.com", *name, roles=copy.deepcopy(FACILITATOR))
    receipt = uploaded(uploading)
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)
    as_of_an_earlier_version(uploading, "named")
    report = go_on(uploading, begun(uploading, receipt))
    left = [one for one in report.effects if one.result == "impossible"]
    reasons = {(one.row, one.reason) for one in left if one.service == "portal"}
    rows = {3} if name == ("", "") else {2, 3}
    assert reasons == {(row, f"{NAME_NOT_RECORDED}; {BY_HAND}") for row in rows}
    assert user(uploading, 3)["active"]
    assert (user(uploading, 2)["roles"] == FACILITATOR) is (name == ("", ""))


def test_rights_are_not_given_back_to_an_account_without_a_name(uploading: Uploading) -> None:
    """Nobody can tell by it whose it is; another role is given back."""
    uploading.portal.add_user("p2@acme.com", "", "", roles=copy.deepcopy(ADMIN))
    uploading.portal.add_user("p3@acme.com", "", "", roles=copy.deepcopy(FACILITATOR))
    receipt = uploaded(uploading)
    as_of_an_earlier_version(uploading)
    report = go_on(uploading, begun(uploading, receipt))
    left = {one.reason for one in report.effects if one.result == "impossible"}
    assert (report.not_taken_back, left) == (1, {ADMIN_UNKNOWN})
    assert user(uploading, 2)["roles"] != ADMIN
    assert user(uploading, 3)["roles"] == FACILITATOR


def test_who_was_only_put_in_a_team_and_has_another_address_is_named(
    uploading: Uploading,
) -> None:
    """In the words of `receipt verify`; nothing is written."""
    uploading.portal.add_user(
        "p2@acme.com", "Ana", "Perez", entitlements=[{"value": "p26", "type": "pass"}]
    )
    uploading.rows = people(1, team="Sales")
    uploading.emails = False
    receipt = uploading.run().receipt
    user(uploading, 2).update(userName="ana.married@acme.com", emails=[])
    assert words(uploading, receipt) == [(f"portal: {NOT_THEIRS}",)]
    report = go_on(uploading, begun(uploading, receipt))
    (effect,) = report.effects
    assert (effect.what, effect.result) == ("out of the team", "changed since")
    assert effect.reason == f"{NOT_THEIRS}; {BY_HAND}"
    assert (report.exit_code, len(uploading.portal.store.groups["team-1"]["members"])) == (1, 1)


def test_the_former_name_that_an_undo_gave_back_is_the_persons(uploading: Uploading) -> None:
    """Jhana, rejected at first, is disabled by the next undo, also after a purge."""
    uploading.portal.add_user("p2@acme.com", "Ana", "Berg", roles=copy.deepcopy(ADMIN))
    receipt = uploaded(uploading, update_names=True)
    undo = begun(uploading, receipt)
    uploading.jhana.on("PATCH", "/Users/.*", instead(error(403, "no")), times=2)
    refused = go_on(uploading, undo)
    assert refused.rejected > 0
    with Journal(uploading.journal_path) as journal:
        had_names = bool(journal.person(receipt, 2)[1]["portal"].get("names"))
        journal.purge(10.0**11)
    again = go_on(uploading, begun(uploading, receipt))
    assert again.rejected == 0
    assert not {one.reason for one in again.effects} & {OTHER_NAME}
    assert not any(one["active"] for one in uploading.jhana.store.users.values())
    assert uploading.portal.store.groups["team-1"]["members"] == []
    if had_names:
        assert user(uploading, 2)["name"]["familyName"] == "Berg"
