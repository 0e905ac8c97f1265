"""What tells a service who we are: a header that stays the same, or one that changes.

Nothing gets into a header that could end it, or begin another one.
"""

import re
from base64 import b64encode
from typing import Protocol
from urllib.parse import quote_plus

from aapimport.config.logins import (
    Basic,
    Bearer,
    ClientCredentials,
    Login,
    NamedHeader,
    Secret,
    secret_of,
)
from aapimport.errors import SettingsError
from aapimport.services.replies import NotSent

Header = tuple[bytes, bytes]
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name is made of (RFC 9110 section 5.6.2)."""
_NOT_FREE = {
    *("accept", "accept-encoding", "connection", "content-length", "content-type", "cookie"),
    *("expect", "host", "if-match", "te", "trailer", "transfer-encoding", "upgrade", "user-agent"),
}
"""Headers that have a meaning of their own for the connection, or are aapimport's own."""


class Identity(Protocol):
    """What tells a service who we are."""

    def header(self) -> Header | NotSent:
        """The header for a request that is about to be sent, or why there is none."""

    def renews(self, refused: Header) -> bool:
        """Whether another header may open what a header was refused for."""


class Constant:
    """A header that stays the same.

    Args:
        header: The header.
    """

    def __init__(self, header: Header) -> None:
        self._header = header

    def header(self) -> Header | NotSent:
        """The header."""
        return self._header

    def renews(self, refused: Header) -> bool:  # noqa: ARG002 -- the protocol's
        """There is no other."""
        return False


def constant(login: Bearer | Basic | NamedHeader) -> Constant:
    """The header of a log-in that stays the same.

    Raises:
        SettingsError: It can't be written into a header.
    """
    match login:
        case Bearer(token=token):
            return Constant((b"Authorization", b"Bearer " + _written(token, "the token")))
        case Basic(user=user, password=password):
            return Constant((b"Authorization", b"Basic " + basic(user, password)))
        case NamedHeader(name=name, value=value):
            if not _TOKEN.fullmatch(name) or name.lower() in _NOT_FREE:
                raise SettingsError(
                    f"{name!r} can't be the header that opens a service",
                    hint="it is a name like X-Api-Key: letters, digits and -",
                )
            return Constant((name.encode(), _written(value, f"the header {name}")))


def basic(user: str, password: Secret) -> bytes:
    """A user and a password for the scheme Basic, in UTF-8 (RFC 7617 section 2).

    Raises:
        SettingsError: They hold what can't be told in that scheme.
    """
    if ":" in user or not user.isprintable():
        raise SettingsError(
            "the user's name holds a colon or a character that can't be seen",
            hint="correct it; with Basic, a colon ends the user's name",
        )
    if not password.value.isprintable():
        raise SettingsError(
            f"the password{password.origin} holds a character that can't be seen",
            hint="copy it again, without line breaks",
        )
    return b64encode(f"{user}:{password.value}".encode())


def client_basic(login: ClientCredentials) -> bytes:
    """A client and its secret for the scheme Basic, each as in a form (RFC 6749 section 2.3.1)."""
    who = f"{quote_plus(login.client_id)}:{quote_plus(login.client_secret.value)}"
    return b64encode(who.encode())


def secrets_of(login: Login) -> tuple[str, ...]:
    """What is struck out of what a service says: the secret, and each form that it leaves us in.

    `Redaction` knows what others make of each: other letter cases, escapes, base64, a part of it.
    """
    secret = secret_of(login).value
    match login:
        case Basic(user=user, password=password):
            return secret, basic(user, password).decode()
        case ClientCredentials():
            return secret, quote_plus(secret), client_basic(login).decode()
    return (secret,)


def _written(secret: Secret, what: str) -> bytes:
    value = secret.value
    if not value.isascii() or not value.isprintable() or value != value.strip() or not value:
        raise SettingsError(
            f"{what}{secret.origin} is empty or holds characters that it can't have",
            hint="copy it again, without line breaks or spaces",
        )
    return value.encode()
