"""Look-ups of many people at once: whose answer is one, and whom it leaves out."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.services.directory import Directory, Trust
from aapimport.services.identity import spellings
from aapimport.services.listing import FilterRefusedError
from aapimport.services.proofs import TERMS, By, any_of
from aapimport.services.scim import Account


class Asking:
    """Look-ups by one attribute, and whom they have found so far.

    Each ends with somebody who is known to be there: an answer without them is none, be it that the
    filter was too long, or that somebody in it has a character that the service doesn't take. Then
    it is asked for halves, down to whom it can't be asked for. Else it stops as soon as everybody
    was found, and pages on until nothing new comes. Whom an answer misses that has others is asked
    for again without those; where that finds anybody the service cuts its answers, and whoever is
    missed from then on is asked for alone.

    Attributes:
        unheard: Whom the service can't be asked for, and why.
    """

    def __init__(self, directory: Directory, by: By) -> None:
        self.unheard: dict[str, str] = {}
        self._accounts: dict[str, Account] = {}
        self._directory = directory
        self._by = by
        self._trust = directory.proofs.get(by) or Trust(at_once=TERMS, any_case=True)
        self._beside = [self._trust.known] if self._trust.known and self._trust.at_once > 1 else []
        self._found: set[str] = set()

    @property
    def found(self) -> list[Account]:
        """Everybody who was found, of those who were asked for."""
        return list(self._accounts.values())

    @property
    def _terms(self) -> int:
        """Terms of one filter at the most: as many as were proven to be looked at."""
        return max(1, self._trust.at_once - len(self._beside))

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
        """Find some people, together if the service answers that whole, else in parts, or alone.

        Raises:
            ServiceError: The look-up fails, and would for somebody who is known to be there.
        """
        try:
            shortfall = self._ask(values)
        except ServiceError as error:
            self._ask_for_halves(self._missed(values), error)
            return
        missed = self._missed(values)
        if not missed:
            return
        if len(values) == 1:
            if shortfall:
                raise ServiceError(shortfall)
            return
        if not shortfall and not self._trust.cuts:
            if len(missed) == len(values):
                return  # nobody at all is an answer: who is known to be there was found
            shortfall = self._ask(missed)
            left = self._missed(missed)
            if not shortfall and left == missed:
                return
            missed = left
        self._trust = replace(self._trust, cuts=True)
        self._directory.proofs[self._by] = self._trust
        for one in missed:
            self.ask_for([one])

    def _ask_for_halves(self, values: Sequence[str], error: ServiceError) -> None:
        """Find those of a look-up that has failed, if that isn't because look-ups fail.

        Raises:
            ServiceError: Somebody who is known to be there isn't found either.
        """
        if not values:
            return
        if not self._finds_known():
            raise error
        if len(values) == 1:
            self.unheard[values[0]] = error.message
            return
        half = len(values) // 2
        self.ask_for(values[:half])
        self.ask_for(values[half:])

    def _finds_known(self) -> bool:
        """Whether a look-up finds somebody who is known to be there, and who is asked for alone."""
        known = self._trust.known
        if not known:
            return False
        try:
            walk = self._directory.found(any_of(self._by, [known]))
            return any(self._is_of(one, {known}) for one in self._directory.accounts(walk))
        except ServiceError:
            return False

    def _ask(self, values: Sequence[str]) -> str:
        """Ask for some people; says why the answer isn't whole, where it isn't.

        Raises:
            ServiceError: There is no answer, or it hasn't who is known to be there.
        """
        asked = {self._by.key(value) for value in values}
        left = set(asked)
        shortfall = ""
        terms = [it for one in values for it in self._spellings(one)]
        for start in range(0, len(terms), self._terms):
            together = [*terms[start : start + self._terms], *self._beside]
            missing = self._walk(any_of(self._by, together), asked, left)
            if not left and self._by is By.USER_NAME:
                return ""
            shortfall = shortfall or missing
        return shortfall

    def _walk(self, criterion: str, asked: AbstractSet[str], left: set[str]) -> str:
        """Take in what a filter finds; says why that isn't the whole answer, where it isn't.

        The answer ends with the first page where that has who is known to be there, says that it is
        all, and has nobody else or is shorter than another that was seen: it would hold more.

        Raises:
            ServiceError: There is no answer, or it hasn't who is known to be there.
        """
        directory, by = self._directory, self._by
        is_heard = not self._beside
        most = max(2, directory.longest)
        walk = directory.found(criterion)
        for account in directory.accounts(walk):
            is_heard = is_heard or self._is_of(account, self._beside)
            if not asked.isdisjoint(by.keys(account)):
                self._accounts[account.id] = account
                self._found.update(by.keys(account))
                left.discard(address_key(account.user_name))
            if walk.rest:
                continue  # the rest of a page costs nothing, and an e-mail may be several people's
            if not left and by is By.USER_NAME:
                return ""
            if self._beside and is_heard and walk.says_all and walk.count < most:
                return ""
        if not is_heard and not walk.shortfall:
            raise FilterRefusedError("it doesn't find somebody who is known to be there")
        return walk.shortfall

    def _is_of(self, account: Account, values: Iterable[str]) -> bool:
        """Whether an account answers to one of some values."""
        return not {self._by.key(one) for one in values}.isdisjoint(self._by.keys(account))

    def _spellings(self, value: str) -> Collection[str]:
        """The ways to ask for somebody that are not the same to this service."""
        if self._by is By.EXTERNAL_ID:
            return (value,)
        if not self._trust.any_case:
            return spellings(value)
        return {one.casefold(): one for one in reversed(spellings(value))}.values()

    def _missed(self, values: Iterable[str]) -> list[str]:
        return [one for one in values if self._by.key(one) not in self._found]
