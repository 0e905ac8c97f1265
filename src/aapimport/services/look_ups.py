"""Looking up many people at once, and whether they are there by now.

Look-ups are believed only after they have been proven on this very service (`proofs`).
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from aapimport.errors import ServiceError
from aapimport.people.person import address_key
from aapimport.services.directory import Absent, Directory, Found, LookUp, Trust, Unknown, looked_up
from aapimport.services.identity import keys, spellings
from aapimport.services.proofs import ADDRESSES, TERMS, By, any_of, prove
from aapimport.services.scim import Account
from aapimport.services.values import Wanted

ADDRESSES_PER_LOOK_UP = TERMS
"""People who are looked up together at the most."""
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
    """Everybody of some people whom look-ups by userName find, 50 at a time.

    Stops as soon as everybody was found, else pages on until nothing new comes. Whom an answer
    misses that has others is asked for again without those; where that finds anybody the service
    cuts its answers, and whoever is missed from then on is asked for alone.

    Raises:
        SettingsError: The token is refused.
    """
    try:
        return find_by(directory, By.USER_NAME, emails)
    except ServiceError as error:
        return Unknown(error.message)


def find_by(
    directory: Directory, by: By, values: Sequence[str], at_once: int = ADDRESSES_PER_LOOK_UP
) -> list[Account]:
    """The same by any attribute.

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
    asking = _Asking(directory, by)
    for together in asking.batches(values, at_once):
        asking.ask_for(together)
    return list(asking.accounts.values())


class _Asking:
    """Look-ups by one attribute, and whom they have found so far."""

    def __init__(self, directory: Directory, by: By) -> None:
        self.accounts: dict[str, Account] = {}
        self._directory = directory
        self._by = by
        self._trust = directory.proofs.get(by) or Trust(at_once=TERMS, any_case=True)
        self._found: set[str] = set()

    @property
    def _terms(self) -> int:
        """Terms of one filter at the most: as many as were proven to be looked at."""
        return max(1, self._trust.at_once)

    def batches(self, values: Iterable[str], at_once: int) -> Iterator[list[str]]:
        """Whom to ask for together: a person may be asked for in several spellings."""
        batch: list[str] = []
        terms = 0
        for value in values:
            more = len(self._spellings(value))
            if batch and (terms + more > self._terms or len(batch) >= at_once):
                yield batch
                batch, terms = [], 0
            batch.append(value)
            terms += more
        if batch:
            yield batch

    def ask_for(self, values: Sequence[str]) -> None:
        """Find some people, together if the service answers that whole, else alone.

        Raises:
            ServiceError: The look-up fails.
        """
        shortfall = self._ask(values)
        missed = self._missed(values)
        if not missed:
            return
        if len(values) == 1:
            if shortfall:
                raise ServiceError(shortfall)
            return
        if not shortfall and not self._trust.cuts:
            if len(missed) == len(values):
                return  # nobody at all is an answer: a proof has found many at once
            shortfall = self._ask(missed)
            left = self._missed(missed)
            if not shortfall and left == missed:
                return
            missed = left
        self._trust = replace(self._trust, cuts=True)
        self._directory.proofs[self._by] = self._trust
        for one in missed:
            self.ask_for([one])

    def _ask(self, values: Sequence[str]) -> str:
        """Ask for some people; says why the answer isn't whole, where it isn't."""
        asked = {self._by.key(value) for value in values}
        left = set(asked)
        shortfall = ""
        terms = [it for one in values for it in self._spellings(one)]
        for start in range(0, len(terms), self._terms):
            together = terms[start : start + self._terms]
            walk = self._directory.found(any_of(self._by, together))
            for account in self._directory.accounts(walk):
                if not asked.isdisjoint(self._by.keys(account)):
                    self.accounts[account.id] = account
                    self._found.update(self._by.keys(account))
                    left.discard(address_key(account.user_name))
                # an e-mail may be several people's; the rest of a page costs nothing
                if not left and self._by is By.USER_NAME and not walk.rest:
                    return ""
            shortfall = shortfall or walk.shortfall
        return shortfall

    def _spellings(self, value: str) -> Collection[str]:
        """The ways to ask for somebody that are not the same to this service."""
        if self._by is By.EXTERNAL_ID:
            return (value,)
        if not self._trust.any_case:
            return spellings(value)
        return {one.casefold(): one for one in reversed(spellings(value))}.values()

    def _missed(self, values: Iterable[str]) -> list[str]:
        return [one for one in values if self._by.key(one) not in self._found]


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
                found = find_by(directory, By.USER_NAME, [one.email for one in wanted])
                missed = [one.email for one in _missed(found, wanted)] if by_address else []
                found += find_by(directory, By.EMAILS, missed)
                return _each(found, wanted, directory.absent)
        elif _is_quicker_alone(directory, wanted):
            return [directory.look_up(one) for one in wanted]
        return _in_list(directory, wanted)
    except ServiceError as error:
        return [Unknown(error.message)] * len(wanted)


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
    found = find_by(directory, By.USER_NAME, [one.email for one in wanted])
    proven: list[By] = []
    if _missed(found, wanted):
        proven = [by for by in By if _is_proven(directory, by, found)]
    for by in proven:
        if by is not By.USER_NAME and (missed := _missed(found, wanted)):
            values = [one.external_id if by is By.EXTERNAL_ID else one.email for one in missed]
            found += find_by(directory, by, list(filter(None, values)))
    missed = _missed(found, wanted)
    if not missed or By.EXTERNAL_ID in proven or set(ADDRESSES) <= set(proven):
        return found, ""
    listed, shortfall = _listed(directory, missed)
    return [*found, *listed], shortfall


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
