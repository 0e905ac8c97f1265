"""A machine as a user has it: a home, a working folder, settings files and a keyring."""

from pathlib import Path

from support.keyrings import FakeKeyring

SERVICES = """
[portal]
url = "https://portal.example.com/scim"
[jhana]
url = "https://jhana.example.com/scim"
"""
"""Both services, for a settings file."""


class Machine:
    """Folders below a temporary one.

    Attributes:
        home: The home folder.
        work: The working folder, below it.
        state: The state folder, not made yet.
        keyring: What the system's keyring is.
    """

    def __init__(self, folder: Path, state: Path) -> None:
        self.home = folder / "home"
        self.work = self.home / "clients" / "work"
        self.work.mkdir(parents=True)
        self.state = state
        self.keyring = FakeKeyring()

    @property
    def own_path(self) -> Path:
        """Where the user's own settings file is, or would be."""
        from aapimport.config.files import places

        return places(self.work).user

    def own_file(self, text: str) -> Path:
        """Write the user's own settings file."""
        return _written(self.own_path, text)

    def folder_file(self, text: str, folder: Path | None = None) -> Path:
        """Write the settings file of the working folder, or of another one."""
        return _written((folder or self.work) / "aapimport.toml", text)


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def profile(name: str, portal: str = "https://p.example.com", jhana: str = "https://j.example.com"):
    """The tables of a profile."""
    return f'[profile.{name}.portal]\nurl = "{portal}"\n[profile.{name}.jhana]\nurl = "{jhana}"\n'
