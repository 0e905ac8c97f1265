"""The journal: one SQLite file that knows what was intended and what became of it.

An intent is durable before the first byte leaves; a result is durable before its worker goes on.
A step that was intended and has no result is in doubt, and is looked up before anything is sent
again. The settings are those of docs/protocol.md: rollback journal, `synchronous=EXTRA`, one
connection. A person's data are erased as soon as every step of theirs is final.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from aapimport.config import private_folder
from aapimport.errors import RefusedError, ServiceError, SettingsError
from aapimport.plan.plan import Plan
from aapimport.run.records import (
    FINAL,
    Run,
    State,
    StepKind,
    Task,
    read_task,
    steps_of,
    wanted_json,
)
from aapimport.run.schema import NotAJournalError, Transaction, adopt_or_create
from aapimport.services.values import Wanted

_TASK = ", ".join(Task.__dataclass_fields__)
_RUN = ", ".join(Run.__dataclass_fields__)
_PAGE = 500
_BEAT = 1.0  # seconds


class Journal:
    """The journal of one pair of services.

    Args:
        path: The file; its folder is made private (0700), the file is for its owner only (0600).

    Attributes:
        last_written: When an earlier process last wrote it, in seconds since 1970; 0 if none did.

    Raises:
        SettingsError: The file is unreadable, damaged, or not a journal; it is never ignored.
    """

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self._path = path
        self._beaten = 0.0
        try:
            self.last_written = path.stat().st_mtime if path.exists() else 0.0
            path.touch(mode=0o600, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None)
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction whose failure ends the run; what it was about is looked up by a resume."""
        try:
            with Transaction(self._database):
                yield
        except sqlite3.IntegrityError:
            raise  # a mistake in aapimport, not in the file
        except sqlite3.DatabaseError as error:
            raise ServiceError(
                f"the journal can't be written: {error}",
                hint="make room on the disk, then run the same command again",
            ) from error

    def knows(self, receipt: str) -> bool:
        """Whether there is an upload with a confirmation number."""
        return bool(self._runs("receipt = ?", (receipt,)))

    def begin(self, plan: Plan) -> Run:
        """Write down a plan that was approved: the run exists whole, or not at all.

        Raises:
            ServiceError: It can't be written; nothing is sent then.
        """
        with self._writing():
            self._database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    plan.receipt,
                    plan.address,
                    plan.target,
                    plan.file,
                    plan.file_digest,
                    plan.sheet,
                    plan.pass_.id,
                    plan.pass_.name,
                    plan.emails,
                    plan.pass_.free,
                    time.time(),
                ),
            )
            self._database.executemany(
                "INSERT INTO people VALUES (?, ?, ?, ?)",
                ((plan.receipt, one.person.row, one.seat, wanted_json(one)) for one in plan.people),
            )
            self._database.executemany(
                "INSERT INTO steps (receipt, row, service, kind, action, target, state, key,"
                " account_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (plan.receipt, one.person.row, *step)
                    for one in plan.people
                    for step in steps_of(one)
                ),
            )
            self._forget(plan.receipt, (one.person.row for one in plan.people))
        return self.run(plan.receipt)

    def run(self, receipt: str) -> Run:
        """The run of a confirmation number.

        Raises:
            RefusedError: There is none.
        """
        found = self._runs("receipt = ?", (receipt.strip().upper(),))
        if not found:
            raise RefusedError(
                f"no upload has the confirmation number {receipt!r}",
                hint="look at the receipt; the journal belongs to the services it was made with",
            )
        return found[0]

    def unfinished(self, address: str, file_digest: str) -> Run | None:
        """The run of a file that was interrupted, if there is one."""
        found = self._runs(
            "address = ? AND file_digest = ? AND finished_at IS NULL", (address, file_digest)
        )
        return found[0] if found else None

    def rows(self, receipt: str) -> set[int]:
        """The rows of a run's people."""
        found = self._database.execute("SELECT row FROM people WHERE receipt = ?", (receipt,))
        return {row for (row,) in found}

    def _runs(self, condition: str, values: tuple[Any, ...]) -> list[Run]:
        rows = self._database.execute(
            f"SELECT {_RUN} FROM runs WHERE {condition} ORDER BY started_at DESC",  # noqa: S608 -- conditions are literals of this module
            values,
        )
        return [
            Run(**dict(zip(Run.__dataclass_fields__, row, strict=True)) | {"emails": bool(row[8])})
            for row in rows
        ]

    def tasks(
        self,
        receipt: str,
        kind: StepKind | None = None,
        *states: State,
        service: str | None = None,
        last_row: int | None = None,
    ) -> Iterator[Task]:
        """The steps of a run by row; of a kind, states and a service, up to a row only."""
        condition = "receipt = ?"
        values: list[Any] = [receipt]
        for column, value in (("kind", kind), ("service", service)):
            if value is not None:
                condition += f" AND {column} = ?"
                values.append(value)
        if states:
            condition += f" AND state IN ({', '.join('?' * len(states))})"
            values.extend(states)
        if last_row is not None:
            condition += " AND row <= ?"
            values.append(last_row)
        query = (
            f"SELECT {_TASK} FROM steps WHERE {condition}"  # noqa: S608 -- as above
            f" AND (row, service, kind) > (?, ?, ?) ORDER BY row, service, kind LIMIT {_PAGE}"
        )
        last: tuple[int, str, str] = (0, "", "")
        while page := [
            read_task(row) for row in self._database.execute(query, (*values, *last)).fetchall()
        ]:
            yield from page
            last = (page[-1].row, page[-1].service, page[-1].kind)

    def counts(self, receipt: str) -> dict[State, int]:
        """How many steps of a run are in which state."""
        found = self._database.execute(
            "SELECT state, count(*) FROM steps WHERE receipt = ? GROUP BY state", (receipt,)
        )
        return {State(state): number for state, number in found}

    def open_row(self, receipt: str, people: int) -> int | None:
        """The row of the last of so many people with something left to do; None without any."""
        rows = self._database.execute(
            "SELECT DISTINCT row FROM steps WHERE receipt = ? AND kind != 'email'"
            " AND state NOT IN ('done', 'rejected', 'skipped') ORDER BY row LIMIT ?",
            (receipt, people),
        ).fetchall()
        return int(rows[-1][0]) if rows else None

    def failures(self, receipt: str, last_row: int) -> int:
        """How many steps, up to a row, were rejected or are not known."""
        return int(
            self._database.execute(
                "SELECT count(*) FROM steps WHERE receipt = ? AND row <= ? AND kind != 'email'"
                " AND state NOT IN ('done', 'skipped')",
                (receipt, last_row),
            ).fetchone()[0]
        )

    def wanted(self, receipt: str, tasks: Sequence[Task]) -> list[Wanted]:
        """What the accounts of steps' people should be; only while the people aren't final."""
        marks = ", ".join("?" * len(tasks))
        rows = self._database.execute(
            f"SELECT row, wanted FROM people WHERE receipt = ? AND row IN ({marks})",  # noqa: S608 -- question marks
            (receipt, *(task.row for task in tasks)),
        )
        texts = dict(rows.fetchall())
        return [Wanted(**json.loads(texts[task.row])[task.service]) for task in tasks]

    def record(self, receipt: str, tasks: Iterable[Task]) -> None:
        """Make new states durable, all at once."""
        changed = list(tasks)
        if not changed:
            return
        with self._writing():
            self._database.executemany(
                "UPDATE steps SET state = ?, account_id = ?, attempts = ?, adopted = ?,"
                " reason = ?, sent_at = ?"
                " WHERE receipt = ? AND row = ? AND service = ? AND kind = ?",
                (
                    (
                        task.state,
                        task.account_id,
                        task.attempts,
                        task.adopted,
                        task.reason,
                        task.sent_at,
                        receipt,
                        task.row,
                        task.service,
                        task.kind,
                    )
                    for task in changed
                ),
            )
            self._forget(receipt, {task.row for task in changed if task.state in FINAL})

    def step(
        self, receipt: str, row: int, service: str, kind: StepKind = StepKind.ACCOUNT
    ) -> Task | None:
        """One step of a person on a service; None when the plan has none."""
        found = self._database.execute(
            f"SELECT {_TASK} FROM steps"  # noqa: S608 -- as above
            " WHERE receipt = ? AND row = ? AND service = ? AND kind = ?",
            (receipt, row, service, kind),
        ).fetchone()
        return read_task(found) if found else None

    def addresses(self, receipt: str) -> dict[int, str]:
        """The addresses, by row, of those people of whom something is left to do."""
        found = self._database.execute(
            "SELECT row, wanted FROM people WHERE receipt = ? AND wanted IS NOT NULL", (receipt,)
        )
        return {row: json.loads(text)["portal"]["email"] for row, text in found}

    def beat(self) -> None:
        """Leave a sign of life while requests are under way: `last_written` tells the time of it.

        A pace may let a request leave long after its intent, and a service may be slow.
        """
        now = time.monotonic()
        if now - self._beaten >= _BEAT:
            self._beaten = now
            os.utime(self._path)

    def seats_used(self, receipt: str) -> int:
        """Seats that the run has used: people new to the pass who have an account and are on it."""
        return int(
            self._database.execute(
                "SELECT count(*) FROM people JOIN steps AS account USING (receipt, row)"
                " WHERE receipt = ? AND seat AND account.service = 'portal'"
                " AND account.kind = 'account' AND account.state = 'done' AND NOT EXISTS"
                " (SELECT 1 FROM steps AS joins WHERE joins.receipt = people.receipt"
                "  AND joins.row = people.row AND joins.kind = 'pass' AND joins.state != 'done')",
                (receipt,),
            ).fetchone()[0]
        )

    def finish(self, receipt: str) -> Run:
        """Close a run in which every step is final."""
        with self._writing():
            self._database.execute(
                "UPDATE runs SET finished_at = ? WHERE receipt = ? AND NOT EXISTS"
                " (SELECT 1 FROM steps WHERE steps.receipt = runs.receipt"
                "  AND state NOT IN ('done', 'rejected', 'skipped'))",
                (time.time(), receipt),
            )
        return self.run(receipt)

    def _forget(self, receipt: str, rows: Iterable[int]) -> None:
        """Erase the data of those people of whom nothing is left to do."""
        self._database.executemany(
            "UPDATE people SET wanted = NULL WHERE receipt = ? AND row = ?"
            " AND NOT EXISTS (SELECT 1 FROM steps WHERE steps.receipt = people.receipt"
            "  AND steps.row = people.row AND state NOT IN ('done', 'rejected', 'skipped'))",
            ((receipt, row) for row in rows),
        )


def journal_path(state_dir: Path, target: str) -> Path:
    """Where the journal is; the practice portal's lies beside it and goes with it."""
    return state_dir / ("practice" if target == "practice" else "") / "journal.sqlite3"
