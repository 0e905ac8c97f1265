"""What became of a run's people afterwards, as the journal knows: taken back, or written to anew.

An undo takes back what its run did and nothing later. What an earlier undo of the run has taken
back is never taken back again: whoever is switched on by then was switched on by somebody. What a
later upload or repair has done to an account is that one's, unless it was taken back as well. Whom
a later upload has found as its file wants them is left, too, unless somebody wanted that undone.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aapimport.config.addresses import place
from aapimport.run.back_parts import parts_back
from aapimport.run.back_reasons import LEFT, ROLE_GONE
from aapimport.run.journal import Journal
from aapimport.run.later_steps import LaterStep, whose
from aapimport.run.records import JOINS, LEAVES, Run, RunKind, State, StepKind, run_name
from aapimport.run.ways_back import StepBack

LaterCode = Literal["", "later_upload", "later_repair"]
_LATER = re.compile(
    r"(?:left: |changed since: by |put in by )(upload|repair) (\w+)(?: of \d\d \w{3} \d{4})?\b"
)
"""Such words, also those of earlier versions."""


def left_to(later: str) -> str:
    """Why something is left to a later run, given as `Left.later` has it."""
    did = "has this person, too" if later.startswith(RunKind.UPLOAD) else "has written to it since"
    return f"{LEFT}{later} {did}"


def which_later(said: str) -> tuple[LaterCode, str]:
    """Which run something is left to, as the journal's words tell: its kind and its number."""
    found = _LATER.match(said)
    if found is None:
        return "", ""
    return "later_upload" if found[1] == RunKind.UPLOAD else "later_repair", found[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """What became of a run's people afterwards.

    Attributes:
        taken_back: What undos of the run have taken back, by the row, the service and the undo's
            step; and what of it is not as it was before, in the journal's words.
        back: By row and service, the parts of the account that they have taken back.
        role_gone: The rows and services where a write of theirs took the role away, and the former
            one didn't come.
        accounts: By row and service, the newest run since that has the account, too, with its day:
            `upload 7K3QX9 of 28 Nov 2026`.
        written: Likewise, the newest that has written to it; without its day.
        joins: By row and Group, the newest run that has put the person into it since.
        in_team: By row, the newest upload since whose file names a team that the person was in.
        on_pass: By row, the newest upload to the run's pass since that has found the person there.
        uploads: By the number of each upload since, the newest first: whom it has, too, their rows
            there by those in the run.
        repaired: The rows of those to whom a repair has written since.
        open: The numbers of those of them that are neither finished nor closed.
        elsewhere: By the number of each run of another profile: that profile, empty for none, and
            how many people the run has.
    """

    taken_back: dict[tuple[int, str, StepKind], str] = field(default_factory=dict)
    doubts: set[tuple[int, str, StepKind]] = field(default_factory=set)
    back: dict[tuple[int, str], frozenset[str]] = field(default_factory=dict)
    role_gone: set[tuple[int, str]] = field(default_factory=set)
    accounts: dict[tuple[int, str], str] = field(default_factory=dict)
    joins: dict[tuple[int, str], str] = field(default_factory=dict)
    in_team: dict[int, str] = field(default_factory=dict)
    on_pass: dict[int, str] = field(default_factory=dict)
    written: dict[tuple[int, str], str] = field(default_factory=dict)
    uploads: dict[str, dict[int, int]] = field(default_factory=dict)
    repaired: set[int] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    elsewhere: dict[str, tuple[str, int]] = field(default_factory=dict)

    def has(self, row: int, kind: StepKind, group: str) -> str:
        """The newest run since by which somebody belongs into a Group; empty for none."""
        found = self.on_pass if kind is StepKind.PASS else self.in_team
        return self.joins.get((row, group)) or found.get(row, "")

    def of_account(self, row: int, service: str, *, made: bool) -> str:
        """The newest run since that has an account, or a Group for one that was made; or empty."""
        has = self.accounts.get((row, service), "")
        return has or (self.joined(row) if made and service == "portal" else "")

    def is_taken_back(self, row: int, service: str, kind: StepKind) -> bool:
        """Whether an undo of the run has taken back what a step of it did."""
        return (row, service, LEAVES.get(kind, StepKind.TAKE_BACK)) in self.taken_back

    def may_be_taken_back(self, row: int, service: str, kind: StepKind) -> bool:
        """Whether one may have, that was closed before anybody knew."""
        return (row, service, LEAVES.get(kind, StepKind.TAKE_BACK)) in self.doubts

    def stays(self, row: int, service: str) -> str:
        """What an undo had to leave of an account that it has taken back; empty for nothing."""
        return self.taken_back.get((row, service, StepKind.TAKE_BACK), "")

    def joined(self, row: int) -> str:
        """The newest run that has put somebody into any Group since; empty for none."""
        return next((run for (its, _), run in self.joins.items() if its == row), "")


class LaterLook:
    """What became of a run's people afterwards, looked at anew whenever it is asked.

    Nobody else writes the run's own journal meanwhile, so that is read once; the others each time.

    Args:
        journal: The journal of the run.
        run: The run.
    """

    def __init__(self, journal: Journal, run: Run) -> None:
        self._journal, self._run = journal, run
        self._ours = journal.accounts_of(run)
        self._steps = journal.later_steps(run, self._ours)
        self._steps_back = journal.steps_back(run.receipt)

    def now(self, rows: Collection[int] | None = None) -> Later:
        """What became of them by now, by the run's own undos and by later runs; from any thread.

        An account counts where both runs are at the same service, whatever the other one is, also
        in the journal of another profile.

        Args:
            rows: Of whom; None for everybody.

        Raises:
            AapimportError: The journal of another profile can't be read.
        """
        run, ours = self._run, self._ours
        if rows is not None:
            ours = [one for one in ours if one[0] in rows]
        steps = [one for one in self._steps if rows is None or one.row in rows]
        later = _later([*steps, *self._journal.later_beside(run, ours)], run)
        later.taken_back.update(taken_back(self._steps_back))
        for row, service, kind, state, but in self._steps_back:
            if state in {State.INTENT, State.DOUBT}:
                later.doubts.add((row, service, kind))
            if kind is StepKind.TAKE_BACK:
                had = later.back.get((row, service), frozenset())
                later.back[row, service] = had | parts_back(state, but)
                if ROLE_GONE in but:
                    later.role_gone.add((row, service))
        return later


def later_than(journal: Journal, run: Run) -> Later:
    """What became of a run's people afterwards, as `LaterLook.now` has it.

    Raises:
        AapimportError: The journal of another profile can't be read.
    """
    return LaterLook(journal, run).now()


def taken_back(steps: Iterable[StepBack]) -> dict[tuple[int, str, StepKind], str]:
    """What undos of a run have taken back, and what of it is not as it was before.

    Args:
        steps: The steps of these undos (`Journal.steps_back`).

    Returns:
        The words, mostly none, by the row, the service, and the undo's step.
    """
    found: dict[tuple[int, str, StepKind], str] = {}
    for row, service, kind, state, but in steps:
        if state == State.DONE:
            words = (found.get((row, service, kind), ""), but)
            found[row, service, kind] = "; ".join(filter(None, words))
    return found


def _later(steps: Iterable[LaterStep], run: Run) -> Later:
    later = Later()
    uploads: dict[str, dict[int, int]] = {}
    last: dict[str, float] = {}
    for one in sorted(steps, key=lambda it: (it.wrote, it.at), reverse=True):
        row, service = one.row, one.task.service
        if place(one.address, service) != place(run.address, service):
            continue
        if one.is_upload:
            uploads.setdefault(one.receipt, {})[row] = one.task.row
            last[one.receipt] = max(one.at, last.get(one.receipt, 0.0))
        else:
            later.repaired.add(row)
        if one.is_open:
            later.open.add(one.receipt)
        if one.profile is not None:
            later.elsewhere[one.receipt] = (one.profile, one.people)
        _note(later, one, run)
    newest = sorted(uploads, key=last.__getitem__, reverse=True)
    later.uploads.update((receipt, uploads[receipt]) for receipt in newest)
    return later


def _note(later: Later, one: LaterStep, run: Run) -> None:
    """What one later step says of its person; what is newer was noted before, and stays."""
    row, service, name = one.row, one.task.service, _dated(one)
    if one.task.kind in JOINS:
        later.joins.setdefault((row, one.task.target), name)
        return
    later.accounts.setdefault((row, service), name)
    if one.wrote:
        named = f"{run_name(one.kind, one.receipt)}{whose(one.profile)}"
        later.written.setdefault((row, service), named)
    if service != "portal" or not one.is_upload:
        return
    if one.in_team:
        later.in_team.setdefault(row, name)
    if one.wrote or one.pass_id == run.pass_id:
        later.on_pass.setdefault(row, name)


def _dated(one: LaterStep) -> str:
    """A run in a sentence, with its day, and its profile where that is another.

    So it reads `upload 7K3QX9 of 28 Nov 2026 of profile acme`.
    """
    day = f"{datetime.fromtimestamp(one.started_at, UTC):%d %b %Y}"
    return f"{run_name(one.kind, one.receipt)} of {day}{whose(one.profile)}"
