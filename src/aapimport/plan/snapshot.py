"""What a service holds today about the people of a file.

Nobody is absent because of one answer: who isn't found by one witness is asked of the next, until
two have said that the person isn't there (`witnesses`). Where only one can be had, the plan says
so. Everybody on the pass is fetched as well, to compare newcomers with.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aapimport.errors import ServiceError
from aapimport.person import Person
from aapimport.plan.witnesses import LIST, Witnesses
from aapimport.services.directory import Directory
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP
from aapimport.services.proofs import ADDRESSES
from aapimport.services.scim import Account, equals
from aapimport.services.values import Pass, Wanted

_REQUESTS_PER_CHUNK = 3  # where some are found and some are not


class Way(StrEnum):
    """How a service is asked who is there."""

    LIST = "list"
    CHUNKS = "chunks"
    SINGLES = "singles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a service holds.

    Attributes:
        accounts: By a person's key, the account that is theirs (`identity.belongs`).
        evidence: By a person's key, where they have none: the accounts that have their address
            only as a second one, or that could be theirs as well as another's.
        on_pass: Everybody on the pass, active or not, and everybody at all where nobody is put on
            one; empty where nobody of the file is new.
        way: How the service was asked.
        single: Where only one witness says who is absent, which, in a sentence; else empty.
        remark: Else what can't be tried of two that do; empty where there is no such thing.
        malformed: The accounts without a name or a usable id, in words.
        everybody_compared: Whether `on_pass` is known to be whole.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    on_pass: Sequence[Account] = ()
    way: Way = Way.LIST
    single: str = ""
    remark: str = ""
    malformed: Sequence[str] = ()
    everybody_compared: bool = True


def take_snapshot(
    directory: Directory,
    people: Iterable[Person],
    pass_: Pass | None = None,
    way: Way | None = None,
) -> Snapshot:
    """Find the accounts of people, and with a pass everybody who is on it.

    A directory that holds nobody at all is believed when its look-ups find nobody either, though
    neither can be proven: a new service must not be asked about.

    Args:
        directory: The service.
        people: The people of the file.
        pass_: The pass whose people newcomers are compared with; None for no comparison.
        way: How to ask first; the cheapest that can be believed by default.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The service can't be asked, or contradicts itself; nobody is taken for absent
            on a guess.
    """
    wanted = {
        one.key: Wanted(email=one.email, first_name=one.first_name, last_name=one.last_name)
        for one in people
    }
    if not wanted:
        return Snapshot()
    witnesses = Witnesses(directory, wanted, pass_)
    chosen = way or _cheapest(witnesses, len(wanted), pass_)
    order = [LIST, *ADDRESSES] if chosen is Way.LIST else [*ADDRESSES, LIST]
    agreeing = witnesses.ask(order, 1 if chosen is Way.SINGLES else ADDRESSES_PER_LOOK_UP)
    everybody = witnesses.list_read or _fetch_on_pass(directory, witnesses, pass_)
    if witnesses.list_read:
        chosen = Way.LIST
    elif chosen is Way.LIST and LIST in witnesses.asked:
        chosen = Way.CHUNKS
    return Snapshot(
        accounts=witnesses.accounts(),
        evidence=witnesses.evidence(),
        on_pass=tuple(witnesses.on_pass.values()),
        way=chosen,
        single=witnesses.single(agreeing),
        remark=witnesses.remark(agreeing),
        malformed=tuple(directory.malformed),
        everybody_compared=everybody,
    )


def _cheapest(witnesses: Witnesses, people: int, pass_: Pass | None) -> Way:
    """The way that takes the fewest requests, of those that can be believed.

    Look-ups are followed by the pages of everybody on the pass, whom newcomers are compared with;
    their number is known from the seats used, where those are published.
    """
    size, total = len(witnesses.first.elements), witnesses.first.total
    if size <= 1 or not witnesses.named or _needs_list(witnesses, pass_):
        return Way.LIST
    pages = math.ceil((total - 1) / (size - 1))
    if pass_ is not None:
        used = total if pass_.seats_used is None else min(pass_.seats_used, total)
        pages -= math.ceil(used / size)
    for way, at_once in ((Way.CHUNKS, ADDRESSES_PER_LOOK_UP), (Way.SINGLES, 1)):
        if math.ceil(people / at_once) * _REQUESTS_PER_CHUNK < pages and all(
            trust.any_case
            and trust.at_once >= at_once
            and (at_once == 1 or not trust.cuts)  # whom it misses is asked for alone
            for trust in map(witnesses.trust, ADDRESSES)
        ):
            return way if witnesses.hide_nobody else Way.LIST
    return Way.LIST


def _needs_list(witnesses: Witnesses, pass_: Pass | None) -> bool:
    """Whether only the list tells whom newcomers are compared with."""
    return witnesses.compares_everybody or (pass_ is not None and bool(pass_.group_id))


def _fetch_on_pass(directory: Directory, witnesses: Witnesses, pass_: Pass | None) -> bool:
    """Fetch everybody on the pass, where somebody is new; whether it is everybody."""
    if pass_ is None or not witnesses.missing():
        return False
    if not _needs_list(witnesses, pass_):
        on_pass = _filtered_by_pass(directory, pass_.id, witnesses.met())
        if on_pass is not None:
            witnesses.on_pass = {account.id: account for account in on_pass}
            return True
    return LIST not in witnesses.asked and witnesses.read_list()


def _filtered_by_pass(
    directory: Directory, pass_id: str, known: Iterable[Account]
) -> list[Account] | None:
    """Everybody on a pass, by a filter; None where its answer can't be believed.

    It is believed when it isn't empty, names nobody else, and has everybody whom the look-ups found
    there.
    """
    try:
        on_pass = list(directory.everybody(equals("entitlements.value", pass_id)))
    except ServiceError:  # the filter is refused; the whole list says more
        return None
    ids = {account.id for account in on_pass}
    complete = all(one.id in ids for one in known if pass_id in one.passes)
    right = all(pass_id in account.passes for account in on_pass)
    return on_pass if on_pass and right and complete else None
