"""What the journals of other profiles know: nobody is mailed from two of them.

Each profile has a journal of its own, and two of them may lead to the same portal. So whoever
claims e-mails has the lock of the common state folder, reads the mail ledgers of all other journals
there, and commits its own claim before it gives the lock back: no two claims can miss each other,
and a process that dies leaves either a claim that is seen, or none. An undo asks them, too, whose
later uploads have the same people.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from aapimport.config.addresses import places_of
from aapimport.config.folders import PROFILES, private_folder
from aapimport.config.locks import take, unusable
from aapimport.errors import AapimportError, ServiceError, SettingsError
from aapimport.run.asked_for import asked_for
from aapimport.run.created import Created, created_in
from aapimport.run.entries import Made
from aapimport.run.later_steps import LaterStep, Ours, later_steps, whose
from aapimport.run.mail_rows import Mail, MailClaim, read_mails
from aapimport.run.schema import (
    SCHEMA_VERSION,
    NotAJournalError,
    adopt_or_create,
    check_sound,
    version_of,
)
from aapimport.run.touches import Touch, touches

LOCK_SECONDS = 60.0
READ_SECONDS = 10.0
_Read = TypeVar("_Read")
_MAILS = (
    "e-mails to the same people, so nobody is mailed",
    "never mailed anybody of this portal, move the file away. Uploads go on with --no-emails",
)
"""What a journal that can't be read may know of; and of which profile none is missed."""
_UPLOADS = (
    "later uploads of the same people",
    "never uploaded anybody to this portal, move the file away",
)
_JHANA = ("uploads that asked for Jhana", _UPLOADS[1])
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class Beside:
    """The journals of the other profiles, those of removed ones among them.

    Args:
        folder: The state folder that all profiles share.
        own: The journal that the others are beside.
    """

    def __init__(self, folder: Path, own: Path) -> None:
        self._folder = folder
        self._own = own
        self._sound: set[Path] = set()

    @contextmanager
    def claiming(
        self, claims: Collection[MailClaim]
    ) -> Iterator[Mapping[MailClaim, Sequence[Mail]]]:
        """Nobody else claims meanwhile; gives what the others know of the same e-mails.

        What is claimed has to be durable when this ends.

        Raises:
            ServiceError: Another process claims for too long, or one uses a journal.
            SettingsError: A journal can't be read, or there are no locks.
        """
        lock = FileLock(private_folder(self._folder) / "mails.lock", mode=0o600)
        try:
            take(lock, LOCK_SECONDS)
        except Timeout:
            raise ServiceError(
                f"another command has held {lock.lock_file} for {LOCK_SECONDS:.0f} s: it writes"
                " down whom it mails",
                hint="try again when it has gone on",
            ) from None
        except (OSError, NotImplementedError) as error:
            lock.release()
            raise unusable(self._folder, error) from error
        try:
            places = {place for place, _, _ in claims}
            found: dict[MailClaim, list[Mail]] = {}
            for mail in self.mails(places, {account for _, account, _ in claims}):
                found.setdefault(mail.claim, []).append(mail)
            yield found
        finally:
            lock.release()

    def mails(self, places: Collection[str], accounts: Collection[str] | None = None) -> list[Mail]:
        """What the other mail ledgers say; as `read_mails` has it.

        Raises:
            ServiceError: A journal is in use for too long.
            SettingsError: One can't be read: it is never taken for one that knows nobody.
        """
        return [
            mail
            for profile, path in self._others()
            for mail in self._read(
                profile,
                path,
                places,
                partial(read_mails, places=places, accounts=accounts, whose=whose(profile)),
            )
        ]

    def created(self, address: str) -> Created:
        """The accounts that their uploads have made; errors as for `mails`."""
        found: Created = {}
        for profile, path in self._others():
            reading = partial(_created_in, address=address)
            found |= self._read(profile, path, address.split(" "), reading)
        return found

    def later_steps(
        self, places: Collection[str], ours: Ours, run: tuple[str, float]
    ) -> Iterator[LaterStep]:
        """What their later uploads and repairs did to some accounts, as `later_steps` has it.

        Args:
            places: Of these services.
            ours: The accounts.
            run: The run's number, and when it was begun, in seconds since 1970.

        Raises:
            ServiceError: A journal is in use for too long.
            SettingsError: One can't be read: it is never taken for one that knows nobody.
        """
        for profile, path in self._others(_UPLOADS):
            yield from self._read(
                profile,
                path,
                places,
                partial(later_steps, ours=ours, run=run, profile=profile),
                _UPLOADS,
            )

    def asked_for(self, jhana: str) -> bool:
        """Whether an upload of another profile has ever asked for a Jhana, given by its place.

        Raises:
            ServiceError: A journal is in use for too long.
            SettingsError: One can't be read: it is never taken for one that knows nobody.
        """
        reading = partial(asked_for, jhana=jhana)
        return any(self._read(*it, {jhana}, reading, _JHANA) for it in self._others(_JHANA))

    def touches(self, places: Collection[str], since: float) -> Iterator[Touch]:
        """What their runs do to accounts, or did since a time; errors as for `later_steps`."""
        for profile, path in self._others(_UPLOADS):
            reading = partial(touches, since=since, profile=profile)
            yield from self._read(profile, path, places, reading, _UPLOADS)

    @property
    def own_profile(self) -> str:
        """The profile of the journal that the others are beside; empty without one."""
        folder = self._own.parent
        return folder.name if folder.parent.name == PROFILES else ""

    def check(self) -> None:
        """Make sure that all of them can be read, before anything is asked.

        Raises:
            AapimportError: As for `mails`.
        """
        self.mails(())

    def _others(self, about: tuple[str, str] = _MAILS) -> Iterator[tuple[str, Path]]:
        """Every other journal that there is, with its profile; empty for the one without."""
        folders = {"": self._folder}
        above = self._folder / PROFILES
        try:
            with suppress(FileNotFoundError):
                folders |= {one.name: one for one in sorted(above.iterdir())}
        except OSError as error:
            raise _unreadable(f"the folder {above}", error, about) from error
        own = _identity(self._own, "", about)
        for profile, folder in folders.items():
            path = folder / self._own.name
            if (found := _identity(path, profile, about)) is not None and found != own:
                yield profile, path

    def _read(
        self,
        profile: str,
        path: Path,
        places: Collection[str],
        reading: Callable[[sqlite3.Connection], list[_Read]],
        about: tuple[str, str] = _MAILS,
    ) -> list[_Read]:
        """Read a journal as one of this version; an older one is left as it is."""
        said = whose(profile)
        try:
            # read and write: a rollback that a killed process left is due before it is believed
            address = f"{path.absolute().as_uri()}?mode=rw"
            with closing(
                sqlite3.connect(address, uri=True, timeout=READ_SECONDS, isolation_level=None)
            ) as database:
                database.execute("PRAGMA query_only=ON")
                database.execute("BEGIN")
                version = version_of(database)
                if not version:
                    return []  # just made: nothing was ever written to it
                if path not in self._sound:
                    check_sound(database)
                    self._sound.add(path)
                if version == SCHEMA_VERSION:
                    return reading(database)
                if not _went_to(database, places):
                    return []
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
                    database.backup(copy)
                    adopt_or_create(copy)
                    return reading(copy)
        except NotAJournalError as error:
            raise SettingsError(
                f"{path}{said} is not a journal that this version can use: {error}; it may know"
                f" of {about[0]}",
                hint="update aapimport, or move the file away if it is something else",
            ) from error
        except (OSError, sqlite3.Error) as error:
            raise _unreadable(f"the journal {path}{said}", error, about) from error


@contextmanager
def claiming(
    beside: Beside | None, claims: Collection[MailClaim]
) -> Iterator[Mapping[MailClaim, Sequence[Mail]]]:
    """The same as `Beside.claiming`, for a journal that may be alone."""
    if beside is None:
        yield {}
        return
    with beside.claiming(claims) as found:
        yield found


def _created_in(database: sqlite3.Connection, address: str) -> list[tuple[tuple[str, str], Made]]:
    return [*created_in(database, address).items()]


def _identity(path: Path, profile: str, about: tuple[str, str]) -> tuple[int, int] | None:
    """Which file a path leads to; None where there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(f"the journal {path}{whose(profile)}", error, about) from error
    return status.st_dev, status.st_ino


def _went_to(database: sqlite3.Connection, places: Collection[str]) -> bool:
    """Whether a journal of an older version knows of runs at one of these services."""
    found = database.execute("SELECT DISTINCT address FROM runs").fetchall()
    return any(not set(places).isdisjoint(places_of(address).split(" ")) for (address,) in found)


def _unreadable(what: str, error: Exception, about: tuple[str, str]) -> AapimportError:
    """Another journal can't be asked, so that nobody is mailed, or nothing is taken back."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else error
    may_know, if_never = about
    message = f"{what} can't be read: {said}; it may know of {may_know}"
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
        return ServiceError(message, hint="wait for the command that uses it, then try again")
    return SettingsError(
        message,
        hint=f"mend its rights, or restore it from a backup; if that profile {if_never}",
    )
