"""Whoever is handed over or in doubt stays so, also once an undo has taken them back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.errors import ExitCode
from support.lettering import JsonDesk, said
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.script_desk import ScriptDesk
from support.sending import last_send, send, settings
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
