"""One process at a time writes a journal."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from aapimport.config.folders import private_file, private_folder
from aapimport.config.locks import take, unusable
from aapimport.errors import ServiceError

WAIT_SECONDS = 10.0
_GRACE_SECONDS = 0.25
"""Waited in silence: by then whoever has the lock has also said who that is."""


@contextmanager
def only_writer(
    journal: Path, tell: Callable[[str], None], wait_seconds: float = WAIT_SECONDS
) -> Iterator[None]:
    """Be the only process that writes a journal; the system frees the lock when a process dies.

    Args:
        journal: The journal's file.
        tell: Told, before waiting, who has the lock.
        wait_seconds: How long to wait for another process.

    Raises:
        ServiceError: Another process still has it.
        SettingsError: The folder can't be used, or its file system has no locks.
    """
    private_folder(journal.parent)
    lock = FileLock(journal.with_suffix(".lock"), mode=0o600)
    owner = journal.with_suffix(".owner")
    try:
        _acquire(lock, owner, tell, wait_seconds)
        private_file(owner).write_text(
            json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8"
        )
    except (OSError, NotImplementedError) as error:
        lock.release()
        raise unusable(journal.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, owner: Path, tell: Callable[[str], None], wait_seconds: float) -> None:
    """Get the lock, or say who has it."""
    try:
        take(lock, min(_GRACE_SECONDS, wait_seconds))
    except Timeout:
        who = _owner(owner)
        tell(f"another upload is running ({who}): waiting up to {wait_seconds:.0f} s for it")
        try:
            take(lock, wait_seconds)
        except Timeout:
            raise ServiceError(
                f"another upload is still running ({who})",
                hint="wait until it has printed its receipt, then try again",
                state="this command sent nothing",
            ) from None


def _owner(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(found['pid'])} on {str(found['host'])!r}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its process is not known"
