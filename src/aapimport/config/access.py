"""What opens a service: the kind of log-in, its secret, and the certificates beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aapimport.config import values
from aapimport.config.cleaning import cleaned
from aapimport.config.given import DEFAULT, Given
from aapimport.config.keys import TITLES, TableName, key_password_variable, secret_setting
from aapimport.config.logins import (
    Basic,
    Bearer,
    ClientCertificate,
    ClientCredentials,
    Login,
    NamedHeader,
    Secret,
)
from aapimport.config.mail_values import mail_auth
from aapimport.config.sources import Service, Sources
from aapimport.config.stores import (
    Stores,
    check_confirmed,
    login_words,
    nothing_found,
    typed_secret,
)
from aapimport.errors import SettingsError

_READERS = ("token_url", "certificate", "key", "ca_file")
"""What decides who can read a secret on its way."""
_COULD_READ = "could read the token on its way"
_AS_WHOM = ("auth", "user", "header", "client_id", "scope")
"""What decides as what, and as whose, a secret is sent to a service."""
_COULD_MISDIRECT = "decides as what, and as whose, the secret is sent"
DEFAULT_AUTH: values.Auth = "bearer"
_NEEDS: Mapping[values.Auth, tuple[str, ...]] = {
    "bearer": (),
    "basic": ("user",),
    "header": ("header",),
    "client-credentials": ("token_url", "client_id"),
}
"""What each kind of log-in needs besides the secret."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What opens a service.

    Attributes:
        login: How it is told who we are.
        certificate: The certificate that it asks for; None where it asks for none.
        ca_file: Certificates to be trusted beside those of the system; None for none.
        origins: Where the kind of log-in, the secret and the rest came from, by name.
        notices: What was taken off the secret, in sentences.
    """

    login: Login
    certificate: ClientCertificate | None
    ca_file: Path | None
    origins: Mapping[str, str]
    notices: tuple[str, ...]


def access_to(service: Service, sources: Sources, stores: Stores | None) -> Access:
    """What opens a service, from the environment or from what `login` keeps.

    Args:
        service: Where it is.
        sources: Where settings come from.
        stores: Where `login` keeps secrets; None where only the environment is asked.

    Raises:
        SettingsError: There is no secret, a setting can't be right or is missing, or a file in
            the working folder decides who can read the secret, or as what it is sent.
    """
    details = service.details
    kind = auth_of(service)
    _check_own_login(service, sources)
    secret, notice = _secret(service, sources, stores, kind)
    given = details.get("ca_file")
    origins = {
        "url": service.address.origin,
        "auth": details["auth"].origin if "auth" in details else DEFAULT,
        "token": secret.source,
    } | {key: one.origin for key, one in details.items() if key != "auth"}
    return Access(
        login=_login(kind, details, secret),
        certificate=_certificate(service.name, details, sources),
        ca_file=values.existing_file(given) if given else None,
        origins={f"{service.name}.{key}": origin for key, origin in origins.items()},
        notices=tuple(one for one in (notice, stores.notice if stores else "") if one),
    )


def auth_of(service: Service) -> values.Auth:
    """The kind of log-in of a service, all of whose settings are there.

    Raises:
        SettingsError: It is none, or something that it needs is missing.
    """
    details = service.details
    if service.name == "mail":
        return "client-credentials" if mail_auth(details) == "xoauth2" else "basic"
    if (given := details.get("auth")) is None:
        for kind, needed in _NEEDS.items():
            for stray in (details[key] for key in needed if key in details):
                raise stray.wrong(
                    f"is given, and auth is not: {kind} is the kind of log-in that it belongs to",
                    f'set auth to "{kind}", or take it out',
                )
        return DEFAULT_AUTH
    kind = values.auth(given)
    for key in _NEEDS[kind]:
        if key not in details:
            raise given.wrong(f"is {kind}, and {key} is missing", f"set {key} beside it")
    return kind


def check_own(given: Given, what: str, own: list[Given], harm: str = _COULD_READ) -> None:
    """Refuse what only a file in the working folder says, where that could do harm.

    Args:
        given: The setting.
        what: Which it is.
        own: The same setting in the user's own file.
        harm: What whoever wrote the file could do.

    Raises:
        SettingsError: Only a file in the working folder gives it.
    """
    if given.foreign and given.text not in {one.text for one in own}:
        raise SettingsError(
            f"{what} is given only by {given.origin}, a file in the working folder: whoever wrote"
            f" it {harm}",
            hint="if it is right, write it into your own settings file (`aapimport config path`),"
            " or set it in the environment",
        )


def _check_own_login(service: Service, sources: Sources) -> None:
    """Refuse what a file in the working folder says of how a secret travels, and as what.

    Of a service that nobody else names it may say the latter: what `login` keeps for it is bound to
    that, too.
    """
    for key in _READERS if sources.only_the_folder_names(service) else (*_READERS, *_AS_WHOM):
        if given := service.details.get(key):
            own = list(sources.own(service.name, key))
            if key == "auth" and not own and values.auth(given) == DEFAULT_AUTH:
                continue  # it says what holds anyway
            harm = _COULD_READ if key in _READERS else _COULD_MISDIRECT
            check_own(given, f"{key} of {TITLES[service.name]}", own, harm)


def _secret(
    service: Service, sources: Sources, stores: Stores | None, kind: values.Auth
) -> tuple[Secret, str]:
    typed = typed_secret(service, sources, kind)
    if typed is not None:
        if stores is not None:
            check_confirmed(service, typed[0], sources, stores)
            _check_whose(service, typed[0], sources, stores)
        return typed
    kept = stores.find(service) if stores else None
    if kept is None:
        raise nothing_found(service, sources, stores)
    cure = f"keep it again: {login_words(service, sources.profile)}"
    value, notice = cleaned(kept.value, kind, kept.source, cure=cure)
    return Secret(value=value, source=kept.source, setting=secret_setting(service.name)), notice


def _check_whose(service: Service, typed: Secret, sources: Sources, stores: Stores) -> None:
    """Refuse a secret of the environment that may be, or is known to be, another client's.

    What is kept for the same address may be sent there, whoever keeps it: two profiles may share a
    service, and one may have got another name.

    Raises:
        SettingsError: The profile has another secret, or this one is kept for another address.
    """
    kept = stores.compared(service, typed.value) if sources.profile else None
    if kept is None:
        _check_not_of_others(service, typed, stores)
        return
    is_same, where = kept
    if not is_same:
        raise SettingsError(
            f"{typed.source} is set, and profile {sources.profile} has another secret for"
            f" {TITLES[service.name]} ({where}): nobody knows which is meant",
            hint=f"unset {typed.source}; or, if it is the right one, forget the other with"
            f" aapimport logout --profile {sources.profile}",
        )


def _check_not_of_others(service: Service, typed: Secret, stores: Stores) -> None:
    """Refuse what is kept for other addresses only: that of the other service is one of them."""
    kept_for = list(stores.kept_for(typed.value))
    if not kept_for or service.place in {address for _, address in kept_for}:
        return
    profile, address = kept_for[0]
    of = f" of profile {profile}" if profile else ""
    raise SettingsError(
        f"{typed.source} is the secret that is kept for {address}{of}: it isn't sent to"
        f" {service.url}",
        hint=f"unset {typed.source}; or, if it opens both, keep it for this one, too:"
        f" {login_words(service, stores.profile)}",
    )


def _login(kind: values.Auth, details: Mapping[str, Given], secret: Secret) -> Login:
    match kind:
        case "bearer":
            return Bearer(token=secret)
        case "basic":
            return Basic(user=values.user(details["user"]), password=secret)
        case "header":
            return NamedHeader(name=values.header(details["header"]), value=secret)
        case "client-credentials":
            return ClientCredentials(
                token_url=values.web_address(details["token_url"]),
                client_id=values.words(details["client_id"]),
                client_secret=secret,
                scope=values.words(details["scope"]) if "scope" in details else "",
            )


def _certificate(
    name: TableName, details: Mapping[str, Given], sources: Sources
) -> ClientCertificate | None:
    certificate, key = details.get("certificate"), details.get("key")
    if certificate is None:
        if key is not None:
            raise key.wrong("is given, and certificate is not", "set certificate beside it")
        return None
    opens = sources.variable(key_password_variable(name))
    return ClientCertificate(
        certificate=values.existing_file(certificate),
        key=values.existing_file(key) if key else None,
        password=Secret(value=opens.text, source=opens.where) if opens else None,
    )
