"""A person as the template describes one: checked, cleaned, ready to be sent."""

import re
import unicodedata
from functools import cache, lru_cache

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from aapimport.template.roles import Role

_EDGES = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # control and format characters, and blanks
_REMEMBERED = 1 << 14  # keys of addresses: each is asked for some twenty times in a row
_LABEL = r"(?!-|..--)[a-z0-9\x80-\U0010ffff-]{1,63}(?<!-)"
_LABELS = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_LONGEST_LABEL = 63
_FROM_THE_RIGHT = frozenset(("R", "AL"))
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
    if quick := plain_a_label(domain):
        return quick
    import idna

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return domain.lower().replace("\u3002", ".")


@cache
def plain_a_label(domain: str) -> str:
    """The same for a domain of plain letters; empty for others, of which only idna knows.

    No rule of IDNA (RFC 5891, section 4.2) is about how such letters stand together, so that each
    is looked up once, and not once more in every domain.
    """
    text = "".join(map(_plain_letter, unicodedata.normalize("NFC", domain)))
    if not _LABELS.fullmatch(text) or not unicodedata.is_normalized("NFC", text):
        return ""
    if not all(map(_in_one_direction, text.split("."))):
        return ""
    labels = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"
        for label in text.split(".")
    ]
    return ".".join(labels) if max(map(len, labels)) <= _LONGEST_LABEL else ""


@cache
def _plain_letter(letter: str) -> str:
    """A letter as it stands in a domain that can be typed; a blank where that isn't so simple."""
    if letter.isascii():
        return letter.lower()
    import idna

    try:
        mapped = idna.uts46_remap(letter, std3_rules=True, transitional=False)
        idna.encode(mapped)
    except (idna.IDNAError, UnicodeError):
        return " "
    is_plain = len(mapped) == 1 and unicodedata.category(mapped) in {"Ll", "Lo"}
    return mapped if is_plain else " "


def _in_one_direction(label: str) -> bool:
    """Whether all of a label is written from right to left, or nothing (RFC 5893, section 2)."""
    directions = set(map(unicodedata.bidirectional, label))
    return directions <= _FROM_THE_RIGHT or directions.isdisjoint(_FROM_THE_RIGHT)


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
