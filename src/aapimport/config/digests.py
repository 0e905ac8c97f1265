"""Digests of secrets, by which one is known again where it can't be read itself."""

from hashlib import scrypt
from hmac import compare_digest
from secrets import token_bytes

_NAME = "scrypt"
_SALT_BYTES = 16
_WORK = {"n": 2**14, "r": 8, "p": 1}
"""What RFC 7914, 2 has for logins: 16 MiB and some hundredths of a second for each guess."""


def digest_of(secret: str) -> str:
    """A digest with a salt of its own, from which nobody reads the secret."""
    salt = token_bytes(_SALT_BYTES)
    return f"{_NAME}:{salt.hex()}:{_digest(secret, salt).hex()}"


def is_digest(text: str) -> bool:
    """Whether a text is one."""
    return text.startswith(f"{_NAME}:")


def is_of(digest: str, secret: str) -> bool:
    """Whether a digest is that of a secret; one that was damaged is nobody's."""
    try:
        salt, expected = map(bytes.fromhex, digest.split(":")[1:])
    except ValueError:
        return False
    return compare_digest(_digest(secret, salt), expected)


def _digest(secret: str, salt: bytes) -> bytes:
    return scrypt(secret.encode(), salt=salt, **_WORK)
