"""Many calls under way at once, none without its intent on record.

One commit holds the results of the calls that ended and the intents of those that start, so the
journal costs a fraction of a commit for each person and is never behind the network.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from queue import Empty, SimpleQueue

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.plan.plan import Action
from aapimport.run.journal import Journal
from aapimport.run.lane import Lane
from aapimport.run.records import FINAL, JOINS, State, StepKind, Task
from aapimport.run.window import THREADS
from aapimport.services.directory import Directory
from aapimport.services.outcomes import Outcome, Verdict

_TICK = 0.2
_GATHER = 0.008
_STATES = {
    Verdict.WRITTEN: State.WRITTEN,
    Verdict.DONE: State.DONE,
    Verdict.REJECTED: State.REJECTED,
    Verdict.REFUSED: State.REJECTED,
    Verdict.NEEDS_PERSON: State.NEEDS_PERSON,
    Verdict.UNKNOWN: State.DOUBT,
    Verdict.NOT_SENT: State.PLANNED,
    Verdict.PAUSE: State.PLANNED,
}
_ADDRESS = re.compile(r"""[^\s"<>(),;:]+(?:@|%40)[^\s"<>(),;:]+""")
"""An e-mail address in a service's words: the journal keeps reasons for good."""

_REACHED = FINAL | {State.WRITTEN}
"""What counts as done: a seat is used as soon as a person is written, read back or not."""
_OF_A_REQUEST = {Verdict.NOT_SENT, Verdict.PAUSE, Verdict.UNKNOWN}

Batch = list[Task]
"""Steps that one call does together."""
Call = Callable[[], list[Outcome]]
"""Does a batch; an outcome for each of its steps, in their order."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Attributes:
        done: Steps that are final.
        total: Steps of the run.
        note: What is being waited for; empty while it goes on.
    """

    done: int
    total: int
    note: str = ""


class StoppedError(RefusedError):
    """The administrator, or the system, asked the run to stop; all is recorded."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__("stopped before everything was done")
        self.exit_code = code


class Conveyor:
    """Runs steps of one upload and records what becomes of them.

    Each service has a lane of its own: when one is refused, busy or broken, the other goes on.

    Args:
        journal: The open journal; nobody else writes it.
        receipt: The upload.
        services: The services, by the names that steps give them.
        sleep: Waits the given seconds; tests pass their own.
        stop_after: Failures after which the run pauses; None leaves it to the breaker.
    """

    def __init__(
        self,
        journal: Journal,
        receipt: str,
        services: Mapping[str, Directory],
        sleep: Callable[[float], None] = time.sleep,
        stop_after: int | None = None,
    ) -> None:
        self._journal = journal
        self._receipt = receipt
        breaks = stop_after is None
        self._lanes = {name: Lane(one, breaks=breaks) for name, one in services.items()}
        self.sleep = sleep
        self._stop_after = stop_after
        self._stop: ExitCode | None = None
        self._halt: Exception | None = None
        counts = journal.counts(receipt)
        self.total = sum(counts.values())
        self.done = sum(number for state, number in counts.items() if state in _REACHED)

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self._stop = code
        for lane in self._lanes.values():
            lane.drop_waiting()

    def halt(self, service: str, error: AapimportError) -> None:
        """End one service's steps; the other service's go on. `finish` raises the error."""
        self._lanes[service].end(error)

    def is_halted(self, service: str) -> bool:
        """Whether nothing more is sent to a service in this run."""
        ended = self._stop is not None or self._halt is not None
        return ended or self._lanes[service].ended is not None

    def progress(self, note: str = "") -> Progress:
        """How far the run is now."""
        waits = {name: lane.waits() for name, lane in self._lanes.items()}
        if not note and max(waits.values()) > 0:
            service = max(waits, key=waits.__getitem__)
            name = self._lanes[service].directory.name
            note = f"{name} asks for a pause: {waits[service]:.0f} s"
        return Progress(self.done, self.total, note)

    def record(self, tasks: list[Task]) -> None:
        """Make new states durable, and count those that are final now."""
        self._journal.record(self._receipt, tasks)
        self.done += sum(task.state in FINAL for task in tasks)

    def drive(
        self,
        lines: Mapping[str, Iterator[Batch]],
        prepare: Callable[[Batch], Call],
        *,
        sends: bool = True,
    ) -> Iterator[Progress]:
        """Do steps, several batches at a time, yielding after each commit.

        Args:
            lines: For each service, its steps; taken one batch after the other.
            prepare: Makes the call of a batch; the call itself runs in another thread.
            sends: Whether the calls are what the steps intend, and are tried again when they were
                not sent; False where they only look.

        Raises:
            StoppedError: `stop` was called.
            RefusedError: `--stop-after` was reached.
        """
        flying = dict.fromkeys(lines, 0)
        waiting: dict[str, deque[Batch]] = {service: deque() for service in lines}
        ended: SimpleQueue[_Ended] = SimpleQueue()
        landed: Batch = []
        with ExitStack() as stack:
            pools = {name: stack.enter_context(ThreadPoolExecutor(THREADS)) for name in lines}
            while True:
                starting = [
                    (service, [_intend(task) for task in batch] if sends else batch)
                    for service, batches in lines.items()
                    for batch in self._next(service, waiting[service], batches, flying[service])
                ]
                intents = [task for _, batch in starting for task in batch if sends]
                self._journal.record(self._receipt, [*landed, *intents])
                yield self.progress()
                for service, batch in starting:
                    pools[service].submit(self._call, service, batch, prepare(batch), ended)
                    flying[service] += 1
                landed = []
                if sum(flying.values()):
                    self._journal.beat()
                    for end in _take(ended, sum(flying.values())):
                        flying[end.service] -= 1
                        back = self._land(end, sends=sends)
                        landed += back
                        waiting[end.service].extend(_again(back) if sends else ())
                    continue
                if not any(self._goes_on(service, waiting[service]) for service in lines):
                    break
                self.sleep(_TICK)
        self.check()

    def check(self) -> None:
        """Raise what ends the whole run, if anything does.

        Raises:
            StoppedError: `stop` was called.
            RefusedError: `--stop-after` was reached.
        """
        if self._halt:
            raise self._halt
        if self._stop:
            raise StoppedError(self._stop)

    def finish(self) -> None:
        """Raise what ended a service's steps, once the other's are done.

        Raises:
            SettingsError: A service refuses the token.
            ServiceError: A service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        for lane in self._lanes.values():
            if lane.ended:
                raise lane.ended

    def _goes_on(self, service: str, waiting: deque[Batch]) -> bool:
        """Whether a service, to which nothing is under way, will be sent more after a pause."""
        return not self.is_halted(service) and bool(waiting or self._lanes[service].is_paused())

    def _next(
        self, service: str, waiting: deque[Batch], batches: Iterator[Batch], flying: int
    ) -> Iterator[Batch]:
        """The batches that may start now."""
        lane = self._lanes[service]
        if self.is_halted(service) or lane.is_paused():
            return
        room = lane.window.size - flying
        while waiting and room > 0:
            yield waiting.popleft()
            room -= 1
        try:
            yield from islice(batches, max(0, room))
        except AapimportError as error:  # what would be next could not be found out
            lane.end(error)

    def _call(self, service: str, batch: Batch, call: Call, ended: "SimpleQueue[_Ended]") -> None:
        """Make a call, in a thread of the pool; not any more, when its service was halted."""
        began = time.monotonic()
        end = _Ended(service, batch)
        try:
            if not self.is_halted(service):
                end = replace(end, outcomes=call())
        except Exception as error:  # noqa: BLE001 -- handed over to the thread that records it
            end = replace(end, error=error)
        ended.put(replace(end, seconds=time.monotonic() - began))

    def _land(self, end: "_Ended", *, sends: bool) -> Batch:
        """The steps as their outcomes leave them."""
        lane = self._lanes[end.service]
        outcomes = end.outcomes
        if end.error is not None:  # recorded as in doubt first, raised by check() or finish()
            reason = "an error in aapimport"
            if isinstance(end.error, AapimportError):
                reason = end.error.message
                lane.end(end.error)
            else:
                self._halt = self._halt or end.error
            outcomes = [Outcome(verdict=Verdict.UNKNOWN, reason=reason)] * len(end.batch)
        if outcomes is None:  # never called
            if not sends:
                return []
            outcomes = [Outcome(verdict=Verdict.NOT_SENT)] * len(end.batch)
        whole = dict.fromkeys(one for one in outcomes if one.verdict in _OF_A_REQUEST)
        for outcome in (*whole, *(one for one in outcomes if one not in whole)):
            # a lost request counts once, however many steps
            if outcome.verdict is not Verdict.NOT_SENT or not self.is_halted(end.service):
                self._weigh(lane, outcome, sends=sends)
        if all(outcome.verdict in {Verdict.WRITTEN, Verdict.DONE} for outcome in outcomes):
            lane.window.succeeded(end.seconds / len(end.batch))
        landed = [
            _landed(task, outcome, sends=sends)
            for task, outcome in zip(end.batch, outcomes, strict=True)
        ]
        before = sum(task.state in _REACHED for task in end.batch)
        self.done += sum(task.state in _REACHED for task in landed) - before
        return landed

    def _weigh(self, lane: Lane, outcome: Outcome, *, sends: bool) -> None:
        """Slow down, pause or end a service's steps when an outcome says that it should."""
        lane.weigh(outcome, sends=sends)
        failures = sum(one.failures for one in self._lanes.values())
        if self._stop_after is not None and failures >= self._stop_after:
            self._halt = self._halt or RefusedError(
                f"paused after {failures:,} failure{'s' if failures > 1 else ''}, the last with:"
                f" {outcome.reason}",
                hint="mend the cause, then resume",
            )
            for one in self._lanes.values():
                one.drop_waiting()


@dataclass(frozen=True, slots=True)
class _Ended:
    """A call that ended: with outcomes, with an error, or without having been made at all."""

    service: str
    batch: Batch
    outcomes: list[Outcome] | None = None
    error: Exception | None = None
    seconds: float = 0.0


def _take(ended: "SimpleQueue[_Ended]", flying: int) -> Iterator[_Ended]:
    """Calls that have ended: the first within a short wait, and what ends soon after it.

    Each round costs a commit, so a few milliseconds of gathering are worth it.
    """
    try:
        yield ended.get(timeout=_TICK)
        until = time.monotonic() + _GATHER
        for _ in range(flying - 1):
            yield ended.get(timeout=max(0.0, until - time.monotonic()))
    except Empty:
        return


def _intend(task: Task) -> Task:
    """The step as it is while its request is under way.

    A step in doubt that is done again is idempotent, so its attempts don't count.
    """
    if task.state is not State.PLANNED:
        return replace(task, state=State.INTENT)
    attempts = task.attempts + 1 if _creates(task) else task.attempts
    return replace(task, state=State.INTENT, attempts=attempts, sent_at=time.time())


def _again(landed: Batch) -> Iterator[Batch]:
    """The steps that were not sent, one by one; those of a Group together: it has one writer."""
    left = [task for task in landed if task.state is State.PLANNED]
    joins = [task for task in left if task.kind in JOINS]
    if joins:
        yield joins
    yield from ([task] for task in left if task.kind not in JOINS)


def _landed(task: Task, outcome: Outcome, *, sends: bool) -> Task:
    """The step as its outcome leaves it; a create that was never sent has not used an attempt."""
    state = _STATES[outcome.verdict]
    never_sent = sends and state is State.PLANNED and _creates(task)
    return replace(
        task,
        state=state,
        attempts=task.attempts - 1 if never_sent else task.attempts,
        account_id=outcome.account_id or task.account_id,
        adopted=task.adopted or outcome.adopted,
        reason=_ADDRESS.sub("this address", outcome.reason),
        # the request may have left long after its intent: the pace makes requests wait their turn
        sent_at=time.time() if sends and state is State.DOUBT else task.sent_at,
    )


def _creates(task: Task) -> bool:
    return task.kind is StepKind.ACCOUNT and task.action is Action.CREATE
