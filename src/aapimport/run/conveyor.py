"""Many calls under way at once, none without its intent on record.

One commit holds the results of the calls that ended and the intents of those that start, so the
journal costs a fraction of a commit for each person and is never behind the network.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from queue import Empty, SimpleQueue

from aapimport.errors import AapimportError, ExitCode, RefusedError, ServiceError, SettingsError
from aapimport.plan.plan import Action
from aapimport.run.journal import Journal
from aapimport.run.records import FINAL, JOINS, State, StepKind, Task
from aapimport.run.window import THREADS, Window
from aapimport.services.outcomes import Outcome, Verdict

PATIENCE = 8
"""Pauses for want of a connection or of quota, without a success in between, that end a run."""
_FIRST_WAIT = 0.05  # seconds; doubled with each pause
BREAKER_FAILURES, BREAKER_SHARE = 20, 0.05
"""A run pauses when so many steps, and so large a part of them, were rejected or got lost."""
_DEFAULT_PAUSE = 5.0
_TICK = 0.2
_GATHER = 0.008
_STATES = {
    Verdict.WRITTEN: State.WRITTEN,
    Verdict.DONE: State.DONE,
    Verdict.REJECTED: State.REJECTED,
    Verdict.UNKNOWN: State.DOUBT,
    Verdict.NOT_SENT: State.PLANNED,
    Verdict.PAUSE: State.PLANNED,
}
_FAILED = {Verdict.REJECTED, Verdict.UNKNOWN}
_REFUSED = {Verdict.NOT_SENT, Verdict.PAUSE}
_ADDRESS = re.compile(r"""[^\s"<>(),;:]+(?:@|%40)[^\s"<>(),;:]+""")
"""An e-mail address in a service's words: the journal keeps reasons for good."""

_REACHED = FINAL | {State.WRITTEN}
"""What counts as done: a seat is used as soon as a person is written, read back or not."""
_OF_A_REQUEST = _REFUSED | {Verdict.UNKNOWN}

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

    Args:
        journal: The open journal; nobody else writes it.
        receipt: The upload.
        sleep: Waits the given seconds; tests pass their own.
        stop_after: Failures after which the run pauses; None leaves it to the breaker.
    """

    def __init__(
        self,
        journal: Journal,
        receipt: str,
        sleep: Callable[[float], None] = time.sleep,
        stop_after: int | None = None,
    ) -> None:
        self._journal = journal
        self._receipt = receipt
        self.sleep = sleep
        self._stop_after = stop_after
        self._stop: ExitCode | None = None
        self._halt: Exception | None = None
        self._window = Window()
        self._refusals = self._landings = self._failures = 0
        self._paused_until = 0.0
        counts = journal.counts(receipt)
        self.total = sum(counts.values())
        self.done = sum(number for state, number in counts.items() if state in _REACHED)

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self._stop = code

    def progress(self, note: str = "") -> Progress:
        """How far the run is now."""
        if not note and (left := self._paused_until - time.monotonic()) > 0:
            note = f"the service asks for a pause: {left:.0f} s"
        return Progress(self.done, self.total, note)

    def record(self, tasks: list[Task]) -> None:
        """Make new states durable, and count those that are final now."""
        self._journal.record(self._receipt, tasks)
        self.done += sum(task.state in FINAL for task in tasks)

    def drive(
        self, batches: Iterator[Batch], prepare: Callable[[Batch], Call], *, sends: bool = True
    ) -> Iterator[Progress]:
        """Do steps, several batches at a time, yielding after each commit.

        Args:
            batches: The steps; taken one batch after the other.
            prepare: Makes the call of a batch; the call itself runs in another thread.
            sends: Whether the calls are what the steps intend, so that one that was not sent is
                tried again here; False where they only look.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: The service refuses the token.
            ServiceError: The service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        flying = 0
        ended: SimpleQueue[_Ended] = SimpleQueue()
        waiting: deque[Batch] = deque()
        landed: Batch = []
        with ThreadPoolExecutor(THREADS) as pool:
            while True:
                starting = [
                    [_intend(task) for task in batch] if sends else batch
                    for batch in self._next(waiting, batches, flying)
                ]
                intents = [task for batch in starting for task in batch] if sends else []
                self._journal.record(self._receipt, [*landed, *intents])
                if landed:
                    yield self.progress()
                for batch in starting:
                    pool.submit(_call, batch, prepare(batch), ended)
                flying += len(starting)
                landed = []
                if flying:
                    for end in _take(ended, flying):
                        flying -= 1
                        landed += self._land(end, sends=sends)
                    if sends:
                        waiting.extend(_again(landed))
                elif self._halted() or not (waiting or self._paused()):
                    break
                else:
                    self.sleep(_TICK)
                    yield self.progress()
        self.check()

    def check(self) -> None:
        """Raise what ends the run, if anything does.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: The service refuses the token.
            ServiceError: The service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        if self._halt:
            raise self._halt
        if self._stop:
            raise StoppedError(self._stop)

    def _halted(self) -> bool:
        return self._stop is not None or self._halt is not None

    def _paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def _next(
        self, waiting: deque[Batch], batches: Iterator[Batch], flying: int
    ) -> Iterator[Batch]:
        """The batches that may start now."""
        if self._halted() or self._paused():
            return
        room = self._window.size - flying
        while waiting and room > 0:
            yield waiting.popleft()
            room -= 1
        yield from islice(batches, max(0, room))

    def _land(self, end: "_Ended", *, sends: bool) -> Batch:
        """The steps as their outcomes leave them."""
        outcomes = end.outcomes
        if end.error is not None:  # recorded as in doubt first, raised by check()
            self._halt = self._halt or end.error
            known = isinstance(end.error, AapimportError)
            reason = str(end.error) if known else "an error in aapimport"
            outcomes = [Outcome(verdict=Verdict.UNKNOWN, reason=reason)] * len(end.batch)
        whole = dict.fromkeys(one for one in outcomes if one.verdict in _OF_A_REQUEST)
        for outcome in (*whole, *(one for one in outcomes if one not in whole)):
            self._weigh(outcome, sends=sends)  # a lost request counts once, however many steps
        if all(outcome.verdict in {Verdict.WRITTEN, Verdict.DONE} for outcome in outcomes):
            self._window.succeeded(end.seconds / len(end.batch))
        landed = [
            _landed(task, outcome, sends=sends)
            for task, outcome in zip(end.batch, outcomes, strict=True)
        ]
        before = sum(task.state in _REACHED for task in end.batch)
        self.done += sum(task.state in _REACHED for task in landed) - before
        return landed

    def _weigh(self, outcome: Outcome, *, sends: bool) -> None:
        """Slow down, pause or end the run when an outcome says that it should."""
        if outcome.throttled:
            pause = _DEFAULT_PAUSE if outcome.wait is None else outcome.wait
            self._refused_again(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.NOT_SENT and sends:
            pause = min(_DEFAULT_PAUSE, _FIRST_WAIT * 2**self._refusals)
            self._refused_again(outcome, pause, sends=sends)
        elif outcome.verdict is Verdict.PAUSE:
            self._halt = self._halt or SettingsError(
                f"a service refuses to go on: {outcome.reason}",
                hint="check the token and its rights, then resume",
            )
        if outcome.verdict not in {Verdict.WRITTEN, Verdict.DONE, Verdict.REJECTED} and sends:
            self._window.failed()
        if sends and outcome.verdict in _REFUSED:
            return
        self._refusals = 0
        self._landings += 1
        # a look-up that finds nothing again is nothing new, and must not keep others waiting
        failed = outcome.verdict is Verdict.REJECTED or (sends and outcome.verdict in _FAILED)
        self._failures += failed
        if failed and self._goes_wrong():
            self._halt = self._halt or RefusedError(
                f"paused: {self._failures:,} of {self._landings:,} steps failed, the last with:"
                f" {outcome.reason}",
                hint="mend the cause, then resume",
            )

    def _refused_again(self, outcome: Outcome, seconds: float, *, sends: bool) -> None:
        """Pause; requests that were under way when the pause began don't count again."""
        if not self._paused() and sends:
            self._refusals += 1
            if self._refusals >= PATIENCE:
                self._halt = self._halt or ServiceError(
                    f"a service is unreachable or stays busy: {outcome.reason}",
                    hint="check your network, then resume",
                )
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _goes_wrong(self) -> bool:
        if self._stop_after is not None:
            return self._failures >= self._stop_after
        return (
            self._failures >= BREAKER_FAILURES and self._failures >= BREAKER_SHARE * self._landings
        )


@dataclass(frozen=True, slots=True)
class _Ended:
    """A call that ended: with outcomes, or with an error."""

    batch: Batch
    seconds: float
    outcomes: list[Outcome]
    error: Exception | None = None


def _call(batch: Batch, call: Call, ended: "SimpleQueue[_Ended]") -> None:
    """Make a call, in a thread of the pool."""
    began = time.monotonic()
    try:
        end = _Ended(batch, 0.0, call())
    except Exception as error:  # noqa: BLE001 -- handed over to the thread that records it
        end = _Ended(batch, 0.0, [], error)
    ended.put(replace(end, seconds=time.monotonic() - began))


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
