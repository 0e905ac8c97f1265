"""Why nothing could be sent, or no answer came, in a sentence.

The errors are those of the HTTP library, known by their names, and of the operating system below
it. What no repeat would mend comes with its cure.
"""

import errno
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aapimport.services.patience import passing
from aapimport.services.proxies import SETTING, Proxy

_UNKNOWN_SIGNER = {18, 19, 20, 21}
_EXPIRED, _NOT_YET_VALID = 10, 9
_ANOTHER_NAME = {62, 64}
"""Codes of X509_verify_cert (OpenSSL, x509_vfy.h)."""
_ABOUT_OURS = re.compile(r"ALERT_(CERTIFICATE_|BAD_CERT|UNSUPPORTED_CERT|UNKNOWN_CA|NO_CERT)")
"""Alerts with which a server refuses a client's certificate, or its absence (RFC 8446, 6.2)."""
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}
_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}
_HUNG_UP = {
    "without sending a response": "the connection was closed before an answer came",
    "without sending complete": "the answer ended before it was whole",
}
_PLAINLY = {
    "ReadError": "the connection broke",
    "WriteError": "the connection broke",
    "CloseError": "the connection broke",
    "WriteTimeout": "the request was not taken in time",
    "RemoteProtocolError": "the answer is no HTTP",
    "LocalProtocolError": "the request can't be written",
    "InvalidURL": "the address can't be written",
}
ASKS_FOR_A_PASSWORD = 407
"""The status with which a proxy asks who we are (RFC 9110 section 15.5.8)."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a request didn't get through.

    Attributes:
        reason: It, in a sentence.
        cure: What has to be set or mended first; empty where it may pass by itself.
        astray: Whether the address looks wrong: nobody knows its host, or no TLS is spoken there.
    """

    reason: str
    cure: str = ""
    astray: bool = False


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where requests go.

    Attributes:
        host: The service's host.
        port: Its port.
        proxy: What is in between; None for nothing.
        signer: Tells who signed the certificate that is shown: the service's, or, with True, that
            of the proxy; or nothing.
        proxy_fault: Tells why no encrypted connection to the proxy itself can be made; None where
            one can, or where none is wanted.
    """

    host: str
    port: int
    proxy: Proxy | None = None
    signer: Callable[[bool], str] = lambda _of_proxy: ""
    proxy_fault: Callable[[], ssl.SSLError | None] = lambda: None

    @property
    def place(self) -> str:
        """The service's host and port."""
        return _place(self.host, self.port)

    @property
    def next_place(self) -> str:
        """What connections are made to: the service, or the proxy before it."""
        if self.proxy is None:
            return self.place
        return f"the proxy {_place(self.proxy.host, self.proxy.port)} ({self.proxy.source})"


def explain(error: Exception, route: Route, said: str) -> Cause:
    """Put an error of the HTTP library into words.

    Args:
        error: The error.
        route: Where the request went.
        said: The error's own words, without secrets and fit for a screen.
    """
    kind, below = type(error).__name__, _below(error)
    if isinstance(below, ssl.SSLError):
        fault = route.proxy_fault()
        return _encryption(fault or below, _peer(route, of_proxy=fault is not None))
    if kind == "ProxyError":
        return by_proxy(int(found[0]) if (found := re.match(r"\d{3}", said)) else 0, route, said)
    if kind.startswith("Connect"):
        unknown = isinstance(below, socket.gaierror) and below.errno != socket.EAI_AGAIN
        return Cause(reason=_connecting(below, route, said), astray=unknown and route.proxy is None)
    if kind == "PoolTimeout":
        return Cause(reason="no connection was free in time")
    if isinstance(below, ConnectionError):
        return Cause(reason="the connection was reset")
    if hung_up := next((words for part, words in _HUNG_UP.items() if part in said), ""):
        return Cause(reason=hung_up)
    return Cause(reason=": ".join(filter(None, (_PLAINLY.get(kind), said))) or kind)


def by_proxy(status: int, route: Route, said: str = "") -> Cause:
    """What a proxy's own answer means.

    Args:
        status: Its HTTP status; 0 where it is none.
        route: Where the request went.
        said: The proxy's words.
    """
    proxy = route.next_place if route.proxy else "a proxy in between"
    source = route.proxy.source if route.proxy else SETTING
    if status == ASKS_FOR_A_PASSWORD:
        known = route.proxy is not None and route.proxy.log_in is not None
        asks = "refuses the user or the password" if known else "asks for a user and a password"
        return Cause(
            reason=f"{proxy} {asks} (HTTP {status})",
            cure=f"write them into {source}: http://user:password@proxy.example.com:8080",
        )
    if status >= 400 and not passing(status):  # noqa: PLR2004 -- RFC 9110 section 15.5
        return Cause(
            reason=f"{proxy} refuses to connect us to {route.place} (HTTP {status})",
            cure=f"ask your IT to let this computer reach {route.place} through the proxy",
        )
    what = f"HTTP {status}" if status else said or "no HTTP"
    return Cause(reason=f"{proxy} doesn't get through to {route.place} ({what})")


def _connecting(below: OSError | None, route: Route, said: str) -> str:
    place = route.next_place
    if isinstance(below, socket.gaierror):
        if below.errno == socket.EAI_AGAIN:
            return f"the name of {place} can't be looked up now"
        return f"the name of {place} isn't known to the network"
    if isinstance(below, ConnectionRefusedError):
        return f"nothing answers at {place} (connection refused)"
    if isinstance(below, TimeoutError):
        return f"nothing answers at {place} (no connection in time)"
    if isinstance(below, ConnectionError):
        return f"{place} broke off the connection"
    if isinstance(below, OSError) and below.errno in _NO_WAY:
        return f"there is no way to {place} from this network"
    why = (below.strerror or "").lower() if below else said
    return f"no connection to {place}" + (f" ({why})" if why else "")


@dataclass(frozen=True, kw_only=True)
class _Peer:
    """Who an encrypted connection was to be made with.

    Attributes:
        place: Its host and port, in words.
        host: Its host.
        named_by: What names it, to be checked.
        tell: Whom to tell of its faults.
        signer: Tells who signed its certificate, or nothing.
        is_proxy: Whether it is the proxy before the service.
    """

    place: str
    host: str
    named_by: str
    tell: str
    signer: Callable[[], str]
    is_proxy: bool


def _peer(route: Route, *, of_proxy: bool) -> _Peer:
    proxy = route.proxy if of_proxy else None
    return _Peer(
        place=route.next_place if proxy else route.place,
        host=proxy.host if proxy else route.host,
        named_by=proxy.source if proxy else "the address",
        tell="tell whoever runs the proxy" if proxy else "tell the service's owner",
        signer=lambda: route.signer(of_proxy),
        is_proxy=of_proxy,
    )


def _encryption(error: ssl.SSLError, peer: _Peer) -> Cause:
    place = peer.place
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, peer)
    why = error.reason or ""
    if _ABOUT_OURS.search(why):
        words = why.rpartition("ALERT_")[2].replace("_", " ").lower()
        return Cause(
            reason=f"{place} doesn't accept our client certificate ({words})",
            cure="set the client certificate and the key that the service's owner gave you",
        )
    if "ALERT_HANDSHAKE_FAILURE" in why:  # also what TLS 1.2 has for a missing client certificate
        return Cause(
            reason=f"{place} refuses an encrypted connection (handshake failure)",
            cure="if the service asks for a client certificate, set it; else ask its owner what"
            " encryption it wants",
        )
    if why in _NO_TLS:
        instead = f"; if it is right, write http:// before the proxy in {peer.named_by}"
        return Cause(
            reason=f"what answers at {place} doesn't speak TLS, which https needs",
            cure=f"check {peer.named_by} and its port" + (instead if peer.is_proxy else ""),
            astray=not peer.is_proxy,
        )
    what = why.replace("_", " ").lower() or "broken off"
    return Cause(reason=f"no encrypted connection to {place} ({what})")


def _certificate(error: ssl.SSLCertVerificationError, peer: _Peer) -> Cause:
    code, place = error.verify_code, peer.place
    if code in {_EXPIRED, _NOT_YET_VALID}:
        how = "has expired" if code == _EXPIRED else "isn't valid yet"
        return Cause(
            reason=f"the certificate of {place} {how}",
            cure=f"check this computer's date; if it is right, {peer.tell}",
        )
    if code in _ANOTHER_NAME:
        return Cause(
            reason=f"the certificate of {place} is not for {peer.host}",
            cure=f"check {peer.named_by}; if it is right, {peer.tell}",
        )
    if code in _UNKNOWN_SIGNER:
        signer = peer.signer()
        by = f"was signed by {signer!r}, which" if signer else "was signed by somebody whom"
        return Cause(
            reason=f"the certificate of {place} {by} this computer doesn't trust",
            cure="if that is your company's, ask your IT for its certificate and name the file in"
            f" ca_file; if not, {peer.tell}",
        )
    why = error.verify_message or "it can't be verified"
    return Cause(
        reason=f"the certificate of {place} isn't trusted: {why}",
        cure=f"name your company's certificate in ca_file, or {peer.tell}",
    )


def _below(error: BaseException) -> OSError | None:
    """The operating system's error, or that of the encryption, under one of the HTTP library."""
    below: BaseException | None = error
    while below is not None and not isinstance(below, OSError):
        below = below.__cause__ or below.__context__  # httpcore raises its errors "from None"
    return below


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
