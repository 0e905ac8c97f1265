"""A small SCIM service whose habits and answers a test chooses.

It keeps people, teams and passes in memory and a ledger of every request. `Habits` are what a
server always does (SERVERS.md's measurements); `on` replaces single answers.
"""

import json
import re
import threading
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from faults.wire import Act, Fault, Request, Response, Server, as_json, error

CORE = "urn:ietf:params:scim:schemas:core:2.0"
EXTENSION = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0"
PASS = "urn:ietf:params:scim:schemas:allaccesspass:2.0:Pass"
_COMPARISON = re.compile(r'([\w.]+) eq ("(?:[^"\\]|\\.)*")')
TOKEN = "stub-token-3f9a"


@dataclass(kw_only=True)
class Habits:
    """What the server always does.

    Attributes:
        filters: How `eq` compares: `folded`, `exact`, not at all and everybody comes back
            (`ignored`), nobody ever does (`empty`), or refused (`refused`).
        search_by_post: Whether `POST /.search` is offered.
        page: People in a page at the most.
        total_cap: What totalResults never exceeds.
        same_page: Whether every page is the first.
        dropped: Attributes that a write doesn't keep.
        lower_cased: Whether userName is kept in lower case.
        patch: `kept`, `ignored` (200 and nothing changes), or `refused` (501).
        unique: Whether userName is.
        conflict: The answer to a taken userName: its status and its scimType.
        shows_members: Whether groups show who is in them.
        repeats_members: Whether who is added twice is in a group twice.
        max_members: Members in one PATCH at the most.
        mails: Whether welcome e-mails can be asked for.
        passes: Whether passes are published.
        brief: Whether a create answers only with the id.
        token: The bearer token that is accepted.
    """

    filters: Literal["folded", "exact", "ignored", "empty", "refused"] = "folded"
    search_by_post: bool = True
    page: int = 1000
    total_cap: int | None = None
    same_page: bool = False
    dropped: frozenset[str] = frozenset()
    lower_cased: bool = False
    patch: Literal["kept", "ignored", "refused"] = "kept"
    unique: bool = True
    conflict: tuple[int, str] = (409, "uniqueness")
    shows_members: bool = True
    repeats_members: bool = False
    max_members: int = 1000
    mails: bool = True
    passes: bool = True
    brief: bool = False
    token: str = TOKEN


@dataclass(kw_only=True)
class _Rule:
    method: str
    path: str
    fault: Fault
    times: int
    skip: int
    body: str


@dataclass(kw_only=True)
class Store:
    """What the server holds."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    passes: dict[str, dict[str, Any]] = field(default_factory=dict)
    mails: list[tuple[str, str, str]] = field(default_factory=list)


class ScimStub:
    """One service, open on loopback until it is closed."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self.store = Store()
        self.seen: list[Request] = []
        self._rules: list[_Rule] = []
        self._lock = threading.RLock()
        self._next = 0
        self._server = Server(self._answer)
        self.url = self._server.url

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def on(
        self, method: str, path: str, fault: Fault, *, times: int = 1, skip: int = 0, body: str = ""
    ) -> None:
        """Replace answers.

        Args:
            method: The HTTP method.
            path: A regular expression that the whole path matches.
            fault: What happens instead.
            times: How often.
            skip: How many matching requests are answered as usual first.
            body: A text that the request's body holds.
        """
        with self._lock:
            self._rules.append(
                _Rule(method=method, path=path, fault=fault, times=times, skip=skip, body=body)
            )

    def add_user(self, email: str, first: str = "Ana", last: str = "Perez", **more: Any) -> str:
        """Put somebody there; returns the id."""
        body = {
            "userName": email,
            "name": {"givenName": first, "familyName": last},
            "active": True,
            "emails": [{"value": email}],
            **more,
        }
        with self._lock:
            return self._insert(body)["id"]

    def add_team(self, name: str, places: int, pass_id: str = "", used: int = 0) -> str:
        """Put a team there; returns its id."""
        identifier = f"team-{len(self.store.groups) + 1}"
        extension = {"pass": {"value": pass_id}, "places": places, "placesUsed": used}
        self.store.groups[identifier] = {
            "id": identifier,
            "displayName": name,
            "members": [],
            f"{EXTENSION}:Group": extension,
        }
        return identifier

    def add_pass(self, identifier: str, name: str, seats: int, used: int = 0) -> None:
        """Put a pass there."""
        self.store.passes[identifier] = {
            "id": identifier,
            "displayName": name,
            "seats": seats,
            "seatsUsed": used,
        }

    @property
    def writes(self) -> list[Request]:
        """Every request that would change something."""
        return [
            one for one in self.seen if one.method != "GET" and not one.path.endswith("/.search")
        ]

    @property
    def creates(self) -> Counter[str]:
        """How many creates of each address reached the server."""
        return Counter(
            str(one.json.get("userName"))
            for one in self.seen
            if (one.method, one.path) == ("POST", "/Users")
        )

    @property
    def people(self) -> Counter[str]:
        """How many accounts each address has."""
        return Counter(fold(one["userName"]) for one in self.store.users.values())

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            fault = self._fault(request)

        def act() -> Response:
            with self._lock:
                return self._act(request)

        return fault(act) if fault else act()

    def _fault(self, request: Request) -> Fault | None:
        for rule in self._rules:
            if (
                rule.method != request.method
                or not re.fullmatch(rule.path, request.path)
                or rule.body not in request.body.decode(errors="replace")
                or not rule.times
            ):
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            return rule.fault
        return None

    def _act(self, request: Request) -> Response:  # noqa: PLR0911 -- one for each endpoint
        if request.headers.get("authorization") != f"Bearer {self.habits.token}":
            return error(401, "the token is wrong")
        kind, _, identifier = request.path.strip("/").partition("/")
        match request.method, kind, identifier:
            case "GET", "ServiceProviderConfig" | "ResourceTypes" | "Schemas", "":
                return self._discovery(kind)
            case "GET", "Users", "":
                return self._people(request.query)
            case "POST", "Users", ".search" if self.habits.search_by_post:
                return self._people({name: str(it) for name, it in request.json.items()})
            case "POST", "Users", "":
                return self._create(request.json)
            case "GET", "Passes", "" if self.habits.passes:
                return self._page(list(self.store.passes.values()), request.query)
            case "GET", "Groups", "":
                narrowed = {"attributes", "excludedAttributes"} & set(request.query)
                hidden = "members" if narrowed or not self.habits.shows_members else ""
                groups = [
                    {name: it for name, it in one.items() if name != hidden}
                    for one in self.store.groups.values()
                ]
                return self._page(groups, request.query)
            case _, "Users", _ if identifier in self.store.users:
                return self._user(request, self.store.users[identifier])
            case _, "Groups", _ if identifier in self.store.groups:
                return self._group(request, self.store.groups[identifier])
        return error(404, "there is no such thing")

    def _discovery(self, kind: str) -> Response:
        habits = self.habits
        if kind == "ServiceProviderConfig":
            return as_json(200, {"filter": {"supported": True}, "bulk": {"supported": False}})
        if kind == "Schemas":
            return error(404)
        extension = [{"schema": f"{EXTENSION}:User"}] if habits.mails else []
        types = [
            {"endpoint": "/Users", "schema": f"{CORE}:User", "schemaExtensions": extension},
            {
                "endpoint": "/Groups",
                "schema": f"{CORE}:Group",
                "schemaExtensions": [{"schema": f"{EXTENSION}:Group"}],
            },
        ]
        if habits.passes:
            types.append({"endpoint": "/Passes", "schema": PASS})
        return as_json(200, {"Resources": types})

    def _people(self, query: Any) -> Response:
        found = list(self.store.users.values())
        if criterion := query.get("filter"):
            if self.habits.filters == "refused":
                return error(400, "filters are not supported")
            found = [one for one in found if self._matches(one, criterion)]
        return self._page(found, query)

    def _matches(self, user: dict[str, Any], criterion: str) -> bool:
        if self.habits.filters in {"ignored", "empty"}:
            return self.habits.filters == "ignored"
        compare = fold if self.habits.filters == "folded" else str
        for attribute, quoted in _COMPARISON.findall(criterion):
            values = (
                [one.get("value", "") for one in user.get("emails", [])]
                if attribute == "emails.value"
                else [user.get(attribute, "")]
            )
            if compare(json.loads(quoted)) in [compare(one) for one in values]:
                return True
        return False

    def _page(self, found: list[dict[str, Any]], query: Any) -> Response:
        size = min(self.habits.page, int(query.get("count", self.habits.page)))
        start = 0 if self.habits.same_page else int(query.get("startIndex", "1")) - 1
        total = len(found)
        if self.habits.total_cap is not None:
            total = min(total, self.habits.total_cap)
        body = {"totalResults": total, "Resources": found[start : start + size]}
        return as_json(200, body)

    def _create(self, body: dict[str, Any]) -> Response:
        taken = {fold(one["userName"]) for one in self.store.users.values()}
        if self.habits.unique and fold(body["userName"]) in taken:
            status, kind = self.habits.conflict
            answer: dict[str, Any] = {"status": str(status), "detail": "taken"}
            return as_json(status, answer | ({"scimType": kind} if kind else {}))
        kept = {name: it for name, it in body.items() if name not in self.habits.dropped}
        if self.habits.lower_cased:
            kept["userName"] = kept["userName"].lower()
        user = self._insert(kept)
        return as_json(201, {"id": user["id"]} if self.habits.brief else user)

    def _insert(self, body: dict[str, Any]) -> dict[str, Any]:
        self._next += 1
        user = {**body, "id": f"user-{self._next}"}
        self.store.users[user["id"]] = user
        return user

    def _user(self, request: Request, user: dict[str, Any]) -> Response:
        if request.method == "GET":
            return as_json(200, user)
        if request.method == "PUT":
            kept = {k: v for k, v in request.json.items() if k not in self.habits.dropped}
            user.clear()
            user.update(kept | {"id": request.path.rpartition("/")[2]})
            return as_json(200, user)
        if self.habits.patch == "refused":
            return error(501)
        for operation in request.json.get("Operations", []):
            if self.habits.patch == "kept":
                self._set(user, operation["path"], operation["value"])
        return as_json(200, user)

    def _set(self, user: dict[str, Any], path: str, value: Any) -> None:
        if path == f"{EXTENSION}:User:welcomeEmail":
            if not any(value["requestId"] == mail[1] for mail in self.store.mails):
                self.store.mails.append((user["userName"], value["requestId"], value["kind"]))
            mail = {"welcomeEmail": {**value, "sentAt": "2026-11-22T18:00:00Z"}}
            user[f"{EXTENSION}:User"] = mail
            return
        top, _, part = path.partition(".")
        if top in self.habits.dropped:
            return
        if part:
            user.setdefault(top, {})[part] = value
        else:
            user[top] = value

    def _group(self, request: Request, group: dict[str, Any]) -> Response:
        shown = dict(group)
        if not self.habits.shows_members:
            shown.pop("members")
        if request.method == "GET":
            return as_json(200, shown)
        for operation in request.json.get("Operations", []):
            if len(operation["value"]) > self.habits.max_members:
                return error(400, "one or more Group members are invalid")
            if self.habits.patch == "kept":
                present = {one["value"] for one in group["members"]}
                if self.habits.repeats_members:
                    present = set()
                group["members"] += [
                    one for one in operation["value"] if one["value"] not in present
                ]
        return as_json(200, shown)


def fold(text: str) -> str:
    """The form in which the server compares addresses."""
    return unicodedata.normalize("NFKC", text).casefold()


__all__ = ["EXTENSION", "TOKEN", "Act", "Habits", "ScimStub", "Store", "fold"]
