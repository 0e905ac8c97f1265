"""What a service holds today about the people of a file.

Three ways lead there: the whole list, look-ups of many addresses at once, or one by one. Look-ups
are taken only where they cost fewer requests and the service has proved, on an account that we know
is there, that it compares addresses and ignores letter case (SERVERS.md, 2 and 3). Whoever is on
the pass is asked for by a filter, too, and the answer is believed only when it is not empty, names
nobody else, and has everybody whom the look-ups found there.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aapimport.errors import ServiceError
from aapimport.people.person import address_key
from aapimport.plan.names import is_member
from aapimport.services.directory import Directory, Unknown
from aapimport.services.identity import keys
from aapimport.services.many import ADDRESSES_PER_LOOK_UP, any_of, finds_only
from aapimport.services.scim import Account, equals
from aapimport.services.values import Pass


class Way(StrEnum):
    """How a service is asked who is there."""

    LIST = "list"
    CHUNKS = "chunks"
    SINGLES = "singles"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a service holds.

    Attributes:
        accounts: The account of each folded address that has one; all others have none.
        on_pass: Everybody on the pass, active or not; empty where nobody of the file is new.
        way: How the service was asked.
    """

    accounts: Mapping[str, Account]
    on_pass: Sequence[Account] = ()
    way: Way = Way.LIST


def take_snapshot(
    directory: Directory,
    addresses: Mapping[str, str],
    pass_: Pass | None = None,
    way: Way | None = None,
) -> Snapshot:
    """Find the accounts of people, and with a pass everybody who is on it.

    Args:
        directory: The service.
        addresses: For each folded address, the address as it was typed.
        pass_: The pass whose people newcomers are compared with; None for no comparison.
        way: How to ask; the cheapest that can be trusted by default.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A look-up failed: nothing may be taken for absent.
    """
    if not addresses:
        return Snapshot({})
    if pass_ is not None and pass_.group_id:
        way = Way.LIST  # who is on the pass is known by id, and compared with everybody
    way = way or _cheapest(directory, len(addresses), pass_)
    if way is not Way.LIST:
        chunk = ADDRESSES_PER_LOOK_UP if way is Way.CHUNKS else 1
        found = _index(_look_up_all(directory, list(addresses.values()), chunk), addresses)
        if pass_ is None or len(found) == len(addresses):
            return Snapshot(found, (), way)
        on_pass = _filtered_by_pass(directory, pass_.id, found.values())
        if on_pass is not None:
            return Snapshot(found, on_pass, way)
    noted: list[Account] = []
    everybody = _noting(directory.everybody(), pass_, noted)
    return Snapshot(_index(everybody, addresses), noted, Way.LIST)


def _cheapest(directory: Directory, addresses: int, pass_: Pass | None) -> Way:
    """The way that takes the fewest requests, of those that can be trusted.

    Look-ups are followed by the pages of everybody on the pass, whom newcomers are compared with;
    their number is known from the seats used, where those are published.
    """
    first, total = directory.some_people()
    if not first or not all(map(_is_named_by_address, first)):
        return Way.LIST
    pages = math.ceil(total / len(first))
    if pass_ is not None:
        used = total if pass_.seats_used is None else min(pass_.seats_used, total)
        pages -= math.ceil(used / len(first))
    chunks = math.ceil(addresses / ADDRESSES_PER_LOOK_UP)
    if chunks < pages and finds_only(directory, first[-1], others=ADDRESSES_PER_LOOK_UP - 1):
        return Way.CHUNKS
    if addresses < pages and finds_only(directory, first[-1], others=0):
        return Way.SINGLES
    return Way.LIST


def _is_named_by_address(account: Account) -> bool:
    """Whether a look-up by userName finds whoever has an address.

    Where userNames are employee numbers, or other addresses than people are written to, only the
    list tells who is there already.
    """
    mine = [address_key(one) for one in account.emails]
    return "@" in account.user_name and (not mine or address_key(account.user_name) in mine)


def _index(accounts: Iterable[Account], addresses: Mapping[str, str]) -> dict[str, Account]:
    """Accounts by folded address; one whose userName is the address goes before others."""
    found: dict[str, Account] = {}
    for account in accounts:
        for position, key in enumerate(keys(account)):
            if key in addresses and (position == 0 or key not in found):
                found[key] = account
    return found


def _noting(
    accounts: Iterable[Account], pass_: Pass | None, on_pass: list[Account]
) -> Iterator[Account]:
    """The accounts as they come; those on the pass are noted on the way.

    Members of the Group that stands for a pass are on it as if they had its entitlement.
    """
    for one in accounts:
        account = one
        if pass_ is not None and is_member(account, pass_.members):
            account = replace(account, passes=(*account.passes, pass_.id))
        if pass_ is not None and pass_.id in account.passes:
            on_pass.append(account)
        yield account


def _look_up_all(directory: Directory, addresses: Sequence[str], chunk: int) -> Iterator[Account]:
    for start in range(0, len(addresses), chunk):
        found = directory.search_all(any_of(addresses[start : start + chunk]))
        if isinstance(found, Unknown):
            raise ServiceError(
                f"{directory.name} could not be asked who is there already: {found.reason}",
                hint="try again later; nobody is taken for new on a guess",
            )
        yield from found


def _filtered_by_pass(
    directory: Directory, pass_id: str, known: Iterable[Account]
) -> list[Account] | None:
    """Everybody on a pass, by a filter; None where its answer can't be believed."""
    try:
        on_pass = list(directory.everybody(equals("entitlements.value", pass_id)))
    except ServiceError:  # the filter is refused; the whole list says more
        return None
    ids = {account.id for account in on_pass}
    complete = all(one.id in ids for one in known if pass_id in one.passes)
    right = all(pass_id in account.passes for account in on_pass)
    return on_pass if on_pass and right and complete else None
