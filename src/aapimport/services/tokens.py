"""Tokens of a token endpoint, which expire: fetched on need, one at a time.

The grant is that of RFC 6749, section 4.4. A token is renewed when four fifths of its life are
over, and when the service refuses it.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from aapimport.config.addresses import is_loopback
from aapimport.config.logins import ClientCredentials
from aapimport.errors import SettingsError
from aapimport.services.credentials import Header, client_basic
from aapimport.services.redaction import Redaction
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.scim import error_detail, plain_words, text

TOKEN_DEADLINE = 30.0
"""Seconds for a whole token request."""
DEFAULT_LIFE = 300.0
"""Seconds that a token is good for where the endpoint doesn't say (RFC 6749 section 5.1)."""
_RENEWED_AFTER = 0.8
_ANOTHER_TRY = 5.0  # seconds until a token that is still good is renewed again after a failure
_PASSING = {408, 425, 429}
_SERVER_ERROR = 500
_OTHER_METHOD = {"invalid_client", "invalid_request"}
"""Errors of endpoints that want client_secret_post instead (RFC 6749 sections 2.3.1 and 5.2)."""
_FORM = (b"Content-Type", b"application/x-www-form-urlencoded")

Post = Callable[[list[Header], bytes], Reply]
"""Sends a form to the token endpoint, once."""


class Tokens:
    """The tokens that a client's secret is good for, for any number of threads.

    Args:
        login: The client.
        post: Sends a form to its token endpoint.
        redaction: What strikes secrets out; each token is made known to it.
        now: The monotonic clock, in seconds.

    Raises:
        SettingsError: The token endpoint's address can't be used.
    """

    def __init__(
        self,
        login: ClientCredentials,
        post: Post,
        redaction: Redaction,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = check_token_url(login.token_url)
        self._login = login
        self._post = post
        self._redaction = redaction
        self._now = now
        self._lock = threading.Lock()
        self._fetches = 0
        self._latest: Header | NotSent | None = None
        self._renew_at = self._good_until = -math.inf
        self._in_body = False

    def header(self) -> Header | NotSent:
        """The header with a token that is good now, or why none can be had.

        One thread fetches; those that wait for it share what comes of it.
        """
        before, latest = self._fetches, self._latest  # in this order: see below
        if isinstance(latest, tuple) and self._now() < self._renew_at:
            return latest
        with self._lock:
            if self._latest is None or self._fetches == before:  # nobody has fetched meanwhile
                self._latest = self._fetched()
                self._fetches += 1
            return self._latest

    def renews(self, refused: Header) -> bool:
        """Give up a token that the service refuses, unless it was renewed meanwhile."""
        with self._lock:
            if self._latest == refused:
                self._latest = None
        return True

    def _fetched(self) -> Header | NotSent:
        """A new token; where none can be had for now, the one that is still good."""
        began = self._now()
        reply = self._ask(in_body=self._in_body)
        if not self._in_body and _error(reply) in _OTHER_METHOD:
            other = self._ask(in_body=True)
            if _error(other) not in _OTHER_METHOD:
                reply = other
                self._in_body = isinstance(other, Answer) and other.ok
        found = self._found(reply)
        if isinstance(found, NotSent):
            self._renew_at = min(began + _ANOTHER_TRY, self._good_until)
            is_good = isinstance(self._latest, tuple) and began < self._good_until
            return self._latest if self._latest and is_good and not found.cure else found
        token, life = found
        self._redaction.add(token)
        self._good_until = began + life
        self._renew_at = began + _RENEWED_AFTER * life
        return b"Authorization", f"Bearer {token}".encode()

    def _ask(self, *, in_body: bool) -> Reply:
        """Send the client's name and secret, as Basic or in the form (RFC 6749 section 2.3.1)."""
        login = self._login
        form = {"grant_type": "client_credentials"}
        if login.scope:
            form["scope"] = login.scope
        headers = [(b"Accept", b"application/json"), _FORM]
        if in_body:
            form |= {"client_id": login.client_id, "client_secret": login.client_secret.value}
        else:
            headers.append((b"Authorization", b"Basic " + client_basic(login)))
        return self._post(headers, urlencode(form).encode())

    def _found(self, reply: Reply) -> tuple[str, float] | NotSent:
        """The token in an answer and the seconds that it is good for, or why there is none."""
        none = f"no token could be had from {self._host}"
        if not isinstance(reply, Answer):
            cure = reply.cure if isinstance(reply, NotSent) else ""
            return NotSent(f"{none}: {reply.reason}", cure)
        if reply.status >= _SERVER_ERROR or reply.status in _PASSING:
            return NotSent(f"{none}: it answers {reply.status}")
        if 300 <= reply.status < 400:  # noqa: PLR2004 -- RFC 9110 section 15.4
            return NotSent(
                f"{none}: it sends us to another address (HTTP {reply.status}), which is never"
                " followed",
                "correct token_url: the address at which tokens are given out",
            )
        if not reply.ok:
            return self._refused(reply)
        body = reply.json() or {}
        token, kind = body.get("access_token"), body.get("token_type")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            token = ""
        if not token or " " in token:
            return NotSent(f"{none}: its answer holds none")
        if isinstance(kind, str) and kind.lower() != "bearer":
            said = plain_words(self._struck(kind))
            return NotSent(
                f"{none}: it gives tokens of the kind {said!r}, which isn't known",
                "ask for a client whose tokens are of the kind Bearer",
            )
        return token, _life(body.get("expires_in"))

    def _refused(self, reply: Answer) -> NotSent:
        """What a 4xx means: the client, its secret, its scope or the address is wrong."""
        origin = self._login.client_secret.origin
        body = self._redaction.strike(reply.body, words=True)
        words = error_detail(Answer(reply.status, reply.headers, body))
        error = plain_words(self._struck(_error(reply)))
        said = words if error in {"", words} else f"{error}: {words}"
        cure = f"check the client_id and the client secret{origin}"
        if error == "invalid_scope":
            cure = "correct the scope, or leave it out"
        elif not error:
            cure = f"check token_url, and then the client_id and the client secret{origin}"
        return NotSent(f"{self._host} refuses the client secret{origin} ({said})", cure)

    def _struck(self, said: str) -> str:
        return self._redaction.strike(said.encode(), words=True).decode(errors="replace")


def check_token_url(url: str) -> str:
    """The host of a token endpoint's address that can be used.

    Raises:
        SettingsError: It can't: no address, not encrypted, or more than an address.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not parts.hostname or not url.isprintable() or " " in url:
        raise SettingsError(
            "token_url is not a web address",
            hint="it looks like https://login.example.com/oauth2/token",
        )
    if parts.username is not None or parts.fragment:
        raise SettingsError(
            "token_url holds more than an address", hint="no user, password or # in it"
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(
            "token_url is not encrypted (http)",
            hint="use https; plain http is for this machine only (127.0.0.1)",
        )
    return parts.hostname


def _error(reply: Reply) -> str:
    """The error code in a refusal (RFC 6749 section 5.2); `invalid_client` for a bare 401."""
    if not isinstance(reply, Answer) or reply.ok:
        return ""
    said = text((reply.json() or {}).get("error"))
    return said or ("invalid_client" if reply.status == 401 else "")  # noqa: PLR2004 -- RFC 9110 section 15.5.2


def _life(said: Any) -> float:
    """Seconds that a token is good for; some endpoints send a text."""
    try:
        seconds = float(said) if isinstance(said, int | float | str) else DEFAULT_LIFE
    except (ValueError, OverflowError):
        seconds = DEFAULT_LIFE
    return seconds if 0 <= seconds < float("inf") else DEFAULT_LIFE
