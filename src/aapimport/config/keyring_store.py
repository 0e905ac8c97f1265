"""The keyring of the operating system, where secrets are kept for one address each."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

WAIT_SECONDS = 3.0
"""How long a keyring may take: one that is locked asks a person, who may not be there."""
_UNSAFE = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
"""Backends that keep nothing, or in files that others can read, or ask by themselves."""
_Result = TypeVar("_Result")


class KeyringTroubleError(Exception):
    """The keyring can't be used; its text says why: `the keyring is locked`."""


class NoKeyringError(KeyringTroubleError):
    """There is none, so nothing can be in it."""


@dataclass(kw_only=True)
class Keyring:
    """The system's keyring, for as long as a command runs; trouble with it is met only once.

    Args:
        off: What switches it off, in words; empty where nothing does.
        seconds: How long it may take.
    """

    off: str = ""
    seconds: float = WAIT_SECONDS
    _trouble: KeyringTroubleError | None = field(default=None, init=False)

    def read(self, place: str, user: str) -> str | None:
        """The secret of a user at a place; None without one.

        Raises:
            KeyringTroubleError: The keyring can't be used.
        """
        return self._ask(lambda backend: backend.get_password(_service(place), user))

    def write(self, place: str, user: str, secret: str) -> None:
        """Keep a secret, instead of one that is there.

        Raises:
            KeyringTroubleError: The keyring can't be used.
        """
        self._ask(lambda backend: backend.set_password(_service(place), user, secret))

    def delete(self, place: str, user: str) -> bool:
        """Forget a secret.

        Returns:
            Whether there was one.

        Raises:
            KeyringTroubleError: The keyring can't be used.
        """

        def forget(backend: "KeyringBackend") -> bool:
            if backend.get_password(_service(place), user) is None:
                return False
            backend.delete_password(_service(place), user)
            return True

        return self._ask(forget)

    def _ask(self, question: Callable[["KeyringBackend"], _Result]) -> _Result:
        """Ask in a thread that is given up after a while, and that ends with the process."""
        if self.off:
            raise NoKeyringError(self.off)
        if self._trouble is not None:
            raise self._trouble
        from keyring.errors import InitError

        answers: list[_Result] = []
        troubles: list[KeyringTroubleError] = []

        def ask() -> None:
            try:
                answers.append(question(_backend()))
            except KeyringTroubleError as error:
                troubles.append(error)
            except InitError as error:  # nothing answers there: no service, or no session
                troubles.append(NoKeyringError(_words(error)))
            except Exception as error:  # noqa: BLE001 -- backends raise what they like; a secret may be in its text
                troubles.append(KeyringTroubleError(_words(error)))

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self.seconds)
        if answers:
            return answers[0]
        self._trouble = (
            troubles[0]
            if troubles
            else KeyringTroubleError(
                f"the keyring is locked, or doesn't answer within {self.seconds:.0f} s"
            )
        )
        raise self._trouble


def user_of(profile: str, service: str) -> str:
    """The name under which a profile's secret of a service is kept."""
    return f"{profile}/{service}" if profile else service


def _service(place: str) -> str:
    return f"aapimport:{place}"


def _backend() -> "KeyringBackend":
    """The keyring that the system or the user has chosen, unless it is one that keeps nothing safe.

    Raises:
        KeyringTroubleError: There is no other.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    chosen = keyring.get_keyring()
    all_of_them = chosen.backends if isinstance(chosen, ChainerBackend) else [chosen]
    for backend in all_of_them:
        if _is_safe(backend):
            return backend
    raise NoKeyringError("this system has no keyring that keeps secrets safe")


def _is_safe(backend: "KeyringBackend") -> bool:
    return not any(
        kind.__module__.startswith(_UNSAFE) or "plaintext" in kind.__name__.lower()
        for kind in type(backend).__mro__
    )


def _words(error: Exception) -> str:
    locked = "locked" in type(error).__name__.lower()
    return (
        "the keyring is locked" if locked else f"the keyring can't be used ({type(error).__name__})"
    )
