"""Where a service is: addresses that are spelled in many ways, and lead to one place."""

import posixpath
import re
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit

_LONGEST_NAME = 253
_is_label = re.compile("(?!-)[a-z0-9_-]{1,63}(?<!-)").fullmatch


def as_kept(url: str) -> str:
    """An acceptable address, its host in small letters and as its A-label, without a usual port."""
    parts = urlsplit(url)
    host = _a_label(parts.hostname or "")
    return f"{parts.scheme}://{_written(host, _port(url))}{parts.path}"


def host_of(url: str) -> tuple[str, int]:
    """The host and the port that an acceptable address leads to, however it is spelled."""
    parts = urlsplit(url)
    host = _a_label(parts.hostname or "").rstrip(".")
    standard = 443 if parts.scheme == "https" else 80
    return "127.0.0.1" if host == "localhost" else host, _port(url) or standard


def place_of(url: str) -> str:
    """What an acceptable address leads to, as an address: the same however it is spelled.

    Journals and written plans know a service by it.
    """
    parts = urlsplit(url)
    path = quote(posixpath.normpath(unquote(parts.path)).strip("/."))
    place = f"{parts.scheme}://{_written(host_of(url)[0], _port(url))}"
    return f"{place}/{path}" if path else place


def pair_at(portal: str, jhana: str) -> str:
    """The places of two acceptable addresses, as a journal's runs are bound to them."""
    return f"{place_of(portal)} {place_of(jhana)}"


def places_of(address: str) -> str:
    """The places of a pair of services, which are parted by a blank; `practice` is one of its own.

    Earlier versions wrote the addresses as they were typed.
    """
    return " ".join(place_of(one) if "://" in one else one for one in address.split(" "))


def place(address: str, service: str) -> str:
    """Where one service of a pair is: what is known of it holds beside any other.

    Args:
        address: The pair of services.
        service: `portal` or `jhana`.
    """
    places = address.split(" ")
    return places[0 if service == "portal" else -1]


def share_a_place(one: str, other: str) -> bool:
    """Whether two pairs of services, as `places_of` writes them, have a service in common."""
    return not set(one.split(" ")).isdisjoint(other.split(" "))


def _a_label(host: str) -> str:
    """A host as it goes over the wire (UTS 46); in small letters where it is no domain."""
    if not host.isascii():
        import idna

        with suppress(idna.IDNAError, UnicodeError):  # httpx says later what is wrong with it
            return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    return host.lower()


def _port(url: str) -> int | None:
    """The port of an address; None where the scheme says it."""
    parts = urlsplit(url)
    return None if parts.port == (443 if parts.scheme == "https" else 80) else parts.port


def _written(host: str, port: int | None) -> str:
    """A host and a port as they stand in an address."""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def is_host(host: str) -> bool:
    """Whether something can be a host at all: an IP address, or a name as RFC 1123 has it.

    Underscores are let through, which names in companies' own networks have (RFC 2181 section 11).
    """
    with suppress(ValueError):
        return bool(ip_address(host))
    name = _a_label(host).removesuffix(".")
    labels = name.split(".")
    if "xn--" in name:
        import idna

        try:
            idna.decode(name)
        except (idna.IDNAError, UnicodeError):
            return False
    return (
        len(name) <= _LONGEST_NAME
        and all(map(_is_label, labels))
        and not labels[-1].isdecimal()  # a number at the end is an IPv4 address that is none
    )


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
