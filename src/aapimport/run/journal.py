"""The journal: one SQLite file that knows what was intended and what became of it.

An intent is durable before the first byte leaves; a result is durable before its worker goes on.
A step that was intended and has no result is in doubt, and is looked up before anything is sent
again. A person's data are erased some days after their run has ended (`keep_people`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aapimport.run.also_on_jhana import AlsoOnJhana
from aapimport.run.canaries import Canaries
from aapimport.run.digests import role_digest
from aapimport.run.mails_about import MailsAbout
from aapimport.run.named_back import NamedBack
from aapimport.run.purging import Purging
from aapimport.run.records import FINAL, State, StepKind, Task, lacks_pass, read_task
from aapimport.run.remembered import Remembered
from aapimport.run.sends import Sends
from aapimport.run.ways_back import WaysBack
from aapimport.services.values import Wanted

_TASK = ", ".join(Task.__dataclass_fields__)
_PAGE = 500


class Journal(Sends, AlsoOnJhana, Canaries, MailsAbout, NamedBack, Purging, Remembered, WaysBack):
    """The journal of one pair of services.

    What is here are the steps of its runs. `Runs` holds the runs, `Sends` those that only send
    e-mails, `AlsoOnJhana` who has which account there, `Canaries` their first people, `MailsAbout`
    the e-mails about what a run has made, `WaysBack` those that take back, `Memory` what it
    remembers beyond them, `Remembered` files and servers of a run, `Purging` how people are
    erased, `JournalFile` how it is opened and written.
    """

    def rows(self, receipt: str) -> set[int]:
        """The rows of a run's people."""
        found = self._database.execute("SELECT row FROM people WHERE receipt = ?", (receipt,))
        return {row for (row,) in found}

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
            f"SELECT {_TASK} FROM steps WHERE {condition}"
            f" AND (row, service, kind) > (?, ?, ?) ORDER BY row, service, kind LIMIT {_PAGE}"
        )
        last: tuple[int, str, str] = (0, "", "")
        while page := [
            read_task(row) for row in self._database.execute(query, (*values, *last)).fetchall()
        ]:
            yield from page
            last = (page[-1].row, page[-1].service, page[-1].kind)

    def remarks(self, receipt: str) -> set[tuple[str, str]]:
        """What a run's receipt says isn't as it should be, with the account's or the Group's id."""
        query = (
            "SELECT CASE kind WHEN 'account' THEN account_id ELSE target END, but"
            " FROM steps WHERE receipt = ? AND but <> ''"
        )
        return {(own_id, but) for own_id, but in self._database.execute(query, (receipt,))}

    def wanted(self, receipt: str, tasks: Sequence[Task]) -> list[Wanted]:
        """What the accounts of steps' people should be; only while the people aren't final."""
        return [one for one in self.remembered(receipt, tasks) if one is not None]

    def remembered(self, receipt: str, tasks: Sequence[Task]) -> list[Wanted | None]:
        """The same; None for people whose data are erased."""
        marks = ", ".join("?" * len(tasks))
        rows = self._database.execute(
            f"SELECT row, wanted FROM people WHERE receipt = ? AND row IN ({marks})",
            (receipt, *(task.row for task in tasks)),
        )
        texts = dict(rows.fetchall())
        return [
            Wanted(**json.loads(text)[task.service]) if (text := texts[task.row]) else None
            for task in tasks
        ]

    def person(self, receipt: str, row: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """What a person's accounts should be, and what they were; nothing of what is erased."""
        found = self._database.execute(
            "SELECT wanted, before FROM people WHERE receipt = ? AND row = ?", (receipt, row)
        ).fetchone()
        wanted, before = found or (None, None)
        return json.loads(wanted or "{}"), json.loads(before or "{}")

    def record(self, receipt: str, tasks: Iterable[Task]) -> None:
        """Make new states durable, all at once; those of e-mails in the mail ledger, too."""
        changed = list(tasks)
        if not changed:
            return
        with self._writing():
            self._database.executemany(
                "UPDATE steps SET state = ?, account_id = ?, attempts = ?, adopted = ?,"
                " reason = ?, sent_at = ?, but = ?, trouble = ?"
                " WHERE receipt = ? AND row = ? AND service = ? AND kind = ?",
                (
                    (
                        task.state,
                        task.account_id,
                        task.attempts,
                        task.adopted,
                        task.reason,
                        task.sent_at,
                        task.but,
                        task.trouble,
                        receipt,
                        task.row,
                        task.service,
                        task.kind,
                    )
                    for task in changed
                ),
            )
            self._settle_mails(
                receipt,
                [(_in_ledger(task), task.row) for task in changed if task.kind is StepKind.EMAIL],
            )
            self._forget(receipt, {task.row for task in changed if task.state in FINAL})

    def keep_roles_beside(
        self, receipt: str, roles: Mapping[tuple[int, str], Sequence[str]]
    ) -> None:
        """Remember which roles a service has given accounts by itself that a run has made.

        Args:
            receipt: The run.
            roles: Their values, by row and service; of whoever has none, nothing is remembered.
        """
        kept = {who: values for who, values in roles.items() if values}
        if not kept:
            return
        with self._writing():
            self._database.executemany(
                "UPDATE people SET before = json_set(before, '$.beside_' || ?, json(?))"
                " WHERE receipt = ? AND row = ? AND before IS NOT NULL",
                (
                    (service, json.dumps([*map(role_digest, values)]), receipt, row)
                    for (row, service), values in kept.items()
                ),
            )

    def roles_beside(self, receipt: str, service: str) -> frozenset[str]:
        """Digests of the roles that a service gave some account of a run by itself."""
        found = self._database.execute(
            "SELECT DISTINCT value FROM people, json_each(before, '$.beside_' || ?)"
            " WHERE receipt = ?",
            (service, receipt),
        )
        return frozenset(digest for (digest,) in found)

    def step(
        self, receipt: str, row: int, service: str, kind: StepKind = StepKind.ACCOUNT
    ) -> Task | None:
        """One step of a person on a service; None when the plan has none."""
        found = self._database.execute(
            f"SELECT {_TASK} FROM steps WHERE receipt = ? AND row = ? AND service = ? AND kind = ?",
            (receipt, row, service, kind),
        ).fetchone()
        return read_task(found) if found else None

    def addresses(self, receipt: str) -> dict[int, str]:
        """The addresses, by row, of those people of whom something is left to do."""
        found = self._database.execute(
            "SELECT row, wanted FROM people WHERE receipt = ? AND wanted IS NOT NULL", (receipt,)
        )
        return {row: json.loads(text)["portal"]["email"] for row, text in found}

    def left_out(self, receipt: str, why: str) -> set[int]:
        """The rows of those whom a run's plan left out for a reason."""
        found = self._database.execute(
            "SELECT DISTINCT row FROM steps WHERE receipt = ? AND kind = 'account'"
            " AND state = 'skipped' AND reason = ?",
            (receipt, why),
        )
        return {row for (row,) in found}

    def owners(self, receipt: str) -> dict[tuple[str, str], int]:
        """The rows whose account is known for good, by service and the account's id."""
        found = self._database.execute(
            "SELECT service, account_id, row FROM steps WHERE receipt = ? AND kind = 'account'"
            " AND account_id <> '' AND (action <> 'create' OR state = 'done')",
            (receipt,),
        )
        return {(service, account_id): row for service, account_id, row in found}

    def seats_used(self, receipt: str) -> int:
        """Seats that the run has used: people new to the pass who have an account and are on it.

        Of accounts that turned out to be there, only those that this run put on the pass.
        """
        found = self._database.execute(
            "SELECT account.but FROM people JOIN steps AS account USING (receipt, row)"
            " WHERE receipt = ? AND seat AND account.service = 'portal'"
            " AND account.kind = 'account' AND account.state = 'done'"
            " AND (NOT account.adopted OR account.attempts) AND NOT EXISTS"
            " (SELECT 1 FROM steps AS joins WHERE joins.receipt = people.receipt"
            "  AND joins.row = people.row AND joins.kind = 'pass' AND joins.state != 'done')",
            (receipt,),
        )
        return sum(not lacks_pass(but) for (but,) in found)

    def returning(self, receipt: str) -> int:
        """How many of those who were new to the pass had a deactivated account before the run."""
        query = (
            "SELECT count(*) FROM people WHERE receipt = ? AND seat"
            " AND json_extract(before, '$.portal.active') = 0"
        )
        return int(self._database.execute(query, (receipt,)).fetchone()[0])

    def seats_left(self, receipt: str) -> int:
        """Seats that the run is approved to use and may still use, people in doubt among them."""
        query = (
            "SELECT count(DISTINCT row) FROM people JOIN steps USING (receipt, row)"
            " WHERE receipt = ? AND seat AND service = 'portal' AND kind IN ('account', 'pass')"
            " AND state IN ('planned', 'intent', 'doubt')"
        )
        return int(self._database.execute(query, (receipt,)).fetchone()[0])

    def has_created(self, receipt: str, service: str) -> bool:
        """Whether the run has created somebody on a service already, and read them back."""
        query = (
            "SELECT 1 FROM steps WHERE receipt = ? AND service = ? AND kind = 'account'"
            " AND action = 'create' AND state = 'done' AND NOT adopted LIMIT 1"
        )
        return self._database.execute(query, (receipt, service)).fetchone() is not None


def _in_ledger(mail: Task) -> State:
    """What the mail ledger says of an e-mail: one that was never sent leaves others the right."""
    unsent = mail.state is State.NEEDS_PERSON and mail.sent_at is None
    return State.SKIPPED if unsent else mail.state


def journal_path(state_dir: Path, target: str) -> Path:
    """Where the journal is; the practice portal's lies beside it and goes with it."""
    return state_dir / ("practice" if target == "practice" else "") / "journal.sqlite3"
