"""One process at a time writes a journal."""

import errno
import json
import os
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from aapimport.config.folders import STATE_DIR, private_folder
from aapimport.errors import ServiceError, SettingsError

WAIT_SECONDS = 10.0
_GRACE_SECONDS = 0.25
"""Waited in silence: by then whoever has the lock has also said who that is."""

_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
"""What file systems answer that have no locks, or none that work (flock(2), fcntl(2))."""


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
        owner.touch(mode=0o600)
        owner.write_text(
            json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8"
        )
    except (OSError, NotImplementedError) as error:
        lock.release()
        raise _unusable(journal.parent, error) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, owner: Path, tell: Callable[[str], None], wait_seconds: float) -> None:
    """Get the lock, or say who has it."""
    try:
        _lock(lock, min(_GRACE_SECONDS, wait_seconds))
    except Timeout:
        who = _owner(owner)
        tell(f"another upload is running ({who}): waiting up to {wait_seconds:.0f} s for it")
        try:
            _lock(lock, wait_seconds)
        except Timeout:
            raise ServiceError(
                f"another upload is still running ({who})",
                hint="wait until it has printed its receipt, then try again",
                state="this command sent nothing",
            ) from None


def _lock(lock: FileLock, seconds: float) -> None:
    """Get the lock, but never one that filelock makes do with where the file system has none.

    Such a lock is a mere file: a process that dies leaves it behind.
    """
    try:
        with warnings.catch_warnings():  # told in our own words
            warnings.simplefilter("ignore")
            lock.acquire(timeout=seconds)
    finally:
        if isinstance(lock, SoftFileLock) and FileLock is not SoftFileLock:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def _unusable(folder: Path, error: Exception) -> SettingsError:
    """Why the lock can't be had; older filelocks raise NotImplementedError for want of locks."""
    number = error.errno if isinstance(error, OSError) else errno.ENOSYS
    if number in _NO_LOCKS:
        return SettingsError(
            f"the file system of the folder {folder} has no locks, and without one two uploads"
            " could run at once",
            hint=f"set {STATE_DIR} to a folder on a disk of this machine",
        )
    return SettingsError(
        f"the lock in the folder {folder} can't be used:"
        f" {os.strerror(number) if number else error}",
        hint="make room on the disk, or mend the folder's rights",
    )


def _owner(path: Path) -> str:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(found['pid'])} on {str(found['host'])!r}"
    except (OSError, ValueError, KeyError, TypeError):
        return "its process is not known"
