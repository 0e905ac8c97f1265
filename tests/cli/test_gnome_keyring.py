"""A keyring that nobody here wrote: GNOME's, in a D-Bus session of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from support.machine import SERVICES, Machine

STATUS = ("login", "--status", "--json")
_WAIT = 20.0
_DAEMON = ("--unlock", "--foreground", "--components=secrets")
_SECRETS = "org.freedesktop.secrets"
_PROGRAMS = {
    name: shutil.which(name) for name in ("dbus-daemon", "dbus-send", "gnome-keyring-daemon")
}
_MISSING = [name for name, path in _PROGRAMS.items() if not path]

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}"),
]


@dataclass
class Session:
    """A D-Bus session with an unlocked keyring in it.

    Attributes:
        environment: What a command needs to find it.
        daemon: The keyring's process.
    """

    environment: dict[str, str]
    daemon: "subprocess.Popen[bytes]"

    def lock(self) -> None:
        """Lock it, as a screen saver does."""
        self._python("secretstorage.get_default_collection(bus).lock()")

    def holds(self, secret: str) -> bool:
        """Whether a secret is in it, seen by the library below."""
        script = "print([i.get_secret().decode() for i in c.get_all_items()])"
        found = self._python(f"c = secretstorage.get_default_collection(bus); {script}")
        return repr(secret) in found

    def _python(self, script: str) -> str:
        words = [
            sys.executable,
            "-c",
            f"import secretstorage\nbus = secretstorage.dbus_init()\n{script}",
        ]
        environment = os.environ | self.environment
        return subprocess.run(
            words, env=environment, check=True, capture_output=True, text=True, timeout=_WAIT
        ).stdout


@pytest.fixture
def bus(machine: Machine) -> Iterator[dict[str, str]]:
    """A D-Bus session without anything in it."""
    runtime = machine.home / "run"
    runtime.mkdir(mode=0o700)
    folders = {
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_DATA_HOME": str(machine.home / "data"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        "DISPLAY": "",
        "WAYLAND_DISPLAY": "",
    }
    process = subprocess.Popen(
        [str(_PROGRAMS["dbus-daemon"]), "--session", "--nofork", "--print-address"],
        env=os.environ | folders,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    yield folders | {"DBUS_SESSION_BUS_ADDRESS": address}
    process.kill()
    process.communicate()


@pytest.fixture
def session(bus: dict[str, str], machine: Machine) -> Iterator[Session]:
    """The same with GNOME's keyring, unlocked, and both addresses in the user's own file."""
    machine.own_file(SERVICES)
    daemon = subprocess.Popen(
        [str(_PROGRAMS["gnome-keyring-daemon"]), *_DAEMON],
        env=os.environ | bus,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert daemon.stdin is not None
    daemon.stdin.write(b"a password")
    daemon.stdin.close()
    _wait_for_secrets(bus)
    yield Session(bus, daemon)
    daemon.send_signal(signal.SIGCONT)
    daemon.kill()
    daemon.wait()


def _wait_for_secrets(bus: dict[str, str]) -> None:
    words = [
        *(str(_PROGRAMS["dbus-send"]), "--session", "--print-reply", "--dest=org.freedesktop.DBus"),
        *("/", "org.freedesktop.DBus.NameHasOwner", f"string:{_SECRETS}"),
    ]
    deadline = time.monotonic() + _WAIT
    while time.monotonic() < deadline:
        done = subprocess.run(words, env=os.environ | bus, capture_output=True, check=False)
        if b"boolean true" in done.stdout:
            return
        time.sleep(0.05)
    pytest.fail("gnome-keyring-daemon didn't come up")


def test_stored_read_and_deleted(aapimport_process, session):
    """What `login` keeps is in the keyring, is found again, and is gone after `logout`."""
    done = aapimport_process("login", "portal", stdin="tok-1\n", **session.environment)
    assert done.code == 0, done.err
    assert session.holds("tok-1")
    status = aapimport_process(*STATUS, **session.environment)
    assert status.json["portal"]["secret"] == "set (keyring)"
    assert status.json["jhana"]["secret"] == "not set"
    done = aapimport_process("login", "portal", stdin="tok-2\n", **session.environment)
    assert session.holds("tok-2")
    assert not session.holds("tok-1")
    done = aapimport_process("logout", "portal", **session.environment)
    assert "is forgotten: keyring" in done.err
    assert not session.holds("tok-2")
    assert aapimport_process(*STATUS, **session.environment).json["portal"]["source"] == "default"


def test_another_address_has_no_secret(aapimport_process, session):
    """It is bound to the address that it was kept for."""
    aapimport_process("login", "portal", stdin="tok-1\n", **session.environment)
    at = "https://other.example.com/"
    other = {f"AAPIMPORT_{name}_URL": at + name for name in ("PORTAL", "JHANA")}
    elsewhere = session.environment | other
    assert aapimport_process(*STATUS, **elsewhere).json["portal"]["secret"] == "not set"


def test_locked(aapimport_process, session):
    """Nobody is there to unlock it: a sentence within seconds, and nothing is kept elsewhere."""
    aapimport_process("login", "portal", stdin="tok-1\n", **session.environment)
    session.lock()
    for words in (["login", "portal"], ["logout", "portal"], ["passes"]):
        done = aapimport_process(*words, stdin="tok-2\n", **session.environment)
        assert done.code == 3
        assert "the keyring is locked" in " ".join(done.err.split())


def test_one_that_hangs_is_given_up(aapimport_process, session):
    """After 3 seconds, however long it would take; and once only, for both services."""
    session.daemon.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    done = aapimport_process("passes", **session.environment)
    took = time.monotonic() - began
    assert done.code == 3
    assert "doesn't answer within 3 s" in " ".join(done.err.split())
    assert 3 <= took < 3 + _WAIT / 4


def test_absent(aapimport_process, bus, machine):
    """A session without a keyring: what helps is said, and a file works."""
    machine.own_file(SERVICES)
    done = aapimport_process("login", "portal", stdin="tok-1\n", **bus)
    assert done.code == 3
    assert "--file" in done.err
    assert not machine.state.exists()
    assert aapimport_process("login", "portal", "--file", stdin="tok-1\n", **bus).code == 0
    status = aapimport_process(*STATUS, **bus).json
    assert status["portal"]["source"] == str(machine.state / "secrets.json")
