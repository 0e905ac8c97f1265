"""What became of an account step that was intended and has no result.

A service may go on working after its answer was lost, so absence proves something only after the
settle time, and when it was looked for twice. Whoever is found is found at any time.
"""

from collections.abc import Iterator
from dataclasses import replace

from aapimport.run.conveyor import Batch, Call
from aapimport.run.progress import Progress
from aapimport.run.records import State, StepKind, Task
from aapimport.run.session import Session, ahead
from aapimport.services.accounts import settle
from aapimport.services.look_ups import ADDRESSES_PER_LOOK_UP
from aapimport.services.making import make_so
from aapimport.services.many import settle_many
from aapimport.services.outcomes import Outcome, Verdict

MAX_CREATES = 2
"""Creates of one person on one service, ever, without a person's word or a proof."""
MAX_TRIES = 4
"""Creates of one person where none can make a second account: then a person has to look."""
_LOOK_UP_GAP = 2.0


class Settling:
    """Finds out what became of account steps in doubt.

    Args:
        session: The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conveyor = session.conveyor
        self._again = session.options.again

    def steps(self, last_row: int | None) -> Iterator[Progress]:
        """Settle every account step that was intended and has no result, up to a row.

        Raises:
            AapimportError: The run can't go on.
        """
        doubts = self._doubts(last_row)
        if doubts and any(self._left(service) > 0 for service in {it.service for it in doubts}):
            yield from self._conveyor.drive(self._lines(doubts), self._looking, sends=False)
            doubts = self._doubts(last_row)
        for service in self._session.directories:
            while (left := self._left(service)) > 0 and any(it.service == service for it in doubts):
                note = "waiting for unanswered requests"
                yield from self._session.wait(min(left, 1.0), note, left)
        changes = {
            service: iter([[it] for it in doubts if it.service == service and not it.creates])
            for service in self._session.directories
        }
        yield from self._conveyor.drive(changes, self._changing)
        yield from self._conveyor.drive(self._lines(doubts), self._settling, sends=False)
        self._again = False  # the word holds for what is in doubt now, not for what comes

    def _left(self, service: str) -> float:
        return self._session.unsettled(service)

    def _doubts(self, last_row: int | None) -> list[Task]:
        return [
            task
            for service in self._session.directories
            if not self._conveyor.is_halted(service)
            for task in self._session.due(
                StepKind.ACCOUNT, State.INTENT, State.DOUBT, service=service, last_row=last_row
            )
            if (service, task.row) not in self._session.given_up
        ]

    def _lines(self, doubts: list[Task]) -> dict[str, Iterator[Batch]]:
        """Creates in doubt: together where look-ups can be believed, else one by one."""
        return {
            service: self._batches(
                service, [it for it in doubts if it.service == service and it.creates]
            )
            for service in self._session.directories
        }

    def _batches(self, service: str, tasks: list[Task]) -> Iterator[Batch]:
        if tasks:
            yield from ahead(tasks, ADDRESSES_PER_LOOK_UP if self._session.trusts(service) else 1)

    def _changing(self, batch: Batch) -> Call:
        (task,) = batch
        (wanted,) = self._session.wanted(batch)
        directory = self._session.directories[task.service]

        def change() -> list[Outcome]:
            outcome = make_so(directory, task.account_id, wanted)
            if outcome.gone:
                outcome = replace(
                    outcome,
                    verdict=Verdict.NEEDS_PERSON,
                    reason="it was there, and isn't shown any more; look into it on the service",
                )
            return [outcome]

        return change

    def _looking(self, batch: Batch) -> Call:
        """Look early: whoever is found is found; who isn't, stays in doubt."""
        look = self._look(batch)

        def early() -> list[Outcome]:
            return [
                _still_in_doubt(task) if is_absent(outcome) else outcome
                for task, outcome in zip(batch, look(), strict=True)
            ]

        return early

    def _settling(self, batch: Batch) -> Call:
        """Look twice, with a gap; absence is then the last word for now."""
        look = self._look(batch)
        gap = min(_LOOK_UP_GAP, self._session.options.settle_seconds)
        unique = self._session.is_unique(batch[0].service)

        def look_twice() -> list[Outcome]:
            outcomes = look()
            if gap and any(is_absent(outcome) for outcome in outcomes):
                self._conveyor.sleep(gap)
                outcomes = look()
            return [
                self._last_word(task, outcome, unique=unique) if is_absent(outcome) else outcome
                for task, outcome in zip(batch, outcomes, strict=True)
            ]

        return look_twice

    def _look(self, batch: Batch) -> Call:
        directory = self._session.directories[batch[0].service]
        wanted = self._session.wanted(batch)
        trusted = self._session.trusts(batch[0].service)

        def look() -> list[Outcome]:
            if trusted:
                return settle_many(directory, wanted)
            return [settle(directory, one, in_list=True) for one in wanted]

        return look

    def _last_word(self, task: Task, absent: Outcome, *, unique: bool) -> Outcome:
        """What follows from somebody's absence: sent once more, or not without a person's word.

        On the practice portal, which died with the process that asked it, absence is proof; and
        where a service has proven that it refuses a taken userName, a further create can't make
        a second account.
        """
        if self._again or self._session.is_practice or task.attempts < MAX_CREATES:
            return replace(absent, reason=task.reason)
        words = f": {task.reason}" if task.reason else ""
        if unique and task.attempts < MAX_TRIES:
            return replace(absent, reason=task.reason)
        answered = (task.service, task.row) in self._conveyor.answered
        if unique or answered:
            return Outcome(
                verdict=Verdict.NEEDS_PERSON,
                reason=f"sent {task.attempts} times and not there{words}; look into it on the"
                " service, then upload the row again",
            )
        return Outcome(
            verdict=Verdict.UNKNOWN,
            reason=f"sent {task.attempts} times without an answer, and not found since; to"
            f" send it once more: aapimport resume {self._session.receipt} --again",
        )


def is_absent(outcome: Outcome) -> bool:
    """Whether a look-up found nobody."""
    return outcome.verdict is Verdict.NOT_SENT and not outcome.account_id


def _still_in_doubt(task: Task) -> Outcome:
    return Outcome(verdict=Verdict.UNKNOWN, reason=task.reason)
