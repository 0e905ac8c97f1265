"""Keyrings for tests: one that works, and ones that don't."""
# ruff: noqa: ARG002 -- the signatures are those of the library

import threading

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class FakeKeyring(KeyringBackend):
    """A keyring that keeps everything in this process."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        """What is kept."""
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class PlaintextKeyring(FakeKeyring):
    """One that would write secrets down for everybody, by its name."""


class LockedKeyring(FakeKeyring):
    """One whose owner doesn't unlock it."""

    def get_password(self, service: str, username: str) -> str | None:
        """It is locked; the message repeats what must not be shown."""
        raise KeyringLocked(f"canary-{service}-{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """The same."""
        raise KeyringLocked(f"canary-{password}")


class HangingKeyring(FakeKeyring):
    """One that waits for a person who isn't there."""

    def get_password(self, service: str, username: str) -> str | None:
        """Waits longer than any test."""
        self.asked += 1
        threading.Event().wait(60)
        return None
