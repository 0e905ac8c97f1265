"""What undos have taken back of a run, person by person: the one definition, from the journal."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aapimport.run.back_parts import parts_taken
from aapimport.run.back_values import left_words
from aapimport.run.journal import Journal
from aapimport.run.kept_mails import kept_back_by
from aapimport.run.records import LEAVES, Run, RunKind, State, Task
from aapimport.services.team_writes import is_said_of_team


class TakenBackReport(BaseModel):
    """What one undo has taken back, for scripts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    undo: str = Field(description="the undo's number: `receipt` with it tells of everybody")
    at: AwareDatetime = Field(description="when it ended, or was begun where it hasn't")
    state: Literal["open", "finished", "closed"]
    only_rows: list[int] | None = Field(description="the rows that were asked for; null for all")
    people: int = Field(description="people of whom something was taken back")
    in_part: int = Field(description="those of them of whom something else wasn't")
    not_taken_back: int = Field(description="people of whom nothing was, though it was tried")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What one undo has taken back.

    Attributes:
        undo: The undo.
        only: The only rows that were asked for; None for all of them.
        rows: The rows of those of whom something was taken back.
        left: The rows of those of whom something wasn't: they are in neither, one or both.
        lost: By row, in words, whom a team has lost when people were taken out of it.
        back: The rows of those of whom that was said, and it is settled by now.
    """

    undo: Run
    only: frozenset[int] | None
    rows: frozenset[int]
    left: frozenset[int]
    lost: tuple[tuple[int, str], ...] = ()
    back: tuple[int, ...] = ()

    @property
    def report(self) -> TakenBackReport:
        """The same in numbers, for scripts."""
        undo = self.undo
        ended = undo.finished_at or undo.closed_at or undo.started_at
        return TakenBackReport(
            undo=undo.receipt,
            at=datetime.fromtimestamp(ended, UTC).replace(microsecond=0),
            state="open" if undo.is_open else "closed" if undo.closed_at else "finished",
            only_rows=None if self.only is None else sorted(self.only),
            people=len(self.rows),
            in_part=len(self.rows & self.left),
            not_taken_back=len(self.left - self.rows),
        )


def taken_back(
    journal: Journal, run: Run, rows: Collection[int] | None = None
) -> tuple[TakenBack, ...]:
    """What undos of a run have taken back, or tried to, the oldest first.

    Args:
        journal: The journal.
        run: The run.
        rows: The only rows that count; an undo that has taken nothing of them back isn't there.
    """
    later = (journal.run(one) for one in reversed(journal.later_runs(run.receipt)))
    found = (_of(journal, one) for one in later if one.kind == RunKind.UNDO)
    return tuple(one for one in found if rows is None or one.rows & {*rows})


def taken_back_rows(undos: Collection[TakenBack]) -> dict[int, str]:
    """By row, the newest undo that has taken something back."""
    return {row: one.undo.receipt for one in undos for row in one.rows}


def _of(journal: Journal, undo: Run) -> TakenBack:
    tasks = [*journal.tasks(undo.receipt)]
    done = {task.row for task in tasks if task.state is State.DONE or parts_taken(task.but)}
    done |= {row for row, _ in kept_back_by(journal, undo)}
    only = json.loads(undo.options or "{}").get("only_rows")
    return TakenBack(
        undo=undo,
        only=None if only is None else frozenset(only),
        rows=frozenset(done),
        left=frozenset(_left(tasks)),
        lost=tuple((task.row, words) for task in tasks if (words := lost_words(task))),
    )


def lost_words(task: Task) -> str:
    """Whom a team has lost when a step took somebody out of it, in words; empty for nobody."""
    return task.but if task.kind in LEAVES.values() and is_said_of_team(task.but, ()) else ""


def _left(tasks: Collection[Task]) -> Iterator[int]:
    """The rows of what isn't taken back, or isn't so far; nothing is left of what is skipped."""
    for task in tasks:
        if task.state not in {State.DONE, State.SKIPPED} or left_words(task.but):
            yield task.row
