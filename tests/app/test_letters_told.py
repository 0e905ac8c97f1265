"""What receipts, lists and notices say of e-mails that followed an upload by the mail server."""

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
from aapimport.errors import AapimportError, ExitCode, ServiceError
from support.lettering import HEADER, ROWS, JsonDesk, history, last_upload, resume, said, upload
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.others_mail import Taking
from support.script_desk import ScriptDesk
from support.sending import last_send, send, settings, text, tomorrow
from support.uploading import Uploading

pytestmark = pytest.mark.usefixtures("no_emails")
BOSS = Notify(to=("boss@example.com",))


def receipt_of(uploading: Uploading, receipt: str) -> dict[str, Any]:
    """What `receipt --json` prints."""
    desk = JsonDesk()
    stored = StoredReceipt(
        settings=settings(uploading), desk=desk, number=receipt, choices=ReceiptChoices()
    )
    stored.show()
    found: dict[str, Any] = json.loads(desk.results[-1])
    return found


def shown(uploading: Uploading, receipt: str, html: Path) -> tuple[str, str]:
    """The receipt on a screen, and as a page."""
    desk = ScriptDesk(practice=False)
    choices = ReceiptChoices(html=html, force=True)
    StoredReceipt(settings=settings(uploading), desk=desk, number=receipt, choices=choices).show()
    return text(desk) + said(desk), " ".join(html.read_text(encoding="utf-8").split())


def states(found: dict[str, Any]) -> list[str]:
    """How each person's e-mail stands."""
    return [one["email_state"] for one in found["people"]]


def workbook(path: Path) -> list[str]:
    """What the results workbook says of each row's e-mail."""
    from openpyxl import load_workbook

    sheet = load_workbook(path).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    at = header.index("Welcome e-mail")
    return [str(row[at] or "") for row in rows]


def plan_of(uploading: Uploading, receipt: str, mail: Mail) -> int:
    """How many people `send-emails` plans for: whom it mails, or says why not."""
    desk = JsonDesk(yes=True)
    send(uploading, receipt, desk, mail=mail, smtp=True, dry_run=True)
    people = json.loads(desk.results[-1])["people"]
    return sum(one["standing"] in {"to_mail", "refused", "unknown"} for one in people)


def test_all_receipts_say_who_was_mailed(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path
) -> None:
    """On a screen, as JSON, on the page and in the workbook, with the sending's number."""
    out = tmp_path / "people.results.xlsx"
    desk = JsonDesk(yes=True)
    assert upload(uploading, file, mail, desk, results=out)[0] is ExitCode.OK
    receipt, sending = last_upload(uploading), last_send(uploading)
    found = receipt_of(uploading, receipt)
    assert found["letters"]["sendings"] == [sending]
    assert (found["email_counts"]["planned"], found["email_counts"]["sent"]) == (3, 3)
    assert states(found) == ["sent"] * 3
    printed = json.loads(desk.results[-1])
    assert printed.pop("sending")["receipt"] == sending
    assert printed == found
    screen, page = shown(uploading, receipt, tmp_path / "receipt.html")
    assert f"3 welcome e-mails sent; from learning@example.com by {mail.place}" in screen
    assert f"by sending {sending}" in screen
    assert "3 planned: 3 sent.</p>" in page
    assert f"by sending {sending}." in page
    assert workbook(out) == ["sent"] * 3


def test_what_became_of_each(uploading: Uploading, file: Path, tmp_path: Path) -> None:
    """Sent, rejected, in doubt: by name, each with its own way on; waiting before that."""
    lost = [0]

    def script(step: str, line: str) -> str | None:
        if step == "RCPT" and "p3@" in line:
            return "550 5.1.1 no such mailbox"
        lost[0] += step == "RCPT" and "p4@" in line
        return CUT if step == "dot" and lost[0] else None

    out = tmp_path / "people.results.xlsx"
    with MailServer(script) as server:
        upload(uploading, file, mail_for(server.port), results=out)
        receipt = last_upload(uploading)
        found = receipt_of(uploading, receipt)
        assert states(found) == ["sent", "rejected", "needs_person"]
        failures = [one["failures"][0] for one in found["people"] if one["failures"]]
        assert "5.1.1 no such mailbox" in failures[0]["words"]
        assert f"aapimport send-emails {receipt}" in failures[0]["cure"]
        assert f"aapimport send-emails {receipt} --sent --to" in failures[1]["cure"]
        assert workbook(out) == ["sent", "rejected", "needs person"]
        entry, words = history(uploading)
        assert (entry["unmailed"], entry["in_doubt"]) == (1, 1)
        assert f"{receipt}: of 1 person nobody knows whether they were mailed" in words
        assert plan_of(uploading, receipt, mail_for(server.port)) == 1


def test_who_waits_is_the_same_everywhere(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path, cut: Callable[..., str]
) -> None:
    """Also who had an account and is new on Jhana, and who was created earlier without e-mails."""
    uploading.portal.add_user("p2@acme.com")
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("\n".join([HEADER, ROWS[1]]) + "\n", encoding="utf-8")
    assert upload(uploading, earlier, None, emails=False)[0] is ExitCode.OK
    receipt = cut()
    found = receipt_of(uploading, receipt)
    assert states(found) == ["waiting", "none", "waiting"]
    entry, words = history(uploading)
    screen, _ = shown(uploading, receipt, tmp_path / "receipt.html")
    assert entry["unmailed"] == plan_of(uploading, receipt, mail) == 3
    waits = f"3 people wait for the welcome e-mail: aapimport send-emails {receipt}"
    assert waits in words
    assert waits in screen


def test_who_waits_elsewhere_is_not_counted_twice(
    uploading: Uploading, file: Path, mail: Mail, tmp_path: Path, cut: Callable[..., str]
) -> None:
    """Under an embargo of one upload: no other upload's `send-emails` mails them meanwhile."""
    other = tmp_path / "other.csv"
    other.write_text(file.read_text("utf-8").replace("Ana", "ana"), encoding="utf-8")
    first = cut()
    send(uploading, first, mail=mail, not_before=tomorrow())
    upload(uploading, other, mail)
    second = last_upload(uploading)
    assert second != first
    entry, words = history(uploading)
    assert (entry["receipt"], entry["unmailed"]) == (second, 0)
    assert f"aapimport send-emails {second}" not in words


def test_a_notice_names_what_is_left(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str]
) -> None:
    """A sending to one of three is complete, and the upload's e-mails aren't."""
    receipt = cut(notify=BOSS)
    Sending(
        settings=replace(settings(uploading, mail), notify=BOSS),
        desk=ScriptDesk(yes=True, practice=False),
        receipt=receipt,
        choices=MailChoices(to=("p3@acme.com",)),
        running=RunChoices(),
    ).carry_out()
    (told,) = [it for to, it in taking.texts if to == "boss@example.com"]
    assert "Next: nothing" not in told
    assert f"aapimport send-emails {receipt}" in told


def notices(taking: Taking) -> int:
    """How often the administrator was told."""
    return taking.taken["boss@example.com"]


def test_one_notice_at_the_end_of_both(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking
) -> None:
    """With the totals of both, and nothing left to do."""
    assert upload(uploading, file, mail, notify=BOSS)[0] is ExitCode.OK
    assert notices(taking) == 1
    (told,) = [it for to, it in taking.texts if to == "boss@example.com"]
    assert f"by sending {last_send(uploading)}" in told
    assert "complete, 3 of 3" in told
    assert "3 created" in told
    assert "3 welcome e-mails sent" in told
    assert f"aapimport receipt {last_upload(uploading)} --json" in told
    assert "Next: nothing" in told


@pytest.mark.parametrize("how", ["resume", "send-emails"])
def test_a_notice_is_not_lost_between_both(
    uploading: Uploading, mail: Mail, taking: Taking, cut: Callable[..., str], how: str
) -> None:
    """Nobody was told when it was cut off; whoever goes on tells it."""
    receipt = cut(notify=BOSS)
    assert not notices(taking)
    if how == "resume":
        resume(uploading, receipt, mail, notify=BOSS)
    else:
        Sending(
            settings=replace(settings(uploading, mail), notify=BOSS),
            desk=ScriptDesk(yes=True, practice=False),
            receipt=receipt,
            choices=MailChoices(),
            running=RunChoices(),
        ).carry_out()
    assert notices(taking) == 1


def test_who_is_told_where_no_email_could_be_begun(
    uploading: Uploading, file: Path, mail: Mail, taking: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload's notice, with the command that mails them."""

    def fail(*_: Any, **__: Any) -> None:
        raise ServiceError("the portal is gone")

    monkeypatch.setattr(Sending, "_planned", fail)
    with pytest.raises(AapimportError):
        upload(uploading, file, mail, notify=BOSS)
    assert notices(taking) == 1
    (told,) = [it for to, it in taking.texts if to == "boss@example.com"]
    assert "not all is well" in told
    assert f"aapimport send-emails {last_upload(uploading)}" in told
