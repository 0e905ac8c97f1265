"""The journal's runs: begun whole, finished when all is done, closed, or taken back."""

import time
from collections.abc import Iterable
from typing import Any

from aapimport import __version__
from aapimport.config.addresses import place_of, places_of, share_a_place
from aapimport.errors import NOTHING_SENT, RefusedError
from aapimport.plan.plan import Plan
from aapimport.run.how_far import HowFar, how_far
from aapimport.run.inheriting import take_over
from aapimport.run.journal_file import JournalFile
from aapimport.run.planned import (
    before_json,
    options_json,
    people_digest,
    plan_digest,
    steps_of,
    team_ids,
    this_user,
    wanted_json,
)
from aapimport.run.records import FINAL, NOT_FINAL, Run, RunKind, Seats, State

RUN_FIELDS = tuple(Run.__dataclass_fields__)
_RUN = ", ".join(RUN_FIELDS)
_SENT = (
    "(attempts > 0 OR state IN ('intent', 'doubt', 'written')"
    " OR (state <> 'planned' AND sent_at IS NOT NULL))"
)
"""The condition, in SQL, that a step was sent, or may have been."""
_UNCHANGED = ", ".join(
    "CASE WHEN EXISTS (SELECT 1 FROM steps WHERE steps.receipt = people.receipt"
    f" AND steps.row = people.row AND service = '{service}' AND kind = 'account'"
    f" AND state <> 'done') THEN '$.{service}.names' ELSE '$.none' END"
    for service in ("portal", "jhana")
)
"""The paths, in SQL, of former names that a run didn't change after all."""


class Runs(JournalFile):
    """The runs that a journal knows."""

    def knows(self, receipt: str) -> bool:
        """Whether there is an upload with a confirmation number."""
        return bool(self._runs("receipt = ?", (receipt,)))

    def begin(self, plan: Plan) -> Run:
        """Write down a plan that was approved: the run exists whole, or not at all.

        Raises:
            ServiceError: It can't be written; nothing is sent then.
        """
        wanted = [wanted_json(one) for one in plan.people]
        run, teams = _run_of(plan, plan_digest(plan.people, wanted)), team_ids(plan)
        with self._writing():
            self._database.execute(
                f"INSERT INTO runs ({_RUN}) VALUES ({', '.join('?' * len(RUN_FIELDS))})",
                tuple(getattr(run, name) for name in RUN_FIELDS),
            )
            self._database.executemany(
                "INSERT INTO people (receipt, row, seat, wanted, before) VALUES (?, ?, ?, ?, ?)",
                (
                    (
                        plan.receipt,
                        one.person.row,
                        one.seat,
                        text,
                        before_json(one, plan, teams),
                    )
                    for one, text in zip(plan.people, wanted, strict=True)
                ),
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
            take_over(self._database, plan)
            self._forget(plan.receipt, (one.person.row for one in plan.people))
        return run

    def run(self, receipt: str) -> Run:
        """The run of a confirmation number.

        Raises:
            RefusedError: There is none.
        """
        found = self._runs("receipt = ?", (receipt.strip().upper(),))
        if not found:
            raise RefusedError(
                f"no upload has the confirmation number {receipt!r}",
                hint="list them with: aapimport history (with --all those of other clients, too)",
            )
        return found[0]

    def runs(self, address: str | None = None) -> list[Run]:
        """Every run, the newest first.

        Args:
            address: The pair of services; None for all of them.
        """
        return self._runs("?1 IS NULL OR address = ?1", (address,))

    def open_run(self, address: str) -> Run | None:
        """The newest open run at a pair of services; None without one."""
        return next(iter(self.open_runs(address)), None)

    def open_runs(self, address: str | None = None, kind: RunKind | None = None) -> list[Run]:
        """The runs with something left to do that nobody closed, the newest first.

        One of which all is done, and whose process died before it could say so, is finished here.

        Args:
            address: The pair of services; None for all of them.
            kind: What they are for; None for whatever.
        """
        found = self._runs(
            "finished_at IS NULL AND closed_at IS NULL AND (?1 IS NULL OR address = ?1)"
            " AND (?2 IS NULL OR kind = ?2)",
            (address, kind),
        )
        return [run for run in found if not self._is_done(run)]

    def open_runs_beside(self, address: str) -> list[Run]:
        """The open uploads that have a service in common with a pair of services.

        E-mails that are sent later keep no upload waiting: the ledger knows who was mailed.
        """
        found = self.open_runs(kind=RunKind.UPLOAD)
        return [run for run in found if share_a_place(run.address, address)]

    def begun_at(self, url: str, which: int) -> str:
        """The newest upload of a service at an address; empty where none was begun there.

        Args:
            url: The address.
            which: Which of the pair the service is: 0 for the portal, 1 for Jhana.
        """
        there = place_of(url)
        found = (run for run in self._runs("TRUE", ()) if run.target == "live")
        return next(
            (run.receipt for run in found if places_of(run.address).split(" ")[which] == there), ""
        )

    def uploaded_as(self, digest: str) -> str:
        """The newest upload whose file has a SHA-256; empty for none."""
        found = self._runs("file_digest = ? AND kind = ?", (digest, RunKind.UPLOAD))
        return found[0].receipt if found else ""

    def _is_done(self, run: Run) -> bool:
        if set(self.counts(run.receipt)) - FINAL:
            return False
        return self.finish(run.receipt).finished_at is not None

    def counts(self, receipt: str) -> dict[State, int]:
        """How many steps of a run are in which state; of a sending, how many e-mails."""
        found = self._database.execute(
            "SELECT state, count(*) FROM steps JOIN runs USING (receipt) WHERE receipt = ?"
            " AND (runs.kind <> 'send' OR steps.kind = 'email') GROUP BY state",
            (receipt,),
        )
        return {State(state): number for state, number in found}

    def progress(self, receipt: str) -> HowFar:
        """How far a run is."""
        return how_far(self.counts(receipt))

    def standing(self, receipt: str) -> str:
        """The state of the world after a run, with the command that continues."""
        if not self.knows(receipt) or self.run(receipt).closed_at is not None:
            return NOTHING_SENT  # what was left before anything was sent
        counts = self.counts(receipt)
        done = f"{how_far(counts)}, all recorded"
        if not set(counts) - FINAL:
            return f"{done}; see the receipt with: aapimport receipt {receipt}"
        return f"{done}; continue with: aapimport resume {receipt}"

    def finish(self, receipt: str, seats: Seats | None = None) -> Run:
        """Finish a run in which every step is final; one that was closed stays closed.

        Args:
            receipt: The run.
            seats: The pass's seats, as the portal tells them now; None when it wasn't asked.
        """
        told = seats or Seats()
        with self._writing():
            self._database.execute(
                "UPDATE runs SET finished_at = coalesce(finished_at, ?),"
                " seats_used_after = coalesce(?, seats_used_after),"
                " seats_free_after = coalesce(?, seats_free_after)"
                " WHERE receipt = ? AND closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM steps"
                f" WHERE steps.receipt = runs.receipt AND {NOT_FINAL})",
                (time.time(), told.used, told.free, receipt),
            )
        return self.run(receipt)

    def close(self, receipt: str) -> Run:
        """End an open run with what is left undone; its steps stay as they are.

        Whoever was not mailed may be mailed by others. Of the people of whom nothing was ever sent
        nothing is owed, so their data are erased; the others' stay, so that they can be named.
        """
        with self._writing():
            self._database.execute(
                "UPDATE runs SET closed_at = ? WHERE receipt = ? AND closed_at IS NULL"
                " AND finished_at IS NULL",
                (time.time(), receipt),
            )
            self._database.execute(
                "DELETE FROM mails WHERE receipt = ?1 AND row IN"
                " (SELECT row FROM steps WHERE receipt = ?1 AND kind = 'email'"
                "  AND state = 'planned')",
                (receipt,),
            )
            self._database.execute(
                f"UPDATE people SET wanted = NULL, before = json_remove(before, {_UNCHANGED})"
                " WHERE receipt = ?1 AND row NOT IN"
                f" (SELECT row FROM steps WHERE receipt = ?1 AND {_SENT})",
                (receipt,),
            )
        return self.run(receipt)

    def discard(self, receipt: str) -> None:
        """Remove a run of which nothing was ever sent, as if it had never been begun.

        Raises:
            RefusedError: Something of it was sent, or may have been.
        """
        with self._writing():
            sent = self._database.execute(
                f"SELECT 1 FROM steps WHERE receipt = ? AND {_SENT} LIMIT 1",
                (receipt,),
            ).fetchone()
            if sent:
                raise RefusedError(
                    f"upload {receipt} has sent something already",
                    hint=f"go on with: aapimport resume {receipt}",
                    state="all of it is recorded",
                )
            for table in ("told", "mails", "steps", "people", "runs"):
                self._database.execute(f"DELETE FROM {table} WHERE receipt = ?", (receipt,))

    def _forget(self, receipt: str, rows: Iterable[int]) -> None:
        """Erase the data of those people of whom nothing is left to do.

        Their former names stay only where this run changed them, for the way back. Where people
        are kept for some days, `purging` erases them.
        """
        if self.keep_people:
            return
        self._database.executemany(
            f"UPDATE people SET wanted = NULL, before = json_remove(before, {_UNCHANGED})"
            " WHERE receipt = ? AND row = ? AND NOT EXISTS (SELECT 1 FROM steps"
            "  WHERE steps.receipt = people.receipt AND steps.row = people.row"
            f"  AND {NOT_FINAL})",
            ((receipt, row) for row in rows),
        )

    def _runs(self, condition: str, values: tuple[Any, ...]) -> list[Run]:
        rows = self._database.execute(
            f"SELECT {_RUN} FROM runs WHERE {condition} ORDER BY started_at DESC",
            values,
        )
        runs = (dict(zip(RUN_FIELDS, row, strict=True)) for row in rows)
        return [Run(**run | {"emails": bool(run["emails"])}) for run in runs]


def refuse_other_services(run: Run, address: str) -> None:
    """Refuse to carry on, or to close, a run of other services.

    Args:
        run: The run.
        address: The configured pair of services.

    Raises:
        RefusedError: It is another pair.
    """
    if run.address != address:
        raise RefusedError(
            f"{run.name} belongs to other services than the configured ones:"
            f" it was begun at {named(run.address)}, now {named(address)} is configured",
            hint="set the addresses that it was begun with again (`aapimport config show` says"
            f" where they come from), then:  aapimport resume {run.receipt}",
            state="nothing was sent now; what was sent before is in the journal",
        )


def named(address: str) -> str:
    """A pair of services in a sentence."""
    return "the practice portal" if address == "practice" else " and ".join(address.split(" "))


def _run_of(plan: Plan, digest: str) -> Run:
    """The run that carries out a plan, from now on."""
    return Run(
        receipt=plan.receipt,
        address=plan.address,
        target=plan.target,
        file=plan.file,
        file_digest=plan.file_digest,
        sheet=plan.sheet,
        pass_id=plan.pass_.id,
        pass_name=plan.pass_.name,
        emails=plan.emails,
        seats_free=plan.pass_.free,
        started_at=time.time(),
        finished_at=None,
        taken_at=plan.taken_at,
        started_by=this_user(),
        version=__version__,
        plan_digest=digest,
        people_digest=people_digest(one.person for one in plan.people),
        seats_used_before=plan.pass_.seats_used,
        leavers=plan.leavers,
        options=options_json(plan),
    )
