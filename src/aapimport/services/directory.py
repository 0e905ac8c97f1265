"""The people of one SCIM service: look up, create, change, read back.

A look-up answers `Found`, `Absent` or `Unknown`, and never takes the service's word for whom it
found: addresses are compared here (SERVERS.md, 2 and 3).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from aapimport.errors import ServiceError
from aapimport.services.discovery import Capabilities, discover, reachable
from aapimport.services.identity import has_address
from aapimport.services.patience import Patience, transient
from aapimport.services.scim import (
    SEARCH_REQUEST,
    Account,
    equals,
    error_detail,
    number,
    objects,
    read_account,
)
from aapimport.services.transport import Answer, Reply, Transport

PAGE = 200
"""People asked for at once; services clamp it, and the walk goes by what arrives."""
_LOOKED_AT = "userName,externalId,active,name,roles,entitlements,emails"
_NO_SEARCH = {404, 405, 501}
_NO_COUNT = {400, 500, 501}


@dataclass(frozen=True, slots=True)
class Found:
    """The account whose address is the one asked for."""

    account: Account


@dataclass(frozen=True, slots=True)
class Absent:
    """No account has the address, as far as the service's look-ups can be trusted."""


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


class Directory:
    """One service's people.

    Args:
        name: What the service is called in messages: `All Access Pass` or `Jhana`.
        transport: The service.
        patience: The budget of retries, where another service at the same host shares it.
    """

    def __init__(self, name: str, transport: Transport, patience: Patience | None = None) -> None:
        self.name = name
        self.transport = transport
        self.url = transport.url
        self.patience = patience or Patience(transport.pause)
        self._capabilities: Capabilities | None = None
        self._search_by_post = True
        self._counts = True
        self.takes_bulk = True

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do; asked once.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The service can't be reached.
        """
        if self._capabilities is None:
            self._capabilities = discover(self.transport, self.patience, self.name)
        return self._capabilities

    def no_bulk(self) -> None:
        """Note that the service refused a bulk request, whatever it announces."""
        self.takes_bulk = False

    def repeat(self, method: str, path: str, **parts: Any) -> Reply:
        """Send a request that may be repeated safely.

        Args:
            method: The HTTP method.
            path: The path below the service's address.
            parts: As for `Transport.request`.
        """
        return self.patience.repeat(lambda: self.transport.request(method, path, **parts))

    def answer(self, method: str, path: str, **parts: Any) -> Answer:
        """The same, for requests without whose answer nothing can go on.

        Raises:
            SettingsError: The token is refused.
            ServiceError: There is no answer, or it is an error other than 404.
        """
        return self._expect(self.repeat(method, path, **parts), method, path)

    def _expect(self, reply: Reply, method: str, path: str) -> Answer:
        answer = reachable(reply, self.name)
        if not answer.ok and answer.status != 404:  # noqa: PLR2004 -- absent is an answer
            raise ServiceError(
                f"{self.name} answers {method} {path} with an error: {error_detail(answer)}",
                hint="try again later; if it stays, show this message to the service's owner",
            )
        return answer

    def page(
        self, path: str, query: Mapping[str, str], start: int
    ) -> tuple[list[dict[str, Any]], int]:
        """One page of a list, from a position on (counted from 1), and the total it announces.

        Some services refuse any `count`, or fall over it (SERVERS.md, 14): they are asked without.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The page can't be had.
        """
        whole = {**query, "startIndex": str(start)}
        answer = self._expect(self._counted(path, whole), "GET", path)
        body = answer.json()
        if body is None or not answer.ok:
            raise ServiceError(f"{self.name} does not answer GET {path} with a list")
        return list(objects(body.get("Resources"))), number(body.get("totalResults")) or 0

    def _counted(self, path: str, query: Mapping[str, str]) -> Reply:
        """Ask for a page of our size, or of the service's own where it can't count."""
        if self._counts:
            reply = self.repeat("GET", path, query={**query, "count": str(PAGE)})
            if not (isinstance(reply, Answer) and reply.status in _NO_COUNT):
                return reply
        answer = self.repeat("GET", path, query=query)
        self._counts = self._counts and not (isinstance(answer, Answer) and answer.ok)
        return answer

    def walk(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every resource of a list, each once, page by page.

        Goes by what arrives and stops when a page brings nothing new; totalResults is believed only
        when it says that something is missing (SERVERS.md, 14).

        Raises:
            SettingsError: The token is refused.
            ServiceError: A page can't be had, or the list ends too early; what was yielded so far
                is not the whole list.
        """
        seen: set[str] = set()
        start = 1
        while True:
            resources, total = self.page(path, query, start)
            fresh = [one for one in resources if str(one.get("id")) not in seen]
            if not fresh:
                if len(seen) < total:
                    raise ServiceError(
                        f"{self.name} lists {len(seen):,} of {total:,} at {path}, then no more",
                        hint="show this message to the service's owner: its list is incomplete",
                    )
                return
            seen.update(str(one.get("id")) for one in fresh)
            yield from fresh
            start += len(resources)

    def everybody(self, criterion: str = "") -> Iterator[Account]:
        """Every account of the service, or what the service finds for a filter.

        Raises:
            ServiceError: The list can't be had, or it has people without an address.
        """
        query = {"attributes": _LOOKED_AT} | ({"filter": criterion} if criterion else {})
        for resource in self.walk("/Users", query):
            yield self.listed(resource)

    def listed(self, resource: Mapping[str, Any]) -> Account:
        """The account of a resource in a list.

        Raises:
            ServiceError: It has no id or no address, so that nothing can be compared.
        """
        account = read_account(resource)
        if account is None or not account.user_name:
            raise ServiceError(f"{self.name} lists people without an id or an address")
        return account

    def some_people(self) -> tuple[list[Account], int]:
        """The first page of accounts, and how many the service says there are.

        Raises:
            ServiceError: The page can't be had.
        """
        resources, total = self.page("/Users", {"attributes": _LOOKED_AT}, 1)
        return [self.listed(resource) for resource in resources], total

    def search(self, criterion: str) -> list[Account] | Unknown:
        """The first page of what the service finds for a filter; nobody has compared it yet."""
        found = self._search(criterion, 1)
        return found if isinstance(found, Unknown) else found[0]

    def search_all(self, criterion: str) -> list[Account] | Unknown:
        """Everything that the service finds for a filter, also where its pages are small."""
        accounts: dict[str, Account] = {}
        while True:
            found = self._search(criterion, len(accounts) + 1)
            if isinstance(found, Unknown):
                return found
            page, total = found
            before = len(accounts)
            accounts |= {account.id: account for account in page}
            if len(accounts) >= total:
                return list(accounts.values())
            if len(accounts) == before:
                return Unknown(f"it finds {total:,} people and shows {before:,}")

    def _search(self, criterion: str, start: int) -> tuple[list[Account], int] | Unknown:
        """One page of what the service finds for a filter, and how many it says there are.

        People's addresses stay out of web addresses (and so out of servers' logs) where the
        service takes `POST /Users/.search` (RFC 7644 section 3.4.3).
        """
        reply = self._posted(criterion, start) if self._search_by_post else None
        if reply is None:
            query = {"filter": criterion, "startIndex": str(start)}
            reply = self._counted("/Users", query)
        if not isinstance(reply, Answer):
            return Unknown(reply.reason)
        if not _is_list(reply):
            return Unknown(error_detail(reply))
        listed = reply.json() or {}
        accounts = [read_account(resource) for resource in objects(listed.get("Resources"))]
        found = [account for account in accounts if account is not None]
        total = number(listed["totalResults"]) or 0
        if not found and (accounts or (total and start == 1)):
            return Unknown("it finds somebody and doesn't show whom")
        return found, total

    def _posted(self, criterion: str, start: int) -> Reply | None:
        """The answer to `POST /Users/.search`; None where the look-up has to be made otherwise.

        A success without a list is a web page, or a list that was cut off: asked again, it tells.
        """
        body = {"filter": criterion, "startIndex": start, "count": PAGE}
        whole = {"schemas": [SEARCH_REQUEST], **body}
        reply = self.repeat("POST", "/Users/.search", body=whole)
        if isinstance(reply, Answer) and reply.ok and not _is_list(reply):
            reply = self.repeat("POST", "/Users/.search", body=whole)
        if not isinstance(reply, Answer) or _is_list(reply) or transient(reply):
            return reply
        self._search_by_post = not (reply.ok or reply.status in _NO_SEARCH)
        return None

    def look_up(self, email: str, external_id: str = "") -> LookUp:
        """Look for one person by every key in turn: the ladder of docs/protocol.md.

        Args:
            email: The address, in any letter case.
            external_id: Our own key, when the account may be one that we created.
        """
        by_address = [equals("userName", one) for one in dict.fromkeys((email, email.lower()))]
        by_key = [equals("externalId", external_id)] if external_id else []
        failed = False
        for criterion in (*by_key, *by_address, equals("emails.value", email)):
            found = self.search(criterion)
            if isinstance(found, Unknown):
                failed = failed or criterion in by_address
                continue
            for account in found:
                if has_address(account, email) or (
                    external_id and account.external_id == external_id
                ):
                    return Found(account)
            if found:  # others came back: the service ignores filters, and these may be one page
                return self.look_everywhere(email)
        # an address that could not be asked for is not absent, whatever the other keys say
        return self.look_everywhere(email) if failed else Absent()

    def look_everywhere(self, email: str) -> LookUp:
        """Look for one person in the whole list: the ladder's last rung."""
        try:
            for account in self.everybody():
                if has_address(account, email):
                    return Found(account)
        except ServiceError as error:
            return Unknown(error.message)
        return Absent()

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
        reply = self.repeat("GET", self.user_path(identifier), query=query)
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


def _is_list(answer: Answer) -> bool:
    return answer.ok and "totalResults" in (answer.json() or {})
