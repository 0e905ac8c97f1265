"""Nobody is mailed twice, whichever upload has mailed them."""

from aapimport.run.journal import Journal
from faults.uploading import Uploading


def test_whom_another_upload_has_mailed_is_not_mailed(uploading: Uploading):
    """An account's e-mail belongs to the upload that the ledger names; the receipt says which."""
    with Journal(uploading.journal_path) as journal:
        other = journal.close(journal.begin(uploading.plan()).receipt).receipt
        journal.claim_mails(other, {2: [(uploading.portal.url, "user-1", "portal")]})
    (one,) = uploading.run().people
    assert (one.portal, one.email_state) == ("created", "none")
    assert f"upload {other} has mailed this account" in one.reason
    assert list(uploading.portal.store.users) == ["user-1"]
    assert uploading.portal.store.mails == []
