"""Settings, all from the environment; tokens never come from the command line."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self, cast, get_args
from urllib.parse import urlsplit

from aapimport.config.addresses import as_kept, is_host, is_loopback, place_of
from aapimport.config.folders import STATE_DIR
from aapimport.config.logins import Bearer, ClientCertificate, Login, Secret
from aapimport.errors import SettingsError

PORTAL_URL = "AAPIMPORT_PORTAL_URL"
PORTAL_TOKEN = "AAPIMPORT_PORTAL_TOKEN"
JHANA_URL = "AAPIMPORT_JHANA_URL"
JHANA_TOKEN = "AAPIMPORT_JHANA_TOKEN"
SETTLE_SECONDS = "AAPIMPORT_SETTLE_SECONDS"
ADMINISTRATOR = "AAPIMPORT_ADMINISTRATOR"
BUFFER = "AAPIMPORT_BUFFER"
PASS_AS = "AAPIMPORT_PASS_AS"
NOT_KEPT = "AAPIMPORT_NOT_KEPT"
KEEPS_MEMBERS = "AAPIMPORT_KEEPS_MEMBERS"

PassAs = Literal["auto", "entitlement", "group"]
"""What being on the pass is, on the portal: an entitlement of the person, or a Group of people."""

DROPPABLE = {
    "roles": "roles",
    "entitlements": "entitlements",
    "externalid": "externalid",
    "names": "name",
}
"""What `AAPIMPORT_NOT_KEPT` may name, in lower case, and the SCIM attribute that each means."""

DEFAULT_SETTLE_SECONDS = 120.0
"""Twice the silence after which an answer counts as lost, at least 60 s (docs/protocol.md)."""

MAX_SETTLE_SECONDS = 3600.0
DEFAULT_BUFFER = 0.1
"""The contract's buffer for attrition: 10 % of the seats (vendor's help page)."""

SERVICE_VARIABLES = (PORTAL_URL, PORTAL_TOKEN, JHANA_URL, JHANA_TOKEN)


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where one service is, and what opens it.

    Attributes:
        url: The SCIM base address: scheme and host in small letters, the host as its A-label,
            without a port that goes without saying, and without a slash at the end.
        login: How it is told who we are.
        certificate: The certificate that it asks for; None where it asks for none.
        ca_file: Certificates to be trusted beside those of the system, in PEM; None for none.
    """

    url: str
    login: Login
    certificate: ClientCertificate | None = None
    ca_file: Path | None = None

    @classmethod
    def bearer(cls, url: str, token: str, source: str = "") -> Self:
        """A service that a token opens."""
        return cls(url=url, login=Bearer(token=Secret(value=token, source=source)))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective settings.

    Attributes:
        state_dir: The private folder of the journal and the practice portal.
        portal: The portal; None on the practice portal.
        jhana: Jhana; None on the practice portal.
        settle_seconds: How long a service may still be finishing a request whose answer was lost;
            the practice portal works in this process and leaves nothing unfinished.
        administrator: The address of whoever runs aapimport, whose own role is never changed.
        buffer: The part of a pass's seats that should stay free, for a warning.
        pass_as: What being on the pass is, on the portal; `auto` goes by what the portal keeps.
        not_kept: The SCIM attributes, in lower case, that the portal declares and drops.
        keeps_members: Whether somebody knows that the portal keeps a team's members when others
            are added, so that those who once went were taken out by people.
    """

    state_dir: Path
    portal: Endpoint | None = None
    jhana: Endpoint | None = None
    settle_seconds: float = 0.0
    administrator: str = ""
    buffer: float = DEFAULT_BUFFER
    pass_as: PassAs = "auto"
    not_kept: frozenset[str] = frozenset()
    keeps_members: bool = False

    @property
    def target(self) -> Literal["practice", "live"]:
        """Whether anything real is touched."""
        return "live" if self.portal else "practice"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment gives them.

    The practice portal is used only when none of the four service variables exists; one that
    exists and is empty (a secret that failed to load) counts as a mistake, not as absent.

    Raises:
        SettingsError: Some of the four are missing or empty, an address is not acceptable, both
            services have the same, or another setting can't be understood.
    """
    environment = os.environ if environment is None else environment
    practice = Settings(
        state_dir=_state_dir(environment),
        administrator=environment.get(ADMINISTRATOR, "").strip(),
        buffer=_number(environment, BUFFER, DEFAULT_BUFFER * 100, 100.0) / 100,
        pass_as=_pass_as(environment),
        not_kept=_not_kept(environment),
        keeps_members=_keeps_members(environment),
    )
    if not any(name in environment for name in SERVICE_VARIABLES):
        return practice
    missing = [name for name in SERVICE_VARIABLES if not environment.get(name, "").strip()]
    if missing:
        raise SettingsError(
            f"the services are only half configured: {', '.join(missing)} missing or empty",
            hint="set all four AAPIMPORT_PORTAL_… and AAPIMPORT_JHANA_… variables,"
            " or none of them to use the practice portal",
        )
    portal = _endpoint(environment, PORTAL_URL, PORTAL_TOKEN)
    jhana = _endpoint(environment, JHANA_URL, JHANA_TOKEN)
    if place_of(portal.url) == place_of(jhana.url):
        raise SettingsError(
            f"{PORTAL_URL} and {JHANA_URL} are the same address",
            hint="the portal and Jhana are two services: correct one of the two",
        )
    return replace(
        practice,
        portal=portal,
        jhana=jhana,
        settle_seconds=_number(
            environment, SETTLE_SECONDS, DEFAULT_SETTLE_SECONDS, MAX_SETTLE_SECONDS
        ),
    )


def _state_dir(environment: Mapping[str, str]) -> Path:
    if chosen := environment.get(STATE_DIR, "").strip():
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_state_dir("aapimport", appauthor=False))


def _pass_as(environment: Mapping[str, str]) -> PassAs:
    typed = environment.get(PASS_AS, "").strip().lower() or "auto"
    for choice in get_args(PassAs):
        if typed == choice:
            return cast("PassAs", choice)
    raise SettingsError(
        f"{PASS_AS} is neither auto, entitlement nor group", hint="correct it, or unset it"
    )


def _not_kept(environment: Mapping[str, str]) -> frozenset[str]:
    typed = {one.strip() for one in environment.get(NOT_KEPT, "").split(",")} - {""}
    unknown = sorted(one for one in typed if one.lower() not in DROPPABLE)
    if unknown:
        raise SettingsError(
            f"{NOT_KEPT} names {', '.join(map(repr, unknown))}, which it can't",
            hint="it takes roles, entitlements, externalId and names, with commas between them",
        )
    return frozenset(DROPPABLE[one.lower()] for one in typed)


def _keeps_members(environment: Mapping[str, str]) -> bool:
    typed = environment.get(KEEPS_MEMBERS, "").strip().lower()
    if typed not in {"", "yes"}:
        raise SettingsError(f"{KEEPS_MEMBERS} is not yes", hint="set it to yes, or unset it")
    return bool(typed)


def _number(environment: Mapping[str, str], name: str, default: float, most: float) -> float:
    typed = environment.get(name, "").strip()
    try:
        number = float(typed) if typed else default
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise SettingsError(
            f"{name} is not a number from 0 to {most:,.0f}", hint="correct it, or unset it"
        )
    return number


def _endpoint(environment: Mapping[str, str], url_name: str, token_name: str) -> Endpoint:
    url = environment[url_name].strip().rstrip("/")
    token = environment[token_name].strip()
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        usable = False
    if not usable or not is_host(parts.hostname or "") or not url.isprintable() or " " in url:
        raise SettingsError(
            f"{url_name} is not a web address",
            hint="it looks like https://portal.example.com/scim/v2",
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            f"{url_name} holds more than an address",
            hint=f"no user, password, ? or # in it; the token goes into {token_name}",
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise SettingsError(
            f"{url_name} is not encrypted (http)",
            hint="use https; plain http is for this machine only (127.0.0.1)",
        )
    if not token.isascii() or not token.isprintable():
        raise SettingsError(
            f"{token_name} holds characters that a token can't have",
            hint="copy the token again, without line breaks or spaces",
        )
    return Endpoint.bearer(as_kept(url), token, token_name)
