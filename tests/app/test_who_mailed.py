"""Receipts and notices tell by which way and from which server each e-mail went, not was to go."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.choices import MailChoices, RunChoices
from aapimport.app.send_emails import Sending
from aapimport.app.stored_receipt import ReceiptChoices, StoredReceipt
from aapimport.config.mail import Mail
from aapimport.config.notify import Notify
from aapimport.errors import SettingsError
from support.lettering import JsonDesk, last_upload, said, upload
from support.mail_server import MailServer
from support.mailing import mail_for
from support.others_mail import Taking
from support.script_desk import ScriptDesk
from support.sending import last_send, resume, send, settings, text, tomorrow
from support.uploading import Uploading

pytestmark = pytest.mark.usefixtures("no_emails")


def told(uploading: Uploading, receipt: str, html: Path) -> tuple[list[dict[str, Any]], str, str]:
    """The parts as `receipt --json` has them, what the screen says, and the page."""
    as_json, desk = JsonDesk(), ScriptDesk(practice=False)
    for one in (as_json, desk):
        choices = ReceiptChoices(html=html, force=True)
        it = StoredReceipt(settings=settings(uploading), desk=one, number=receipt, choices=choices)
        it.show()
    page = " ".join(html.read_text(encoding="utf-8").split())
    return json.loads(as_json.results[-1])["letters"]["parts"], text(desk) + said(desk), page


def test_each_way_is_told(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str], tmp_path: Path
) -> None:
    """Approved from one server; one by another, one by hand, one for the whole pass."""
    receipt, html = cut(), tmp_path / "receipt.html"
    other = replace(mail, sender="people@example.com")
    parts, screen, page = told(uploading, receipt, html)
    assert parts == []
    assert f"from learning@example.com by {mail.place}, after the upload" in screen
    assert "After the upload: from" in page
    waits = f"3 new people wait for the welcome e-mail: aapimport send-emails {receipt}"
    assert (waits in page, "Nothing: everybody" in page) == (True, False)
    send(uploading, receipt, mail=other, to=("p2@acme.com",))
    first = last_send(uploading)
    parts, screen, page = told(uploading, receipt, html)
    (part,) = parts
    assert (part["sending"], part["way"], part["people"]) == (first, "smtp", 1)
    assert part["server"] == f"people@example.com by {mail.place}"
    assert f"; from people@example.com by {mail.place}, by sending {first}" in screen
    assert "learning@example.com" not in screen
    assert f"After the upload: from this address by {mail.place}, by sending {first}." in page
    send(uploading, receipt, mail=other, hand_over=tmp_path / "hand.xlsx", to=("p3@acme.com",))
    second = last_send(uploading)
    send(uploading, None, mail=other, pass_name="Leadership 2026", smtp=True)
    parts, screen, _ = told(uploading, receipt, html)
    assert f"1 from people@example.com by {mail.place}, by sending {first}" in screen
    assert f"1 by hand, by sending {second}" in screen
    send(uploading, second, sent=True)
    parts, screen, page = told(uploading, receipt, html)
    assert "Nothing: everybody is as the file says." in page
    assert {one["way"] for one in parts} == {"smtp", "hand-over"}
    assert [one["people"] for one in parts] == [1, 1, 1]
    assert f"1 by hand, by sending {second}" in screen
    assert taking.taken.total() == 2


def test_another_server_in_the_same_sending(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """One e-mail went by the first, then the other server was approved for the rest."""
    one_only = [0]

    def script(step: str, _: str) -> str | None:
        one_only[0] += step == "MAIL"
        return "530 5.7.0 authenticate" if one_only[0] > 1 and step == "MAIL" else None

    with MailServer(script) as server:
        first = mail_for(server.port)
        with pytest.raises(SettingsError):
            upload(uploading, file, first)
    receipt, sending = last_upload(uploading), last_send(uploading)
    resume(uploading, sending, mail, ScriptDesk(2, practice=False))
    parts, screen, _ = told(uploading, receipt, tmp_path / "receipt.html")
    assert [(one["sending"], one["server"], one["people"]) for one in parts] == [
        (sending, first.server, 1),
        (sending, mail.server, 2),
    ]
    assert f"2 from {mail.server}, by sending {sending}" in screen


def test_back_at_the_first_server_in_the_same_sending(
    uploading: Uploading, file: Path, tmp_path: Path
) -> None:
    """It was approved: nobody is asked again, and each e-mail is told of its own server."""
    taken = [0]

    def script(step: str, _: str) -> str | None:
        taken[0] += step == "MAIL"
        return "530 5.7.0 authenticate" if taken[0] % 2 == 0 and step == "MAIL" else None

    with MailServer(script) as first, MailServer(script) as second:
        with pytest.raises(SettingsError):
            upload(uploading, file, mail_for(first.port))
        receipt, sending = last_upload(uploading), last_send(uploading)
        desk = ScriptDesk(2, practice=False)
        with pytest.raises(SettingsError):
            resume(uploading, sending, mail_for(second.port), desk)
        resume(uploading, sending, mail_for(first.port), ScriptDesk(practice=False))
        names = [mail_for(one.port).server for one in (first, second)]
        assert [len(one.taken) for one in (first, second)] == [2, 1]
    parts, _, _ = told(uploading, receipt, tmp_path / "receipt.html")
    assert {(one["server"], one["people"]) for one in parts} == {(names[0], 2), (names[1], 1)}


def test_a_notice_names_who_mails(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """Another server for the sending; without anybody's address."""
    receipt = cut()
    other = replace(mail, sender="people@example.com")
    Sending(
        settings=replace(settings(uploading, other), notify=Notify(to=("boss@example.com",))),
        desk=ScriptDesk(yes=True, practice=False),
        receipt=receipt,
        choices=MailChoices(not_before=tomorrow()),
        running=RunChoices(),
    ).carry_out()
    (notice,) = [it for to, it in taking.texts if to == "boss@example.com"]
    assert f"from this address by {mail.place}, by sending {last_send(uploading)}" in notice
    assert file.exists()
