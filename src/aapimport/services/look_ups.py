"""Looking up many people at once, and whether they are there by now.

Look-ups are believed only after they have been proven on this very service (`proofs`).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.services.asking import Asking
from aapimport.services.directory import Absent, Directory, Found, LookUp, Trust, Unknown, looked_up
from aapimport.services.identity import keys
from aapimport.services.listing import FilterRefusedError
from aapimport.services.proofs import ADDRESSES, TERMS, By, prove
from aapimport.services.scim import Account, equals
from aapimport.services.values import Wanted

ADDRESSES_PER_LOOK_UP = TERMS - 1
"""People who are looked up together at the most, beside somebody who is known to be there."""
_FEW = 3  # people of each kind whom look-ups have to find
_LADDER = 3
"""Requests that looking for one person alone takes, about."""


def can_be_believed(directory: Directory) -> bool:
    """Whether look-ups of many by userName tell the truth, tried once on people who are known.

    They are found as stored and in swapped letter case, and nobody else is. Where anybody who was
    met is named otherwise, it doesn't find whoever else is.

    Raises:
        SettingsError: The token is refused.
        ServiceError: Nobody can be listed to try it on.
    """
    if By.USER_NAME not in directory.proofs:
        known, _ = directory.some_people()
        prove(directory, By.USER_NAME, known)
    trust = directory.proofs.get(By.USER_NAME, Trust())
    return trust.any_case and trust.at_once > 1 and directory.named


def find_many(directory: Directory, emails: Sequence[str]) -> list[Account] | Unknown:
    """Everybody of some people whom look-ups by userName find, many at a time.

    Raises:
        SettingsError: The token is refused.
    """
    try:
        return ask_by(directory, By.USER_NAME, emails).found
    except ServiceError as error:
        return Unknown(error.message)


def find_by(
    directory: Directory, by: By, values: Sequence[str], at_once: int = ADDRESSES_PER_LOOK_UP
) -> list[Account]:
    """Everybody of some people whom look-ups by an attribute find; each was answered for.

    Args:
        directory: The service.
        by: The attribute.
        values: The addresses, or our own keys.
        at_once: How many people to ask for at once at the most.

    Raises:
        SettingsError: The token is refused.
        FilterRefusedError: The service doesn't take the filter, or one of the addresses in it.
        ServiceError: A look-up fails, or doesn't show whom it finds.
    """
    asking = ask_by(directory, by, values, at_once)
    for reason in asking.unheard.values():
        raise FilterRefusedError(reason)
    return asking.found


def ask_by(
    directory: Directory, by: By, values: Sequence[str], at_once: int = ADDRESSES_PER_LOOK_UP
) -> Asking:
    """The same, where somebody may be left whom the service can't be asked for (`unheard`).

    Raises:
        SettingsError: The token is refused.
        FilterRefusedError: The service doesn't take the filter, whoever is asked for.
        ServiceError: A look-up fails, or doesn't show whom it finds.
    """
    asking = Asking(directory, by)
    for together in asking.batches(values, at_once):
        asking.ask_for(together)
    return asking


def look_again(directory: Directory, wanted: Sequence[Wanted]) -> list[LookUp]:
    """Whether people have an account by now: many at once, or by whatever costs least.

    Whoever has arrived may be named otherwise: who isn't found by userName is asked for by address
    where that is proven too, else read in the list where it is short.

    Returns:
        For each, in their order: `Found` only for an account that belongs to the person.

    Raises:
        SettingsError: The token is refused.
    """
    if not wanted:
        return []
    try:
        if can_be_believed(directory):
            by_address = _is_proven(directory, By.EMAILS)
            if by_address or not directory.is_short:
                with suppress(FilterRefusedError):  # it takes none any more: the list is left
                    return _looked_up(directory, wanted, ADDRESSES if by_address else ADDRESSES[:1])
        elif _is_quicker_alone(directory, wanted):
            return [directory.look_up(one) for one in wanted]
        return _in_list(directory, wanted)
    except ServiceError as error:
        return [Unknown(error.message)] * len(wanted)


def _looked_up(directory: Directory, wanted: Sequence[Wanted], ways: Iterable[By]) -> list[LookUp]:
    """Whether look-ups find people; who can't be asked for is looked for in the list.

    Raises:
        ServiceError: A look-up fails, whoever is asked for.
    """
    found: list[Account] = []
    unheard: set[str] = set()
    for by in ways:
        asking = ask_by(directory, by, [one.email for one in _missed(found, wanted)])
        found += asking.found
        unheard |= asking.unheard.keys()
    rest = [one for one in _missed(found, wanted) if one.email in unheard]
    listed, shortfall = _listed(directory, rest) if rest else ([], "")

    def otherwise(one: Wanted, alike: Account | None) -> Absent | Unknown:
        if shortfall and one.email in unheard:
            return Unknown(shortfall, alone=True)
        return directory.absent(one, alike)

    return _each([*found, *listed], wanted, otherwise)


def find_surely(directory: Directory, wanted: Sequence[Wanted]) -> tuple[list[Account], str]:
    """Everybody of some people who is there; whoever isn't found was looked for in two ways.

    Whom look-ups by userName miss is asked for by address and by our own key, where those are
    proven: the service may have named them otherwise. Where two ways can't be had the list is
    walked, once for all who are missed.

    Returns:
        The accounts; and why whoever isn't among them may be there all the same, else empty.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A look-up fails, or the list can't be had.
    """
    asking = ask_by(directory, By.USER_NAME, [one.email for one in wanted])
    found, unheard = asking.found, asking.unheard
    proven: list[By] = []
    if _missed(found, wanted):
        proven = [by for by in By if _is_proven(directory, by, found)]
    for by in proven:
        if by is not By.USER_NAME and (missed := _missed(found, wanted)):
            values = [one.external_id if by is By.EXTERNAL_ID else one.email for one in missed]
            asking = ask_by(directory, by, list(filter(None, values)))
            found += asking.found
            unheard |= asking.unheard
    missed = _missed(found, wanted)
    two = By.EXTERNAL_ID in proven or set(ADDRESSES) <= set(proven)
    if not missed or (two and not unheard):
        return found, ""
    listed, shortfall = _listed(directory, missed)
    return [*found, *listed], shortfall


def find_owners(directory: Directory, addresses: Iterable[str]) -> list[Account] | None:
    """Everybody who has one of some addresses, as the userName or as another one; asked now.

    Returns:
        None where look-ups by both aren't proven, or one of the addresses can't be asked for.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A look-up fails, or doesn't show whom it finds.
    """
    if not all(_is_proven(directory, by) for by in ADDRESSES):
        return None
    found: list[Account] = []
    for by in ADDRESSES:
        try:
            asking = ask_by(directory, by, [*dict.fromkeys(addresses)])
        except FilterRefusedError:
            return None
        if asking.unheard:
            return None
        found += asking.found
    return found


def hide_nobody(
    directory: Directory, known: Iterable[Account], newest: Sequence[Account]
) -> bool | None:
    """Whether look-ups by address find people who are deactivated, and who came last.

    Deactivated are some of those who were listed, or who are found by a filter.

    Args:
        directory: The service.
        known: People whom it has listed.
        newest: Those at the end of its list, whom an index that lags hasn't yet.

    Returns:
        None where nobody is known to be deactivated, so that nothing proves it and nothing speaks
        against it.

    Raises:
        SettingsError: The token is refused.
    """
    gone = [one for one in known if not one.active]
    if not gone:
        listed = directory.search("active eq false")
        gone = [] if isinstance(listed, Unknown) else [one for one in listed if not one.active]
    gone = [one for one in gone if one.emails][:_FEW]
    several = [*gone, *[one for one in newest if one.emails][-_FEW:]]
    ids = {one.id for one in several}
    try:
        found = all(
            ids <= {one.id for one in find_by(directory, by, values)}
            for by, values in (
                (By.USER_NAME, [one.user_name for one in several]),
                (By.EMAILS, [one.emails[0] for one in several]),
            )
        )
    except ServiceError:
        return False
    return found if gone or not found else None


def by_keys(directory: Directory, wanted: Sequence[Wanted]) -> list[Account]:
    """The accounts that carry our keys of some people, whatever they are called by now.

    Somebody who was created may be renamed before anybody has seen it. What a service doesn't
    answer as it was asked proves nothing.

    Raises:
        SettingsError: The token is refused.
    """
    keys = [one.external_id for one in wanted if one.external_id]
    found: list[Account] = []
    if directory.keeps_keys is False:
        return found
    for start in range(0, len(keys), ADDRESSES_PER_LOOK_UP):
        some = {*keys[start : start + ADDRESSES_PER_LOOK_UP]}
        listed = directory.search(" or ".join(equals("externalId", key) for key in sorted(some)))
        accounts = [] if isinstance(listed, Unknown) else listed
        found += [one for one in accounts if one.external_id in some]
    return found


def _is_proven(directory: Directory, by: By, known: Sequence[Account] = ()) -> bool:
    """Whether look-ups of many by an attribute tell the truth, in any letter case."""
    if by not in directory.proofs:
        prove(directory, by, [*directory.some_people()[0], *known])
    trust = directory.proofs.get(by, Trust())
    return trust.any_case and trust.at_once > 0


def _is_quicker_alone(directory: Directory, wanted: Sequence[Wanted]) -> bool:
    """Whether looking for each alone can be believed and is quicker than reading the list."""
    if not _is_heard_alone(directory):
        return False
    first, total = directory.some_people()
    return len(wanted) * _LADDER < math.ceil(total / max(1, len(first)))


def _is_heard_alone(directory: Directory) -> bool:
    """Whether looking for one person alone can be believed when it finds nobody.

    By userName where everybody who was met is named by address, else by address; letter case may
    not count, because nobody knows in which somebody is stored.
    """
    return _is_proven(directory, By.USER_NAME if directory.named else By.EMAILS)


def _listed(directory: Directory, wanted: Sequence[Wanted]) -> tuple[list[Account], str]:
    """Who of the list may be one of some people, and why it isn't whole, where it isn't."""
    mine = {address_key(one.email) for one in wanted}
    ours = {one.external_id for one in wanted} - {""}
    walk = directory.people()
    found = [
        account
        for account in directory.accounts(walk)
        if account.external_id in ours or not mine.isdisjoint(keys(account))
    ]
    return found, walk.shortfall


def _in_list(directory: Directory, wanted: Sequence[Wanted]) -> list[LookUp]:
    """Whether people are in the list; where that isn't whole, it is no word against anybody."""
    found, shortfall = _listed(directory, wanted)
    if not shortfall:
        return _each(found, wanted, directory.absent)
    seen = _each(found, wanted, lambda *_: Unknown(shortfall))
    if not _is_heard_alone(directory):
        return seen
    return [
        it if isinstance(it, Found) else directory.look_up(one)
        for it, one in zip(seen, wanted, strict=True)
    ]


def _missed(accounts: Iterable[Account], wanted: Sequence[Wanted]) -> list[Wanted]:
    """Those of some people whose account isn't among some accounts."""
    answers = _each(accounts, wanted, lambda *_: Absent())
    return [one for one, it in zip(wanted, answers, strict=True) if not isinstance(it, Found)]


def _each(
    accounts: Iterable[Account],
    wanted: Iterable[Wanted],
    otherwise: Callable[[Wanted, Account | None], Absent | Unknown],
) -> list[LookUp]:
    """Whose of some people each account is; of whom it only has the address is told otherwise."""
    by_key: dict[str, list[Account]] = {}
    for account in accounts:
        for key in {*keys(account), account.external_id} - {""}:
            by_key.setdefault(key, []).append(account)
    answers: list[LookUp] = []
    for one in wanted:
        alike = (*by_key.get(one.external_id, ()), *by_key.get(address_key(one.email), ()))
        found = looked_up(alike, one)
        answers.append(otherwise(one, found.alike) if isinstance(found, Absent) else found)
    return answers
