"""The mail server: one connection, one recipient an e-mail, and one point of no return.

The text goes without its final dot; the caller makes durable that the dot comes; then the dot
goes, and its reply is waited for. Lost before the dot: not sent. Lost between dot and reply:
nobody can know (RFC 1047), and nothing here sends it again.
"""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from email.message import EmailMessage

from aapimport.config.addresses import is_loopback
from aapimport.config.mail import Mail
from aapimport.config.mail_values import IMPLICIT_TLS_PORT
from aapimport.mail.connection import Patience, connect
from aapimport.mail.envelope import is_writable, stuffed, written
from aapimport.mail.log_in import TAKEN, Token, log_in_of
from aapimport.mail.outcomes import (
    DayIsFull,
    InDoubt,
    NotSent,
    Outcome,
    Refused,
    Sent,
    TakesNothing,
)
from aapimport.mail.pace import Clock, Pace, SystemClock
from aapimport.mail.refusals import Stage, asks_for_less, is_a_days_limit, judged
from aapimport.services.causes import Route, explain
from aapimport.services.credentials import secrets_of
from aapimport.services.redaction import Redaction
from aapimport.services.replies import NotSent as NoToken
from aapimport.services.scim import plain_words
from aapimport.services.trust import signer_of, trusting

_GO_ON = 354
_PORTS = "check the port: 587 is the usual one, 465 is encrypted from the start"
_FINE = 2
_CLOSING = 421


class ConnectError(Exception):
    """There is no connection; its cause says why."""


class _RefusedError(Exception):
    """A reply that isn't what it should be."""

    def __init__(self, code: int, words: bytes | str, stage: Stage) -> None:
        super().__init__(code)
        self.code = code
        self.words = words if isinstance(words, bytes) else words.encode()
        self.stage = stage


class _OverError(Exception):
    """There is an outcome already."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class Mailer:
    """Hands e-mails to one mail server, one after the other.

    Args:
        mail: The server, and who we are.
        clock: The time; the computer's by default.
        sent: When e-mails went out within the last 24 hours, in seconds since 1970.
        patience: How long each step may take.

    Raises:
        SettingsError: The secret is missing, or a certificate or the token endpoint can't be used.
    """

    def __init__(
        self,
        mail: Mail,
        clock: Clock | None = None,
        sent: Iterable[float] = (),
        patience: Patience | None = None,
    ) -> None:
        if mail.trouble is not None:
            raise mail.trouble
        self._mail = mail
        self._clock = clock or SystemClock()
        self._pace = Pace(mail.preset, self._clock, sent)
        self._patience = patience or Patience()
        self._redaction = Redaction(secrets_of(mail.login) if mail.login else ())
        self._log_in = log_in_of(mail, self._redaction)
        self._is_local = is_loopback(mail.host)
        self._implicit = mail.port == IMPLICIT_TLS_PORT
        encrypted = self._implicit or not self._is_local or mail.ca_file is not None
        self._context = trusting(None, mail.ca_file) if encrypted else None
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, *, to: str, intent: Callable[[], None]) -> Outcome:
        """Send one e-mail to one person, once.

        Args:
            message: The e-mail.
            to: The person's address.
            intent: Makes durable that the final dot comes now. When it raises, nothing is sent.

        Returns:
            What became of it.
        """
        if (until := self._pace.full_until()) is not None:
            return DayIsFull(until, "the server takes no more e-mails within 24 hours")
        if not is_writable(to):
            return Refused("the address can't be written to: it holds a sign that none may have")
        if self._pace.wait():
            return NotSent("stopped before it was sent")
        try:
            return self._sent(message, to, intent)
        except BaseException:
            self._drop()  # without its dot, the server throws away what it has (RFC 5321, 4.1.1.4)
            raise

    def close(self) -> None:
        """Say goodbye; what was sent is the server's."""
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                _socket(self._smtp).settimeout(self._patience.connect)
                self._smtp.quit()
        self._drop()
        if isinstance(self._log_in, Token):
            self._log_in.close()

    def reach(self) -> Outcome | None:
        """Connect and log in, and send nothing.

        Returns:
            Why that can't be; None where it can.
        """
        return None if isinstance(ready := self._tried(lambda _: None), smtplib.SMTP) else ready

    @property
    def takes_any_letters(self) -> bool:
        """Whether the server that was reached takes addresses outside ASCII (RFC 6531, 3.1)."""
        return self._smtp is not None and self._smtp.has_extn("smtputf8")

    def _sent(self, message: EmailMessage, to: str, intent: Callable[[], None]) -> Outcome:
        ready = self._tried(lambda smtp: self._hand_over(smtp, message, to))
        if not isinstance(ready, smtplib.SMTP):
            return ready
        intent()
        return self._past_return(ready)

    def _tried(self, talk: Callable[[smtplib.SMTP], None]) -> Outcome | smtplib.SMTP:
        """A connection that is ready, after a talk on it; or why there is none, or not any more."""
        try:
            smtp = self._ready()
            talk(smtp)
        except _RefusedError as error:
            return self._refused(error)
        except _OverError as over:
            if isinstance(over.outcome, TakesNothing):
                self._drop()
            return over.outcome
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return NotSent(f"the connection was lost before the e-mail was whole: {_why(error)}")
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage, to: str) -> None:
        """Everything up to the final dot, without it.

        Raises:
            _RefusedError: The server refuses a part of it.
            _OverError: The server can't take this address.
        """
        address, text = written(to), stuffed(message)
        options = f" SIZE={len(text)}" if smtp.has_extn("size") else ""
        smtp.command_encoding = "ascii"
        if not address.isascii():
            if not smtp.has_extn("smtputf8"):
                raise _OverError(
                    Refused("the server takes no address with letters outside ASCII (SMTPUTF8)")
                )
            smtp.command_encoding = "utf-8"
            options += " BODY=8BITMIME SMTPUTF8" if smtp.has_extn("8bitmime") else " SMTPUTF8"
        notify = ""
        if smtp.has_extn("dsn"):  # RFC 3461: tell the sender where it can't be delivered
            options, notify = f"{options} RET=HDRS", " NOTIFY=FAILURE"
        _socket(smtp).settimeout(self._patience.command)
        sender = f"FROM:<{self._mail.sender}>{options}"
        _expect(smtp.docmd("MAIL", sender), Stage.SENDER)
        _expect(smtp.docmd("RCPT", f"TO:<{address}>{notify}"), Stage.RECIPIENT)
        _expect(smtp.docmd("DATA"), Stage.TEXT, wanted=_GO_ON)
        _socket(smtp).sendall(text)

    def _past_return(self, smtp: smtplib.SMTP) -> Outcome:
        """The final dot, and its reply."""
        self._pace.count()
        try:
            _socket(smtp).settimeout(self._patience.dot)
            _socket(smtp).sendall(b".\r\n")
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return InDoubt(f"the server's reply to the whole e-mail was lost: {_why(error)}")
        said = self._words(words)
        match code // 100:
            case 2:
                return Sent(f"{code} {said}".rstrip())
            case 4 | 5:
                return self._refused(_RefusedError(code, words, Stage.TEXT))
        self._drop()
        return InDoubt(f"the server's reply to the whole e-mail is none of SMTP: {code} {said}")

    def _ready(self) -> smtplib.SMTP:
        """A connection on which an e-mail can begin: the one that there is, or a new one.

        Raises:
            _RefusedError: The server refuses us.
            _OverError: It can't be reached, offers no encryption, or no log-in that we have.
        """
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                _socket(self._smtp).settimeout(self._patience.connect)
                if self._smtp.rset()[0] // 100 == _FINE:
                    return self._smtp
            self._drop()
        smtp = self._smtp = self._connected()
        _socket(smtp).settimeout(self._patience.command)
        host = _socket(smtp).getsockname()[0]
        # An address instead of a name (RFC 5321, 4.1.4): the computer's is nobody's business.
        smtp.local_hostname = f"[IPv6:{host}]" if ":" in host else f"[{host}]"
        _expect(smtp.ehlo(), Stage.CONNECTION)
        if self._context is not None and not self._implicit:
            self._encrypt(smtp, self._context)
        self._enter(smtp)
        return smtp

    def _connected(self) -> smtplib.SMTP:
        context = self._context if self._implicit else None
        try:
            return connect(self._mail.host, self._mail.port, self._patience.connect, context)
        except smtplib.SMTPConnectError as error:
            raise _RefusedError(error.smtp_code, error.smtp_error, Stage.CONNECTION) from None
        except smtplib.SMTPException as error:
            raise _OverError(TakesNothing(f"no mail server answers there: {_why(error)}")) from None
        except OSError as error:
            raise self._unreachable(error) from None

    def _encrypt(self, smtp: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if not smtp.has_extn("starttls"):
            raise _OverError(
                TakesNothing(
                    f"{self._mail.host}:{self._mail.port} offers no encryption (STARTTLS)", _PORTS
                )
            )
        try:
            smtp.starttls(context=context)
        except smtplib.SMTPResponseException as error:
            raise _RefusedError(error.smtp_code, error.smtp_error, Stage.CONNECTION) from None
        except OSError as error:
            raise self._unreachable(error) from None
        _expect(smtp.ehlo(), Stage.CONNECTION)

    def _enter(self, smtp: smtplib.SMTP) -> None:
        """Tell the server who we are."""
        if self._log_in is None:
            return
        offered = set(smtp.esmtp_features.get("auth", "").upper().split())
        reply = self._log_in.enter(smtp, offered)
        if reply is None:
            there = plain_words(" ".join(sorted(offered))) or "none"
            raise _OverError(
                TakesNothing(
                    f"the server offers no log-in of the kind that auth says; it offers: {there}",
                    "correct auth in [mail]: password, xoauth2 or none",
                )
            )
        if isinstance(reply, NoToken):
            raise _OverError(TakesNothing(reply.reason, reply.cure))
        _expect(reply, Stage.LOG_IN, wanted=TAKEN)

    def _unreachable(self, error: OSError) -> _OverError:
        """Why there is no connection, in words; what no repeat would mend comes with its cure."""
        host, port = self._mail.host, self._mail.port
        failure: Exception = error
        if not isinstance(error, ssl.SSLError):
            failure = ConnectError()
            failure.__cause__ = error
        signer = (lambda _: signer_of(host, port, None)) if self._implicit else (lambda _: "")
        cause = explain(failure, Route(host=host, port=port, signer=signer), _why(error))
        if cause.astray and isinstance(error, ssl.SSLError):
            return _OverError(TakesNothing(f"{host}:{port} doesn't speak TLS", _PORTS))
        cure = cause.cure or ("check host and port in [mail]" if cause.astray else "")
        return _OverError(TakesNothing(cause.reason, cure))

    def _refused(self, error: _RefusedError) -> Outcome:
        code, said = error.code, self._words(error.words)
        if code == _CLOSING or error.stage in {Stage.CONNECTION, Stage.LOG_IN}:
            self._drop()
        if is_a_days_limit(code, said):
            reason = f"the server takes no more e-mails within 24 hours: {code} {said}"
            return DayIsFull(self._pace.next_day(), reason)
        if asks_for_less(code):
            self._pace.slower()
            self._drop()
        outcome = judged(code, said, error.stage)
        if isinstance(outcome, NotSent):
            self._drop()
        return outcome

    def _words(self, said: bytes) -> str:
        return plain_words(self._redaction.strike(said, words=True).decode(errors="replace"))

    def _drop(self) -> None:
        """Close the connection without a word."""
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _expect(reply: tuple[int, bytes], stage: Stage, wanted: int | None = None) -> None:
    """Refuse a reply that isn't what it should be.

    Raises:
        _RefusedError: It isn't.
    """
    code, words = reply
    if code != wanted if wanted else code // 100 != _FINE:
        raise _RefusedError(code, words, stage)


def _socket(smtp: smtplib.SMTP) -> socket.socket:
    """The connection itself.

    Raises:
        SMTPServerDisconnected: There is none any more.
    """
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("the connection is closed")
    return smtp.sock


def _why(error: Exception) -> str:
    """An error's own words, fit for a screen."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = getattr(error, "strerror", None) or str(error)
    return plain_words(said).lower() or type(error).__name__
