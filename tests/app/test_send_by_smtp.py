"""Welcome e-mails by a mail server of one's own, against real sockets on all three sides."""

import email
import json
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from aapimport.app.choices import RunChoices
from aapimport.app.emails import send_test
from aapimport.app.notice import teller_of
from aapimport.app.resume import Resumption
from aapimport.config.mail import Mail
from aapimport.config.mail_values import Preset
from aapimport.config.notify import Notify
from aapimport.config.overview import Whereabouts
from aapimport.errors import (
    DeclinedError,
    ExitCode,
    RefusedError,
    ServiceError,
    SettingsError,
    UsageError,
)
from aapimport.mail import delivery
from aapimport.mail.delivery import Letter
from aapimport.mail.outcomes import Outcome
from aapimport.run.journal import Journal
from aapimport.run.letter_steps import LetterSteps
from support.habits import EXTENSION
from support.mail_server import CUT, MailServer
from support.mailing import mail_for
from support.mortal import Killed
from support.script_desk import ScriptDesk
from support.sending import (
    embargo_ends,
    id_of,
    last_send,
    leave,
    mails,
    rename,
    resume,
    send,
    settings,
    text,
    three_people,
    tomorrow,
)
from support.stub import ScimStub
from support.uploading import Uploading, person

EVERYBODY = Counter(["p2@acme.com", "p3@acme.com", "p4@acme.com"])


@pytest.fixture
def uploading(portal_stub: ScimStub, jhana_stub: ScimStub, tmp_path: Path) -> Uploading:
    """Three people, the first with Jhana, on a portal that takes no word about e-mails."""
    portal_stub.habits.mails = jhana_stub.habits.mails = False
    return three_people(portal_stub, jhana_stub, tmp_path)


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with MailServer() as one:
        yield one


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is put off is tried again at once, as often as otherwise."""
    monkeypatch.setattr(delivery, "WAITS", (0.01,) * 4)


def reached(server: MailServer) -> Counter[str]:
    """Who was mailed how often."""
    return Counter(server.recipients)


def ledger(uploading: Uploading) -> dict[str, tuple[str, str]]:
    """How the e-mails are in the mail ledger, and their way, by service and account."""
    with closing(sqlite3.connect(uploading.journal_path)) as database:
        found = database.execute("SELECT kind, account_id, state, way FROM mails")
        return {f"{kind} {own}": (state, way) for kind, own, state, way in found}


def test_everybody_is_mailed_once_by_the_server(uploading: Uploading, server: MailServer) -> None:
    """The portal can't: the plan names the server and the time, and what is sent is a welcome."""
    receipt = uploading.run().receipt
    mail = mail_for(server.port, preset=Preset(host="", per_minute=600, per_day=100))
    code, desk = send(uploading, receipt, mail=mail)
    assert code is ExitCode.OK
    assert reached(server) == EVERYBODY
    assert f"from learning@example.com by 127.0.0.1:{server.port}" in text(desk)
    assert "less than a minute" in text(desk)
    assert not mails(uploading)
    made = [email.message_from_bytes(one, policy=default) for _, _, one in server.taken]
    assert {one["Auto-Submitted"] for one in made} == {"auto-generated"}
    assert len({one["Message-ID"] for one in made}) == 3
    assert any("Jhana" in one["Subject"] for one in made if one["To"] == "p2@acme.com")
    states = ledger(uploading)
    assert set(states.values()) == {("done", "smtp")}
    assert len(states) == 4  # the combined one counts as both


def test_nobody_is_mailed_again_whatever_comes_after(
    uploading: Uploading, server: MailServer
) -> None:
    """Once more, by the portal that can by now, and by an upload with e-mails."""
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail)
    code, desk = send(uploading, receipt, mail=mail)
    assert (code, "nothing was sent" in desk.said) == (ExitCode.OK, True)
    uploading.portal.habits.mails = uploading.jhana.habits.mails = True
    send(uploading, receipt, mail=mail)
    uploading.emails = True
    uploading.run()
    assert reached(server) == EVERYBODY
    assert not mails(uploading)


def test_the_portal_comes_first(uploading: Uploading, server: MailServer) -> None:
    """Only its e-mails hold the log-in; the server is asked for by a flag."""
    uploading.portal.habits.mails = uploading.jhana.habits.mails = True
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail, to=("p3@acme.com",))
    assert mails(uploading) == Counter([("p3@acme.com", "portal")])
    send(uploading, receipt, mail=mail, smtp=True)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])


def test_without_a_server_the_flag_is_refused(uploading: Uploading) -> None:
    """And in practice nobody real is mailed about practice accounts."""
    receipt = uploading.run().receipt
    with pytest.raises(SettingsError, match="needs a mail server"):
        send(uploading, receipt, smtp=True)
    trouble = SettingsError("there is no password")
    with pytest.raises(SettingsError, match="no password"):
        send(uploading, receipt, mail=mail_for(1, trouble=trouble))
    with pytest.raises(UsageError, match="sent from here"):
        send(uploading, receipt, smtp=True, hand_over=Path("out.xlsx"))


def test_a_text_of_ones_own_is_checked_before_anything_is_asked(
    uploading: Uploading, server: MailServer, tmp_path: Path
) -> None:
    """A name that there isn't ends it; nothing was begun."""
    receipt = uploading.run().receipt
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "portal.en.txt").write_text("Subject: Hi\n\nDear {{ frist_name }}\n")
    desk = ScriptDesk(3, practice=False)
    with pytest.raises(SettingsError, match="speaks of 'frist_name'") as raised:
        send(uploading, receipt, desk, mail=mail_for(server.port, templates=folder))
    assert "first_name" in raised.value.hint
    assert not desk.asked
    with Journal(uploading.journal_path) as journal:
        assert not journal.open_runs()


@pytest.mark.parametrize("taken", [True, False])
def test_a_reply_that_is_lost_leaves_a_doubt_for_good(
    uploading: Uploading, server: MailServer, *, taken: bool
) -> None:
    """Whether the server had taken it can't be told: nothing sends it again, and it is named."""
    server.takes_first = taken
    server.script = lambda step, who: CUT if (step, who) == ("dot", "p3@acme.com") else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    code, desk = send(uploading, receipt, mail=mail)
    assert code is ExitCode.FINDINGS
    assert "whether the mail server has sent it isn't known" in text(desk)
    server.script = lambda _step, _who: None
    for _ in range(2):
        code, desk = send(uploading, receipt, mail=mail)
        assert code is ExitCode.FINDINGS
        assert "p3@acme.com is not mailed" in text(desk)
    assert reached(server) == EVERYBODY - Counter([] if taken else ["p3@acme.com"])


def test_a_server_that_knows_an_email_again_leaves_no_doubt(
    uploading: Uploading, server: MailServer
) -> None:
    """It gets the same header and the same Message-ID; everybody is sent."""
    cuts = iter([CUT, CUT, CUT])
    server.script = lambda step, _: next(cuts, None) if step == "dot" else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port, idempotency_header="X-Entity-Ref-ID", idempotency_hours=24.0)
    code, _ = send(uploading, receipt, mail=mail)
    assert code is ExitCode.OK
    by_reference = Counter(
        email.message_from_bytes(one)["X-Entity-Ref-ID"] for _, _, one in server.taken
    )
    assert len(by_reference) == 3
    assert len({email.message_from_bytes(one)["Message-ID"] for _, _, one in server.taken}) == 3
    assert {state for state, _ in ledger(uploading).values()} == {"done"}


def test_another_server_is_not_sent_what_is_in_doubt(
    uploading: Uploading, server: MailServer
) -> None:
    """It would be a new e-mail there, whatever header it has."""
    receipt = uploading.run().receipt
    known = {"idempotency_header": "X-Entity-Ref-ID", "idempotency_hours": 24.0}
    server.script = lambda step, who: CUT if (step, who) == ("dot", "p3@acme.com") else None
    with pytest.raises(ServiceError):
        send(uploading, receipt, mail=mail_for(server.port, **known))
    with MailServer() as other:
        desk = ScriptDesk(1, practice=False)
        code, _ = resume(uploading, last_send(uploading), mail_for(other.port, **known), desk)
        assert code is ExitCode.FINDINGS
        assert "whether the mail server has sent it isn't known" in text(desk)
        assert "p3@acme.com" not in other.recipients


def test_the_first_server_is_not_sent_either_what_another_may_have_sent(
    uploading: Uploading, server: MailServer
) -> None:
    """Back at it, nobody is asked again, and the receipt tells which server has sent what."""
    receipt = uploading.run().receipt
    known = {"idempotency_header": "X-Entity-Ref-ID", "idempotency_hours": 24.0}
    server.script = lambda step, _: "450 4.2.0 later" if step == "RCPT" else None
    with pytest.raises(ServiceError):
        send(uploading, receipt, mail=mail_for(server.port, **known))
    with MailServer() as other:
        away: list[str] = []

        def script(step: str, _: str) -> str | None:
            if step == "dot":
                away.append(step)
            if not away:
                return None
            return CUT if step != "connect" else "421 4.3.2 away"

        other.script = script
        again = mail_for(other.port, **known)
        with pytest.raises(ServiceError):
            resume(uploading, last_send(uploading), again, ScriptDesk(3, practice=False))
        assert reached(other) == Counter(["p2@acme.com"])
    server.script = lambda _step, _line: None
    desk = ScriptDesk(practice=False)
    code, _ = resume(uploading, last_send(uploading), mail_for(server.port, **known), desk)
    assert (code, desk.asked) == (ExitCode.FINDINGS, [])
    assert reached(server) == Counter(["p3@acme.com", "p4@acme.com"])
    assert "whether the mail server has sent it isn't known" in text(desk)


def test_whoever_is_refused_is_named_and_the_others_are_mailed(
    uploading: Uploading, server: MailServer
) -> None:
    """In words that name nobody; they can be chosen later."""
    said = "550 5.1.1 no mailbox <p3@acme.com> here"
    server.script = lambda step, line: said if step == "RCPT" and "p3@" in line else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    code, desk = send(uploading, receipt, mail=mail)
    assert code is ExitCode.FINDINGS
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])
    assert "5.1.1 no mailbox <this address> here" in text(desk)
    server.script = lambda _step, _line: None
    assert send(uploading, receipt, mail=mail, only="rejected")[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


def test_greylisting_is_waited_for(uploading: Uploading, server: MailServer) -> None:
    """Each is refused once, for now; all arrive, none twice."""
    met: set[str] = set()

    def script(step: str, line: str) -> str | None:
        if step != "RCPT" or line in met:
            return None
        met.add(line)
        return "451 4.7.1 greylisted, come back later"

    server.script = script
    receipt = uploading.run().receipt
    assert send(uploading, receipt, mail=mail_for(server.port))[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


def test_who_is_put_off_for_long_is_for_resume(uploading: Uploading, server: MailServer) -> None:
    """Exit 4 with the line that goes on; the others are mailed, and then this one."""
    server.script = lambda step, line: "451 later" if step == "RCPT" and "p3@" in line else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    with pytest.raises(ServiceError) as raised:
        send(uploading, receipt, mail=mail)
    sending = last_send(uploading)
    assert raised.value.exit_code is ExitCode.SERVICE
    assert "1 e-mail was put off" in raised.value.message
    assert f"aapimport resume {sending}" in raised.value.hint
    assert "2 of 3 done" in raised.value.state
    server.script = lambda _step, _line: None
    assert resume(uploading, sending, mail)[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


def test_a_days_limit_ends_with_the_time_to_go_on(uploading: Uploading, server: MailServer) -> None:
    """Those sent before count, whichever run sent them."""
    receipt = uploading.run().receipt
    mail = mail_for(server.port, preset=Preset(host="", per_day=2))
    code, desk = send(uploading, receipt, mail=mail, to=("p2@acme.com",))
    assert code is ExitCode.OK
    with pytest.raises(ServiceError, match="within 24 hours") as raised:
        send(uploading, receipt, desk, mail=mail)
    assert "go on at" in raised.value.hint
    assert reached(server).total() == 2
    assert "2 days" not in text(desk)


def test_notices_and_tests_count_for_the_days_limit(
    uploading: Uploading, server: MailServer
) -> None:
    """By the same server and sender; notices keep to the limit, too."""
    receipt = uploading.run().receipt
    mail = mail_for(server.port, preset=Preset(host="", per_day=3))
    folder = uploading.journal_path.parent
    where = Whereabouts(target="live", address="")
    desk = ScriptDesk(practice=False)

    def test(by: Mail) -> None:
        send_test(by, where, desk, to="me@example.com", kind="portal", language=None, folder=folder)

    test(mail)
    test(replace(mail, sender="other@example.com"))
    found = replace(settings(uploading, mail), notify=Notify(to=("zoe@example.com",)))
    teller = teller_of(found)
    assert teller is not None
    with Journal(uploading.journal_path) as journal:
        teller.tell(journal, receipt, desk)
    with pytest.raises(ServiceError, match="within 24 hours"):
        send(uploading, receipt, mail=mail)
    assert server.recipients[:3] == ["me@example.com", "me@example.com", "zoe@example.com"]
    assert len(server.recipients) == 4
    with Journal(uploading.journal_path) as journal:
        teller.tell(journal, receipt, desk)
    assert "no more e-mails within 24 hours" in desk.said[-1]
    assert len(server.recipients) == 4
    kept = (folder / "mails-counted.sqlite3").read_bytes()
    assert b"example.com" not in kept


@pytest.mark.parametrize("step", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_dot_is_not_sent(
    uploading: Uploading, server: MailServer, step: str
) -> None:
    """It is tried again, and sent once."""
    cuts = iter([CUT, CUT])
    server.script = lambda at, _: next(cuts, None) if at == step else None
    receipt = uploading.run().receipt
    assert send(uploading, receipt, mail=mail_for(server.port))[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


def test_a_server_that_refuses_us_ends_it(uploading: Uploading, server: MailServer) -> None:
    """Nobody is rejected because of that; exit 3 with the line that goes on."""
    server.script = lambda step, _: "530 5.7.0 authenticate first" if step == "MAIL" else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    with pytest.raises(SettingsError) as raised:
        send(uploading, receipt, mail=mail)
    assert "aapimport resume" in raised.value.hint
    server.script = lambda _step, _line: None
    assert send(uploading, receipt, mail=mail)[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


@pytest.mark.parametrize("how", ["deactivated", "gone", "handed on", "renamed"])
def test_who_left_while_they_waited_is_not_mailed(
    uploading: Uploading, server: MailServer, how: str
) -> None:
    """Each is looked at before each try, and the right to mail them is free again."""
    receipt = uploading.run().receipt
    who = id_of(uploading, "p3@acme.com")

    def script(step: str, line: str) -> str | None:
        if step != "RCPT" or "p3@" not in line:
            return None
        leave(uploading, who, how)
        return "451 4.7.1 come back later"

    server.script = script
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "not mailed: " in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])
    assert ledger(uploading)[f"portal {who}"][0] == "skipped"
    server.script = lambda _step, _line: None
    code, _ = send(uploading, receipt, mail=mail_for(server.port))
    assert reached(server)["new@acme.com"] == (how == "renamed")


def test_an_address_beyond_ascii_is_named_before(uploading: Uploading, server: MailServer) -> None:
    """A server without SMTPUTF8 refuses it; the plan has said so."""
    uploading.rows = (person(2, email="josé@acme.com"), person(3))
    receipt = uploading.run().receipt
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "josé@acme.com: letters outside ASCII" in text(desk)
    assert reached(server) == Counter(["p3@acme.com"])


def test_one_person_is_mailed_first(uploading: Uploading, server: MailServer) -> None:
    """The others wait for a word."""
    receipt = uploading.run().receipt
    desk = ScriptDesk(3, False, practice=False)
    mail = mail_for(server.port)
    with pytest.raises(DeclinedError):
        send(uploading, receipt, desk, mail=mail, canary="p3@acme.com")
    assert reached(server) == Counter(["p3@acme.com"])
    assert resume(uploading, last_send(uploading), mail)[0] is ExitCode.OK
    assert reached(server) == EVERYBODY


def test_the_plan_is_json_too(uploading: Uploading, server: MailServer) -> None:
    """With its way, its server and its time."""
    receipt = uploading.run().receipt
    desk = ScriptDesk(practice=False)
    desk.as_json = True
    preset = Preset(host="", per_minute=30)
    send(uploading, receipt, desk, mail=mail_for(server.port, preset=preset), dry_run=True)
    report = json.loads(dict(desk.shown)["result"])
    assert (report["way"], report["server"]) == ("smtp", f"127.0.0.1:{server.port}")
    assert report["seconds"] == 6.0


def test_a_mail_server_that_is_gone_from_the_settings_is_told(
    uploading: Uploading, server: MailServer
) -> None:
    """What was begun by it isn't finished by another way: what is missing where, and both ways."""
    server.script = lambda step, _: "530 5.7.0 authenticate first" if step == "MAIL" else None
    receipt = uploading.run().receipt
    with pytest.raises(SettingsError):
        send(uploading, receipt, mail=mail_for(server.port))
    sending = last_send(uploading)
    tries: list[Callable[[], object]] = [
        lambda: resume(uploading, sending),
        lambda: resume(uploading, sending, places=("acme", "")),
        lambda: send(uploading, receipt),
    ]
    for again in tries:
        with pytest.raises(
            SettingsError, match=r"have no table \[(profile\.acme\.)?mail\]"
        ) as raised:
            again()
        error = raised.value
        assert error.exit_code is ExitCode.SETTINGS
        assert f"from learning@example.com by 127.0.0.1:{server.port}" in error.message
        assert f"aapimport resume {sending}" in error.hint
        assert f"aapimport resume {sending} --close" in error.hint
        assert "0 of 3 done, all recorded" in error.state
    with pytest.raises(RefusedError, match="is still open"):
        send(uploading, receipt, to=("p3@acme.com",))


def test_a_sending_is_closed_where_nobody_can_be_told_of_it(
    uploading: Uploading, server: MailServer
) -> None:
    """`[notify]` without a mail server stops what goes on, and no end."""
    receipt = uploading.run().receipt
    send(uploading, receipt, mail=mail_for(server.port), not_before=tomorrow())
    sending = last_send(uploading)
    without = replace(settings(uploading), notify=Notify(to=("boss@example.com",)))

    def give(*, close: bool) -> tuple[ExitCode, ScriptDesk]:
        desk = ScriptDesk(yes=True, practice=False)
        again = Resumption(
            receipt=sending, settings=without, desk=desk, choices=RunChoices(), close=close
        )
        return again.carry_out(), desk

    with pytest.raises(SettingsError, match="no mail server that could send it"):
        give(close=False)
    code, desk = give(close=True)
    assert code is ExitCode.FINDINGS
    (said,) = [it for it in desk.said if "nobody is told of it by e-mail" in it]
    assert "boss@example.com is to be told" in said
    send(uploading, receipt, mail=mail_for(server.port))
    assert Counter(to for _, to, _ in server.taken) == EVERYBODY


def test_the_settings_that_lack_a_mail_server_are_named(
    uploading: Uploading, server: MailServer
) -> None:
    """The profile's table, and what names the portal: the file in which it belongs."""
    server.script = lambda step, _: "530 5.7.0 authenticate first" if step == "MAIL" else None
    receipt = uploading.run().receipt
    with pytest.raises(SettingsError):
        send(uploading, receipt, mail=mail_for(server.port))
    at = "/home/ana/aapimport.toml: profile.acme.portal.url"
    with pytest.raises(SettingsError) as raised:
        resume(uploading, last_send(uploading), places=("acme", at))
    assert "the settings of profile acme have no table [profile.acme.mail]" in raised.value.message
    assert at in raised.value.message


def test_closing_without_the_mail_server_leaves_everybody_as_they_are(
    uploading: Uploading, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent, in doubt, never mailed: only the last are mailed by the next sending."""
    landed = LetterSteps._land

    def land(self: LetterSteps, letter: Letter, outcome: Outcome) -> None:
        if letter.to == "p3@acme.com":  # its intent is on record, its reply isn't
            raise Killed
        landed(self, letter, outcome)

    server.script = lambda step, who: CUT if (step, who) == ("dot", "p3@acme.com") else None
    server.takes_first = False
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    with monkeypatch.context() as patched:
        patched.setattr(LetterSteps, "_land", land)
        with pytest.raises(Killed):
            send(uploading, receipt, mail=mail)
    sending = last_send(uploading)
    code, desk = resume(uploading, sending, close=True)
    assert code is ExitCode.FINDINGS
    assert "p3@acme.com" in text(desk)
    assert "created and not mailed: 1 person (row 4)" in text(desk)
    server.script = lambda _step, _who: None
    code, desk = send(uploading, receipt, mail=mail)
    assert code is ExitCode.FINDINGS
    assert "p3@acme.com is not mailed: whether sending" in text(desk)
    assert reached(server) == Counter(["p2@acme.com", "p4@acme.com"])


@pytest.mark.parametrize("sent", [True, False])
def test_a_doubt_is_settled_by_somebody_who_knows(
    uploading: Uploading, server: MailServer, *, sent: bool
) -> None:
    """By the person's address; then it is as if it had been seen from here."""
    server.takes_first = sent
    server.script = lambda step, who: CUT if (step, who) == ("dot", "p3@acme.com") else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    _, desk = send(uploading, receipt, mail=mail)
    assert f"aapimport send-emails {receipt} --sent --to p3@acme.com" in text(desk)
    server.script = lambda _step, _who: None
    with pytest.raises(RefusedError, match="neither handed over nor in doubt"):
        send(uploading, receipt, mail=mail, sent=sent, not_sent=not sent, to=("p4@acme.com",))
    settled: dict[str, Any] = {"sent": sent, "not_sent": not sent, "to": ("P3@acme.com",)}
    with pytest.raises(DeclinedError):
        send(uploading, receipt, ScriptDesk(0, practice=False), mail=mail, **settled)
    code, _ = send(uploading, receipt, ScriptDesk(1, practice=False), mail=mail, **settled)
    assert code is ExitCode.OK
    code, desk = send(uploading, receipt, mail=mail)
    assert code is ExitCode.OK
    assert ("3 mailed already" in text(desk)) == sent
    assert reached(server) == EVERYBODY


def test_one_of_those_who_were_handed_over_is_settled_alone(
    uploading: Uploading, server: MailServer, tmp_path: Path
) -> None:
    """The others stay handed over, and only this one is mailed from here."""
    receipt = uploading.run().receipt
    send(uploading, receipt, hand_over=tmp_path / "one.xlsx")
    send(uploading, receipt, ScriptDesk(1, practice=False), not_sent=True, to=("p3@acme.com",))
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert (code, "2 handed over" in text(desk)) == (ExitCode.OK, True)
    assert reached(server) == Counter(["p3@acme.com"])


@pytest.mark.parametrize("how", ["deactivated", "gone", "handed on", "off the pass"])
def test_who_leaves_while_another_is_mailed_is_not_mailed(
    uploading: Uploading, server: MailServer, how: str
) -> None:
    """Each is looked at just before, not only some together."""
    receipt = uploading.run().receipt
    who = id_of(uploading, "p3@acme.com")

    def script(step: str, line: str) -> None:
        if step == "RCPT" and "p2@" in line:
            leave(uploading, who, how)

    server.script = script
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "not mailed: " in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])
    assert ledger(uploading)[f"portal {who}"][0] == "skipped"


def test_who_is_taken_off_the_pass_while_they_wait_is_not_mailed(
    uploading: Uploading, server: MailServer
) -> None:
    """Nobody is told of a seat that they haven't got any more."""
    receipt = uploading.run().receipt
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]

    def script(step: str, line: str) -> str | None:
        if step != "RCPT" or "p3@" not in line or not user["entitlements"]:
            return None
        user["entitlements"] = []
        return "451 4.7.1 come back later"

    server.script = script
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "the account isn't on the pass any more" in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])


def test_a_half_that_was_not_sent_stays_owed(uploading: Uploading, server: MailServer) -> None:
    """Claimed with the other half, and given up: whoever is on Jhana again is welcomed to it."""
    server.script = lambda step, line: "451 later" if step == "RCPT" and "p2@" in line else None
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    with pytest.raises(ServiceError):
        send(uploading, receipt, mail=mail)
    (jhana,) = uploading.jhana.store.users.values()
    jhana["active"] = False
    server.script = lambda _step, _line: None
    resume(uploading, last_send(uploading), mail)
    assert reached(server) == EVERYBODY
    jhana["active"] = True
    code, _ = send(uploading, receipt, mail=mail)
    assert code is ExitCode.OK
    assert reached(server) == EVERYBODY + Counter(["p2@acme.com"])
    assert b"Welcome to Jhana" in server.taken[-1][2]


@pytest.mark.parametrize("by_smtp", [True, False])
def test_a_renamed_person_is_the_same_one(
    uploading: Uploading, server: MailServer, *, by_smtp: bool
) -> None:
    """Mailed at the new address, and renamed back: the account has had its welcome."""
    uploading.portal.habits.mails = uploading.jhana.habits.mails = True
    receipt = uploading.run().receipt
    more: dict[str, Any] = {"mail": mail_for(server.port), "smtp": by_smtp}
    send(uploading, receipt, not_before=tomorrow(), to=("p3@acme.com",), **more)
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    rename(user, "new@acme.com")
    send(uploading, None, pass_name="Leadership 2026", to=("new@acme.com",), **more)
    rename(user, "p3@acme.com")
    user.pop(f"{EXTENSION}:User", None)  # a portal that tells nothing of it
    embargo_ends(uploading)
    code, desk = resume(uploading, last_send(uploading, of=receipt), more["mail"])
    assert code is ExitCode.FINDINGS
    assert "has mailed this account" in text(desk)
    assert "nothing is sent twice" in text(desk)
    if by_smtp:
        assert reached(server) == Counter(["new@acme.com"])
    else:
        assert mails(uploading) == Counter([("new@acme.com", "portal")])


def test_who_was_renamed_is_mailed_at_the_new_address_later(
    uploading: Uploading, server: MailServer
) -> None:
    """A sending that waits knows an account by our key, too."""
    receipt = uploading.run().receipt
    mail = mail_for(server.port)
    send(uploading, receipt, mail=mail, not_before=tomorrow())
    rename(uploading.portal.store.users[id_of(uploading, "p3@acme.com")], "new@acme.com")
    embargo_ends(uploading)
    assert resume(uploading, last_send(uploading), mail)[0] is ExitCode.OK
    assert reached(server) == Counter(["p2@acme.com", "new@acme.com", "p4@acme.com"])


def test_whose_account_it_is_nobody_can_tell_once_all_is_erased(
    uploading: Uploading, server: MailServer
) -> None:
    """Under another address and another name it may be anybody's; under one of them theirs."""
    receipt = uploading.run().receipt  # nothing is kept: erased as soon as it is done
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    rename(user, "zoe@acme.com")
    user["name"] = {"givenName": "Zoe", "familyName": "New"}
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "zoe@acme.com is not mailed: the account has another address and another" in text(desk)
    command = f"aapimport send-emails {receipt} --to ADDRESS --checked"
    assert f"if it is theirs all the same: {command}" in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])


@pytest.mark.parametrize("by_smtp", [True, False])
def test_somebody_who_has_looked_has_them_mailed(
    uploading: Uploading, server: MailServer, *, by_smtp: bool
) -> None:
    """By the address of now and a typed number, once; nobody else, and without `--yes`."""
    uploading.portal.habits.mails = not by_smtp
    receipt = uploading.run().receipt
    for old, new, first in (("p3", "zoe", "Zoe"), ("p4", "ida", "Ida")):
        user = uploading.portal.store.users[id_of(uploading, f"{old}@acme.com")]
        rename(user, f"{new}@acme.com")
        user["name"] = {"givenName": first, "familyName": "New"}
    mail = mail_for(server.port) if by_smtp else None

    def mailed() -> Counter[str]:
        return reached(server) if by_smtp else Counter(who for who, _ in mails(uploading))

    def desk(*answers: int) -> ScriptDesk:
        return ScriptDesk(*answers, practice=False)

    with pytest.raises(UsageError, match="--checked"):
        send(uploading, receipt, desk(), mail=mail, checked=True)
    checked: dict[str, Any] = {"checked": True, "to": ("zoe@acme.com",), "mail": mail}
    _, shown = send(uploading, receipt, desk(1), **checked)
    assert [flags for _, flags in shown.asked] == [
        "an answer at a terminal: --yes is no word on --checked"
    ]
    assert mailed() == Counter(["zoe@acme.com"])
    send(uploading, receipt, desk(), **checked)
    send(uploading, receipt, mail=mail)
    assert (mailed()["zoe@acme.com"], mailed()["ida@acme.com"]) == (1, 0)


@pytest.mark.parametrize("address", ["p3\r\nBcc: x@acme.com", "p3@", f"{'p' * 65}@acme.com"])
def test_an_address_that_is_none_holds_back_nobody_else(
    uploading: Uploading, server: MailServer, address: str
) -> None:
    """They are named before anything is sent."""
    receipt = uploading.run().receipt
    rename(uploading.portal.store.users[id_of(uploading, "p3@acme.com")], address)
    code, desk = send(uploading, receipt, mail=mail_for(server.port))
    assert code is ExitCode.FINDINGS
    assert "row 3:" in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])


def test_a_text_that_does_not_fit_one_person_holds_back_nobody_else(
    uploading: Uploading, server: MailServer, tmp_path: Path
) -> None:
    """Who it is and why is on the plan."""
    receipt = uploading.run().receipt
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "portal.en.txt").write_text("Subject: Hi {{ first_name[0] }}\n\nWelcome\n")
    user = uploading.portal.store.users[id_of(uploading, "p3@acme.com")]
    user["name"]["givenName"] = ""
    code, desk = send(uploading, receipt, mail=mail_for(server.port, templates=folder))
    assert code is ExitCode.FINDINGS
    assert "p3@acme.com is not mailed: the text can't be made for them" in text(desk)
    assert reached(server) == EVERYBODY - Counter(["p3@acme.com"])


def test_another_server_or_sender_is_approved_anew(
    uploading: Uploading, server: MailServer
) -> None:
    """`--yes` is no word on that; whoever says no leaves all as it is."""
    server.script = lambda step, _: "530 5.7.0 authenticate first" if step == "MAIL" else None
    receipt = uploading.run().receipt
    with pytest.raises(SettingsError):
        send(uploading, receipt, mail=mail_for(server.port))
    with MailServer() as other:
        mail = mail_for(other.port, sender="ceo@other.example")
        with pytest.raises(DeclinedError):
            resume(uploading, last_send(uploading), mail, ScriptDesk(0, yes=True, practice=False))
        assert not other.taken
        desk = ScriptDesk(3, yes=True, practice=False)
        assert resume(uploading, last_send(uploading), mail, desk)[0] is ExitCode.OK
        ((question, _),) = desk.asked
        assert "now go out from ceo@other.example" in question
        assert "approved was learning@example.com" in question
        assert reached(other) == EVERYBODY


@pytest.mark.parametrize("drip", [b"250-more\r\n", b"x", b"250-\r\n250-"])
def test_a_reply_that_never_ends_is_given_up(uploading: Uploading, drip: bytes) -> None:
    """Without a limit on lines it would fill the memory, without one on time it would never end."""
    receipt = uploading.run().receipt
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=_drip, args=(client, drip), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(ServiceError, match=r"no mail server answers|doesn't end|put off"):
            send(uploading, receipt, mail=mail_for(listening.getsockname()[1]))
        listening.shutdown(socket.SHUT_RDWR)


def _drip(client: socket.socket, drip: bytes) -> None:
    with client, suppress(OSError):
        client.sendall(b"220 ready\r\n")
        while True:
            client.sendall(drip * 50)
