"""What became of a run's people afterwards, as the journal knows: taken back, or written to anew.

An undo takes back what its run did and nothing later. What an earlier undo of the run has taken
back is never taken back again: whoever is switched on by then was switched on by somebody. What a
later upload or repair has done to an account is that one's, unless it was taken back as well. Whom
a later upload has found as its file wants them is left, too, unless somebody wanted that undone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from aapimport.run.journal import Journal
from aapimport.run.memory import place
from aapimport.run.records import JOINS, LEAVES, Run, RunKind, StepKind, run_name

LEFT = "left: "
"""Begins the words, in the journal, of what is left to a later run."""
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
        accounts: By row and service, the newest run since that has the account, too, with its day:
            `upload 7K3QX9 of 28 Nov 2026`.
        written: Likewise, the newest that has written to it; without its day.
        joins: By row and Group, the newest run that has put the person into it since.
        in_team: By row, the newest upload since whose file names a team that the person was in.
        on_pass: By row, the newest upload to the run's pass since that has found the person there.
        uploads: By the number of each upload since, the newest first: whom it has, too, their rows
            there by those in the run.
        repaired: The rows of those to whom a repair has written since.
    """

    taken_back: Mapping[tuple[int, str, StepKind], str] = field(default_factory=dict)
    accounts: dict[tuple[int, str], str] = field(default_factory=dict)
    joins: dict[tuple[int, str], str] = field(default_factory=dict)
    in_team: dict[int, str] = field(default_factory=dict)
    on_pass: dict[int, str] = field(default_factory=dict)
    written: dict[tuple[int, str], str] = field(default_factory=dict)
    uploads: dict[str, dict[int, int]] = field(default_factory=dict)
    repaired: set[int] = field(default_factory=set)

    def has(self, row: int, kind: StepKind, group: str) -> str:
        """The newest run since by which somebody belongs into a Group; empty for none."""
        found = self.on_pass if kind is StepKind.PASS else self.in_team
        return self.joins.get((row, group)) or found.get(row, "")

    def is_taken_back(self, row: int, service: str, kind: StepKind) -> bool:
        """Whether an undo of the run has taken back what a step of it did."""
        return (row, service, LEAVES.get(kind, StepKind.TAKE_BACK)) in self.taken_back

    def stays(self, row: int, service: str) -> str:
        """What an undo had to leave of an account that it has taken back; empty for nothing."""
        return self.taken_back.get((row, service, StepKind.TAKE_BACK), "")

    def joined(self, row: int) -> str:
        """The newest run that has put somebody into any Group since; empty for none."""
        return next((run for (its, _), run in self.joins.items() if its == row), "")


def later_than(journal: Journal, run: Run) -> Later:
    """What became of a run's people afterwards, by its own undos and by later runs.

    An account counts where both runs are at the same service, whatever the other one is.
    """
    later = Later(taken_back=journal.taken_back(run.receipt))
    uploads: dict[str, dict[int, int]] = {}
    begun: dict[str, float] = {}
    for row, task, receipt, kind, address, at in journal.written_since(run):
        if place(address, task.service) != place(run.address, task.service):
            continue
        name = _dated(kind, receipt, at)
        if kind == RunKind.UPLOAD:
            uploads.setdefault(receipt, {})[row], begun[receipt] = task.row, at
        else:
            later.repaired.add(row)
        if task.kind in JOINS:
            later.joins.setdefault((row, task.target), name)
        else:
            later.accounts.setdefault((row, task.service), name)
            later.written.setdefault((row, task.service), run_name(kind, receipt))
            if task.service == "portal" and kind == RunKind.UPLOAD:
                later.on_pass.setdefault(row, name)
    for found in journal.found_since(run):
        row, service = found.row, found.service
        if place(found.address, service) == place(run.address, service):
            uploads.setdefault(found.receipt, {})[row] = found.their_row
            begun[found.receipt] = found.started_at
            name = _dated(RunKind.UPLOAD, found.receipt, found.started_at)
            later.accounts.setdefault((row, service), name)
            if found.in_team and service == "portal":
                later.in_team.setdefault(row, name)
            if found.pass_id == run.pass_id and service == "portal":
                later.on_pass.setdefault(row, name)
    newest = sorted(uploads, key=begun.__getitem__, reverse=True)
    later.uploads.update((receipt, uploads[receipt]) for receipt in newest)
    return later


def _dated(kind: str, receipt: str, started_at: float) -> str:
    """A run in a sentence, with its day: `upload 7K3QX9 of 28 Nov 2026`."""
    return f"{run_name(kind, receipt)} of {datetime.fromtimestamp(started_at, UTC):%d %b %Y}"
