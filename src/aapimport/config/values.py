"""What a setting's text means, or why it can't be right."""

import re
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from aapimport.config.addresses import as_kept, is_host, is_loopback
from aapimport.config.given import Given
from aapimport.config.masking import masked
from aapimport.config.pace import read_pace
from aapimport.errors import SettingsError
from aapimport.text import looks_like_address

PassAs = Literal["auto", "entitlement", "group"]
"""What being on the pass is, on the portal: an entitlement of the person, or a Group of people."""

Auth = Literal["bearer", "basic", "header", "client-credentials"]
"""The kinds of log-in, as settings name them."""

DROPPABLE = {
    "roles": "roles",
    "entitlements": "entitlements",
    "externalid": "externalid",
    "names": "name",
}
"""What `AAPIMPORT_NOT_KEPT` may name, in lower case, and the SCIM attribute that each means."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field name (RFC 9110, 5.1)."""
_TAKEN_HEADERS = {
    *("accept", "accept-encoding", "connection", "content-encoding", "content-length"),
    *("content-type", "cookie", "expect", "host", "if-match", "if-none-match", "te"),
    *("proxy-authorization", "trailer", "transfer-encoding", "upgrade", "user-agent"),
}
"""Headers that say something else than who sends a request."""


_ELSEWHERE = re.compile(r"//|/\.{1,2}(?:/|$)|\.$|\\|%2[ef]|%5c", re.IGNORECASE)
"""What makes of a path another one than that which a secret is bound to."""


def web_address(given: Given) -> str:
    """An address that a secret may be sent to, in the one way in which addresses are written.

    Raises:
        SettingsError: It is none, holds more than an address, or isn't encrypted.
    """
    url = given.text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        usable = False
    host = parts.hostname or "" if usable else ""
    if not is_host(host) or not url.isprintable() or " " in url:
        raise given.wrong(
            "is not a web address", "it looks like https://portal.example.com/scim/v2"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise given.wrong(
            "holds more than an address",
            "no user, password, ? or # in it; how secrets are kept, `aapimport login --help` says",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise given.wrong(
            "is not encrypted (http)",
            "use https; plain http is for this machine only (127.0.0.1)",
        )
    if _ELSEWHERE.search(parts.path):
        raise given.wrong(
            "has a path that may lead elsewhere",
            "write it without . and .. between slashes, two slashes, %2e, %2f or a dot at its end",
        )
    return as_kept(url)


def proxy_address(given: Given) -> str:
    """The address of a proxy.

    Raises:
        SettingsError: It is none that can be used, or a file holds its password.
    """
    url = given.text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url or parts.path or re.search("[?#]", url):
        raise given.wrong(
            "is not a proxy that can be used", "it looks like http://proxy.example.com:3128"
        )
    if given.in_file and (parts.username or parts.password):
        raise given.wrong(
            "holds a user or a password, which are not kept in settings files",
            "set AAPIMPORT_PROXY in the environment instead",
        )
    return url


def number(given: Given, most: float) -> float:
    """A number from 0 to `most`.

    Raises:
        SettingsError: It is none.
    """
    try:
        found = float(given.text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise given.wrong(f"is not a number from 0 to {most:,.0f}")
    return found


def pace(given: Given) -> str:
    """Requests a second, or the name of a known service, as `read_pace` takes it.

    Raises:
        SettingsError: It is neither.
    """
    try:
        read_pace(given.text)
    except SettingsError as error:
        raise given.wrong("is no pace", error.hint) from error
    return given.text.strip()


def administrator(given: Given) -> str:
    """The address of whoever runs the upload.

    Raises:
        SettingsError: It is none.
    """
    address = given.text.strip()
    is_one = looks_like_address(address) and address.isprintable()
    if address and (not is_one or ":" in address):  # RFC 5322, 3.2.3; a password may follow it
        raise given.wrong("is not an e-mail address")
    return address


def pass_as(given: Given) -> PassAs:
    """What being on the pass is.

    Raises:
        SettingsError: It is none of the choices.
    """
    typed = given.text.strip().lower()
    if typed not in get_args(PassAs):
        raise given.wrong("is neither auto, entitlement nor group")
    return cast("PassAs", typed)


def auth(given: Given) -> Auth:
    """The kind of log-in.

    Raises:
        SettingsError: It is none.
    """
    typed = given.text.strip().lower()
    if typed not in get_args(Auth):
        raise given.wrong(
            "is no kind of log-in", "bearer, basic, header and client-credentials are"
        )
    return cast("Auth", typed)


def not_kept(given: Given) -> frozenset[str]:
    """The SCIM attributes, in lower case, that the portal declares and drops.

    Raises:
        SettingsError: One can't be left out.
    """
    typed = {one.strip() for one in given.text.split(",")} - {""}
    unknown = sorted(one for one in typed if one.lower() not in DROPPABLE)
    if unknown:
        raise given.wrong(
            f"names {', '.join(repr(masked(one)) for one in unknown)}, which it can't",
            "it takes roles, entitlements, externalId and names"
            + ("" if given.in_file else ", with commas between them"),
        )
    return frozenset(DROPPABLE[one.lower()] for one in typed)


def is_yes(given: Given) -> bool:
    """Whether a setting is switched on.

    Raises:
        SettingsError: It is not yes.
    """
    typed = given.text.strip().lower()
    if typed not in {"", "yes"}:
        raise given.wrong("is not yes", "set it to yes, or unset it")
    return bool(typed)


def header(given: Given) -> str:
    """The name of the header that carries a secret.

    Raises:
        SettingsError: It is no name of a header, or that of one with another meaning.
    """
    name = given.text.strip()
    if not _HEADER.fullmatch(name):
        raise given.wrong("is not the name of a header", "it looks like X-Api-Key")
    if name.lower() in _TAKEN_HEADERS:
        raise given.wrong("is a header that means something else", "it looks like X-Api-Key")
    return name


def words(given: Given) -> str:
    """A user, a client or a scope: something that can be printed.

    Raises:
        SettingsError: It is empty, or holds what can't be printed.
    """
    text = given.text.strip()
    if not text or not text.isprintable():
        raise given.wrong("is empty, or holds characters that can't be printed")
    return text


def user(given: Given) -> str:
    """The user of a Basic log-in, which a colon would end (RFC 7617, 2).

    Raises:
        SettingsError: It is none.
    """
    text = words(given)
    if ":" in text:
        raise given.wrong("holds a colon, which a user's name can't have")
    return text


def existing_file(given: Given) -> Path:
    """A file that is there.

    Raises:
        SettingsError: It isn't.
    """
    path = Path(given.text)
    try:
        there = path.is_file()
    except (OSError, ValueError):  # a NUL in it
        there = False
    if not there:
        raise given.wrong("names a file that isn't there")
    return path
