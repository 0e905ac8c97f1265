"""Whether uploads have ever asked for a Jhana, as a journal tells, whatever its profile."""

import sqlite3

_ADDRESSES = (
    "SELECT DISTINCT address FROM runs WHERE kind = 'upload' AND EXISTS"
    " (SELECT 1 FROM steps WHERE steps.receipt = runs.receipt AND service = 'jhana')"
)


def asked_for(database: sqlite3.Connection, jhana: str) -> list[str]:
    """The pairs of services at which uploads asked for Jhana, finished or not, undone or not.

    Args:
        database: A journal of this version.
        jhana: Of this Jhana only, by its place, whichever portal was beside it.
    """
    found = (address for (address,) in database.execute(_ADDRESSES))
    return [address for address in found if address.split(" ")[-1] == jhana]
