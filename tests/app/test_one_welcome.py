"""One welcome an account and a half: whatever was in doubt, given up, or done by the services."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aapimport.errors import DeclinedError, ExitCode, RefusedError, ServiceError
from aapimport.mail import delivery
from support.habits import EXTENSION
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.script_desk import ScriptDesk
from support.sending import (
    embargo_ends,
    id_of,
    last_send,
    mails,
    resume,
    send,
    some_people,
    text,
    tomorrow,
)
from support.stub import ScimStub
from support.uploading import Uploading, person
from support.wire import RESET, error, instead

ITSELF = {"requestId": "theirs", "sentAt": "2026-11-01T08:00:00Z"}


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Two people, the first with Jhana; uploaded without e-mails."""
    return some_people(portal_stub, jhana_stub, tmp_path, person(2, jhana=True), person(3))


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with MailServer() as one:
        yield one


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "WAITS", (0.01,) * 4)


def told(stub: ScimStub, email: str, kind: str) -> None:
    """A service has mailed somebody by its own screen."""
    user = next(it for it in stub.store.users.values() if it["userName"] == email)
    user[f"{EXTENSION}:User"] = {"welcomeEmail": {**ITSELF, "kind": kind}}


def ledger(uploading: Uploading) -> dict[str, str]:
    """How the halves of p2's welcome are."""
    who = (id_of(uploading, "p2@acme.com"), next(iter(uploading.jhana.store.users)))
    with closing(sqlite3.connect(uploading.journal_path)) as book:
        found = book.execute(
            "SELECT kind, state FROM mails WHERE account_id IN (?, ?) ORDER BY again", who
        )
        return dict(found.fetchall())


def test_a_request_in_doubt_is_not_repeated_to_whom_the_portal_has_mailed(
    uploading: Uploading,
) -> None:
    """Somebody used the portal's own screen meanwhile; they are named."""
    receipt = uploading.run().receipt
    path = f"/Users/{id_of(uploading, 'p3@acme.com')}"
    uploading.portal.on("PATCH", path, instead(RESET), body="welcomeEmail", times=99)
    send(uploading, receipt, to=("p3@acme.com",))
    uploading.portal._rules.clear()
    told(uploading.portal, "p3@acme.com", "portal")
    code, desk = resume(uploading, last_send(uploading))
    assert code is ExitCode.FINDINGS
    assert "the service has mailed them itself" in text(desk)
    assert not mails(uploading)


@pytest.mark.parametrize("hours", [24.0, 0.0001])
def test_a_failed_look_leaves_a_doubt_as_it_is(
    uploading: Uploading, server: MailServer, hours: float
) -> None:
    """The e-mail may have been sent: nobody else sends it anew, and only in time is it repeated."""
    receipt = uploading.run().receipt
    known: dict[str, Any] = {"idempotency_header": "X-Ref", "idempotency_hours": 24.0}
    server.script = lambda step, who: CUT if (step, who) == ("dot", "p3@acme.com") else None
    with pytest.raises(ServiceError):
        send(uploading, receipt, mail=mail_for(server.port, **known), smtp=True)
    server.script = lambda _step, _who: None
    refs = {one for _, to, one in server.taken if to == "p3@acme.com"}
    path = f"/Users/{id_of(uploading, 'p3@acme.com')}"
    uploading.portal.on("GET", path, instead(error(403)), times=1)
    mail = mail_for(server.port, **(known | {"idempotency_hours": hours}))
    try:
        resume(uploading, last_send(uploading), mail)
    except ServiceError:
        resume(uploading, last_send(uploading), mail)
    send(uploading, None, mail=mail, smtp=True, pass_name="Leadership 2026")
    found = {one.split(b"X-Ref: ")[1][:32] for _, to, one in server.taken if to == "p3@acme.com"}
    assert len(found) == 1
    assert refs


def put_off(uploading: Uploading, server: MailServer, receipt: str, **more: Any) -> dict[str, Any]:
    """P2's combined e-mail is put off, and Jhana's account switched off before the next try."""
    (jhana,) = uploading.jhana.store.users.values()

    def script(step: str, line: str) -> str | None:
        if step == "RCPT" and "p2@" in line:
            jhana["active"] = False
            return "451 4.7.1 come back later"
        return None

    server.script = script
    with pytest.raises(ServiceError):
        send(
            uploading,
            receipt,
            ScriptDesk(1, practice=False),
            mail=mail_for(server.port),
            smtp=True,
            to=("p2@acme.com",),
            **more,
        )
    server.script = lambda _step, _line: None
    found: dict[str, Any] = jhana
    return found


def test_a_half_that_is_spoken_of_after_all_is_sent(
    uploading: Uploading, server: MailServer
) -> None:
    """Given up with `--again`, and on Jhana again before the next session: one e-mail says both."""
    receipt = uploading.run().receipt
    jhana = put_off(uploading, server, receipt, again=True)
    jhana["active"] = True
    resume(uploading, last_send(uploading), mail_for(server.port))
    assert ledger(uploading) == {"portal": "done", "jhana": "done"}
    send(uploading, receipt, mail=mail_for(server.port), smtp=True)
    assert Counter(server.recipients) == Counter(["p2@acme.com", "p3@acme.com"])


def test_what_is_said_to_be_sent_is_not_the_half_that_was_given_up(
    uploading: Uploading, server: MailServer
) -> None:
    """It stays owed."""
    receipt = uploading.run().receipt
    jhana = put_off(uploading, server, receipt)
    server.script = lambda step, _: CUT if step == "dot" else None
    resume(uploading, last_send(uploading), mail_for(server.port))
    server.script = lambda _step, _who: None
    send(uploading, receipt, sent=True, to=("p2@acme.com",))
    assert ledger(uploading) == {"portal": "done", "jhana": "skipped"}
    jhana["active"] = True
    code, _ = send(uploading, receipt, mail=mail_for(server.port), smtp=True)
    assert code is ExitCode.OK
    assert b"Welcome to Jhana" in [one for _, to, one in server.taken if to == "p2@acme.com"][-1]


def test_the_portal_tells_which_half_it_has_sent(uploading: Uploading) -> None:
    """A combined request in doubt that is asked for about the portal alone leaves Jhana's owed."""
    receipt = uploading.run().receipt
    path = f"/Users/{id_of(uploading, 'p2@acme.com')}"
    uploading.portal.on("PATCH", path, instead(RESET), body="welcomeEmail", times=99)
    send(uploading, receipt, to=("p2@acme.com",))
    uploading.portal._rules.clear()
    (jhana,) = uploading.jhana.store.users.values()
    jhana["active"] = False
    resume(uploading, last_send(uploading))
    assert mails(uploading) == Counter([("p2@acme.com", "portal")])
    jhana["active"] = True
    assert send(uploading, receipt, to=("p2@acme.com",))[0] is ExitCode.OK
    assert mails(uploading) == Counter([("p2@acme.com", "portal"), ("p2@acme.com", "jhana")])


def test_another_address_does_not_tell_whose_account_it_is(
    uploading: Uploading, server: MailServer
) -> None:
    """Handed on, with the former address as an alias: the user name counts, erased or not."""
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    user["userName"], user["name"] = "zoe@acme.com", {"givenName": "Zoe", "familyName": "New"}
    user["emails"] = [{"value": "zoe@acme.com", "primary": True}, {"value": "p3@acme.com"}]
    code, _ = send(uploading, receipt, mail=mail_for(server.port), smtp=True)
    assert code is ExitCode.FINDINGS
    assert server.recipients == ["p2@acme.com"]


@pytest.mark.parametrize("by_smtp", [True, False])
@pytest.mark.parametrize("how", ["deactivated", "off the pass"])
def test_a_leaver_is_not_welcomed_to_jhana_either(
    uploading: Uploading, server: MailServer, how: str, *, by_smtp: bool
) -> None:
    """The e-mail is about Jhana alone; they have left the portal while it waited."""
    receipt = uploading.run().receipt
    more: dict[str, Any] = {"mail": mail_for(server.port), "smtp": by_smtp}
    told(uploading.portal, "p2@acme.com", "portal")
    send(uploading, receipt, not_before=tomorrow(), to=("p2@acme.com",), **more)
    user = uploading.portal.store.users[id_of(uploading, "p2@acme.com")]
    user["active"] = how != "deactivated"
    user["entitlements"] = [] if how == "off the pass" else user["entitlements"]
    embargo_ends(uploading)
    code, _ = resume(uploading, last_send(uploading), more["mail"])
    assert code is ExitCode.FINDINGS
    assert not server.recipients
    assert not mails(uploading)


@pytest.mark.parametrize("by_smtp", [True, False])
def test_whom_jhana_has_mailed_itself_is_told_of_the_portal_alone(
    uploading: Uploading, server: MailServer, *, by_smtp: bool
) -> None:
    """By its own screen, while the combined e-mail waited."""
    receipt = uploading.run().receipt
    more: dict[str, Any] = {"mail": mail_for(server.port), "smtp": by_smtp}
    send(uploading, receipt, not_before=tomorrow(), to=("p2@acme.com",), **more)
    told(uploading.jhana, "p2@acme.com", "jhana")
    embargo_ends(uploading)
    resume(uploading, last_send(uploading), more["mail"])
    if by_smtp:
        ((_, _, said),) = server.taken
        assert b"Jhana" not in said
    else:
        assert mails(uploading) == Counter([("p2@acme.com", "portal")])


def test_of_two_people_with_one_address_nobody_is_meant(
    uploading: Uploading, tmp_path: Path
) -> None:
    """Employee numbers with one mailbox: who it is can't be told, so nobody is settled."""
    receipt = uploading.run().receipt
    for number, user in enumerate(uploading.portal.store.users.values()):
        user["userName"], user["emails"] = f"1001{number}", [{"value": "office@acme.com"}]
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    with pytest.raises(RefusedError, match=r"2 people have the address .*row 2; row 3"):
        send(uploading, receipt, not_sent=True, to=("office@acme.com",))


def test_a_clock_that_was_wrong_mails_nobody_twice(
    uploading: Uploading, server: MailServer
) -> None:
    """An hour ahead at the upload: the e-mails come after it all the same."""
    receipt = uploading.run().receipt
    with closing(sqlite3.connect(uploading.journal_path)) as book:
        book.execute("UPDATE steps SET sent_at = sent_at + 3600")
        book.commit()
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail, smtp=True)
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    user["userName"], user["emails"] = "ana.lind@acme.com", [{"value": "ana.lind@acme.com"}]
    code, desk = send(uploading, receipt, mail=mail, smtp=True)
    assert (code, "2 mailed already" in text(desk)) == (ExitCode.OK, True)
    assert Counter(server.recipients) == Counter(["p2@acme.com", "p3@acme.com"])
    with pytest.raises(DeclinedError):
        send(uploading, receipt, ScriptDesk(0, practice=False), mail=mail, smtp=True, again=True)
