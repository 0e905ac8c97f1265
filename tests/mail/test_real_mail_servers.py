"""Against mail servers that nobody here wrote: killed at any step, nobody is mailed twice."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from support.extent import ALL
from support.mail_server import free_port

CHILD = Path(__file__).with_name("mailing_child.py")
PEOPLE = 40


class Taking:
    """What aiosmtpd hands e-mails to.

    Attributes:
        taken: How many each mailbox got.
        known: Whether it knows e-mails again by their recipient, as a service does by a header.
    """

    def __init__(self, *, known: bool = False) -> None:
        self.taken: Counter[str] = Counter()
        self._known = known
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take an e-mail."""
        with self._lock:
            for to in envelope.rcpt_tos:
                if not self._known or not self.taken[to]:
                    self.taken[to] += 1
        return "250 2.0.0 taken"


def _mail_everybody(ledger: Path, port: int, seed: int, *, chance: float, header: str = "") -> int:
    """Run the child until it isn't killed any more; how often it was."""
    kills, code = 0, -1
    while True:
        words = (ledger, port, PEOPLE, seed + kills, chance, *([header] if header else []))
        code = subprocess.run(
            [sys.executable, str(CHILD), *map(str, words)],
            check=False,
            timeout=120,
        ).returncode
        if code >= 0:
            assert code == 0
            break
        kills += 1
    return kills


def _check(ledger: Path, taken: Counter[str], *, all_sent: bool = False) -> int:
    """Check that the ledger and the server agree; how many are in doubt."""
    book = sqlite3.connect(ledger)
    states = dict(book.execute("SELECT mailbox, state FROM mails"))
    book.close()
    people = {f"p{number}@example.com" for number in range(PEOPLE)}
    assert states.keys() == people
    assert set(taken) <= people
    assert max(taken.values()) == 1
    assert all(taken[to] == 1 for to, state in states.items() if state == "sent")
    doubts = [*states.values()].count("dot")
    assert not (all_sent and doubts)
    return doubts


@pytest.fixture
def aiosmtpd() -> Iterator[Callable[[Taking], int]]:
    """Starts aiosmtpd on loopback."""
    running: list[Controller] = []

    def start(taking: Taking) -> int:
        port = free_port()
        controller = Controller(taking, hostname="127.0.0.1", port=port)
        controller.start()
        running.append(controller)
        return port

    yield start
    for one in running:
        one.stop(no_assert=True)


@pytest.mark.parametrize("header", ["", "Idempotency-Key"])
def test_killed_at_any_step_nobody_is_mailed_twice(
    aiosmtpd: Callable[[Taking], int], tmp_path: Path, header: str
) -> None:
    """aiosmtpd: sent or in doubt by name; with an idempotency header no doubt is left."""
    taking = Taking(known=bool(header))
    kills = _mail_everybody(tmp_path / "l", aiosmtpd(taking), 7, chance=0.05, header=header)
    assert kills >= 3
    doubts = _check(tmp_path / "l", taking.taken, all_sent=bool(header))
    assert sum(taking.taken.values()) >= PEOPLE - doubts


_KILLS = 1000 if ALL else 40


@pytest.mark.campaign
@pytest.mark.parametrize("header", ["", "Idempotency-Key"])
def test_killed_many_times(aiosmtpd: Callable[[Taking], int], tmp_path: Path, header: str) -> None:
    """The same over many seeds, until so many processes were killed."""
    kills = doubts = 0
    for seed in range(0, 1_000_000, 1000):
        taking = Taking(known=bool(header))
        ledger = tmp_path / f"l{seed}"
        kills += _mail_everybody(ledger, aiosmtpd(taking), seed, chance=0.1, header=header)
        doubts += _check(ledger, taking.taken, all_sent=bool(header))
        if kills >= _KILLS:
            break
    print(f"{kills} kills, {doubts} in doubt")


EXIM = """
primary_hostname = mail.test
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/pid
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
host_lookup =
rfc1413_query_timeout = 0s
queue_only = true
keep_environment =
acl_smtp_rcpt = everybody
smtp_accept_max = 100
begin acl
everybody:
  accept
begin routers
begin transports
"""


@pytest.fixture
def exim(tmp_path: Path) -> Iterator[tuple[int, Callable[[], Counter[str]]]]:
    """Debian's exim4-daemon-light, which keeps in its spool what it has taken."""
    program = shutil.which("exim4", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("no exim: apt-get install exim4-daemon-light")
    folder, port = tmp_path / "exim", free_port()
    for name in ("spool", "log"):
        (folder / name).mkdir(parents=True)
    configuration = folder / "exim.conf"
    configuration.write_text(EXIM.format(folder=folder, port=port), encoding="utf-8")
    if os.geteuid() == 0:
        for path in (*tmp_path.parents, tmp_path, folder):
            if str(path).startswith("/tmp/"):  # noqa: S108 -- pytest's own folders, which exim's user must enter
                path.chmod(0o755)
        for name in ("spool", "log"):
            shutil.chown(folder / name, "Debian-exim", "Debian-exim")
        shutil.chown(folder, "Debian-exim", "Debian-exim")
    with subprocess.Popen([program, "-C", str(configuration), "-bdf"]) as process:
        try:
            _await(port)

            def spooled() -> Counter[str]:
                found: Counter[str] = Counter()
                for head in (folder / "spool" / "input").rglob("*-H"):
                    found.update(re.findall(r"To: (\S+)", head.read_text("utf-8")))
                return found

            yield port, spooled
        finally:
            process.terminate()


def _await(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("exim doesn't listen")


@pytest.mark.servers
def test_exim_has_nobody_twice_in_its_spool(
    exim: tuple[int, Callable[[], Counter[str]]], tmp_path: Path
) -> None:
    """Killed at any step: what the ledger says is sent is in the spool, once."""
    port, spooled = exim
    kills = _mail_everybody(tmp_path / "l", port, 7, chance=0.05)
    assert kills >= 3
    time.sleep(1.0)
    taken = spooled()
    doubts = _check(tmp_path / "l", taken)
    assert sum(taken.values()) >= PEOPLE - doubts
