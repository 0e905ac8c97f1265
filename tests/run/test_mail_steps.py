"""Nobody is mailed twice, whichever upload has mailed them."""

from aapimport.errors import ExitCode
from aapimport.run.journal import Journal
from support.uploading import Uploading, person
from support.wire import Act, Response


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
