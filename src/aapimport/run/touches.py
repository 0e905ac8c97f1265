"""What runs of other profiles do to accounts at this moment, or did since a time.

A plan holds what the services showed when it was made. Until an upload is begun, the runs of other
profiles don't know whom it has; once it is, an undo asks for it after its intent is on record, and
before it writes. So an upload that looks for such intents after it was begun misses none.
"""

import sqlite3
from dataclasses import dataclass

from aapimport.run.records import SETS_VALUES, RunKind, run_name
from aapimport.services.repeating import ACCEPTED

_VALUES = ", ".join(sorted(repr(str(kind)) for kind in SETS_VALUES))
_TOUCHES = (
    "SELECT receipt, runs.kind, address, service, account_id, coalesce(sent_at, 0) > ?1,"
    f" runs.kind IN ({_VALUES}), state IN ('intent', 'doubt'), state = 'planned',"
    " coalesce(finished_at, closed_at) IS NOT NULL AND (state IN ('intent', 'doubt', 'written')"
    f"  OR substr(reason, 1, {len(ACCEPTED)}) = '{ACCEPTED}')"
    " FROM runs CROSS JOIN steps USING (receipt)"
    f" WHERE runs.kind IN ('upload', {_VALUES})"
    "  AND coalesce(finished_at, closed_at, 9e99) > ?1"
    "  AND steps.kind <> 'email' AND account_id <> '' AND (sent_at > ?1 OR"
    f"   runs.kind IN ({_VALUES}) AND coalesce(finished_at, closed_at) IS NULL"
    "   AND state IN ('planned', 'intent', 'doubt'))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """What a run of another profile does to an account, or did.

    Attributes:
        run: The run, `undo 7K3QX9`.
        receipt: Its number.
        profile: The profile; empty for the journal without one, None for the journal that asks.
        address: Its services.
        service: `portal` or `jhana`.
        account_id: The account there.
        wrote: Whether it has written since the time that was asked for, or may have.
        sets_values: Whether it is an undo or a repair.
        may_write: Whether what it writes may come at any moment.
        is_due: Whether it is still to look at the account.
        is_undo: Whether it is an undo.
        not_shown: Whether that undo or repair has ended without having seen what it wrote.
    """

    run: str
    receipt: str
    profile: str | None
    address: str
    service: str
    account_id: str
    wrote: bool
    sets_values: bool
    may_write: bool
    is_due: bool
    is_undo: bool
    not_shown: bool


def touches(database: sqlite3.Connection, since: float, profile: str | None) -> list[Touch]:
    """The touches that a journal of this version tells.

    Args:
        database: The journal.
        since: The time, in seconds since 1970.
        profile: Whose journal it is.
    """
    return [
        Touch(
            run=run_name(kind, receipt),
            receipt=receipt,
            profile=profile,
            address=address,
            service=service,
            account_id=account_id,
            wrote=bool(wrote),
            sets_values=bool(sets_values),
            may_write=bool(sets_values and may_write),
            is_due=bool(sets_values and is_due),
            is_undo=kind == RunKind.UNDO,
            not_shown=bool(sets_values and unseen),
        )
        for receipt, kind, address, service, account_id, *told in (
            database.execute(_TOUCHES, (since,))
        )
        for wrote, sets_values, may_write, is_due, unseen in [told]
    ]
