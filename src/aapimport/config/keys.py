"""The names of all settings: in the environment, in `aapimport.toml`, and on screens."""

from collections.abc import Mapping
from typing import Literal, get_args

from aapimport.errors import SettingsError
from aapimport.text import closest, did_you_mean

PREFIX = "AAPIMPORT_"
PROFILE = "AAPIMPORT_PROFILE"
NO_KEYRING = "AAPIMPORT_NO_KEYRING"

ServiceName = Literal["portal", "jhana"]
SERVICE_NAMES: tuple[ServiceName, ...] = get_args(ServiceName)
TableName = Literal["portal", "jhana", "mail"]
"""Whatever has a table of its own, with an address and a secret."""
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
TITLES: Mapping[TableName, str] = {
    "portal": "the portal",
    "jhana": "Jhana",
    "mail": "the mail server",
}
"""What messages call it."""

COMMON = (
    *("proxy", "pace", "buffer", "administrator", "settle_seconds"),
    *("keep_people", "no_results"),
)
"""What holds for every profile that says nothing else."""
OF_A_PORTAL = ("pass_as", "not_kept", "keeps_members")
"""What is known of one portal, and so is never taken over by the profile of another."""
OF_REAL_SERVICES = ("proxy", "pace", "administrator", "settle_seconds", *OF_A_PORTAL)
"""What means nothing on the practice portal: whoever has set it means another."""
STATE = "state_dir"
PLAIN = (*COMMON, *OF_A_PORTAL, STATE)
"""The settings that stand above the tables of a file."""
STATE_DIR = PREFIX + STATE.upper()

OF_A_SERVICE = (
    *("url", "auth", "user", "header", "token_url", "client_id", "scope"),
    *("certificate", "key", "ca_file"),
)
"""The settings of the tables `[portal]` and `[jhana]`."""

OF_MAIL = (
    *("host", "port", "preset", "from", "from_name", "reply_to"),
    *("auth", "user", "token_url", "client_id", "scope", "ca_file"),
    *("sign_in", "sign_in_url", "language", "templates"),
    *("idempotency_header", "idempotency_hours"),
)
"""The settings of the table `[mail]`."""

NOTIFY: Literal["notify"] = "notify"
"""The table that says who is told how a run ended."""
TO = "to"
"""Its only setting."""

OF_A_LOGIN = ("auth", "user", "header", "token_url", "client_id")
"""What decides where else than to the service, and as whom, a secret is sent."""

SECRET_KEYS = frozenset({"token", "password", "client_secret", "secret", "api_key", "key_password"})
"""What people may write into a file, where secrets are never kept."""


def variable(key: str, service: TableName | Literal["notify"] | None = None) -> str:
    """The environment variable of a setting: `AAPIMPORT_BUFFER`, `AAPIMPORT_PORTAL_URL`."""
    return PREFIX + (f"{service}_{key}" if service else key).upper()


NOTIFY_TO = variable(TO, NOTIFY)


def setting(key: str) -> str:
    """What messages call a setting, wherever it is set: `Settings.where_set` tells that."""
    return f"the setting {key}"


def address_variable(service: TableName) -> str:
    """The variable of what says where a service, or the mail server, is."""
    return variable("host" if service == "mail" else "url", service)


def token_variable(service: TableName) -> str:
    """The variable of a secret, of whatever kind: `AAPIMPORT_PORTAL_TOKEN`.

    A mail server's is mostly a password: `AAPIMPORT_MAIL_PASSWORD`.
    """
    return variable("password" if service == "mail" else "token", service)


def secret_setting(service: TableName) -> str:
    """What screens call a secret: `portal.token`, `mail.password`."""
    return f"{service}.{'password' if service == 'mail' else 'token'}"


def token_file_variable(service: TableName) -> str:
    """The variable that names the file of a secret."""
    return f"{token_variable(service)}_FILE"


def key_password_variable(service: TableName) -> str:
    """The variable of what opens the key of a client certificate."""
    return variable("key_password", service)


def service_variables(service: ServiceName) -> frozenset[str]:
    """Every variable that is about one service."""
    more = ("token", "token_file", "key_password")
    return frozenset(variable(key, service) for key in (*OF_A_SERVICE, *more))


def mail_variables() -> frozenset[str]:
    """Every variable that is about the mail server."""
    secret = (token_variable("mail"), token_file_variable("mail"))
    return frozenset((*(variable(key, "mail") for key in OF_MAIL), *secret))


def variables() -> frozenset[str]:
    """Every variable that means something."""
    services = (service_variables(name) for name in SERVICE_NAMES)
    plain = {PROFILE, NO_KEYRING, NOTIFY_TO, *map(variable, PLAIN)}
    return frozenset(plain.union(mail_variables(), *services))


def check_variables(environment: Mapping[str, str]) -> None:
    """Refuse variables that look like ours and mean nothing: a misspelt setting is none.

    Raises:
        SettingsError: There is one; the hint says which was meant.
    """
    known = variables()
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            meant = did_you_mean(_closest(name, known))
            raise SettingsError(
                f"the environment variable {name} is no setting of aapimport",
                hint=meant or "unset it; docs/settings.md lists what there is",
            )


def _closest(name: str, known: frozenset[str]) -> list[str]:
    """The variables that one was probably meant to be; a secret of any kind has the same."""
    for service in TABLE_NAMES:
        kind = name.removeprefix(f"{PREFIX}{service.upper()}_").lower()
        if kind in SECRET_KEYS:
            return [token_variable(service)]
    near = closest(name[len(PREFIX) :], sorted(one[len(PREFIX) :] for one in known), most=2)
    return [PREFIX + one for one in near]
