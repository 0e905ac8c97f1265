"""What an upload that was closed left undecided, and the next one takes over.

A create that was sent may still be carried out, or not be shown so far, whoever closed the upload
since. So the next upload of the person doesn't begin anew: its step goes on where the old one
stands, with the same key, account, number of creates and time, and is looked up before anything is
sent. Where several uploads had a step, the last word counts.
"""

import json
import sqlite3

from aapimport.config.addresses import place
from aapimport.person import address_key
from aapimport.plan.plan import Plan
from aapimport.run.records import NOT_FINAL

_LEFT = (
    "SELECT address, service, key, account_id, attempts, sent_at, state, wanted FROM"
    # of each key, the row of the newest run: https://sqlite.org/lang_select.html#bareagg
    " (SELECT *, max(started_at) FROM steps JOIN runs USING (receipt)"
    "  WHERE steps.kind = 'account' AND action = 'create' GROUP BY service, key)"
    " JOIN people USING (receipt, row)"
    " WHERE closed_at IS NOT NULL AND wanted IS NOT NULL AND attempts > 0 AND NOT adopted"
    f" AND {NOT_FINAL} ORDER BY started_at DESC"
)
_TAKE_OVER = (
    "UPDATE steps SET key = ?, account_id = ?, attempts = ?, sent_at = ?,"
    " state = CASE ?5 WHEN 'intent' THEN 'doubt' ELSE ?5 END"
    " WHERE receipt = ? AND row = ? AND service = ? AND kind = 'account' AND action = 'create'"
    " AND state = 'planned' AND attempts = 0"
)


def take_over(database: sqlite3.Connection, plan: Plan) -> None:
    """Put into a new run's steps what closed ones left undecided about the same people.

    Args:
        database: The journal, in the transaction that begins the run.
        plan: The run's plan.
    """
    rows = {one.person.key: one.person.row for one in plan.people}
    for address, service, *stands, wanted in database.execute(_LEFT).fetchall():
        if place(address, service) != place(plan.address, service):
            continue
        row = rows.get(address_key(json.loads(wanted)[service]["email"]))
        if row is not None:
            database.execute(_TAKE_OVER, (*stands, plan.receipt, row, service))
