"""Which accounts the uploads of a journal have made, or may have."""

import sqlite3

from aapimport.config.addresses import place
from aapimport.run.candidates import may_be_there
from aapimport.run.entries import Made
from aapimport.run.records import State, Task, read_task

_TASK = ", ".join(f"steps.{name}" for name in Task.__dataclass_fields__)
Created = dict[tuple[str, str], Made]
"""By service and id; where no answer has told the id, by service and the key itself, which the
account carries."""


def created_in(database: sqlite3.Connection, address: str) -> Created:
    """The accounts that uploads have made at the two services of an address, or may have.

    Args:
        database: The journal.
        address: The pair of services; what was made at either of them beside another one counts.
    """
    found = database.execute(
        f"SELECT address, json_extract(before, '$.person'), runs.rowid, {_TASK}"
        " FROM steps JOIN runs USING (receipt) JOIN people USING (receipt, row)"
        " WHERE runs.kind = 'upload' AND steps.kind = 'account' AND action = 'create'"
        " AND NOT adopted ORDER BY runs.rowid",  # an id may be used again: the newest counts
    )
    created: Created = {}
    for at, person, order, *step in found:
        task = read_task(tuple(step))
        if place(at, task.service) != place(address, task.service) or not may_be_there(task):
            continue
        own = task.service, task.account_id or task.key
        is_sure = task.state is not State.NEEDS_PERSON
        if is_sure or own not in created:
            sent = task.sent_at or 0.0
            created[own] = Made(task.key, sent, order, person or "", is_sure=is_sure)
    return created
