"""What one service lists and finds: its pages, walked to their end."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from aapimport.errors import ServiceError
from aapimport.services.discovery import Capabilities, discover
from aapimport.services.identity import is_named_by_address
from aapimport.services.paging import Page, Place, Walk, page_in
from aapimport.services.patience import Patience, transient
from aapimport.services.reaching import check_usable, reachable
from aapimport.services.replies import Answer, Reply
from aapimport.services.right_address import NO_COUNT
from aapimport.services.scim import (
    SEARCH_REQUEST,
    Account,
    error_detail,
    mapping,
    objects,
    read_account,
)
from aapimport.services.transport import Transport

PAGE = 200
"""People asked for at once; services clamp it, and the walk goes by what arrives."""
HIDDEN = "it finds somebody and doesn't show whom"
_LOOKED_AT = "userName,externalId,active,name,displayName,roles,entitlements,emails"
_NO_SEARCH = {404, 405, 501}
_BAD_REQUEST = 400
_NO_ID = "?"
_PATIENCE = (0.2, 1.0)  # seconds before a damaged answer is asked for again


class FilterRefusedError(ServiceError):
    """A service answers, and doesn't take a filter: it can't be asked in that way."""


class Listing:
    """One service's lists.

    Args:
        name: What the service is called in messages: `All Access Pass` or `Jhana`.
        transport: The service.
        patience: How often it is asked again, where that isn't the service's alone.
        not_kept: Attributes that a setting says the service declares and drops all the same.

    Attributes:
        named: Whether everybody who was met so far has one of their addresses as userName.
        is_short: Whether the list, when its first page was last read, was no longer than that.
        longest: Elements of the longest page that a look-up has shown so far.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        patience: Patience | None = None,
        not_kept: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.transport = transport
        self.url = transport.url
        self.patience = patience or Patience(transport.pause)
        self._capabilities: Capabilities | None = None
        self._search_by_post = True
        self._counts = True
        self._takes_cursors = True
        self._malformed: dict[str, Account] = {}
        self.named = True
        self.is_short = False
        self.longest = 0
        self._not_kept = not_kept

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do; asked once.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The service can't be reached.
        """
        if self._capabilities is None:
            found = discover(self.transport, self.patience, self.name)
            self._capabilities = replace(found, not_kept=self._not_kept)
        return self._capabilities

    def repeat(self, method: str, path: str, **parts: Any) -> Reply:
        """Send a request that may be repeated safely.

        Args:
            method: The HTTP method.
            path: The path below the service's address.
            parts: As for `Transport.request`.
        """
        reads = method == "GET" or path.endswith("/.search")
        return self.patience.repeat(
            lambda: self.transport.request(method, path, **parts), reads=reads
        )

    def answer(self, method: str, path: str, **parts: Any) -> Answer:
        """The same, for requests without whose answer nothing can go on.

        Raises:
            SettingsError: The token is refused.
            ServiceError: There is no answer, or it is an error other than 404.
        """
        return self._expect(self.repeat(method, path, **parts), method, path)

    def _expect(self, reply: Reply, method: str, path: str) -> Answer:
        answer = reachable(reply, self.name, self.transport.login)
        if not answer.ok and answer.status != 404:  # noqa: PLR2004 -- absent is an answer
            raise ServiceError(
                f"{self.name} answers {method} {path} with an error: {error_detail(answer)}",
                hint="try again later; if it stays, show this message to the service's owner",
                status=answer.status,
            )
        return answer

    def read(self, method: str, path: str, **parts: Any) -> Reply:
        """Send a request that only reads.

        Raises:
            SettingsError: The token is refused: nobody is asked for with it any more.
        """
        reply = self.repeat(method, path, **parts)
        check_usable(reply, self.name, self.transport.login)
        return reply

    def page(
        self, path: str, query: Mapping[str, str], start: int
    ) -> tuple[list[dict[str, Any]], int]:
        """One page of a list, from a position on (counted from 1), and the total it announces.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The page can't be had.
        """
        page = self._page(path, query, Place(start=start)) or Page()
        return list(objects(list(page.elements))), page.total

    def _page(self, path: str, query: Mapping[str, str], place: Place) -> Page | None:
        """A page of a list; None where its cursor isn't valid any more."""
        whole = {**query, **place.query(path)}
        reply, page = self._undamaged(lambda: self._counted(path, whole), place)
        if page is None and not self._has_lost_cursor(reply, place):
            answer = self._expect(reply, "GET", path)
            raise ServiceError(
                f"{self.name} does not answer GET {path} with a list",
                hint="check the address; if it stays, show this message to the service's owner",
                status=answer.status,
            )
        return page

    def _counted(self, path: str, query: Mapping[str, str]) -> Reply:
        """Ask for a page of our size, or of the service's own where it can't count.

        Some services refuse any `count`, or fall over it (docs/scim.md, 14).
        """
        if self._counts:
            reply = self.read("GET", path, query={**query, "count": str(PAGE)})
            if not (isinstance(reply, Answer) and reply.status in NO_COUNT):
                return reply
        answer = self.read("GET", path, query=query)
        self._counts = self._counts and not (isinstance(answer, Answer) and answer.ok)
        return answer

    def _undamaged(self, send: Callable[[], Reply], place: Place) -> tuple[Reply, Page | None]:
        """A reply and the page in it; a damaged success is asked for again, three times in all.

        A web page or half a list with 200 is a service out of order, and no list without people.
        """
        reply = send()
        page = _page_in(reply, place)
        for seconds in _PATIENCE:
            if page is not None or not (isinstance(reply, Answer) and reply.ok):
                break
            self.patience.wait(seconds)
            reply = send()
            page = _page_in(reply, place)
        return reply, page

    def _has_lost_cursor(self, reply: Reply, place: Place) -> bool:
        """Whether a cursor isn't valid any more, or was never wanted (RFC 9865 section 2.1)."""
        refused = isinstance(reply, Answer) and reply.status == _BAD_REQUEST
        if refused and place.cursor == "":
            self._takes_cursors = False
        return refused and place.cursor is not None

    def walk(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every resource of a list, each once, page by page.

        Raises:
            SettingsError: The token is refused.
            ServiceError: A page can't be had, the list ends too early, or it is in another order
                each time; what was yielded so far is not the whole list.
        """
        walk = self._walk(lambda place: self._page(path, query, place), f"the list at {path}")
        yield from (dict(resource) for _, resource in walk)
        self._expect_whole(walk)

    def _walk(
        self, ask: Callable[[Place], Page | None], what: str, first: Page | None = None
    ) -> Walk:
        return Walk(
            ask,
            f"{self.name}: {what}",
            sorts=self.capabilities.sorts,
            cursors=self._beginning.cursor is not None,
            first=first,
        )

    def _expect_whole(self, walk: Walk) -> None:
        if walk.shortfall:
            raise ServiceError(
                walk.shortfall,
                hint="show this message to the service's owner: its list is incomplete",
            )

    def people(self, criterion: str = "", first: Page | None = None) -> Walk:
        """A walk through every account, or through what the service finds for a filter.

        Args:
            criterion: The filter; it goes into the web address, so it names no person.
            first: The first page, where it is known already.
        """
        query = {"attributes": _LOOKED_AT} | ({"filter": criterion} if criterion else {})
        return self._walk(
            lambda place: self._page("/Users", query, place), "the list at /Users", first
        )

    def everybody(self, criterion: str = "") -> Iterator[Account]:
        """Every account of the service, or what the service finds for a filter.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The whole list can't be had.
        """
        walk = self.people(criterion)
        yield from self.accounts(walk)
        self._expect_whole(walk)

    def accounts(self, walk: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[Account]:
        """The accounts of a walk; those without a usable id or a name are only noted."""
        for position, resource in walk:
            account = read_account(resource)
            if account is not None and account.user_name:
                self.named = self.named and is_named_by_address(account)
                yield account
            elif account is not None:
                self._malformed[f"account {account.id!r} has no userName"] = account
            elif unusable := read_account({**resource, "id": _NO_ID}):
                words = f"the account at position {position:,} has no usable id"
                self._malformed[words] = unusable

    @property
    def malformed(self) -> list[str]:
        """The accounts met so far that have no userName or no usable id, in words."""
        return list(self._malformed)

    @property
    def unusable(self) -> list[Account]:
        """The same accounts, as far as they can be read: evidence at the most, never anybody's."""
        return list(self._malformed.values())

    def first_page(self) -> Page:
        """The first page of accounts, as it came.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The page can't be had.
        """
        query = {"attributes": _LOOKED_AT}
        page = self._page("/Users", query, self._beginning)
        page = page or self._page("/Users", query, Place()) or Page()
        self.is_short = page.total <= len(page.elements) and not page.cursor
        return page

    @property
    def _beginning(self) -> Place:
        """Where lists begin here."""
        return Place(cursor="" if self._takes_cursors and self.capabilities.cursors else None)

    def some_people(self) -> tuple[list[Account], int]:
        """The first page of accounts, and how many the service says there are.

        Raises:
            SettingsError: The token is refused.
            ServiceError: The page can't be had.
        """
        return self.on_page(page := self.first_page()), page.total

    def on_page(self, page: Page) -> list[Account]:
        """The accounts of one page."""
        return list(self.accounts(enumerate(map(mapping, page.elements), 1)))

    def found(self, criterion: str) -> Walk:
        """A walk through everything that the service finds for a filter.

        Iterating raises ServiceError where a page can't be had; nobody has compared it yet.
        """
        return self._walk(lambda place: self._searched(criterion, place), "a look-up")

    def _searched(self, criterion: str, place: Place) -> Page | None:
        """One page of what the service finds for a filter.

        People's addresses stay out of web addresses (and so out of servers' logs) where the
        service takes `POST /Users/.search` (RFC 7644 section 3.4.3).

        Raises:
            FilterRefusedError: The filter is refused; in the service's words.
            ServiceError: The page can't be had.
        """
        reply, page = self._posted(criterion, place) if self._search_by_post else (None, None)
        if reply is None:
            query = {"filter": criterion, **place.query("/Users")}
            reply, page = self._undamaged(lambda: self._counted("/Users", query), place)
        if page is not None or self._has_lost_cursor(reply, place):
            self.longest = max(self.longest, len(page.elements) if page else 0)
            return page
        if not isinstance(reply, Answer):
            raise ServiceError(reply.reason)
        if reply.ok or transient(reply):
            raise ServiceError(HIDDEN if reply.ok else error_detail(reply))
        raise FilterRefusedError(error_detail(reply))

    def _posted(self, criterion: str, place: Place) -> tuple[Reply | None, Page | None]:
        """The answer to `POST /Users/.search`; None where the look-up has to be made otherwise.

        A success that stays without a list means that a web page stands there.
        """
        begins: dict[str, Any] = place.query("/Users")
        if place.cursor is None:
            begins["startIndex"] = place.start
        whole = {"schemas": [SEARCH_REQUEST], "filter": criterion, **begins, "count": PAGE}
        send = partial(self.read, "POST", "/Users/.search", body=whole)
        reply, page = self._undamaged(send, place)
        if not isinstance(reply, Answer) or page is not None or transient(reply):
            return reply, page
        self._search_by_post = not (reply.ok or reply.status in _NO_SEARCH)
        return None, None


def _page_in(reply: Reply, place: Place) -> Page | None:
    """The page in a reply; None where there is none."""
    return page_in(reply.json() if isinstance(reply, Answer) and reply.ok else None, place)
