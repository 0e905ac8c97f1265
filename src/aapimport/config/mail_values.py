"""What the texts of `[mail]` mean, or why they can't be right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from aapimport.config.addresses import is_host, is_loopback
from aapimport.config.given import Given
from aapimport.config.values import words
from aapimport.errors import SettingsError
from aapimport.text import closest, did_you_mean, looks_like_address

SignIn = Literal["sso", "set-password"]
"""How a person signs in: as everywhere in the company, or with a password of their own choice."""
Language = Literal["en", "fr", "sv", "ja"]
MailAuth = Literal["none", "password", "xoauth2"]
SUBMISSION_PORT = 587
"""Where e-mails are handed in, encrypted by STARTTLS (RFC 6409, section 3.1)."""
IMPLICIT_TLS_PORT = 465
"""Where they are handed in over TLS from the first byte (RFC 8314, section 3.3)."""
_MOST_PORTS = 65_535
_MOST_HOURS = 24.0 * 90
_FIELD = re.compile(r"[!-9;-~]{1,76}")
"""The name of a header's field (RFC 5322, section 2.2)."""
_NOT_FREE = {
    *("from", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "sender"),
    *("mime-version", "auto-submitted", "return-path", "received"),
}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """What is known of a mail service.

    Attributes:
        host: Where it takes e-mails.
        per_minute: How many it takes in a minute; 0 where nothing is known.
        per_day: How many it takes within 24 hours; 0 likewise.
    """

    host: str
    per_minute: int = 0
    per_day: int = 0


PRESETS: Mapping[str, Preset] = {
    "microsoft365": Preset(host="smtp.office365.com", per_minute=30, per_day=10_000),
    "gmail": Preset(host="smtp.gmail.com", per_day=2_000),
    "google-relay": Preset(host="smtp-relay.gmail.com", per_day=10_000),
}
"""Their help pages' limits of sending. We hold one connection, and so never more than theirs."""


def preset(given: Given) -> Preset:
    """A known mail service.

    Raises:
        SettingsError: It is none.
    """
    name = given.text.strip().lower()
    if name not in PRESETS:
        raise given.wrong(
            "is no mail service that is known",
            did_you_mean(closest(name, PRESETS)) or f"there are: {', '.join(PRESETS)}; or set host",
        )
    return PRESETS[name]


def mail_host(given: Given) -> str:
    """The host that takes e-mails, in small letters.

    Raises:
        SettingsError: It is none.
    """
    host = given.text.strip().lower()
    if not is_host(host) or not host.isascii():
        raise given.wrong(
            "is no host", "it looks like smtp.example.com; the port is a setting of its own"
        )
    return host


def mail_port(given: Given) -> int:
    """The port; 465 is encrypted from the first byte, all others by STARTTLS.

    Raises:
        SettingsError: It is none.
    """
    text = given.text.strip()
    if not text.isdecimal() or not 0 < int(text) <= _MOST_PORTS:
        raise given.wrong("is no port", "587 is the usual one; 465 is encrypted from the start")
    return int(text)


def mailbox(given: Given) -> str:
    """The address that e-mails come from, or that answers go to.

    Raises:
        SettingsError: It is none.
    """
    address = given.text.strip()
    plain = address.isascii() and address.isprintable() and not re.search('[<>",;:\\\\]', address)
    if not plain or not looks_like_address(address):
        raise given.wrong("is not an e-mail address", "it looks like learning@example.com")
    return address


def mail_auth(details: Mapping[str, Given]) -> MailAuth:
    """The kind of log-in, all of whose settings are there; a password where there is a user.

    Raises:
        SettingsError: It is none, or something that it needs is missing.
    """
    given = details.get("auth")
    if given is None:
        if "token_url" in details:
            raise details["token_url"].wrong(
                "is given, and auth is not", 'set auth to "xoauth2", or take it out'
            )
        return "password" if "user" in details else "none"
    kind = given.text.strip().lower()
    if kind not in get_args(MailAuth):
        raise given.wrong("is no kind of log-in", "password, xoauth2 and none are")
    needed = {"password": ("user",), "xoauth2": ("user", "token_url", "client_id")}
    for key in needed.get(kind, ()):
        if key not in details:
            raise given.wrong(f"is {kind}, and {key} is missing", f"set {key} beside it")
    return cast("MailAuth", kind)


def sign_in(given: Given) -> SignIn:
    """How people sign in.

    Raises:
        SettingsError: It is neither.
    """
    typed = given.text.strip().lower()
    if typed not in get_args(SignIn):
        raise given.wrong(
            "is neither sso nor set-password",
            "sso: as everywhere in the company; set-password: each chooses a password there",
        )
    return cast("SignIn", typed)


def sign_in_url(given: Given) -> str:
    """The page on which people sign in.

    Raises:
        SettingsError: It is no web page, or isn't encrypted.
    """
    url = given.text.strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        usable = parts.port != 0 and is_host(host) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or re.search(r'[\s"<>]', url):
        raise given.wrong("is not a web page", "it looks like https://portal.example.com/")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise given.wrong("is not encrypted", "use https")
    return url


def language(given: Given) -> Language:
    """The language of the e-mails.

    Raises:
        SettingsError: There are no texts in it.
    """
    typed = given.text.strip().lower()
    if typed not in get_args(Language):
        raise given.wrong("is no language that e-mails are in", "en, fr, sv and ja are")
    return cast("Language", typed)


def idempotency(details: Mapping[str, Given]) -> tuple[str, float]:
    """The header by which the server knows an e-mail again, and for how many hours.

    Raises:
        SettingsError: Only one of the two is there, or one can't be right.
    """
    header, hours = details.get("idempotency_header"), details.get("idempotency_hours")
    for one, other, missing in (
        (header, hours, "idempotency_hours"),
        (hours, header, "idempotency_header"),
    ):
        if one and not other:
            raise one.wrong(
                f"is given, and {missing} is not",
                f"set {missing} beside it, as your mail service's help page has it",
            )
    if header is None or hours is None:
        return "", 0.0
    name = words(header)
    if not _FIELD.fullmatch(name) or name.lower() in _NOT_FREE:
        raise header.wrong("can't be such a header", "it looks like Idempotency-Key")
    try:
        found = float(hours.text)
    except ValueError:
        found = 0.0
    if not 0 < found <= _MOST_HOURS:
        raise hours.wrong(f"is not a number of hours up to {_MOST_HOURS:,.0f}")
    return name, found


def missing(names: list[str], table: str) -> SettingsError:
    """The error that `[mail]` is only half there."""
    return SettingsError(
        f"the mail server is only half configured: {', '.join(names)} missing in [{table}]",
        hint="set what is missing (docs/settings.md has an example), or take the table out",
    )
