"""One e-mail to one person: sent, not sent, or in doubt, and never a guess."""

import smtplib
import time
from collections.abc import Callable
from typing import Any

import pytest

from aapimport.config.logins import Basic, Secret
from aapimport.config.mail_values import Preset
from aapimport.errors import SettingsError
from aapimport.mail.connection import Patience
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    Later,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
)
from aapimport.mail.smtp import Mailer
from support.encrypted import AUTHORITY
from support.mail_server import CUT, STEPS, MailServer, Script
from support.mailing import VirtualClock, a_message, mail_for

TO = "ana@example.com"
QUICK = Patience(connect=5.0, command=5.0, dot=5.0)
LOGIN = Basic(user="learning", password=Secret(value="s3cret-pä55", source="keyring"))


def _at(step: str, said: str) -> Script:
    return lambda at, _line: said if at == step else None


def _send(server: MailServer, to: str = TO, **more: Any) -> tuple[Outcome, list[str]]:
    """What became of one e-mail, and what was done at the point of no return."""
    intents: list[str] = []
    mailer = Mailer(mail_for(server.port, **more), VirtualClock(), patience=QUICK)
    outcome = mailer.send(a_message(), to=to, intent=lambda: intents.append(to))
    mailer.close()
    return outcome, intents


def test_one_is_sent() -> None:
    """To one recipient, whole, with the intent durable before, and the server's words kept."""
    with MailServer() as server:
        outcome, intents = _send(server)
    assert outcome == Sent("250 2.0.0 queued as 7K3")
    assert intents == [TO]
    assert server.recipients == [TO]
    assert b"\r\n..\r\n...and a second line\r\n" in server.taken[0][2]
    assert "MAIL FROM:<learning@example.com> SIZE=" in server.taken[0][0]
    assert "RCPT TO:<ana@example.com> NOTIFY=FAILURE" in server.commands


def test_the_intent_stands_between_text_and_dot() -> None:
    """When it is committed the server has the text and not the dot; its failure sends nothing."""
    with MailServer() as server:
        mailer = Mailer(mail_for(server.port), VirtualClock(), patience=QUICK)

        def fails() -> None:
            assert server.commands[-1] == "DATA"
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="the disk is full"):
            mailer.send(a_message(), to=TO, intent=fails)
        assert server.taken == []
        assert isinstance(mailer.send(a_message(), to=TO, intent=lambda: None), Sent)
        assert server.connections == 2
        mailer.close()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("takes_first", [True, False])
def test_cut_at_every_step(step: str, takes_first: bool) -> None:
    """In doubt only between the dot and its reply; everywhere else the server has taken nothing."""
    with MailServer(_at(step, CUT), takes_first=takes_first) as server:
        mailer = Mailer(mail_for(server.port, login=LOGIN), VirtualClock(), patience=QUICK)
        intents: list[int] = []
        first = mailer.send(a_message(), to=TO, intent=lambda: intents.append(1))
        if step == "RSET":
            assert isinstance(first, Sent)
            second = mailer.send(a_message(), to=TO, intent=lambda: intents.append(2))
            assert isinstance(second, Sent)  # on a new connection
            assert server.connections == 2
        elif step == "dot":
            assert isinstance(first, InDoubt)
            assert len(server.taken) == takes_first
        else:
            expected = (TakesNothing,) if step == "connect" else (NotSent, InDoubt)
            assert isinstance(first, expected)
            assert not isinstance(first, InDoubt) or intents
            assert server.taken == []
        mailer.close()


@pytest.mark.parametrize(("silent_at", "kind"), [("dot", InDoubt), ("RCPT", NotSent)])
def test_the_reply_to_the_dot_is_waited_for(silent_at: str, kind: type[Outcome]) -> None:
    """A server that is silent too long leaves a doubt; before the dot it leaves none."""

    def script(step: str, _: str) -> str | None:
        if step == silent_at:
            time.sleep(1.0)
            return CUT
        return None

    with MailServer(script) as server:
        patience = Patience(connect=5.0, command=0.3, dot=0.3)
        mailer = Mailer(mail_for(server.port), VirtualClock(), patience=patience)
        assert isinstance(mailer.send(a_message(), to=TO, intent=lambda: None), kind)
        mailer.close()
    assert Patience().dot == 600.0


@pytest.mark.parametrize(
    ("step", "said", "kind"),
    [
        ("RCPT", "550 5.1.1 nobody of that name", Refused),
        ("RCPT", "450 4.7.1 greylisted, come back", Later),
        ("RCPT", "452 4.2.2 mailbox full", Later),
        ("RCPT", "452 4.3.1 no room on the server", TakesNothing),
        ("dot", "554 5.7.1 looks like spam", Refused),
        ("dot", "451 4.3.0 try again", Later),
        ("dot", "354 what?", InDoubt),
        ("dot", "odd", InDoubt),
        ("dot", "554 5.2.252 SendAsDenied; learning@example.com", TakesNothing),
        ("DATA", "554 5.5.1 no valid recipients", Refused),
        ("MAIL", "550 5.7.1 not as that sender", TakesNothing),
        ("MAIL", "432 4.3.2 too many connections", TakesNothing),
        ("MAIL", "530 5.7.57 client was not authenticated", TakesNothing),
        ("RCPT", "530 5.7.0 authentication required", TakesNothing),
        ("connect", "554 5.7.1 you are on a list", TakesNothing),
        ("connect", "421 4.3.2 come back later", TakesNothing),
        ("EHLO", "nonsense", NotSent),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded", DayIsFull),
        ("RCPT", "552 5.2.2 mailbox full: quota exceeded", Refused),
        ("RCPT", "552 5.2.3 over the daily limit of this mailbox", Refused),
        ("dot", "554 5.2.0 SubmissionQuotaExceededException", DayIsFull),
    ],
)
def test_what_a_refusal_means(step: str, said: str, kind: type[Outcome]) -> None:
    """Of one address or of all, now or for good; a reply to the dot that is none is a doubt."""
    with MailServer(_at(step, said)) as server:
        outcome, _ = _send(server)
    assert isinstance(outcome, kind), outcome
    if step == "dot" and said == "odd":
        assert server.recipients == [TO]
    elif not isinstance(outcome, InDoubt):
        assert server.taken == []
        words = said if said != "nonsense" else "none of SMTP"
        assert words in outcome.reason  # type: ignore[union-attr] # of all but Sent


def test_one_refusal_is_no_other_ones() -> None:
    """After it the same connection goes on with the next person."""

    def script(step: str, line: str) -> str | None:
        return "550 5.1.1 nobody" if step == "RCPT" and "bob" in line else None

    with MailServer(script) as server:
        mailer = Mailer(mail_for(server.port), VirtualClock(), patience=QUICK)
        found = [
            mailer.send(a_message(to), to=to, intent=lambda: None)
            for to in ("ana@example.com", "bob@example.com", "chidi@example.com")
        ]
        mailer.close()
    assert [type(one) for one in found] == [Sent, Refused, Sent]
    assert server.connections == 1
    assert server.commands.count("rset") == 2
    assert "noop" not in server.commands


@pytest.mark.parametrize("offered", ["PLAIN LOGIN", "LOGIN"])
def test_a_password_is_told_and_never_shown(offered: str) -> None:
    """By what the server offers; what it repeats of it is struck out."""

    def script(step: str, line: str) -> str | None:
        if step == "AUTH" and line == "AUTH LOGIN bGVhcm5pbmc=":
            return "334 UGFzc3dvcmQ6"
        return None if step in {"connect", "EHLO"} else f"535 5.7.8 bad: {line} s3cret-pä55"

    with MailServer(script, (f"AUTH {offered}",)) as server:
        outcome, _ = _send(server, login=LOGIN)
    assert isinstance(outcome, TakesNothing)
    assert not outcome.passes
    assert "aapimport login mail" in outcome.cure
    assert "s3cret" not in outcome.reason
    assert "AGxlYXJuaW5nAHMzY3JldC1ww6Q1NQ==" not in outcome.reason


def test_no_log_in_of_ours_is_offered() -> None:
    """A password is never tried in another way."""
    with MailServer(extensions=("AUTH CRAM-MD5",)) as server:
        outcome, _ = _send(server, login=LOGIN)
    assert outcome == TakesNothing(
        "the server offers no log-in of the kind that auth says; it offers: CRAM-MD5",
        "correct auth in [mail]: password, xoauth2 or none",
    )
    assert not any(one.startswith("AUTH") for one in server.commands)


def test_it_is_encrypted_but_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """STARTTLS with a certificate that is trusted; without the offer, nothing is told."""
    with MailServer(encrypted=True) as server:
        found, _ = _send(server, host="localhost", login=LOGIN, ca_file=AUTHORITY)
        assert isinstance(found, Sent)
        begun = server.commands.index("STARTTLS")
        assert begun < next(i for i, one in enumerate(server.commands) if "AUTH" in one)
    monkeypatch.setattr("aapimport.mail.smtp.is_loopback", lambda _host: False)
    with MailServer(encrypted=True) as server:
        outcome, _ = _send(server, login=LOGIN)  # a certificate that this computer doesn't trust
        assert isinstance(outcome, TakesNothing)
        assert "ca_file" in outcome.cure
    with MailServer() as server:
        outcome, _ = _send(server, login=LOGIN)
        assert isinstance(outcome, TakesNothing)
        assert "offers no encryption" in outcome.reason
        assert not any(one.startswith(("AUTH", "MAIL")) for one in server.commands)


def test_465_is_encrypted_from_the_first_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a certificate that is trusted; a server that speaks plainly there is a wrong port."""
    with MailServer(implicit=True) as server:
        monkeypatch.setattr("aapimport.mail.smtp.IMPLICIT_TLS_PORT", server.port)
        found, _ = _send(server, host="localhost", login=LOGIN, ca_file=AUTHORITY)
        assert isinstance(found, Sent)
        assert "STARTTLS" not in server.commands
        outcome, _ = _send(server, host="localhost", login=LOGIN)
        assert isinstance(outcome, TakesNothing)
        assert "ca_file" in outcome.cure
    with MailServer() as server:
        monkeypatch.setattr("aapimport.mail.smtp.IMPLICIT_TLS_PORT", server.port)
        outcome, _ = _send(server, host="localhost", login=LOGIN)
        assert isinstance(outcome, TakesNothing)
        assert "check the port" in outcome.cure
        assert "http" not in outcome.reason
        assert not any("AUTH" in one for one in server.commands)


def test_nobody_there_may_pass() -> None:
    """A server that is away is waited for; a host that nobody knows is a setting to mend."""
    with MailServer() as server:
        port = server.port
    away = Mailer(mail_for(port), VirtualClock(), patience=QUICK)
    outcome = away.send(a_message(), to=TO, intent=lambda: None)
    assert isinstance(outcome, TakesNothing)
    assert outcome.passes
    assert outcome.reason == f"nothing answers at 127.0.0.1:{port} (connection refused)"


def test_letters_outside_ascii() -> None:
    """A domain goes as its A-label; a name before the @ needs a server that says it takes it."""
    with MailServer() as server:
        assert isinstance(_send(server, "ana@münchen.de")[0], Sent)
        assert server.recipients == ["ana@xn--mnchen-3ya.de"]
        assert isinstance(_send(server, "josé@example.com")[0], Refused)
        assert len(server.taken) == 1
    with MailServer(extensions=("SMTPUTF8", "8BITMIME")) as server:
        assert isinstance(_send(server, "josé@example.com")[0], Sent)
        assert server.recipients == ["josé@example.com"]
        assert server.taken[0][0].endswith("BODY=8BITMIME SMTPUTF8")


@pytest.mark.parametrize(
    "to", ["ana", "a b@example.com", "a@example.com>\r\nRCPT TO:<x@example.com", '"a"@example.com']
)
def test_no_address_ends_its_command(to: str) -> None:
    """It is refused by name before anything is said of it."""
    with MailServer() as server:
        assert isinstance(_send(server, to)[0], Refused)
        assert server.commands == []


def test_so_many_in_a_minute_and_in_a_day() -> None:
    """30 a minute are 2 s apart; a day is the last 24 hours, also those of other runs."""
    clock = VirtualClock()
    preset = Preset(host="", per_minute=30, per_day=5)
    earlier = [clock.now() - 24 * 3600 - 1, clock.now() - 3600, clock.now() - 60]
    with MailServer() as server:
        mailer = Mailer(mail_for(server.port, preset=preset), clock, earlier, QUICK)
        began = clock.now()
        found = [mailer.send(a_message(), to=TO, intent=lambda: None) for _ in range(4)]
        mailer.close()
    assert [type(one) for one in found] == [Sent, Sent, Sent, DayIsFull]
    assert clock.slept == [2.0, 2.0]
    assert found[-1] == DayIsFull(
        began - 3600 + 24 * 3600, "the server takes no more e-mails within 24 hours"
    )


def test_without_its_secret_nothing_is_tried() -> None:
    """The trouble that the settings tell is the error."""
    with pytest.raises(SettingsError, match="no password"):
        Mailer(mail_for(1, trouble=SettingsError("there is no password")))


@pytest.mark.parametrize("where", ["MAIL", "text", "intent"])
def test_a_stop_leaves_no_half_of_an_e_mail(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """^C before the dot: the connection ends without it, and the server throws away what it has."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with MailServer() as server:
        mailer = Mailer(mail_for(server.port), VirtualClock(), patience=QUICK)
        if where == "MAIL":
            monkeypatch.setattr(smtplib.SMTP, "docmd", stop)
        if where == "text":
            monkeypatch.setattr("aapimport.mail.smtp.stuffed", stop)
        intent: Callable[[], None] = stop if where == "intent" else lambda: None
        with pytest.raises(KeyboardInterrupt):
            mailer.send(a_message(), to=TO, intent=intent)
        mailer.close()
        assert server.taken == []
