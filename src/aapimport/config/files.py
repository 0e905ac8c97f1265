"""Where settings files are looked for."""

from dataclasses import dataclass
from pathlib import Path

from aapimport.config.settings_file import SettingsFile

NAME = "aapimport.toml"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where settings files may be.

    Attributes:
        folder: The one of the working folder or the nearest folder above it; the working folder's,
            which isn't there, where none has one.
        user: The user's own.
    """

    folder: Path
    user: Path


def places(working: Path | None = None) -> Places:
    """Where settings files may be, for a working folder; by default the process's own.

    Folders above the user's home are nobody's in particular, and not looked into.
    """
    import platformdirs

    user = Path(platformdirs.user_config_dir("aapimport", appauthor=False)) / NAME
    try:
        folder = _of_folder(working or Path.cwd(), user)
    except FileNotFoundError:  # the working folder was deleted
        folder = user
    return Places(folder=folder, user=user)


def read_files(where: Places) -> tuple[SettingsFile | None, SettingsFile | None]:
    """The settings of the folder's file and of the user's; None for one that isn't there.

    Raises:
        SettingsError: One can't be read, or holds what it may not.
    """
    alone = where.folder == where.user or _same(where.folder, where.user)
    return None if alone else _read(where.folder, foreign=True), _read(where.user, foreign=False)


def _read(path: Path, *, foreign: bool) -> SettingsFile | None:
    if not _is_there(path):
        return None
    from aapimport.config.toml_file import read_file  # brings pydantic

    return read_file(path, foreign=foreign)


def _of_folder(working: Path, user: Path) -> Path:
    home = _home()
    for folder in (working, *working.parents):
        file = folder / NAME
        if _is_there(file) and not _same(file, user):
            return file
        if folder in home:
            break
    return working / NAME


def _home() -> set[Path]:
    """The home folder as it is called and as it is; nothing where nobody knows."""
    try:
        return {Path.home(), Path.home().resolve()}
    except (RuntimeError, OSError):
        return set()


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # something is there, and reading it says what


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
