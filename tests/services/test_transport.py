import gzip
import logging
import re
import socket
import threading
from urllib.parse import quote

import pytest

from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services import wire as module
from aapimport.services.pace import Pace
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, Lost, NotSent, Reply
from aapimport.services.transport import Transport
from aapimport.services.wire import httpx
from support.stub import TOKEN, ScimStub
from support.wire import RESET, Request, Response, Server, as_json, cut_off, instead


def ask(response: Response, method: str = "GET") -> Reply:
    """What the transport makes of one answer."""
    with Server(lambda _request: response) as server:
        return _ask(server.url, method)


def _ask(url: str, method: str = "GET") -> Reply:
    transport = Transport(Endpoint.bearer(url, token="secret"))
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
        transport = Transport(Endpoint.bearer(server.url, token="secret"))
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
    monkeypatch.setattr(module, "_EXTENSIONS", {"timeout": httpx.Timeout(0.2).as_dict()})
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
    assert reply.lasting
    assert "compressed (gzip) although aapimport asks for none; a proxy" in reply.reason


@pytest.mark.parametrize("status", [401, 403, 409, 429, 503])
def test_an_error_that_was_compressed_unasked_keeps_its_status(status: int):
    """A proxy that packs its error pages doesn't hide what they are; their words are not read."""
    packed = {"Content-Encoding": "gzip", "Retry-After": "7"}
    reply = ask(Response(status=status, body=gzip.compress(b"no"), headers=packed))
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (status, b"", "7")


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    """More than the cap is never held in memory."""
    monkeypatch.setattr(module, "MAX_BODY", 2 * 2**20)
    reply = ask(Response(body=b"0" * (2 * 2**20 + 1)))
    assert reply == Lost("the answer is larger than 2 MiB", lasting=True)
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
    transport = Transport(Endpoint.bearer(portal_stub.url, token=TOKEN), pace=Pace(0.1))
    monkeypatch.setattr(transport, "pause", waits.append)
    for _ in range(3):
        transport.request("GET", "/Users")
    transport.close()
    assert waits == [pytest.approx(10, abs=1), pytest.approx(20, abs=1)]


def test_nothing_is_logged_about_people(caplog: pytest.LogCaptureFixture, portal_stub: ScimStub):
    """Addresses and tokens reach no log, at any level that an application may choose."""
    caplog.set_level(logging.INFO)
    transport = Transport(Endpoint.bearer(portal_stub.url, token="secret-token"))
    transport.request("GET", "/Users", query={"filter": 'userName eq "ana@acme.com"'})
    transport.close()
    assert "ana" not in caplog.text
    assert "secret-token" not in caplog.text


def test_a_token_is_not_in_what_is_printed():
    """The token is left out of the settings' own text."""
    assert "secret" not in repr(Endpoint.bearer("https://x.example", token="secret"))


def test_an_address_that_httpx_refuses_is_a_setting():
    """An address that only the HTTP library finds wrong still ends as a settings error."""
    with pytest.raises(SettingsError, match="web address"):
        Transport(Endpoint.bearer("https://exam\u200bple.com", token="t"))


def test_cutting_is_what_the_fault_does(portal_stub: ScimStub):
    """The fault server acts before it cuts an answer, and doesn't act where it says so."""
    portal_stub.on("POST", "/Users", cut_off)
    portal_stub.on("POST", "/Users", instead(RESET))
    transport = Transport(Endpoint.bearer(portal_stub.url, token=portal_stub.habits.token))
    replies = [
        transport.request("POST", "/Users", body={"userName": name}) for name in ("a", "b", "c")
    ]
    transport.close()
    assert [type(reply) for reply in replies] == [Lost, Lost, Answer]
    assert portal_stub.people == {"a": 1, "c": 1}


LONG = "b7/Xk+90==secret.Zq-1"


@pytest.mark.parametrize(
    "said",
    [
        LONG,
        f"Bearer {LONG}",
        quote(LONG, safe=""),
        re.sub("%..", lambda code: code[0].lower(), quote(LONG, safe="")),
        LONG.replace("/", "\\/"),
        LONG.replace("=", "\\u003d").replace("+", "\\u002B"),
        LONG.replace("/", "&#x2F;").replace("+", "&#43;"),
    ],
)
def test_a_service_can_not_make_us_say_a_token(said: str):
    """Neither service's token gets past, in bodies or headers, however it is spelled."""
    answer = Response(
        status=500, body=f"your {said} is odd".encode(), headers={"Retry-After": said, "ETag": said}
    )
    with Server(lambda _request: answer) as server:
        endpoint = Endpoint.bearer(server.url, token="the-other-one")
        transport = Transport(endpoint, redaction=Redaction(["own-token-77", LONG]))
        reply = transport.request("GET", "/Users")
        transport.close()
    assert isinstance(reply, Answer)
    assert reply.body in {b"your [token] is odd", b"your Bearer [token] is odd"}
    assert reply.headers["etag"] == reply.headers["retry-after"]
    assert reply.headers["etag"].endswith("[token]")


def test_words_in_a_broken_answer_are_foreign_too():
    """What the HTTP library repeats of a service's bytes holds no token and no escape sequence."""
    line = f"HTTP/1.1 200 OK\r\n{LONG} \x1b[31m broken\r\n\r\n".encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v2"
        transport = Transport(Endpoint.bearer(url, token=LONG))
        reply = transport.request("GET", "/Users")
        transport.close()
        thread.join(5)
    assert isinstance(reply, Lost)
    assert LONG not in reply.reason
    assert "\x1b" not in reply.reason


def test_an_address_that_is_none_was_not_sent():
    """An id of a megabyte fits into no web address; nothing is sent, and nothing breaks."""
    transport = Transport(Endpoint.bearer("http://127.0.0.1:9/v2", token="t"))
    assert isinstance(transport.request("GET", "/Users/" + "x" * 1_000_000), NotSent)
    transport.close()


def test_two_services_do_not_hear_each_others_stop(portal_stub: ScimStub, jhana_stub: ScimStub):
    """One that ends leaves the other sending."""
    portal, jhana = (
        Transport(Endpoint.bearer(stub.url, token=TOKEN)) for stub in (portal_stub, jhana_stub)
    )
    portal.stopping = True
    ana, bo = {"userName": "ana@acme.com"}, {"userName": "bo@acme.com"}
    assert portal.request("POST", "/Users", body=ana) == NotSent("stopped before it was sent")
    assert isinstance(jhana.request("POST", "/Users", body=bo), Answer)
    assert portal.pause(60)
    assert not jhana.pause(0)
    portal.close()
    jhana.close()


@pytest.mark.parametrize(("method", "pace"), [("POST", 5.0), ("PATCH", 1 / 3600)])
def test_a_run_that_stops_waits_for_no_long_turn(portal_stub: ScimStub, method, pace):
    """After ^C nobody is created, and what is under way isn't waited for an hour either."""
    transport = Transport(Endpoint.bearer(portal_stub.url, token=TOKEN), pace=Pace(pace))
    transport.request("GET", "/Users")
    transport.stopping = True
    reply = transport.request(method, "/Users", body={"userName": "ana@acme.com"})
    transport.close()
    assert reply == NotSent("stopped before it was sent")
    assert portal_stub.writes == []


def test_what_is_under_way_still_gets_its_turn(portal_stub: ScimStub):
    """After ^C, an account that was created is still put right and read back."""
    ana = portal_stub.add_user("ana@acme.com")
    transport = Transport(Endpoint.bearer(portal_stub.url, token=TOKEN), pace=Pace(10))
    transport.request("GET", "/Users")
    transport.stopping = True
    reply = transport.request("GET", f"/Users/{ana}")
    transport.close()
    assert isinstance(reply, Answer)


def test_what_a_server_wants_kept_is_not(portal_stub: ScimStub):
    """No cookie is sent back: a session must not stand in for the token."""
    cookie = as_json(200, {}, {"Set-Cookie": "session=1; Path=/"})
    portal_stub.on("GET", "/Users", instead(cookie), times=2)
    transport = Transport(Endpoint.bearer(portal_stub.url, token=TOKEN))
    for _ in range(2):
        transport.request("GET", "/Users")
    transport.close()
    assert all("cookie" not in request.headers for request in portal_stub.seen)


def test_the_environments_proxy_is_used(monkeypatch: pytest.MonkeyPatch):
    """A service behind the company's proxy is reached by it, with the same deadline."""
    asked: list[Request] = []

    def proxy(request: Request) -> Response:
        asked.append(request)
        return Response(status=502)

    with Server(proxy, base="") as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        transport = Transport(Endpoint.bearer("http://portal.example.invalid/scim/v2", TOKEN))
        reply = transport.request("GET", "/Users")
        transport.close()
    assert isinstance(reply, Answer)
    assert reply.status == 502
    assert [request.path for request in asked] == ["/scim/v2/Users"]
