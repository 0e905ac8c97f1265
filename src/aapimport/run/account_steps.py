"""The account steps of a run: a fresh look, create or change, settle doubts, read back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from aapimport.config.keys import setting
from aapimport.errors import RefusedError
from aapimport.run.conveyor import Batch, Call
from aapimport.run.fresh import look_before_writing
from aapimport.run.progress import Progress
from aapimport.run.putting_back import put_back_first
from aapimport.run.read_back import ReadBack
from aapimport.run.records import State, StepKind, Task
from aapimport.run.session import Session, ahead, as_wanted
from aapimport.run.settling import MAX_TRIES, Settling
from aapimport.services.accounts import create
from aapimport.services.changes import is_declared
from aapimport.services.directory import Found, Unknown
from aapimport.services.look_ups import look_again
from aapimport.services.making import make_so
from aapimport.services.many import bulk_batches, create_many
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.ownership import settle_sent
from aapimport.services.values import Wanted

_READ_AHEAD = 1000
_FIRST_TRIES = 3
_ROUNDS = 2
_REFUSALS = {Verdict.REJECTED, Verdict.REFUSED}
_NOT_KEPT = {"role": "roles", "pass": "entitlements", "first name": "names", "last name": "names"}


class AccountSteps:
    """Carries out the account steps of one session.

    Args:
        session: The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conveyor = session.conveyor
        self._settling = Settling(session)
        self._read_back = ReadBack(session)
        self._read_ahead: dict[str, dict[int, Wanted]] = {}

    def steps(self, last_row: int | None) -> Iterator[Progress]:
        """Do every account step that is left, up to a row.

        Raises:
            AapimportError: The run can't go on.
        """
        yield from put_back_first(self._session)
        yield from look_before_writing(self._session, last_row)
        yield from self._confirm(last_row)
        yield from self._first(last_row)
        for _ in range(MAX_TRIES):
            lines = {name: self._batches(name, last_row) for name in self._session.directories}
            yield from self._conveyor.drive(lines, self._call)
            yield from self._confirm(last_row)
            yield from self._slow_start(last_row)
            if not any(self._due(name, last_row) for name in self._session.directories):
                break

    def _confirm(self, last_row: int | None) -> Iterator[Progress]:
        """Find out what became of what was sent: doubts first, then what was written."""
        for _ in range(_ROUNDS):  # a doubt may end as written, and what was written in doubt
            self._session.remember_facts()
            yield from self._settling.steps(last_row)
            yield from self._read_back.steps(last_row)
        self._session.remember_facts()

    def _due(self, service: str, last_row: int | None) -> list[Task]:
        """A few of the steps that are planned still, on a service that goes on."""
        if self._conveyor.is_halted(service):
            return []
        return [*islice(self._planned(service, last_row), 1)]

    def _planned(self, service: str, last_row: int | None) -> Iterator[Task]:
        return self._session.due(
            StepKind.ACCOUNT, State.PLANNED, service=service, last_row=last_row
        )

    def _first(self, last_row: int | None) -> Iterator[Progress]:
        """Create and read back one person on each service, before many others.

        One person tells what a hundred would only repeat (docs/scim.md, 19): what a service
        declares and doesn't keep is said once, with the setting that helps, and the run stops there
        once.
        """
        for service, directory in self._session.directories.items():
            for _ in range(_FIRST_TRIES):
                due = [
                    *islice((task for task in self._planned(service, last_row) if task.creates), 2)
                ]
                alone = len(due) < 2  # noqa: PLR2004 -- nobody would come after the first
                if alone or self._session.journal.has_created(self._session.receipt, service):
                    break
                yield from self._conveyor.drive({service: iter([due[:1]])}, self._call)
                yield from self._confirm(last_row)
            declared = directory.capabilities if not self._conveyor.is_halted(service) else None
            if declared is not None and declared.user_attributes is not None:
                self._say_what_is_not_kept(service)

    def _say_what_is_not_kept(self, service: str) -> None:
        """Stop once where a service has turned out not to keep what it declares."""
        directory = self._session.directories[service]
        name = directory.name
        for attribute in sorted(self._read_back.not_kept[service]):
            sent = is_declared(directory.capabilities, attribute)
            dropped = _NOT_KEPT.get(attribute) if sent else None
            if dropped and self._session.journal.told_once(
                self._session.receipt, f"{service} {attribute} not kept"
            ):
                self._conveyor.halt(
                    service,
                    RefusedError(
                        f"{name} declares {dropped} and does not keep them: the first person was"
                        f" created without {attribute}",
                        hint=f"add {dropped} to {setting('not_kept')} and upload without, ask the"
                        " service's owner, or run the same command again to go on all the same",
                    ),
                )

    def _batches(self, service: str, last_row: int | None) -> Iterator[Batch]:
        """The planned steps: many creates together where bulk is offered, else one by one.

        People who were sent before are left for the slow start.
        """
        for tasks in ahead(self._planned(service, last_row), _READ_AHEAD):
            planned = [task for task in tasks if not (task.creates and task.attempts)]
            if not planned:
                continue
            wanted = self._session.journal.wanted(self._session.receipt, planned)
            rows = {task.row: one for task, one in zip(planned, wanted, strict=True)}
            self._read_ahead[service] = rows
            new = [task for task in planned if task.creates]
            yield from ([task] for task in planned if not task.creates)
            if self._takes_bulk(service) and len(new) > 1:
                people = [rows[task.row] for task in new]
                cuts = bulk_batches(self._session.directories[service], people)
                yield from (new[start:end] for start, end in cuts)
            else:
                yield from ([task] for task in new)

    def _slow_start(self, last_row: int | None) -> Iterator[Progress]:
        """Send those who were sent before: one, then two, four and so on, each confirmed.

        A process that is killed again and again leaves few of them in doubt that way.
        """
        for service in self._session.directories:
            size = 1
            while not self._conveyor.is_halted(service):
                due = (task for task in self._planned(service, last_row) if task.creates)
                some = [*islice((task for task in due if task.attempts), size)]
                if not some:
                    break
                yield from self._conveyor.drive(
                    {service: iter([[task] for task in some])}, self._call
                )
                yield from self._confirm(last_row)
                size *= 2

    def _takes_bulk(self, service: str) -> bool:
        directory = self._session.directories[service]
        offered = self._session.options.bulk and directory.takes_bulk
        return offered and directory.capabilities.bulk > 1

    def _wanted(self, tasks: Batch) -> list[Wanted]:
        rows = self._read_ahead.get(tasks[0].service, {})
        known = [one for task in tasks if (one := rows.pop(task.row, None)) is not None]
        if len(known) < len(tasks):
            return self._session.wanted(tasks)
        return [as_wanted(task, one) for task, one in zip(tasks, known, strict=True)]

    def _call(self, batch: Batch) -> Call:
        service = batch[0].service
        directory = self._session.directories[service]
        wanted = self._wanted(batch)
        if len(batch) > 1:
            if not self._takes_bulk(service):  # refused since the batch was made
                return lambda: [
                    Outcome(verdict=Verdict.NOT_SENT, reason="bulk is not offered") for _ in batch
                ]
            return lambda: self._looked_up(service, wanted, create_many(directory, wanted))
        (task,) = batch
        if task.creates:
            return lambda: self._looked_up(service, wanted, [create(directory, wanted[0])])
        return lambda: [make_so(directory, task.account_id, wanted[0])]

    def _looked_up(
        self, service: str, wanted: Sequence[Wanted], outcomes: list[Outcome]
    ) -> list[Outcome]:
        """The outcomes of creates; who was refused is looked up before that is the last word.

        Some services store a person, and then refuse what they can't set. A conflict whose owner
        was found proves that userNames are unique.
        """
        if any(outcome.proves_unique for outcome in outcomes):
            self._session.proven.add(service)
        directory = self._session.directories[service]
        refused = [at for at, one in enumerate(outcomes) if one.verdict in _REFUSALS]
        looked = look_again(directory, [wanted[at] for at in refused])
        for at, found in zip(refused, looked, strict=True):
            if isinstance(found, Found):
                outcomes[at] = settle_sent(directory, wanted[at], found.account)
            elif isinstance(found, Unknown) and outcomes[at].verdict is Verdict.REJECTED:
                outcomes[at] = replace(outcomes[at], verdict=Verdict.UNKNOWN, answered=True)
        return outcomes
