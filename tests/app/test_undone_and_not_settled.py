"""Whoever is handed over or in doubt stays so, also once an undo has taken them back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.errors import ExitCode, RefusedError
from support.lettering import JsonDesk, said
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.script_desk import ScriptDesk
from support.sending import embargo_ends, last_send, resume, send, settings, tomorrow
from support.stub import ScimStub
from support.undoing import begun, go_on
from support.uploading import Uploading, person


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Two people, the first with Jhana; uploaded without e-mails, which no service sends."""
    portal_stub.habits.mails = jhana_stub.habits.mails = False
    return Uploading(
        portal=portal_stub,
        jhana=jhana_stub,
        journal_path=tmp_path / "state" / "journal.sqlite3",
        rows=(person(2, jhana=True), person(3)),
        emails=False,
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with MailServer() as one:
        yield one


def receipt_of(uploading: Uploading, number: str) -> tuple[dict[str, Any], str]:
    """What a receipt tells of the e-mails since, and what is said below it."""
    as_json, desk = JsonDesk(), ScriptDesk(practice=False)
    for one in (as_json, desk):
        StoredReceipt(
            settings=settings(uploading), desk=one, number=number, choices=ReceiptChoices()
        ).show()
    return json.loads(as_json.results[-1])["later_emails"], said(desk)


def test_who_is_handed_over(uploading: Uploading, tmp_path: Path) -> None:
    """The undo takes nobody out of the workbook: they wait for a word until it is given."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    before = receipt_of(uploading, receipt)[0]
    go_on(uploading, begun(uploading, receipt))
    assert before["handed_over"] == 2
    assert receipt_of(uploading, receipt)[0] == before
    send(uploading, receipt, not_sent=True)
    now, _ = receipt_of(uploading, receipt)
    assert (now["handed_over"], now["waiting"], now["in_doubt"]) == (0, 0, 0)


def test_who_is_in_doubt(uploading: Uploading, server: MailServer) -> None:
    """Undos and receipts name the e-mail with its cure, till it is settled."""
    receipt = uploading.run().receipt
    server.script = lambda step, who: CUT if (step, who) == ("dot", "p2@acme.com") else None
    mail = mail_for(server.port)
    assert send(uploading, receipt, mail=mail)[0] is ExitCode.FINDINGS
    before = receipt_of(uploading, receipt)
    assert (before[0]["in_doubt"], "1 person is in doubt" in before[1]) == (1, True)

    undone = go_on(uploading, begun(uploading, receipt))
    command = f"aapimport send-emails {last_send(uploading)} --sent --to ADDRESS"
    (named,) = [one for one in undone.effects if command in one.reason]
    assert (named.row, named.result, undone.exit_code) == (2, "impossible", ExitCode.FINDINGS)
    assert receipt_of(uploading, receipt) == before
    again = go_on(uploading, begun(uploading, receipt))
    assert [one.result for one in again.effects] == ["impossible", "named before"]
    assert again.exit_code is ExitCode.FINDINGS

    send(uploading, last_send(uploading), mail=mail, sent=True, to=("p2@acme.com",))
    again = go_on(uploading, begun(uploading, receipt))
    assert ({one.result for one in again.effects}, again.exit_code) == ({"named before"}, 0)
    now, _ = receipt_of(uploading, receipt)
    assert (now["in_doubt"], now["mailed"]) == (0, 2)


def jhana_later(uploading: Uploading) -> str:
    """An upload that has made the first person's account on Jhana alone; another made the rest."""
    rows, uploading.rows = uploading.rows, (person(2), person(3))
    uploading.run()
    uploading.rows = rows
    return uploading.run().receipt


@pytest.mark.parametrize("how", ["handed over", "sent", "in doubt"])
def test_an_email_about_both_counts_for_the_account_on_jhana(
    uploading: Uploading, server: MailServer, tmp_path: Path, how: str
) -> None:
    """The undo of the upload that has made that one alone names the e-mail, once, and how it is."""
    receipt = jhana_later(uploading)
    if how == "in doubt":
        server.script = lambda step, who: CUT if (step, who) == ("dot", "p2@acme.com") else None
    by_hand: dict[str, Any] = {"hand_over": tmp_path / "one.xlsx"} if how == "handed over" else {}
    send(uploading, receipt, mail=mail_for(server.port), **by_hand)
    words = {
        "handed over": f"aapimport send-emails {last_send(uploading)} --not-sent --to ADDRESS",
        "sent": "a welcome e-mail was sent, or may have been",
        "in doubt": f"aapimport send-emails {last_send(uploading)} --sent --to ADDRESS",
    }
    undone = go_on(uploading, begun(uploading, receipt))
    (jhana, mail) = undone.effects
    assert (jhana.service, jhana.result) == ("jhana", "taken back")
    assert (mail.row, mail.what, mail.result) == (2, "e-mail", "impossible")
    assert words[how] in mail.reason
    assert undone.exit_code is ExitCode.FINDINGS


def test_an_email_that_leaves_jhana_out_is_not_about_it(
    uploading: Uploading, server: MailServer
) -> None:
    """It waited, and the account on Jhana was off when it went out."""
    receipt = jhana_later(uploading)
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail, smtp=True, not_before=tomorrow())
    (jhana,) = uploading.jhana.store.users.values()
    jhana["active"] = False
    embargo_ends(uploading)
    resume(uploading, last_send(uploading), mail)
    assert server.recipients == ["p2@acme.com", "p3@acme.com"]
    jhana["active"] = True
    undone = go_on(uploading, begun(uploading, receipt))
    assert [(one.service, one.result) for one in undone.effects] == [("jhana", "taken back")]


def test_an_email_about_both_that_waits_is_not_kept_back(
    uploading: Uploading, server: MailServer
) -> None:
    """Only Jhana is taken back: it goes out about the portal, when it may."""
    receipt = jhana_later(uploading)
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail, smtp=True, not_before=tomorrow())
    undone = go_on(uploading, begun(uploading, receipt))
    assert [(one.service, one.result) for one in undone.effects] == [("jhana", "taken back")]
    embargo_ends(uploading)
    resume(uploading, last_send(uploading), mail)
    assert server.recipients == ["p2@acme.com", "p3@acme.com"]
    assert not [said for _, _, said in server.taken if b"Jhana" in said]


def test_two_emails_to_one_person_are_settled_one_by_one(
    uploading: Uploading, server: MailServer, tmp_path: Path
) -> None:
    """One is handed over, and another in doubt: what is known of one says nothing of the other."""
    rows, uploading.rows = uploading.rows, (person(2),)
    first = uploading.run().receipt
    send(uploading, first, hand_over=tmp_path / "mails.xlsx")
    by_hand = last_send(uploading)
    uploading.rows = rows[:1]
    second = uploading.run().receipt
    server.script = lambda step, _: CUT if step == "dot" else None
    server.takes_first = False
    mail, to = mail_for(server.port), ("p2@acme.com",)
    assert send(uploading, second, mail=mail)[0] is ExitCode.FINDINGS
    cut = last_send(uploading)
    with pytest.raises(RefusedError, match="hold an e-mail each") as refused:
        send(uploading, second, mail=mail, not_sent=True, to=to)
    for sending in (by_hand, cut):
        command = f"aapimport send-emails {sending} --not-sent --to p2@acme.com"
        assert command in refused.value.hint
    server.script = lambda *_: None
    assert send(uploading, cut, mail=mail, not_sent=True, to=to)[0] is ExitCode.OK
    assert receipt_of(uploading, first)[0]["handed_over"] == 1
    send(uploading, second, mail=mail)
    send(uploading, first, mail=mail)
    assert server.recipients == ["p2@acme.com"]  # about Jhana, once more
    assert send(uploading, by_hand, mail=mail, sent=True, to=to)[0] is ExitCode.OK
    assert send(uploading, second, mail=mail)[0] is ExitCode.OK
    assert server.recipients == ["p2@acme.com"]
