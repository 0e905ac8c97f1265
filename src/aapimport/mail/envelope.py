"""An address and a text as they go over the wire."""

import re
from email.message import EmailMessage

from aapimport.person import address_key

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LOCAL, _WHOLE = 64, 254
_FORBIDDEN = re.compile(r'[\x00-\x20\x7f<>"\\]')
"""What could end the address in a command, or needs quoting, which no address of ours does."""


def is_writable(address: str) -> bool:
    """Whether an address can stand in a command, and is no longer than it may be.

    64 octets before the @, 254 in all (RFC 5321, 4.5.3.1.1 and 4.5.3.1.3).
    """
    local, _, domain = address.rpartition("@")
    fits = len(local.encode()) <= _LOCAL and len(address.encode()) <= _WHOLE
    odd = not address.isprintable() or _FORBIDDEN.search(address)
    return bool(local and domain and fits and not odd)


def written(address: str) -> str:
    """An address as it goes over the wire: its domain as an A-label, the rest as it is."""
    local, _, _ = address.rpartition("@")
    return f"{local}@{address_key(address).rpartition('@')[2]}"


def needs_smtputf8(address: str) -> bool:
    """Whether only a server with SMTPUTF8 takes an address (RFC 6531): letters before the @."""
    return not written(address).isascii()


def stuffed(message: EmailMessage) -> bytes:
    """An e-mail without its final dot: lines end in CRLF, dots at their beginning are doubled.

    RFC 5321, sections 2.3.8 and 4.5.2.
    """
    text = _LINE_END.sub(b"\r\n", message.as_bytes())
    return re.sub(rb"(?m)^\.", b"..", text.removesuffix(b"\r\n") + b"\r\n")
