"""The practice portal and Jhana over HTTP, for this machine only."""

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from socketserver import TCPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from aapimport.errors import SettingsError
from aapimport.sandbox.models import MAX_BODY_BYTES
from aapimport.sandbox.practice import Practice

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
_IDLE_SECONDS = 30
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Address:
    """Where a served practice portal is.

    Attributes:
        portal_url: The portal's SCIM base address.
        jhana_url: Jhana's SCIM base address.
        token: The bearer token of both.
    """

    portal_url: str
    jhana_url: str
    token: str


class PracticeServer:
    """A practice portal that can be reached over HTTP while this is open.

    Args:
        state_dir: The state folder.
        port: The port; 0 for a free one.

    Raises:
        SettingsError: The port is taken, or the practice portal can't be opened.
    """

    def __init__(self, state_dir: Path, port: int = 0) -> None:
        self._practice = Practice(state_dir)
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            self._practice.close()
            raise SettingsError(
                f"port {port} can't be used: {error.strerror}",
                hint="choose another with --port, or leave it out for a free one",
            ) from error
        self._server.application = _both(self._practice)
        base = f"http://{HOST}:{self._server.server_address[1]}"
        self.address = Address(f"{base}/portal/v2", f"{base}/jhana/v2", self._practice.token)

    def serve(self) -> None:
        """Answer requests until `stop` is called."""
        self._server.serve_forever(poll_interval=_POLL_SECONDS)

    def stop(self) -> None:
        """Make `serve` return; may be called from a signal handler or another thread."""
        threading.Thread(target=self._server.shutdown, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.server_close()
        self._practice.close()


def _both(practice: Practice) -> "WSGIApplication":
    """Both services in one application, each below its name."""
    services = {"portal": practice.portal, "jhana": practice.jhana}

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        _, _, path = environ["PATH_INFO"].partition("/")
        name, _, rest = path.partition("/")
        if name not in services or not (rest == "v2" or rest.startswith("v2/")):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"the services are at /portal/v2 and /jhana/v2\n"]
        environ["SCRIPT_NAME"] = f"/{name}"
        environ["PATH_INFO"] = f"/{rest}"
        return services[name](environ, start_response)

    return application


class _Server(ThreadingHTTPServer):
    """A thread for each connection; a name is never looked up."""

    daemon_threads = True
    request_queue_size = 128
    application: "WSGIApplication"

    def server_bind(self) -> None:
        # HTTPServer asks for the host's full name here, which can take seconds without a network
        TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; one write an answer, so that no packet waits for another."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def answer(self) -> None:
        """Answer one request with the WSGI application."""
        if self.headers.get("Transfer-Encoding"):
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
            return
        length = self.headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if int(length) > MAX_BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))
        answered: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
            answered[:] = [status, headers]

        content = b"".join(self.server.application(self._environ(body), start_response))
        status, headers = answered
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        if int(code) not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 -- http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's
        """Say nothing: addresses in a log would name people."""

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self.send_error(status)

    def _environ(self, body: bytes) -> "WSGIEnvironment":
        path, _, query = self.path.partition("?")
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "iso-8859-1"),  # as PEP 3333 wants it
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.protocol_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.replace("-", "_").upper()
            if key not in environ:  # the content's type and length have keys of their own
                environ.setdefault(f"HTTP_{key}", value)
        return environ
