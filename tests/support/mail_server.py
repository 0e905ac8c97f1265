"""A mail server on loopback that does what a test says, and counts what it has taken."""

import base64
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Self

from support.encrypted import showing

GREETING = "220 mail.test ready"
STEPS = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "text", "dot", "RSET")
"""When a server may say something else than yes, or hang up: `text` is after the text, before the
dot; `dot` is after the dot, before the reply."""
CUT = ""
"""What a script has in a reply's place where the connection ends instead."""
Script = Callable[[str, str], str | None]
"""From a step and its line, the reply; None for yes."""


class MailServer:
    """Answers each connection in a thread.

    Args:
        script: What it says instead of yes.
        extensions: What it offers.
        takes_first: Whether what is cut at the dot was taken before.
        encrypted: Whether it offers STARTTLS.
        implicit: Whether it is encrypted from the first byte.

    Attributes:
        taken: Each e-mail that it took: sender, recipient, text.
        commands: Every line that it was sent.
        connections: How many there were.
    """

    def __init__(
        self,
        script: Script | None = None,
        extensions: tuple[str, ...] = ("SIZE 1000000", "AUTH PLAIN LOGIN XOAUTH2", "DSN"),
        *,
        takes_first: bool = True,
        encrypted: bool = False,
        implicit: bool = False,
    ) -> None:
        self.script: Script = script or (lambda _step, _line: None)
        self.extensions = extensions
        self.takes_first = takes_first
        self.encrypted = encrypted
        self.implicit = implicit
        self.taken: list[tuple[str, str, bytes]] = []
        self.commands: list[str] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # closing alone leaves the one that waits
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        if self.implicit:
            try:
                sock = showing().wrap_socket(sock, server_side=True)
            except OSError:
                sock.close()
                return
        connection = _Connection(self, sock)
        with closing(connection), suppress(OSError, _Cut):
            connection.serve()

    def take(self, sender: str, recipient: str, text: bytes) -> None:
        """Take an e-mail."""
        with self._lock:
            self.taken.append((sender, recipient, text))

    @property
    def recipients(self) -> list[str]:
        """To whom it took e-mails."""
        return [recipient for _, recipient, _ in self.taken]


class _Cut(Exception):  # noqa: N818 -- it is no error
    pass


class _Connection:
    def __init__(self, server: MailServer, sock: socket.socket) -> None:
        self._server = server
        self._sock = sock
        self._file = sock.makefile("rb")
        self._sender = self._recipient = ""

    def close(self) -> None:
        self._file.close()
        self._sock.close()

    def serve(self) -> None:
        self._answer("connect", "", GREETING)
        while line := self._file.readline():
            words = line.decode("utf-8", "replace").rstrip("\r\n")
            self._server.commands.append(words)
            verb = words.split(" ")[0].upper()
            match verb:
                case "EHLO":
                    offers = [*self._server.extensions]
                    offers += ["STARTTLS"] if self._server.encrypted else []
                    lines = ["mail.test", *offers]
                    said = "\r\n".join(f"250-{one}" for one in lines[:-1])
                    self._answer("EHLO", words, f"{said}\r\n250 {lines[-1]}".lstrip())
                case "STARTTLS":
                    self._answer("STARTTLS", words, "220 go on")
                    self._file.close()
                    self._sock = showing().wrap_socket(self._sock, server_side=True)
                    self._file = self._sock.makefile("rb")
                case "AUTH":
                    self._answer("AUTH", words, "235 2.7.0 welcome")
                case "DATA":
                    self._data()
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    if verb == "MAIL":
                        self._sender = words
                    if verb == "RCPT":
                        self._recipient = words.partition("<")[2].partition(">")[0]
                    self._answer(verb, words, "250 2.0.0 yes")

    def _data(self) -> None:
        said = self._server.script("DATA", self._recipient)
        if said == CUT:
            raise _Cut
        self._say(said or "354 go on")
        if said:
            return
        text = b""
        if self._server.script("text", self._recipient) == CUT:
            self._file.readline()
            raise _Cut
        while (line := self._file.readline()) != b".\r\n":
            if not line:
                raise _Cut
            text += line
        said = self._server.script("dot", self._recipient)
        takes = said is None or (said == CUT and self._server.takes_first)
        if takes or (said or "").startswith(("2", "odd")):
            self._server.take(self._sender, self._recipient, text)
        if said == CUT:
            raise _Cut
        self._say(said or "250 2.0.0 queued as 7K3")

    def _answer(self, step: str, line: str, yes: str) -> None:
        said = self._server.script(step, line)
        if said == CUT:
            raise _Cut
        self._say(yes if said is None else said)

    def _say(self, words: str) -> None:
        self._sock.sendall(f"{words}\r\n".encode())


def token_of(line: str) -> str:
    """The token in an `AUTH XOAUTH2` line."""
    proof = base64.b64decode(line.split(" ")[2]).decode()
    return proof.partition("auth=Bearer ")[2].partition("\x01")[0]


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
