"""What later uploads and repairs did to some accounts, as one journal tells: for an undo.

Each profile has a journal of its own, and two of them may lead to the same portal; so all of them
are asked, with the accounts that the run to be taken back has.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aapimport.run.records import RunKind, Task, read_task

Ours = Sequence[tuple[int, str, str]]
"""The accounts of a run: the row, the service, and the account's id there."""
_THEIRS = ", ".join(f"theirs.{name}" for name in Task.__dataclass_fields__)
_OURS = (
    "WITH ours AS (SELECT json_extract(value, '$[0]') AS row, json_extract(value, '$[1]')"
    " AS service, json_extract(value, '$[2]') AS account_id FROM json_each(?1))"
    " SELECT ours.row, runs.receipt, runs.kind, runs.address, runs.started_at, runs.pass_id,"
    " (SELECT count(*) FROM people AS all_of WHERE all_of.receipt = runs.receipt)"
)
_JOINED = (
    " FROM ours JOIN steps AS theirs ON theirs.account_id = ours.account_id"
    "  AND theirs.service = ours.service JOIN runs ON runs.receipt = theirs.receipt"
)
_WRITTEN = (
    f"{_OURS}, 1, 0, {_THEIRS}{_JOINED}"
    " WHERE runs.kind IN ('upload', 'repair')"
    "  AND runs.started_at > ?2 AND theirs.kind IN ('account', 'repair', 'pass', 'team')"
    "  AND theirs.state IN ('done', 'written', 'intent', 'doubt')"
    "  AND (theirs.attempts > 0 OR theirs.kind <> 'account' AND theirs.sent_at > 0)"
    "  AND NOT EXISTS (SELECT 1 FROM runs AS undo JOIN steps AS back USING (receipt)"
    "   WHERE undo.of = theirs.receipt AND undo.kind = 'undo' AND back.row = theirs.row"
    "   AND back.service = theirs.service AND back.state = 'done' AND back.kind ="
    "    CASE theirs.kind WHEN 'pass' THEN 'leave pass' WHEN 'team' THEN 'leave team'"
    "    ELSE 'take back' END)"
    " ORDER BY runs.started_at DESC"
)
_FOUND = (
    f"{_OURS}, 0, coalesce(json_extract(people.before, '$.team'), 0), {_THEIRS}{_JOINED}"
    "  AND runs.kind = 'upload'"
    " JOIN people ON people.receipt = theirs.receipt AND people.row = theirs.row"
    " WHERE runs.started_at > ?2 AND theirs.kind = 'account' AND theirs.state = 'done'"
    "  AND theirs.attempts = 0 AND NOT EXISTS (SELECT 1 FROM told"
    "   WHERE told.receipt = theirs.receipt"
    "   AND told.what IN ('undo', 'undo row ' || theirs.row))"
    "  AND NOT EXISTS (SELECT 1 FROM runs AS undo WHERE undo.of = theirs.receipt"
    "   AND undo.kind = 'undo' AND (json_extract(undo.options, '$.only_rows') IS NULL"
    "   OR theirs.row IN (SELECT value FROM json_each(undo.options, '$.only_rows'))))"
    " ORDER BY runs.started_at DESC"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterStep:
    """What a later run did, or may have done, about somebody whom a run has.

    Attributes:
        row: The row in the run.
        receipt: The other's number.
        kind: What the other is for; one of `RunKind`.
        address: Its services.
        started_at: When it was begun, in seconds since 1970.
        pass_id: Its pass.
        people: How many people it has.
        wrote: Whether it wrote, or may have; else it has found the person as its file wants them.
        in_team: Whether its file names a team that the person was in; only told where it has found.
        task: Its step.
        profile: The profile whose journal tells it; None for the journal that was asked.
    """

    row: int
    receipt: str
    kind: str
    address: str
    started_at: float
    pass_id: str
    people: int
    wrote: bool
    in_team: bool
    task: Task
    profile: str | None = None

    @property
    def is_upload(self) -> bool:
        """Whether an upload did it."""
        return self.kind == RunKind.UPLOAD


def whose(profile: str | None) -> str:
    """What is said after a run, or a journal, of another profile; nothing after one's own."""
    if profile is None:
        return ""
    return f" of profile {profile}" if profile else " without a profile"


def later_steps(
    database: sqlite3.Connection, ours: Ours, since: float, profile: str | None = None
) -> list[LaterStep]:
    """What a journal of this version knows of some accounts, the newest first, what wrote before.

    Without what was taken back since. Those that found people as their files want them wrote
    nothing, and rest on what the run has done all the same; where somebody wanted one undone, its
    rows don't count.

    Args:
        database: The journal.
        ours: The accounts.
        since: Of runs that were begun after this, in seconds since 1970.
        profile: Whose journal it is; None for the one that was asked.
    """
    return [
        _step(one, profile)
        for query in (_WRITTEN, _FOUND)
        for one in database.execute(query, (json.dumps(ours), since))
    ]


def _step(found: tuple[Any, ...], profile: str | None) -> LaterStep:
    row, receipt, kind, address, at, pass_id, people, wrote, in_team, *step = found
    return LaterStep(
        row=row,
        receipt=receipt,
        kind=kind,
        address=address,
        started_at=at,
        pass_id=pass_id,
        people=people,
        wrote=bool(wrote),
        in_team=bool(in_team),
        task=read_task(tuple(step)),
        profile=profile,
    )
