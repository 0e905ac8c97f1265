"""`aapimport.toml`: what may stand in it, and one sentence for what may not."""

import os
import stat
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aapimport.config.keys import (
    NOTIFY,
    OF_A_SERVICE,
    OF_MAIL,
    PLAIN,
    SECRET_KEYS,
    STATE,
    TABLE_NAMES,
    TO,
    TableName,
    token_file_variable,
    token_variable,
)
from aapimport.config.masking import masked
from aapimport.config.settings_file import (
    SettingsFile,
    Table,
    check_profile_names,
    home_made,
    where_in,
)
from aapimport.errors import SettingsError
from aapimport.text import closest, did_you_mean

_MOST_BYTES = 1_000_000
_TABLES = (*TABLE_NAMES, NOTIFY)
_PATHS = {STATE, "certificate", "key", "ca_file", "templates"}
_SHAPES = {
    "keeps_members": "true or false, without quotation marks",
    "no_results": "true or false, without quotation marks",
    TO: 'an address in quotation marks, or a list, such as ["zoe@example.com", "it@example.com"]',
    "not_kept": 'a list, such as ["roles", "names"]',
    "pace": 'a number, or a name in quotation marks, such as "slack"',
    "buffer": "a number, without quotation marks",
    "settle_seconds": "a number, without quotation marks",
    "keep_people": "a number of days, without quotation marks",
    "port": "a number, without quotation marks",
    "idempotency_hours": "a number, without quotation marks",
}
_TEXT = "a text in quotation marks"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class ServiceTable(_Strict):
    """`[portal]` and `[jhana]`: where a service is, and how one logs in; never a secret."""

    url: str | None = None
    auth: str | None = None
    user: str | None = None
    header: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    scope: str | None = None
    certificate: str | None = None
    key: str | None = None
    ca_file: str | None = None


class MailTable(_Strict):
    """`[mail]`: the server that takes our e-mails, and what they say; never a secret."""

    host: str | None = None
    port: int | None = None
    preset: str | None = None
    sender: str | None = Field(default=None, alias="from")
    from_name: str | None = None
    reply_to: str | None = None
    auth: str | None = None
    user: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    scope: str | None = None
    ca_file: str | None = None
    sign_in: str | None = None
    sign_in_url: str | None = None
    language: str | None = None
    templates: str | None = None
    idempotency_header: str | None = None
    idempotency_hours: float | None = None


class NotifyTable(_Strict):
    """`[notify]`: who is told how a run ended."""

    to: str | list[str] | None = None


class ProfileTable(_Strict):
    """`[profile.NAME]`: the settings of one client."""

    proxy: str | None = None
    pace: float | str | None = None
    buffer: float | None = None
    administrator: str | None = None
    settle_seconds: float | None = None
    keep_people: float | None = None
    no_results: bool | None = None
    pass_as: str | None = None
    not_kept: list[str] | None = None
    keeps_members: bool | None = None
    portal: ServiceTable | None = None
    jhana: ServiceTable | None = None
    mail: MailTable | None = None
    notify: NotifyTable | None = None


class WholeFile(ProfileTable):
    """A whole `aapimport.toml`."""

    state_dir: str | None = None
    profile: dict[str, ProfileTable] = Field(default_factory=dict)


def read_file(path: Path, *, foreign: bool) -> SettingsFile | None:
    """Read a settings file.

    Args:
        path: The file.
        foreign: Whether it lies in the working folder or above it.

    Returns:
        Its settings; None where there is no such file.

    Raises:
        SettingsError: It can't be read, belongs to somebody else, or holds what it may not.
    """
    try:
        text = _text_of(path)
        found = tomllib.loads(text) if text is not None else None
    except (ValueError, RecursionError) as error:  # a number may have too many digits
        why = "tables too deep" if isinstance(error, RecursionError) else str(error)
        raise SettingsError(
            f"{path} can't be read as TOML: {why[:1].lower()}{why[1:]}",
            hint='a line looks like buffer = 10, or url = "https://portal.example.com/scim/v2"',
        ) from None
    if found is None:
        return None
    try:
        whole = WholeFile.model_validate(found)
    except ValidationError as error:
        raise _refusal(path, error) from None
    if foreign and whole.state_dir is not None:
        raise SettingsError(
            f"{where_in(path, Table(), STATE)} can't be set by a file in the working folder: it"
            " says where the journal and secrets are",
            hint="set AAPIMPORT_STATE_DIR, or write it into your own file (`config path`)",
        )
    check_profile_names(whole.profile, str(path))
    return SettingsFile(path=path, foreign=foreign, tables=dict(_tables(whole, path)))


def _text_of(path: Path) -> str | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SettingsError(f"{path} is no file", hint="move it away")
        if os.name != "nt":
            _check_owner(path, status)
        if status.st_size > _MOST_BYTES:
            raise SettingsError(f"{path} is too long for settings", hint="move it away")
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        raise SettingsError(
            f"{path} is not UTF-8", hint="save it as UTF-8, for example with Notepad"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{path} can't be read: {error.strerror}", hint="mend its rights, or move it away"
        ) from error


def _check_owner(path: Path, status: os.stat_result) -> None:
    """Settings of somebody else are none: they could have been left for us to find."""
    if not {status.st_uid, path.lstat().st_uid} <= {os.geteuid(), 0}:
        raise SettingsError(
            f"{path} belongs to another user, who could choose settings for you",
            hint="make a copy that is yours, or work in another folder",
        )
    if status.st_mode & stat.S_IWOTH:
        raise SettingsError(f"everybody may write to {path}", hint=f"chmod o-w {path}")


def _refusal(path: Path, error: ValidationError) -> SettingsError:
    """The first thing that is wrong with a file, secrets before all others."""
    found = [(one["type"], _place(one["loc"])) for one in error.errors(include_url=False)]
    for kind, (table, key) in found:
        if kind == "extra_forbidden" and key.lower().replace("-", "_") in SECRET_KEYS:
            named = (name for name in TABLE_NAMES if name == table.service)
            service: TableName = next(named, "portal")
            profile = f" --profile {table.profile}" if table.profile else ""
            return SettingsError(
                f"{where_in(path, table, key)}: secrets are never kept in settings files",
                hint=f"take it out, and run aapimport login {service}{profile}, or set"
                f" {token_variable(service)} or {token_file_variable(service)}",
            )
    kind, (table, key) = found[0]
    if kind == "extra_forbidden":
        return SettingsError(
            f"{where_in(path, table, masked(key))} is no setting", hint=_meant(table, key, path)
        )
    if not key:
        return SettingsError(
            f"{path}: {str(table)!r} is a table, and not one value",
            hint=f"write [{table}] on a line of its own, and its settings below",
        )
    return SettingsError(
        f"{where_in(path, table, key)} has the wrong form",
        hint=f"it is {_SHAPES.get(key, _TEXT)}",
    )


def _place(loc: Sequence[int | str]) -> tuple[Table, str]:
    """The table and the key that an error is about; no key where it is about the table."""
    parts = [str(part) for part in loc]
    profile = service = ""
    if parts[:1] == ["profile"]:
        if len(parts) == 1:
            return Table("NAME"), ""
        profile = parts[1]
        parts = parts[2:]
    if parts[:1] and parts[0] in _TABLES:
        service = parts[0]
        parts = parts[1:]
    return Table(profile, service), parts[0] if parts else ""


def _meant(table: Table, key: str, path: Path) -> str:
    """What a key that is none was probably meant to be."""
    above = {*PLAIN} - ({STATE} if table.profile else set())
    of_a_table = {"mail": OF_MAIL, NOTIFY: (TO,)}.get(table.service, OF_A_SERVICE)
    known = sorted(of_a_table if table.service else {*above, *_TABLES, "profile"})
    if key == STATE and table.profile:
        return "each profile has a folder of its own below the state folder; take it out"
    if table.service and key in PLAIN:
        return f"{key} belongs above the first line that begins with ["
    if not table.service and key in OF_A_SERVICE:
        return f"{key} belongs into the table [portal] or [jhana]"
    if table.service != "mail" and key in OF_MAIL:
        return f"{key} belongs into the table [mail]"
    if table.service != NOTIFY and key == TO:
        return f"{key} belongs into the table [{NOTIFY}]"
    meant = did_you_mean(closest(key.lower(), known, most=2))
    return meant or f"take it out of {path.name}; docs/settings.md lists what there is"


def _tables(whole: WholeFile, path: Path) -> Iterator[tuple[Table, dict[str, str]]]:
    yield from _of_one(whole, "", path)
    for name, profile in whole.profile.items():
        yield from _of_one(profile, name, path)


def _of_one(one: ProfileTable, profile: str, path: Path) -> Iterator[tuple[Table, dict[str, str]]]:
    yield Table(profile), _texts(one, path)
    for name in _TABLES:
        if (service := getattr(one, name)) is not None:
            yield Table(profile, name), _texts(service, path)


def _texts(table: BaseModel, path: Path) -> dict[str, str]:
    """A table's settings as one types them in the environment; files count from this one."""
    values = table.model_dump(by_alias=True, exclude_none=True, exclude={*_TABLES, "profile"})
    return {key: _as_text(key, value, path) for key, value in values.items()}


def _as_text(key: str, value: Any, path: Path) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ",".join(value)
    text = str(value).removesuffix(".0") if isinstance(value, float) else str(value)
    return str(path.parent / home_made(text)) if key in _PATHS and text else text
