"""The account steps of a run: create or change, settle what is in doubt, read back."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from aapimport.plan.make import Services
from aapimport.plan.plan import Action
from aapimport.run.conveyor import Batch, Call, Conveyor, Progress
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.records import State, StepKind, Task
from aapimport.services.accounts import create, make_so, settle
from aapimport.services.directory import Directory
from aapimport.services.many import (
    ADDRESSES_PER_LOOK_UP,
    bulk_batches,
    create_many,
    finds_only,
    settle_many,
    verify_many,
)
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.values import Wanted

MAX_CREATES = 2
"""Creates of one person on one service, ever, without a person's word."""
_LOOK_UP_GAP = 2.0
_READ_AHEAD = 1000


class Accounts:
    """Carries out the account steps of one run.

    Args:
        journal: The open journal.
        receipt: The run.
        services: Both services.
        conveyor: Runs the steps.
        options: How they are carried out.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        receipt: str,
        services: Services,
        conveyor: Conveyor,
        options: RunOptions,
    ) -> None:
        self._journal = journal
        self._receipt = receipt
        self._services: dict[str, Directory] = {"portal": services.portal, "jhana": services.jhana}
        self._conveyor = conveyor
        self._settle_seconds = options.settle_seconds
        self._bulk = options.bulk
        self._again = options.again
        self._trusted: dict[str, bool] = {}
        self._read_ahead: dict[str, dict[int, Wanted]] = {}

    def steps(self, last_row: int | None) -> Iterator[Progress]:
        """Do every account step that is left, up to a row.

        Raises:
            AapimportError: The run can't go on.
        """
        yield from self._settle(last_row)
        self._again = False  # the word holds for what is in doubt now, not for what comes
        for _ in range(MAX_CREATES):
            lines = {service: self._batches(service, last_row) for service in self._services}
            yield from self._conveyor.drive(lines, self._call)
            yield from self._settle(last_row)
        yield from self._verify(last_row)

    def _due(self, service: str, last_row: int | None, *states: State) -> Iterator[Task]:
        return self._journal.tasks(
            self._receipt, StepKind.ACCOUNT, *states, service=service, last_row=last_row
        )

    def _wanted(self, tasks: Batch) -> list[Wanted]:
        """What the accounts should be; a create carries our own key.

        An account that was adopted is somebody else's: its names and its role stay.
        """
        ahead = self._read_ahead.get(tasks[0].service, {})
        known = [one for task in tasks if (one := ahead.pop(task.row, None)) is not None]
        if len(known) < len(tasks):
            known = self._journal.wanted(self._receipt, tasks)
        return [
            replace(one, names=False, role=None)
            if task.adopted
            else replace(one, external_id=task.key)
            if task.action is Action.CREATE
            else one
            for task, one in zip(tasks, known, strict=True)
        ]

    def _batches(self, service: str, last_row: int | None) -> Iterator[Batch]:
        """The planned steps: many creates together where bulk is offered, else one by one."""
        for tasks in _ahead(self._due(service, last_row, State.PLANNED), _READ_AHEAD):
            wanted = self._journal.wanted(self._receipt, tasks)
            ahead = {task.row: one for task, one in zip(tasks, wanted, strict=True)}
            self._read_ahead[service] = ahead
            creates = [task for task in tasks if _creates(task)]
            yield from ([task] for task in tasks if not _creates(task))
            if self._takes_bulk(service) and len(creates) > 1:
                people = [ahead[task.row] for task in creates]
                cuts = bulk_batches(self._services[service], people)
                yield from (creates[start:end] for start, end in cuts)
            else:
                yield from ([task] for task in creates)

    def _takes_bulk(self, service: str) -> bool:
        directory = self._services[service]
        return self._bulk and directory.takes_bulk and directory.capabilities.bulk > 1

    def _call(self, batch: Batch) -> Call:
        directory = self._services[batch[0].service]
        wanted = self._wanted(batch)
        if len(batch) > 1:
            if not self._takes_bulk(batch[0].service):  # refused since the batch was made
                return lambda: [
                    Outcome(verdict=Verdict.NOT_SENT, reason="bulk is not offered") for _ in batch
                ]
            return lambda: create_many(directory, wanted)
        (task,) = batch
        if _creates(task):
            return lambda: [create(directory, wanted[0])]
        return lambda: [make_so(directory, task.account_id, wanted[0])]

    def _settle(self, last_row: int | None) -> Iterator[Progress]:
        """Find out what became of every account step that was intended and has no result."""
        doubts = [
            task
            for service in self._services
            if not self._conveyor.is_halted(service)
            for task in self._due(service, last_row, State.INTENT, State.DOUBT)
        ]
        if not doubts:
            return
        last_sent = max(task.sent_at or 0.0 for task in doubts)
        if any(task.state is State.INTENT for task in doubts):
            # A pace may keep a request waiting after its intent. While the process lived, results
            # were written down until about the time at which its last request left.
            last_sent = max(last_sent, self._journal.last_written)
        settled_at = min(time.time(), last_sent) + self._settle_seconds  # clocks can go back
        while (left := settled_at - time.time()) > 0:
            self._conveyor.check()
            yield self._conveyor.progress(f"waiting {left:.0f} s for unanswered requests")
            self._conveyor.sleep(min(1.0, left))
        changes, creates = {}, {}
        for service in self._services:
            own = [task for task in doubts if task.service == service]
            changes[service] = iter([[task] for task in own if not _creates(task)])
            creates[service] = self._looked_up(service, filter(_creates, own))
        yield from self._conveyor.drive(changes, self._call)
        yield from self._conveyor.drive(creates, self._settling, sends=False)

    def _looked_up(self, service: str, tasks: Iterable[Task]) -> Iterator[Batch]:
        """Steps of one service together where its look-ups can be believed, else one by one."""
        for ahead in _ahead(tasks, ADDRESSES_PER_LOOK_UP):
            if self._can_be_believed(service):
                yield ahead
            else:
                yield from ([task] for task in ahead)

    def _can_be_believed(self, service: str) -> bool:
        """Whether look-ups of many addresses tell the truth, tried once on a known account."""
        if service not in self._trusted:
            known, _ = self._services[service].some_people()
            self._trusted[service] = bool(known) and finds_only(
                self._services[service], known[-1], others=ADDRESSES_PER_LOOK_UP - 1
            )
        return self._trusted[service]

    def _settling(self, batch: Batch) -> Call:
        directory = self._services[batch[0].service]
        wanted = self._wanted(batch)
        trusted = self._can_be_believed(batch[0].service)

        def look() -> list[Outcome]:
            if len(batch) > 1:
                return settle_many(directory, wanted)
            return [settle(directory, wanted[0], in_list=not trusted)]

        again = self._again

        def look_twice() -> list[Outcome]:
            outcomes = look()
            if self._settle_seconds and any(_not_found(outcome) for outcome in outcomes):
                self._conveyor.sleep(min(_LOOK_UP_GAP, self._settle_seconds))
                outcomes = look()
            return [
                outcome if again else self._last_word(task, outcome)
                for task, outcome in zip(batch, outcomes, strict=True)
            ]

        return look_twice

    def _last_word(self, task: Task, outcome: Outcome) -> Outcome:
        """The outcome of a look-up, unless the person was created as often as is allowed."""
        if _not_found(outcome) and task.attempts >= MAX_CREATES:
            return Outcome(
                verdict=Verdict.UNKNOWN,
                reason=f"sent {task.attempts} times without an answer, and not found since; to"
                f" send it once more: aapimport resume {self._receipt} --again",
            )
        return outcome

    def _verify(self, last_row: int | None) -> Iterator[Progress]:
        """Read back what was created: a 2xx is not "done" (SERVERS.md, 4)."""
        lines = {
            service: self._looked_up(service, self._due(service, last_row, State.WRITTEN))
            for service in self._services
        }
        yield from self._conveyor.drive(lines, self._verifying, sends=False)

    def _verifying(self, batch: Batch) -> Call:
        directory = self._services[batch[0].service]
        wanted = self._wanted(batch)
        ids = [task.account_id for task in batch]
        trusted = self._can_be_believed(batch[0].service)
        return lambda: verify_many(directory, wanted, ids, trusted=trusted)


def _ahead(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """Steps in lists of a size; the last may be shorter."""
    chunk: list[Task] = []
    for task in tasks:
        chunk.append(task)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _creates(task: Task) -> bool:
    """Whether a step makes an account that is not known to exist yet."""
    return task.action is Action.CREATE and not task.account_id


def _not_found(outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.NOT_SENT and not outcome.account_id
