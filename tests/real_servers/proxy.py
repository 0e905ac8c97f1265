"""Stands between aapimport and a real server: counts what is written, and can lose answers."""

import json
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlencode, urlsplit

import httpx

from support.wire import Request, Response, Server

_READS = {"GET", "HEAD"}
_HOP = {"connection", "content-length", "transfer-encoding", "host", "keep-alive"}


class Proxy:
    """A way to one SCIM service.

    Args:
        address: The service.
        lose_every: The answer to the first of so many writes never arrives, though the service
            has acted; 0 for none.
    """

    def __init__(self, address: str, *, lose_every: int = 0) -> None:
        self._address = address
        self._lose_every = lose_every
        self._lock = threading.Lock()
        self._client = httpx.Client(timeout=300)
        self._server = Server(self._forward, base=urlsplit(address).path)
        self.url = self._server.url
        self.requests = 0
        self.writes = 0
        self.lost = 0
        self.creates = 0
        self.on_create: Callable[[int], None] = lambda _count: None

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()
        self._client.close()

    def _forward(self, request: Request) -> Response:
        query = f"?{urlencode(request.query)}" if request.query else ""
        answer = self._client.request(
            request.method,
            f"{self._address}{request.path}{query}",
            content=request.body or None,
            headers={name: value for name, value in request.headers.items() if name not in _HOP},
        )
        lost = False
        with self._lock:
            self.requests += 1
        if request.method not in _READS and not request.path.endswith("/.search"):
            with self._lock:
                self.writes += 1
                self.creates += _creates(request)
                lost = bool(self._lose_every) and self.writes % self._lose_every == 1
                self.lost += lost
                self.on_create(self.creates)
        return Response(
            status=answer.status_code,
            body=answer.content,
            headers={k: v for k, v in answer.headers.items() if k.lower() not in _HOP},
            reset=lost,
        )


def _creates(request: Request) -> int:
    """How many accounts a request asks for."""
    if request.path == "/Users":
        return 1
    operations = json.loads(request.body).get("Operations", []) if request.path == "/Bulk" else []
    return sum(one.get("method") == "POST" for one in operations)
