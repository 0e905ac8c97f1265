import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from aapimport.config.settings import Endpoint
from aapimport.services import deadline as module
from aapimport.services import trust, wire
from aapimport.services.replies import Answer, Lost, Reply
from aapimport.services.transport import Transport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\nX-Padding: " + b"0" * 40 + b"\r\n\r\n"
BODY = b'{"userName": "ana.perez@acme.com"      }'
Serve = Callable[[socket.socket, threading.Event], None]
CERTIFICATE = Path(__file__).with_name("loopback.pem")


def drip(data: bytes, head: bytes = b"") -> Serve:
    """Sends the head at once and the data a byte every 50 ms."""

    def serve(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head)
        for at in range(len(data)):
            if over.wait(0.05):
                return
            connection.sendall(data[at : at + 1])

    return serve


def silent(_connection: socket.socket, over: threading.Event) -> None:
    """Takes the request and never answers."""
    over.wait(20)


@contextmanager
def serving(serve: Serve, *, encrypted: bool = False) -> Iterator[str]:
    """A server for one connection, which it serves in its own way."""
    over = threading.Event()

    def accept() -> None:
        connection, _ = listener.accept()
        if encrypted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            connection = context.wrap_socket(connection, server_side=True)
        with connection:
            while not connection.recv(65536).endswith(b"}"):
                pass
            with suppress(OSError):  # the client has given up, as it should
                serve(connection, over)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        kind = "https" if encrypted else "http"
        yield f"{kind}://127.0.0.1:{listener.getsockname()[1]}/v2"
        over.set()
        thread.join(5)


def ask(url: str, *, stop_after: float | None = None) -> tuple[Reply, float]:
    """What becomes of one create, and the seconds it took; the run may begin to stop meanwhile."""
    with closing(Transport(Endpoint.bearer(url=url, token="secret-token"))) as transport:
        if stop_after is not None:
            threading.Timer(stop_after, setattr, (transport, "stopping", True)).start()
        began = time.monotonic()
        reply = transport.request("POST", "/Users", body={"userName": "ana.perez@acme.com"})
        return reply, time.monotonic() - began


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SLICE", 0.1)
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 0.6)
    monkeypatch.setattr(module, "STOPPING_GRACE", 0.3)

    def trusting(*_: object) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(CERTIFICATE)
        return context

    monkeypatch.setattr(trust, "trusting", trusting)


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize(
    "serve", [drip(HEAD + BODY), drip(BODY, HEAD), silent], ids=["headers", "body", "silent"]
)
def test_an_answer_that_never_gets_whole_is_lost_in_time(serve: Serve, encrypted):
    """Bytes that keep coming don't put off the end, in the headers as little as in the body."""
    with serving(serve, encrypted=encrypted) as url:
        reply, seconds = ask(url)
    assert isinstance(reply, Lost)
    assert "wasn't whole" in reply.reason
    assert 0.5 < seconds < 10  # the server holds on for 20


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize(
    "serve", [drip(HEAD + BODY), drip(BODY, HEAD), silent], ids=["headers", "body", "silent"]
)
def test_a_run_that_stops_waits_for_an_answer_only_a_little(
    serve: Serve, encrypted, monkeypatch: pytest.MonkeyPatch
):
    """^C is heard while an answer is under way, also by a thread that waits for its first byte."""
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 30.0)
    with serving(serve, encrypted=encrypted) as url:
        reply, seconds = ask(url, stop_after=0.2)
    assert isinstance(reply, Lost)
    assert "stopped" in reply.reason
    assert 0.4 < seconds < 10  # an answer may take 30


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_slow_answer_within_the_deadline_is_read_whole(
    encrypted, monkeypatch: pytest.MonkeyPatch
):
    """Slices are no time-out: what comes slowly and in pieces is put together."""
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 30.0)
    monkeypatch.setattr(module, "_SLICE", 0.02)
    with serving(drip(BODY, HEAD), encrypted=encrypted) as url:
        reply, _ = ask(url)
    assert isinstance(reply, Answer)
    assert reply.json() == {"userName": "ana.perez@acme.com"}


def test_silence_is_counted_over_the_slices(monkeypatch: pytest.MonkeyPatch):
    """A minute without a byte still means lost, however short the slices are."""
    monkeypatch.setattr(module, "ANSWER_DEADLINE", 30.0)
    times = {"timeout": {"connect": 5.0, "read": 0.35, "write": 5.0, "pool": 5.0}}
    monkeypatch.setattr(wire, "_EXTENSIONS", times)
    with serving(silent) as url:
        reply, seconds = ask(url)
    assert isinstance(reply, Lost)
    assert "no byte came for 0.35 s" in reply.reason
    assert 0.3 < seconds < 10  # the server holds on for 20


def test_a_body_that_is_not_taken_ends_as_well(monkeypatch: pytest.MonkeyPatch):
    """A service that stops reading a large request holds nobody for ever."""

    def stops_reading(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(65536)
        over.wait(20)

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with listener.accept()[0] as connection:
                stops_reading(connection, over)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
        with closing(Transport(Endpoint.bearer(url=url, token="secret-token"))) as transport:
            began = time.monotonic()
            reply = transport.request("POST", "/Bulk", body={"padding": "0" * 30_000_000})
            seconds = time.monotonic() - began
        over.set()
        thread.join(5)
    assert isinstance(reply, Lost)
    assert seconds < 15  # the server holds on for 20


def test_each_thread_has_a_deadline_of_its_own():
    """A request that has just begun doesn't give time to one that is nearly over."""
    deadline = module.Deadline(lambda: False)
    deadline.start()
    time.sleep(0.1)
    thread = threading.Thread(target=deadline.start)
    thread.start()
    thread.join()
    assert deadline.left() < 0.52
