"""What the journal keeps of an address and of names, for good: digests, and nothing that names."""

import hashlib

from aapimport.person import address_key
from aapimport.text import fold


def address_digest(address: str) -> str:
    """What the journal keeps of an address, for good; empty for none."""
    return hashlib.sha256(address_key(address).encode()).hexdigest() if address else ""


def server_digest(server: str) -> str:
    """What the journal keeps for good of a sender and a mail server (`config.mail.Mail.server`)."""
    return hashlib.sha256(server.lower().encode()).hexdigest()


def team_digest(name: str) -> str:
    """What the journal keeps of what a team is called."""
    return hashlib.sha256(fold(name).encode()).hexdigest()


def role_digest(value: str) -> str:
    """What the journal keeps of a role in a service's own words, which may hold a name."""
    return hashlib.sha256(fold(value).encode()).hexdigest()


def names_digest(address: str, first_name: str, last_name: str) -> str:
    """What the journal keeps of the names of somebody at an address, for good."""
    whole = "\n".join((address_key(address), fold(first_name), fold(last_name)))
    return hashlib.sha256(whole.encode()).hexdigest()
