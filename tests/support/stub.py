"""A small SCIM service whose habits and answers a test chooses.

It keeps people, teams and passes in memory and a ledger of every request. `Habits` are what a
server always does (docs/scim.md); `on` replaces single answers.
"""

import copy
import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from support import answers
from support.habits import EXTENSION, TOKEN, Habits, Store, fold, is_forbidden
from support.wire import Act, Fault, Request, Response, Server, as_json, error

_DISCOVERY = {"ServiceProviderConfig", "ResourceTypes", "Schemas"}
_NOT_THERE = error(404, "there is no such thing")


@dataclass(kw_only=True)
class _Rule:
    method: str
    path: str
    fault: Fault
    times: int
    skip: int
    body: str


class ScimStub:
    """One service, open on loopback until it is closed.

    Args:
        habits: What it always does.
        context: How connections to it are encrypted; None for not at all.

    Attributes:
        opens: Whether a request's Authorization opens it; its habits' token does by default.
    """

    def __init__(self, habits: Habits | None = None, context: ssl.SSLContext | None = None) -> None:
        self.habits = habits or Habits()
        self.opens: Callable[[str | None], bool] = lambda said: (
            said == f"Bearer {self.habits.token}"
        )
        self.store = Store()
        self.seen: list[Request] = []
        self._rules: list[_Rule] = []
        self._lock = threading.RLock()
        self._next = 0
        self._past: list[tuple[float, Store]] = []
        self._server = Server(self._answer, context=context)
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
            user = self._insert(body)
            self._take_seats(user)
            return str(user["id"])

    def add_team(self, name: str, places: int, pass_id: str = "", used: int = 0) -> str:
        """Put a team there; returns its id."""
        number = len(self.store.groups) + 1
        identifier = str(number) if self.habits.int_ids else f"team-{number}"
        extension = {"pass": {"value": pass_id}, "places": places, "placesUsed": used}
        self.store.groups[identifier] = {
            "id": number if self.habits.int_ids else identifier,
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
        return [one for one in self.seen if not answers.is_read(one)]

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
        is_open = self.opens(request.headers.get("authorization"))
        with self._lock:
            self.seen.append(request)
            fault = self._fault(request)

        def act() -> Response:
            with self._lock:
                return self._act(request) if is_open else error(401, "the token is wrong")

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

    def _act(self, request: Request) -> Response:
        if answers.is_read(request):
            return self._read(request, self._visible())
        if self.habits.accepted is None:
            return self._carry_out(request)
        later = threading.Timer(self.habits.accepted, self._carry_out, (request,))
        later.daemon = True
        later.start()
        return Response(status=202)

    def _visible(self) -> Store:
        """What reads see: all that is there, or what was there before the latest writes."""
        now = time.monotonic()
        self._past = [one for one in self._past if one[0] + self.habits.lag > now]
        return self._past[0][1] if self._past else self.store

    def _carry_out(self, request: Request) -> Response:
        with self._lock:
            if self.habits.lag:
                self._past.append((time.monotonic(), copy.deepcopy(self.store)))
            done = self._write(request)
            for user in self.store.users.values() if self.habits.counts else ():
                if isinstance(user, dict):
                    self._take_seats(user)
            return done

    def _take_seats(self, user: dict[str, Any]) -> None:
        """Fill the seats of the passes that somebody is on, for good."""
        for held in user.get("entitlements") or ():
            if isinstance(held, dict):
                seats = self.store.seats.setdefault(str(held.get("value")), set())
                seats.add(str(user.get("id")))

    def _read(self, request: Request, store: Store) -> Response:
        kind, _, identifier = request.path.strip("/").partition("/")
        habits, query = self.habits, request.query
        match kind, identifier:
            case _, "" if kind in _DISCOVERY:
                return self._discovery(kind)
            case "Users", "":
                return self._people(query)
            case "Users", ".search" if habits.search_by_post:
                return self._people({name: str(it) for name, it in request.json.items()})
            case "Passes", "" if habits.passes:
                return self._page(answers.passes(habits, store), query)
            case "Groups", "":
                whole = not {"attributes", "excludedAttributes"} & set(query)
                groups = [answers.group(habits, g, members=whole) for g in store.groups.values()]
                return self._page(groups, query)
            case "Users", _ if identifier in store.users:
                return as_json(200, answers.with_version(habits, store.users[identifier]))
            case "Groups", _ if identifier in store.groups:
                return as_json(200, answers.group(habits, store.groups[identifier]))
        return _NOT_THERE

    def _people(self, query: Any) -> Response:
        asked = len(self.seen)
        found = answers.people(self.habits, self._visible(), query, asked, self._matches)
        return found if isinstance(found, Response) else self._page(found, query)

    # what a test may bend by itself

    def _discovery(self, kind: str) -> Response:
        return answers.discovery(self.habits, kind)

    def _matches(self, user: dict[str, Any], criterion: str) -> bool:
        return answers.matches(self.habits, user, criterion)

    def _page(self, found: list[dict[str, Any]], query: Any) -> Response:
        return answers.page(self.habits, found, query)

    def _write(self, request: Request) -> Response:
        kind, _, identifier = request.path.strip("/").partition("/")
        match request.method, kind, identifier:
            case "POST", "Users", "":
                return self._create(request.json)
            case "POST", "Bulk", "" if self.habits.bulk:
                return self._bulk(request)
        held = {"Users": self.store.users, "Groups": self.store.groups}.get(kind, {})
        if identifier not in held:
            return _NOT_THERE
        resource = held[identifier]
        expected = request.headers.get("if-match")
        if self.habits.etags and expected not in {None, answers.version(resource)}:
            return error(412, "somebody else was quicker")
        if kind == "Groups":
            return self._change_group(request, resource)
        if is_forbidden(self.habits, resource):
            return error(403, "nobody may change this person")
        return self._change_user(request, resource)

    def _create(self, body: dict[str, Any]) -> Response:
        if is_forbidden(self.habits, body):
            return error(403, "nobody may create this person")
        if self.habits.unique and self.people[fold(body["userName"])]:
            status, kind = self.habits.conflict
            answer: dict[str, Any] = {"status": str(status), "detail": "taken"}
            return as_json(status, answer | ({"scimType": kind} if kind else {}))
        kept = {name: it for name, it in body.items() if name not in self.habits.dropped}
        if self.habits.lower_cased:
            kept["userName"] = kept["userName"].lower()
        user = self._insert(kept)
        shown = {"id": user["id"]} if self.habits.brief else user
        return as_json(201, answers.with_version(self.habits, shown))

    def _insert(self, body: dict[str, Any]) -> dict[str, Any]:
        self._next += 1
        key = str(self._next) if self.habits.int_ids else f"user-{self._next}"
        user = {**body, "id": self._next if self.habits.int_ids else key}
        self.store.users[key] = user
        return user

    def _bulk(self, request: Request) -> Response:
        operations = request.json.get("Operations", [])
        if len(operations) > self.habits.bulk:
            return error(413, f"at most {self.habits.bulk} operations")
        limit = request.json.get("failOnErrors") or len(operations)
        done: list[dict[str, Any]] = []
        failed = 0
        for one in operations:
            body = json.dumps(one.get("data", {})).encode()
            answer = self._write(Request(one["method"], one["path"], {}, {}, body))
            said = json.loads(answer.body or b"{}")
            about = {"status": str(answer.status), "response": said}
            if "id" in said:
                about["location"] = f"{self.url}/Users/{said['id']}"
            done.append({"method": one["method"], "bulkId": one.get("bulkId"), **about})
            failed += answer.status >= 400
            if failed >= (1 if self.habits.bulk_stops else limit) and failed:
                break
        if self.habits.bulk_turned:
            keys = [{"bulkId": one["bulkId"]} for one in done]
            done = [one | key for one, key in zip(done[1:] + done[:1], keys, strict=True)]
        return as_json(200, {"Operations": done})

    def _change_user(self, request: Request, user: dict[str, Any]) -> Response:
        if request.method == "DELETE":
            if self.habits.deactivates_on_delete:
                user["active"] = False
            else:
                del self.store.users[str(user["id"])]
            return Response(status=204)
        if request.method == "PUT":
            kept = {k: v for k, v in request.json.items() if k not in self.habits.dropped}
            identifier = user["id"]
            user.clear()
            user.update(kept | {"id": identifier})
        elif self.habits.patch == "refused":
            return error(501)
        elif self.habits.patch == "kept":
            for one in request.json.get("Operations", []):
                paths = {one["path"]: one.get("value")} if one.get("path") else one["value"]
                for path, value in paths.items():
                    self._change(user, one.get("op", "replace"), path, value)
        return as_json(200, answers.with_version(self.habits, user))

    def _change(self, user: dict[str, Any], operation: str, path: str, value: Any) -> None:
        if path != f"{EXTENSION}:User:welcomeEmail":
            answers.change(self.habits, user, operation, path, value)
            return
        if not any(value["requestId"] == mail[1] for mail in self.store.mails):
            self.store.mails.append((user["userName"], value["requestId"], value["kind"]))
        mail = {"welcomeEmail": {**value, "sentAt": "2026-11-22T18:00:00Z"}}
        user[f"{EXTENSION}:User"] = mail

    def _change_group(self, request: Request, group: dict[str, Any]) -> Response:
        if self.habits.loses_members and "members" in request.query.get("excludedAttributes", ""):
            group["members"] = []
        for operation in request.json.get("Operations", []):
            if operation["op"] == "remove":
                self._remove_member(group, operation["path"])
                continue
            if len(operation["value"]) > self.habits.max_members:
                return error(400, "one or more Group members are invalid")
            if self.habits.patch == "kept":
                if operation["op"] == "replace" or self.habits.replaces_members:
                    group["members"] = []
                there = {str(one["value"]) for one in group["members"]}
                if self.habits.repeats_members:
                    there = set()
                group["members"] += [
                    {**one, "value": self._own_id(one["value"])}
                    for one in operation["value"]
                    if str(one["value"]) not in there
                ]
        return as_json(200, answers.group(self.habits, group))

    def _remove_member(self, group: dict[str, Any], path: str) -> None:
        """Take one out; all of them where the filter isn't understood."""
        selected = re.fullmatch(r'members\[value eq "(.*)"\]', path)
        assert selected
        mine = selected[1]
        if self.habits.patch == "kept":
            clears = self.habits.clears_on_remove
            group["members"] = [
                one for one in group["members"] if str(one["value"]) != mine and not clears
            ]

    def _own_id(self, value: Any) -> Any:
        """An id as the server itself writes it."""
        return int(value) if self.habits.int_ids and str(value).isdigit() else value


__all__ = ["EXTENSION", "TOKEN", "Act", "Habits", "ScimStub", "Store", "fold"]
