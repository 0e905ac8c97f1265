"""Roles that are none of the four: named as they are written back, and erased with the people."""

import json
from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import ExitCode
from aapimport.run.back_reasons import (
    NOT_APPROVED,
    OWN_ROLE_GONE,
    ROLE_ERASED,
    ROLE_NOT_RECORDED,
)
from aapimport.run.effects import Effect
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.own_roles import without_own_roles
from aapimport.run.since import read_back
from aapimport.run.undo_plan import effects_of
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services

OWN = "Regional lead (Helena)"


def uploaded(uploading: Uploading, *roles: str | dict[str, str]) -> str:
    """Somebody with some roles becomes a manager."""
    held = [{"value": one} if isinstance(one, str) else one for one in roles]
    uploading.portal.add_user("p2@acme.com", roles=held)
    uploading.rows = people(1)
    uploading.options = replace(uploading.options, update_roles=True)
    uploading.emails = False
    return uploading.run().receipt


def user(uploading: Uploading) -> dict[str, Any]:
    """Their account."""
    (user,) = uploading.portal.store.users.values()
    return dict(user)


def effects(uploading: Uploading, receipt: str) -> list[Effect]:
    """What an undo would do."""
    with (
        services(uploading.portal, uploading.jhana) as both,
        Journal(uploading.journal_path) as journal,
    ):
        run = journal.run(receipt)
        return [one for it in read_back(left_by(journal, run), both) for one in effects_of(it)]


def purge(uploading: Uploading) -> bytes:
    """Erase the people; what the journal's file holds then."""
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)
    return uploading.journal_path.read_bytes()


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ((OWN,), "without role manager again"),
        ((), "no role again"),
        (("facilitator",), "role facilitator again"),
        ((OWN, "facilitator"), "role facilitator again"),
    ],
)
def test_only_what_is_given_back_is_named(
    uploading: Uploading, roles: tuple[str, ...], words: str
) -> None:
    """A role that the upload has left is there all the time."""
    receipt = uploaded(uploading, *roles)
    (effect,) = (one for one in effects(uploading, receipt) if "role" in one.words)
    assert effect.words.startswith(words)
    report = go_on(uploading, begun(uploading, receipt))
    (done,) = (one for one in report.effects if "role" in one.what)
    assert (done.what.partition(",")[0], done.result) == (words, "half")
    assert [one["value"] for one in user(uploading)["roles"]] == [*roles]


def test_what_is_left_of_it_in_the_journal_is_a_number(uploading: Uploading) -> None:
    """No byte after a purge; an account that still has the role is given back what it had."""
    receipt = uploaded(uploading, OWN)
    assert b"Helena" in uploading.journal_path.read_bytes()
    assert b"Helena" not in purge(uploading)
    assert OWN in [one["value"] for one in user(uploading)["roles"]]
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.half, report.not_taken_back) == (1, 0)
    assert [one["value"] for one in user(uploading)["roles"]] == [OWN]
    assert b"Helena" not in uploading.journal_path.read_bytes()


def test_what_an_earlier_version_has_left_goes_when_a_journal_is_opened(
    uploading: Uploading,
) -> None:
    """It erased the people and not such roles: they go once, and nothing is looked at again."""
    receipt = uploaded(uploading, OWN)
    with Journal(uploading.journal_path, keep_people=0) as journal:
        journal._database.execute("UPDATE people SET wanted = NULL")
        journal._database.execute("UPDATE runs SET purged_at = finished_at")
    assert b"Helena" in uploading.journal_path.read_bytes()
    with Journal(uploading.journal_path, keep_people=0) as journal:
        assert [*journal.purge_due().runs] == [receipt]
    assert b"Helena" not in uploading.journal_path.read_bytes()
    with Journal(uploading.journal_path, keep_people=0) as journal:
        written = journal._database.total_changes
        assert journal.purge_due().people == 0
        assert journal._database.total_changes == written
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.half, report.not_taken_back) == (1, 0)
    assert [one["value"] for one in user(uploading)["roles"]] == [OWN]


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("between", [False, True], ids=["before the plan", "before the write"])
def test_a_role_that_was_left_and_is_gone_stays_gone(
    uploading: Uploading, *, purged: bool, between: bool
) -> None:
    """Somebody has taken it away, and it may be a right: it is named, whenever it went."""
    receipt = uploaded(uploading, "HR Admin", "facilitator")
    if purged:
        purge(uploading)
    undo = begun(uploading, receipt) if between else None
    theirs = uploading.portal.store.users[str(user(uploading)["id"])]
    theirs["roles"] = [one for one in theirs["roles"] if one["value"] != "HR Admin"]
    if undo is None:
        with (
            services(uploading.portal, uploading.jhana) as both,
            Journal(uploading.journal_path) as journal,
        ):
            (found,) = read_back(left_by(journal, journal.run(receipt)), both)
        assert found.words == (f"portal: {OWN_ROLE_GONE}",)
        assert not any(one.gives_rights for one in effects(uploading, receipt))
    report = go_on(uploading, undo or begun(uploading, receipt))
    (left,) = (one for one in report.effects if one.result == "changed since")
    assert left.reason == f"changed since: {OWN_ROLE_GONE}"
    assert (report.half, report.exit_code) == (1, ExitCode.FINDINGS)
    assert [one["value"] for one in user(uploading)["roles"]] == ["facilitator"]
    (again,) = effects(uploading, receipt)
    assert again.words == f"changed since: {OWN_ROLE_GONE}"


def test_rights_that_nobody_approved_are_not_given_back(uploading: Uploading) -> None:
    """Somebody gave a former right again before the undo, and took it away after the plan."""
    receipt = uploaded(uploading, "clientadmin")
    assert [one["value"] for one in user(uploading)["roles"]] == ["manager"]
    theirs = uploading.portal.store.users[str(user(uploading)["id"])]
    undo = begun(uploading, receipt)
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute(
            "UPDATE runs SET options = json_set(options, '$.admins', json('[]')) WHERE receipt = ?",
            (undo.receipt,),
        )
        undo = journal.run(undo.receipt)
    report = go_on(uploading, undo)
    (left,) = (one for one in report.effects if one.result == "impossible")
    assert left.reason == NOT_APPROVED
    assert (report.half, report.exit_code) == (1, ExitCode.FINDINGS)
    assert [one["value"] for one in theirs["roles"]] == ["manager"]


def test_rights_that_were_approved_are_given_back(uploading: Uploading) -> None:
    """Whoever was client admin is again."""
    receipt = uploaded(uploading, "clientadmin")
    (effect,) = (one for one in effects(uploading, receipt) if one.gives_rights)
    assert effect.words.startswith("role client admin again")
    report = go_on(uploading, begun(uploading, receipt))
    assert (report.half, report.not_taken_back) == (1, 0)
    assert [one["value"] for one in user(uploading)["roles"]] == ["clientadmin"]


@pytest.mark.parametrize("purged", [False, True])
@pytest.mark.parametrize("value", ["17", "Chef"])
def test_a_role_that_was_told_by_its_label_is_given_back(
    uploading: Uploading, value: str, *, purged: bool
) -> None:
    """The journal keeps which roles went; not the words of one that may name somebody."""
    receipt = uploaded(uploading, {"value": value, "display": "Facilitator"}, "HR Admin")
    assert [one["value"] for one in user(uploading)["roles"]] == ["HR Admin", "manager"]
    if purged:
        purge(uploading)
    report = go_on(uploading, begun(uploading, receipt))
    roles = [one["value"] for one in user(uploading)["roles"]]
    if purged and value == "Chef":
        (left,) = (one for one in report.effects if one.result == "impossible")
        assert (left.reason, roles) == (ROLE_ERASED, ["HR Admin", "manager"])
    else:
        assert (report.not_taken_back, roles) == (0, ["HR Admin", value])


def test_an_earlier_version_has_not_kept_which_roles_went(uploading: Uploading) -> None:
    """Of a value that says nothing nobody knows whether the upload has replaced it."""
    receipt = uploaded(uploading, {"value": "17", "display": "Facilitator"})
    with Journal(uploading.journal_path) as journal, journal._writing():
        journal._database.execute(
            "UPDATE people SET before = json_remove(before, '$.portal.replaced')"
        )
    report = go_on(uploading, begun(uploading, receipt))
    (left,) = (one for one in report.effects if one.result == "impossible")
    assert left.reason == ROLE_NOT_RECORDED
    assert [one["value"] for one in user(uploading)["roles"]] == ["manager"]


def test_only_what_may_name_somebody_is_erased() -> None:
    """The four, in any spelling, and values without a letter stay; again changes nothing."""
    roles = ["Client-Admin", "facilitator", "17", OWN, "Sous-chef"]
    before = json.dumps({"portal": {"active": True, "roles": roles}, "jhana": None})
    erased = without_own_roles(before)
    assert erased is not None
    known = json.loads(erased)["portal"]
    assert known["roles"] == ["Client-Admin", "facilitator", "17"]
    assert known["roles_erased"] == 2
    assert without_own_roles(erased) == erased
    assert without_own_roles(None) is None
