"""What kind of trouble a service has with a request, on which depends what is to be done."""

import re
from enum import StrEnum


class Trouble(StrEnum):
    """The kinds, by status and scimType (RFC 9110 section 15, RFC 7644 section 3.12)."""

    TAKEN = "taken"
    INVALID = "invalid"
    NOT_ALLOWED = "not allowed"
    FULL = "full"
    TOO_LARGE = "too large"
    GONE = "gone"
    CHANGED = "changed meanwhile"
    BUSY = "busy"
    NO_ANSWER = "no answer"
    REFUSED = "refused"


_UNIQUENESS = "uniqueness"
_TOO_MANY = "tooMany"
_BY_STATUS = {
    400: Trouble.INVALID,
    402: Trouble.FULL,
    403: Trouble.NOT_ALLOWED,
    404: Trouble.GONE,
    408: Trouble.BUSY,
    409: Trouble.TAKEN,
    410: Trouble.GONE,
    412: Trouble.CHANGED,
    413: Trouble.TOO_LARGE,
    422: Trouble.INVALID,
    429: Trouble.BUSY,
    507: Trouble.FULL,
}
_MAY_BE_FULL = {Trouble.INVALID, Trouble.NOT_ALLOWED, Trouble.TAKEN, Trouble.REFUSED}
_SAYS_FULL = re.compile(r"\bfull\b|\b(seats?|places?|licen[cs]es?|capacity|quota)\b", re.IGNORECASE)
_SERVER_ERROR = 500


def trouble_of(status: int, kind: str = "", words: str = "") -> Trouble:
    """The kind of trouble that an answer tells of.

    No status means that a pass or a team is full: where the service's words speak of seats or
    places, they do.

    Args:
        status: The answer's status.
        kind: Its scimType.
        words: Its words.
    """
    if kind == _UNIQUENESS:
        return Trouble.TAKEN
    if kind == _TOO_MANY:
        return Trouble.TOO_LARGE
    by_status = Trouble.BUSY if status >= _SERVER_ERROR else Trouble.REFUSED
    found = _BY_STATUS.get(status, by_status)
    return Trouble.FULL if found in _MAY_BE_FULL and _SAYS_FULL.search(words) else found
