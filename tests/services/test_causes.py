import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from aapimport.config.settings import Endpoint
from aapimport.errors import ServiceError
from aapimport.plan.make import Services
from aapimport.services import wire as module
from aapimport.services.replies import Lost, NotSent, Reply
from aapimport.services.transport import Transport
from support.wire import RESET, Response, Server, instead

Serve = Callable[[socket.socket], object]


def ask(url: str) -> Reply:
    """What becomes of a create."""
    endpoint = Endpoint.bearer(url, token="secret-token-1")
    with closing(Transport(endpoint)) as transport:
        return transport.request("POST", "/Users", body={"userName": "ana@acme.com"})


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """A server for one connection, which it serves in its own way; yields its place."""

    def accept() -> None:
        with listener.accept()[0] as connection:
            connection.recv(65536)
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


def reset(connection: socket.socket) -> None:
    """Ends the connection at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_nothing_answers():
    """A refused connection, with the place that refuses it."""
    words = "nothing answers at 127.0.0.1:9 (connection refused)"
    assert ask("http://127.0.0.1:9/v2") == NotSent(words)


@pytest.mark.parametrize(
    ("code", "words", "astray"),
    [
        (socket.EAI_NONAME, "the name of portal.example.com:443 isn't known to the network", True),
        (socket.EAI_AGAIN, "the name of portal.example.com:443 can't be looked up now", False),
    ],
)
def test_a_name_that_is_not_found(monkeypatch, code: int, words: str, astray: bool):
    """A misspelt host is told from a network that is down."""

    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no such thing")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert ask("https://portal.example.com/v2") == NotSent(words, astray=astray)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError("timed out"), "nothing answers at 127.0.0.1:9 (no connection in time)"),
        (OSError(101, "Network is unreachable"), "there is no way to 127.0.0.1:9 from this"),
        (OSError(113, "No route to host"), "there is no way to 127.0.0.1:9 from this network"),
        (ConnectionResetError(104, "reset"), "127.0.0.1:9 broke off the connection"),
        (
            PermissionError(13, "Permission denied"),
            "no connection to 127.0.0.1:9 (permission denied)",
        ),
    ],
    ids=range(5),
)
def test_a_connection_that_is_not_made(monkeypatch, error: OSError, words: str):
    """Each in its own words; none reached the service."""

    def connect(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", connect)
    reply = ask("http://127.0.0.1:9/v2")
    assert isinstance(reply, NotSent)
    assert reply.reason.startswith((words, "the connection was"))  # which comes first is a race


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        (lambda _connection: None, "the connection was closed before an answer came"),
        (reset, "the connection was reset"),
        (
            lambda connection: connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"
            ),
            "the answer ended before it was whole",
        ),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "the answer is no"),
    ],
    ids=["closed", "reset", "cut", "no HTTP"],
)
def test_an_answer_that_does_not_come_whole(serve: Serve, words: str):
    """What became of it isn't known, and why is said."""
    with serving(serve) as place:
        reply = ask(f"http://{place}/v2")
    assert isinstance(reply, Lost)
    assert reply.reason.startswith((words, "the connection was"))  # which comes first is a race


def test_a_service_that_says_nothing(monkeypatch):
    """How long nothing came is said."""
    times = {"timeout": {"connect": 5.0, "read": 0.2, "write": 5.0, "pool": 5.0}}
    monkeypatch.setattr(module, "_EXTENSIONS", times)
    over = threading.Event()
    with serving(lambda _connection: over.wait(5)) as place:
        assert ask(f"http://{place}/v2") == Lost("no byte came for 0.2 s")
        over.set()


def test_the_words_reach_the_screen(both: Services, portal_stub):
    """In the error that ends a command, without the name of any Python class."""
    portal_stub.on("GET", ".*", instead(RESET), times=99)
    with pytest.raises(ServiceError) as caught:
        _ = both.portal.capabilities
    words = "All Access Pass did not answer: the connection was closed before an answer came"
    assert caught.value.message == words


def test_a_handshake_that_breaks_off():
    """A server that hangs up while the connection is being encrypted."""
    with serving(lambda _connection: None) as place:
        endpoint = Endpoint.bearer(f"https://{place}/v2", token="secret-token-1")
        with closing(Transport(endpoint)) as transport:
            reply = transport.request("GET", "/Users")
    assert isinstance(reply, NotSent)
    assert reply.reason == f"no encrypted connection to {place} (unexpected eof while reading)"


@pytest.mark.parametrize("status", [407])
def test_a_forwarding_proxys_407_is_no_answer_of_the_service(status: int):
    """A proxy that nothing names, in between: nobody was rejected by the portal."""
    with Server(lambda _request: Response(status=status)) as server:
        reply = ask(server.url)
    assert isinstance(reply, NotSent)
    assert reply.reason == "a proxy in between asks for a user and a password (HTTP 407)"
    assert reply.cure
