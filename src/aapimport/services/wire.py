"""HTTP on the wire: the only module that imports httpx.

Every request ends in one of three values: an `Answer`, `NotSent` (no byte reached the service, so
it may be sent again) or `Lost` (the service may have acted: look before sending again). Which
httpx error is which is the classification of docs/protocol.md.
"""

import logging
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import httpx

from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services.causes import ASKS_FOR_A_PASSWORD, Cause, Route, by_proxy, explain
from aapimport.services.credentials import Header
from aapimport.services.deadline import Deadline, keep
from aapimport.services.proxies import Proxy, proxy_for, unusable
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, Lost, NotSent, Reply
from aapimport.services.scim import plain_words

if TYPE_CHECKING:
    import ssl
    from wsgiref.types import WSGIApplication

READ_TIMEOUT = 60.0
"""Seconds without a byte before an answer counts as lost; slow servers need 1 s for each person."""
_FIRST_ERROR = 300  # from this status on, a body is words about what went wrong
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


class Wire:
    """The way to one address, for any number of threads.

    Args:
        endpoint: The address, with the certificates and the proxy that lead to it.
        deadline: How long an answer may take.
        redaction: What strikes secrets out of whatever comes back.
        app: A WSGI application that answers in this process, instead of the network.

    Raises:
        SettingsError: The address, a certificate or a proxy can't be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        deadline: Deadline,
        redaction: Redaction,
        app: "WSGIApplication | None" = None,
    ) -> None:
        self._deadline = deadline
        self._redaction = redaction
        address = _readable(endpoint.url)
        proxy = None if app else proxy_for(endpoint.url, endpoint.proxy)
        port = address.port or (443 if address.scheme == "https" else 80)
        to_proxy = _to_proxy(endpoint, proxy)
        self._route = Route(
            host=address.host,
            port=port,
            proxy=proxy,
            signer=_signer(address.host, port, proxy),
            proxy_fault=_proxy_fault(proxy, to_proxy),
        )
        self._way = httpx.WSGITransport(app=app) if app else _open(endpoint, proxy, to_proxy)
        keep(deadline, self._way)

    def send(self, method: str, url: str, headers: list[Header], content: bytes | None) -> Reply:
        """Send one request, once.

        It takes httpx's transport and not its client, which would spend a quarter of a request's
        time on cookies, redirects and merging that are never wanted here.

        Args:
            method: The HTTP method.
            url: The whole address.
            headers: All headers but those that the connection needs.
            content: The body; None for none.
        """
        try:
            request = httpx.Request(
                method, _address(url), headers=headers, content=content, extensions=_EXTENSIONS
            )
        except (httpx.InvalidURL, ValueError) as error:
            return NotSent(self._cause(error).reason)
        self._deadline.start()
        try:
            response = self._way.handle_request(request)
            try:
                return self._read(response)
            finally:
                response.close()
        except (httpx.HTTPError, httpx.StreamError) as error:
            cause = self._cause(error)
            if cause.cure or isinstance(error, _NOT_SENT):
                return NotSent(cause.reason, cause.cure, cause.astray)
            return Lost(cause.reason)

    def close(self) -> None:
        """Close every connection."""
        self._way.close()

    def _read(self, response: httpx.Response) -> Reply:
        if response.status_code == ASKS_FOR_A_PASSWORD:  # of a proxy that forwards: no service's
            cause = by_proxy(response.status_code, self._route)
            return NotSent(cause.reason, cause.cure)
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

    def _cause(self, error: Exception) -> Cause:
        said = self._redaction.strike(str(error).encode(errors="replace"), words=True)
        return explain(error, self._route, plain_words(said.decode(errors="replace")))


def _readable(url: str) -> httpx.URL:
    """An address as httpx reads it.

    Raises:
        SettingsError: It can't be read.
    """
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise SettingsError(
            f"{url!r} is not a web address: {error}",
            hint="it looks like https://portal.example.com/scim/v2",
        ) from error


def _signer(host: str, port: int, proxy: Proxy | None) -> Callable[[bool], str]:
    """Tells who signed the certificate that is shown there, or by the proxy; looks once."""

    def look(of_proxy: bool) -> str:
        from aapimport.services.trust import signer_of

        if of_proxy and proxy:
            return signer_of(proxy.host, proxy.port, None)
        return signer_of(host, port, proxy)

    return cache(look)


def _to_proxy(endpoint: Endpoint, proxy: Proxy | None) -> "ssl.SSLContext | None":
    """How the connection to a proxy is encrypted; None where it isn't.

    Raises:
        SettingsError: A certificate can't be used.
    """
    if proxy is None or not proxy.url.startswith("https:"):
        return None
    from aapimport.services.trust import trusting

    return trusting(None, endpoint.ca_file)


def _proxy_fault(
    proxy: Proxy | None, to_proxy: "ssl.SSLContext | None"
) -> "Callable[[], ssl.SSLError | None]":
    """Tells why no encrypted connection to a proxy can be made."""

    def look() -> "ssl.SSLError | None":
        if proxy is None or to_proxy is None:
            return None
        from aapimport.services.trust import fault_of

        return fault_of(proxy, to_proxy)

    return look


def _open(
    endpoint: Endpoint, proxy: Proxy | None, to_proxy: "ssl.SSLContext | None"
) -> httpx.BaseTransport:
    """Connections to a service, through a proxy where one is in between.

    Raises:
        SettingsError: A certificate or the proxy can't be used.
    """
    verify: ssl.SSLContext | bool = False
    if endpoint.url.startswith("https:"):
        from aapimport.services.trust import trusting

        verify = trusting(endpoint.certificate, endpoint.ca_file)
    try:
        return httpx.HTTPTransport(
            verify=verify,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=_KEEPALIVE_EXPIRY),
            proxy=httpx.Proxy(proxy.url, ssl_context=to_proxy) if proxy else None,
        )
    except (httpx.InvalidURL, ValueError, ImportError) as error:
        if proxy is None:
            raise
        raise unusable(proxy.source, "names a proxy whose address can't be used") from error


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    """A web address as httpx reads it; creates and look-ups always go to the same."""
    return httpx.URL(url)
