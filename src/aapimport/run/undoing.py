"""Carrying an undo out: what is still as the run left it is told anew at each write.

From what the journal knows of that run, from what all journals know of later ones, and from a look
at the account just before.
"""

import json
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from aapimport.errors import AapimportError
from aapimport.plan.make import Services
from aapimport.run.back_reasons import BY_HAND, GONE_BUT_LISTED, IMPOSSIBLE, NOT_THEIRS
from aapimport.run.back_values import name_refusal
from aapimport.run.carrying import LEFT, Carrying
from aapimport.run.conveyor import Batch, Call
from aapimport.run.elsewhere import Elsewhere, other_teams, teams_elsewhere
from aapimport.run.joined import Joined
from aapimport.run.journal import Journal
from aapimport.run.kept_mails import keep_mails_back
from aapimport.run.later import Later, LaterLook, left_to
from aapimport.run.left import Left, LeftPerson, left_by
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.records import LEAVES, Run, State, StepKind, Task
from aapimport.run.since import GONE
from aapimport.run.taking_one_back import NOT_ASKED, TakingOneBack
from aapimport.run.undo_again import undo_again
from aapimport.services.changes import Seen
from aapimport.services.directory import Unknown
from aapimport.services.leaving import LEFT_ALONE, SHOWS_SOME, leave_team
from aapimport.services.membership import Members, read_team
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.taking_back import Refusal, look, take_back

_READERS = 4
_SENT = (State.INTENT, State.DOUBT)
_IS_GONE = Outcome(verdict=Verdict.DONE, reason=GONE)
_IS_LISTED = Outcome(verdict=Verdict.NEEDS_PERSON, reason=f"{GONE_BUT_LISTED}; {BY_HAND}")
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
        self._may_give_rights = frozenset(json.loads(run.options or "{}").get("admins", ()))
        self._to_leave: dict[str, frozenset[str]] = {}
        self._look = LaterLook(journal, of)
        self._elsewhere: Elsewhere | None = None
        self._listing = threading.Lock()

    def begin(self) -> None:
        """Have nobody mailed any more whose account an earlier session has switched off."""
        keep_mails_back(self.session.journal, self.session.run)

    def ask_addresses(self) -> None:
        """Those of everybody whose address is erased; who can't be read stays without."""
        lefts = [
            left
            for row, person in self._people.items()
            if not person.email and (left := self._on_portal(row)) is not None
        ]
        portal = self.session.services.portal
        with ThreadPoolExecutor(_READERS) as pool, suppress(AapimportError):
            for left, found in zip(
                lefts, pool.map(lambda one: portal.fetch(one.account_id), lefts), strict=True
            ):
                if found and not isinstance(found, Unknown) and left.is_theirs(found[0]):
                    self.told[left.row] = found[0].user_name

    def end(self) -> None:
        """The same for this session; whoever was left keeps the e-mail."""
        keep_mails_back(self.session.journal, self.session.run)

    def standing(self) -> str:
        """Likewise; a further undo takes back what was rejected, where this one is finished."""
        journal, receipt = self.session.journal, self.session.receipt
        again = undo_again(journal, journal.run(receipt))
        if not again:
            return super().standing()
        return f"{journal.progress(receipt)}, all recorded; take back the rest with: {again}"

    def accounts(self, service: str) -> Iterator[Batch]:
        """The accounts of a service from which something is taken back."""
        due = self.session.due(StepKind.TAKE_BACK, *LEFT, service=service)
        return iter([[task] for task in due])

    def doing(self, batch: Batch) -> Call:
        """Give one account back what it had."""
        (task,) = batch
        taking = self._taking(task)

        def call() -> list[Outcome]:
            return [taking.told(self._outcome(task, taking))]

        return call

    def look(self) -> None:
        """The same: what is as before is taken back.

        Of what still is as the run left it nobody knows, as somebody may have set it again since it
        was taken back: a further undo leaves it.
        """
        seen: list[Task] = []
        for service, directory in self.session.directories.items():
            for task in self.session.due(StepKind.TAKE_BACK, *_SENT, service=service):
                account, taking = look(directory, task.account_id), self._taking(task)
                found = taking.decide(account) if isinstance(account, Seen) else None
                if found is not None and not isinstance(found, Refusal):
                    verdict = Verdict.UNKNOWN if found else Verdict.DONE
                    but = taking.told(Outcome(verdict=verdict)).but
                    state = task.state if found else State.DONE
                    seen.append(replace(task, state=state, but=but))
        for kind in LEAVES.values():
            for task in self.session.due(kind, *_SENT):
                team = read_team(self.session.services.portal, task.target)
                if isinstance(team, Members) and team.shown and not team.hidden:
                    is_out = task.account_id not in team.items
                    seen.append(replace(task, state=State.DONE if is_out else task.state))
        self.session.journal.record(self.session.receipt, seen)

    def _taking(self, task: Task) -> TakingOneBack:
        person = self._people[task.row]
        (left,) = (one for one in person.accounts if one.service == task.service)
        return TakingOneBack(
            task,
            left,
            may_give_rights=task.row in self._may_give_rights,
            later=lambda: self._later(task.service, {task.row}),
            teams=lambda seen: self._teams(left, seen, person.joined),
            shows=self.session.directories[task.service].shows,
        )

    def _outcome(self, task: Task, taking: TakingOneBack) -> Outcome:
        if task.service != "portal" and (stays := self._stays(task.row)):
            return stays
        directory = self.session.directories[task.service]
        outcome = take_back(directory, task.account_id, taking.decide)
        if not taking.asked:
            verdict = Verdict.UNKNOWN if taking.may_have_written else Verdict.NOT_SENT
            return Outcome(verdict=verdict, reason=NOT_ASKED)
        if outcome.verdict is Verdict.UNKNOWN and not taking.may_have_written:
            shown = directory.fetch(task.account_id)  # refused for good, or only for a while?
            return _unread(shown) if isinstance(shown, Unknown) else outcome
        return outcome

    def _later(self, service: str, rows: Collection[int]) -> Later | None:
        """What later runs have of some people at this moment; None ends the service's steps."""
        try:
            return self._look.now(rows)
        except AapimportError as error:
            self.session.conveyor.halt(service, error)
            return None

    def _teams(self, left: Left, seen: Seen, joined: Iterable[Joined]) -> list[str]:
        """The teams that an account of the portal is in, and the run didn't put it into."""
        if left.service != "portal" or not (left.made or left.pass_id):
            return []
        if left.made and "groups" in seen.resource:
            return other_teams(seen, joined)
        with self._listing:  # once, by whoever needs it first
            if self._elsewhere is None:
                portal = self.session.services.portal
                self._elsewhere = teams_elsewhere(portal, [seen], all_of=True)
        of_pass = "" if left.made else left.run_pass
        return other_teams(seen, joined, self._elsewhere, of_pass)

    def _stays(self, row: int) -> Outcome | None:
        """Why the rest of a person is left as it is, by what the portal shows; None where not."""
        left = self._on_portal(row)
        if left is None:
            return None
        found = self.session.services.portal.fetch(left.account_id)
        if isinstance(found, Unknown):
            return _unread(found)
        return self._is_another(left, found[0]) if found else None

    def _is_another(self, left: Left, account: Account) -> Outcome | None:
        """Why nothing is written about somebody by the name that their account shows."""
        if left.is_theirs(account) and (why := name_refusal(left, account)):
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=why)
        return None

    def _on_portal(self, row: int) -> Left | None:
        return next((one for one in self._people[row].accounts if one.service == "portal"), None)

    def groups(self) -> Iterator[Progress]:
        """Take people out of the Groups that the run put them into."""
        for kind in LEAVES.values():
            by_group: dict[str, list[Task]] = {}
            for task in self.session.due(kind, *LEFT):
                by_group.setdefault(task.target, []).append(task)
            for group, tasks in by_group.items():
                self._to_leave[group] = frozenset(task.account_id for task in tasks)
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
            found_by_row = {task.row: self._whose(task) for task in batch}
            later = self._later("portal", found_by_row)
            if later is None:
                return [Outcome(verdict=Verdict.NOT_SENT, reason=NOT_ASKED)] * len(batch)
            for task in batch:
                found = found_by_row[task.row]
                if isinstance(found, str):
                    found = _is_left(later, task) or found
                if isinstance(found, Outcome):
                    outcomes[task.row] = found
                else:
                    people[task.account_id] = found
            group, tasks = batch[0].target, {task.account_id: task for task in batch}

            def stays(own_id: str) -> Outcome | None:
                return self._stays_in(tasks[own_id])

            to_leave = self._to_leave[group]
            done = leave_team(portal, group, people, to_leave, stays) if people else {}
            outcomes = _not_listed(portal, batch, outcomes)
            return [_in_words(outcomes.get(task.row) or done[task.account_id]) for task in batch]

        return leave

    def _stays_in(self, task: Task) -> Outcome | None:
        """Why somebody isn't taken out of a Group after all, asked anew; None for who is."""
        later = self._later("portal", {task.row})
        if later is None:
            return Outcome(verdict=Verdict.NOT_SENT, reason=NOT_ASKED)
        return _is_left(later, task)

    def _whose(self, task: Task) -> str | Outcome:
        """The userName of the account that is to leave; why it isn't touched, where it isn't."""
        found = self.session.services.portal.fetch(task.account_id)
        if isinstance(found, Unknown):
            return _unread(found)
        if found is None:
            return _IS_GONE
        left = self._on_portal(task.row)
        if left is None or not left.is_theirs(found[0]):
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=f"{NOT_THEIRS}; {BY_HAND}")
        return self._is_another(left, found[0]) or found[0].user_name


def _is_left(later: Later, task: Task) -> Outcome | None:
    """Why somebody stays in a Group: a later run has them there; None where none has."""
    (kind,) = (joins for joins, leaves in LEAVES.items() if leaves is task.kind)
    if its := later.has(task.row, kind, task.target):
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=left_to(its))
    return None


def _unread(found: Unknown) -> Outcome:
    """What becomes of a step about somebody who can't be read: of one alone, that is the end."""
    if found.alone:
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=f"{IMPOSSIBLE}{found.reason}")
    return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason)


def _not_listed(portal: Portal, batch: Batch, outcomes: dict[int, Outcome]) -> dict[int, Outcome]:
    """The outcomes, also of whose account isn't there: nobody is out of a team that lists them."""
    gone = {task.row: task.account_id for task in batch if outcomes.get(task.row) == _IS_GONE}
    team = read_team(portal, batch[0].target) if gone else None
    if isinstance(team, Members):
        listed = [row for row, own_id in gone.items() if own_id in team.items]
        return outcomes | dict.fromkeys(listed, _IS_LISTED)
    return outcomes


def _in_words(outcome: Outcome) -> Outcome:
    """An outcome as the journal keeps it: nobody can be taken out of a Group that hides members."""
    if outcome.reason not in {LEFT_ALONE, SHOWS_SOME}:
        return outcome
    return replace(outcome, reason=f"{IMPOSSIBLE}{outcome.reason}")


def _chunks(tasks: list[Task]) -> Iterator[list[Task]]:
    for start in range(0, len(tasks), _AT_ONCE):
        yield tasks[start : start + _AT_ONCE]
