"""The welcome e-mails by a mail server that were approved with an upload: its journal keeps them.

They are a run of their own, a sending of the upload; until one was begun, they are owed.
"""

import json
from dataclasses import dataclass

from aapimport.run.digests import server_digest
from aapimport.run.journal import Journal
from aapimport.run.on_record import OnRecord
from aapimport.run.records import Run, RunKind


@dataclass(frozen=True, slots=True)
class WantedLetters:
    """What was approved of them.

    Attributes:
        server: Sender and server, as `config.mail.Mail.server` has it; the sender's address is
            erased with the people.
        digest: `server_digest` of it, which stays; empty where an earlier version kept none.
        rows: The rows of the people whom they go to, and of nobody else.
    """

    server: str
    digest: str
    rows: frozenset[int]

    def are_from(self, server: str) -> bool:
        """Whether a sender and server are those that were approved."""
        return server == self.server or server_digest(server) == self.digest

    @property
    def people(self) -> int:
        """How many people they go to at the most."""
        return len(self.rows)


def wanted_letters(run: Run) -> WantedLetters | None:
    """What was approved with an upload; None where no mail server was to send anything."""
    is_upload = run.kind == RunKind.UPLOAD and run.options
    found = json.loads(run.options or "{}").get("letters") if is_upload else None
    if not found:
        return None
    return WantedLetters(found["server"], found.get("digest", ""), frozenset(found["rows"]))


def letters_due(journal: Journal, run: Run) -> WantedLetters | None:
    """What was approved with an upload that is finished, as long as it is owed.

    It isn't any more once a sending of it was begun, nobody of these people waits by the mail
    ledger (another sending has mailed them), nobody could be mailed, or it was withdrawn.
    """
    wanted = wanted_letters(run)
    if wanted is None or run.finished_at is None or run.closed_at is not None:
        return None
    if journal.sends_of(run.receipt) or journal.letters_ended(run.receipt):
        return None
    record = OnRecord(journal, run.address)
    waits = (one.row for one in record.candidates([run]) if record.standing(one) == "waits")
    return wanted if wanted.rows & {*waits} else None


def letters_begun(journal: Journal, run: Run) -> Run | None:
    """The open sending of an upload's approved e-mails that may go on now; None for none.

    One that waits for its day isn't.
    """
    if wanted_letters(run) is None or run.finished_at is None:
        return None
    sends = (one for one in journal.sends_of(run.receipt) if one.is_open)
    return next((one for one in sends if not one.is_embargoed), None)


def upload_of(journal: Journal, run: Run) -> Run | None:
    """The upload whose e-mails a sending carries out, where it was approved with them; or None."""
    upload = journal.run(run.of) if run.kind == RunKind.SEND and run.of else None
    return upload if upload and wanted_letters(upload) else None


def unmailed_of(journal: Journal, run: Run, record: OnRecord | None = None) -> int:
    """How many people of an upload that ended wait for the welcome e-mail, as `OnRecord` has it.

    Args:
        journal: The journal.
        run: The upload; nobody waits for the e-mails of one that is open: it may still send some.
        record: What the journals know at its services, where that is at hand.
    """
    return 0 if run.is_open else (record or OnRecord(journal, run.address)).waiting([run])
