"""Whose account on Jhana each is: told by what an upload has left there, or by its userName.

Nobody is matched by a guess: where that fits two, or only a second address does, it is doubtful.
"""

from collections.abc import Container, Iterable, Iterator

from aapimport.person import address_key
from aapimport.run.words import Word, Words
from aapimport.services.identity import keys
from aapimport.services.scim import Account
from aapimport.text import fold


class Matching:
    """Finds whose account each of Jhana's is.

    Args:
        people: The portal's accounts whose ones on Jhana are looked for.
        names: The keys of the userNames of everybody on the portal.
        words: What uploads have said of them.
    """

    def __init__(self, people: Iterable[Account], names: Container[str], words: Words) -> None:
        self._people: dict[str, Account] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_mail: dict[str, list[str]] = {}
        self._by_key: dict[str, list[str]] = {}
        self._left: dict[str, tuple[str, Word]] = {}
        self._names = names
        for one in people:
            self._people[one.id] = one
            name, *more = keys(one)
            self._by_name.setdefault(name, []).append(one.id)
            for mail in more:
                if mail != name:
                    self._by_mail.setdefault(mail, []).append(one.id)
            if one.external_id:
                self._by_key.setdefault(one.external_id, []).append(one.id)
            word = words.about(one)
            if word and word.on_jhana and word.is_about(one):
                self._left[word.on_jhana.account_id] = (one.id, word)
        self._certain: dict[str, list[Account]] = {}
        self._evidence: dict[str, list[Account]] = {}
        self._owners: dict[str, set[str]] = {}
        self._met: set[str] = set()

    def takes(self, account: Account) -> bool:
        """Whether an account on Jhana is, or may be, one of the people's."""
        if account.id in self._left:
            self._met.add(account.id)
        sure = {*self._sure(account)}
        alike = set() if sure else {*self._alike(account)}
        for own_id in sure:
            self._certain.setdefault(own_id, []).append(account)
        for own_id in alike:
            self._evidence.setdefault(own_id, []).append(account)
        if owners := sure | alike:
            self._owners[account.id] = owners
        return bool(owners)

    def _sure(self, account: Account) -> Iterator[str]:
        """The people whose it is: by an upload, by its userName, by one key and the same names."""
        own_id, word = self._left.get(account.id, ("", None))
        if word and word.on_jhana:
            ours = account.external_id == word.on_jhana.key != ""
            same = ours and _have_one_name(self._people[own_id], account)  # renamed on both
            if same or word.on_jhana.is_theirs(account):
                yield own_id
        if "@" in account.user_name:  # two services may give the same number to two people
            yield from self._by_name.get(address_key(account.user_name), ())
        if account.external_id:
            for one in self._by_key.get(account.external_id, ()):
                if _have_one_name(self._people[one], account):
                    yield one

    def _alike(self, account: Account) -> Iterator[str]:
        """The people whose it may be: one of the addresses is the same, and no userName.

        Not where somebody else on the portal has its userName.
        """
        if "@" in account.user_name and address_key(account.user_name) in self._names:
            return
        for mail in keys(account):
            yield from self._by_mail.get(mail, ())
            yield from self._by_name.get(mail, ())

    @property
    def not_met(self) -> dict[str, str]:
        """The accounts that uploads have left there and that were not met, and whose they are."""
        return {one: own for one, (own, _) in self._left.items() if one not in self._met}

    def decided(self) -> tuple[dict[str, Account], dict[str, list[Account]]]:
        """Who is matched, and who can't be; by the portal's account id."""
        matched, doubtful = {}, {}
        for own_id in self._certain.keys() | self._evidence.keys():
            sure = self._certain.get(own_id, [])
            alike = self._evidence.get(own_id, [])
            if len(sure) == 1 and len(self._owners[sure[0].id]) == 1:
                matched[own_id] = sure[0]
            elif not sure and self._is_named_otherwise(own_id, alike):
                matched[own_id] = alike[0]
            else:
                doubtful[own_id] = sure or alike
        return matched, doubtful

    def _is_named_otherwise(self, own_id: str, alike: list[Account]) -> bool:
        """Whether one account fits by address and names where userNames are no addresses.

        As `identity.belongs` has it for the row of a file.
        """
        if len(alike) != 1:
            return False
        mine, other = self._people[own_id], alike[0]
        several = len(self._owners[other.id]) > 1
        no_address = "@" not in mine.user_name or "@" not in other.user_name
        return no_address and not several and _have_one_name(mine, other)


def _have_one_name(one: Account, other: Account) -> bool:
    names = (fold(one.first_name), fold(one.last_name))
    return any(names) and names == (fold(other.first_name), fold(other.last_name))
