"""What an upload that was closed left in doubt, and the next one takes over.

A create whose answer was lost may still be carried out, whoever closed the upload since. So the
next upload of the person doesn't begin anew: its step is in doubt as the old one was, with the same
key, the same number of creates and the same time, and is settled before anything is sent.
"""

import json
import sqlite3

from aapimport.people.person import address_key
from aapimport.plan.plan import Plan

_LEFT = (
    "SELECT service, key, attempts, sent_at, state, wanted FROM steps"
    " JOIN runs USING (receipt) JOIN people USING (receipt, row)"
    " WHERE address = ? AND closed_at IS NOT NULL AND wanted IS NOT NULL"
    " AND kind = 'account' AND action = 'create' AND account_id = '' AND attempts > 0"
    " AND state IN ('planned', 'intent', 'doubt') ORDER BY sent_at"
)
_TAKE_OVER = (
    "UPDATE steps SET key = ?, attempts = ?, sent_at = ?,"
    " state = CASE ? WHEN 'planned' THEN 'planned' ELSE 'doubt' END"
    " WHERE receipt = ? AND row = ? AND service = ? AND kind = 'account' AND action = 'create'"
    " AND state = 'planned'"
)


def take_over(database: sqlite3.Connection, plan: Plan) -> None:
    """Put into a new run's steps what closed ones left in doubt about the same people.

    Args:
        database: The journal, in the transaction that begins the run.
        plan: The run's plan.
    """
    rows = {one.person.key: one.person.row for one in plan.people}
    for service, key, attempts, sent_at, state, wanted in database.execute(
        _LEFT, (plan.address,)
    ).fetchall():
        row = rows.get(address_key(json.loads(wanted)[service]["email"]))
        if row is not None:
            values = (key, attempts, sent_at, state, plan.receipt, row, service)
            database.execute(_TAKE_OVER, values)
