"""Values as screens and errors may repeat them: what could be a misplaced secret is not."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

_WORD = re.compile(r"(?:[A-Z]?[a-z]{0,14}(?:[A-Z][a-z]{1,14}){0,2}|[A-Z]{1,14})\d{0,4}")
"""A word as people write it: `Key`, `API`, `apiKey`, `svc2026`; what programs draw by lot has more
changes between capitals, small letters and digits, or is longer."""
_HOLDS_MORE = re.compile(r"[?=#]|(?:://|:[^/\s@])[^@/\s]*@")
"""What follows an address, an assignment, or `user:password@`."""
_LONGEST = 64
_LONG = 16
_BEGINNING = 4


def masked(text: str) -> str:
    """A value that is no secret where it stands, unless it looks like one that was pasted there."""
    words = re.split(r"[^A-Za-z0-9]+", text)
    is_plain = text.isascii() and text.isprintable() and len(text) <= _LONGEST
    if is_plain and all(map(_WORD.fullmatch, words)) and not _HOLDS_MORE.search(text):
        return text
    return shortened(text)


def shortened(text: str) -> str:
    """Of a value that may be half a secret, as a client's id, how it begins and how long it is."""
    if len(text) < _LONG or not text.isprintable():
        return f"hidden ({len(text)} characters)"
    return f"{text[:_BEGINNING]}… ({len(text)} characters)"


def masked_path(text: str) -> str:
    """A path, where something is or where each part of it is in words."""
    path = Path(text)
    names: Sequence[str] = path.parts
    with suppress(OSError, ValueError):  # too long for a path, or a NUL in it
        if path.exists():
            return text
        if path.parent.is_dir():
            names = [path.name]
    is_address = re.search(r"\w\w:/", text)  # whose two slashes may have become one
    if not is_address and all(masked(one) == one for one in names):
        return text
    return shortened(path.name)


def masked_address(url: str) -> str:
    """A web address without user, password, ? and #."""
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # a port that is none, half an IPv6 address
        return shortened(url)
    if not parts.scheme or not parts.hostname:
        return masked(url)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"
