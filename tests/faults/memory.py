"""Services in this process on a virtual clock: hours of faults pass within seconds."""

import heapq
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aapimport.services.replies import Answer, Lost, Reply
from faults.proxy import FAULTS, Weather
from support.stub import fold
from support.wire import Request, Response, as_json, error

_COMPARISON = re.compile(r'([\w.]+) eq ("(?:[^"\\]|\\.)*")')
VIRTUAL_FAULTS = {name: fault for name, fault in FAULTS.items() if name != "delayed"}
_NOT_FOUND = error(404, "there is no such thing")


class Clock:
    """A clock that is advanced by whoever waits, and does then what is due.

    It stands in for the module `time`.
    """

    def __init__(self) -> None:
        self._now = 1_800_000_000.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._lock = threading.RLock()

    def time(self) -> float:
        """Seconds since 1970."""
        return self._now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        with self._lock:
            self._now += seconds
            while self._due and self._due[0][0] <= self._now:
                heapq.heappop(self._due)[2]()

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something after so many seconds."""
        with self._lock:
            heapq.heappush(self._due, (self._now + seconds, len(self._due), act))

    def let_everything_happen(self) -> None:
        """Let time pass until nothing is due any more."""
        self.sleep(1e9)


class Memory:
    """A service without uniqueness: whoever is created twice is there twice."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.creates: Counter[str] = Counter()
        self._by: dict[str, dict[str, list[str]]] = {"userName": {}, "externalId": {}}
        self._lock = threading.Lock()

    @property
    def people(self) -> Counter[str]:
        """How many accounts each address has."""
        return Counter({name: len(ids) for name, ids in self._by["userName"].items()})

    def act(self, request: Request) -> Response:
        """Do what a request asks for."""
        with self._lock:
            return self._act(request)

    def _act(self, request: Request) -> Response:
        kind, _, identifier = request.path.strip("/").partition("/")
        match request.method, kind, identifier:
            case "GET", "ServiceProviderConfig", "":
                return as_json(200, {"filter": {"supported": True}})
            case "POST", "Users", "":
                return as_json(201, self._create(request.json))
            case "POST", "Users", ".search":
                return self._found(str(request.json["filter"]))
            case "GET", "Users", "":
                return self._listed(request.query)
            case "GET", "Users", _ if identifier in self.users:
                return as_json(200, self.users[identifier])
            case "PATCH", "Users", _ if identifier in self.users:
                for operation in request.json["Operations"]:
                    self.users[identifier][operation["path"]] = operation["value"]
                return as_json(200, self.users[identifier])
        return _NOT_FOUND

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        user = {**body, "id": f"user-{len(self.users) + 1}"}
        self.users[user["id"]] = user
        for attribute, index in self._by.items():
            if attribute in body:
                index.setdefault(fold(body[attribute]), []).append(user["id"])
        return user

    def _found(self, criterion: str) -> Response:
        ids: dict[str, None] = {}
        for attribute, quoted in _COMPARISON.findall(criterion):
            name = "userName" if attribute == "emails.value" else attribute
            if name not in self._by:
                return error(400, f"nobody is found by {attribute}")
            ids |= dict.fromkeys(self._by[name].get(fold(json.loads(quoted)), ()))
        return as_json(200, {"totalResults": len(ids), "Resources": [self.users[i] for i in ids]})

    def _listed(self, query: Mapping[str, str]) -> Response:
        if "filter" in query:
            return self._found(query["filter"])
        start = int(query.get("startIndex", "1")) - 1
        size = int(query.get("count", "200"))
        page = [self.users[f"user-{n + 1}"] for n in range(start, len(self.users))[:size]]
        return as_json(200, {"totalResults": len(self.users), "Resources": page})


class VirtualTransport:
    """The way to a service in memory, on which everything happens that the proxy does.

    Args:
        url: What it calls itself.
        service: The service.
        clock: The clock.
        weather: What happens to requests.
        late: The shortest and the longest time, in seconds, after which a late commit comes.
    """

    def __init__(
        self,
        url: str,
        service: Memory,
        clock: Clock,
        weather: Weather,
        late: tuple[float, float],
    ) -> None:
        self.url = url
        self._service = service
        self._clock = clock
        self._weather = weather
        self._late = late
        self._random = random.Random(0)
        self.login = "the token"
        self.stopping = False
        self.pause = clock.sleep

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: int = 1,  # noqa: ARG002 -- the same
    ) -> Reply:
        """Send one request, once."""
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(method, path, dict(query or {}), dict(headers or {}), content)
        name, fault = self._weather.draw()
        if (method, path) == ("POST", "/Users") and name != "429":
            self._service.creates[str(request.json["userName"])] += 1
        if name == "late commit":
            seconds = self._random.uniform(*self._late)
            self._clock.later(seconds, lambda: self._service.act(request))
            return Lost("the connection was reset")

        def act() -> Response:
            return self._service.act(request)

        response = fault(act) if fault else act()
        if response.reset or response.cut is not None:
            return Lost("the connection was reset")
        lower = {key.lower(): value for key, value in response.headers.items()}
        return Answer(response.status, lower, response.body)

    def close(self) -> None:
        """There is nothing to close."""
