"""Folders and files of ours, which only their owner can open."""

import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path

from aapimport.config.keys import STATE_DIR
from aapimport.errors import SettingsError

PROFILES = "profiles"
"""The folder of the profiles' state folders, in the state folder."""
_OWN = f"set {STATE_DIR} to a folder of your own"
_OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(path: Path) -> Path:
    """A folder of ours; one that isn't there is made with its parents, for its owner only (0700).

    A folder that was there keeps its mode: it is somebody's choice.

    Raises:
        SettingsError: It can't be made or used, others own it or may write to it, or its file
            system has no locks.
    """
    try:
        if os.name != "nt":
            _check_above(path)
        made = _made(path)
        if os.name != "nt":
            status = path.stat()
            if made:
                path.chmod(0o700)  # whatever the umask has taken
            else:
                _check(path, status)
    except OSError as error:
        raise SettingsError(
            f"the folder {path} can't be used: {error.strerror}",
            hint=f"set {STATE_DIR} to a folder that you can write to",
        ) from error
    _check_locks(path)
    return path


def private_file(path: Path) -> Path:
    """A file of ours, made for its owner only (0600); one that others could open is closed.

    Raises:
        SettingsError: It is no file, or somebody else owns it.
        OSError: It can't be made or changed.
    """
    path.touch(mode=0o600)
    if os.name == "nt":
        return path
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SettingsError(f"{path} is no file", hint="move it away")
    if status.st_uid != os.geteuid():
        raise SettingsError(f"{path} belongs to another user", hint=_OWN)
    if status.st_mode & _OF_OTHERS:
        path.chmod(0o600)
    return path


def _made(path: Path) -> bool:
    """Make a folder and what is missing above it; whether it was missing."""
    if path.is_dir():
        return False
    _made(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
        return False  # another process was faster
    return True


def _check(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise SettingsError(
            f"the folder {path} belongs to another user, who can read what is in it", hint=_OWN
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(
            f"others may write to the folder {path}, and so change what was uploaded",
            hint=f"chmod go-w {path}, or {_OWN}",
        )


def _check_above(path: Path) -> None:
    """Refuse a folder that others could exchange for one of their own, as sshd's StrictModes does.

    Whoever owns a folder, or may write to it, can rename what is in it; in one that is sticky, as
    /tmp is, only the owner of what is in it can (path_resolution(7), chmod(2)).
    """
    as_typed = path.absolute()
    trusted = {os.geteuid(), 0}
    for link in (one for one in (as_typed, *as_typed.parents) if one.is_symlink()):
        if link.lstat().st_uid not in trusted:
            raise _exchangeable(path, f"the link {link} belongs to another user")
    for above in dict.fromkeys((*as_typed.parents, *path.resolve().parents)):
        try:
            status = above.stat()
        except FileNotFoundError:
            continue  # it is made soon
        if status.st_uid not in trusted:
            raise _exchangeable(path, f"the folder {above} belongs to another user")
        if not status.st_mode & stat.S_ISVTX and _others_may_write(status):
            raise _exchangeable(path, f"others may write to the folder {above}")


def _others_may_write(status: os.stat_result) -> bool:
    """Whether others than its owner and root may; a user's own group is nobody else."""
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _is_own_group(status.st_gid)


def _is_own_group(number: int) -> bool:
    """Whether a group is root's, or has nobody in it but the user whose name it has."""
    if number == 0:
        return True
    try:
        import grp
        import pwd

        group, user = grp.getgrgid(number), pwd.getpwuid(os.geteuid())
    except (ImportError, KeyError):
        return False
    return (
        number == user.pw_gid
        and group.gr_name == user.pw_name
        and set(group.gr_mem) <= {user.pw_name}
    )


def _exchangeable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"{why}, and so the folder {path} could be exchanged for another",
        hint=f"{_OWN}, below folders that nobody but you and root may change",
    )


@cache
def _check_locks(path: Path) -> None:
    """Take a lock and give it back; once for each folder, in each process."""
    from filelock import FileLock, Timeout

    from aapimport.config.locks import take, unusable

    probe = FileLock(path / ".can-lock", mode=0o600)
    try:
        take(probe, 1.0)
    except Timeout:
        return  # somebody else tries the same, so there are locks
    except (OSError, NotImplementedError) as error:
        raise unusable(path, error) from error
    finally:
        probe.release()
        with suppress(OSError):
            Path(probe.lock_file).unlink()
