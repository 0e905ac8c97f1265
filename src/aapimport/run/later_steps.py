"""What later uploads and repairs did to some accounts, as one journal tells: for an undo.

Each profile has a journal of its own, and two of them may lead to the same portal; so all of them
are asked, with the accounts that the run to be taken back has.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aapimport.run.digests import address_digest
from aapimport.run.records import RunKind, Task, read_task
from aapimport.services.leaving import NOT_KEPT

Ours = Sequence[tuple[int, str, str, float, str]]
"""The accounts of a run: the row, the service, the account's id there, when the run began to write
about it, in seconds since 1970, and a digest of the person's address, empty where not known."""
_THEIRS = ", ".join(f"theirs.{name}" for name in Task.__dataclass_fields__)
_LATER = (
    "WITH ours AS MATERIALIZED (SELECT json_extract(value, '$[0]') AS row,"
    "  CAST(json_extract(value, '$[1]') AS TEXT) AS service,"
    "  CAST(json_extract(value, '$[2]') AS TEXT) AS account_id,"
    "  json_extract(value, '$[3]') AS at, json_extract(value, '$[4]') AS person"
    "  FROM json_each(?1)),"
    " later AS MATERIALIZED (SELECT receipt, kind, address, started_at, pass_id,"
    "  coalesce(finished_at, closed_at, 9e99) AS ended,"
    "  coalesce(finished_at, closed_at) IS NULL AS is_open,"
    "  (SELECT count(*) FROM people WHERE people.receipt = runs.receipt) AS people_there"
    "  FROM runs WHERE kind IN ('upload', 'repair') AND receipt <> ?2 AND ended > ?3)"
    " SELECT ours.row, later.receipt, later.kind, address, started_at, pass_id,"
    " people_there, is_open"
)
"""The runs that weren't over when ours was begun, whichever was approved first.

Accounts are cast to text, as the columns are that they are looked up by: else they get no index.
"""
_IN_TEAM = (
    "iif(json_type(people.before, '$.team') IS NULL, 1,"
    " coalesce(json_extract(people.before, '$.team'), 0))"
)
"""Whether the file names a team that the person was in; as far as version 1 tells, it may."""
WANTED_UNDONE = (
    "(EXISTS (SELECT 1 FROM told WHERE told.receipt = theirs.receipt"
    "   AND told.what IN ('undo', 'undo row ' || theirs.row))"
    "  OR EXISTS (SELECT 1 FROM runs AS undo WHERE undo.of = theirs.receipt"
    "   AND undo.kind = 'undo' AND undo.closed_at IS NULL"
    "   AND (json_extract(undo.options, '$.only_rows') IS NULL"
    "   OR theirs.row IN (SELECT value FROM json_each(undo.options, '$.only_rows')))))"
)
"""Whether somebody wanted undone what `theirs` is: an undo of some rows is about these alone."""
_WRITTEN = (
    f"{_LATER}, 1, {_IN_TEAM}, coalesce(theirs.sent_at, ended), {_THEIRS}"
    " FROM later CROSS JOIN steps AS theirs ON theirs.receipt = later.receipt"
    " JOIN ours ON theirs.account_id = ours.account_id AND theirs.service = ours.service"
    " JOIN people ON people.receipt = theirs.receipt AND people.row = theirs.row"
    " WHERE theirs.kind IN ('account', 'repair', 'pass', 'team')"
    "  AND (started_at > ours.at OR coalesce(theirs.sent_at, ended) > ours.at)"
    "  AND (theirs.state IN ('done', 'written', 'intent', 'doubt')"
    "   OR theirs.kind IN ('pass', 'team') AND (theirs.state = 'needs a person'"
    f"    OR theirs.state = 'rejected' AND theirs.reason GLOB '{NOT_KEPT}*'))"
    "  AND (theirs.attempts > 0 OR theirs.kind <> 'account' AND theirs.sent_at > 0)"
    "  AND NOT EXISTS (SELECT 1 FROM runs AS undo CROSS JOIN steps AS back USING (receipt)"
    "   WHERE undo.of = theirs.receipt AND undo.kind = 'undo' AND back.row = theirs.row"
    "   AND back.service = theirs.service AND back.state = 'done' AND back.kind ="
    "    CASE theirs.kind WHEN 'pass' THEN 'leave pass' WHEN 'team' THEN 'leave team'"
    "    ELSE 'take back' END)"
)
_HAS = (
    f"{_LATER}, 0, {_IN_TEAM}, ended, {_THEIRS}"
    " FROM later CROSS JOIN steps AS account ON account.receipt = later.receipt"
    "  AND account.kind = 'account'"
    " JOIN people ON people.receipt = account.receipt AND people.row = account.row"
    " JOIN ours ON account.service = ours.service AND {matching}"
    " JOIN steps AS theirs ON theirs.receipt = account.receipt AND theirs.row = account.row"
    "  AND theirs.service = account.service AND theirs.kind IN ('account', 'pass', 'team')"
    " WHERE later.kind = 'upload' AND"
)
_FOUND = (
    _HAS.replace("{matching}", "account.account_id = ours.account_id")
    + " account.state <> 'skipped' AND iif(theirs.kind = 'account',"
    "   theirs.attempts = 0 OR theirs.state IN ('rejected', 'needs a person'),"
    "   theirs.state = 'done' AND theirs.sent_at IS NULL)"
    f"  AND NOT {WANTED_UNDONE}"
)
_OPEN = _HAS + " is_open AND theirs.state NOT IN ('rejected', 'skipped')"
_OPEN_BY_ID = _OPEN.replace("{matching}", "account.account_id = ours.account_id")
_OPEN_BY_ADDRESS = _OPEN.replace(
    "{matching}",
    "account.account_id = '' AND ours.person <> '' AND ours.person ="
    " coalesce(json_extract(people.before, '$.person'),"
    "  address_digest(json_extract(people.wanted, '$.portal.email')))",
)
"""Whom an unfinished upload is still to make has no account there so far."""


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
        is_open: Whether it is an upload that is neither finished nor closed.
        wrote: Whether it wrote, or may have; else it has found the person as its file wants them,
            was refused what it wanted of them, or is still to look.
        in_team: Whether its file names a team that the person was in.
        at: When it wrote, or had done all; later than any time while it is open.
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
    is_open: bool
    wrote: bool
    in_team: bool
    at: float
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
    database: sqlite3.Connection, ours: Ours, run: tuple[str, float], profile: str | None = None
) -> list[LaterStep]:
    """What a journal of this version knows of some accounts since a run began to write about them.

    Which run was approved first doesn't count: one may have been stopped, and gone on after the
    other. A step that wrote counts by its own time, one that found people as their file wants them
    by the end of its run, and an open upload by whom its file has. Without what was taken back
    since. Those that found wrote nothing, and rest on what the run has done all the same; where
    somebody wanted one undone, its rows don't count.

    Args:
        database: The journal.
        ours: The accounts.
        run: The run's number, and when it was begun, in seconds since 1970.
        profile: Whose journal it is; None for the one that was asked.
    """
    database.create_function("address_digest", 1, _digest, deterministic=True)
    return [
        _step(one, profile)
        for query in (_WRITTEN, _FOUND, _OPEN_BY_ID, _OPEN_BY_ADDRESS)
        for one in database.execute(query, (json.dumps(ours), *run))
    ]


def _digest(address: str | None) -> str:
    """Journals of version 1 keep no digest, but the address of whoever isn't final."""
    return address_digest(address or "")


def _step(found: tuple[Any, ...], profile: str | None) -> LaterStep:
    row, receipt, kind, address, begun, pass_id, people, is_open, wrote, in_team, at, *step = found
    return LaterStep(
        row=row,
        receipt=receipt,
        kind=kind,
        address=address,
        started_at=begun,
        pass_id=pass_id,
        people=people,
        is_open=bool(is_open) and kind == RunKind.UPLOAD,
        wrote=bool(wrote),
        in_team=bool(in_team),
        at=at,
        task=read_task(tuple(step)),
        profile=profile,
    )
