"""A further undo repeats what only a person can settle, and is no finding for ever."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from aapimport.run.undo_report import undo_report
from aapimport.template.roles import Role
from support.sending import send
from support.undoing import begun, go_on
from support.uploading import Uploading, person
from support.wire import error, instead

_ON_PASS = [{"value": "p26", "type": "pass"}]
_OWN = {"value": "Regional lead"}


def changed(uploading: Uploading, **more: Any) -> tuple[str, dict[str, Any]]:
    """An upload that has set the role of somebody who has a role of the portal's own, too."""
    roles = [{"value": "manager", "primary": True}, _OWN]
    own = uploading.portal.add_user(
        "p2@acme.com", "Ana", "Perez", roles=roles, entitlements=_ON_PASS, **more
    )
    uploading.rows = (person(2, role=Role.FACILITATOR),)
    uploading.emails = False
    uploading.options = replace(uploading.options, update_roles=True)
    return uploading.run().receipt, uploading.portal.store.users[own]


def undone(uploading: Uploading, receipt: str) -> tuple[list[str], int]:
    """How an undo ends: its results, and its exit code."""
    report = go_on(uploading, begun(uploading, receipt))
    return [one.result for one in report.effects], int(report.exit_code)


def test_an_own_role_that_is_gone_is_named_once(uploading: Uploading) -> None:
    """The undo took back all that was the upload's: what somebody took away is a hint from then."""
    receipt, user = changed(uploading)
    user["roles"] = [one for one in user["roles"] if one["value"] != _OWN["value"]]
    assert undone(uploading, receipt) == (["taken back", "changed since"], 1)
    assert [one["value"] for one in user["roles"]] == ["manager"]
    sent = len(uploading.portal.writes)
    for _ in range(2):
        assert undone(uploading, receipt) == (["named before"], 0)
    assert len(uploading.portal.writes) == sent


def test_what_still_stands_as_the_upload_left_it_is_found_again(uploading: Uploading) -> None:
    """A role whose former one is erased stays the upload's, until somebody changes it."""
    roles = [{"value": "Field lead", "display": "Manager", "primary": True}]
    own = uploading.portal.add_user(
        "p2@acme.com", "Ana", "Perez", active=False, roles=roles, entitlements=_ON_PASS
    )
    uploading.rows = (person(2, role=Role.FACILITATOR),)
    uploading.emails = False
    uploading.options = replace(uploading.options, update_roles=True, returning="include")
    receipt = uploading.run().receipt
    with Journal(uploading.journal_path) as journal:
        journal.purge(10.0**11)
    user = uploading.portal.store.users[own]
    assert undone(uploading, receipt) == (["taken back", "impossible"], 1)
    assert not user["active"]
    assert undone(uploading, receipt) == (["impossible"], 1)
    user["roles"] = [{"value": "manager", "primary": True}]
    assert undone(uploading, receipt) == (["named before"], 0)


@pytest.mark.parametrize("gone", [False, True])
def test_what_was_changed_since_is_named_once(uploading: Uploading, *, gone: bool) -> None:
    """A third role, or an account that was there and is gone: nothing of it is the upload's."""
    receipt, user = changed(uploading)
    if gone:
        del uploading.portal.store.users[user["id"]]
    else:
        user["roles"] = [{"value": "client admin", "primary": True}, _OWN]
    assert undone(uploading, receipt) == (["changed since"], 1)
    assert undone(uploading, receipt) == (["named before"], 0)


def test_an_account_that_was_made_and_is_on_is_found_again(uploading: Uploading) -> None:
    """It still is the upload's, though somebody works with it."""
    uploading.emails = False
    receipt = uploading.run().receipt
    (user,) = uploading.portal.store.users.values()
    user["title"] = "Head of it"
    for _ in range(2):
        assert undone(uploading, receipt) == (["changed since"], 1)
    user["active"] = False
    assert undone(uploading, receipt) == (["nothing left"], 0)


def test_mails_that_were_sent_are_told_once_as_a_finding(uploading: Uploading) -> None:
    """Nobody can do anything about them."""
    receipt = uploading.run().receipt
    assert undone(uploading, receipt) == (["half", "impossible"], 1)


def test_what_somebody_changed_after_an_undo_was_refused_is_a_finding(
    uploading: Uploading,
) -> None:
    """That undo has named a refusal, and no change: it is named by the next, and then a hint."""
    receipt, user = changed(uploading)
    uploading.portal.on("PATCH", "/Users/.*", instead(error(403, "no")), times=1)
    assert undone(uploading, receipt) == (["rejected"], 1)
    user["roles"] = [{"value": "client admin", "primary": True}, _OWN]
    assert undone(uploading, receipt) == (["changed since"], 1)
    assert undone(uploading, receipt) == (["named before"], 0)


def test_an_email_that_was_sent_after_an_undo_is_a_finding_of_the_next(
    uploading: Uploading,
) -> None:
    """And the receipt of the earlier one stays as it was."""
    uploading.emails = False
    receipt = uploading.run().receipt
    uploading.portal.on("PATCH", "/Users/.*", instead(error(403, "no")), times=1)
    first = begun(uploading, receipt)
    before = go_on(uploading, first)
    assert [one.result for one in before.effects] == ["rejected"]
    assert send(uploading, receipt)[0] is ExitCode.OK
    with Journal(uploading.journal_path) as journal:
        assert undo_report(journal, journal.run(first.receipt), {}) == before
    assert undone(uploading, receipt) == (["half", "impossible"], 1)
    assert undone(uploading, receipt) == (["named before"], 0)


def test_an_undo_with_nothing_to_write_has_named_what_it_said(uploading: Uploading) -> None:
    """Until then, and of nobody whom it only left to a later run."""
    receipt, _ = changed(uploading)
    with Journal(uploading.journal_path) as journal:
        journal.tell_named(receipt, {2})
        journal.tell_named(receipt, {2})
        assert [*journal.named_back(receipt)] == [2]
        ((row, at),) = journal.told_until(receipt).items()
        assert (row, journal.told_until(receipt, at)) == (2, {})
