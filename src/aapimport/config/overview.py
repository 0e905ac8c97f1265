"""All settings at one glance, each with where it came from; secrets only as set or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aapimport.config import values
from aapimport.config.access import auth_of
from aapimport.config.addresses import pair_at
from aapimport.config.given import DEFAULT, Given
from aapimport.config.keys import (
    NOTIFY,
    OF_MAIL,
    PLAIN,
    STATE,
    TABLE_NAMES,
    TO,
    TableName,
    secret_setting,
)
from aapimport.config.logins import Secret
from aapimport.config.mail import is_secret_needed, mail_of, mail_service
from aapimport.config.mail_values import mail_auth
from aapimport.config.masking import masked, masked_address, masked_path, shortened
from aapimport.config.settings import (
    DEFAULT_SETTLE_SECONDS,
    MAX_SETTLE_SECONDS,
    is_configured,
    practice_settings,
    profile_state_dir,
    services,
)
from aapimport.config.sources import Service, Sources
from aapimport.config.stores import Stores, typed_secret
from aapimport.errors import SettingsError

NOT_SET = "not set"
_SHORT_ID = 8
"""Characters of an id that is no secret."""
Value = str | float | bool | list[str]


@dataclass(frozen=True)
class Shown:
    """A setting.

    Attributes:
        name: As in `aapimport.toml`, that of a service with its table: `portal.url`.
        value: What it is; of a secret only whether it is set, and where it is kept.
        source: Where it came from, in words: `AAPIMPORT_BUFFER`, `/home/ana/aapimport.toml`,
            `default`.
    """

    name: str
    value: Value
    source: str


@dataclass(frozen=True)
class Whereabouts:
    """Where a command line works.

    Attributes:
        target: The practice portal or real services; None where the settings can't be read.
        address: Where both services are; None likewise, and where one is missing.
    """

    target: Literal["practice", "live"] | None = None
    address: str | None = None


def whereabouts(sources: Sources) -> Whereabouts:
    """Where settings lead to, as far as they say it."""
    if not is_configured(sources):
        return Whereabouts("practice", "practice")
    try:
        portal, jhana = services(sources)
    except SettingsError:
        return Whereabouts("live")
    return Whereabouts("live", pair_at(portal.url, jhana.url))


def overview(sources: Sources, stores: Stores) -> tuple[Shown, ...]:
    """Every setting as it counts, with where it came from.

    What is missing is shown as not set; what can't be right is an error.

    Raises:
        SettingsError: A setting can't be right.
    """
    return tuple(_all(sources, stores))


def secret_status(service: Service, sources: Sources, stores: Stores) -> Shown:
    """Whether a service's secret is there, and where it is kept; never what it is.

    Raises:
        SettingsError: What the environment gives can't be a secret, or a file can't be read.
    """
    found = _secret(service, sources, stores)
    name = secret_setting(service.name)
    if found is not None:
        return Shown(name, f"set ({found.source})", found.source)
    why = f" ({stores.trouble})" if stores.trouble else ""
    return Shown(name, f"{NOT_SET}{why}", DEFAULT)


def _secret(service: Service, sources: Sources, stores: Stores) -> Secret | None:
    typed = typed_secret(service, sources, auth_of(service))
    return typed[0] if typed else stores.find(service)


def _all(sources: Sources, stores: Stores) -> Iterator[Shown]:
    settings = practice_settings(sources)
    yield Shown("target", whereabouts(sources).target or NOT_SET, sources.chosen_by or DEFAULT)
    yield Shown("profile", sources.profile or NOT_SET, sources.chosen_by or DEFAULT)
    for name in TABLE_NAMES:
        yield from _service(name, sources, stores)
    notify = settings.notify
    yield Shown(f"{NOTIFY}.{TO}", [*notify.to] or NOT_SET, notify.origin)
    settle, proxy = sources.plain("settle_seconds"), sources.plain("proxy")
    found: dict[str, Value] = {
        "proxy": masked_address(values.proxy_address(proxy)) if proxy else NOT_SET,
        "pace": settings.pace or NOT_SET,
        "buffer": round(settings.buffer * 100, 6),
        "administrator": settings.administrator or NOT_SET,
        "settle_seconds": (
            values.number(settle, MAX_SETTLE_SECONDS) if settle else DEFAULT_SETTLE_SECONDS
        ),
        "keep_people": settings.keep_people,
        "no_results": settings.no_results,
        "pass_as": settings.pass_as,
        "not_kept": sorted(settings.not_kept),
        "keeps_members": settings.keeps_members,
        STATE: masked_path(str(profile_state_dir(sources)[0])),
    }
    for key in PLAIN:
        yield Shown(key, found[key], settings.origins[key])


def _service(name: TableName, sources: Sources, stores: Stores) -> Iterator[Shown]:
    service = mail_service(sources) if name == "mail" else sources.service(name)
    if service is None:
        place = "host" if name == "mail" else "url"
        yield Shown(f"{name}.{place}", NOT_SET, DEFAULT)
        return
    if service.name == "mail":
        yield from _mail(service, sources, stores)
        return
    yield Shown(f"{name}.url", service.url, service.address.origin)
    given = service.details.get("auth")
    yield Shown(f"{name}.auth", auth_of(service), given.origin if given else DEFAULT)
    secret = _secret(service, sources, stores)
    for key, one in service.details.items():
        if key != "auth":
            is_secret = secret is not None and secret.value in one.text
            shown = "hidden (the secret is in it)" if is_secret else _detail(key, one)
            yield Shown(f"{name}.{key}", shown, one.origin)
    yield secret_status(service, sources, stores)


def _mail(service: Service, sources: Sources, stores: Stores) -> Iterator[Shown]:
    mail = mail_of(sources, stores)
    if mail is None:
        return
    found: dict[str, Value] = {
        "host": mail.host,
        "port": float(mail.port),
        "from": mail.sender,
        "auth": mail_auth(service.details),
        "sign_in": mail.sign_in,
        "sign_in_url": masked_address(mail.sign_in_url),
        "language": mail.language,
    }
    secret = _secret(service, sources, stores)
    for key in OF_MAIL:
        given = service.details.get(key)
        if key not in found and given is not None:
            is_secret = secret is not None and secret.value in given.text
            found[key] = "hidden (the secret is in it)" if is_secret else _detail(key, given)
        if key in found:
            yield Shown(f"mail.{key}", found[key], mail.origins[f"mail.{key}"])
    if is_secret_needed(service):
        yield secret_status(service, sources, stores)


def _detail(key: str, given: Given) -> str:
    """A setting of a service, in which a secret may stand that belongs elsewhere."""
    match key:
        case "token_url":
            return masked_address(given.text)
        case "from_name" | "reply_to":
            return given.text
        case "certificate" | "key" | "ca_file" | "templates":
            return masked_path(given.text)
        case "client_id":
            return shortened(given.text) if len(given.text) > _SHORT_ID else masked(given.text)
    return masked(given.text)
