"""The e-mails about the accounts that a run has made, by whichever run they are."""

from collections.abc import Iterator

from aapimport.run.journal_file import JournalFile
from aapimport.run.records import State, Task, read_task

_MAIL = ", ".join(f"mail.{name}" for name in Task.__dataclass_fields__)
# an e-mail that wasn't asked for so far leaves out the half that is taken back (`mail_steps`)
_SPEAKS_OF_IT = (
    "(mail.service = ours.service"
    " OR ours.service = 'jhana' AND runs.kind = 'send' AND mail.target = 'combined'"
    "  AND mail.state NOT IN ('planned', 'skipped')"
    "  AND EXISTS (SELECT 1 FROM mails WHERE mails.receipt = mail.receipt"
    "   AND mails.row = mail.row AND mails.kind = 'jhana' AND mails.state <> 'skipped'))"
)


class MailsAbout(JournalFile):
    """Which e-mails speak of what a run has made."""

    def mails_about(self, receipt: str, *states: State) -> Iterator[tuple[int, str, Task]]:
        """The e-mails of a run, and those of sendings about accounts that it has made.

        An account counts on the service that the e-mail is about: the portal for a combined one.
        Once a combined one was asked for, the account on Jhana counts, too, unless the half about
        it was given up: who has made that account alone is told of the e-mail as well.

        Args:
            receipt: The run.
            states: How far they are.

        Yields:
            The person's row in the run, the run of the e-mail, and its step there; each once.
        """
        marks = ", ".join("?" * len(states))
        found = self._database.execute(
            f"SELECT DISTINCT ours.row, mail.receipt, {_MAIL} FROM steps AS ours"
            " JOIN steps AS theirs ON theirs.account_id = ours.account_id"
            "  AND theirs.service = ours.service AND theirs.kind = 'account'"
            " JOIN runs ON runs.receipt = theirs.receipt"
            "  AND (runs.receipt = ours.receipt OR runs.kind = 'send'"
            "   AND ours.action = 'create' AND NOT ours.adopted"
            "   AND address = (SELECT address FROM runs WHERE receipt = ?1))"
            " JOIN steps AS mail ON mail.receipt = theirs.receipt AND mail.row = theirs.row"
            f"  AND {_SPEAKS_OF_IT}"
            f"  AND mail.kind = 'email' AND mail.state IN ({marks})"
            " WHERE ours.receipt = ?1 AND ours.kind = 'account'"
            "  AND ours.account_id <> '' ORDER BY ours.row, runs.started_at",
            (receipt, *states),
        )
        for row, own, *step in found.fetchall():
            yield row, own, read_task(tuple(step))
