"""Whose welcome e-mail isn't settled: in doubt, handed over, or held by a run that is open."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from aapimport.errors import ServiceError, SettingsError
from aapimport.plan.by_name import OpenMail
from aapimport.run.journal_file import JournalFile
from aapimport.run.mail_rows import Mail, read_mails
from aapimport.run.records import UNSENT, State


class Unsettled(JournalFile):
    """What is to be settled at a pair of services, for whoever plans an upload."""

    def unsettled(self, places: Iterable[str]) -> Mapping[tuple[str, str], OpenMail]:
        """The e-mails of which nobody knows whether they were sent, or that others are to send.

        Those to an account that had the id before aren't among them. As long as the journal of
        another profile can't be read, it counts for nothing here, and `send-emails` refuses.

        Args:
            places: Where both services are.

        Returns:
            By the service that they are about, and the account's id there; the last one counts.
        """
        where = {*places}
        others: list[Mail] = []
        if self._beside:
            with suppress(ServiceError, SettingsError):
                others = self._beside.mails(where)
        found = [(mail, False) for mail in read_mails(self._database, where)]
        found += [(mail, True) for mail in others]
        found.sort(key=lambda one: (one[0].state not in UNSENT, one[0].again, one[0].sent))
        last = {(mail.claim[2], mail.claim[1]): (mail, other) for mail, other in found}
        made, open_runs = self._made_last(), self._still_open()
        return {
            key: OpenMail(
                by=mail.by,
                receipt=mail.mail[0],
                is_handed_over=mail.state is State.HANDED_OVER,
                is_open=not other and mail.mail[0] in open_runs,
                is_elsewhere=other,
            )
            for key, (mail, other) in last.items()
            if mail.state not in {*UNSENT, State.DONE} and (other or mail.order >= made.get(key, 0))
        }

    def _made_last(self) -> Mapping[tuple[str, str], int]:
        """The number of the run that has made each account last."""
        found = self._database.execute(
            "SELECT service, account_id, max(runs.rowid) FROM steps JOIN runs USING (receipt)"
            " WHERE steps.kind = 'account' AND action = 'create' AND NOT adopted"
            " AND account_id <> '' GROUP BY service, account_id"
        )
        return {(service, own): order for service, own, order in found}

    def _still_open(self) -> set[str]:
        found = self._database.execute(
            "SELECT receipt FROM runs WHERE finished_at IS NULL AND closed_at IS NULL"
        )
        return {receipt for (receipt,) in found}
