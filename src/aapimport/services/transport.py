"""Requests to one service: in their turn, and with what tells it who we are."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aapimport import __version__
from aapimport.config.logins import ClientCredentials, called
from aapimport.config.settings import Endpoint
from aapimport.services.credentials import Header, Identity, constant, secrets_of
from aapimport.services.deadline import STOPPING_GRACE, Deadline
from aapimport.services.pace import Pace
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.tokens import TOKEN_DEADLINE, Tokens, check_token_url
from aapimport.services.wire import Wire

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

MEDIA_TYPE = "application/scim+json"
_CREATING = {"/Users", "/Bulk"}
_GLANCE = 0.1  # seconds between two looks at whether the run is stopping
_UNAUTHORIZED = 401
_STOPPED = NotSent("stopped before it was sent")


class Transport:
    """Requests to one service, from any number of threads.

    Args:
        endpoint: The service's address, and what opens it.
        app: A WSGI application that answers in this process, instead of the network.
        pace: Requests a second at the most; no limit by default.
        redaction: What strikes secrets out of whatever the service says, where several services
            share it: none of them can say what opens another.

    Attributes:
        named: What gives the address, in words.
        login: What the service refuses when it refuses us, in words.
        stopping: Whether the run ends early: nobody who still waits for a turn is created then.
            A plain flag, because a signal's handler sets it.

    Raises:
        SettingsError: The address, the log-in, a certificate or a proxy can't be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        app: "WSGIApplication | None" = None,
        pace: Pace | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self.url = endpoint.url
        self.named = endpoint.named or "the address"
        self.login = called(endpoint.login)
        self.stopping = False
        self.pace = pace or Pace()
        redaction = redaction or Redaction(secrets_of(endpoint.login))
        self._headers = [
            (b"Accept", f"{MEDIA_TYPE}, application/json;q=0.9".encode()),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", f"aapimport/{__version__}".encode()),
        ]
        self._wires: list[Wire] = []
        self._identity = self._identified(endpoint, redaction)
        self._wire = self._opened(Wire(endpoint, Deadline(self._is_stopping), redaction, app))

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
        """Send one request, once; a second time only where a token wasn't good any more.

        A service that answers 401 has not acted (RFC 9110 section 15.5.2).

        Args:
            method: The HTTP method.
            path: The path below the service's address, with its leading slash.
            query: The query's parameters.
            body: The JSON object to send.
            headers: Further headers.
            weight: How many requests it counts for: bulk is no way round a limit.
        """
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        all_headers, content = self._parts(body, headers)
        creates = method == "POST" and path in _CREATING
        renewed = False
        while True:
            if not self._wait_for_turn(self.pace.take_turn(weight), creates=creates):
                return _STOPPED
            proof = self._identity.header()
            if isinstance(proof, NotSent):
                return proof
            if creates and self.stopping:  # while a token was fetched
                return _STOPPED
            reply = self._wire.send(method, url, [*all_headers, proof], content)
            refused = isinstance(reply, Answer) and reply.status == _UNAUTHORIZED
            if renewed or not refused or not self._identity.renews(proof):
                return reply
            renewed = True

    def close(self) -> None:
        """Close every connection."""
        for wire in self._wires:
            wire.close()

    def pause(self, seconds: float) -> bool:
        """Wait, as long as the run isn't stopping.

        Returns:
            Whether it is stopping.
        """
        until = time.monotonic() + seconds
        while not self.stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _GLANCE))
        return self.stopping

    def _parts(
        self, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None
    ) -> tuple[list[Header], bytes | None]:
        """The headers and the content of a request, without what tells who we are."""
        all_headers = list(self._headers)
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            all_headers.append((b"Content-Type", MEDIA_TYPE.encode()))
        for name, value in (headers or {}).items():
            all_headers.append((name.encode(), value.encode()))
        return all_headers, content

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

    def _identified(self, endpoint: Endpoint, redaction: Redaction) -> Identity:
        """What tells the service who we are.

        Raises:
            SettingsError: It can't be used.
        """
        login = endpoint.login
        if not isinstance(login, ClientCredentials):
            return constant(login)
        check_token_url(login.token_url)
        wire = self._opened(
            Wire(
                replace(endpoint, url=login.token_url),
                Deadline(self._is_stopping, TOKEN_DEADLINE),
                Redaction(secrets_of(login)),  # a token that comes back is to be read, not struck
            )
        )
        return Tokens(
            login,
            lambda headers, form: wire.send("POST", login.token_url, headers, form),
            redaction,
        )

    def _opened(self, wire: Wire) -> Wire:
        self._wires.append(wire)
        return wire

    def _is_stopping(self) -> bool:
        return self.stopping
