"""The mail server that takes our e-mails, and what they say: the settings of `[mail]`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from aapimport.config import mail_values as values
from aapimport.config.access import access_to, check_own
from aapimport.config.given import DEFAULT, Given
from aapimport.config.keys import OF_MAIL, SERVICE_NAMES, secret_setting, variable
from aapimport.config.logins import Login
from aapimport.config.sources import Service, Sources
from aapimport.config.stores import Stores, nothing_found, typed_secret
from aapimport.config.values import existing_file, words
from aapimport.errors import SettingsError

_COULD_MAIL = "decides whom people think they hear from, and where they are sent to sign in"
_NEEDED = ("from", "sign_in", "sign_in_url")
_HOUR = 3600.0
_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """How e-mails are sent, and what they say.

    Attributes:
        host: The server.
        port: Its port.
        preset: What is known of it.
        sender: The address that e-mails come from.
        sender_name: The name beside it; empty for none.
        reply_to: The address that answers go to; empty for the sender's.
        login: How the server is told who we are; None where it asks for nothing, and where the
            secret is missing.
        user: Who we are, of a log-in by a token.
        trouble: Why nothing can be sent, as long as the secret is missing; None while it can.
        ca_file: Certificates that are trusted beside those of the system; None for none.
        sign_in: How people sign in.
        sign_in_url: Where.
        language: The language of the texts, where nobody asks for another.
        templates: The folder of texts of one's own; None for those that come with aapimport.
        idempotency_header: The header by which the server knows an e-mail again; empty without.
        idempotency_hours: For how long it does.
        origins: Where each value came from, in words, by its name (`mail.host`).
    """

    host: str
    port: int
    preset: values.Preset
    sender: str
    sign_in: values.SignIn
    sign_in_url: str
    sender_name: str = ""
    reply_to: str = ""
    login: Login | None = None
    user: str = ""
    trouble: SettingsError | None = None
    ca_file: Path | None = None
    language: values.Language = "en"
    templates: Path | None = None
    idempotency_header: str = ""
    idempotency_hours: float = 0.0
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the server is, for people: `smtp.example.com:587`."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def server(self) -> str:
        """Sender and server, as approved, and what the server knows an e-mail again by."""
        return f"{self.sender} by {self.place} {self.idempotency_header}".rstrip()

    def may_repeat(self, began: float, now: float) -> bool:
        """Whether an e-mail in doubt may be sent again: the server knows it, and drops it.

        Args:
            began: When it was first sent, in seconds since 1970.
            now: The time now.
        """
        return bool(self.idempotency_header) and 0 <= now - began < self.idempotency_hours * _HOUR


def mail_service(sources: Sources) -> Service | None:
    """Where the mail server is, without its secret; None where nothing speaks of one.

    All that is said of it stands in one place: the first file that has the table, or the
    environment. A variable may add to a table at the top of a file, and contradicts none.

    Raises:
        SettingsError: A variable is empty or says otherwise than the table, or there is no host.
    """
    table = sources.table("mail")
    stated = next((file for file in sources.files if table in file.tables), None)
    details: dict[str, Given] = {}
    for key in OF_MAIL:
        name = variable(key, "mail")
        typed = sources.variable(name)
        if typed is None and name in sources.environment:
            raise SettingsError(f"{name} is empty", hint="set it, or unset it")
        written = stated.given(table, key) if stated else None
        if typed and (written or sources.profile):
            sources.check_same(typed, [written] if written else [], table, key)
        if found := typed or written:
            details[key] = found
    if not details and stated is None:
        return None
    address = details.get("host") or details.get("preset")
    if address is None:
        raise values.missing([f"host (or {variable('host', 'mail')})"], str(table))
    host, port, _ = _server(details)
    at = f"[{host}]" if ":" in host else host
    return Service(name="mail", address=address, url=f"smtp://{at}:{port}", details=details)


def mail_of(sources: Sources, stores: Stores | None) -> Mail | None:
    """How e-mails are sent; None where nothing speaks of a mail server.

    A secret that is missing is told by `trouble`, since most commands send no e-mail.

    Raises:
        SettingsError: Something is missing or can't be right, or a file in the working folder
            decides about it for services that others name.
    """
    service = mail_service(sources)
    if service is None:
        return None
    details = service.details
    _check_whose(service, sources)
    table = str(sources.table("mail"))
    if lacking := [key for key in _NEEDED if key not in details]:
        raise values.missing(lacking, table)
    auth = values.mail_auth(details)
    login, trouble = _login(service, sources, stores) if auth != "none" else (None, None)
    header, hours = values.idempotency(details)
    host, port, preset = _server(details)

    def read(key: str, reader: Callable[[Given], _Value], default: _Value) -> _Value:
        return reader(details[key]) if key in details else default

    return Mail(
        host=host,
        port=port,
        preset=preset,
        sender=values.mailbox(details["from"]),
        sender_name=read("from_name", words, ""),
        reply_to=read("reply_to", values.mailbox, ""),
        login=login,
        user=read("user", words, ""),
        trouble=trouble,
        ca_file=read("ca_file", existing_file, None),
        sign_in=values.sign_in(details["sign_in"]),
        sign_in_url=values.sign_in_url(details["sign_in_url"]),
        language=read("language", values.language, "en"),
        templates=read("templates", existing_folder, None),
        idempotency_header=header,
        idempotency_hours=hours,
        origins=_origins(service),
    )


def is_secret_needed(service: Service) -> bool:
    """Whether the mail server asks who we are.

    Raises:
        SettingsError: The kind of log-in can't be right.
    """
    return values.mail_auth(service.details) != "none"


def existing_folder(given: Given) -> Path:
    """A folder that is there.

    Raises:
        SettingsError: It isn't.
    """
    path = Path(given.text)
    if not path.is_dir():
        raise given.wrong("names a folder that isn't there", "aapimport emails edit DIR makes one")
    return path


def _server(details: Mapping[str, Given]) -> tuple[str, int, values.Preset]:
    """The host, its port, and what is known of it."""
    preset, host, port = (details.get(key) for key in ("preset", "host", "port"))
    known = values.preset(preset) if preset else values.Preset(host="")
    number = values.mail_port(port) if port else values.SUBMISSION_PORT
    return values.mail_host(host) if host else known.host, number, known


def _login(
    service: Service, sources: Sources, stores: Stores | None
) -> tuple[Login | None, SettingsError | None]:
    there = typed_secret(service, sources, "basic") or (stores and stores.find(service))
    if not there:
        return None, nothing_found(service, sources, stores)
    return access_to(service, sources, stores).login, None


def _check_whose(service: Service, sources: Sources) -> None:
    """Refuse a `[mail]` that only a file in the working folder has, but for its own services."""
    found = [sources.service(name) for name in SERVICE_NAMES]
    if all(one is not None and sources.only_the_folder_names(one) for one in found):
        return
    for key, given in service.details.items():
        check_own(given, f"{key} of [mail]", list(sources.own("mail", key)), _COULD_MAIL)


def _origins(service: Service) -> dict[str, str]:
    given = {key: service.details.get(key) for key in OF_MAIL}
    found = {f"mail.{key}": one.origin if one else DEFAULT for key, one in given.items()}
    return found | {secret_setting("mail"): DEFAULT}
