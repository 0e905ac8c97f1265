import base64
from contextlib import closing

import pytest

from aapimport.config.logins import Basic, Bearer, Login, NamedHeader, Secret, called
from aapimport.config.settings import Endpoint
from aapimport.errors import SettingsError
from aapimport.services.replies import Answer
from aapimport.services.transport import Transport
from support.wire import Request, Response, Server

SECRET = Secret(value="pässwörd: 1", source="keyring")


def secret(value: str) -> Secret:
    """A secret of the environment."""
    return Secret(value=value, source="AAPIMPORT_PORTAL_TOKEN")


def headers_of(login: Login) -> dict[str, str]:
    """The headers with which a request arrives."""
    seen: list[Request] = []

    def application(request: Request) -> Response:
        seen.append(request)
        return Response(body=b"{}")

    with (
        Server(application) as server,
        closing(Transport(Endpoint(url=server.url, login=login))) as transport,
    ):
        transport.request("GET", "/Users")
    (one,) = seen
    return dict(one.headers)


def test_basic_is_the_user_and_the_password_in_utf_8():
    """RFC 7617: base64 of both, a colon between them; only the user's name may hold none."""
    kind, coded = headers_of(Basic(user="Jürgen", password=SECRET))["authorization"].split()
    assert kind == "Basic"
    assert base64.b64decode(coded).decode("utf-8") == "Jürgen:pässwörd: 1"


def test_a_named_header_carries_the_secret_alone():
    """No Authorization goes with it."""
    headers = headers_of(NamedHeader(name="X-Api-Key", value=secret("k3y with spaces")))
    assert headers["x-api-key"] == "k3y with spaces"
    assert "authorization" not in headers


@pytest.mark.parametrize(
    "login",
    [
        Bearer(token=secret("two\r\nlines")),
        Bearer(token=secret("")),
        Bearer(token=secret("tökén")),
        Basic(user="with:colon", password=secret("p-1234")),
        Basic(user="ana\n", password=secret("p-1234")),
        Basic(user="ana", password=secret("p-1234\n")),
        NamedHeader(name="X Api Key", value=secret("k-1234")),
        NamedHeader(name="X-Api-Key:", value=secret("k-1234")),
        NamedHeader(name="", value=secret("k-1234")),
        NamedHeader(name="Clé", value=secret("k-1234")),
        NamedHeader(name="Content-Length", value=secret("12")),
        NamedHeader(name="X-Api-Key", value=secret("k-1234\r\nX-Other: 1")),
    ],
    ids=range(12),
)
def test_what_would_break_a_header_is_a_setting(login: Login):
    """Nothing ends a header or begins another; the error repeats no secret."""
    with pytest.raises(SettingsError) as caught:
        Transport(Endpoint(url="http://127.0.0.1:9/v2", login=login))
    assert "1234" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "login",
    [Basic(user="ana", password=Secret(value="p4ss-word-77", source="x"))],
)
def test_what_goes_over_the_wire_is_struck_out_of_answers(login: Basic):
    """A service that repeats the header, in data too, can't make us say it."""

    def mirror(request: Request) -> Response:
        return Response(body=request.headers["authorization"].encode())

    with (
        Server(mirror) as server,
        closing(Transport(Endpoint(url=server.url, login=login))) as transport,
    ):
        reply = transport.request("GET", "/Users")
    assert isinstance(reply, Answer)
    assert reply.body == b"Basic [token]"


@pytest.mark.parametrize(
    ("login", "words"),
    [
        (Bearer(token=Secret(value="t", source="")), "the token"),
        (Bearer(token=secret("t")), "the token from AAPIMPORT_PORTAL_TOKEN"),
        (
            Bearer(token=Secret(value="t", source="keyring", setting="portal.token")),
            "the token from keyring (portal.token)",
        ),
        (Basic(user="ana", password=SECRET), "the user or the password from keyring"),
        (NamedHeader(name="X-Key", value=SECRET), "the header X-Key from keyring"),
    ],
    ids=range(5),
)
def test_a_log_in_is_called_by_its_kind_and_its_source(login: Login, words: str):
    """Whoever reads that it is refused knows where to look; the value is not said."""
    assert called(login) == words
