"""Reading back what was written: a 2xx is not "done", and "not yet" is not "no".

Within the settle time after our own write, nobody, an old value or a missing member mean *not yet*:
it is read again, with growing gaps. Afterwards nobody means *unknown*, and an old value means that
the service didn't keep it, which is said of a person who is there all the same.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace

from aapimport.run.conveyor import Batch, Call
from aapimport.run.digests import role_digest
from aapimport.run.progress import Progress
from aapimport.run.records import State, StepKind, Task
from aapimport.run.session import Session, ahead
from aapimport.services.changes import is_declared
from aapimport.services.differences import not_kept
from aapimport.services.giving_back import said, said_before, see_what_was_there
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP
from aapimport.services.making import make_so
from aapimport.services.many import verify_many
from aapimport.services.outcomes import Outcome, Verdict

_PATCHED, _PUT = 1, 2
_SENT_AGAIN = "sent {} times; there was one account when it was read"
"""Said where nothing proves that a userName can't be taken twice: the first may come even later."""


class ReadBack:
    """Reads back the accounts of one session, and sets what was not kept.

    Args:
        session: The session.

    Attributes:
        not_kept: For each service, what it has been seen not to keep: of those after the first it
            is neither set again nor waited for.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conveyor = session.conveyor
        self._tried: dict[tuple[str, int], int] = {}
        self._short: dict[tuple[str, int], Outcome] = {}
        self._puts: set[str] = set()
        self._roles: deque[tuple[Task, tuple[str, ...]]] = deque()  # looks are in threads
        self._began = time.time()
        self.not_kept: dict[str, set[str]] = {name: set() for name in session.directories}

    def steps(self, last_row: int | None) -> Iterator[Progress]:
        """Read back every account that was written, until it is as wanted or has settled.

        Raises:
            AapimportError: The run can't go on.
        """
        for gap in self._session.gaps():
            looks = self._conveyor.drive(self._written(last_row), self._verifying, sends=False)
            for progress in looks:
                self._note_roles()
                yield progress
            left = self._left(last_row)
            self._conveyor.record([it for its in left.values() for it in self._last_words(its)])
            self._note_roles()
            left = self._left(last_row)
            if not left:
                return
            to_set = {service: self._to_be_set(service, tasks) for service, tasks in left.items()}
            if any(to_set.values()):
                lines = {service: iter([[it] for it in its]) for service, its in to_set.items()}
                yield from self._conveyor.drive(lines, self._setting)
                continue
            waiting = {name: self._session.unsettled(name) for name in self._left(last_row)}
            if waiting and max(waiting.values()) > 0:
                longest = max(waiting.values())
                note = "waiting for what was written to show"
                yield from self._session.wait(max(0.05, min(gap, longest)), note, longest)

    def _note_roles(self) -> None:
        """Make durable which roles the service gives by itself; of earlier ones only the known.

        Nobody has changed what this session has just made; what an earlier one has made may have
        been given a role by somebody since.
        """
        journal, receipt = self._session.journal, self._session.receipt
        just_made: dict[tuple[int, str], tuple[str, ...]] = {}
        earlier: dict[tuple[int, str], tuple[str, ...]] = {}
        while self._roles:
            task, beside = self._roles.popleft()
            some = just_made if (task.sent_at or 0.0) > self._began else earlier
            some[task.row, task.service] = beside
        journal.keep_roles_beside(receipt, just_made)
        if earlier:
            services = {service for _, service in earlier}
            given = {service: journal.roles_beside(receipt, service) for service in services}
            known = {
                it: roles
                for it, roles in earlier.items()
                if given[it[1]].issuperset(map(role_digest, roles))
            }
            journal.keep_roles_beside(receipt, known)

    def _written(self, last_row: int | None) -> Mapping[str, Iterator[Batch]]:
        return {name: self._batches(name, last_row) for name in self._session.directories}

    def _batches(self, service: str, last_row: int | None) -> Iterator[Batch]:
        due = self._session.due(StepKind.ACCOUNT, State.WRITTEN, service=service, last_row=last_row)
        first = next(due, None)
        if first is None:
            return
        size = ADDRESSES_PER_LOOK_UP if self._session.trusts(service) else 1
        yield from ahead(_with(first, due), size)

    def _left(self, last_row: int | None) -> dict[str, list[Task]]:
        """Who is written and not as wanted, on the services that go on."""
        left = {
            name: [
                *self._session.due(StepKind.ACCOUNT, State.WRITTEN, service=name, last_row=last_row)
            ]
            for name in self._session.directories
            if not self._conveyor.is_halted(name)
        }
        return {name: tasks for name, tasks in left.items() if tasks}

    def _verifying(self, batch: Batch) -> Call:
        directory = self._session.directories[batch[0].service]
        wanted = self._session.wanted(batch)
        ids = [task.account_id for task in batch]
        trusted = self._session.trusts(batch[0].service)
        if not self._session.is_unique(batch[0].service):
            self._session.resent.update(
                (task.service, task.row) for task in batch if task.attempts > 1 and not task.adopted
            )

        def verify() -> list[Outcome]:
            gone = see_what_was_there(directory, ids)
            outcomes = [
                said(outcome, gone.get(outcome.account_id, ()))
                for outcome in verify_many(directory, wanted, ids, trusted=trusted)
            ]
            return [
                self._seen(task, outcome) for task, outcome in zip(batch, outcomes, strict=True)
            ]

        return verify

    def _seen(self, task: Task, outcome: Outcome) -> Outcome:
        """A look's outcome; one that tells nothing leaves the step as it was."""
        key = (task.service, task.row)
        if task.is_new and outcome.beside is not None:
            self._roles.append((task, outcome.beside))
        if outcome.verdict is Verdict.DONE:
            if self._tried.get(key) == _PUT:
                self._puts.add(task.service)
            self._session.confirmed.add(key)
            self._short.pop(key, None)
            if outcome.but == not_kept(outcome.short):
                self._note_dropped(task, outcome)
            only_answered = key in self._conveyor.answered - self._conveyor.lost
            if key in self._session.resent and not only_answered:
                reason = outcome.reason or _SENT_AGAIN.format(task.attempts)
                outcome = replace(outcome, reason=reason)
        elif outcome.verdict in {Verdict.WRITTEN, Verdict.UNKNOWN}:
            self._short[key] = outcome
            outcome = replace(outcome, verdict=Verdict.WRITTEN)
        return said_before(outcome, task.reason, task.but)

    def _note_dropped(self, task: Task, seen: Outcome) -> None:
        """Note what the service has dropped of what a create sent: it may do so of others'."""
        directory = self._session.directories[task.service]
        if task.is_new:
            can = directory.capabilities
            directory.drops |= {one for one in seen.short if is_declared(can, one)}

    def _to_be_set(self, service: str, tasks: list[Task]) -> list[Task]:
        """Whose account is set (again): at once by PATCH, and once the time is over by PUT.

        One person is PUT first: that tells whether the service keeps it that way.
        """
        short = [task for task in tasks if self._is_short(task)]
        first = [task for task in short if self._tries(task) == 0]
        if first or self._session.unsettled(service) > 0:
            return first
        again = [task for task in short if self._tries(task) == _PATCHED]
        return again if service in self._puts else again[:1]

    def _is_short(self, task: Task) -> bool:
        """Whether something that may still be set isn't shown as wanted."""
        seen = self._short.get((task.service, task.row))
        known = self.not_kept[task.service]
        if seen is None or not seen.short or not task.account_id:
            return False
        return not set(seen.short) <= known

    def _tries(self, task: Task) -> int:
        """How often what isn't shown as wanted was set already: a change is a PATCH itself."""
        changed = bool(task.attempts) and not task.is_new
        return self._tried.get((task.service, task.row), _PATCHED if changed else 0)

    def _setting(self, batch: Batch) -> Call:
        (task,) = batch
        (wanted,) = self._session.wanted(batch)
        directory = self._session.directories[task.service]
        key = (task.service, task.row)
        put = self._tries(task) == _PATCHED

        def set_it() -> list[Outcome]:
            outcome = make_so(directory, task.account_id, wanted, put=put)
            if outcome.verdict not in {Verdict.PAUSE, Verdict.NOT_SENT}:
                self._tried[key] = _PUT if put else _PATCHED
            return [self._seen(task, outcome)]

        return set_it

    def _last_words(self, tasks: list[Task]) -> Iterator[Task]:
        """The steps of which nothing more is to be learnt, as what was read says."""
        for task in tasks:
            key = (task.service, task.row)
            seen = self._short.get(key)
            if seen is None:
                continue
            settled = self._session.unsettled(task.service) <= 0
            if seen.short and task.account_id:
                if not self._is_short(task) or (settled and self._tries(task) == _PUT):
                    yield self._without(task, seen)
            elif settled:
                reason = seen.reason or "accepted, and not shown since"
                if task.account_id:  # it was created, so it is not sent again: a later look tells
                    self._session.given_up.add(key)
                yield replace(task, state=State.DOUBT, reason=reason)

    def _without(self, task: Task, seen: Outcome) -> Task:
        """The step of somebody who is there, without what the service doesn't keep."""
        key = (task.service, task.row)
        self.not_kept[task.service] |= set(seen.short)
        self._note_dropped(task, seen)
        self._session.confirmed.add(key)
        if task.is_new:
            self._roles.append((task, seen.beside or ()))
        changed = task.is_new or key in self._conveyor.changed
        done = Outcome(verdict=Verdict.DONE, but=not_kept(seen.short))
        done = said_before(done, task.reason, task.but)
        return replace(
            task,
            state=State.DONE,
            attempts=task.attempts if changed else 0,
            but=done.but,
            reason=done.reason,
        )


def _with(first: Task, others: Iterator[Task]) -> Iterator[Task]:
    yield first
    yield from others
