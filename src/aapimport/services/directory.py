"""The people of one SCIM service: look up, and read back.

A look-up answers `Found`, `Absent` or `Unknown`, and never takes the service's word for whom it
found: accounts are compared here (docs/scim.md, 2 and 3).
"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.services.identity import belongs, has_address, is_certain, spellings
from aapimport.services.keeping import Adding
from aapimport.services.listing import HIDDEN, Listing
from aapimport.services.paging import Page, Place
from aapimport.services.patience import Patience
from aapimport.services.replies import Answer
from aapimport.services.scim import Account, equals, error_detail, identifier, mapping, read_account
from aapimport.services.transport import Transport
from aapimport.services.values import Wanted


@dataclass(frozen=True, slots=True)
class Found:
    """The account whose address is the one asked for."""

    account: Account


@dataclass(frozen=True, slots=True)
class Absent:
    """No account is the person's, as far as the service's look-ups can be trusted.

    Attributes:
        alike: One that has the address all the same, but not as its userName: evidence for a
            question; None where no such was met.
    """

    alike: Account | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The look-up failed, so nothing is known.

    Attributes:
        reason: Why.
        gone: What was looked up isn't there any more.
        alone: It is about this person alone: others can be asked for.
    """

    reason: str
    gone: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Several(Unknown):
    """More than one account is named by the address, so that nobody knows which is the person's."""


_OF_ONE = {400, 403, 409, 410, 422}
"""Statuses by which a service refuses one account, and may show the others."""

LookUp = Found | Absent | Unknown


def looked_up(accounts: Iterable[Account], wanted: Wanted) -> LookUp:
    """Which of some accounts is a person's: by our key, by the address, or else by both.

    Args:
        accounts: All that were found, each once or more.
        wanted: The person.

    Returns:
        `Several` where more than one is named by the address and none carries our key; `Absent`
        with whoever only has the address.
    """
    alike = {account.id: account for account in accounts}
    certain = [account for account in alike.values() if is_certain(account, wanted)]
    ours = [account for account in certain if account.external_id == wanted.external_id != ""]
    found = ours or certain
    if len(found) > 1:
        ids = ", ".join(account.id for account in found)
        reason = f"{len(found)} accounts have this address ({ids}); make them one"
        return Several(reason, alone=True)
    if not found:
        found = [account for account in alike.values() if belongs(account, wanted)]
    if len(found) == 1:
        return Found(found[0])
    has = (account for account in alike.values() if has_address(account, wanted.email))
    return Absent(next(has, None))


_FEW = 3
"""Accounts that are looked at to tell whether a service shows an attribute at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What this very service has proven of its look-ups by one attribute.

    Attributes:
        at_once: How many addresses one look-up may ask for; 0 where none can be believed.
        any_case: Whether letter case is ignored.
        cuts: Whether answers are cut: whom a look-up of many misses is then looked up alone.
        known: By what somebody was found who is known to be there, as a row would have it.
    """

    at_once: int = 0
    any_case: bool = False
    cuts: bool = False
    known: str = field(default="", compare=False)


class Directory(Listing):
    """One service's people.

    Args:
        name: What the service is called in messages: `All Access Pass` or `Jhana`.
        transport: The service.
        patience: How often it is asked again, where that isn't the service's alone.
        not_kept: Attributes that a setting says the service declares and drops all the same.

    Attributes:
        takes_bulk: Whether it hasn't refused a bulk request yet, whatever it announces.
        took_bulk: Whether it has taken one.
        keeps_keys: Whether an account that we created was seen to carry our `externalId`; None
            before any was seen.
        drops: What accounts that we created were seen not to keep, as `Change` names it.
        adds_to_people: What a PATCH `add` to a person's array does there, and what is kept for it.
        adds_to_teams: The same for the members of a team.
        proofs: What its look-ups by `userName` and by `emails.value` have proven (`proofs`).
        proving: Held while something is tried, so that it is tried once.
        shown: The attributes that it has shown of anybody whose account was fetched.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        patience: Patience | None = None,
        not_kept: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(name, transport, patience, not_kept)
        self.takes_bulk = True
        self.took_bulk = False
        self.adds_to_people = Adding(shown_whole=True)
        self.adds_to_teams = Adding()
        self.keeps_keys: bool | None = None
        self.drops: set[str] = set()
        self.proofs: dict[str, Trust] = {}
        self.proving = threading.RLock()
        self.shown: set[str] = set()
        self._looked: set[str] = set()

    def search(self, criterion: str) -> list[Account] | Unknown:
        """The first page of what the service finds for a filter; nobody has compared it yet."""
        try:
            page = self._searched(criterion, self._beginning)
            page = page or self._searched(criterion, Place()) or Page()
        except ServiceError as error:
            return Unknown(error.message)
        return self.on_page(page) or (Unknown(HIDDEN) if page.elements else [])

    def newest(self, first: Page) -> list[Account]:
        """The accounts at the end of the list whose first page is known: who came last, mostly.

        Empty where that page can't be had, and where lists go on by cursors: their end is only
        behind all the others.

        Raises:
            SettingsError: The token is refused.
        """
        if self.capabilities.cursors:
            return []
        try:
            listed, _ = self.page("/Users", {}, max(1, first.total - len(first.elements) + 1))
        except ServiceError:
            return []
        return self.on_page(Page(elements=listed))

    def look_up(self, wanted: Wanted) -> LookUp:
        """Look for one person's account by every key in turn: the ladder of docs/protocol.md.

        Returns:
            `Found` only for an account that belongs to the person (`identity.belongs`).

        Raises:
            SettingsError: The token is refused.
        """
        by_address = [equals("userName", one) for one in spellings(wanted.email)]
        by_key = [equals("externalId", wanted.external_id)] if wanted.external_id else []
        failed = False
        alike = None
        for criterion in (*by_key, *by_address, equals("emails.value", wanted.email)):
            found = self._found_for(criterion, wanted)
            if found is None:
                return self.look_everywhere(wanted)
            if isinstance(found, Found | Several):
                return found
            if isinstance(found, Absent):
                alike = alike or found.alike
            failed = failed or (isinstance(found, Unknown) and criterion in by_address)
        # an address that could not be asked for is not absent, whatever the other keys say
        return self.look_everywhere(wanted) if failed else self.absent(wanted, alike)

    def absent(self, wanted: Wanted, alike: Account | None = None) -> Absent | Unknown:
        """Whether nobody was met who has a person's address, not even without a name or an id."""
        unusable = any(has_address(account, wanted.email) for account in self.unusable)
        return Unknown(HIDDEN, alone=True) if unusable else Absent(alike)

    def _found_for(self, criterion: str, wanted: Wanted) -> LookUp | None:
        """Whether a filter finds a person's account; None where the service ignores filters."""
        alike = []
        try:
            walk = self.found(criterion)
            for account in self.accounts(walk):
                if not (is_certain(account, wanted) or has_address(account, wanted.email)):
                    return None
                alike.append(account)
        except ServiceError as error:
            return Unknown(error.message)
        if walk.shortfall or (walk.count and not alike):
            return Unknown(walk.shortfall or HIDDEN)
        return looked_up(alike, wanted)

    def look_everywhere(self, wanted: Wanted) -> LookUp:
        """Look for one person in the whole list: the ladder's last rung.

        Raises:
            SettingsError: The token is refused.
        """
        try:
            walk = self.people()
            alike = [
                account
                for account in self.accounts(walk)
                if is_certain(account, wanted) or has_address(account, wanted.email)
            ]
        except ServiceError as error:
            return Unknown(error.message)
        if walk.shortfall:
            return Unknown(walk.shortfall)
        found = looked_up(alike, wanted)
        return self.absent(wanted, found.alike) if isinstance(found, Absent) else found

    def shows(self, attribute: str) -> bool:
        """Whether it shows an attribute of anybody who is asked for by id, as far as a few tell.

        An account without one may have none of it then: what is empty may be left out (RFC 7643
        section 2.5). Lists may show more than accounts, or less.

        Args:
            attribute: Its name, or its path, `name.formatted`.
        """
        with self.proving:  # whoever asks meanwhile waits for the same answer
            if attribute in self.shown or attribute in self._looked:
                return attribute in self.shown
            with suppress(ServiceError):
                listed, _ = self.page("/Users", {}, 1)
                listed.sort(key=lambda one: attribute not in _attributes(one))
                for one in listed[:_FEW]:
                    if own_id := identifier(one.get("id")):
                        self.fetch(own_id)  # which notes what it shows
                self._looked.add(attribute)
        return attribute in self.shown

    @staticmethod
    def user_path(identifier: str) -> str:
        """The path of one account below the service's address."""
        return f"/Users/{quote(identifier, safe='')}"

    def fetch(
        self, identifier: str, attributes: str = ""
    ) -> tuple[Account, dict[str, Any]] | Unknown | None:
        """One account with its resource, as it is now; None when it is gone.

        Args:
            identifier: The account's id.
            attributes: What to ask for; everything that is given by default when empty.
        """
        query = {"attributes": attributes} if attributes else None
        reply = self.read("GET", self.user_path(identifier), query=query)
        if not isinstance(reply, Answer):
            return Unknown(reply.reason)
        if reply.status == 404:  # noqa: PLR2004 -- RFC 9110 section 15.5.5
            return None
        body = reply.json()
        account = read_account(body) if reply.ok and body else None
        if body is None or account is None or account.id != identifier:
            refused = reply.ok or reply.status in _OF_ONE
            why = f"the account can't be looked up afterwards: {error_detail(reply)}"
            return Unknown(why, alone=refused)
        self.shown |= _attributes(body)
        if not account.etag and "etag" in reply.headers:
            account = replace(account, etag=reply.headers["etag"])
        return account, body


def _attributes(resource: Mapping[str, Any]) -> set[str]:
    """What a resource has, and what its name has; null is nothing (RFC 7643 section 2.5)."""
    said = [*resource.items()]
    said += [(f"name.{part}", value) for part, value in mapping(resource.get("name")).items()]
    return {name for name, value in said if value is not None}
