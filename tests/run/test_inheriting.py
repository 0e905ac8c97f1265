"""What a closed upload left undecided about a person, and the next upload of the person."""

from dataclasses import replace
from typing import Any

import pytest

from aapimport.run.journal import Journal
from aapimport.run.records import State, Task
from support.uploading import Uploading

SENT_AT = 1_700_000_000.0


def left(uploading: Uploading, journal: Journal, **stands: Any) -> Task:
    """The step of an upload that was closed, as it stands."""
    receipt = journal.begin(uploading.plan()).receipt
    step = replace(the_step(journal, receipt), **{"attempts": 1, "sent_at": SENT_AT} | stands)
    journal.record(receipt, [step])
    journal.close(receipt)
    return step


def the_step(journal: Journal, receipt: str) -> Task:
    """The step that creates the person on the portal."""
    step = journal.step(receipt, 2, "portal")
    assert step is not None
    return step


@pytest.mark.parametrize("account_id", ["", "user-7"])
@pytest.mark.parametrize(
    ("state", "goes_on"),
    [
        (State.INTENT, State.DOUBT),
        (State.DOUBT, State.DOUBT),
        (State.WRITTEN, State.WRITTEN),
        (State.PLANNED, State.PLANNED),
    ],
)
def test_every_create_that_was_sent_goes_on(uploading: Uploading, state, goes_on, account_id: str):
    """Accepted for later or not shown so far, it may be there soon: nobody is created beside it."""
    with Journal(uploading.journal_path) as journal:
        old = left(uploading, journal, state=state, account_id=account_id)
        new = the_step(journal, journal.begin(uploading.plan()).receipt)
    assert (new.state, new.key, new.account_id) == (goes_on, old.key, account_id)
    assert (new.attempts, new.sent_at) == (1, SENT_AT)


@pytest.mark.parametrize(
    "stands",
    [
        {"state": State.PLANNED, "attempts": 0},
        {"state": State.NEEDS_PERSON},
        {"state": State.WRITTEN, "account_id": "user-7", "adopted": True},
    ],
    ids=["never sent", "decided", "somebody else's account"],
)
def test_what_is_nobodys_create_begins_anew(uploading: Uploading, stands: dict[str, Any]):
    """Who was never sent, what is decided, and an account that was there already."""
    with Journal(uploading.journal_path) as journal:
        old = left(uploading, journal, **stands)
        new = the_step(journal, journal.begin(uploading.plan()).receipt)
    assert (new.state, new.account_id, new.attempts) == (State.PLANNED, "", 0)
    assert new.key != old.key


def test_the_last_of_several_uploads_counts(uploading: Uploading):
    """The second was sent once more: it is neither sent a third time nor too soon."""
    with Journal(uploading.journal_path) as journal:
        left(uploading, journal, state=State.DOUBT)
        left(uploading, journal, state=State.DOUBT, attempts=2, sent_at=SENT_AT + 60)
        new = the_step(journal, journal.begin(uploading.plan()).receipt)
    assert (new.attempts, new.sent_at) == (2, SENT_AT + 60)


def test_what_a_later_upload_has_decided_is_not_asked_again(uploading: Uploading):
    """A person has looked into it since, and uploads the row again."""
    with Journal(uploading.journal_path) as journal:
        left(uploading, journal, state=State.WRITTEN, account_id="user-7")
        receipt = journal.begin(uploading.plan()).receipt
        journal.record(receipt, [replace(the_step(journal, receipt), state=State.NEEDS_PERSON)])
        new = the_step(journal, journal.begin(uploading.plan()).receipt)
    assert (new.state, new.account_id, new.attempts) == (State.PLANNED, "", 0)


def test_an_account_that_shows_late_is_found_by_the_next_upload(uploading: Uploading):
    """Created, closed before it was shown, uploaded again at once: one account, one e-mail."""
    uploading.portal.habits.unique = False
    uploading.settle_seconds = 3
    with Journal(uploading.journal_path) as journal:
        receipt = journal.begin(uploading.plan()).receipt
        sleep = uploading._sleep

        def die(seconds: float) -> None:
            raise KeyboardInterrupt

        uploading._sleep = die  # type: ignore[method-assign] # dies while it waits
        uploading.portal.habits.lag = 1.5
    with pytest.raises(KeyboardInterrupt):
        uploading.run()
    uploading._sleep = sleep  # type: ignore[method-assign] # the next upload
    with Journal(uploading.journal_path) as journal:
        journal.close(receipt)
    (one,) = uploading.run().people
    assert (one.portal, one.email_state) == ("created", "sent")
    assert uploading.portal.people == {"p2@acme.com": 1}
    assert len(uploading.portal.store.mails) == 1
