"""Mail servers that nobody here wrote, on loopback: aiosmtpd, and Debian's exim4-daemon-light."""

import email
import email.policy
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiosmtpd.controller import Controller

from support.mail_server import free_port

EXIM = shutil.which("exim4", path="/usr/sbin:/usr/bin")
NO_EXIM = "no exim: apt-get install exim4-daemon-light"
_SETTINGS = """
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


class Taking:
    """What aiosmtpd hands e-mails to.

    Args:
        header: The header by which it knows an e-mail again, and drops it; empty for none.

    Attributes:
        taken: How many each mailbox got.
        texts: To whom which text went; words with one blank between.
    """

    def __init__(self, header: str = "") -> None:
        self.taken: Counter[str] = Counter()
        self.texts: list[tuple[str, str]] = []
        self._header = header
        self._known: set[str] = set()
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take an e-mail."""
        with self._lock:
            if self._header:
                named = str(email.message_from_bytes(envelope.content)[self._header])
                if named in self._known:
                    return "250 2.0.0 known"
                self._known.add(named)
            self.taken.update(envelope.rcpt_tos)
            made = email.message_from_bytes(envelope.content, policy=email.policy.default)
            body = made.get_body(("plain",)) if isinstance(made, EmailMessage) else None
            said = " ".join(body.get_content().split()) if body else ""
            self.texts += [(to, said) for to in envelope.rcpt_tos]
        return "250 2.0.0 taken"


@contextmanager
def aiosmtpd(taking: Taking) -> Iterator[int]:
    """Run it; its port."""
    port = free_port()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop(no_assert=True)


@contextmanager
def exim() -> Iterator[tuple[int, Callable[[], Counter[str]]]]:
    """Run exim, which keeps in its spool what it has taken; its port, and how many each got.

    Its folder is none of pytest's, which only their owner may enter.
    """
    assert EXIM
    port = free_port()
    with TemporaryDirectory(prefix="exim-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("spool", "log"):
            (folder / part).mkdir()
        configuration = folder / "exim.conf"
        configuration.write_text(_SETTINGS.format(folder=folder, port=port), encoding="utf-8")
        if os.geteuid() == 0:
            for owned in (folder / "spool", folder / "log", folder):
                shutil.chown(owned, "Debian-exim", "Debian-exim")

        def spooled() -> Counter[str]:
            found: Counter[str] = Counter()
            for head in (folder / "spool" / "input").rglob("*-H"):
                found.update(re.findall(r"To: (\S+)", head.read_text("utf-8")))
            return found

        with subprocess.Popen([EXIM, "-C", str(configuration), "-bdf"]) as process:
            try:
                _await(port)
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
    raise TimeoutError("exim doesn't listen")
