"""Many calls under way at once, none without its intent on record.

One commit holds the results of the calls that ended and the intents of those that start, so the
journal costs a fraction of a commit for each person and is never behind the network.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from queue import Empty, SimpleQueue

from aapimport.errors import AapimportError, ExitCode, RefusedError
from aapimport.run.journal import Journal
from aapimport.run.landing import STATES, again, intended, landed, there_all_the_same
from aapimport.run.lane import Lane
from aapimport.run.owners import Owners
from aapimport.run.progress import Progress, Watch
from aapimport.run.records import FINAL, JOINS, REACHED, Task, without_names
from aapimport.run.window import THREADS
from aapimport.services.directory import Directory
from aapimport.services.outcomes import Outcome, Verdict

_TICK = 0.2
_GATHER = 0.008
_OF_A_REQUEST = {Verdict.NOT_SENT, Verdict.PAUSE, Verdict.UNKNOWN}

Batch = list[Task]
"""Steps that one call does together."""
Call = Callable[[], list[Outcome]]
"""Does a batch; an outcome for each of its steps, in their order."""


class StoppedError(RefusedError):
    """The administrator, or the system, asked the run to stop; all is recorded."""

    id = "interrupted"
    label = "stopped"

    def __init__(self, code: ExitCode) -> None:
        super().__init__("not everything is done")
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

    Attributes:
        last_sent: When a request that a step intended was last under way to each service, on the
            monotonic clock; missing before the first.
        answered: The (service, row) pairs whose last doubt came with an answer, such as a 500.
        changed: Those whose account was seen to be another than before a write.
        lost: Those of whom an answer was truly lost.
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
        self._halt: BaseException | None = None
        self._owners = Owners(journal, receipt)
        self.last_sent: dict[str, float] = {}
        self.answered: set[tuple[str, int]] = set()
        self.changed: set[tuple[str, int]] = set()
        self.lost: set[tuple[str, int]] = set()
        before = journal.progress(receipt)
        self.total, self.done = before.steps, before.reached
        self._watch = Watch()

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self._stop = code
        for lane in self._lanes.values():
            lane.drop_waiting()

    @property
    def is_stopping(self) -> bool:
        """Whether the whole run ends as soon as it can."""
        return self._stop is not None or self._halt is not None

    def halt(self, service: str, error: AapimportError) -> None:
        """End one service's steps; the other service's go on. `finish` raises the error."""
        self._lanes[service].end(error)

    def is_halted(self, service: str) -> bool:
        """Whether nothing more is sent to a service in this run."""
        return self.is_stopping or self._lanes[service].ended is not None

    def progress(self, note: str = "", waits: float = 0.0) -> Progress:
        """How far the run is now.

        Args:
            note: What the whole run waits for; empty for what a service makes it wait for, if any.
            waits: Seconds that this may still take.
        """
        return self._watch.progress(self.done, self.total, self._lanes.values(), note, waits)

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
                    (service, [intended(task) for task in batch] if sends else batch)
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
                        waiting[end.service].extend(again(back) if sends else ())
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
        if error := self.first_error():
            raise error

    def first_error(self) -> AapimportError | None:
        """What `finish` raises, if anything."""
        return next((lane.ended for lane in self._lanes.values() if lane.ended), None)

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
                outcomes = call()
                if any(one.verdict is Verdict.REFUSED for one in outcomes):
                    outcomes = self._lanes[service].whose_refusal(outcomes)
                end = replace(end, outcomes=outcomes)
        except BaseException as error:  # noqa: BLE001 -- handed over to the thread that waits for it
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
        if not sends and (outcomes is None or end.error is not None):  # nothing was learnt
            return []
        if outcomes is None:  # never called
            outcomes = [Outcome(verdict=Verdict.NOT_SENT)] * len(end.batch)
        if sends and any(one.verdict is not Verdict.NOT_SENT for one in outcomes):
            self.last_sent[end.service] = time.monotonic()
        outcomes = [
            there_all_the_same(task, outcome)
            for task, outcome in zip(end.batch, outcomes, strict=True)
        ]
        whole = dict.fromkeys(one for one in outcomes if one.verdict in _OF_A_REQUEST)
        for outcome in (*whole, *(one for one in outcomes if one not in whole)):
            # a lost request counts once, however many steps
            if outcome.verdict is not Verdict.NOT_SENT or not self.is_halted(end.service):
                self._weigh(lane, outcome, sends=sends, of_a_group=end.batch[0].kind in JOINS)
        if all(outcome.verdict in {Verdict.WRITTEN, Verdict.DONE} for outcome in outcomes):
            lane.window.succeeded(end.seconds / len(end.batch))
        outcomes = [
            self._owners.of_one_row(task, outcome, looked=not sends)
            for task, outcome in zip(end.batch, outcomes, strict=True)
        ]
        back = [
            landed(task, self._fit_to_keep(task, outcome), sends=sends)
            for task, outcome in zip(end.batch, outcomes, strict=True)
        ]
        if sends:
            self._note(end.batch, outcomes)
        before = sum(task.state in REACHED for task in end.batch)
        self.done += sum(task.state in REACHED for task in back) - before
        return back

    def _note(self, batch: Batch, outcomes: list[Outcome]) -> None:
        for task, outcome in zip(batch, outcomes, strict=True):
            if outcome.answered:
                self.answered.add((task.service, task.row))
            elif outcome.verdict is Verdict.UNKNOWN:
                self.lost.add((task.service, task.row))
            if outcome.changed:
                self.changed.add((task.service, task.row))

    def _fit_to_keep(self, task: Task, outcome: Outcome) -> Outcome:
        """An outcome whose words may be kept: without addresses, for good without names."""
        if not (outcome.reason or outcome.but):
            return outcome
        wanted = None
        if STATES[outcome.verdict] in FINAL:
            (wanted,) = self._journal.remembered(self._receipt, [task])
        return replace(
            outcome,
            reason=without_names(outcome.reason, wanted),
            but=without_names(outcome.but, wanted),
        )

    def _weigh(self, lane: Lane, outcome: Outcome, *, sends: bool, of_a_group: bool) -> None:
        """Slow down, pause or end a service's steps when an outcome says that it should."""
        lane.weigh(outcome, sends=sends, of_a_group=of_a_group)
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
    error: BaseException | None = None
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
