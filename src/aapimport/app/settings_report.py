"""What `config show`, `config path` and `login --status` tell scripts."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.app.lists import Target
from aapimport.config.overview import Shown, Value, Whereabouts


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Answer(_Model):
    target: Target | None = Field(description="null where the settings can't be read")
    address: str | None = Field(
        description="where both services are; null where one is missing, or none can be read"
    )


class SettingEntry(_Model):
    """One setting."""

    value: Value = Field(description="of a secret only whether it is set, and where it is kept")
    source: str = Field(description="where it came from; `default` where nobody has set it")


class SettingsReport(_Answer):
    """What `config show --json` prints."""

    settings: dict[str, SettingEntry] = Field(description="by their names in aapimport.toml")


class FileEntry(_Model):
    """One settings file."""

    whose: Literal["folder", "yours"]
    path: str
    there: bool


class FilesReport(_Answer):
    """What `config path --json` prints."""

    files: list[FileEntry]


class SecretEntry(_Model):
    """Whether a secret of a service is there; never what it is."""

    url: str
    secret: str = Field(description="`set` with where it is kept, or `not set`")
    source: str = Field(description="where it is kept; `default` where there is none")


class SecretsReport(_Answer):
    """What `login --status --json` prints."""

    portal: SecretEntry | None = Field(description="null where it wasn't asked for")
    jhana: SecretEntry | None = Field(description="null likewise")
    mail: SecretEntry | None = Field(description="null likewise, and where it needs no secret")


def settings_report(rows: Iterable[Shown], where: Whereabouts) -> SettingsReport:
    """Every setting with its value and source, for scripts."""
    found = {row.name: SettingEntry(value=row.value, source=row.source) for row in rows}
    return SettingsReport(target=where.target, address=where.address, settings=found)


def files_report(
    files: Iterable[tuple[Literal["folder", "yours"], Path, bool]], where: Whereabouts
) -> FilesReport:
    """The settings files, for scripts."""
    found = [FileEntry(whose=whose, path=str(path), there=there) for whose, path, there in files]
    return FilesReport(target=where.target, address=where.address, files=found)


def secrets_report(rows: Sequence[tuple[Shown, str]], where: Whereabouts) -> SecretsReport:
    """Which secrets are there, for scripts."""
    found = {
        row.name.partition(".")[0]: SecretEntry(url=url, secret=str(row.value), source=row.source)
        for row, url in rows
    }
    return SecretsReport(
        target=where.target,
        address=where.address,
        portal=found.get("portal"),
        jhana=found.get("jhana"),
        mail=found.get("mail"),
    )
