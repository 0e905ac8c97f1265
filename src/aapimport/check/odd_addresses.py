"""Addresses that nobody can have, and ones that a person hardly has.

Source: RFC 2606 and 6761 for reserved names; Microsoft's help page on guests' login names.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from aapimport.check.addresses import address_fault
from aapimport.check.repair import invisible_in

_EXAMPLES = frozenset(("example.com", "example.net", "example.org"))
_IN_EXAMPLES = (".example", *(f".{name}" for name in _EXAMPLES))
_PRIVATE = (".internal", ".intranet", ".lan", ".corp", ".home", ".localdomain")
_TENANTS = ".onmicrosoft.com"
_SIGNS = "=-+'`^$&{|}?"
"""Signs that stand in front of an address by accident; RFC 5322 allows them there."""
_PERCENT = re.compile("%[0-9a-f]{2}")
_NO_READERS = frozenset(
    f"{no}{sign}{reply}"
    for no, reply in (("no", "reply"), ("donot", "reply"), ("do-not", "reply"), ("do.not", "reply"))
    for sign in ("", "-", "_", ".")
) | {"mailer-daemon"}
_PLACEHOLDERS = frozenset(
    ("test", "example", "sample", "dummy", "asdf", "foo", "xxx", "none", "nobody", "unknown")
)
_NO_COMPANY = frozenset(
    ("test", "domain", "yourdomain", "mydomain", "yourcompany", "noemail", "nomail", "asdf", "xxx")
)


def nobodys_address(text: str) -> str:
    """Why nobody can have an address that is one by its form, as a hint; empty where one can."""
    address = text.lower()
    if "#ext#" in address:
        return "#EXT# marks a guest's login name; type the address that the person reads mail at"
    domain = address.rpartition("@")[2]
    if domain == "localhost.localdomain":
        return f"nobody has an address in {domain}, which is reserved for examples and tests"
    ending = domain.rpartition(".")[2]
    return f"no domain ends with .{ending}" if len(ending) == 1 and ending.isascii() else ""


def may_be_odd(joined: str, domains: Iterable[str]) -> bool:
    """Whether an address of a file may be odd: a quick look.

    Args:
        joined: All addresses, by their keys, on a line each.
        domains: Their domains.
    """
    return (
        not joined.isascii()
        or "%" in joined
        or joined.startswith(tuple(_SIGNS))
        or any(f"\n{sign}" in joined for sign in _SIGNS)
        or any(f"{word}@" in joined for word in (*_PLACEHOLDERS, "reply", "daemon"))
        or any(map(_about_domain, domains))
    )


def oddity(address: str) -> tuple[str, str] | None:
    """What is odd about an address and what to do; None where nothing is, or an error says it.

    Args:
        address: The address's key.
    """
    local, _, domain = address.rpartition("@")
    found = _about_local(local, domain) or _about_domain(domain)
    if not found or address_fault(address) or nobodys_address(address) or invisible_in(address):
        return None
    return found


def _about_local(local: str, domain: str) -> tuple[str, str] | None:
    if local[:1] in _SIGNS and local:
        return f"begins with {local[0]!r}", "delete the sign, if it isn't part of the address"
    if code := _PERCENT.search(local):
        return (
            f"holds {code[0]}, which is {unquote(code[0])!r} in a link",
            "type the address as it is, not as it stands in a link",
        )
    if not local.isascii():
        letter = next(letter for letter in local if not letter.isascii())
        return (
            f"has {letter!r} before the @, where most mail servers take ASCII letters only",
            "check with the person that the address is spelt so",
        )
    if local in _NO_READERS:
        return "is an address at which nobody reads mail", "type the person's own address"
    if local in _PLACEHOLDERS and domain.partition(".")[0] in {local, *_NO_COMPANY}:
        return "looks like a placeholder", "type the person's own address"
    return None


def _about_domain(domain: str) -> tuple[str, str] | None:
    if domain in _EXAMPLES or domain.endswith(_IN_EXAMPLES):
        return "is in a domain that is reserved for examples", "type the person's real address"
    if domain.endswith(_TENANTS):
        return (
            "is a login name of Microsoft 365, which often has no mailbox",
            "type the address that the person reads mail at",
        )
    if domain.endswith(_PRIVATE):
        return (
            "is in a domain that is known within one network only",
            "type an address that takes mail from outside",
        )
    return None
