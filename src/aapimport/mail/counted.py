"""The messages that a mail server was given from here: its day's limit counts them.

Welcome e-mails, completion notices and `emails test` alike: each is counted just before its final
dot, for all profiles, by a digest of the server and of whom it knows us by; what is older than a
day is erased.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aapimport.config.folders import private_file, private_folder
from aapimport.config.logins import Basic
from aapimport.config.mail import Mail
from aapimport.errors import ServiceError
from aapimport.mail.pace import DAY

_NAME = "mails-counted.sqlite3"
_WAIT = 30.0
_TABLE = "CREATE TABLE IF NOT EXISTS sent (server TEXT NOT NULL, at REAL NOT NULL) STRICT"


@dataclass(frozen=True, kw_only=True)
class Counter:
    """Counts for one mail server.

    Attributes:
        folder: The state folder that all profiles share.
        mail: The server and the sender.
    """

    folder: Path
    mail: Mail

    def times(self) -> list[float]:
        """As `counted`."""
        return counted(self.folder, self.mail)

    def count(self) -> None:
        """As `count`."""
        count(self.folder, self.mail)


def count(folder: Path, mail: Mail) -> None:
    """Count a message that the server is about to have; durable when this returns.

    Args:
        folder: The state folder that all profiles share.
        mail: The server and the sender.

    Raises:
        ServiceError: It can't be written: nothing is to be sent then.
        SettingsError: The folder isn't ours alone.
    """
    now = time.time()
    with _opened(private_folder(folder) / _NAME) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute(_TABLE)
        database.execute("DELETE FROM sent WHERE at <= ?", (now - DAY,))
        database.execute("INSERT INTO sent VALUES (?, ?)", (_server(mail), now))
        database.execute("COMMIT")


def counted(folder: Path, mail: Mail) -> list[float]:
    """When a server was given such messages within the last 24 hours, in seconds since 1970.

    Args:
        folder: The state folder that all profiles share.
        mail: The server and the sender.

    Raises:
        ServiceError: It can't be read.
    """
    path = folder / _NAME
    if not path.exists():
        return []
    with _opened(path) as database:
        database.execute(_TABLE)
        found = database.execute(
            "SELECT at FROM sent WHERE server = ? AND at > ?", (_server(mail), time.time() - DAY)
        )
        return [at for (at,) in found]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        private_file(path)
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as database:
            yield database
    except (OSError, sqlite3.Error) as error:
        said = getattr(error, "strerror", None) or error
        raise ServiceError(
            f"{path}, which counts messages for the mail server's day's limit, can't be used:"
            f" {said}",
            hint="mend its rights, or remove it if it is damaged; then try again",
        ) from error


def _server(mail: Mail) -> str:
    """Whose limit it is: that of whoever logs in at a host, else of the sender.

    Only a digest is kept: an address stays readable nowhere.
    """
    login = mail.login
    user = login.user if isinstance(login, Basic) else mail.user
    return sha256(f"{mail.host} {user or mail.sender}".lower().encode()).hexdigest()[:16]
