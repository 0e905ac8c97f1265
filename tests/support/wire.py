"""An HTTP server on loopback that can misbehave on the wire: delay, cut, reset, drip."""

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it reached the server.

    Attributes:
        method: The HTTP method.
        path: The path below the base address, without its query.
        query: The query's parameters, the last value of each.
        headers: The headers, names in lower case.
        body: The body as it came.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty for anything else."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What goes back over the wire.

    Attributes:
        status: The HTTP status.
        body: The body.
        headers: Headers beside Content-Length.
        cut: Bytes of the body that are sent before the connection ends; None for all of them.
        reset: Whether the connection is reset instead of answered.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False


def as_json(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    """A SCIM answer."""
    return Response(
        status=status,
        body=json.dumps(value).encode(),
        headers={"Content-Type": "application/scim+json", **(headers or {})},
    )


Application = Callable[[Request], Response]


class Server:
    """Serves an application on a free port of this machine while it is open.

    Args:
        application: Answers each request, in a thread for each connection.
        base: The path below which it answers.
        context: How connections are encrypted; None for not at all.
    """

    def __init__(
        self,
        application: Application,
        base: str = "/scim/v2",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._server = _Server((HOST, 0), _Handler)
        self._server.application = application
        self._server.base = base
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if context else ''}://{HOST}:{self.port}{base}"
        if context:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    application: Application
    base: str

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would look the host's name up

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def answer(self) -> None:
        """Hand one request to the application and send what it says."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)  # the first cursor is an empty one
        response = self.server.application(
            Request(
                method=self.command,
                path=parts.path.removeprefix(self.server.base),
                query={name: values[-1] for name, values in query.items()},
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
            )
        )
        if response.reset:
            self._reset()
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[: response.cut])
        if response.cut is not None:
            self.wfile.flush()
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 -- http.server's

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Act = Callable[[], Response]
Fault = Callable[[Act], Response]
"""Gets what the server would do, does it or not, and says what goes over the wire."""


def instead(response: Response) -> Fault:
    """Answer this without acting."""
    return lambda _act: response


def after_acting(response: Response) -> Fault:
    """Act, then answer this."""

    def fault(act: Act) -> Response:
        act()
        return response

    return fault


RESET = Response(reset=True)


def error(status: int, detail: object = None, headers: Mapping[str, str] | None = None) -> Response:
    """An error in SCIM's envelope."""
    body: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
    }
    if detail is not None:
        body["detail"] = detail
    return as_json(status, body, headers)


def page(status: int, html: str = "<html><body>Bad gateway</body></html>") -> Response:
    """An error as proxies send it."""
    return Response(status=status, body=html.encode(), headers={"Content-Type": "text/html"})


def cut_off(act: Act) -> Response:
    """Act, then end the connection in the middle of the answer."""
    done = act()
    return Response(status=done.status, body=done.body, cut=len(done.body) // 2)


def half_json(act: Act) -> Response:
    """Act, then answer with half of the JSON as if it were all."""
    done = act()
    return Response(status=done.status, body=done.body[: len(done.body) // 2])


def delayed(seconds: float) -> Fault:
    """Act at once and answer late."""

    def fault(act: Act) -> Response:
        done = act()
        time.sleep(seconds)
        return done

    return fault


def late_commit(seconds: float) -> Fault:
    """Reset the connection now and act later."""

    def fault(act: Act) -> Response:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        timer.start()
        return RESET

    return fault
