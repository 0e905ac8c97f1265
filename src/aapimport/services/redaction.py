"""Our tokens, struck out of whatever a service says.

A service that repeats a request's headers in its error page would put the token on a screen, into
the journal and into a log. Nothing that comes from a service goes past this.
"""

import base64
import json
import re
import threading
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from html.entities import html5
from urllib.parse import quote

STRUCK_OUT = "[token]"
_SHORT = 8
"""Tokens of fewer characters are struck out as whole words only: they could be part of a name."""
_CUT = 12
"""Characters in a row of a token that are struck out of a service's words, as a part of it."""
_LATEST = 16
"""Fetched tokens that are struck out, of all services: what expired before opens nothing."""
_DEPTH = 4
"""How many times over what a service says may be escaped: JSON in JSON, a form in a web page."""
_WORD = rb"[\w.@+-]"
_ASCII = 128
_SPELLED = re.compile(
    rb"""\\u00(?P<json>[2-7][0-9a-f])
    |%(?:25)*(?P<address>[2-7][0-9a-f])
    |&\#x0*(?P<hex>[2-7][0-9a-f]);
    |&\#0*(?P<number>[0-9]{2,3});
    |&(?P<name>[a-z]{2,8};)
    |\\(?P<itself>["\\/])""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED = [  # what may stand for a letter or a digit, each with its cheap beginning
    (b"\\u00", re.compile(rb"\\u00[3-7]")),
    (b"%", re.compile(rb"%[2-7]")),
    (b"&#", re.compile(rb"&#")),
]


class Redaction:
    """Finds secrets: in any letter case, and as JSON, HTML or a web address spells them.

    Args:
        secrets: The tokens; empty ones are left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._known = self._secrets = [_Secret(one) for one in dict.fromkeys(secrets) if one]
        self._added: deque[_Secret] = deque(maxlen=_LATEST)
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Have a token struck out that was fetched; only the latest count."""
        with self._lock:
            self._added.append(_Secret(secret))
            self._secrets = [*self._known, *self._added]

    def strike(self, said: bytes, *, words: bool = False) -> bytes:
        """What a service says, without the secrets.

        Args:
            said: The bytes as they came.
            words: Whether these are words for people and no data, so that what base64 makes of a
                secret goes too, and a part of it: in data, it could be a part of an address.
        """
        if not words and not self._is_suspect(said):  # nearly always, and found out cheaply
            return said
        spans = sorted(
            (origin(start), origin(stop))
            for plain, origin in _readings(said)
            for secret in self._secrets
            for start, stop in secret.spans(plain, words=words)
        )
        left, end = [], 0
        for start, stop in spans:
            if stop <= end:
                continue
            if start >= end:
                left += [said[end:start], STRUCK_OUT.encode()]
            end = stop
        return b"".join([*left, said[end:]]) if spans else said

    def _is_suspect(self, said: bytes) -> bool:
        """Whether a secret may be in it."""
        lower = said.lower()
        return any(secret.hint in lower for secret in self._secrets) or any(
            begins in said and pattern.search(said) for begins, pattern in _NUMBERED
        )


class _Secret:
    """One token, in the forms in which it is looked for.

    A form of HTML writes a blank as +, and who reads one that is none takes a + for a blank.

    Attributes:
        hint: The longest part of it that is spelled in one way only, in small letters.
    """

    def __init__(self, secret: str) -> None:
        whole = secret.encode().lower()
        parts: list[bytes] = re.findall(rb"[a-z0-9]*", whole)
        self.hint = max(parts, key=len)
        self._whole = _with_blanks(whole)
        read = (one.decode(errors="replace") for one, _ in _readings(secret.encode()))
        spellings = dict.fromkeys(form for one in read for form in _spellings(one))
        forms = (re.sub(rb"\\[ +]", b"[ +]", re.escape(form)) for form in spellings)
        spelled = b"(?:%b)" % b"|".join(forms)
        if len(secret) < _SHORT:
            spelled = rb"(?<!%b)%b(?!%b)" % (_WORD, spelled, _WORD)
        self._pattern = re.compile(spelled)
        self._coded = [] if len(secret) < _SHORT else list(_in_base64(secret.encode()))

    def spans(self, plain: bytes, *, words: bool) -> Iterator[tuple[int, int]]:
        """Where it begins and ends, each time; with each part of it where these are words."""
        lower = plain.lower()
        yield from (found.span() for found in self._pattern.finditer(lower))
        if not words:
            return
        for coded in self._coded:
            yield from _places(coded, plain)
        lower = _with_blanks(lower)
        for start in range(len(self._whole) - _CUT + 1):
            yield from _places(self._whole[start : start + _CUT], lower)


def _spellings(secret: str) -> list[bytes]:
    """A secret in small letters, its letters outside ASCII as JSON and others write them."""
    spelled = []
    for one in (secret, secret.lower(), secret.upper()):
        spelled += [one.encode(), one.encode("latin-1", "ignore")]
        spelled += [
            one.encode("ascii", "backslashreplace"),
            one.encode("ascii", "xmlcharrefreplace"),
        ]
        spelled.append("".join(_in_json(it) for it in one).encode("ascii"))
        spelled.append("".join(it if it.isascii() else quote(it) for it in one).encode("ascii"))
    return [*dict.fromkeys(form.lower() for form in spelled)]


def _in_json(letter: str) -> str:
    return letter if letter.isascii() else json.dumps(letter)[1:-1]


def _with_blanks(text: bytes) -> bytes:
    return text.replace(b"+", b" ")


def _places(part: bytes, within: bytes) -> Iterator[tuple[int, int]]:
    """Where something begins and ends, each time."""
    at = within.find(part)
    while at >= 0:
        yield at, at + len(part)
        at = within.find(part, at + 1)


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """What base64 makes of a secret that begins at any of the three places in a group."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret)
        sure = whole[-(-8 * before // 6) : 8 * (before + len(secret)) // 6]
        yield sure
        yield sure.translate(bytes.maketrans(b"+/", b"-_"))


class _Origin:
    """Where in something each position of its plain form comes from."""

    def __init__(self) -> None:
        self._plain = [0]
        self._said = [0]

    def note(self, plain: int, said: int) -> None:
        """Note that both go on side by side from two positions."""
        self._plain.append(plain)
        self._said.append(said)

    def __call__(self, position: int) -> int:
        """The position in what was said."""
        at = bisect(self._plain, position) - 1
        return self._said[at] + position - self._plain[at]


def _readings(said: bytes) -> Iterator[tuple[bytes, Callable[[int], int]]]:
    """What is said as it stands, and with its escapes undone, and those of that; and its origins.

    What looks like an escape may be a part of a secret, which is read in the same ways.
    """
    text: bytes = said
    steps: list[_Origin] = []
    yield text, int
    for _ in range(_DEPTH):
        plain, origin = _plain(text)
        if plain == text:
            return
        text, steps = plain, [origin, *steps]
        yield text, partial(_back, steps)


def _back(steps: Iterable[_Origin], position: int) -> int:
    """The position in what was said, by the origins of each reading, the last one first."""
    for origin in steps:
        position = origin(position)
    return position


def _plain(said: bytes) -> tuple[bytes, _Origin]:
    """What is said with each character as itself, and where that comes from."""
    plain, origin, end = bytearray(), _Origin(), 0
    for found in _SPELLED.finditer(said):
        code = _code(found)
        if code is None:
            continue
        plain += said[end : found.start()]
        origin.note(len(plain), found.start())
        plain.append(code)
        end = found.end()
        origin.note(len(plain), end)
    return bytes(plain + said[end:]), origin


def _code(found: re.Match[bytes]) -> int | None:
    """The character that is spelled, by its number; None where it is none of ASCII."""
    kind, digits = found.lastgroup, found[found.lastgroup or 0]
    if kind == "itself":
        return ord(digits)
    if kind == "name":
        named = html5.get(digits.decode(), "")
        return ord(named) if len(named) == 1 and named.isascii() else None
    code = int(digits, 10 if kind == "number" else 16)
    return code if code < _ASCII else None
