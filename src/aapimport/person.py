"""A person as the template describes one: checked, cleaned, ready to be sent."""

import unicodedata
from functools import cache, lru_cache

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from aapimport.template.roles import Role

_EDGES = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # control and format characters, and blanks
_REMEMBERED = 1 << 14  # keys of addresses: each is asked for some twenty times in a row
_ASCII_EDGES = "".join(map(chr, (*range(33), 127)))


def without_edges(address: str) -> str:
    """An address without the blanks and invisible characters around it, which no mailbox has."""
    if address.isascii():
        return address.strip(_ASCII_EDGES)
    while address and unicodedata.category(address[0]) in _EDGES:
        address = address[1:]
    while address and unicodedata.category(address[-1]) in _EDGES:
        address = address[:-1]
    return address


@lru_cache(_REMEMBERED)
def address_key(address: str) -> str:
    """The form in which two addresses are the same mailbox.

    What can't be seen around them doesn't count: some services keep it as it was once typed. Nor do
    capital letters, but `weiss` and `weiß` before the @ are two people. Domains are compared as
    IDNA A-labels (RFC 5890, section 2.3.2.1; UTS 46 without transitional mappings): `münchen.de` is
    `xn--mnchen-3ya.de`, and `straße.de` is not `strasse.de`. One that is none is put in small
    letters.
    """
    address = without_edges(address)
    if address.isascii():
        return address.lower()
    local, at, domain = address.replace("\uff20", "@").rpartition("@")
    return unicodedata.normalize("NFC", local.lower()) + at + _a_label(domain)


@cache
def _a_label(domain: str) -> str:
    """A domain in ASCII, as it goes over the wire; as it is, in small letters, where it is none."""
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain.lower().replace("\u3002", ".")


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Person:
    """One row of the file, after every check; a pydantic dataclass takes half a model's memory.

    Attributes:
        row: The row's number, as Excel shows it.
        email: The address as it will be sent: trimmed, otherwise as typed.
        first_name: As it will be sent.
        last_name: As it will be sent.
        role: Blank in the file means manager.
        team: The team's name as typed, or None.
        jhana: Whether the person also gets Jhana.
    """

    row: int = Field(ge=1)
    email: str
    first_name: str
    last_name: str
    role: Role
    team: str | None = None
    jhana: bool = False

    @property
    def key(self) -> str:
        """The person's key on both services."""
        return address_key(self.email)
