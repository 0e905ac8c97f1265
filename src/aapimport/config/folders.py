"""Folders of ours, which only their owner can open."""

import os
import stat
from pathlib import Path

from aapimport.errors import SettingsError

STATE_DIR = "AAPIMPORT_STATE_DIR"


def private_folder(path: Path) -> Path:
    """Create a folder that only its owner can open (0700), with its parents.

    Raises:
        SettingsError: It can't be created, its mode can't be set, or everybody may write to it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name != "nt" and path.stat().st_mode & stat.S_IWOTH:
            raise SettingsError(
                f"the folder {path} is open to everybody",
                hint=f"set {STATE_DIR} to a folder of your own",
            )
        path.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"the folder {path} can't be used: {error.strerror}",
            hint=f"set {STATE_DIR} to a folder that you can write to",
        ) from error
    return path
