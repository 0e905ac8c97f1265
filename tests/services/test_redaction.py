import pytest

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
