"""Whom an ended upload has created and not mailed is named by the plans that come after it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aapimport.errors import ExitCode, SettingsError
from aapimport.plan.make import make_plan
from aapimport.run.journal import Journal
from aapimport.run.recall import recall
from aapimport.run.records import State, StepKind
from support.uploading import Uploading, checked, people, services
from support.wire import Act, Response, error, instead


def notices(uploading: Uploading) -> Sequence[str]:
    """What the next plan says of people who were never mailed."""
    with services(uploading.portal, uploading.jhana) as both:
        with Journal(uploading.journal_path) as journal:
            memory = recall(journal, both.address)
        plan = make_plan(checked(uploading.rows), both, uploading.options, memory)
        return [one for one in plan.notices if "without a welcome e-mail" in one]


def interrupted(uploading: Uploading) -> str:
    """Two people are created, and the token runs out before the e-mails; returns the upload."""
    uploading.rows = people(2)
    refused = instead(error(401))
    uploading.portal.on("PATCH", "/Users/.*", refused, body="welcomeEmail", times=99)
    with pytest.raises(SettingsError):
        uploading.run()
    with services(uploading.portal, uploading.jhana) as both:
        address = both.address
    with Journal(uploading.journal_path) as journal:
        run = journal.open_run(address)
        assert run is not None
        return run.receipt


def put_in_doubt(uploading: Uploading, receipt: str) -> None:
    """No answer has told an account's id."""
    with Journal(uploading.journal_path) as journal:
        for task in journal.tasks(receipt, StepKind.ACCOUNT):
            journal.record(receipt, [replace(task, state=State.DOUBT, account_id="")])


def close(uploading: Uploading, receipt: str) -> None:
    """End an upload with what it owes."""
    with Journal(uploading.journal_path) as journal:
        journal.close(receipt)


def test_whoever_was_created_and_not_mailed_is_named(uploading: Uploading):
    """While their upload is open it is going to mail them; once it is closed nobody does."""
    receipt = interrupted(uploading)
    assert notices(uploading) == []
    close(uploading, receipt)
    uploading.rows = people(3)
    (said,) = notices(uploading)
    assert said.startswith(f"created by upload {receipt} without a welcome e-mail")
    assert "p2@acme.com (row 2), p3@acme.com (row 3); to send it: aapimport" in said


def test_whoever_was_mailed_is_not_named(uploading: Uploading):
    """Nor people who were there before."""
    uploading.portal.add_user("p2@acme.com")
    uploading.rows = people(2)
    uploading.run()
    assert notices(uploading) == []


def test_whom_an_upload_without_emails_has_created_is_named(uploading: Uploading):
    """With the command that mails them later."""
    uploading.rows, uploading.emails = people(2), False
    receipt = uploading.run().receipt
    (said,) = notices(uploading)
    assert said.endswith(f"to send it: aapimport send-emails {receipt}")


def test_a_create_in_doubt_is_known_by_its_key(uploading: Uploading):
    """No answer has told its id; the account carries the key that it was made with."""
    receipt = interrupted(uploading)
    put_in_doubt(uploading, receipt)
    close(uploading, receipt)
    (said,) = notices(uploading)
    assert "p2@acme.com (row 2), p3@acme.com (row 3)" in said


def test_whomever_a_later_upload_has_taken_over_is_its_matter(uploading: Uploading):
    """It goes on with what was in doubt under the same key, and mails them."""
    receipt = interrupted(uploading)
    put_in_doubt(uploading, receipt)
    close(uploading, receipt)
    uploading.portal.store.users.clear()  # they are created only by the next one
    uploading.portal.store.seats.clear()
    uploading.portal.add_user("boss@acme.com")
    uploading.portal._rules.clear()
    assert uploading.run().exit_code is ExitCode.OK
    assert len(uploading.portal.store.mails) == 2
    assert notices(uploading) == []


def test_who_was_answered_and_shows_only_later(uploading: Uploading) -> None:
    """The upload had given them up; whoever finds them says which one has made them."""
    uploading.rows, uploading.emails = people(1), False
    made: dict[str, dict[str, Any]] = {}

    def hide(act: Act) -> Response:
        answer = act()
        made.update([uploading.portal.store.users.popitem()])
        return answer

    uploading.portal.on("POST", "/Users", hide)
    uploading.run()
    first = uploading.run()
    assert [one.portal for one in first.people] == ["needs_person"]
    uploading.portal.store.users |= made
    uploading.emails = True
    (said,) = notices(uploading)
    assert f"created by upload {first.receipt}" in said
    assert f"aapimport send-emails {first.receipt}" in said
