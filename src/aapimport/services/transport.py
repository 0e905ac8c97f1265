"""HTTP to one service: the only module that imports httpx.

Every request ends in one of three values: an `Answer`, `NotSent` (no byte reached the service, so
it may be sent again) or `Lost` (the service may have acted: look before sending again). Which
httpx error is which is the classification of docs/protocol.md.
"""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx

from aapimport import __version__
from aapimport.config import Endpoint, is_loopback
from aapimport.errors import SettingsError
from aapimport.services.pace import Pace

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

MEDIA_TYPE = "application/scim+json"
READ_TIMEOUT = 60.0
"""Seconds without a byte before an answer counts as lost; slow servers need 1 s for each person."""
_CREATING = {"/Users", "/Bulk"}
_GLANCE = 0.1  # seconds between two looks at whether the run is stopping
MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer that are read at the most."""
_KEEPALIVE_EXPIRY = 1.0  # servers close idle connections after 2 to 12 s (SERVERS.md, 10)
_TIMEOUT = httpx.Timeout(connect=10.0, read=READ_TIMEOUT, write=30.0, pool=READ_TIMEOUT)
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)

for _name in (httpx.__name__, "httpcore", "httpcore2"):  # their INFO lines hold people's addresses
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered.

    Attributes:
        status: The HTTP status.
        headers: The headers, names in lower case.
        body: The body as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 -- RFC 9110 section 15.3

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None when it is anything else."""
        try:
            value = json.loads(self.body)
            if b"\\ud" in self.body.lower():  # half a character can't be stored: `?` instead
                value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never reached the service."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have reached the service; its answer didn't reach us."""

    reason: str


Reply = Answer | NotSent | Lost


class Transport:
    """Requests to one service, from any number of threads.

    Args:
        endpoint: The service's address and token.
        app: A WSGI application that answers in this process, instead of the network.
        pace: Requests a second at the most; no limit by default.

    Attributes:
        stopping: Whether the run ends early: nobody who still waits for a turn is created then.
            A plain flag, because a signal's handler sets it.

    Raises:
        SettingsError: The address can't be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        app: "WSGIApplication | None" = None,
        pace: Pace | None = None,
    ) -> None:
        self.url = endpoint.url
        self.stopping = False
        self._pace = pace or Pace()
        try:
            httpx.URL(endpoint.url)
        except (httpx.InvalidURL, ValueError) as error:
            raise SettingsError(
                f"{endpoint.url!r} is not a web address: {error}",
                hint="it looks like https://portal.example.com/scim/v2",
            ) from error
        local = app is not None or is_loopback(urlsplit(endpoint.url).hostname or "")
        self._client = httpx.Client(
            headers={
                "Authorization": f"Bearer {endpoint.token}",
                "Accept": f"{MEDIA_TYPE}, application/json;q=0.9",
                "Accept-Encoding": "identity",
                "User-Agent": f"aapimport/{__version__}",
            },
            transport=httpx.WSGITransport(app=app) if app is not None else None,
            verify=_trust() if endpoint.url.startswith("https:") else False,
            timeout=_TIMEOUT,
            limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_EXPIRY),
            follow_redirects=False,
            trust_env=not local,
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: int = 1,
    ) -> Reply:
        """Send one request, once.

        Args:
            method: The HTTP method.
            path: The path below the service's address, with its leading slash.
            query: The query's parameters.
            body: The JSON object to send.
            headers: Further headers.
            weight: How many requests it counts for: bulk is no way round a limit.
        """
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        content = None
        all_headers = dict(headers or {})
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            all_headers["Content-Type"] = MEDIA_TYPE
        turn = self._pace.take_turn(weight)
        if method == "POST" and path in _CREATING:
            self.pause(turn)
            if self.stopping:
                return NotSent("stopped before it was sent")
        else:  # it finishes what is under way
            time.sleep(turn)
        try:
            with self._client.stream(method, url, content=content, headers=all_headers) as response:
                return _read(response)
        except _NOT_SENT as error:
            return NotSent(_reason(error))
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Lost(_reason(error))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def pause(self, seconds: float) -> None:
        """Wait, as long as the run isn't stopping."""
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _GLANCE))


def _read(response: httpx.Response) -> Reply:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        return Lost(f"the answer is compressed ({encoding}) although that was not asked for")
    chunks = []
    size = 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > MAX_BODY:
            return Lost(f"the answer is larger than {MAX_BODY // 2**20} MiB")
        chunks.append(chunk)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, b"".join(chunks))


def _reason(error: Exception) -> str:
    text = str(error).strip()
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _trust() -> "ssl.SSLContext":
    """The operating system's own list of trusted certificates."""
    import ssl

    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
