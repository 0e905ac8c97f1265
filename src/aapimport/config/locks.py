"""Locks that the system frees when a process dies; where there are none, in words."""

import errno
import os
import warnings
from pathlib import Path

from filelock import FileLock, SoftFileLock

from aapimport.config.keys import STATE_DIR
from aapimport.errors import SettingsError

_NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK}
"""What file systems answer that have no locks, or none that work (flock(2), fcntl(2))."""


def take(lock: FileLock, seconds: float) -> None:
    """Get a lock, but never one that filelock makes do with where the file system has none.

    Such a lock is a mere file: a process that dies leaves it behind.

    Raises:
        Timeout: Somebody else has it for longer than that.
        OSError: The file system has no locks, or the file can't be made.
        NotImplementedError: The same, with older filelocks.
    """
    try:
        with warnings.catch_warnings():  # told in our own words
            warnings.simplefilter("ignore")
            lock.acquire(timeout=seconds)
    finally:
        if isinstance(lock, SoftFileLock) and FileLock is not SoftFileLock:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def unusable(folder: Path, error: Exception) -> SettingsError:
    """Why no lock can be had; older filelocks raise NotImplementedError for want of locks."""
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
