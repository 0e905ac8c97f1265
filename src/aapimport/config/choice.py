"""Which services a command works with, and the settings for that."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aapimport.config.files import places
from aapimport.config.folders import PROFILES
from aapimport.config.keys import OF_REAL_SERVICES, PROFILE, mail_variables, variable
from aapimport.config.secret_file import IN_KEYRING, NAME, SecretFile
from aapimport.config.settings import (
    Settings,
    base_state_dir,
    is_configured,
    live_settings,
    practice_settings,
    profile_state_dir,
)
from aapimport.config.settings_file import is_profile_name
from aapimport.config.sources import Sources, read_sources
from aapimport.config.stores import Stores, keyring_of
from aapimport.errors import SettingsError, UsageError

_JOURNAL = "journal.sqlite3"
_REAL = {
    "uploads to real services are remembered": (_JOURNAL, f"profiles/*/{_JOURNAL}"),
    "secrets of real services are kept": tuple(
        pattern for name in (NAME, IN_KEYRING) for pattern in (name, f"profiles/*/{name}")
    ),
}
"""What is below the state folder of whoever works with real services, and where."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a command line says about where to work.

    Attributes:
        profile: The profile that `--profile` names; None without it.
        practice: Whether `--practice` was given.
        live: Whether `--live` was given.
    """

    profile: str | None = None
    practice: bool = False
    live: bool = False


def settings_for(
    choice: Choice, *, on_terminal: bool, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings for what a command line says, from the environment and both settings files.

    Where nothing real was ever configured on this machine, everything goes to the practice portal.
    Otherwise a script must say where it works: what it names, or `--practice`.

    Args:
        choice: What the command line says.
        on_terminal: Whether a person sees what is said.
        environment: The environment; that of the process by default.

    Raises:
        UsageError: `--live` and `--practice` together.
        SettingsError: A setting can't be right or is missing, no secret is there, a secret would
            be sent where only a file in the working folder says to, `--live` would practise, or a
            script would practise without having said so.
    """
    sources = sources_of(choice, environment)
    if choice.practice:
        return practice_settings(sources)
    if is_configured(sources):
        return live_settings(sources, stores_of(sources))
    real = what_is_real(sources)
    if choice.live:
        raise SettingsError(
            "--live asks for your own services, and none are configured: this would only practise",
            hint="name a profile with --profile, or set AAPIMPORT_PORTAL_URL and"
            f" AAPIMPORT_JHANA_URL{_known(sources)}",
        )
    if real and not on_terminal:
        raise SettingsError(
            f"this would only practise, and nothing says that it is meant to: {real}",
            hint=f"add --profile NAME for your own services, or --practice{_known(sources)}",
        )
    return practice_settings(sources, notices=(_practising(sources, real),) if real else ())


def sources_of(choice: Choice, environment: Mapping[str, str] | None = None) -> Sources:
    """Where the settings of a command line come from.

    Raises:
        UsageError: `--live` and `--practice` together.
        SettingsError: A variable is no setting, a file can't be read, or nobody knows the profile.
    """
    if choice.practice and choice.live:
        raise UsageError(
            "--live and --practice can't be both",
            hint="leave out one of them: --live refuses to practise",
        )
    environment = os.environ if environment is None else environment
    try:
        return read_sources(environment, places(), choice.profile)
    except SettingsError as error:
        with suppress(SettingsError):  # that is told already
            found, folder = _also_of_former(environment, choice.profile)
            if found.profile not in found.profiles and folder.joinpath(_JOURNAL).exists():
                error.hint += (
                    f"; what it has uploaded is recorded in {folder}: to go on with that, or to"
                    f" take it back, write [profile.{found.profile}] with its addresses into a"
                    " settings file again"
                )
        raise


def sources_to_forget(profile: str | None) -> Sources:
    """As `sources_of`, also of a profile that no file has any more, and a state folder still has.

    Raises:
        SettingsError: As for `sources_of`.
    """
    return _also_of_former(os.environ, profile)[0]


def _also_of_former(environment: Mapping[str, str], profile: str | None) -> tuple[Sources, Path]:
    """As `read_sources`, also of a profile that only a state folder has; and that folder."""
    nobody = {name: it for name, it in environment.items() if name != PROFILE}
    folder = base_state_dir(read_sources(nobody, places(), None))[0] / PROFILES
    known = [one.name for one in folder.glob("*/") if is_profile_name(one.name)]
    found = read_sources(environment, places(), profile, known=known)
    return found, folder / found.profile


def stores_of(sources: Sources) -> Stores:
    """Where `login` keeps the secrets of the chosen profile.

    Raises:
        SettingsError: The variable that switches the keyring off is neither 1 nor 0.
    """
    folder, base = profile_state_dir(sources)[0], base_state_dir(sources)[0]
    everybody = (base, *sorted((base / PROFILES).glob("*/")))
    return Stores(
        keyring=keyring_of(sources.environment),
        file=SecretFile(folder),
        index=SecretFile(folder, IN_KEYRING),
        profile=sources.profile,
        others=tuple(one for one in everybody if one != folder),
    )


def what_is_real(sources: Sources) -> str:
    """What on this machine speaks of real services, in words; empty where nothing does."""
    if sources.files:
        return f"there are settings in {sources.files[0].path}"
    for name in (*map(variable, OF_REAL_SERVICES), *sorted(mail_variables())):
        if name in sources.environment:
            return f"{name} is set"
    folder: Path = base_state_dir(sources)[0]
    for what, patterns in _REAL.items():
        for pattern in patterns:
            if found := next(iter(folder.glob(pattern)), None):
                return f"{what} in {found.parent}"
    return ""


def _practising(sources: Sources, real: str) -> str:
    if not sources.profiles:
        return f"this only practises, although {real}"
    names = ", ".join(sources.profiles)
    return f"this only practises; --profile takes your own services: {names}"


def _known(sources: Sources) -> str:
    names = ", ".join(sources.profiles)
    return f"; the profiles are: {names}" if names else ""
