"""The journal's runs that take back what another did, or put right what differs."""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from aapimport.config.addresses import place
from aapimport.errors import AapimportError
from aapimport.plan.plan import Action
from aapimport.run.asked_for import asked_for
from aapimport.run.digests import address_digest
from aapimport.run.journal_file import JournalFile
from aapimport.run.later_steps import WANTED_UNDONE, LaterStep, Ours, later_steps
from aapimport.run.records import Run, State, StepKind, Task
from aapimport.run.touches import Touch, touches

_COMES_WITHIN = 86_400.0
"""Seconds: a service that has accepted a change and not made it within a day has dropped it."""
_LOST, _BACK = "lost members ", "have members back "
"""How what is told of whom a team has lost begins."""
StepBack = tuple[int, str, StepKind, str, str]
"""The row, the service, an undo's step, how far it is, and what it says beside."""
_FIELDS = tuple(Run.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackStep:
    """One step of an undo or a repair, before it is begun.

    Attributes:
        row: The person's row in the file of the run that is taken back; a number in a repair.
        service: `portal` or `jhana`.
        kind: What the step does.
        target: The Group; for an account, what is written, in words that name nobody.
        account_id: The account.
        state: `planned`, or `needs a person` where nothing will be written.
        reason: Why.
    """

    row: int
    service: str
    kind: StepKind
    target: str
    account_id: str
    state: State
    reason: str = ""


class WaysBack(JournalFile):
    """The runs that take something back, or put something right.

    Attributes:
        missing: Is told, by a command that only reads, that the journal of another profile can't be
            read, so that what other profiles did isn't known; None where that is an error.
    """

    missing: Callable[[AapimportError], None] | None = None

    def begin_back(
        self,
        run: Run,
        rows: Collection[int],
        steps: Iterable[BackStep],
        known: Mapping[int, tuple[str, str]] | None = None,
    ) -> None:
        """Write down an undo or a repair that was approved: it exists whole, or not at all.

        Args:
            run: The run.
            rows: Whom it is about.
            steps: How.
            known: By row, as JSON: who they are, which is erased, and what tells it for good.

        Raises:
            ServiceError: It can't be written; nothing is sent then.
        """
        with self._writing():
            self._database.execute(
                f"INSERT INTO runs ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(_FIELDS))})",
                tuple(getattr(run, name) for name in _FIELDS),
            )
            self._database.executemany(
                "INSERT INTO people (receipt, row, seat, wanted, before) VALUES (?, ?, 0, ?, ?)",
                ((run.receipt, row, *(known or {}).get(row, (None, None))) for row in sorted(rows)),
            )
            self._database.executemany(
                "INSERT INTO steps (receipt, row, service, kind, action, target, state, key,"
                " account_id, reason) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, ?)",
                (
                    (
                        run.receipt,
                        one.row,
                        one.service,
                        one.kind,
                        Action.CHANGE,
                        one.target,
                        one.state,
                        one.account_id,
                        one.reason,
                    )
                    for one in steps
                ),
            )

    def later_runs(self, receipt: str) -> list[str]:
        """The confirmation numbers of the runs that belong to one, the newest first."""
        found = self._database.execute(
            "SELECT receipt FROM runs WHERE of = ? ORDER BY started_at DESC", (receipt,)
        )
        return [own for (own,) in found]

    def steps_back(self, receipt: str) -> list[StepBack]:
        """The steps of undos of a run that are done, or say something beside; the oldest first.

        Also those of which nobody knows what became of them, of undos that were closed.
        """
        found = self._database.execute(
            "SELECT row, service, steps.kind, state, but FROM steps JOIN runs USING (receipt)"
            " WHERE runs.of = ? AND runs.kind = 'undo' AND (state = 'done' OR but <> ''"
            "  OR closed_at IS NOT NULL AND state IN ('intent', 'doubt'))"
            " ORDER BY runs.started_at",
            (receipt,),
        )
        return [(row, service, StepKind(kind), *more) for row, service, kind, *more in found]

    def switched_off(self) -> list[tuple[str, str, str, str, str]]:
        """The accounts that undos have switched off, the last undo of each last.

        Without those to which a later upload or repair has written.

        Returns:
            The service, the account, the undo, the upload that it undid, and its services.
        """
        return self._database.execute(
            "SELECT service, account_id, receipt, of, address FROM steps AS back"
            " JOIN runs AS undo USING (receipt)"
            " WHERE undo.kind = 'undo' AND back.kind = 'take back'"
            "  AND (back.state = 'done' OR back.but LIKE '%taken back: activation%')"
            "  AND (back.target LIKE '%disabled%' OR back.target LIKE '%deactivated%')"
            "  AND NOT EXISTS (SELECT 1 FROM steps AS theirs JOIN runs USING (receipt)"
            "   WHERE theirs.account_id = back.account_id AND theirs.service = back.service"
            "   AND runs.kind IN ('upload', 'repair') AND runs.started_at > undo.started_at"
            "   AND theirs.kind IN ('account', 'repair')"
            "   AND (theirs.attempts > 0 OR theirs.kind = 'repair' AND theirs.sent_at > 0))"
            " ORDER BY undo.started_at"
        ).fetchall()

    def accounts_of(self, run: Run) -> Ours:
        """The accounts of a run, as `later_steps` takes them."""
        found = self._database.execute(
            "SELECT row, service, account_id, (SELECT min(sent_at) FROM steps AS its"
            "   WHERE its.receipt = steps.receipt AND its.row = steps.row"
            "   AND its.service = steps.service AND its.kind IN ('account', 'pass', 'team')),"
            "  json_extract(before, '$.person'), json_extract(wanted, '$.portal.email')"
            " FROM steps JOIN people USING (receipt, row)"
            " WHERE receipt = ? AND kind = 'account' AND account_id <> ''",
            (run.receipt,),
        )
        return [
            # what it has taken over from a closed run was sent before it was begun
            (
                row,
                service,
                own_id,
                max(at or 0.0, run.started_at),
                it or address_digest(email or ""),
            )
            for row, service, own_id, at, it, email in found
        ]

    def later_steps(self, run: Run, ours: Ours) -> list[LaterStep]:
        """What later uploads and repairs of this journal did about some of a run's accounts."""
        return later_steps(self._database, ours, (run.receipt, run.started_at))

    def later_beside(self, run: Run, ours: Ours) -> Iterator[LaterStep]:
        """The same of other profiles, as their journals have it at this moment; from any thread.

        Raises:
            AapimportError: The journal of another profile can't be read, and `missing` isn't told.
        """
        if not self._beside or not ours:
            return
        since = run.receipt, run.started_at
        try:
            yield from self._beside.later_steps(run.address.split(" "), ours, since)
        except AapimportError as error:
            if self.missing is None:
                raise
            self.missing(error)

    def has_asked_for_jhana(self, address: str) -> bool:
        """Whether an upload to that Jhana has ever asked for it, by whichever profile.

        Args:
            address: The pair of services.

        Raises:
            AapimportError: None of this profile has, and another's journal can't be read.
        """
        jhana = place(address, "jhana")
        found = asked_for(self._database, jhana)
        return bool(found or (self._beside and self._beside.asked_for(jhana)))

    def touches_beside(self, address: str, since: float | None = None) -> list[Touch]:
        """What runs of other profiles do at some services, or did since a time; None for now.

        Raises:
            AapimportError: The journal of another profile can't be read.
        """
        if not self._beside:
            return []
        at = time.time() if since is None else since
        found = self._beside.touches(address.split(" "), at)
        return [
            one for one in found if place(one.address, one.service) == place(address, one.service)
        ]

    def not_shown_at(self, address: str) -> dict[tuple[str, str], Touch]:
        """What undos and repairs have asked of accounts within a day, and haven't seen.

        A service that has accepted it may do it still, whatever an upload finds there now, and
        whatever another one has seen since: it may have asked for something else.

        Args:
            address: The pair of services.

        Returns:
            By service and account; none of profiles whose journals can't be read.
        """
        since = time.time() - _COMES_WITHIN
        found = touches(self._database, since, None)
        with suppress(AapimportError):
            found += self.touches_beside(address, since)
        return {
            (one.service, one.account_id): one
            for one in found
            if one.not_shown and place(one.address, one.service) == place(address, one.service)
        }

    @property
    def profile(self) -> str:
        """The profile whose journal it is; empty without one, and where there are no others."""
        return self._beside.own_profile if self._beside else ""

    def ask_back(self, receipt: str, rows: Collection[int] | None = None) -> None:
        """Remember that somebody wanted a run undone, though nothing of it could be taken back.

        Args:
            receipt: The run.
            rows: The only rows that were asked for; None for all.
        """
        self._tell(receipt, ["undo"] if rows is None else [f"undo row {row}" for row in rows])

    def asked_back(self, receipt: str) -> set[int]:
        """The rows of a run that somebody wanted undone, whatever of that was possible.

        One that was ended as it is counts for those about whom it has steps.
        """
        found = self._database.execute(
            f"SELECT row FROM people AS theirs WHERE receipt = ?1 AND ({WANTED_UNDONE} OR EXISTS"
            "  (SELECT 1 FROM runs JOIN steps USING (receipt)"
            "   WHERE of = ?1 AND runs.kind = 'undo' AND steps.row = theirs.row))",
            (receipt,),
        )
        return {row for (row,) in found}

    def settle(self, undo: str, steps: Iterable[Task]) -> None:
        """Remember that of what an undo was refused nothing is left: it is off by other means."""
        self._tell(undo, map(_settled, steps))

    def is_settled(self, undo: str, step: Task) -> bool:
        """Whether nothing is left of a step that an undo was refused."""
        query = "SELECT 1 FROM told WHERE receipt = ? AND what = ?"
        return self._database.execute(query, (undo, _settled(step))).fetchone() is not None

    def remember_lost(self, undo: str, row: int, team_id: str, members: Iterable[str]) -> None:
        """Remember by their ids whom a team has lost; not those that are addresses.

        Args:
            undo: The undo.
            row: The row of the step that says so.
            team_id: The team.
            members: The accounts' ids.
        """
        ids = [*members]
        if not any("@" in one for one in ids):
            self._tell(undo, [f"{_LOST}{json.dumps([row, team_id, *ids], ensure_ascii=False)}"])

    def lost_members(self, undo: str) -> dict[int, tuple[str, set[str]]]:
        """Whom teams have lost by an undo: by the step's row, the team's id and the accounts'."""
        found: dict[int, tuple[str, set[str]]] = {}
        for (what,) in self._database.execute(
            "SELECT what FROM told WHERE receipt = ? AND what GLOB ?", (undo, f"{_LOST}*")
        ):
            row, team_id, *ids = json.loads(what.removeprefix(_LOST))
            found.setdefault(row, (team_id, set()))[1].update(ids)
        return found

    def have_back(self, undo: str, rows: Iterable[int]) -> None:
        """Remember that nobody is lost any more of whom some steps of an undo said so."""
        if said := [f"{_BACK}{row}" for row in rows]:
            self._tell(undo, said)

    def rows_with_all_back(self, undo: str) -> set[int]:
        """The rows of the steps of an undo of which that is known."""
        found = self._database.execute(
            "SELECT what FROM told WHERE receipt = ? AND what GLOB ?", (undo, f"{_BACK}*")
        )
        return {int(what.removeprefix(_BACK)) for (what,) in found}

    def _tell(self, receipt: str, words: Iterable[str]) -> None:
        with self._writing():
            self._database.executemany(
                "INSERT OR IGNORE INTO told VALUES (?, ?)", ((receipt, one) for one in words)
            )

    def seat_rows(self, receipt: str) -> set[int]:
        """The rows of those who were new to the pass, so that an upload used a seat for them."""
        found = self._database.execute(
            "SELECT row FROM people WHERE receipt = ? AND seat", (receipt,)
        )
        return {row for (row,) in found}


def _settled(step: Task) -> str:
    return f"settled {step.row} {step.service} {step.kind}"
