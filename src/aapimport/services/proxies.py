"""Through which proxy an address is reached: as a setting says, else as the environment does.

The variables are those of curl, in capital or small letters (small ones win); where none is set,
the proxy of the operating system's own settings counts, as Python's `urllib.request` finds it.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from aapimport.config.addresses import is_loopback
from aapimport.config.keys import setting
from aapimport.errors import SettingsError

_USUAL_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
SETTING = setting("proxy")
"""What names the proxy of the settings."""
_SYSTEM = "this computer's proxy setting"
_EXAMPLE = "it looks like http://proxy.example.com:8080"


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """What stands between this machine and a service.

    Attributes:
        url: Its address, which may hold a user and a password.
        source: What names it: `HTTPS_PROXY`, `the setting proxy`.
    """

    url: str = field(repr=False)
    source: str

    @property
    def host(self) -> str:
        """Its host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        parts = urlsplit(self.url)
        return parts.port or _USUAL_PORTS[parts.scheme]

    @property
    def log_in(self) -> tuple[str, str] | None:
        """The user and the password that are in its address; None without any."""
        parts = urlsplit(self.url)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")


def proxy_for(url: str, setting: str = "") -> Proxy | None:
    """The proxy through which an address is reached; None where none is in between.

    Args:
        url: The address.
        setting: The proxy that the settings name, which goes before the environment's and its
            exceptions, but for what isn't encrypted on this machine; empty where they name none.

    Raises:
        SettingsError: The setting, or a variable that would have to be followed, can't be used.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if is_loopback(host) and (not setting or parts.scheme == "http"):
        return None  # what isn't encrypted leaves this machine through no proxy
    if setting:
        return _usable(setting.strip(), SETTING)
    from urllib.request import getproxies, getproxies_environment, proxy_bypass

    variables = getproxies_environment()
    if not variables:
        found = getproxies()
        chosen = found.get(parts.scheme) or found.get("all")
        return _usable(chosen, _SYSTEM) if chosen and not proxy_bypass(host) else None
    usual = 443 if parts.scheme == "https" else 80
    if _is_excepted(host, parts.port or usual, variables.get("no", "")):
        return None
    usable = {
        kind: _usable(variables[kind], _variable(kind, variables))
        for kind in ("https", "http")
        if variables.get(kind)
    }
    if parts.scheme not in usable and variables.get("all"):
        return _usable(variables["all"], _variable("all", variables))
    return usable.get(parts.scheme)


def unusable(source: str, why: str) -> SettingsError:
    """The error for a proxy that can't be used; its address may hold a password, and isn't shown.

    Args:
        source: What names it.
        why: What is wrong with it, after the source's name.
    """
    return SettingsError(f"{source} {why}", hint=f"{_EXAMPLE}; correct {source}, or unset it")


def _variable(kind: str, variables: Mapping[str, str]) -> str:
    """The name of the variable that a value was taken from, as it is spelled."""
    names = [name for name in os.environ if name.lower() == f"{kind}_proxy"]
    said = [name for name in names if os.environ[name] == variables[kind]]
    return min(said or names, key=str.isupper, default=f"{kind.upper()}_PROXY")


def _usable(value: str, source: str) -> Proxy:
    """A proxy whose address can be used; one without a scheme is an http proxy, as for curl."""
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # half an IPv6 address, or a port that is none
        raise unusable(source, "names a proxy with a port or a host that is none") from None
    if parts.scheme not in _USUAL_PORTS:
        kind = repr(parts.scheme) if parts.scheme else "nothing"
        raise unusable(source, f"names a proxy whose address begins with {kind} before ://")
    if not host or not host.isprintable() or " " in host or port == 0:
        raise unusable(source, "names a proxy without a host, or with a port that is none")
    if parts.scheme.startswith("socks") and find_spec("socksio") is None:
        raise SettingsError(
            f"{source} names a SOCKS proxy, for which the Python package socksio is missing",
            hint=f"name an http proxy in {source}, or install socksio beside aapimport",
        )
    return Proxy(url=url, source=source)


def _is_excepted(host: str, port: int, no_proxy: str) -> bool:
    """Whether an address is reached without a proxy: `NO_PROXY`, as curl reads it.

    Raises:
        SettingsError: An entry is an IPv6 address in brackets, a range of them, or none at all.
    """
    entries = [one for one in (part.strip().lower() for part in no_proxy.split(",")) if one]
    for entry in entries:
        _check_exception(entry, no_proxy)
    if "*" in entries:
        return True
    return any(_is_meant(host, port, entry.partition("://")[2] or entry) for entry in entries)


def _check_exception(entry: str, no_proxy: str) -> None:
    if entry.count(":") < 2 and not {"[", "]"} & set(entry):  # noqa: PLR2004 -- a port has one
        return
    with suppress(ValueError):
        IPv6Address(entry)
        return
    source = _variable("no", {"no": no_proxy})
    raise SettingsError(
        f"{source} holds {entry!r}, an IPv6 address that can't be read",
        hint="write it without brackets, port and range, as in ::1, or take it out",
    )


def _is_meant(host: str, port: int, entry: str) -> bool:
    name = entry.removeprefix("*").lstrip(".")
    if name in {host, f"{host}:{port}"} or host.endswith(f".{name}"):
        return True
    with suppress(ValueError):
        return ip_address(host) in ip_network(name, strict=False)
    return False
