"""HTTP to one service: the only module that imports httpx.

Every request ends in one of three values: an `Answer`, `NotSent` (no byte reached the service, so
it may be sent again) or `Lost` (the service may have acted: look before sending again). Which
httpx error is which is the classification of docs/protocol.md.
"""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx

from aapimport import __version__
from aapimport.config.addresses import is_loopback
from aapimport.config.logins import Login, secret_of
from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services.deadline import STOPPING_GRACE, Deadline, keep
from aapimport.services.pace import Pace
from aapimport.services.redaction import Redaction
from aapimport.services.scim import plain_words

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

MEDIA_TYPE = "application/scim+json"
READ_TIMEOUT = 60.0
"""Seconds without a byte before an answer counts as lost; slow servers need 1 s for each person."""
_CREATING = {"/Users", "/Bulk"}
_FIRST_ERROR = 300  # from this status on, a body is words about what went wrong
_GLANCE = 0.1  # seconds between two looks at whether the run is stopping
MAX_BODY = 64 * 1024 * 1024
"""Bytes of an answer that are read at the most."""
_KEEPALIVE_EXPIRY = 1.0  # servers close idle connections after 2 to 12 s (docs/scim.md, 10)
_TIMEOUT = httpx.Timeout(connect=10.0, read=READ_TIMEOUT, write=30.0, pool=READ_TIMEOUT)
_EXTENSIONS = {"timeout": _TIMEOUT.as_dict()}
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
        value = self._parsed()
        return value if isinstance(value, dict) else None

    def array(self) -> list[Any] | None:
        """The body as a JSON array, or None when it is anything else."""
        value = self._parsed()
        return value if isinstance(value, list) else None

    def _parsed(self) -> Any:
        try:
            value = json.loads(self.body)
            if b"\\ud" in self.body or b"\\uD" in self.body:
                # half a character can't be stored: `?` instead
                value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
        except (ValueError, RecursionError):
            return None
        return value


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never reached the service."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have reached the service; its answer didn't reach us.

    Attributes:
        reason: Why.
        lasting: Whether the same request would be answered in the same way: no use to repeat it.
    """

    reason: str
    lasting: bool = False


Reply = Answer | NotSent | Lost


class Transport:
    """Requests to one service, from any number of threads.

    Args:
        endpoint: The service's address and token.
        app: A WSGI application that answers in this process, instead of the network.
        pace: Requests a second at the most; no limit by default.
        secrets: Further tokens that are struck out of whatever the service says, as its own is.

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
        secrets: Sequence[str] = (),
    ) -> None:
        self.url = endpoint.url
        self.stopping = False
        self._pace = pace or Pace()
        self._deadline = Deadline(lambda: self.stopping)
        self._redaction = Redaction((secret_of(endpoint.login).value, *secrets))
        self._headers = [
            (b"Accept", f"{MEDIA_TYPE}, application/json;q=0.9".encode()),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", f"aapimport/{__version__}".encode()),
            _identity(endpoint.login),
        ]
        self._client, self._way = _open(endpoint.url, app)
        keep(self._deadline, self._way)

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
        try:
            request = self._prepare(method, url, body, headers)
        except (httpx.InvalidURL, ValueError) as error:
            return NotSent(self._reason(error))
        creates = method == "POST" and path in _CREATING
        if not self._wait_for_turn(self._pace.take_turn(weight), creates=creates):
            return NotSent("stopped before it was sent")
        self._deadline.start()
        try:
            response = self._way.handle_request(request)
            try:
                return self._read(response)
            finally:
                response.close()
        except _NOT_SENT as error:
            return NotSent(self._reason(error))
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Lost(self._reason(error))

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def pause(self, seconds: float) -> bool:
        """Wait, as long as the run isn't stopping.

        Returns:
            Whether it is stopping.
        """
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _GLANCE))
        return self.stopping

    def _prepare(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        """The request as httpx wants it, without the client's own rounds of merging."""
        all_headers = list(self._headers)
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            all_headers.append((b"Content-Type", MEDIA_TYPE.encode()))
        for name, value in (headers or {}).items():
            all_headers.append((name.encode(), value.encode()))
        return httpx.Request(
            method, _address(url), headers=all_headers, content=content, extensions=_EXTENSIONS
        )

    def _wait_for_turn(self, seconds: float, *, creates: bool) -> bool:
        """Wait for a turn; False when the run is stopping and the request isn't sent any more.

        What is under way is finished, but not beyond the time that an answer would have.
        """
        turn = time.monotonic() + seconds
        if seconds and self.pause(seconds):
            left = turn - time.monotonic()
            if left > STOPPING_GRACE:
                return False
            if not creates:
                time.sleep(max(0.0, left))
        return not (creates and self.stopping)

    def _read(self, response: httpx.Response) -> Reply:
        headers: dict[str, str] = {}
        for raw_name, raw_value in response.headers.raw:
            name, value = raw_name.decode("latin-1").lower(), self._redaction.strike(raw_value)
            told = value.decode("latin-1")
            headers[name] = f"{headers[name]}, {told}" if name in headers else told
        encoding = plain_words(headers.get("content-encoding", "").lower())
        if encoding not in {"", "identity"}:
            if not 200 <= response.status_code < 300:  # noqa: PLR2004 -- RFC 9110 section 15.3
                return Answer(response.status_code, headers, b"")  # the status says enough
            return Lost(
                f"the answer is compressed ({encoding}) although aapimport asks for none;"
                " a proxy in between may do that",
                lasting=True,
            )
        chunks = []
        size = 0
        for chunk in response.stream:  # type: ignore[union-attr] # of a transport that isn't async
            size += len(chunk)
            if size > MAX_BODY:
                return Lost(f"the answer is larger than {MAX_BODY // 2**20} MiB", lasting=True)
            if self._deadline.left() <= 0:
                return Lost(self._deadline.reason)
            chunks.append(chunk)
        body = self._redaction.strike(b"".join(chunks), words=response.status_code >= _FIRST_ERROR)
        return Answer(response.status_code, headers, body)

    def _reason(self, error: Exception) -> str:
        said = self._redaction.strike(str(error).encode(errors="replace"), words=True)
        text = plain_words(said.decode(errors="replace"))
        name = type(error).__name__
        return f"{name}: {text}" if text else name


def _identity(login: Login) -> tuple[bytes, bytes]:
    """The header that tells who we are."""
    secret = secret_of(login).value
    return b"Authorization", f"Bearer {secret}".encode()


def _open(
    url: str, app: "WSGIApplication | None"
) -> tuple[httpx.Client | httpx.BaseTransport, httpx.BaseTransport]:
    """What has to be closed in the end, and the way to a service.

    The client is asked for the way to the address once, because it alone knows the proxies of the
    environment; each request then takes that way without the client, which would spend a quarter of
    a request's time on cookies, redirects and merging that are never wanted here.

    Raises:
        SettingsError: The address can't be used.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SettingsError(
            f"{url!r} is not a web address: {error}",
            hint="it looks like https://portal.example.com/scim/v2",
        ) from error
    if app is not None:
        way = httpx.WSGITransport(app=app)
        return way, way
    client = httpx.Client(
        verify=_trust() if url.startswith("https:") else False,
        limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_EXPIRY),
        trust_env=not is_loopback(urlsplit(url).hostname or ""),
    )
    return client, client._transport_for_url(address)  # noqa: SLF001 -- the same in httpx2; there is no public way to a proxy's transport


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    """A web address as httpx reads it; creates and look-ups always go to the same."""
    return httpx.URL(url)


def _trust() -> "ssl.SSLContext":
    """The operating system's own list of trusted certificates."""
    import ssl

    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
