"""A pasted secret: what is wrapped around it is taken off, and what can't be one is refused."""

import re
import unicodedata

from aapimport.config.values import Auth
from aapimport.errors import SettingsError

_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "‘": "’", "«": "»"}
_BEARER = re.compile(r"(?:authorization\s*:\s*)?bearer(?:\s+|$)", re.IGNORECASE)
_NAME = re.compile(
    r"(?:export\s+|set\s+|\$env:)?"
    r"(?:authorization\s*:\s|([\"']?)(?:aapimport_(?:(?:portal|jhana)_token|mail_password)"
    r"|(?:(?:access|api|auth|bearer|client)[_-]?)?(?:token|secret|key))\1\s*(?:=|:(?=[\s\"'])))"
    r"\s*",
    re.IGNORECASE,
)
"""What stands before a secret in a header, a file of settings, a shell and JSON."""
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*:\s")
_NEVER = set('"<>{}')
"""Signs of JSON and of placeholders, which no bearer token has (RFC 6750, 2.1)."""
_SCHEME = "'Bearer'"
_BEFORE = "the name before it"
_KINDS = {"\n": "a line break", "\r": "a line break", "\t": "a tab", " ": "a blank"}


def cleaned(text: str, auth: Auth, where: str, *, cure: str) -> tuple[str, str]:
    """A pasted secret without what doesn't belong to it, and a notice of what was taken off.

    Args:
        text: What was typed or pasted.
        auth: The kind of log-in; a password is taken as it is.
        where: Where it is from, for messages.
        cure: What to do where it is empty.

    Raises:
        SettingsError: It is empty, or holds what a secret can't; what that is, and no more of it.
    """
    value, off = _unwrapped(text, auth)
    if not value.strip():
        raise SettingsError(f"{where} is empty", hint=cure)
    what = "password" if auth == "basic" else "token"
    for place, character in enumerate(value, 1):
        if kind := _wrong(character, auth):
            raise SettingsError(
                f"{where} holds characters that a {what} can't have: {kind} at place {place} of"
                f" {len(value)}",
                hint=f"copy the {what} again, and nothing else",
            )
    if auth == "header" and _HEADER.match(value):
        raise SettingsError(
            f"{where} begins with the name of a header and a colon",
            hint="give only what stands behind it; the name is the setting `header`",
        )
    return value, f"{off} taken off {where}" if off else ""


def _unwrapped(text: str, auth: Auth) -> tuple[str, str]:
    """What is inside, and what was taken off, as the subject of a sentence and its verb."""
    off: list[str] = []
    while True:
        bare = _without_invisible(text)
        inner = bare.strip("\r\n") if auth == "basic" else bare.strip()
        if bare != text:
            off.append("invisible characters")
        if inner != text:
            text = inner
        elif auth == "bearer" and (found := _BEARER.match(text)):
            text = text[found.end() :]
            off.append(_SCHEME)
        elif auth in {"bearer", "client-credentials"} and (found := _NAME.match(text)):
            text = text[found.end() :]
            off.append(_BEFORE)
        elif auth != "basic" and len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
            off.append("quotation marks")
        else:
            words = sorted(set(off))
            verb = "was" if words in ([_SCHEME], [_BEFORE]) else "were"
            return text, f"{' and '.join(words)} {verb}" if words else ""


def _without_invisible(text: str) -> str:
    """A text without marks that nobody sees before and behind it, as a byte order mark."""
    ends = [place for place, one in enumerate(text) if unicodedata.category(one) != "Cf"]
    return text[ends[0] : ends[-1] + 1] if ends else ""


def _wrong(character: str, auth: Auth) -> str:
    """What is wrong with a character of a secret; empty for nothing.

    A client's secret and the value of a header may have blanks (RFC 6749, A.2; RFC 9110, 5.5).
    """
    if character == " " and auth != "bearer":
        return ""
    category = unicodedata.category(character)
    if kind := _KINDS.get(character):
        return kind
    if category in {"Cf", "Cc", "Zs", "Zl", "Zp"}:
        kind = {"Cf": "an invisible character", "Cc": "a control character"}.get(category)
        return f"{kind or 'an unusual blank'} (U+{ord(character):04X})"
    if not character.isprintable():
        return "a character that can't be printed"
    if auth != "basic" and not character.isascii():
        return "a letter or sign outside ASCII"
    return f"the sign {character}" if auth == "bearer" and character in _NEVER else ""
