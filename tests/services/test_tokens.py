import base64
import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace

import pytest

from aapimport.config.logins import ClientCredentials, Secret
from aapimport.config.settings import Endpoint
from aapimport.errors import ServiceError, SettingsError
from aapimport.plan.make import Services
from aapimport.services.credentials import Header
from aapimport.services.outcomes import Verdict, judge
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.tokens import DEFAULT_LIFE, Tokens, _life, check_token_url
from aapimport.services.transport import Transport
from support.stub import ScimStub
from support.token_endpoint import CLIENT_SECRET, TokenEndpoint, refusal
from support.uploading import Uploading, people, services
from support.wire import RESET, Request, Response, Server, error, instead


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """A token endpoint that gives tokens for ever."""
    with TokenEndpoint() as opened:
        yield opened


@pytest.fixture
def guarded(portal_stub: ScimStub, endpoint: TokenEndpoint) -> Iterator[Transport]:
    """The way to a portal that its tokens open."""
    portal_stub.opens = endpoint.opens
    login = endpoint.login
    with closing(Transport(Endpoint(url=portal_stub.url, login=login))) as transport:
        yield transport


def answered(transport: Transport) -> bool:
    """Whether people can be asked for."""
    reply = transport.request("GET", "/Users")
    return isinstance(reply, Answer) and reply.ok


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        """The seconds."""
        return self.seconds


@dataclass
class Giver:
    """A token endpoint without a wire: `token-1`, `token-2`, …, or what it is told to answer."""

    expires_in: object = 100
    reply: Reply | None = None
    asked: int = 0

    def __call__(self, _headers: list[Header], _form: bytes) -> Reply:
        """Answer one request."""
        self.asked += 1
        said = f'{{"access_token": "token-{self.asked}", "expires_in": {self.expires_in}}}'
        return self.reply or Answer(200, {}, said.encode())


CLIENT = ClientCredentials(
    token_url="https://login.example.com/token",
    client_id="hr",
    client_secret=Secret(value="client-secret-9", source="keyring"),
)


def tokens(giver: Giver, clock: Clock) -> Tokens:
    """The tokens that a giver gives."""
    return Tokens(CLIENT, giver, Redaction([]), clock)


def token(number: int) -> Header:
    """The header of a token."""
    return b"Authorization", f"Bearer token-{number}".encode()


def test_a_token_is_fetched_when_it_is_needed(guarded: Transport, endpoint: TokenEndpoint):
    """One request to the endpoint for many to the service, with the secret in Basic first."""
    assert endpoint.seen == []
    assert all(answered(guarded) for _ in range(5))
    (request,) = endpoint.seen
    assert request.headers["authorization"].startswith("Basic ")
    assert b"client_secret" not in request.body


def test_an_endpoint_that_wants_the_secret_in_the_form_gets_it(guarded, endpoint: TokenEndpoint):
    """client_secret_post, once the other way was refused; later tokens ask that way at once."""
    endpoint.in_body = True
    assert answered(guarded)
    assert len(endpoint.seen) == 2
    endpoint.revoke()
    assert answered(guarded)
    assert len(endpoint.seen) == 3


@pytest.mark.parametrize(
    ("second", "words", "lasts"),
    [(error(503), "it answers 503", False), (refusal(400, "invalid_scope"), "invalid_scope", True)],
)
def test_what_counts_is_the_answer_to_the_way_that_is_taken(
    guarded, endpoint: TokenEndpoint, second: Response, words: str, lasts: bool
):
    """An outage between the two ways is no refusal, and a wrong scope no wrong secret."""
    endpoint.instead.extend([refusal(401, "invalid_client"), second])
    reply = guarded.request("GET", "/Users")
    assert isinstance(reply, NotSent)
    assert words in reply.reason
    assert bool(reply.cure) is lasts
    assert answered(guarded)


def test_many_threads_fetch_one_token(guarded: Transport, endpoint: TokenEndpoint):
    """One fetches, the others wait for it; so also when it is revoked under all of them."""
    endpoint.pause = 0.2
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: answered(guarded), range(64)))
        assert endpoint.given == 1
        endpoint.revoke()
        assert all(pool.map(lambda _: answered(guarded), range(64)))
    assert endpoint.given == 2
    assert endpoint.most_at_once == 1


def test_threads_that_waited_for_a_failure_share_it(guarded: Transport, endpoint: TokenEndpoint):
    """Sixteen threads don't ask an endpoint that is down one after the other."""
    endpoint.pause = 0.2
    endpoint.instead.extend([error(503)] * 16)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: guarded.request("GET", "/Users"), range(16)))
    assert all(isinstance(reply, NotSent) and not reply.cure for reply in replies)
    assert len(endpoint.seen) <= 3


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(100, 80), ('"100"', 80), ("null", 240), ('"soon"', 240), (-1, 240), ("NaN", 240), (0, 0)],
)
def test_a_token_is_renewed_when_four_fifths_of_its_life_are_over(said, seconds: float):
    """`expires_in` may be missing (300 s) or a text; the clock is the monotonic one."""
    clock, giver = Clock(), Giver(expires_in=said)
    held = tokens(giver, clock)
    assert held.header() == token(1)
    if seconds:
        clock.seconds += seconds - 1
        assert held.header() == token(1)
        clock.seconds += 2
    assert held.header() == token(2)


def test_a_token_that_is_still_good_bridges_an_outage_of_its_endpoint():
    """Between four fifths and the end, a failed renewal is tried again later, and nobody waits."""
    clock, giver = Clock(), Giver()
    held = tokens(giver, clock)
    held.header()
    giver.reply = Answer(503, {}, b"")
    clock.seconds += 85
    assert [held.header() for _ in range(9)] == [token(1)] * 9
    assert giver.asked == 2
    clock.seconds += 6
    assert held.header() == token(1)
    assert giver.asked == 3
    clock.seconds += 6
    assert held.header() == token(1)
    clock.seconds += 4  # its life is over, and the next try isn't due
    assert isinstance(held.header(), NotSent)
    giver.reply = None
    assert isinstance(held.header(), tuple)


def test_a_refused_token_is_given_up_once():
    """Whoever comes late with the same complaint gets the token that was fetched meanwhile."""
    giver = Giver()
    held = tokens(giver, Clock())
    first = held.header()
    assert first == token(1)
    for _ in range(3):
        assert held.renews(token(1))
        assert held.header() == token(2)
    assert giver.asked == 2


def test_a_request_that_is_refused_is_sent_again_once(
    guarded: Transport, endpoint: TokenEndpoint, portal_stub: ScimStub
):
    """A 401 was not acted on: a create goes out again with a new token, and is one account."""
    assert answered(guarded)
    endpoint.revoke()
    reply = guarded.request("POST", "/Users", body={"userName": "ana@acme.com"})
    assert isinstance(reply, Answer)
    assert reply.status == 201
    assert portal_stub.people == {"ana@acme.com": 1}
    portal_stub.opens = lambda _said: False
    before = len(portal_stub.seen)
    reply = guarded.request("POST", "/Users", body={"userName": "bo@acme.com"})
    assert isinstance(reply, Answer)
    assert reply.status == 401
    assert len(portal_stub.seen) == before + 2


def test_a_run_that_stops_creates_nobody_after_its_token_came(
    guarded: Transport, endpoint: TokenEndpoint, portal_stub: ScimStub
):
    """^C is heard while a token is fetched."""
    endpoint.pause = 0.3
    threading.Timer(0.1, setattr, (guarded, "stopping", True)).start()
    reply = guarded.request("POST", "/Users", body={"userName": "ana@acme.com"})
    assert reply == NotSent("stopped before it was sent")
    assert portal_stub.seen == []


@pytest.mark.parametrize(
    "answer",
    [
        error(503),
        error(429),
        RESET,
        Response(body=b"<html>", headers={"Content-Type": "text/html"}),
        Response(body=b'{"access_token": 7}'),
        Response(body=b'{"access_token": "two words"}'),
        Response(body=b'{"access_token": "abc', cut=10),
    ],
    ids=range(7),
)
def test_an_endpoint_in_trouble_means_not_sent(guarded, endpoint, portal_stub, answer):
    """Nothing reached the service; the same request may well be sent a little later."""
    endpoint.instead.append(answer)
    outcome = judge(guarded.request("POST", "/Users", body={"userName": "ana@acme.com"}))
    assert outcome.verdict is Verdict.NOT_SENT
    assert "no token could be had from 127.0.0.1" in outcome.reason
    assert portal_stub.seen == []
    assert answered(guarded)


def test_a_silent_endpoint_has_a_deadline_of_its_own(guarded, endpoint, monkeypatch):
    """It is not waited for as long as for a service that writes people."""
    monkeypatch.setattr(guarded._wires[0]._deadline, "_seconds", 0.3)
    endpoint.pause = 3.0
    began = time.monotonic()
    reply = guarded.request("GET", "/Users")
    assert isinstance(reply, NotSent)
    assert "wasn't whole after 0 s" in reply.reason
    assert time.monotonic() - began < 3
    endpoint.pause = 0.0


@pytest.mark.parametrize(
    ("answer", "words", "cure"),
    [
        (refusal(401, "invalid_client", "no such client"), "invalid_client", "client_id"),
        (refusal(400, "unauthorized_client"), "unauthorized_client", "client_id"),
        (refusal(400, "invalid_scope", "what is that"), "invalid_scope: what is that", "the scope"),
        (error(404), "HTTP 404", "token_url"),
        (Response(status=302, headers={"Location": "/x"}), "never followed", "token_url"),
        (
            Response(body=b'{"access_token": "abc", "token_type": "mac"}'),
            "of the kind 'mac'",
            "Bearer",
        ),
    ],
    ids=range(6),
)
def test_a_refused_client_is_a_setting(
    portal_stub, jhana_stub, endpoint: TokenEndpoint, answer: Response, words: str, cure: str
):
    """As a refused token: exit 3 with the secret's source, no repeats, and nothing was sent."""
    endpoint.instead.extend([answer] * 9)
    with (
        services(portal_stub, jhana_stub, endpoint.login) as both,
        pytest.raises(SettingsError) as caught,
    ):
        _ = both.portal.capabilities
    assert words in caught.value.message
    assert cure in caught.value.hint
    assert CLIENT_SECRET not in caught.value.message + caught.value.hint
    assert len(endpoint.seen) <= 2
    assert portal_stub.seen == []


def test_a_client_that_is_refused_in_the_middle_ends_the_run(
    uploading: Uploading, endpoint: TokenEndpoint
):
    """Nobody is rejected for it: everybody who is left is sent when the run goes on."""
    uploading.rows, uploading.login = people(30), endpoint.login
    uploading.portal.opens = uploading.jhana.opens = endpoint.opens

    def revoking(act):
        done = act()
        endpoint.instead.extend([refusal(401, "invalid_client")] * 99)
        endpoint.revoke()
        return done

    uploading.portal.on("POST", "/Users", revoking, skip=10)
    with pytest.raises(SettingsError, match="refuses the client secret") as caught:
        uploading.run()
    assert "client_id" in caught.value.hint
    endpoint.instead.clear()
    uploading.run()
    assert set(uploading.portal.people.values()) == {1}
    assert len(uploading.portal.people) == 30


def test_a_refused_token_is_told_with_the_secret_that_it_came_from(both: Services, endpoint):
    """The service refuses what the endpoint gave: both are named, and no value."""
    with closing(Transport(Endpoint(url=both.portal.url, login=endpoint.login))) as transport:
        both.portal.transport = transport
        with pytest.raises(SettingsError) as caught:
            _ = both.portal.capabilities
    assert caught.value.message == (
        "All Access Pass refuses the token that 127.0.0.1 gave for the client secret"
        " from AAPIMPORT_PORTAL_CLIENT_SECRET (HTTP 401)"
    )


@pytest.mark.parametrize("in_body", [False, True])
@pytest.mark.parametrize("status", [400, 401])
def test_an_endpoint_can_not_make_us_say_the_secret(status: int, in_body: bool):
    """It repeats the header and the form that it got; what was base64 or escaped is struck out."""

    def mirror(request: Request) -> Response:
        sent = f"{request.headers.get('authorization')} {request.body.decode()}"
        code = "unauthorized_client"
        if in_body and "authorization" in request.headers:
            return refusal(status, "invalid_client")
        body = {"error": code, "error_description": f"cannot parse {sent}!"}
        return Response(status=status, body=json.dumps(body).encode())

    with Server(mirror, base="") as server:
        login = replace(CLIENT, token_url=server.url)
        secret = replace(login.client_secret, value="correct horse/battery+staple")
        login = replace(login, client_secret=secret)
        endpoint = Endpoint(url="http://127.0.0.1:9/scim", login=login)
        with closing(Transport(endpoint)) as transport:
            reply = transport.request("GET", "/Users")
    assert isinstance(reply, NotSent)
    assert "cannot parse" in reply.reason
    words = " ".join(reply.reason.split())
    assert "[token]" in words
    for left in ("horse", "staple", base64.b64encode(b"correct+horse").decode()[:12]):
        assert left not in words


def test_fetched_tokens_are_struck_out_of_answers(guarded, endpoint, portal_stub):
    """A service can't make us say a token that we were given."""
    assert answered(guarded)
    (given,) = endpoint._tokens
    mirrored = Response(status=500, body=f"your {given} is odd".encode())
    portal_stub.on("GET", "/Users", instead(mirrored))
    reply = guarded.request("GET", "/Users")
    assert isinstance(reply, Answer)
    assert reply.body == b"your [token] is odd"


def test_an_endpoint_may_give_the_same_token_twice():
    """It is read as it comes, although it is struck out of everything else."""
    redaction = Redaction([])
    giver = Giver(reply=Answer(200, {}, b'{"access_token": "the-same-token-1"}'))
    held = Tokens(CLIENT, giver, redaction)
    first = held.header()
    assert isinstance(first, tuple)
    held.renews(first)
    assert held.header() == first
    assert redaction.strike(b"the-same-token-1") == b"[token]"


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/token",
        "https://user:word@login.example.com/token",
        "https://login.example.com/token#x",
        "https://login.example.com:port/token",
        "login.example.com/token",
        "ftp://login.example.com/token",
        "https://login.example.com/to ken",
    ],
)
def test_a_secret_goes_to_an_encrypted_address_only(url: str):
    """https, but for this machine; the error doesn't repeat what may hold a password."""
    with pytest.raises(SettingsError) as caught:
        Transport(Endpoint(url="http://127.0.0.1:9/v2", login=replace(CLIENT, token_url=url)))
    assert "token_url" in caught.value.message
    assert "word" not in caught.value.message
    assert check_token_url("http://127.0.0.1:9/token") == "127.0.0.1"


def test_a_redirect_takes_the_secret_nowhere(guarded, endpoint: TokenEndpoint):
    """Wherever the token endpoint points, nothing is sent there."""
    with TokenEndpoint() as other:
        elsewhere = Response(status=307, headers={"Location": other.url})
        endpoint.instead.append(elsewhere)
        assert isinstance(guarded.request("GET", "/Users"), NotSent)
        assert other.seen == []


def test_a_run_survives_its_token_endpoint(uploading: Uploading, endpoint: TokenEndpoint):
    """300 people, tokens that live half a second, rotate and can't be had: 0 lost, 0 doubled."""
    uploading.rows, uploading.login, endpoint.life = people(300), endpoint.login, 0.5
    uploading.portal.opens = uploading.jhana.opens = endpoint.opens
    uploading.portal.habits.unique = False  # nothing but care keeps anybody from being there twice
    uploading.portal.store.passes["p26"]["seats"] = 1000
    done = False
    with endpoint.in_trouble(0.3, random.Random(12)):
        for _ in range(50):
            with suppress(
                ServiceError, SettingsError
            ):  # refused twice within one request, at times
                uploading.run()
                done = True
                break
    assert done
    assert len(uploading.portal.people) == 300
    assert set(uploading.portal.people.values()) == {1}
    assert endpoint.given > 1


@pytest.mark.parametrize("said", [10**400, "1e999", "nan", -1, "soon"])
def test_a_life_that_is_none_is_the_usual_one(said: object) -> None:
    """An endpoint may send any number; none of them ends a run."""
    assert _life(said) == DEFAULT_LIFE
