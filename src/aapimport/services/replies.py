"""What becomes of one request: an answer, nothing that was sent, or an answer that was lost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered.

    Attributes:
        status: The HTTP status.
        headers: The headers, names in lower case.
        body: The body as it came.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 -- RFC 9110 section 15.3

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object, or None when it is anything else."""
        value = self._parsed()
        return value if isinstance(value, dict) else None

    def array(self) -> list[Any] | None:
        """The body as a JSON array, or None when it is anything else."""
        value = self._parsed()
        return value if isinstance(value, list) else None

    def _parsed(self) -> Any:
        try:
            value = json.loads(self.body)
            if b"\\ud" in self.body or b"\\uD" in self.body:
                # half a character can't be stored: `?` instead
                value = json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
        except (ValueError, RecursionError):
            return None
        return value


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request never reached the service, or was never looked at there.

    Attributes:
        reason: Why.
        cure: What has to be set or mended before any request can be sent; empty where the same
            request may well be sent a little later.
        astray: Whether the address looks wrong, as far as one request can tell.
    """

    reason: str
    cure: str = ""
    astray: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The request may have reached the service; its answer didn't reach us.

    Attributes:
        reason: Why.
        lasting: Whether the same request would be answered in the same way: no use to repeat it.
    """

    reason: str
    lasting: bool = False


Reply = Answer | NotSent | Lost
