"""Whose account is it? The one definition, for everything that a service answers.

An account is a row's only by our own key or by its userName; an address among its `emails` is
evidence for a question, never a key (docs/protocol.md, "Whose account is it?").
"""

from aapimport.person import address_key, without_edges
from aapimport.services.scim import Account
from aapimport.services.values import Wanted
from aapimport.text import fold


def belongs(account: Account, wanted: Wanted) -> bool:
    """Whether an account is this person's.

    It is when it carries our key, or its userName is the address. Where userNames are no addresses
    at all (employee numbers), an account that has the address among its e-mails and the same names
    is; whoever finds two of those has found nobody.
    """
    return is_certain(account, wanted) or (
        "@" not in account.user_name
        and has_address(account, wanted.email)
        and has_names(account, wanted)
    )


def is_certain(account: Account, wanted: Wanted) -> bool:
    """Whether an account is this person's whoever else is there: by our key, or by its userName."""
    if wanted.external_id and account.external_id == wanted.external_id:
        return True
    return is_named(account, wanted.email)


def is_named(account: Account, email: str) -> bool:
    """Whether an account's userName is an address."""
    return address_key(account.user_name) == address_key(email)


def is_named_by_address(account: Account) -> bool:
    """Whether a look-up by userName finds whoever has an account's addresses.

    Where userNames are employee numbers, other addresses than people are written to, or addresses
    with a blank around them, it says of everybody that they aren't there.
    """
    mine = [address_key(one) for one in account.emails]
    name = account.user_name
    is_address = "@" in name and name == without_edges(name)
    return is_address and (not mine or address_key(name) in mine)


def has_address(account: Account, email: str) -> bool:
    """Whether an address is an account's userName or among its e-mails: evidence, never a key."""
    return address_key(email) in keys(account)


def has_names(account: Account, wanted: Wanted) -> bool:
    """Whether an account has a person's names."""
    return (fold(account.first_name), fold(account.last_name)) == (
        fold(wanted.first_name),
        fold(wanted.last_name),
    )


def full_name(account: Account) -> str:
    """An account's names in a row; empty where it shows none."""
    return " ".join(filter(None, (account.first_name, account.last_name)))


def spellings(email: str) -> tuple[str, ...]:
    """The ways in which a service may keep an address, whose filters compare letter by letter.

    As typed, by its key, and with its domain as people read it (RFC 5890 section 2.3.2.1).
    """
    key = address_key(email)
    local, _, domain = key.rpartition("@")
    if "xn--" not in domain:
        return tuple(dict.fromkeys((email, key)))
    import idna

    try:
        return tuple(dict.fromkeys((email, key, f"{local}@{idna.decode(domain)}")))
    except (idna.IDNAError, UnicodeError):
        return tuple(dict.fromkeys((email, key)))


def keys(account: Account) -> list[str]:
    """The keys of the addresses that an account answers to, its userName first."""
    return [address_key(value) for value in (account.user_name, *account.emails) if value]
