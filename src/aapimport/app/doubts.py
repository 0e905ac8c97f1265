"""Who of an upload may have been mailed by another run, and nobody knows: by name, with a cure."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.run.journal import Journal
    from aapimport.run.records import Run
    from aapimport.run.report import UploadReport

_MOST_NAMED = 10


def say_doubts(journal: "Journal", run: "Run", report: "UploadReport", desk: "Desk") -> bool:
    """Say below the receipt of an upload who is in doubt, unless the receipt itself tells.

    Args:
        journal: The journal.
        run: The upload; of others nothing is said.
        report: Its receipt.
        desk: Is told.

    Returns:
        Whether somebody was named.
    """
    from aapimport.run.cures import MAIL
    from aapimport.run.entries import doubt, not_told
    from aapimport.run.on_record import HALVES, OnRecord
    from aapimport.screens.console import count

    if report.kind != "upload" or run.is_open:
        return False
    told = {one.row for one in report.people if any(it.where == MAIL for it in one.failures)}
    emails = {one.row: one.email or "" for one in report.people}
    record = OnRecord(journal, run.address)
    found: dict[str, list[str]] = {}
    for one in record.candidates([run]):
        if one.row in told or record.standing(one) != "in_doubt":
            continue
        ours = [half for half in HALVES if record.has_created(one, half)]
        entries = {half: record.entry(one, half) for half in ours}
        if entry := record.not_told(one, entries):
            why = not_told(entry, run.receipt)
        else:
            held = [it for it in entries.values() if it and it.is_held]
            command = f":  aapimport send-emails {run.receipt} --sent --to ADDRESS"
            why = doubt(entries) + (command if not held[0].elsewhere else "")
        found.setdefault(why, []).append(f"row {one.row} {emails.get(one.row, '')}".rstrip())
    for why, people in found.items():
        who = count(len(people), "person is", "people are")
        more = f" and {len(people) - _MOST_NAMED:,} more" if people[_MOST_NAMED:] else ""
        desk.say(f"{who} in doubt ({', '.join(people[:_MOST_NAMED])}{more}): {why}")
    return bool(found)
