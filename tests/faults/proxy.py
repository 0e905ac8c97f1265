"""A proxy on loopback that does to requests what networks and servers do to them.

What happens to a request is drawn from a seed; everything that reached the service is in a ledger.
"""

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from support.wire import (
    HOST,
    RESET,
    Act,
    Fault,
    Request,
    Response,
    Server,
    after_acting,
    cut_off,
    delayed,
    error,
    half_json,
    instead,
    late_commit,
    page,
)

_HOP = {"connection", "content-length", "transfer-encoding", "host", "keep-alive", "date", "server"}
_NO_WAIT = {"Retry-After": "0"}
_WAIT = 30.0


def corrupted(act: Act) -> Response:
    """Act, then answer with a part of the body overwritten: what no check sum saw."""
    done = act()
    third = max(1, len(done.body) // 3)
    body = done.body[:third] + b"\0" * third + done.body[2 * third :]
    return Response(status=done.status, headers=done.headers, body=body)


FAULTS: Mapping[str, Fault] = {
    "429": instead(error(429, "slow down", _NO_WAIT)),
    "503 before acting": instead(error(503, "busy", _NO_WAIT)),
    "500 before acting": instead(page(500)),
    "502 after acting": after_acting(page(502)),
    "reset before acting": instead(RESET),
    "reset after acting": after_acting(RESET),
    "delayed": delayed(0.02),
    "cut off": cut_off,
    "half the json": half_json,
    "corrupted": corrupted,
}
"""Everything but a commit that comes after the client was told that the connection is lost."""
LATE = 0.1
"""Seconds by which a late commit comes after the connection broke."""
LATE_COMMITS: Mapping[str, Fault] = {"late commit": late_commit(LATE)}


class Weather:
    """Draws what happens to each request.

    Args:
        seed: What is drawn depends on this and on the order in which requests come.
        probability: The part of the requests that something happens to, 0 to 1.
        faults: What can happen.
    """

    def __init__(self, seed: int, probability: float, faults: Mapping[str, Fault] = FAULTS) -> None:
        self._random = random.Random(seed)
        self._names = list(faults)
        self._faults = faults
        self._lock = threading.Lock()
        self.probability = probability

    def draw(self) -> tuple[str, Fault | None]:
        """What happens to the next request: its name and the fault; None for nothing."""
        with self._lock:
            strikes = self._random.random() < self.probability
            name = self._random.choice(self._names)
        return (name, self._faults[name]) if strikes else ("", None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that reached the service, and what it answered."""

    request: Request
    status: int
    body: bytes


@dataclass(kw_only=True)
class Ledger:
    """What reached the service, in the order of its answers.

    Attributes:
        entries: The requests.
        faults: How often which fault happened.
    """

    entries: list[Entry] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def writes(self) -> int:
        """How many requests were neither a GET nor a search."""
        requests = [entry.request for entry in list(self.entries)]
        return sum(one.method != "GET" and not one.path.endswith("/.search") for one in requests)

    def creates(self) -> Iterator[tuple[str, int]]:
        """The address and the status of every create that the service has answered."""
        for entry in self.entries:
            if entry.request.method != "POST":
                continue
            if entry.request.path.endswith("/Users"):
                yield str(entry.request.json.get("userName")), entry.status
            elif entry.request.path.endswith("/Bulk"):
                yield from _bulk_creates(entry)


def _bulk_creates(entry: Entry) -> Iterator[tuple[str, int]]:
    answers = json.loads(entry.body).get("Operations", []) if entry.status < 300 else []
    statuses = {one["bulkId"]: int(one["status"]) for one in answers}
    unsaid = 0 if answers else entry.status  # behind the error that ended it nothing was done
    for one in entry.request.json.get("Operations", []):
        yield str(one["data"]["userName"]), statuses.get(one["bulkId"], unsaid)


class FaultyProxy:
    """A way to one host, open on loopback until it is closed.

    Args:
        address: The host's address, or a service's; its path is the same on this side.
        weather: What happens to requests.
        service: What is behind it, for people.
    """

    def __init__(self, address: str, weather: Weather, service: str = "") -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or HOST, parts.port or 80
        self._weather = weather
        self.service = service
        self.ledger = Ledger()
        self._lock = threading.Lock()
        self._open = self._accepted = 0
        self._server = Server(self._answer, base="")
        self.url = f"{self._server.url}{parts.path}"
        self._count_connections()

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def settle(self) -> None:
        """Wait until everything that a dead client has sent is done.

        Connections are taken in the order in which they were made: once one made now is open, all
        earlier ones are, and each is open until its last request is answered.

        Raises:
            TimeoutError: A client still lives.
        """
        parts = urlsplit(self._server.url)
        before = self._accepted
        marker = http.client.HTTPConnection(parts.hostname or HOST, parts.port, timeout=_WAIT)
        marker.connect()
        end = time.monotonic() + _WAIT
        while self._accepted == before and time.monotonic() < end:
            time.sleep(0.001)
        marker.close()
        while self._open:
            if time.monotonic() > end:
                raise TimeoutError(f"{self._open} connections are still open")
            time.sleep(0.001)

    def _count_connections(self) -> None:
        """Know how many connections there are, from the moment when they are taken."""
        server = self._server._server
        take, end = server.process_request, server.shutdown_request

        def counted_take(request: Any, client: Any) -> None:
            with self._lock:
                self._accepted += 1
                self._open += 1
            take(request, client)

        def counted_end(request: Any) -> None:
            end(request)
            with self._lock:
                self._open -= 1

        setattr(server, "process_request", counted_take)  # noqa: B010 -- methods are replaced
        setattr(server, "shutdown_request", counted_end)  # noqa: B010 -- the same

    def _answer(self, request: Request) -> Response:
        if len(request.body) < int(request.headers.get("content-length") or 0):
            return RESET  # its client died while it sent this: no server acts on half a request
        name, fault = self._weather.draw()
        with self._lock:
            self.ledger.faults[name or "none"] += 1

        def act() -> Response:
            return self._forward(request)

        return fault(act) if fault else act()

    def _forward(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_WAIT)
        query = f"?{urlencode(request.query)}" if request.query else ""
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        try:
            connection.request(
                request.method, f"{request.path}{query}", request.body or None, headers
            )
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return page(502)  # the service has been closed since
        finally:
            connection.close()
        with self._lock:
            self.ledger.entries.append(Entry(request, answer.status, body))
        return Response(
            status=answer.status,
            body=body,
            headers={k: v for k, v in answer.getheaders() if k.lower() not in _HOP},
        )
