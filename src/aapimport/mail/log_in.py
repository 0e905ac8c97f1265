"""How a mail server is told who we are: a password, or a token that expires (XOAUTH2)."""

from base64 import b64encode
from pathlib import Path
from typing import Protocol

from aapimport.config.logins import Basic, ClientCredentials
from aapimport.config.mail import Mail
from aapimport.config.settings import Endpoint
from aapimport.services.credentials import Header, secrets_of
from aapimport.services.deadline import Deadline
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, Lost, NotSent
from aapimport.services.tokens import TOKEN_DEADLINE, Tokens

TAKEN = 235
"""The server knows who we are (RFC 4954, 4)."""
_GO_ON = 334
Reply = tuple[int, bytes]


class Conversation(Protocol):
    """What a log-in needs of a connection."""

    def docmd(self, cmd: str, args: str = "") -> Reply:
        """Send a command and read its reply."""


class Password:
    """A user's password, by PLAIN (RFC 4616) or LOGIN, over an encrypted connection.

    Args:
        login: The user and the password.
    """

    def __init__(self, login: Basic) -> None:
        self._login = login

    def enter(self, smtp: Conversation, offered: set[str]) -> Reply | NotSent | None:
        """Tell the server who we are.

        Returns:
            Its reply; None where it offers no such log-in.
        """
        user, password = self._login.user, self._login.password.value
        if "PLAIN" in offered:
            return smtp.docmd("AUTH", f"PLAIN {_coded(f'{chr(0)}{user}{chr(0)}{password}')}")
        if "LOGIN" not in offered:
            return None
        reply = smtp.docmd("AUTH", f"LOGIN {_coded(user)}")
        return smtp.docmd(_coded(password)) if reply[0] == _GO_ON else reply


class Token:
    """A token of a token endpoint, in Google's and Microsoft's XOAUTH2.

    Args:
        user: Whose mailbox it is.
        login: The client that gets tokens.
        redaction: What strikes secrets out; each token is made known to it.
        ca_file: Certificates that are trusted beside those of the system.
    """

    def __init__(
        self, user: str, login: ClientCredentials, redaction: Redaction, ca_file: Path | None
    ) -> None:
        from aapimport.services.wire import Wire

        self._user = user
        endpoint = Endpoint(url=login.token_url, login=login, named="token_url", ca_file=ca_file)
        deadline = Deadline(lambda: False, TOKEN_DEADLINE)
        self._wire = Wire(endpoint, deadline, Redaction(secrets_of(login)))
        self._url = login.token_url
        self._tokens = Tokens(login, self._post, redaction)

    def enter(self, smtp: Conversation, offered: set[str]) -> Reply | NotSent | None:
        """Tell the server who we are; a token that it refuses is renewed, once.

        Returns:
            Its reply, or why no token can be had; None where it offers no such log-in.
        """
        if "XOAUTH2" not in offered:
            return None
        reply: Reply | NotSent = (0, b"")
        for _ in range(2):
            header = self._tokens.header()
            if isinstance(header, NotSent):
                return header
            reply = self._entered(smtp, header)
            if reply[0] != 535:  # noqa: PLR2004 -- "credentials invalid" (RFC 4954, 6)
                return reply
            self._tokens.renews(header)
        return reply

    def close(self) -> None:
        """Close the connection to the token endpoint."""
        self._wire.close()

    def _entered(self, smtp: Conversation, header: Header) -> Reply:
        proof = f"user={self._user}\x01auth={header[1].decode()}\x01\x01"
        reply = smtp.docmd("AUTH", f"XOAUTH2 {_coded(proof)}")
        return smtp.docmd("") if reply[0] == _GO_ON else reply  # it tells why, and waits

    def _post(self, headers: list[Header], form: bytes) -> Answer | NotSent | Lost:
        return self._wire.send("POST", self._url, headers, form)


def log_in_of(mail: Mail, redaction: Redaction) -> Password | Token | None:
    """How the server is told who we are; None where it asks for nothing."""
    match mail.login:
        case Basic() as login:
            return Password(login)
        case ClientCredentials() as login:
            return Token(mail.user, login, redaction, mail.ca_file)
    return None


def _coded(text: str) -> str:
    return b64encode(text.encode()).decode()
