"""Settings: what a command works with, and where each value came from."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from aapimport.config import values
from aapimport.config.access import Access, access_to, check_own
from aapimport.config.addresses import pair_at
from aapimport.config.folders import PROFILES
from aapimport.config.given import DEFAULT
from aapimport.config.keys import (
    OF_A_PORTAL,
    PLAIN,
    SERVICE_NAMES,
    STATE,
    setting,
    token_variable,
    variable,
)
from aapimport.config.logins import Bearer, ClientCertificate, Login, Secret
from aapimport.config.mail import Mail, mail_of
from aapimport.config.notify import NOBODY, Notify, notify_of
from aapimport.config.settings_file import home_made
from aapimport.config.sources import Service, Sources, read_sources
from aapimport.config.stores import Stores
from aapimport.config.values import PassAs
from aapimport.errors import SettingsError

PORTAL_URL = variable("url", "portal")
PORTAL_TOKEN = token_variable("portal")
JHANA_URL = variable("url", "jhana")
JHANA_TOKEN = token_variable("jhana")
SETTLE_SECONDS = variable("settle_seconds")

DEFAULT_SETTLE_SECONDS = 120.0
"""Twice the silence after which an answer counts as lost, at least 60 s (docs/protocol.md)."""

MAX_SETTLE_SECONDS = 3600.0
DEFAULT_KEEP_PEOPLE = 30.0
"""Days: as long as somebody may want to see the receipt again, or take a wrong file back."""
MAX_KEEP_PEOPLE = 3650.0
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
        named: What gives the address, in words; empty where nobody knows.
        certificate: The certificate that it asks for; None where it asks for none.
        ca_file: Certificates to be trusted beside those of the system, in PEM; None for none.
        proxy: What it is reached through, as `http://proxy.example.com:8080`; it goes before the
            environment's. Empty for what the environment says.
    """

    url: str
    login: Login
    named: str = ""
    certificate: ClientCertificate | None = None
    ca_file: Path | None = None
    proxy: str = field(default="", repr=False)  # it may hold a password

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
        keep_people: Days for which the journal keeps names and addresses after a run has ended.
        pace: Requests a second, or the name of a known service; empty for the default.
        no_results: Whether no results workbook is written, as long as none is asked for.
        profile: The client's profile; empty without one.
        mail: How e-mails are sent where the portal sends none; None without `[mail]`, and on the
            practice portal.
        notify: Who is told how a run ended.
        origins: Where each value came from, in words, by its name in `aapimport.toml`
            (`buffer`, `portal.url`, `portal.token`).
        notices: What is to be said about them, in sentences.
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
    keep_people: float = DEFAULT_KEEP_PEOPLE
    pace: str = ""
    no_results: bool = False
    profile: str = ""
    mail: Mail | None = None
    notify: Notify = NOBODY
    origins: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def target(self) -> Literal["practice", "live"]:
        """Whether anything real is touched."""
        return "live" if self.portal else "practice"

    @property
    def address(self) -> str:
        """Where both services are, as a journal's runs are bound to it: their places, or practice.

        `places_of` tells how it is written.
        """
        if self.portal is None or self.jhana is None:
            return "practice"
        return pair_at(self.portal.url, self.jhana.url)

    def where_set(self, *texts: str) -> list[str]:
        """Where the settings are set of which some texts speak, one sentence each."""
        named = (key for key in PLAIN if any(setting(key) in text for text in texts))
        return [
            f"{setting(key)} is not set: {variable(key)} sets it, or a line in aapimport.toml"
            if self.origins.get(key, DEFAULT) == DEFAULT
            else f"{setting(key)} is from {self.origins[key]}"
            for key in named
        ]


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as the environment alone gives them, without any file or keyring.

    The practice portal is used only when none of the four service variables exists; one that
    exists and is empty (a secret that failed to load) counts as a mistake, not as absent.

    Raises:
        SettingsError: Some of the four are missing or empty, an address is not acceptable, both
            services have the same, or another setting can't be understood.
    """
    sources = read_sources(os.environ if environment is None else environment, None, None)
    if not is_configured(sources):
        return practice_settings(sources)
    missing = [
        name
        for name in SERVICE_VARIABLES
        if not sources.variable(name) and not sources.variable(f"{name}_FILE")
    ]
    if missing:
        raise _half_configured(missing)
    return live_settings(sources, None)


def is_configured(sources: Sources) -> bool:
    """Whether anything speaks of real services, be it half or empty."""
    return bool(sources.profile) or any(sources.is_named(name) for name in SERVICE_NAMES)


def practice_settings(sources: Sources, notices: tuple[str, ...] = ()) -> Settings:
    """The settings for the practice portal, which is one for all profiles.

    Raises:
        SettingsError: A setting can't be understood.
    """
    state_dir, origin = base_state_dir(sources)
    return _plain(sources, state_dir, origin, notices)


def live_settings(sources: Sources, stores: Stores | None) -> Settings:
    """The settings for the services that are configured.

    Args:
        sources: Where settings come from.
        stores: Where `login` keeps secrets; None where only the environment is asked.

    Raises:
        SettingsError: Something is missing or can't be right, or a secret would be sent where
            only a file in the working folder says to.
    """
    portal, jhana = services(sources)
    sources.check_facts(portal)
    _check_safety(sources, (portal, jhana))
    plain = _plain(sources, *profile_state_dir(sources))
    settle = sources.plain("settle_seconds")
    proxy = sources.plain("proxy")
    if proxy:
        check_own(proxy, "proxy", list(sources.own(None, "proxy")))
    way = values.proxy_address(proxy) if proxy else ""
    mail = mail_of(sources, stores)
    ways = {one.name: access_to(one, sources, stores) for one in (portal, jhana)}
    ends = {
        one.name: Endpoint(
            url=one.url,
            login=ways[one.name].login,
            named=one.address.where,
            certificate=ways[one.name].certificate,
            ca_file=ways[one.name].ca_file,
            proxy=way,
        )
        for one in (portal, jhana)
    }
    return replace(
        plain,
        portal=ends["portal"],
        jhana=ends["jhana"],
        settle_seconds=(
            values.number(settle, MAX_SETTLE_SECONDS) if settle else DEFAULT_SETTLE_SECONDS
        ),
        mail=mail,
        notify=notify_of(sources, (portal, jhana)),
        origins=_origins(plain, ways["portal"], ways["jhana"], mail),
        notices=tuple(
            dict.fromkeys(plain.notices + ways["portal"].notices + ways["jhana"].notices)
        ),
    )


def services(sources: Sources) -> tuple[Service, Service]:
    """Where the portal and Jhana are, without their secrets.

    Raises:
        SettingsError: An address is missing or can't be right, both are the same, or no place
            names them both.
    """
    portal, jhana = sources.service("portal"), sources.service("jhana")
    if portal is None or jhana is None:
        raise _half_configured(sources.missing())
    if portal.place == jhana.place:
        raise SettingsError(
            f"{portal.address.where} and {jhana.address.where} are the same address",
            hint="the portal and Jhana are two services: correct one of the two",
        )
    if sources.named_in(portal).isdisjoint(sources.named_in(jhana)):
        raise SettingsError(
            f"the portal is named by {portal.address.where} alone, and Jhana by"
            f" {jhana.address.where}: they may belong to two clients",
            hint="name both in one place: in one settings file, or, without a profile, in the"
            " environment",
        )
    return portal, jhana


def base_state_dir(sources: Sources) -> tuple[Path, str]:
    """The state folder of everybody who names no profile, and where it came from.

    Raises:
        SettingsError: It is no path.
    """
    if chosen := sources.plain(STATE):
        if not chosen.text.isprintable():
            raise chosen.wrong("is no path")
        return home_made(chosen.text).absolute(), chosen.origin
    import platformdirs

    return Path(platformdirs.user_state_dir("aapimport", appauthor=False)), DEFAULT


def profile_state_dir(sources: Sources) -> tuple[Path, str]:
    """The state folder of the chosen profile, whose lock, journal and secrets are its own."""
    folder, origin = base_state_dir(sources)
    return (folder / PROFILES / sources.profile if sources.profile else folder), origin


_OF_SAFETY = ("administrator", "settle_seconds", "pace", *OF_A_PORTAL)
"""Settings that decide whose role is kept, what is sent and how fast, and when it is repeated."""

_COULD_HARM = (
    "decides about what is safe: whose role is kept, what isn't sent, what is sent again, how fast"
)


def _check_safety(sources: Sources, found: tuple[Service, Service]) -> None:
    """Refuse what a file in the working folder says about safety, but for services of its own.

    Where nobody else names the two services, nothing else can speak of them; `login` has asked
    whether their addresses are right, and a notice tells what the file decides. Settings for
    services that the user or the environment names are the user's.

    Raises:
        SettingsError: It says something, and the user's own file doesn't say the same.
    """
    if all(map(sources.only_the_folder_names, found)):
        return
    for key in _OF_SAFETY:
        if given := sources.plain(key):
            check_own(given, key, list(sources.own(None, key)), _COULD_HARM)


def _plain(
    sources: Sources, state_dir: Path, state_origin: str, notices: tuple[str, ...] = ()
) -> Settings:
    """Everything but the services."""
    found = {key: sources.plain(key) for key in PLAIN}
    buffer, pace, administrator = found["buffer"], found["pace"], found["administrator"]
    pass_as, not_kept, keeps = (found[key] for key in OF_A_PORTAL)
    days = found["keep_people"]
    decide = ((key, found.get(key)) for key in _OF_SAFETY)
    foreign = [f"{key} ({given.origin})" for key, given in decide if given and given.foreign]
    if foreign:
        words = ", ".join(foreign)
        notices += (f"a file in the working folder decides about what is safe: {words}",)
    origins = {key: given.origin if given else DEFAULT for key, given in found.items()}
    return Settings(
        state_dir=state_dir,
        administrator=values.administrator(administrator) if administrator else "",
        buffer=values.number(buffer, 100.0) / 100 if buffer else DEFAULT_BUFFER,
        pass_as=values.pass_as(pass_as) if pass_as else "auto",
        not_kept=values.not_kept(not_kept) if not_kept else frozenset(),
        keeps_members=values.is_yes(keeps) if keeps else False,
        keep_people=values.number(days, MAX_KEEP_PEOPLE) if days else DEFAULT_KEEP_PEOPLE,
        pace=values.pace(pace) if pace else "",
        no_results=values.is_yes(found["no_results"]) if found["no_results"] else False,
        profile=sources.profile,
        notify=notify_of(sources),
        origins=origins | {STATE: state_origin, "profile": sources.chosen_by or DEFAULT},
        notices=notices,
    )


def _origins(*parts: Settings | Access | Mail | None) -> dict[str, str]:
    return {key: one for part in parts if part for key, one in part.origins.items()}


def _half_configured(missing: Sequence[str]) -> SettingsError:
    return SettingsError(
        f"the services are only half configured: {', '.join(missing)} missing or empty",
        hint="set what is missing, name a client with --profile NAME, or practise with --practice",
    )
