"""Carrying an undo out: intent committed, account looked at, written, read back, result committed.

What is still as the run left it is told anew at each write, from what the journal knows of that
run. Every write sets a value, or names who leaves a Group: after a kill it is looked at whether it
took effect, once it has had time to, and sent again where it didn't.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from aapimport.errors import AapimportError, ExitCode
from aapimport.plan.make import Services
from aapimport.run.conveyor import Batch, Call
from aapimport.run.journal import Journal
from aapimport.run.left import LeftPerson, left_by
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.putting_back import put_back_first, tell_what_is_gone
from aapimport.run.records import LEAVES, Run, State, StepKind, Task
from aapimport.run.runs import refuse_other_services
from aapimport.run.session import Session
from aapimport.run.since import NOT_THEIRS
from aapimport.run.undo_plan import to_take_back
from aapimport.services.changes import Seen
from aapimport.services.directory import Unknown
from aapimport.services.leaving import leave_team
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.taking_back import Refusal, Values, take_back

_LEFT = (State.PLANNED, State.INTENT, State.DOUBT)
_FIRST, _AT_ONCE = 1, 50
"""People who are taken out of a Group at once: whether only they go is seen on the first."""


class Undoing:
    """Carries out one undo.

    Args:
        journal: The open journal; nobody else writes it.
        services: The services that the run belongs to.
        run: The undo.
        options: How it is carried out.

    Raises:
        RefusedError: It belongs to other services.
    """

    def __init__(self, journal: Journal, services: Services, run: Run, options: RunOptions) -> None:
        refuse_other_services(run, services.address)
        self._session = Session(journal, run, services, options)
        rows = journal.rows(run.receipt)
        of = journal.run(run.of)
        self._people: Mapping[int, LeftPerson] = {
            one.row: one for one in left_by(journal, of, rows)
        }

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self._session.conveyor.stop(code)

    def steps(self) -> Iterator[Progress]:
        """Take back everything that is left to take back, yielding after each commit.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: A service refuses the token.
            ServiceError: A service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        session = self._session
        yield session.conveyor.progress()
        try:
            for service, directory in session.directories.items():
                try:
                    _ = directory.capabilities  # asked once, before several threads need them
                except AapimportError as error:
                    session.conveyor.halt(service, error)
            keep_mails_back(session.journal, session.run)
            yield from put_back_first(session)
            yield from self._settled()
            yield from self._leave_groups()
            lines = {service: self._accounts(service) for service in session.directories}
            yield from session.conveyor.drive(lines, self._taking_back)
            yield from tell_what_is_gone(session)
            session.conveyor.finish()
        except AapimportError as error:
            error.state = session.journal.standing(session.receipt)
            raise
        session.journal.finish(session.receipt)

    def _settled(self) -> Iterator[Progress]:
        """Wait until what an earlier session sent has taken effect, or never will."""
        for service in self._session.directories:
            left = self._session.unsettled(service)
            if left > 0 and not self._session.conveyor.is_halted(service):
                yield from self._session.wait(left, "waiting for what was sent to settle", left)

    def _accounts(self, service: str) -> Iterator[Batch]:
        due = self._session.due(StepKind.TAKE_BACK, *_LEFT, service=service)
        return iter([[task] for task in due])

    def _taking_back(self, batch: Batch) -> Call:
        (task,) = batch
        person = self._people[task.row]
        (left,) = (one for one in person.accounts if one.service == task.service)

        def decide(seen: Seen) -> Values | Refusal:
            return to_take_back(left, seen, person.joined)

        def call() -> list[Outcome]:
            directory = self._session.directories[task.service]
            return [take_back(directory, task.account_id, decide)]

        return call

    def _leave_groups(self) -> Iterator[Progress]:
        for kind in LEAVES.values():
            by_group: dict[str, list[Task]] = {}
            for task in self._session.due(kind, *_LEFT):
                by_group.setdefault(task.target, []).append(task)
            for tasks in by_group.values():
                for batch in (tasks[:_FIRST], *_chunks(tasks[_FIRST:])):
                    if batch and not self._session.conveyor.is_halted("portal"):
                        yield from self._session.conveyor.drive(
                            {"portal": iter([batch])}, self._leaving
                        )

    def _leaving(self, batch: Batch) -> Call:
        portal = self._session.services.portal

        def leave() -> list[Outcome]:
            outcomes: dict[int, Outcome] = {}
            people: dict[str, str] = {}
            for task in batch:
                found = self._whose(task)
                if isinstance(found, Outcome):
                    outcomes[task.row] = found
                else:
                    people[task.account_id] = found
            done = leave_team(portal, batch[0].target, people) if people else {}
            return [outcomes.get(task.row) or done[task.account_id] for task in batch]

        return leave

    def _whose(self, task: Task) -> str | Outcome:
        """The userName of the account that is to leave; why it isn't touched, where it isn't."""
        found = self._session.services.portal.fetch(task.account_id)
        if isinstance(found, Unknown):
            return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason)
        if found is None:
            return Outcome(verdict=Verdict.DONE, reason="the account is gone")
        left = next(one for one in self._people[task.row].accounts if one.service == "portal")
        if not left.is_theirs(found[0]):
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=NOT_THEIRS)
        return found[0].user_name


def _chunks(tasks: list[Task]) -> Iterator[list[Task]]:
    for start in range(0, len(tasks), _AT_ONCE):
        yield tasks[start : start + _AT_ONCE]


def embargoed(journal: Journal, run: Run, rows: set[int]) -> Iterator[tuple[int, str, Task]]:
    """The e-mails about some of a run's people that were never asked for, each with its run."""
    for row, receipt, task in journal.mails_about(run.receipt, State.PLANNED):
        if row in rows and journal.run(receipt).closed_at is None:
            yield row, receipt, task


def keep_mails_back(journal: Journal, undo: Run) -> None:
    """Have nobody mailed any more of whom an undo takes back what was done; may be repeated."""
    rows = journal.rows(undo.receipt)
    for _, receipt, task in [*embargoed(journal, journal.run(undo.of), rows)]:
        reason = f"kept back by undo {undo.receipt}"
        journal.record(receipt, [replace(task, state=State.SKIPPED, reason=reason)])
        journal.finish(receipt)
