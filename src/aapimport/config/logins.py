"""How a service is told who we are: kinds of log-in, and secrets that say where they came from."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from aapimport.config.masking import masked


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A value that is never printed.

    Attributes:
        value: The secret.
        source: Where it came from, in words and names: `AAPIMPORT_PORTAL_TOKEN`, `keyring`.
        setting: The setting that it is the value of, where its source doesn't say that; empty
            where it does.
    """

    value: str = field(repr=False)
    source: str
    setting: str = ""

    @property
    def origin(self) -> str:
        """What stands behind its name in a sentence: ` from keyring (portal.token)`."""
        setting = f" ({self.setting})" if self.setting not in {"", self.source} else ""
        return (f" from {self.source}" if self.source else "") + setting


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """A token that opens the service to whoever has it (RFC 6750)."""

    token: Secret


@dataclass(frozen=True, kw_only=True)
class Basic:
    """A user's name and password (RFC 7617)."""

    user: str
    password: Secret


@dataclass(frozen=True, kw_only=True)
class NamedHeader:
    """A secret in a header of its own, as `X-Api-Key`."""

    name: str
    value: Secret


@dataclass(frozen=True, kw_only=True)
class ClientCredentials:
    """A client's secret, for which a token endpoint gives tokens that expire (RFC 6749, 4.4).

    Attributes:
        token_url: The token endpoint.
        client_id: The client.
        client_secret: Its secret.
        scope: What the token is to be good for; empty for what the endpoint gives by itself.
    """

    token_url: str
    client_id: str
    client_secret: Secret
    scope: str = ""


Login = Bearer | Basic | NamedHeader | ClientCredentials


@dataclass(frozen=True, kw_only=True)
class ClientCertificate:
    """A certificate that the service asks for while the connection is made (RFC 8446, 4.4.2).

    Attributes:
        certificate: The certificate's file, in PEM; it may hold the key as well.
        key: The key's file; None where the certificate's holds it.
        password: What opens the key; None where nothing is needed.
    """

    certificate: Path
    key: Path | None = None
    password: Secret | None = None


def secret_of(login: Login) -> Secret:
    """The secret that a log-in rests on."""
    match login:
        case Bearer(token=secret) | Basic(password=secret):
            return secret
        case NamedHeader(value=secret) | ClientCredentials(client_secret=secret):
            return secret


def called(login: Login) -> str:
    """What a service refuses when it refuses a log-in: its kind and where it came from."""
    origin = secret_of(login).origin
    match login:
        case Bearer():
            return f"the token{origin}"
        case Basic():
            return f"the user or the password{origin}"
        case NamedHeader(name=name):
            return f"the header {masked(name)}{origin}"
        case ClientCredentials(token_url=url):
            host = urlsplit(url).hostname or "its endpoint"
            return f"the token that {host} gave for the client secret{origin}"
