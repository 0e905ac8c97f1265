import time
from collections.abc import Callable

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend

from aapimport.config.keyring_store import Keyring, KeyringTroubleError, NoKeyringError, user_of
from support.keyrings import FakeKeyring, HangingKeyring, LockedKeyring, PlaintextKeyring

PLACE = "https://portal.example.com/scim"


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Callable[[KeyringBackend], Keyring]:
    """Makes a backend the system's."""

    def use(backend: KeyringBackend) -> Keyring:
        monkeypatch.setattr("keyring.core._keyring_backend", backend)
        return Keyring(seconds=0.3)

    return use


def test_what_is_kept_is_found_and_forgotten(system: Callable[[KeyringBackend], Keyring]) -> None:
    """For one place and one user, under a name that says what it is for."""
    backend = FakeKeyring()
    keyring = system(backend)
    assert keyring.read(PLACE, "portal") is None
    keyring.write(PLACE, user_of("acme", "portal"), "tok")
    assert backend.kept == {(f"aapimport:{PLACE}", "acme/portal"): "tok"}
    assert keyring.read(PLACE, "acme/portal") == "tok"
    assert keyring.read(PLACE, user_of("", "portal")) is None
    assert keyring.delete(PLACE, "acme/portal")
    assert not keyring.delete(PLACE, "acme/portal")


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, PlaintextKeyring])
def test_a_keyring_that_keeps_nothing_safe_is_none(
    backend: type[KeyringBackend], system: Callable[[KeyringBackend], Keyring]
) -> None:
    """Plain text, nothing at all, or a stand-in is not used, for reading as for writing."""
    keyring = system(backend())
    with pytest.raises(NoKeyringError, match="no keyring that keeps secrets safe"):
        keyring.write(PLACE, "portal", "tok")
    with pytest.raises(NoKeyringError):
        keyring.read(PLACE, "portal")


def test_of_several_the_first_safe_one_is_used(
    system: Callable[[KeyringBackend], Keyring], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the library would ask one after the other, plain text isn't among them."""
    safe = FakeKeyring()
    backends = [PlaintextKeyring(), safe]
    monkeypatch.setattr(ChainerBackend, "backends", backends)
    chainer = ChainerBackend()  # type: ignore[no-untyped-call]  # the library has no types there
    system(chainer).write(PLACE, "portal", "tok")
    assert list(safe.kept.values()) == ["tok"]
    assert backends[0].kept == {}


def test_one_that_hangs_is_given_up_once(system: Callable[[KeyringBackend], Keyring]) -> None:
    """The second question doesn't wait again."""
    backend = HangingKeyring()
    keyring = system(backend)
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(KeyringTroubleError, match="doesn't answer within"):
            keyring.read(PLACE, "portal")
    assert time.monotonic() - began < 30  # each may hang for 60
    assert backend.asked == 1


def test_one_that_is_locked_says_so_and_nothing_else(
    system: Callable[[KeyringBackend], Keyring],
) -> None:
    """What the library says may repeat a secret."""
    keyring = system(LockedKeyring())
    with pytest.raises(KeyringTroubleError) as caught:
        keyring.write(PLACE, "portal", "tok")
    assert str(caught.value) == "the keyring is locked"


def test_one_that_is_switched_off_is_not_asked(
    system: Callable[[KeyringBackend], Keyring],
) -> None:
    """The environment's word is repeated."""
    backend = FakeKeyring()
    system(backend)
    with pytest.raises(NoKeyringError, match="switched off by X"):
        Keyring(off="the keyring is switched off by X").read(PLACE, "portal")
    assert backend.asked == 0
