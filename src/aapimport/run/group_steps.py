"""The steps that put people into Groups: first that which is the pass, where it is one, then teams.

One writer for each Group, many people at once. A team's trouble stays the team's: it holds back
neither an account nor an e-mail.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from aapimport.run.confirming import still_theirs
from aapimport.run.conveyor import Batch, Call
from aapimport.run.progress import Progress
from aapimport.run.records import JOINS, State, StepKind, Task
from aapimport.run.session import Session
from aapimport.services.leaving import NOT_KEPT
from aapimport.services.membership import COUNT, NOBODY_LISTED
from aapimport.services.outcomes import Outcome, Verdict

MEMBERS_AT_ONCE = 1000
"""People of one Group whose joining is intended, done and read back together."""
_INTO = {StepKind.PASS: "on the pass", StepKind.TEAM: "into the team"}


class GroupSteps:
    """Carries out the steps that put people into Groups.

    Args:
        session: The session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conveyor = session.conveyor

    def steps(self, last_row: int | None) -> Iterator[Progress]:
        """Put everybody into their Groups whose account is done, up to a row.

        Raises:
            AapimportError: The run can't go on.
        """
        for kind in JOINS:
            yield from self._join(kind, last_row)
            yield from self._read_back(kind, last_row)

    def _join(self, kind: StepKind, last_row: int | None) -> Iterator[Progress]:
        self._recall(kind)
        by_group: dict[str, list[Task]] = {}
        states = (State.PLANNED, State.INTENT, State.DOUBT)
        for task in self._session.due(kind, *states, last_row=last_row):
            account = self._session.journal.step(self._session.receipt, task.row, "portal")
            if account is None or account.state in {State.REJECTED, State.NEEDS_PERSON}:
                why = "needs a person" if account and account.state is State.NEEDS_PERSON else ""
                reason = f"not put {_INTO[kind]}: the account {why or 'was rejected'}"
                self._conveyor.record([replace(task, state=State.SKIPPED, reason=reason)])
            elif account.state is State.DONE:
                ready = replace(task, account_id=account.account_id)
                by_group.setdefault(task.target, []).append(ready)
        for tasks in self._in_order(by_group):
            for start in range(0, len(tasks), MEMBERS_AT_ONCE):
                if self._conveyor.is_halted("portal"):
                    return
                batch = still_theirs(self._session, tasks[start : start + MEMBERS_AT_ONCE])
                if batch:
                    yield from self._conveyor.drive({"portal": iter([batch])}, self._joining)

    def _recall(self, kind: StepKind) -> None:
        """Whom an earlier session has put into a Group that may not show them yet.

        Where a whole list has to be sent, they belong to it, as long as their accounts are theirs.
        """
        written = [*self._session.due(kind, State.WRITTEN)]
        theirs = still_theirs(self._session, written)
        if self._session.unsettled("portal") > 0:
            placed = self._session.services.portal.adds_to_teams.placed
            for task in theirs:
                placed.setdefault(task.target, set()).add(task.account_id)

    def _in_order(self, by_group: Mapping[str, list[Task]]) -> Iterator[list[Task]]:
        """The Groups; last those that show only some of their members.

        Others may show first that the portal keeps who is in a Group when somebody is added.
        """
        portal = self._session.services.portal
        last = set()
        if (
            len(by_group) > 1
            and portal.adds_to_teams.appends is None
            and portal.capabilities.team_places
        ):
            calls = [lambda group=group: portal.shows_only_some(group) for group in by_group]
            hiding = zip(by_group, self._session.read_many(calls), strict=True)
            last = {group for group, hides in hiding if hides}
        return iter(sorted(by_group.values(), key=lambda tasks: tasks[0].target in last))

    def _joining(self, batch: Batch) -> Call:
        people = self._people(batch)
        portal, group = self._session.services.portal, batch[0].target

        def join() -> list[Outcome]:
            outcomes = portal.add_members(group, people)
            return [outcomes[task.account_id] for task in batch]

        return join

    def _people(self, batch: Batch) -> dict[str, str]:
        """The address of each account id."""
        wanted = self._session.journal.wanted(self._session.receipt, batch)
        return {task.account_id: one.email for task, one in zip(batch, wanted, strict=True)}

    def _read_back(self, kind: StepKind, last_row: int | None) -> Iterator[Progress]:
        """Read who is in each Group until everybody is shown, or the time is over."""
        for gap in self._session.gaps():
            written = [*self._session.due(kind, State.WRITTEN, last_row=last_row)]
            if not written or self._conveyor.is_halted("portal"):
                break
            by_group: dict[str, list[Task]] = {}
            for task in written:
                by_group.setdefault(task.target, []).append(task)
            lines = {"portal": iter(by_group.values())}
            settled = self._session.unsettled("portal") <= 0
            yield from self._conveyor.drive(
                lines, self._looking_last if settled else self._looking, sends=False
            )
            if settled:
                break
            if next(islice(self._session.due(kind, State.WRITTEN, last_row=last_row), 1), None):
                left = self._session.unsettled("portal")
                note = "waiting for members to show"
                yield from self._session.wait(max(0.05, min(gap, left)), note, left)

    def _looking(self, batch: Batch) -> Call:
        people = self._people(batch)
        portal, group = self._session.services.portal, batch[0].target

        def look() -> list[Outcome]:
            outcomes = portal.read_members(group, people)
            return [_not_yet(task, outcomes[task.account_id]) for task in batch]

        return look

    def _looking_last(self, batch: Batch) -> Call:
        look = self._looking(batch)

        def last() -> list[Outcome]:
            outcomes = [_last_word(outcome) for outcome in look()]
            rejected = any(one.verdict is Verdict.REJECTED for one in outcomes)
            portal = self._session.services.portal
            if rejected and portal.lists_nobody and not portal.lists_somebody(batch[0].target):
                return [_not_told(outcome) for outcome in outcomes]
            return outcomes

        return last


def _not_yet(task: Task, outcome: Outcome) -> Outcome:
    """A look that tells nothing leaves the step as it was."""
    if outcome.verdict in {Verdict.DONE, Verdict.WRITTEN}:
        return replace(outcome, but=outcome.but or task.but)
    return Outcome(verdict=Verdict.WRITTEN, reason=outcome.reason)


def _not_told(outcome: Outcome) -> Outcome:
    """What an empty list says on a portal that lists nobody anywhere: nothing."""
    if outcome.verdict is not Verdict.REJECTED:
        return outcome
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=NOBODY_LISTED)


def _last_word(outcome: Outcome) -> Outcome:
    """What was read once the time is over: only what is read is a rejection."""
    if outcome.verdict is not Verdict.WRITTEN:
        return outcome
    if COUNT in outcome.short:
        return replace(outcome, verdict=Verdict.NEEDS_PERSON)
    if not outcome.short:
        return Outcome(verdict=Verdict.UNKNOWN, reason=outcome.reason)
    return Outcome(verdict=Verdict.REJECTED, reason=NOT_KEPT)
