"""E-mails that a run hasn't sent, and another has since: its receipt and workbook tell by which."""

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.config.mail import Mail
from aapimport.errors import ExitCode
from aapimport.run.letter_steps import LetterSteps
from support.lettering import JsonDesk, last_upload, said, upload
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.mortal import Killed
from support.others_mail import Taking
from support.script_desk import ScriptDesk
from support.sending import last_send, resume, send, settings, text
from support.stub import ScimStub
from support.uploading import Uploading
from support.wire import error, instead


def refuses(stub: ScimStub) -> None:
    """The portal asks nobody for a welcome e-mail."""
    stub.on("PATCH", "/Users/.*", instead(error(422, "no")), body="welcomeEmail", times=99)


def column(path: Path, name: str) -> list[str]:
    """A column of a results workbook."""
    header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [str(row[header.index(name)] or "") for row in rows]


def receipt_of(uploading: Uploading, number: str, page: Path) -> tuple[dict[str, Any], str, str]:
    """A receipt as JSON, on a screen, and as a page."""
    desk, as_json = ScriptDesk(practice=False), JsonDesk()
    for one, choices in ((desk, ReceiptChoices(html=page, force=True)), (as_json, None)):
        StoredReceipt(
            settings=settings(uploading),
            desk=one,
            number=number,
            choices=choices or ReceiptChoices(),
        ).show()
    found: dict[str, Any] = json.loads(as_json.results[-1])
    return found, text(desk), " ".join(page.read_text(encoding="utf-8").split())


def test_rejected_by_the_portal_and_mailed_since(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, tmp_path: Path
) -> None:
    """Each person's e-mail, its reason and the exit code follow; what the upload did stays told."""
    out = tmp_path / "people.results.xlsx"
    refuses(uploading.portal)
    assert upload(uploading, file, None, emails=True, results=out)[0] is ExitCode.FINDINGS
    receipt, page = last_upload(uploading), tmp_path / "receipt.html"
    found, _, _ = receipt_of(uploading, receipt, page)
    assert (found["email_counts"]["rejected"], found["later_emails"]) == (3, None)
    assert column(out, "Welcome e-mail") == ["rejected"] * 3

    send(uploading, receipt, mail=mail, smtp=True, to=("p3@acme.com",))
    first = last_send(uploading)
    found, screen, html = receipt_of(uploading, receipt, page)
    assert found["email_counts"]["rejected"] == 3
    later = found["later_emails"]
    assert (later["sendings"], later["mailed"], later["waiting"]) == ([first], 1, 2)
    assert [one["mailed_since"] for one in found["people"]] == ["", first, ""]
    assert [len(one["failures"]) for one in found["people"]] == [1, 0, 1]
    told = f"3 rejected by the upload; since then 1 mailed, 2 waiting (sending {first})"
    assert told in screen
    assert f"no; mailed since by sending {first}" in screen
    assert f"Since then: 1 mailed, 2 waiting (sending {first})" in html
    assert column(out, "Welcome e-mail") == ["rejected", "sent", "rejected"]
    assert f"mailed since by sending {first}" in column(out, "Reason")[1]
    assert resume(uploading, receipt)[0] is ExitCode.FINDINGS

    uploading.portal._rules.clear()
    send(uploading, receipt)
    code, desk = resume(uploading, receipt)
    assert (code, "send-emails" in said(desk)) == (ExitCode.OK, False)
    assert column(out, "Welcome e-mail") == ["sent"] * 3
    second = last_send(uploading)
    assert f"since then 3 mailed (sending {first}, {second})" in text(desk)


def test_rejected_by_a_sending_and_handed_over_since(
    uploading: Uploading, file: Path, tmp_path: Path
) -> None:
    """Of a sending's receipt the same, with what settles it; then they were mailed."""
    upload(uploading, file, None, emails=False)
    receipt, page = last_upload(uploading), tmp_path / "receipt.html"
    refuses(uploading.portal)
    assert send(uploading, receipt)[0] is ExitCode.FINDINGS
    sending = last_send(uploading)
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    over = last_send(uploading)
    found, screen, html = receipt_of(uploading, sending, page)
    told = "3 rejected by the sending; since then 3 handed over, to be sent by hand"
    assert f"{told} (sending {over})" in screen
    assert f"; handed over since by sending {over}" in html
    cures = {it["cure"] for one in found["people"] for it in one["failures"]}
    assert cures == {f"send it by hand; then: aapimport send-emails {over} --sent (or --not-sent)"}
    send(uploading, over, sent=True)
    assert resume(uploading, sending)[0] is ExitCode.OK
    found, _, _ = receipt_of(uploading, sending, page)
    assert {one["mailed_since"] for one in found["people"]} == {over}


def test_rejected_and_in_doubt_since(uploading: Uploading, file: Path, tmp_path: Path) -> None:
    """Nobody is told as mailed: the receipt says by which run they may be, and what settles it."""
    refuses(uploading.portal)
    upload(uploading, file, None, emails=True)
    receipt, page = last_upload(uploading), tmp_path / "receipt.html"
    with MailServer(lambda step, _: CUT if step == "dot" else None) as server:
        send(uploading, receipt, mail=mail_for(server.port), smtp=True, to=("p3@acme.com",))
    sending = last_send(uploading)
    found, screen, _ = receipt_of(uploading, receipt, page)
    assert f"since then 1 in doubt, 2 waiting (sending {sending})" in screen
    assert f"no; perhaps mailed since by sending {sending}" in screen
    (failure,) = found["people"][1]["failures"]
    assert f"aapimport send-emails {sending} --to ADDRESS --sent" in failure["cure"]
    assert found["people"][1]["mailed_since"] == ""


def test_a_later_plan_and_receipt_name_whom_nobody_knows_to_be_mailed(
    uploading: Uploading, file: Path, tmp_path: Path
) -> None:
    """In doubt and handed over, with the command that settles them; then nothing is said."""
    upload(uploading, file, None, emails=False)
    first = last_upload(uploading)
    with MailServer(lambda step, _: CUT if step == "dot" else None) as server:
        send(uploading, first, mail=mail_for(server.port), smtp=True, to=("p3@acme.com",))
    sending = last_send(uploading)
    send(uploading, first, hand_over=tmp_path / "one.xlsx", to=("p4@acme.com",))
    over = last_send(uploading)
    _, desk = upload(uploading, file, None, emails=False)
    shown, second = text(desk), last_upload(uploading)
    assert (
        f"1 person in doubt, as it isn't known whether sending {sending} has mailed them:"
        f" p3@acme.com (row 3); ask them, then settle it: aapimport send-emails {sending} --sent"
        " --to ADDRESS (or --not-sent)"
    ) in shown
    assert (
        f"1 person handed over by sending {over}, of whom nobody has said that they were mailed:"
        f" p4@acme.com (row 4); when you know, settle it: aapimport send-emails {over} --sent"
    ) in shown
    assert f"created by upload {first} without a welcome e-mail" in shown
    words = f"1 person is in doubt (row 3 p3@acme.com): whether sending {sending} has mailed them"
    command = f"aapimport send-emails {second} --sent --to ADDRESS"
    assert [words in it and command in it for it in desk.said].count(True) == 1
    for number in (first, second):
        desk = ScriptDesk(practice=False)
        StoredReceipt(
            settings=settings(uploading), desk=desk, number=number, choices=ReceiptChoices()
        ).show()
        assert words in said(desk)
    send(uploading, over, sent=True)
    with MailServer() as server:
        send(uploading, second, mail=mail_for(server.port), smtp=True)
    _, desk = upload(uploading, file, None, emails=False)
    assert "next: settle who is in doubt, as said above" in said(desk)
    send(uploading, second, sent=True, to=("p3@acme.com",))
    _, desk = upload(uploading, file, None, emails=False)
    assert "next: nothing, it is complete" in said(desk)
    assert not [it for it in (text(desk), said(desk)) if "in doubt" in it or "handed over" in it]


def test_a_later_plan_names_whose_sending_is_open(
    uploading: Uploading, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was killed after the final dot: it is to be resumed first, which finds out how it is."""
    upload(uploading, file, None, emails=False)
    receipt = last_upload(uploading)
    with MailServer() as server, monkeypatch.context() as patched:
        mail = mail_for(server.port)

        def die(*_: Any) -> None:
            raise Killed

        patched.setattr(LetterSteps, "_keep", die)
        with pytest.raises(Killed):
            send(uploading, receipt, mail=mail, smtp=True, to=("p3@acme.com",))
    sending = last_send(uploading)
    _, desk = upload(uploading, file, None, emails=False)
    assert f"finish that first: aapimport resume {sending}" in text(desk)
