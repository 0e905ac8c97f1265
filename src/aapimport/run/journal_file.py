"""The file that a journal is: opened, checked, brought to this version, and written safely.

The settings are those of docs/protocol.md: rollback journal, `synchronous=EXTRA`, one connection.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from aapimport.config.folders import private_file, private_folder
from aapimport.errors import ServiceError, SettingsError
from aapimport.run.beside import Beside
from aapimport.run.schema import NotAJournalError, Transaction, adopt_or_create

_BEAT = 1.0  # seconds


class JournalFile:
    """The file of a journal.

    Args:
        path: The file; its folder is made private (0700), the file is for its owner only (0600).
        keep_people: For how many days the names and addresses of people are kept after their run
            has ended; at 0 and with None they are erased as soon as nothing is left to do, and
            with None those whom a closed run names stay.
        beside: The journals of the other profiles, which may know of e-mails to the same people;
            None where there can't be any.

    Attributes:
        last_written: When an earlier process last wrote it, in seconds since 1970; 0 if none did.

    Raises:
        SettingsError: The file is unreadable, damaged, or not a journal; it is never ignored.
    """

    keep_people: float | None = None
    _beside: Beside | None = None

    def __init__(
        self, path: Path, keep_people: float | None = None, beside: Beside | None = None
    ) -> None:
        private_folder(path.parent)
        self.keep_people = keep_people
        self._beside = beside
        self._path = path
        self._beaten = 0.0
        try:
            self.last_written = path.stat().st_mtime if path.exists() else 0.0
            private_file(path)
            self._lock = threading.RLock()  # workers write down what they are about to risk
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in ("synchronous=EXTRA", "secure_delete=ON", "foreign_keys=ON"):
                self._database.execute(f"PRAGMA {pragma}")
            adopt_or_create(self._database)
            self._database.execute("PRAGMA journal_mode=DELETE")  # of ours only: it is written
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(
                f"the journal {path} can't be read: {error}",
                hint="it remembers what was sent: keep it, and restore it from a backup if you can",
            ) from error
        except NotAJournalError as error:
            raise SettingsError(
                f"{path} is not a journal that this version can use: {error}",
                hint="update aapimport, or move the file away if it is something else",
            ) from error

    @classmethod
    def over(cls, database: sqlite3.Connection, beside: Beside | None = None) -> Self:
        """A journal of this version on a connection that is open, for a command that only reads."""
        journal = cls.__new__(cls)
        journal._beside = beside  # noqa: SLF001 -- of this very class
        journal._database = database  # noqa: SLF001 -- of this very class
        return journal

    @classmethod
    def empty(cls, beside: Beside | None = None) -> Self:
        """A journal that no upload was ever written to, for a command that begins none: no file."""
        database = sqlite3.connect(":memory:", isolation_level=None)
        adopt_or_create(database)
        return cls.over(database, beside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction whose failure ends the run; what it was about is looked up by a resume."""
        try:
            with self._lock, Transaction(self._database):
                yield
        except sqlite3.IntegrityError:
            raise  # a mistake in aapimport, not in the file
        except sqlite3.DatabaseError as error:
            raise ServiceError(
                f"the journal can't be written: {error}",
                hint="make room on the disk, then run the same command again",
            ) from error

    def check_beside(self) -> None:
        """Make sure that every other profile's journal can be read, where e-mails are to be sent.

        Raises:
            ServiceError: Another process uses one for too long.
            SettingsError: One can't be read.
        """
        if self._beside:
            self._beside.check()

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is in it."""
        tables = self._database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return not any(
            self._database.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()
            for (name,) in tables.fetchall()
        )

    def beat(self) -> None:
        """Leave a sign of life while requests are under way: `last_written` tells the time of it.

        A pace may let a request leave long after its intent, and a service may be slow.
        """
        now = time.monotonic()
        if now - self._beaten >= _BEAT:
            self._beaten = now
            os.utime(self._path)
