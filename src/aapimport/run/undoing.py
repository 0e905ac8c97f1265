"""Carrying an undo out: what is still as the run left it is told anew at each write.

From what the journal knows of that run, and from a look at the account just before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from aapimport.plan.make import Services
from aapimport.run.carrying import LEFT, Carrying
from aapimport.run.conveyor import Batch, Call
from aapimport.run.journal import Journal
from aapimport.run.left import LeftPerson, left_by
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.records import LEAVES, Run, State, StepKind, Task
from aapimport.run.since import NOT_THEIRS
from aapimport.run.undo_plan import to_take_back
from aapimport.services.changes import Seen
from aapimport.services.directory import Unknown
from aapimport.services.leaving import leave_team
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.taking_back import Refusal, Values, take_back

_FIRST, _AT_ONCE = 1, 50
"""People who are taken out of a Group at once: whether only they go is seen on the first."""


class Undoing(Carrying):
    """Carries out one undo, as `Carrying` says it."""

    def __init__(self, journal: Journal, services: Services, run: Run, options: RunOptions) -> None:
        super().__init__(journal, services, run, options)
        rows = journal.rows(run.receipt)
        of = journal.run(run.of)
        self._people: Mapping[int, LeftPerson] = {
            one.row: one for one in left_by(journal, of, rows)
        }

    def begin(self) -> None:
        """Have nobody mailed any more of whom something is taken back."""
        keep_mails_back(self.session.journal, self.session.run)

    def accounts(self, service: str) -> Iterator[Batch]:
        """The accounts of a service from which something is taken back."""
        due = self.session.due(StepKind.TAKE_BACK, *LEFT, service=service)
        return iter([[task] for task in due])

    def doing(self, batch: Batch) -> Call:
        """Give one account back what it had."""
        (task,) = batch
        person = self._people[task.row]
        (left,) = (one for one in person.accounts if one.service == task.service)

        def decide(seen: Seen) -> Values | Refusal:
            return to_take_back(left, seen, person.joined)

        def call() -> list[Outcome]:
            directory = self.session.directories[task.service]
            return [take_back(directory, task.account_id, decide)]

        return call

    def groups(self) -> Iterator[Progress]:
        """Take people out of the Groups that the run put them into."""
        for kind in LEAVES.values():
            by_group: dict[str, list[Task]] = {}
            for task in self.session.due(kind, *LEFT):
                by_group.setdefault(task.target, []).append(task)
            for tasks in by_group.values():
                for batch in (tasks[:_FIRST], *_chunks(tasks[_FIRST:])):
                    if batch and not self.session.conveyor.is_halted("portal"):
                        yield from self.session.conveyor.drive(
                            {"portal": iter([batch])}, self._leaving
                        )

    def _leaving(self, batch: Batch) -> Call:
        portal = self.session.services.portal

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
        found = self.session.services.portal.fetch(task.account_id)
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
