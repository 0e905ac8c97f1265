"""The Groups that a run put people into, or found them in, as far as the journal tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aapimport.run.records import JOINS, State, StepKind, Task
from aapimport.services.leaving import NOT_KEPT

NOT_KNOWN = frozenset({State.WRITTEN, State.INTENT, State.DOUBT})
"""How far steps are of which nobody knows what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """One person in one Group, into which a run put them, or may have.

    Attributes:
        row: The person's row.
        kind: `pass` or `team`.
        group_id: The Group.
        account_id: The person's account on the portal.
        taken_back: Whether an undo of the run has taken them out of it.
        back_in_doubt: Whether one may have, and nobody knows.
        later: The run that has put them into it since, with its day; empty for none.
        state: How far the run's step is: not `done` where nobody knows whether it put them in.
    """

    row: int
    kind: StepKind
    group_id: str
    account_id: str
    taken_back: bool = False
    back_in_doubt: bool = False
    later: str = ""
    state: State = State.DONE

    @property
    def in_doubt(self) -> bool:
        """Whether it isn't known that the run has put them into it, only that it may have."""
        return self.state is not State.DONE


def groups_found(
    row: int, tasks: Sequence[Task], before: Mapping[str, Any], account_id: str
) -> Iterator[Joined]:
    """The Groups that somebody was in: by the plan, or where a step had nothing to write."""
    groups = {StepKind(kind): own_id for kind, own_id in (before.get("found_in") or {}).items()}
    for task in tasks:
        if task.kind in JOINS and task.state is State.DONE and not task.sent_at:
            groups[task.kind] = task.target
    for kind, own_id in groups.items():
        if account_id:
            yield Joined(row=row, kind=kind, group_id=own_id, account_id=account_id)


def may_be_done(task: Task) -> bool:
    """Whether a step whose request was sent is done, or may be; also if that shows late."""
    not_seen = task.state is State.REJECTED and task.reason.startswith(NOT_KEPT)
    return task.state in {State.DONE, State.NEEDS_PERSON, *NOT_KNOWN} or not_seen
