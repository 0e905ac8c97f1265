"""Our tokens, struck out of whatever a service says.

A service that repeats a request's headers in its error page would put the token on a screen, into
the journal and into a log. Nothing that comes from a service goes past this.
"""

import re
from collections.abc import Iterable

STRUCK_OUT = "[token]"
_SHORT = 8
"""Tokens of fewer characters are struck out as whole words only: they could be part of a name."""
_WORD = r"[\w.@+-]"


class Redaction:
    """Finds secrets, also as a web address, JSON or HTML would spell them.

    Args:
        secrets: The tokens; empty ones are left out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        found = sorted({one for one in secrets if one}, key=len, reverse=True)
        self._patterns: list[tuple[bytes, re.Pattern[bytes]]] = [
            (_plain_part(one), _pattern(one)) for one in found
        ]

    def strike(self, said: bytes) -> bytes:
        """What a service says, without the secrets."""
        for plain_part, pattern in self._patterns:
            if plain_part in said:  # far cheaper than the pattern, and nearly always the end of it
                said = pattern.sub(STRUCK_OUT.encode(), said)
        return said


def _plain_part(secret: str) -> bytes:
    """The longest part of a secret that is spelled in one way only."""
    parts: list[str] = re.findall("[A-Za-z0-9]*", secret)
    return max(parts, key=len).encode()


def _pattern(secret: str) -> re.Pattern[bytes]:
    """What finds a secret in every spelling."""
    spelled = "".join(map(_spellings, secret))
    if len(secret) < _SHORT:
        spelled = f"(?<!{_WORD}){spelled}(?!{_WORD})"
    return re.compile(spelled.encode())


def _spellings(character: str) -> str:
    """Every way to write one character: as it is, escaped, or by its number."""
    if character.isalnum():
        return character
    code = f"{ord(character):02x}"
    digits = "".join(f"[{digit}{digit.upper()}]" for digit in code)
    as_it_is = re.escape(character)
    return (
        rf"(?:\\?{as_it_is}|%{digits}|\\u00{digits}"
        rf"|&#(?:[xX]0*{digits}|0*{ord(character)});|&[a-z]+;)"
    )
