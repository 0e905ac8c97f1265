import gzip
import logging
import socket
import threading

import pytest

from aapimport.config import Endpoint
from aapimport.errors import SettingsError
from aapimport.services import transport as module
from aapimport.services.pace import Pace
from aapimport.services.transport import Answer, Lost, NotSent, Reply, Transport, httpx
from faults.stub import ScimStub
from faults.wire import RESET, Request, Response, Server, cut_off, instead


def ask(response: Response, method: str = "GET") -> Reply:
    """What the transport makes of one answer."""
    with Server(lambda _request: response) as server:
        return _ask(server.url, method)


def _ask(url: str, method: str = "GET") -> Reply:
    transport = Transport(Endpoint(url=url, token="secret"))
    try:
        return transport.request(method, "/Users")
    finally:
        transport.close()


def test_a_request_carries_what_it_should():
    """Token, media type and identity encoding go out."""
    seen: list[Request] = []

    def application(request: Request) -> Response:
        seen.append(request)
        return Response(body=b"{}")

    with Server(application) as server:
        transport = Transport(Endpoint(url=server.url, token="secret"))
        transport.request("POST", "/Users", body={"name": "Zoë"}, query={"count": "1"})
        transport.close()
    (first,) = seen
    assert first.headers["authorization"] == "Bearer secret"
    assert first.headers["content-type"] == "application/scim+json"
    assert first.headers["accept-encoding"] == "identity"
    assert first.headers["user-agent"].startswith("aapimport/")
    assert first.body == '{"name":"Zoë"}'.encode()
    assert first.query == {"count": "1"}


def test_nobody_listening_means_not_sent():
    """A refused connection is the one failure after which a create may be repeated at once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert isinstance(_ask(f"http://127.0.0.1:{port}/v2", "POST"), NotSent)


@pytest.mark.parametrize("response", [RESET, Response(body=b'{"id": "1"}', cut=4)])
def test_a_broken_answer_is_lost(response: Response):
    """A reset, or an answer that ends early, says nothing about what was done."""
    assert isinstance(ask(response, "POST"), Lost)


def test_a_silent_service_is_lost(monkeypatch: pytest.MonkeyPatch):
    """A service that takes the request and never answers leaves the outcome unknown."""
    monkeypatch.setattr(module, "_TIMEOUT", httpx.Timeout(0.2))
    wait = threading.Event()

    def application(_request: Request) -> Response:
        wait.wait(5)
        return Response()

    with Server(application) as server:
        reply = _ask(server.url, "POST")
        wait.set()
    assert isinstance(reply, Lost)


def test_a_redirect_is_answered_not_followed():
    """Nothing, the token least of all, goes where a service points."""
    seen: list[Request] = []

    def elsewhere(request: Request) -> Response:
        seen.append(request)
        return Response(body=b"{}")

    with Server(elsewhere) as other:
        reply = ask(Response(status=307, headers={"Location": other.url + "/Users"}), "POST")
    assert isinstance(reply, Answer)
    assert reply.status == 307
    assert seen == []


def test_an_answer_that_was_compressed_unasked_is_refused():
    """Decompression is where the library has an open flaw; it is never used."""
    bomb = gzip.compress(b"0" * 10_000_000)
    reply = ask(Response(body=bomb, headers={"Content-Encoding": "gzip"}))
    assert isinstance(reply, Lost)
    assert "compressed (gzip)" in reply.reason


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    """More than the cap is never held in memory."""
    monkeypatch.setattr(module, "MAX_BODY", 2 * 2**20)
    reply = ask(Response(body=b"0" * (2 * 2**20 + 1)))
    assert reply == Lost("the answer is larger than 2 MiB")
    assert isinstance(ask(Response(body=b"0" * (2 * 2**20))), Answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b"<html>",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": 1',
        b"1" * 5000,
    ],
)
def test_a_body_that_is_no_object_is_none(body: bytes):
    """Whatever a service sends, reading it never fails."""
    assert Answer(200, {}, body).json() is None


def test_half_a_character_in_json_is_replaced():
    """A lone surrogate can neither be stored nor printed, so it never gets in."""
    value = Answer(200, {}, b'{"id": "a\\ud800b", "emoji": "\\ud83d\\ude00"}').json()
    assert value == {"id": "a?b", "emoji": "😀"}


def test_requests_keep_their_pace(portal_stub: ScimStub, monkeypatch: pytest.MonkeyPatch):
    """With a limit of requests a second, each request waits for its turn."""
    waits: list[float] = []
    monkeypatch.setattr(module.time, "monotonic", lambda: 100.0)
    monkeypatch.setattr(module.time, "sleep", waits.append)
    transport = Transport(Endpoint(url="http://127.0.0.1:9/v2", token="t"), pace=Pace(2))
    for _ in range(3):
        transport.request("GET", "/Users")
    transport.close()
    assert waits == [0, 0.5, 1.0]


def test_nothing_is_logged_about_people(caplog: pytest.LogCaptureFixture, portal_stub: ScimStub):
    """Addresses and tokens reach no log, at any level that an application may choose."""
    caplog.set_level(logging.INFO)
    transport = Transport(Endpoint(url=portal_stub.url, token="secret-token"))
    transport.request("GET", "/Users", query={"filter": 'userName eq "ana@acme.com"'})
    transport.close()
    assert "ana" not in caplog.text
    assert "secret-token" not in caplog.text


def test_a_token_is_not_in_what_is_printed():
    """The token is left out of the settings' own text."""
    assert "secret" not in repr(Endpoint(url="https://x.example", token="secret"))


def test_an_address_that_httpx_refuses_is_a_setting():
    """An address that only the HTTP library finds wrong still ends as a settings error."""
    with pytest.raises(SettingsError, match="web address"):
        Transport(Endpoint(url="https://exam\u200bple.com", token="t"))


def test_cutting_is_what_the_fault_does(portal_stub: ScimStub):
    """The fault server acts before it cuts an answer, and doesn't act where it says so."""
    portal_stub.on("POST", "/Users", cut_off)
    portal_stub.on("POST", "/Users", instead(RESET))
    transport = Transport(Endpoint(url=portal_stub.url, token=portal_stub.habits.token))
    replies = [
        transport.request("POST", "/Users", body={"userName": name}) for name in ("a", "b", "c")
    ]
    transport.close()
    assert [type(reply) for reply in replies] == [Lost, Lost, Answer]
    assert portal_stub.people == {"a": 1, "c": 1}
