"""Roles that are none of the four: named as they are written back, and erased with the people."""

import json
from dataclasses import replace
from typing import Any

import pytest

from aapimport.run.back_reasons import ROLE_ERASED
from aapimport.run.journal import Journal
from aapimport.run.left import left_by
from aapimport.run.own_roles import without_own_roles
from aapimport.run.since import read_back
from aapimport.run.undo_plan import Effect, effects_of
from support.undoing import begun, go_on
from support.uploading import Uploading, people, services

OWN = "Regional lead (Helena)"


def uploaded(uploading: Uploading, *roles: str) -> str:
    """Somebody with some roles becomes a manager."""
    uploading.portal.add_user("p2@acme.com", roles=[{"value": one} for one in roles])
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
    ("roles", "words", "kept"),
    [
        ((OWN,), f"role '{OWN}' again", "role of the service's own again"),
        ((), "no role again", "no role again"),
        (("facilitator",), "role facilitator again", "role facilitator again"),
        (
            (OWN, "facilitator"),
            f"role '{OWN}' and facilitator again",
            "role of the service's own and facilitator again",
        ),
    ],
)
def test_a_role_is_named_as_it_is_written_back(
    uploading: Uploading, roles: tuple[str, ...], words: str, kept: str
) -> None:
    """On the plan; the journal, which keeps the words for good, doesn't have a role's own."""
    receipt = uploaded(uploading, *roles)
    (effect,) = (one for one in effects(uploading, receipt) if "role" in one.words)
    assert effect.words.startswith(words)
    report = go_on(uploading, begun(uploading, receipt))
    (done,) = (one for one in report.effects if "role" in one.what)
    assert (done.what.partition(",")[0], done.result) == (kept, "half")
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


def test_a_role_that_is_erased_and_gone_is_impossible(uploading: Uploading) -> None:
    """It is named and not guessed: the role that the run set stays, and a second undo says it."""
    receipt = uploaded(uploading, OWN)
    purge(uploading)
    uploading.portal.store.users[str(user(uploading)["id"])]["roles"] = [{"value": "manager"}]
    report = go_on(uploading, begun(uploading, receipt))
    (left,) = (one for one in report.effects if one.result == "impossible")
    assert left.reason == ROLE_ERASED
    assert [one["value"] for one in user(uploading)["roles"]] == ["manager"]
    (again,) = effects(uploading, receipt)
    assert (again.sort.value, again.words) == ("impossible", ROLE_ERASED)


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
