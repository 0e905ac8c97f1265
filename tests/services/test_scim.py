import json
from typing import Any

import pytest

from aapimport.services.replies import Answer
from aapimport.services.scim import (
    MOST,
    error_detail,
    identifier,
    number,
    plain_words,
    read_account,
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("7", 7),
        ("7.0", 7),
        ("-3", 0),
        ("1" + "0" * 400, MOST),
        ("18446744073709551616", MOST),
        ("1e400", MOST),
        ("-1e400", 0),
        ("NaN", None),
        ("2.5", None),
        ("true", None),
        ('"7"', None),
        ("null", None),
        ("[7]", None),
    ],
)
def test_numbers_are_within_what_can_be_counted(said: str, meant: int | None):
    """However large a number a service sends, it can be added, compared, printed and stored."""
    assert number(json.loads(said)) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("user-1", "user-1"),
        (17, "17"),
        (2**64, "18446744073709551616"),
        (0, "0"),
        ("..a", "..a"),
        ("", ""),
        (".", ""),
        ("..", ""),
        (True, ""),
        (1.5, ""),
        (None, ""),
        ({"value": "x"}, ""),
    ],
)
def test_an_identifier_is_a_text_or_a_whole_number(value: Any, meant: str):
    """What would lead to another place in a web address, or is no id at all, is none."""
    assert identifier(value) == meant


@pytest.mark.parametrize("value", ["..", ".", True, None, "", 1.5])
def test_an_account_without_a_usable_id_is_none(value: Any):
    """Nobody could be changed by it; everything else about it stays readable."""
    assert read_account({"id": value, "userName": "ana.perez@acme.com"}) is None
    found = read_account({"id": 17, "userName": "ana.perez@acme.com"})
    assert found is not None
    assert found.id == "17"


@pytest.mark.parametrize(
    ("said", "active"),
    [
        (True, True),
        (None, True),
        ("", True),
        ("True", True),
        (1, True),
        ("yes", True),
        (False, False),
        ("False", False),
        (0, False),
        ("0", False),
        ("no", False),
        ("inactive", False),
        ({}, False),
    ],
)
def test_whoever_is_not_said_to_be_active_is_asked_about(said: Any, active: bool):
    """A number or another word for false is one; nobody who left is switched on by it."""
    found = read_account({"id": "u1", "userName": "ana.perez@acme.com", "active": said})
    assert found is not None
    assert found.active is active


def test_passes_and_roles_may_be_numbers():
    """Ids are texts or whole numbers wherever they stand, so that both compare as one."""
    found = read_account(
        {
            "id": 17,
            "roles": [{"value": 3, "display": "manager"}],
            "entitlements": [{"value": 7, "type": "pass"}, 8, {"value": 9, "type": "licence"}],
        }
    )
    assert found is not None
    assert (found.roles, found.role_labels, found.passes) == (("3",), ("manager",), ("7", "8"))


PYTHON = """Internal error
Traceback (most recent call last):
  File "/srv/app/users.py", line 12, in create
    raise ValueError(chidi.okafor@acme.com)"""
JAVA = "java.lang.NullPointerException: no tenant\n\tat com.acme.scim.Users.create(Users.java:7)"
NODE = "TypeError: x is undefined\n    at create (/srv/users.js:12:7)\n    at /srv/run.js:3:1"
PHP = "Fatal error: out of memory\nStack trace:\n#0 /srv/users.php(12): create()\n#1 {main}"
NET = "Boom: 7\n   at Acme.Users.Create(String name) in /src/Users.cs:line 12"
RUBY = "undefined method 'x' for nil\n/srv/users.rb:12:in 'create'\n/srv/run.rb:3:in 'main'"
GO = "panic: nil map\n\ngoroutine 7 [running]:\nmain.create(0xc000)\n\t/srv/main.go:12"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("the pass has no seats left", "the pass has no seats left"),
        ("  two\n\tlines \r\n", "two lines"),
        ("\x1b[31mred\x1b[0m \x07bell\x00", "red bell"),
        ("pay\u202eroll\u200b\u2066 \ufeffx", "payroll x"),
        ("Zoë Łukasiewicz 李伟", "Zoë Łukasiewicz 李伟"),
        ("", ""),
        ("\x00\u200b", ""),
        (PYTHON, "Internal error"),
        (PYTHON.replace("\n", " "), "Internal error"),
        (PYTHON.partition("\n")[2], "Traceback (most recent call last):"),
        (JAVA, "java.lang.NullPointerException: no tenant"),
        (NODE, "TypeError: x is undefined"),
        (PHP, "Fatal error: out of memory"),
        (NET, "Boom: 7"),
        (RUBY, "undefined method 'x' for nil"),
        (GO, "panic: nil map"),
        ("no user at acme (id 7) was found", "no user at acme (id 7) was found"),
        ('look at the file "a.csv", line 3', 'look at the file "a.csv", line 3'),
        ("meet me at 10:30:15", "meet me at 10:30:15"),
    ],
)
def test_words_are_plain(said: str, left: str):
    """No control characters, one line, and of a traceback only where it began."""
    assert plain_words(said) == left


def test_words_are_few():
    """Some services answer with a whole page; nobody waits for it to be read."""
    assert len(plain_words("word " * 10_000_000)) == 300


def answer(body: object, kind: str = "application/scim+json") -> Answer:
    """An error with a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(400, {"content-type": kind}, raw)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"detail": "no seats\nleft"}, "no seats left"),
        ({"detail": ["one", "two"]}, "one; two"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"message": "quota used up", "code": 7}, "quota used up"),
        ({"error": {"message": "over the limit"}}, "over the limit"),
        ({"detail": "", "scimType": "invalidValue"}, "HTTP 400 (invalidValue)"),
        ({"detail": 7}, "HTTP 400"),
        (b"<html>nothing here</html>", "HTTP 400"),
        (b"", "HTTP 400"),
    ],
)
def test_the_services_own_words_are_kept(body: object, words: str):
    """SCIM's name for them first, then those that other services use."""
    assert error_detail(answer(body)) == words


def test_plain_text_is_words_too():
    """A proxy's one line is better than a number."""
    assert error_detail(answer(b"quota\x1b[0m exceeded", "text/plain")) == "quota exceeded"


def test_the_primary_address_comes_first():
    """RFC 7643 section 4.1.2; where none is, they stay as the service has them."""
    home, work = {"value": "ana@home.example"}, {"value": "ana@acme.com", "primary": True}
    found = read_account({"id": "1", "userName": "ana", "emails": [home, work, {"primary": "yes"}]})
    assert found
    assert found.emails[:2] == ("ana@acme.com", "ana@home.example")
