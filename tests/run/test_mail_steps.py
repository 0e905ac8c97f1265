"""Nobody is mailed twice, whichever upload has mailed them."""

from contextlib import suppress
from dataclasses import replace

import pytest

from aapimport.errors import AapimportError, ExitCode
from aapimport.run import mail_steps
from aapimport.run.journal import Journal
from support.uploading import Uploading, person
from support.wire import RESET, Act, Response, as_json, error, instead


def test_whom_another_upload_has_mailed_is_not_mailed(uploading: Uploading):
    """An account's e-mail belongs to the upload that the ledger names; the receipt says which."""
    with Journal(uploading.journal_path) as journal:
        other = journal.close(journal.begin(uploading.plan()).receipt).receipt
        journal.claim_mails(other, {2: [(uploading.portal.url, "user-1", "portal")]})
    report = uploading.run()
    (one,) = report.people
    assert report.exit_code is ExitCode.FINDINGS
    assert (one.portal, one.email_state) == ("created", "needs_person")
    assert f"upload {other} has mailed this account" in one.reason
    assert list(uploading.portal.store.users) == ["user-1"]
    assert uploading.portal.store.mails == []


def test_who_was_on_jhana_already_is_not_welcomed_to_it(uploading: Uploading):
    """A conflict there shows it: the e-mail, and what the ledger keeps, are the portal's alone."""
    uploading.rows = (person(2, jhana=True),)

    def there_already(act: Act) -> Response:
        uploading.jhana.add_user("p2@acme.com")
        return act()

    uploading.jhana.on("POST", "/Users", there_already)
    (one,) = uploading.run().people
    assert (one.portal, one.jhana, one.email_state) == ("created", "same", "sent")
    assert [kind for _, _, kind in uploading.portal.store.mails] == ["portal"]
    with Journal(uploading.journal_path) as journal:
        claimed = journal._database.execute("SELECT account_id, kind FROM mails").fetchall()
    assert claimed == [("user-1", "portal")]


def test_an_id_that_is_used_again_costs_nobody_an_email(uploading: Uploading):
    """A service may give a deleted account's id to somebody else: the ledger knows whose it was."""
    uploading.portal.add_user("somebody@acme.com", entitlements=[{"value": "p26"}])
    uploading.run()
    del uploading.portal.store.users["user-2"]
    uploading.portal._next = 1
    uploading.rows = (person(3),)
    (one,) = uploading.run().people
    assert list(uploading.portal.store.users) == ["user-1", "user-2"]
    assert one.email_state == "sent", one.reason
    assert [mail[0] for mail in uploading.portal.store.mails] == ["p2@acme.com", "p3@acme.com"]


@pytest.mark.parametrize("how", ["switched off", "handed on", "deleted"])
def test_an_account_on_jhana_that_is_not_theirs_any_more_is_not_spoken_of(
    uploading, how, monkeypatch
):
    """Since the session that created it: the welcome is the portal's, and the receipt says why."""
    monkeypatch.setattr(mail_steps, "_NOT_SHOWN", 0.0)
    uploading.rows = (person(2, jhana=True),)
    uploading.portal.on("PATCH", "/Users/.*", instead(error(401)), body="welcomeEmail", times=99)
    with suppress(AapimportError):
        uploading.run()
    uploading.portal._rules.clear()
    account = uploading.jhana.store.users["user-1"]
    if how == "switched off":
        account["active"] = False
    elif how == "handed on":
        account |= {"userName": "zoe@acme.com", "externalId": "", "emails": []}
    else:
        uploading.jhana.store.users.clear()
    (one,) = uploading.run().people
    assert (one.email_state, bool(one.but)) == ("sent", True)
    assert [kind for _, _, kind in uploading.portal.store.mails] == ["portal"]


def test_an_email_that_was_sent_is_called_sent_whoever_left_since(uploading: Uploading):
    """Its answer was lost: before anything else it is read whether it was sent."""

    def sent_and_lost(act: Act) -> Response:
        act()
        (account,) = uploading.portal.store.users.values()
        account["entitlements"] = []
        return RESET

    uploading.portal.on("PATCH", "/Users/.*", sent_and_lost, body="welcomeEmail")
    uploading.portal.on("PATCH", "/Users/.*", instead(error(401)), body="welcomeEmail", times=99)
    with suppress(AapimportError):
        uploading.run()
    uploading.portal._rules.clear()
    (one,) = uploading.run().people
    assert one.email_state == "sent"
    assert len(uploading.portal.store.mails) == 1


def test_whom_nobody_can_tell_whether_they_were_mailed_is_said_so(uploading: Uploading):
    """Asked for, never answered, and off the pass since: not called "not mailed"."""
    uploading.portal.on("PATCH", "/Users/.*", instead(RESET), body="welcomeEmail")
    uploading.portal.on("PATCH", "/Users/.*", instead(error(401)), body="welcomeEmail", times=99)
    with suppress(AapimportError):
        uploading.run()
    uploading.portal._rules.clear()
    uploading.portal.store.users["user-1"]["entitlements"] = []
    (one,) = uploading.run().people
    assert one.email_state == "needs_person"
    assert "whether it was mailed isn't known" in one.reason


@pytest.mark.parametrize("trouble", [error(404), error(401)])
def test_jhanas_trouble_costs_nobody_half_of_the_welcome(uploading: Uploading, trouble):
    """Whoever isn't shown there just now waits; the portal's own e-mails go out."""
    uploading.rows = (person(2, jhana=True), person(3))
    uploading.portal.on("PATCH", "/Users/.*", instead(error(401)), body="welcomeEmail", times=99)
    with suppress(AapimportError):
        uploading.run()
    uploading.portal._rules.clear()
    uploading.jhana.on("GET", "/Users.*", instead(trouble), times=99)
    nobody = as_json(200, {"totalResults": 0, "Resources": []})
    uploading.jhana.on("POST", "/Users/.search", instead(nobody), times=99)
    with suppress(AapimportError):
        uploading.run()
    assert [kind for _, _, kind in uploading.portal.store.mails] == ["portal"]
    uploading.jhana._rules.clear()
    assert uploading.run().exit_code is ExitCode.OK
    assert [kind for _, _, kind in uploading.portal.store.mails] == ["portal", "combined"]


def test_a_refusal_after_a_lost_answer_is_no_word_about_the_first(uploading: Uploading):
    """It may have been sent, and isn't shown: a person has to look."""
    uploading.portal.on("PATCH", "/Users/.*", instead(RESET), body="welcomeEmail", times=9)
    with suppress(AapimportError):
        uploading.run()
    uploading.portal._rules.clear()
    refusal = error(400, "too many e-mails today")
    uploading.portal.on("PATCH", "/Users/.*", instead(refusal), body="welcomeEmail", times=99)
    (one,) = uploading.run().people
    assert one.email_state == "needs_person"
    assert "whether it was mailed isn't known; too many e-mails today" in one.reason


def test_who_was_never_switched_on_is_mailed_by_the_next_session_too(uploading: Uploading):
    """A portal may keep new people inactive until they accept: that is no sign of a leaver.

    Who was taken off the pass meanwhile is not mailed.
    """
    uploading.rows = tuple(person(row) for row in range(2, 8))
    uploading.portal.habits.dropped = frozenset({"active"})

    def waits_for_them(act: Act) -> Response:
        shown = act()
        for user in uploading.portal.store.users.values():
            user["active"] = False
        return replace(shown, body=shown.body.replace(b'"active": true', b'"active": false'))

    for method in ("POST", "PUT"):
        uploading.portal.on(method, "/Users(/user-.*)?", waits_for_them, times=99)
    refused = instead(error(401, "expired"))
    uploading.portal.on("PATCH", "/Users/.*", refused, times=99, skip=2, body="welcomeEmail")
    with pytest.raises(AapimportError):
        uploading.run()
    assert len(uploading.portal.store.mails) < 6
    uploading.portal._rules.clear()
    left = next(
        user["userName"]
        for user in uploading.portal.store.users.values()
        if user["userName"] not in {mail[0] for mail in uploading.portal.store.mails}
    )
    for user in uploading.portal.store.users.values():
        user["entitlements"] = [] if user["userName"] == left else user["entitlements"]
    report = uploading.run()
    assert {one.email_state for one in report.people if one.email != left} == {"sent"}
    assert sorted(mail[0] for mail in uploading.portal.store.mails) == [
        email for row in range(2, 8) if (email := f"p{row}@acme.com") != left
    ]
    assert {one.but for one in report.people} == {"All Access Pass: activation not kept"}
