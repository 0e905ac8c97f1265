"""A file of ours with secrets, for machines without a keyring: one for each address, 0600."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aapimport.config.folders import private_folder
from aapimport.config.locks import take, unusable
from aapimport.errors import SettingsError

NAME = "secrets.json"
IN_KEYRING = "keyring.json"
"""What has the addresses for which the keyring keeps a secret, and a digest of each."""
_WAIT_SECONDS = 10.0
_MOST_BYTES = 1_000_000


class SecretFile:
    """The secrets of one state folder.

    Args:
        folder: The state folder; it is made when the first secret is written.
        name: The file's name.

    Attributes:
        path: The file.
        tightened: Whether others could read it, until now.
    """

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.path = folder / name
        self.tightened = False

    def read(self, place: str, user: str) -> str | None:
        """The secret of a user at a place; None without one.

        Raises:
            SettingsError: The file can't be read, or isn't ours.
        """
        return self._all().get(_key(place, user))

    def write(self, place: str, user: str, secret: str) -> None:
        """Keep a secret, instead of one that is there.

        Raises:
            SettingsError: The file can't be written.
        """
        with self._alone():
            self._replace(self._all() | {_key(place, user): secret})

    def places(self, user: str) -> list[str]:
        """The places at which a user has a secret.

        Raises:
            SettingsError: The file can't be read, or isn't ours.
        """
        return [place for one, place, _ in self.entries() if one == user]

    def entries(self) -> Iterator[tuple[str, str, str]]:
        """Every user, place and secret.

        Raises:
            SettingsError: The file can't be read, or isn't ours.
        """
        for key, secret in self._all().items():
            user, _, place = key.partition(" ")
            yield user, place, secret

    def delete(self, place: str, user: str) -> bool:
        """Forget a secret.

        Returns:
            Whether there was one.

        Raises:
            SettingsError: The file can't be written.
        """
        if self.read(place, user) is None:
            return False
        with self._alone():
            kept = self._all()
            there = kept.pop(_key(place, user), None) is not None
            if there:
                self._replace(kept)
        return there

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the file: of two at once, one would undo what the other has kept.

        Raises:
            SettingsError: Somebody else takes too long, or the folder can't be used.
        """
        from filelock import FileLock, Timeout

        folder = private_folder(self.path.parent)
        lock = FileLock(self.path.with_suffix(".lock"), mode=0o600)
        try:
            take(lock, _WAIT_SECONDS)
        except Timeout:
            raise SettingsError(
                f"another aapimport has been changing {self.path} for {_WAIT_SECONDS:.0f} s",
                hint="see what it waits for, and try again",
            ) from None
        except (OSError, NotImplementedError) as error:
            raise unusable(folder, error) from error
        try:
            yield
        finally:
            lock.release()

    def _all(self) -> dict[str, str]:
        try:
            status = self.path.lstat()
            self._check(status)
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(
                f"{self.path} can't be read: {error.strerror}", hint="mend its rights"
            ) from error
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise SettingsError(
                f"{self.path} is damaged",
                hint="delete it, then keep the secrets again with aapimport login --file",
            ) from None
        return found

    def _check(self, status: os.stat_result) -> None:
        """It must be a file of ours that nobody else can read; one that others could is closed."""
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            raise SettingsError(f"{self.path} is no file of secrets", hint="move it away")
        if os.name == "nt":
            return
        if status.st_uid != os.geteuid():
            raise SettingsError(
                f"{self.path} belongs to another user", hint="delete it, then log in again"
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            self.path.chmod(0o600)
            self.tightened = True

    def _replace(self, kept: dict[str, str]) -> None:
        """Write it beside, for its owner only, and put it in its place; an empty one goes."""
        try:
            if not kept:
                self.path.unlink(missing_ok=True)
                return
            number, draft = tempfile.mkstemp(prefix=".secrets", dir=self.path.parent)  # 0600
            try:
                with open(number, "w", encoding="utf-8") as file:  # noqa: PTH123 -- a descriptor
                    json.dump(kept, file, indent=1)
                    file.flush()
                    os.fsync(number)
                Path(draft).replace(self.path)
            except BaseException:
                with suppress(OSError):
                    Path(draft).unlink()
                raise
        except OSError as error:
            raise SettingsError(
                f"{self.path} can't be written: {error.strerror}", hint="mend the folder's rights"
            ) from error


def _key(place: str, user: str) -> str:
    return f"{user} {place}"
