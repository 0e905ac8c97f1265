"""What the steps of one run share: the journal, both services, the conveyor, and what is known."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

from aapimport.errors import AapimportError, ExitCode, ServiceError
from aapimport.plan.make import Services
from aapimport.run.conveyor import Conveyor
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.records import Fact, Run, State, StepKind, Task
from aapimport.services.changes import NAMES
from aapimport.services.directory import Directory
from aapimport.services.look_ups import can_be_believed
from aapimport.services.patience import gaps
from aapimport.services.values import Pass, Wanted

_READERS = 8
_ON_ITS_WAY = (State.INTENT, State.DOUBT, State.WRITTEN)
_DROPS = {
    "role": Fact.DROPS_ROLES,
    "pass": Fact.DROPS_PASSES,
    **dict.fromkeys(NAMES, Fact.DROPS_NAMES),
}
_Answer = TypeVar("_Answer")


class Session:
    """One session of a run: from the command's start to its end.

    Args:
        journal: The open journal; nobody else writes it.
        run: The run.
        services: Both services.
        options: How it is carried out.

    Attributes:
        directories: The services, by the names that steps give them.
        conveyor: Runs the steps.
        confirmed: The (service, row) pairs whose account was seen to be theirs in this session.
        given_up: Those that are not looked for again in this session.
        resent: Those who were sent more than once, where nothing proves that this made one account.
        proven: Services that have just proven that they refuse a userName that is taken.
        pass_now: The pass as the portal published it before this session wrote; None where it
            publishes none.
    """

    def __init__(self, journal: Journal, run: Run, services: Services, options: RunOptions) -> None:
        self.journal = journal
        self.run = run
        self.receipt = run.receipt
        self.services = services
        self.options = options
        self.directories: dict[str, Directory] = {
            "portal": services.portal,
            "jhana": services.jhana,
        }
        self.conveyor = Conveyor(
            journal, run.receipt, self.directories, options.sleep, options.stop_after
        )
        self.confirmed: set[tuple[str, int]] = set()
        self.given_up: set[tuple[str, int]] = set()
        self.resent: set[tuple[str, int]] = set()
        self.proven: set[str] = set()
        self.pass_now: Pass | None = None
        self._facts = self._recall_facts()
        self._began = time.time()
        for name, directory in self.directories.items():
            directory.patience.settle_seconds = options.settle_seconds
            for kind, adding in (
                ("people", directory.adds_to_people),
                ("teams", directory.adds_to_teams),
            ):
                what = (run.address, name, kind)
                adding.recall(*journal.adding(*what), partial(journal.remember_adding, what))
        self._settled_at = {name: self._earlier(name) for name in self.directories}

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self.conveyor.stop(code)

    @property
    def is_practice(self) -> bool:
        """Whether the services die with this process: nothing of theirs is unfinished then."""
        return self.services.target == "practice"

    @property
    def is_untouched(self) -> bool:
        """Whether this very command planned the run, and nothing of it was sent so far."""
        return self.options.begun_now and not self.conveyor.last_sent

    def ask_capabilities(self) -> None:
        """Ask both services what they can do, once, before several threads need it.

        One that doesn't say is halted.
        """
        for service, directory in self.directories.items():
            try:
                _ = directory.capabilities
            except AapimportError as error:
                self.conveyor.halt(service, error)

    def due(
        self,
        kind: StepKind,
        *states: State,
        service: str = "portal",
        last_row: int | None = None,
    ) -> Iterator[Task]:
        """The steps of a kind that are in some states, by row."""
        return self.journal.tasks(self.receipt, kind, *states, service=service, last_row=last_row)

    def wanted(self, tasks: Sequence[Task]) -> list[Wanted]:
        """What the accounts of steps should be.

        One that an earlier session created isn't switched on: it may have been switched off since.
        """
        return [
            replace(as_wanted(task, one), activate=False, earlier=True)
            if task.is_new and task.sent_at is not None and task.sent_at < self._began
            else as_wanted(task, one)
            for task, one in zip(tasks, self.journal.wanted(self.receipt, tasks), strict=True)
        ]

    def is_unique(self, service: str) -> bool:
        """Whether a service has proven that it refuses a userName that is taken."""
        return self.journal.has_shown(self.run.address, service, Fact.UNIQUE)

    def remember_facts(self) -> None:
        """Write down what the services have shown of themselves since this was last called."""
        for service in self.proven:
            self.journal.learn(self.run.address, service, Fact.UNIQUE)
        self.proven.clear()
        for service, directory in self.directories.items():
            facts = {_DROPS[one] for one in directory.drops & _DROPS.keys()}
            if directory.keeps_keys is not None:
                facts.add(Fact.KEEPS_KEYS if directory.keeps_keys else Fact.DROPS_KEYS)
            for fact in facts - self._facts[service]:
                self.journal.learn(self.run.address, service, fact)
            self._facts[service] |= facts

    def _recall_facts(self) -> dict[str, set[Fact]]:
        """Tell the services' directories what is known of them; that keys are kept outweighs."""
        known = {
            service: {one for one in Fact if self.journal.has_shown(self.run.address, service, one)}
            for service in self.directories
        }
        for service, directory in self.directories.items():
            directory.drops |= {name for name, fact in _DROPS.items() if fact in known[service]}
            if known[service] & {Fact.KEEPS_KEYS, Fact.DROPS_KEYS}:
                directory.keeps_keys = Fact.KEEPS_KEYS in known[service]
        return known

    def trusts(self, service: str) -> bool:
        """Whether a service's look-ups of many addresses tell the truth; not while it can't say."""
        try:
            return can_be_believed(self.directories[service])
        except ServiceError:
            return False

    def unsettled(self, service: str) -> float:
        """Seconds for which a service may still be working on what it was sent; 0 or less after.

        Counted by the monotonic clock from the last request of this session; for those of earlier
        ones from the last sign of life of the process that sent them, at most the settle time.
        """
        last = self.conveyor.last_sent.get(service)
        until = self._settled_at[service]
        if last is not None:
            until = max(until, last + self.options.settle_seconds)
        return until - time.monotonic()

    def _earlier(self, service: str) -> float:
        """When what earlier sessions sent to a service has settled, on the monotonic clock."""
        sent = [task for kind in StepKind for task in self.due(kind, *_ON_ITS_WAY, service=service)]
        now = time.monotonic()
        if not sent:
            return now
        last = max(task.sent_at or 0.0 for task in sent)
        if any(task.state is State.INTENT for task in sent):
            # A pace may keep a request waiting after its intent. While the process lived, results
            # were written down until about the time at which its last request left.
            last = max(last, self.journal.last_written)
        settle = self.options.settle_seconds
        ago = max(0.0, time.time() - last)  # clocks can go back
        return now + max(0.0, settle - ago)

    def gaps(self) -> Iterator[float]:
        """How many seconds to wait before each further look."""
        return gaps()

    def wait(self, seconds: float, note: str, longest: float) -> Iterator[Progress]:
        """Wait, saying what for.

        Args:
            seconds: How long.
            note: What for.
            longest: How many seconds may pass at the most, with the waits that follow this one.

        Raises:
            StoppedError: The run was asked to stop.
        """
        began = time.monotonic()
        until = began + seconds
        while (left := until - time.monotonic()) > 0:
            self.conveyor.check()
            yield self.conveyor.progress(note, longest - (time.monotonic() - began))
            self.conveyor.sleep(min(1.0, left))
        self.conveyor.check()

    def read_many(self, calls: Iterable[Callable[[], _Answer]]) -> Iterator[_Answer]:
        """Make calls that only read, several at a time; their answers in order.

        Raises:
            StoppedError: The run was asked to stop.
            AapimportError: A call could not be answered.
        """
        with ThreadPoolExecutor(_READERS) as pool:
            for answer in pool.map(lambda call: call(), calls):
                self.conveyor.check()
                yield answer


def as_wanted(task: Task, wanted: Wanted) -> Wanted:
    """What an account should be, as its step stands; a create carries our own key.

    An account that was adopted is somebody else's: its names and its role stay, and it is not
    switched on.
    """
    if task.adopted:
        return replace(wanted, names=False, role=None, activate=False)
    if task.is_new:
        return replace(wanted, external_id=task.key)
    return wanted


def ahead(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """Steps in lists of a size; the last may be shorter."""
    chunk: list[Task] = []
    for task in tasks:
        chunk.append(task)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
