"""The half of a welcome about Jhana where another profile, or another address, is in it."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from aapimport.config.mail import Mail
from aapimport.errors import AapimportError, ExitCode
from aapimport.run.journal import Journal
from support.mail_server import MailServer
from support.mailing import mail_for
from support.sending import (
    embargo_ends,
    id_of,
    last_send,
    mails,
    rename,
    resume,
    send,
    some_people,
    text,
    tomorrow,
)
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import Act, Response, error, instead


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """One person with Jhana, uploaded without e-mails."""
    return some_people(portal_stub, jhana_stub, tmp_path, person(2, jhana=True))


def test_an_account_on_jhana_that_another_profile_made_is_in_the_one_welcome(
    uploading: Uploading,
) -> None:
    """The portal had refused the person there: nobody else welcomes to it, and nobody twice."""
    path = uploading.journal_path.parent / "profiles" / "acme" / "journal.sqlite3"
    acme = replace(uploading, journal_path=path)
    uploading.portal.on("POST", "/Users", instead(error(403)))
    first = acme.run()
    assert [(one.portal, one.jhana) for one in first.people] == [("rejected", "created")]
    second = uploading.run()
    assert [(one.portal, one.jhana) for one in second.people] == [("created", "same")]
    assert send(uploading, second.receipt)[0] is ExitCode.OK
    assert mails(uploading) == Counter({("p2@acme.com", "combined"): 1})
    third = acme.run()
    for receipt in (third.receipt, first.receipt):
        assert send(acme, receipt)[0] is ExitCode.OK
    assert send(uploading, None, pass_name="Leadership 2026")[0] is ExitCode.OK
    assert mails(uploading).total() == 1


def jhana_later(uploading: Uploading, book: Path) -> str:
    """An upload of somebody who was welcomed to the portal, and is to be on Jhana, too."""
    uploading.rows = (person(2),)
    first = uploading.run().receipt
    send(uploading, first, hand_over=book)
    assert send(uploading, first, sent=True)[0] is ExitCode.OK
    uploading.rows = (person(2, jhana=True),)
    return uploading.run().receipt


def test_no_email_about_jhana_alone_to_an_address_that_is_old(
    uploading: Uploading, mail_by_either: Mail | None, tmp_path: Path
) -> None:
    """Their account on the portal has a new one since, and the old one may be somebody else's."""
    receipt = jhana_later(uploading, tmp_path / "mails.xlsx")
    user = uploading.portal.store.users[id_of(uploading, "p2@acme.com")]
    rename(user, "ana.lind@acme.com")
    code, desk = send(uploading, receipt, mail=mail_by_either)
    assert code is ExitCode.FINDINGS
    assert "has another e-mail address than that on the portal" in text(desk)
    assert not mails(uploading)


def test_nor_where_the_address_is_another_since_the_plan(
    uploading: Uploading, tmp_path: Path
) -> None:
    """By a mail server, which would send to the address that Jhana has at that moment."""
    receipt = jhana_later(uploading, tmp_path / "mails.xlsx")
    uploading.jhana.habits.mails = False
    with MailServer() as server:
        mail = mail_for(server.port)
        send(uploading, receipt, mail=mail, smtp=True, not_before=tomorrow())
        (user,) = uploading.jhana.store.users.values()
        user |= {"userName": "old@acme.com", "emails": [{"value": "old@acme.com"}]}
        embargo_ends(uploading)
        code, desk = resume(uploading, last_send(uploading), mail)
        assert code is ExitCode.FINDINGS
        assert "has another e-mail address than that on the portal" in text(desk)
        assert not server.recipients


@pytest.mark.parametrize("whole", ["", "Ana de Perez", "Perez, Ana", "Ana Lind"])
def test_the_address_alone_does_not_tell_whose_account_on_jhana_it_is(
    uploading: Uploading, whole: str
) -> None:
    """Whoever had the address before them is on Jhana still, and has left the portal."""
    uploading.run()
    if whole:  # as Jhana displays it
        (user,) = uploading.jhana.store.users.values()
        user |= {"name": {}, "displayName": whole}
    uploading.portal.store.users.clear()
    uploading.portal.add_user("p9@acme.com")
    uploading.rows = (person(2, first_name="Bo", last_name="de Lima"),)
    receipt = uploading.run().receipt
    code, desk = send(uploading, receipt)
    assert code is ExitCode.FINDINGS
    assert "Jhana: the account with this address there shows another name" in text(desk)
    assert mails(uploading) == Counter({("p2@acme.com", "portal"): 1})


@pytest.mark.parametrize("keeps_keys", [True, False])
def test_who_is_perhaps_on_jhana(uploading: Uploading, *, keeps_keys: bool) -> None:
    """Its answer was lost, and the upload was closed: our key tells, or they are named."""

    def lost(act: Act) -> Response:
        act()
        uploading.jhana.on("GET", "/Users.*", instead(error(503)), times=999)
        return Response(status=202)

    uploading.jhana.on("POST", "/Users", lost)
    with suppress(AapimportError):
        uploading.run()
    with Journal(uploading.journal_path) as journal:
        (run,) = journal.open_runs()
        first = journal.close(run.receipt).receipt
        with journal._writing():  # no look-up had found it either
            journal._database.execute("UPDATE steps SET account_id = '' WHERE service = 'jhana'")
    uploading.jhana._rules.clear()
    if keeps_keys:
        assert send(uploading, first)[0] is ExitCode.OK
        assert mails(uploading) == Counter({("p2@acme.com", "combined"): 1})
        return
    (user,) = uploading.jhana.store.users.values()
    del user["externalId"]
    code, desk = send(uploading, first)
    assert code is ExitCode.FINDINGS
    assert "Jhana: whether the account was created isn't known" in text(desk)
    assert mails(uploading) == Counter({("p2@acme.com", "portal"): 1})
    assert send(uploading, first)[0] is ExitCode.FINDINGS
    second = uploading.run().receipt
    assert send(uploading, first)[0] is ExitCode.OK
    code, desk = send(uploading, second)
    assert (code, "shows no key of ours" in text(desk)) == (ExitCode.FINDINGS, True)
