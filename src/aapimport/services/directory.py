"""The people of one SCIM service: look up, and read back.

A look-up answers `Found`, `Absent` or `Unknown`, and never takes the service's word for whom it
found: accounts are compared here (SERVERS.md, 2 and 3).
"""

import threading
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.services.identity import has_address, is_certain, own_account, spellings
from aapimport.services.keeping import Adding
from aapimport.services.listing import HIDDEN, Listing
from aapimport.services.paging import Page, Place
from aapimport.services.patience import Patience
from aapimport.services.scim import Account, equals, error_detail, read_account
from aapimport.services.transport import Answer, Transport
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
    """

    reason: str
    gone: bool = False


LookUp = Found | Absent | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What this very service has proven of its look-ups by one attribute.

    Attributes:
        at_once: How many addresses one look-up may ask for; 0 where none can be believed.
        any_case: Whether letter case is ignored.
        cuts: Whether answers are cut: whom a look-up of many misses is then looked up alone.
    """

    at_once: int = 0
    any_case: bool = False
    cuts: bool = False


class Directory(Listing):
    """One service's people.

    Args:
        name: What the service is called in messages: `All Access Pass` or `Jhana`.
        transport: The service.
        patience: How often it is asked again, where that isn't the service's alone.
        not_kept: Attributes that a setting says the service declares and drops all the same.

    Attributes:
        takes_bulk: Whether it hasn't refused a bulk request yet, whatever it announces.
        keeps_keys: Whether an account that we created was seen to carry our `externalId`.
        adds_to_people: What a PATCH `add` to a person's array does there, and what is kept for it.
        adds_to_teams: The same for the members of a team.
        proofs: What its look-ups by `userName` and by `emails.value` have proven (`proofs`).
        proving: Held while something is tried, so that it is tried once.
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
        self.adds_to_people = Adding()
        self.adds_to_teams = Adding()
        self.keeps_keys = False
        self.proofs: dict[str, Trust] = {}
        self.proving = threading.RLock()

    def no_bulk(self) -> None:
        """Note that the service refused a bulk request, whatever it announces."""
        self.takes_bulk = False

    def search(self, criterion: str) -> list[Account] | Unknown:
        """The first page of what the service finds for a filter; nobody has compared it yet."""
        try:
            page = self._searched(criterion, self._beginning)
            page = page or self._searched(criterion, Place()) or Page()
        except ServiceError as error:
            return Unknown(error.message)
        return self.on_page(page) or (Unknown(HIDDEN) if page.elements else [])

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
            if isinstance(found, Found):
                return found
            if isinstance(found, Absent):
                alike = alike or found.alike
            failed = failed or (isinstance(found, Unknown) and criterion in by_address)
        # an address that could not be asked for is not absent, whatever the other keys say
        return self.look_everywhere(wanted) if failed else self.absent(wanted, alike)

    def absent(self, wanted: Wanted, alike: Account | None = None) -> Absent | Unknown:
        """Whether nobody was met who has a person's address, not even without a name or an id."""
        unusable = any(has_address(account, wanted.email) for account in self.unusable)
        return Unknown(HIDDEN) if unusable else Absent(alike)

    def _found_for(self, criterion: str, wanted: Wanted) -> LookUp | None:
        """Whether a filter finds a person's account; None where the service ignores filters."""
        alike = []
        try:
            walk = self.found(criterion)
            for account in self.accounts(walk):
                if is_certain(account, wanted):
                    return Found(account)
                if not has_address(account, wanted.email):
                    return None
                alike.append(account)
        except ServiceError as error:
            return Unknown(error.message)
        if walk.shortfall or (walk.count and not alike):
            return Unknown(walk.shortfall or HIDDEN)
        own = own_account(alike, wanted)
        return Found(own) if own else Absent(next(iter(alike), None))

    def look_everywhere(self, wanted: Wanted) -> LookUp:
        """Look for one person in the whole list: the ladder's last rung.

        Raises:
            SettingsError: The token is refused.
        """
        alike = []
        try:
            walk = self.people()
            for account in self.accounts(walk):
                if is_certain(account, wanted):
                    return Found(account)
                if has_address(account, wanted.email):
                    alike.append(account)
        except ServiceError as error:
            return Unknown(error.message)
        if walk.shortfall:
            return Unknown(walk.shortfall)
        own = own_account(alike, wanted)
        return Found(own) if own else self.absent(wanted, next(iter(alike), None))

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
            return Unknown(f"the account can't be read back: {error_detail(reply)}")
        if not account.etag and "etag" in reply.headers:
            account = replace(account, etag=reply.headers["etag"])
        return account, body
