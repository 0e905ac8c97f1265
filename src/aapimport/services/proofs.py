"""Proving that a service's look-ups of many people tell the truth.

Filters lie in every way (docs/scim.md, 2 and 3), so look-ups by an attribute are believed only
after they have found people who are known to be there, and nobody else, on this very service.
"""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from aapimport.errors import ServiceError
from aapimport.person import address_key, without_edges
from aapimport.services.directory import Directory, Trust
from aapimport.services.identity import is_named_by_address, keys
from aapimport.services.scim import Account, equals

TERMS = 50
"""Terms of one filter at the most; short enough for every server that takes `or` at all."""


class By(StrEnum):
    """What people are looked up by."""

    USER_NAME = "userName"
    EMAILS = "emails.value"
    EXTERNAL_ID = "externalId"

    def key(self, value: str) -> str:
        """What a value is compared by: an address by its key, our own key as it is."""
        return value if self is By.EXTERNAL_ID else address_key(value)

    def keys(self, account: Account) -> list[str]:
        """What an account answers to when it is looked up."""
        return [account.external_id] if self is By.EXTERNAL_ID else keys(account)


ADDRESSES = (By.USER_NAME, By.EMAILS)
"""The ways to look for somebody whom we know by the address alone."""


def any_of(by: By, values: Iterable[str]) -> str:
    """The filter that finds all of some people."""
    return " or ".join(equals(by.value, value) for value in values)


def prove(directory: Directory, by: By, known: Sequence[Account]) -> Trust:
    """What a service's look-ups by an attribute can be believed; tried once.

    Args:
        directory: The service.
        by: The attribute.
        known: People whom it has listed; where there are none, nothing is proven for good.
    """
    with directory.proving:
        return _proven(directory, by, known)


def _proven(directory: Directory, by: By, known: Sequence[Account]) -> Trust:
    if by in directory.proofs:
        return directory.proofs[by]
    if by is By.USER_NAME and not all(map(is_named_by_address, known)):
        directory.proofs[by] = Trust()
    elif sample := _sample(by, known):
        left_out = len(sample) < len(known) or _only(directory, by, []) is not None
        trust = _try(directory, by, sample) if left_out else Trust()
        first = next(iter(sample.values())) if trust.at_once else ""
        directory.proofs[by] = replace(trust, known=first)
    return directory.proofs.get(by, Trust())


def _sample(by: By, known: Iterable[Account]) -> dict[str, str]:
    """A value of each of some people, as it is stored, by its key; one place is left free.

    One of the people is left out, who comes back all the same where filters are ignored.
    """
    sample: dict[str, str] = {}
    for account in known:
        sample |= {by.key(value): value for value in _values(by, account)}
    most = min(TERMS, max(2, len(sample))) - 1
    return dict(list(sample.items())[:most])


def _values(by: By, account: Account) -> Iterable[str]:
    """By what an account can be looked up: its own key, its userName or its first address.

    As a row would have them: a service may keep a blank around an address, and find nobody then.
    """
    if by is By.EXTERNAL_ID:
        return filter(None, [account.external_id])
    addresses = (account.user_name,) if by is By.USER_NAME else account.emails[:1]
    return (without_edges(value) for value in addresses if "@" in value)


def _try(directory: Directory, by: By, sample: Mapping[str, str]) -> Trust:
    """Look for people who are there, half of them in swapped letter case, and for strangers.

    Our own keys are always asked for as they were sent.
    """
    others = [key for at, key in enumerate(sample) if at % 2 or by is By.EXTERNAL_ID]
    mixed = [it if key in others else it.swapcase() for key, it in sample.items()]
    found = _only(directory, by, mixed)
    if found is not None:
        if found >= sample.keys():
            return Trust(at_once=TERMS, any_case=True)
        exact = _only(directory, by, sample.values()) if found <= set(others) else set()
        if exact is not None and exact >= sample.keys():
            return Trust(at_once=TERMS)
        found |= exact or set()
    alone = _try_alone(directory, by, next(iter(sample.values())))
    if found and alone.at_once:
        return replace(alone, at_once=TERMS, cuts=True)
    return alone


def _try_alone(directory: Directory, by: By, address: str) -> Trust:
    """The same for look-ups of one address: they find that person, and for a stranger nobody."""
    if _only(directory, by, []) is None:
        return Trust()
    for one in (address.swapcase(), address):
        if _only(directory, by, [one], stranger=False):
            return Trust(at_once=1, any_case=one != address)
    return Trust()


def _only(
    directory: Directory, by: By, values: Collection[str], *, stranger: bool = True
) -> set[str] | None:
    """Which of some people are found; None where others are, or the look-up fails.

    Beside strangers they are at the end of a filter as long as any: what a service cuts is missed.
    """
    room = max(1, TERMS - len(values)) if values else 1
    unknown = [f"nobody-{secrets.token_hex(8)}@example.com" for _ in range(room if stranger else 0)]
    asked = {by.key(one) for one in values}
    found: set[str] = set()
    walk = directory.found(any_of(by, [*unknown, *values]))
    try:
        for account in directory.accounts(walk):
            hit = asked.intersection(by.keys(account))
            if not hit:
                return None
            found |= hit
            if found == asked and not stranger:
                break
    except ServiceError:
        return None
    return found
