"""A token endpoint on loopback, whose tokens expire, rotate, and can't always be had."""

import base64
import json
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus

from aapimport.config.logins import ClientCredentials, Secret
from support.wire import RESET, Request, Response, Server, error

CLIENT_ID, CLIENT_SECRET = "hr-import:eu", "s3cret +/of=the%client"
FETCHED = "fetched-7b21-"
"""How each token begins that it gives."""

_TROUBLES = (error(503), RESET, Response(body=b"<html>"), Response(cut=0), None)


class TokenEndpoint:
    """Gives tokens for one client's secret.

    Attributes:
        life: Seconds that a token is good for; None for ever.
        says: What it says of it as `expires_in`, if anything but the same.
        in_body: Whether it takes the secret in the form alone (client_secret_post).
        instead: Answers that it gives instead of the next tokens; None for a token.
        pause: Seconds that it takes for an answer.
        seen: Every request.
        most_at_once: How many requests were under way at once at the most.
    """

    def __init__(self) -> None:
        self.life: float | None = None
        self.says: Any = ...
        self.in_body = False
        self.instead: deque[Response | None] = deque()
        self.pause = 0.0
        self.seen: list[Request] = []
        self.most_at_once = self._at_once = 0
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()
        self._server = Server(self._answer, base="")
        self.url = f"{self._server.url}/token"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    @property
    def login(self) -> ClientCredentials:
        """The client as it is to be."""
        secret = Secret(value=CLIENT_SECRET, source="AAPIMPORT_PORTAL_CLIENT_SECRET")
        return ClientCredentials(
            token_url=self.url, client_id=CLIENT_ID, client_secret=secret, scope="scim write"
        )

    @property
    def given(self) -> int:
        """How many tokens it gave."""
        return len(self._tokens)

    def opens(self, authorization: str | None) -> bool:
        """Whether a token is good now."""
        token = (authorization or "").removeprefix("Bearer ")
        return time.monotonic() < self._tokens.get(token, 0.0)

    def revoke(self) -> None:
        """Let no token be good any more."""
        with self._lock:
            self._tokens = dict.fromkeys(self._tokens, 0.0)

    @contextmanager
    def in_trouble(self, calm: float, draw: random.Random) -> Iterator[None]:
        """Rotates its tokens and answers amiss, while it lasts.

        Args:
            calm: Seconds between two troubles at the most.
            draw: What decides which it is.
        """
        over = threading.Event()

        def trouble() -> None:
            while not over.wait(draw.uniform(calm / 5, calm)):
                if draw.random() < 0.5:
                    self.revoke()
                if not self.instead:
                    self.instead.append(draw.choice(_TROUBLES))

        thread = threading.Thread(target=trouble)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _answer(self, request: Request) -> Response:
        with self._lock:
            self.seen.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.pause)
        with self._lock:
            self._at_once -= 1
            other = self.instead.popleft() if self.instead else None
            return other or self._token(request)

    def _token(self, request: Request) -> Response:
        form = {name: one for name, (one,) in parse_qs(request.body.decode()).items()}
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        who = tuple(map(unquote_plus, base64.b64decode(basic).decode().split(":")))
        if self.in_body:
            who = (form.get("client_id", ""), form.get("client_secret", ""))
        if who != (CLIENT_ID, CLIENT_SECRET):
            return refusal(401, "invalid_client")
        if form["grant_type"] != "client_credentials" or form["scope"] != "scim write":
            return refusal(400, "invalid_scope")
        token = FETCHED + secrets.token_urlsafe(24)
        life = 1e9 if self.life is None else self.life
        self._tokens[token] = time.monotonic() + life
        said = {"access_token": token, "token_type": "bearer"}
        expires = self.life if self.says is ... else self.says
        more = {} if expires is None else {"expires_in": expires}
        return Response(body=json.dumps(said | more).encode())


def refusal(status: int, error: str, words: str = "") -> Response:
    """An error in OAuth's envelope (RFC 6749 section 5.2)."""
    return Response(
        status=status, body=json.dumps({"error": error, "error_description": words}).encode()
    )
