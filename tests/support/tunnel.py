"""A proxy on loopback that connects wherever it is asked to: in truth, to one server of a test."""

import base64
import socket
import ssl
import threading
from contextlib import suppress
from typing import Self

from support.wire import HOST


class Tunnel:
    """An HTTP proxy for CONNECT (RFC 9110 section 9.3.6).

    Args:
        port: The port on this machine to which every connection is made.
        context: How connections to it are encrypted; None for not at all.

    Attributes:
        asked: Where it was asked to connect to, each time.
        status: What it answers instead, when that isn't 200.
        log_in: The user and the password that it asks for, with a colon between them.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self._to = port
        self._context = context
        self.asked: list[str] = []
        self.status = 200
        self.log_in = ""
        self._listener = socket.create_server((HOST, 0))
        self.url = f"http{'s' if context else ''}://{HOST}:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            self._connect(connection)

    def _connect(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                read = connection.recv(1)
                if not read:
                    return
                head += read
            first, *headers = head.decode().split("\r\n")
            self.asked.append(first.split()[1])
            proof = base64.b64encode(self.log_in.encode()).decode()
            status = self.status
            if self.log_in and f"Proxy-Authorization: Basic {proof}" not in headers:
                status = 407
            connection.sendall(f"HTTP/1.1 {status} As It Is\r\n\r\n".encode())
            if status != 200:
                return
            with socket.create_connection((HOST, self._to)) as other:
                back = threading.Thread(target=_pump, args=(other, connection), daemon=True)
                back.start()
                _pump(connection, other)
                back.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
