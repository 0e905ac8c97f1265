"""Where secrets are kept, and which of the places has one."""

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aapimport.config.cleaning import cleaned
from aapimport.config.digests import is_digest, is_of
from aapimport.config.keyring_store import Keyring, KeyringTroubleError, user_of
from aapimport.config.keys import (
    NO_KEYRING,
    OF_A_LOGIN,
    TITLES,
    address_variable,
    token_file_variable,
    token_variable,
)
from aapimport.config.logins import Secret
from aapimport.config.secret_file import IN_KEYRING, SecretFile
from aapimport.config.settings_file import home_made
from aapimport.config.sources import Service, Sources
from aapimport.config.values import Auth
from aapimport.errors import SettingsError

_MOST_BYTES = 65_536
KEYRING = "keyring"
"""The source of what the system's keyring keeps."""


@dataclass(kw_only=True)
class Stores:
    """The keyring and the file in which `login` keeps secrets, for one profile.

    Args:
        keyring: The system's keyring.
        file: The file of the profile's state folder.
        index: The file of the addresses for which the keyring has secrets, which can't be asked
            for them, with a digest of each: it may be locked, or absent.
        profile: The profile; empty without one.
        others: The state folders of everybody else.

    Attributes:
        trouble: Why the keyring can't be used, once it was found out; empty while it can.
    """

    keyring: Keyring
    file: SecretFile
    index: SecretFile
    profile: str = ""
    others: tuple[Path, ...] = ()
    trouble: str = field(default="", init=False)
    _looked_into: list[SecretFile] = field(default_factory=list, init=False)

    @property
    def notice(self) -> str:
        """What is to be said about the files; empty for nothing."""
        paths = " and ".join(
            str(one.path) for one in (self.file, self.index, *self._looked_into) if one.tightened
        )
        if not paths:
            return ""
        return (
            f"{paths} could be read by others until now: ask for new secrets, and keep"
            " them with aapimport login"
        )

    def find(self, service: Service) -> Secret | None:
        """What is kept for a service at its address; None where nothing is.

        Raises:
            SettingsError: The file can't be read.
        """
        user = user_of(self.profile, service.name)
        try:
            if (value := self.keyring.read(service.kept_for, user)) is not None:
                return Secret(value=value, source=KEYRING)
        except KeyringTroubleError as error:
            self.trouble = str(error)
        value = self.file.read(service.kept_for, user)
        return None if value is None else Secret(value=value, source=str(self.file.path))

    def is_in_keyring(self, service: Service) -> bool:
        """Whether `login` has put a service's secret into the keyring, be it locked or absent."""
        return self._noted(service) is not None

    def for_another_login(self, service: Service) -> bool:
        """Whether what is kept for a service's address is for another user, client or log-in."""
        user = user_of(self.profile, service.name)
        places = {*self.file.places(user), *self.index.places(user)}
        return service.kept_for not in places and service.place in map(address_of, places)

    def compared(self, service: Service, secret: str) -> tuple[bool, str] | None:
        """Whether a secret is the one that is kept for a service, and where that is.

        Returns:
            None where none is kept, or where the keyring has one that can't be compared.

        Raises:
            SettingsError: The file can't be read.
        """
        if (kept := self.find(service)) is not None:
            return kept.value == secret, kept.source
        noted = self._noted(service)
        if noted is None or not self.trouble or not is_digest(noted):
            return None
        return is_of(noted, secret), KEYRING

    def kept_for(self, secret: str) -> Iterator[tuple[str, str]]:
        """For whom a secret is kept, also by others: the profile, empty without one, and the place.

        What the keyring has is known by its digest. A file that can't be read says nothing.
        """
        indexes = [SecretFile(folder, IN_KEYRING) for folder in self.others]
        files = [SecretFile(folder) for folder in self.others]
        self._looked_into += files + indexes
        for file in (self.file, *files):
            with suppress(SettingsError):
                for user, place, kept in file.entries():
                    if kept == secret:
                        yield user.rpartition("/")[0], address_of(place)
        for index in (self.index, *indexes):
            with suppress(SettingsError, KeyringTroubleError):
                for user, place, noted in index.entries():
                    if self._is_noted(noted, place, user, secret):
                        yield user.rpartition("/")[0], address_of(place)

    def _noted(self, service: Service) -> str | None:
        return self.index.read(service.kept_for, user_of(self.profile, service.name))

    def _is_noted(self, noted: str, place: str, user: str, secret: str) -> bool:
        """Whether the keyring has a secret; of versions before there is no digest to tell it by.

        It is looked into then only where it has been opened for our own secret, and not on macOS,
        where each of its entries may ask a person.
        """
        if is_digest(noted):
            return is_of(noted, secret)
        if not self.profile or self.trouble or sys.platform == "darwin":
            return False
        return self.keyring.read(place, user) == secret


def address_of(kept_for: str) -> str:
    """The address in what a secret is bound to, as `Service.kept_for` writes it."""
    return kept_for.partition("#")[0]


def keyring_of(environment: Mapping[str, str]) -> Keyring:
    """The system's keyring, unless the environment switches it off.

    Raises:
        SettingsError: The variable is neither 1 nor 0.
    """
    typed = environment.get(NO_KEYRING, "").strip().lower()
    if typed in {"1", "yes", "true"}:
        return Keyring(off=f"the keyring is switched off by {NO_KEYRING}")
    if typed not in {"", "0", "no", "false"}:
        raise SettingsError(
            f"{NO_KEYRING} is neither 1 nor 0", hint="set it to 1 to leave the keyring alone"
        )
    return Keyring()


def typed_secret(service: Service, sources: Sources, auth: Auth) -> tuple[Secret, str] | None:
    """The secret that the environment gives, itself or by a file, and a notice about it.

    Returns:
        The secret and what was taken off it, in a sentence that may be empty; None where the
        environment has none.

    Raises:
        SettingsError: It is empty, or can't be a secret, or the file can't be read; or the
            variable and the file have two.
    """
    name, file_name = token_variable(service.name), token_file_variable(service.name)
    texts: dict[str, str] = {}
    if name in sources.environment:
        texts[name] = sources.environment[name]
    if file_name in sources.environment:
        texts[file_name] = _of_file(sources.environment[file_name].strip(), file_name)
    cure = "unset it, or see that what fills it has the secret"
    found = {where: cleaned(text, auth, where, cure=cure) for where, text in texts.items()}
    if len({value for value, _ in found.values()}) > 1:
        raise SettingsError(
            f"{name} and {file_name} give two different secrets: nobody knows which is meant",
            hint="unset one of them: the one that is left over",
        )
    for where, (value, notice) in found.items():
        return Secret(value=value, source=where), notice
    return None


def check_confirmed(service: Service, secret: Secret, sources: Sources, stores: Stores) -> None:
    """Refuse to send a secret of the environment where only a file in the folder says to.

    Whoever leaves an `aapimport.toml` in a folder would otherwise be sent the secrets of
    everybody who works there. What `login` keeps is bound to its address by itself.

    Raises:
        SettingsError: Neither the user's own file nor `login` knows the address.
    """
    if not sources.only_the_folder_names(service):
        return
    if stores.find(service) is not None or stores.is_in_keyring(service):
        return
    raise SettingsError(
        f"{secret.source} is not sent to {service.url}: only a file in the working folder"
        f" names that address, {service.address.origin}",
        hint=f"if it is right, set {address_variable(service.name)} to it, too, or write it"
        " into your own settings file (`aapimport config path`)",
    )


def login_words(service: Service, profile: str) -> str:
    """The command that keeps a secret of a service."""
    return f"aapimport login {service.name}{f' --profile {profile}' if profile else ''}"


def nothing_found(service: Service, sources: Sources, stores: Stores | None) -> SettingsError:
    """The error that there is no secret, with the ways to give one."""
    ways = (
        f"set {token_variable(service.name)}, or {token_file_variable(service.name)} to a file"
        " that only you can read"
    )
    of = f" of profile {sources.profile}" if sources.profile else ""
    what = f"{TITLES[service.name]}{of} at {service.url}"
    trouble = f"; {stores.trouble}" if stores and stores.trouble else ""
    if stores and trouble and stores.is_in_keyring(service):
        return SettingsError(
            f"the token or password for {what} is kept in the keyring, which can't be read"
            f" now{trouble}",
            hint="unlock it and try again, where it is open and not switched off; or, where nobody"
            f" can, {ways}",
        )
    if stores and stores.for_another_login(service):
        trouble += (
            "; the one that is kept for that address is for another log-in, and stays there:"
            f" {', '.join(OF_A_LOGIN[:-1])} or {OF_A_LOGIN[-1]} has changed"
        )
    return SettingsError(
        f"there is no token or password for {what}{trouble}",
        hint=f"run {login_words(service, sources.profile)} (with --file where there is no keyring),"
        f" or {ways}",
    )


def _of_file(typed: str, where: str) -> str:
    """The one line of a file that nobody else can read.

    Raises:
        SettingsError: It can't be read, others can read it, or it has more than a line.
    """
    if not typed:
        raise SettingsError(f"{where} is empty", hint="set it to the path of a file, or unset it")
    path = home_made(typed)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise SettingsError(f"{where} names {path}, which is no file", hint="correct it")
        if os.name != "nt" and (
            stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid not in {os.geteuid(), 0}
        ):
            raise SettingsError(
                f"{where} names {path}, which is not for you alone: others can read it",
                hint=f"chmod 600 {path}",
            )
        if status.st_size > _MOST_BYTES:
            raise SettingsError(f"{where} names {path}, which is too long", hint="correct it")
        text = path.read_bytes().decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        raise SettingsError(
            f"{where} names {path}, which is not UTF-8", hint="write only the secret into it"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no path"
        # Whoever has put the secret itself there must not see it on the screen.
        raise SettingsError(
            f"the file that {where} names can't be read: {why}",
            hint="set it to the path of a file that holds the secret, not to the secret",
        ) from error
    if "\n" in text or "\r" in text:
        raise SettingsError(
            f"{where} names {path}, which has more than one line",
            hint="write only the secret into it",
        )
    return text
