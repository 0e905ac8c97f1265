"""Whose account is it? The one definition, for everything that a service answers.

An account is a row's only by our own key or by its userName; an address among its `emails` is
evidence for a question, never a key (docs/protocol.md, "Whose account is it?").
"""

from aapimport.people.person import address_key, fold
from aapimport.services.scim import Account
from aapimport.services.values import Wanted


def belongs(account: Account, wanted: Wanted) -> bool:
    """Whether an account is this person's.

    It is when it carries our key, or its userName is the address. Where userNames are no addresses
    at all (employee numbers), an account that has the address among its e-mails and the same names
    is; whoever finds two of those has found nobody.
    """
    if wanted.external_id and account.external_id == wanted.external_id:
        return True
    if is_named(account, wanted.email):
        return True
    return (
        "@" not in account.user_name
        and has_address(account, wanted.email)
        and has_names(account, wanted)
    )


def is_named(account: Account, email: str) -> bool:
    """Whether an account's userName is an address."""
    return address_key(account.user_name) == address_key(email)


def has_address(account: Account, email: str) -> bool:
    """Whether an address is an account's userName or among its e-mails: evidence, never a key."""
    return address_key(email) in keys(account)


def has_names(account: Account, wanted: Wanted) -> bool:
    """Whether an account has a person's names."""
    return (fold(account.first_name), fold(account.last_name)) == (
        fold(wanted.first_name),
        fold(wanted.last_name),
    )


def keys(account: Account) -> list[str]:
    """The keys of the addresses that an account answers to, its userName first."""
    return [address_key(value) for value in (account.user_name, *account.emails) if value]
