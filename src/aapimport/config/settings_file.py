"""A settings file that was read, and the names that profiles may have."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aapimport.config.given import Given
from aapimport.config.masking import masked
from aapimport.errors import SettingsError

_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEVICES = {
    *("con", "prn", "aux", "nul"),
    *(f"{device}{n}" for device in ("com", "lpt") for n in range(10)),
}
"""Names that no folder can have on Windows."""
NAME_RULE = "a name has letters, digits, - _ and . only, and begins with a letter or digit"


@dataclass(frozen=True)
class Table:
    """A table of a file: the top, a service's, a profile's, or a service's of a profile."""

    profile: str = ""
    service: str = ""

    def __str__(self) -> str:
        name = f'"{self.profile}"' if "." in self.profile else self.profile
        parts = (("profile", name) if name else ()) + ((self.service,) if self.service else ())
        return ".".join(parts)


@dataclass(frozen=True, kw_only=True)
class SettingsFile:
    """A settings file that was read.

    Attributes:
        path: The file.
        foreign: Whether it lies in the working folder or above it.
        tables: The texts of its settings, by table and key.
    """

    path: Path
    foreign: bool
    tables: Mapping[Table, Mapping[str, str]]

    def given(self, table: Table, key: str) -> Given | None:
        """A setting of a table; None where the file doesn't have it."""
        text = self.tables.get(table, {}).get(key)
        if text is None:
            return None
        return Given(
            text=text,
            origin=f"{self.path} [{table}]" if str(table) else str(self.path),
            where=where_in(self.path, table, key),
            foreign=self.foreign,
            in_file=True,
        )

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of its profiles."""
        return tuple(dict.fromkeys(table.profile for table in self.tables if table.profile))


def check_profile_names(names: Iterable[str], where: str) -> None:
    """Refuse names that can't be a folder everywhere.

    Raises:
        SettingsError: One is no safe word, or two differ in capital letters only.
    """
    seen: dict[str, str] = {}
    for name in names:
        if not is_profile_name(name):
            raise SettingsError(
                f"{where}: {masked(name)!r} can't be the name of a profile",
                hint=NAME_RULE,
            )
        if seen.setdefault(name.lower(), name) != name:
            raise SettingsError(
                f"{where}: the profiles {seen[name.lower()]!r} and {name!r} differ in capital"
                " letters only",
                hint="give one of them another name",
            )


def is_profile_name(name: str) -> bool:
    """Whether a name can be a folder of its own on every system."""
    return (
        _PROFILE_NAME.fullmatch(name) is not None
        and not name.endswith(".")
        and name.lower().partition(".")[0] not in _DEVICES
    )


def home_made(text: str) -> Path:
    """A path with `~` at its beginning put for the home folder; as typed where that is unknown."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def where_in(path: Path, table: Table, key: str) -> str:
    """How a message names a setting of a file: `/home/ana/aapimport.toml: [portal] url`."""
    return f"{path}: [{table}] {key}" if str(table) else f"{path}: {key}"
