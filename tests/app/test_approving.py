"""What is refused before anything is sent: e-mails that nobody can send."""

import pytest

from aapimport.app.approving import refuse_emails_without_way
from aapimport.errors import RefusedError
from support.uploading import Uploading, person


def test_emails_that_no_service_takes_are_refused(uploading: Uploading) -> None:
    """Where they were asked for; whoever was there before is mailed by nobody anyway."""
    uploading.portal.add_user("p4@acme.com", "Ana", "Perez")
    uploading.rows = (person(2), person(3, jhana=True), person(4))
    refuse_emails_without_way(uploading.plan(), emails=True)
    uploading.portal.habits.mails = False
    plan = uploading.plan()
    with pytest.raises(RefusedError, match="2 new people can't be sent a welcome e-mail"):
        refuse_emails_without_way(plan, emails=True)
    refuse_emails_without_way(plan, emails=None)
    refuse_emails_without_way(plan.without_emails(), emails=False)
    uploading.rows = (person(4),)
    refuse_emails_without_way(uploading.plan(), emails=True)


def test_somebody_new_on_jhana_alone_is_mailed_by_it(uploading: Uploading) -> None:
    """So the portal's word doesn't matter for them, and Jhana's does."""
    uploading.portal.add_user("p2@acme.com", "Ana", "Perez")
    uploading.rows = (person(2, jhana=True),)
    uploading.portal.habits.mails = False
    refuse_emails_without_way(uploading.plan(), emails=True)
    uploading.jhana.habits.mails = False
    with pytest.raises(RefusedError, match="1 new person can't"):
        refuse_emails_without_way(uploading.plan(), emails=True)


def test_what_jhana_does_by_itself_is_said(uploading: Uploading) -> None:
    """Where it can't be told not to, `--no-emails` doesn't reach it."""
    uploading.rows = (person(2, jhana=True),)
    assert not any("newsletter" in one for one in uploading.plan().notices)
    uploading.jhana.habits.mails = False
    (said,) = (one for one in uploading.plan().notices if "newsletter" in one)
    assert "also with --no-emails" in said
