import base64
import html
import itertools
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from aapimport.config.logins import Basic, Bearer, ClientCredentials, Login, NamedHeader, Secret
from aapimport.services.credentials import secrets_of
from aapimport.services.redaction import Redaction


def test_what_holds_no_secret_stays_as_it_is():
    """Nothing is changed that isn't a token; the same bytes come back."""
    said = b'{"userName": "tokenberg@acme.com", "note": "a secret-ish thing"}'
    assert Redaction(["secret-token-1", "", "other-token-2"]).strike(said) is said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (b"the token is wrong", b"the [token] is wrong"),
        (b"Bearer token", b"Bearer [token]"),
        (b'"userName": "token@acme.com"', b'"userName": "token@acme.com"'),
        (b"tokens, a-token, my.token, token2", b"tokens, a-token, my.token, token2"),
    ],
)
def test_a_short_token_is_struck_out_as_a_word_only(said: bytes, left: bytes):
    """It could be a part of somebody's address or name, which must not be eaten."""
    assert Redaction(["token"]).strike(said) == left


def test_a_token_within_a_longer_one_does_not_leave_its_rest():
    """The longer goes first."""
    redaction = Redaction(["abcdefgh-1", "abcdefgh-1-and-more"])
    assert redaction.strike(b"x abcdefgh-1-and-more y abcdefgh-1 z") == b"x [token] y [token] z"


def test_a_token_of_signs_alone_is_struck_out():
    """A token needs no letters."""
    assert Redaction(["=/+=/+=/+"]).strike(b"got =/+=/+=/+ !") == b"got [token] !"


TOKEN = "Zq9-secret.Token/77+x"
SPELLINGS = {
    "in capitals": TOKEN.upper(),
    "JSON numbers": "".join(f"\\u{ord(one):04x}" for one in TOKEN),
    "JSON numbers in capitals": "".join(f"\\u{ord(one):04X}" for one in TOKEN),
    "JSON": TOKEN.replace("/", "\\/"),
    "a web address": "".join(f"%{ord(one):02X}" for one in TOKEN),
    "a web address in another": TOKEN.replace("/", "%252F").replace("+", "%25252b"),
    "HTML": "".join(f"&#{ord(one)};" for one in TOKEN),
    "HTML, hexadecimal": "".join(f"&#x{ord(one):04X};" for one in TOKEN),
    "HTML, by names": TOKEN.replace("/", "&sol;").replace("+", "&plus;"),
    "base64": base64.b64encode(f"Bearer {TOKEN}".encode()).decode(),
    "base64, moved by one": base64.b64encode(f"bearer: {TOKEN}".encode()).decode(),
    "base64, moved by two": base64.urlsafe_b64encode(f"bearer:  {TOKEN}.".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_token_is_struck_out_in_each_spelling(spelling: str):
    """In another letter case, by the numbers of its characters, or in base64; JSON stays JSON."""
    said = f'{{"detail": "got {SPELLINGS[spelling]} here", "zo\u00eb": "a\u0301\\u00e9 50% &amp;"}}'
    words = "base64" in spelling
    left = Redaction(["other-token-1", TOKEN]).strike(said.encode(), words=words)
    body = json.loads(left)
    assert body["zoë"] == "a\u0301é 50% &amp;"
    assert body["detail"].startswith("got ")
    assert body["detail"].endswith(" here")
    assert "[token]" in body["detail"]
    assert (
        len(body["detail"]) <= len("got  here[token]") + 16
    )  # what base64 has of the words around


@pytest.mark.parametrize("part", [TOKEN[:12], TOKEN[5:].lower(), TOKEN[2:19]])
def test_a_part_of_a_token_is_struck_out_of_words_only(part: str):
    """Twelve characters in a row; in data they could belong to somebody's address."""
    redaction = Redaction([TOKEN])
    said = f"invalid token {part}...".encode()
    assert redaction.strike(said, words=True) == b"invalid token [token]..."
    assert redaction.strike(said) is said
    few = f"invalid token {part[:11]}...".encode()
    assert redaction.strike(few, words=True) == few


def test_a_letter_by_its_number_is_no_token():
    """Nothing else changes, however it is spelled."""
    said = b'{"a": "\\u0041na%40acme.com &#65; &amp; \\\\u0041 &#900; &nosuch;"}'
    assert Redaction([TOKEN, "token"]).strike(said, words=True) == said


@pytest.mark.parametrize(
    "said",
    [
        "no Pässwört1 here",
        '{"detail": "P\\u00e4ssw\\u00f6rt1"}',
        '{"detail": "P\\u00C4SSW\\u00D6RT1"}',
        "P%C3%A4ssw%C3%B6rt1",
        "P&#228;ssw&#246;rt1",
        "P\\xe4ssw\\xf6rt1",
    ],
)
def test_a_password_with_other_letters_is_struck_out(said: str) -> None:
    """Basic takes any letter; JSON, web addresses and HTML spell those outside ASCII."""
    told = Redaction(["Pässwört1"]).strike(said.encode(), words=True)
    assert b"ssw" not in told.lower()


PASSWORDS = (
    "correct horse battery staple",
    'pa:ss/w ord"\u00e9\\+%zz1',
    "q7Kx/2mZ+9fT/wLb3+Vd/8sR+1Ny/4hG==",
    "50%41 off &amp; <more> \\u0041",
)


def _logins(value: str) -> list[Login]:
    secret = Secret(value=value, source="keyring")
    client = {"token_url": "https://login.example.com", "client_id": "cid"}
    return [
        Bearer(token=secret),
        Basic(user="ana", password=secret),
        NamedHeader(name="X-Api-Key", value=secret),
        ClientCredentials(**client, client_secret=secret),
    ]


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_letters(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


ESCAPES: dict[str, Callable[[str], str]] = {
    "none": str,
    "JSON": _json,
    "JSON, letters as they are": _json_letters,
    "JSON in JSON": lambda text: _json(_json(text)),
    "an address": lambda text: quote(text, safe=""),
    "a path": quote,
    "a form": quote_plus,
    "a form in an address": lambda text: quote(quote_plus(text)),
    "a form in a form": lambda text: quote_plus(quote_plus(text)),
    "a form in JSON": lambda text: _json(quote_plus(text)),
    "JSON in a form": lambda text: quote_plus(_json(text)),
    "HTML": html.escape,
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "HTML in JSON": lambda text: _json(html.escape(text)),
    "JSON in HTML": lambda text: html.escape(_json(text)),
    "in capitals": str.upper,
}


@pytest.mark.parametrize("value", PASSWORDS)
@pytest.mark.parametrize("escaped", ESCAPES)
def test_nothing_that_leaves_us_is_said_again(value: str, escaped: str) -> None:
    """The secret of each kind of log-in, and what of it went over the wire, however escaped."""
    for login in _logins(value):
        for sent in secrets_of(login):
            said = ESCAPES[escaped](sent)
            left = Redaction(secrets_of(login)).strike(f"got {said} here".encode(), words=True)
            assert left == b"got [token] here", (login, sent)


@pytest.mark.parametrize("value", PASSWORDS)
@pytest.mark.parametrize("escaped", [name for name in ESCAPES if "HTML" not in name])
def test_nor_in_data(value: str, escaped: str) -> None:
    """What is no error goes into the journal, too; JSON stays JSON."""
    for login, words in itertools.product(_logins(value), (False, True)):
        for sent in secrets_of(login):
            body = json.dumps({"a": [f"got {ESCAPES[escaped](sent)} here"], "b": "\\"})
            left = Redaction(secrets_of(login)).strike(body.encode(), words=words)
            assert json.loads(left) == {"a": ["got [token] here"], "b": "\\"}, (login, sent)


def test_a_plus_in_an_address_is_no_blank() -> None:
    """A short secret within somebody's address stays there."""
    said = b'{"userName": "zoe+pass1@acme.com"}'
    assert Redaction(["pass1"]).strike(said) == said
