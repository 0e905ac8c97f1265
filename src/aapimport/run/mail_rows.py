"""The rows of the mail ledger of one journal: who has, or had, the right to which e-mail."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from aapimport.run.records import UNSENT, RunKind, State, Way, run_name

MailClaim = tuple[str, str, str]
"""A service's address, an account's id there, and which half of a welcome: `portal`, `jhana`."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A row of a mail ledger.

    Attributes:
        claim: What it is about.
        person: A digest of the person's address; empty when not known.
        again: 0 for a first welcome, then counted.
        state: How far it is.
        at: When that was written, in seconds since 1970.
        sent: When it was sent, or at the latest when the right to it was taken: whoever says
            later what became of it makes it no newer. Likewise.
        by: The run that has, or had, the right to it: `upload 7K3QX9 of profile acme`.
        mail: That run's confirmation number, and the person's row there.
        way: How it was sent, or was to be.
        order: The number of that run in its journal.
        is_send: Whether it only sends e-mails: it may have gone on beside uploads after it.
    """

    claim: MailClaim
    person: str
    again: int
    state: State
    at: float
    sent: float
    by: str
    mail: tuple[str, int]
    way: Way
    order: int
    is_send: bool

    @property
    def bars(self) -> bool:
        """Whether nobody else may mail the account's person from another journal.

        A service may have used the id again since, for an account that was made later. But what
        came first in two journals only clocks could tell, and they may be wrong.
        """
        return self.state not in UNSENT


def read_mails(
    database: sqlite3.Connection,
    places: Iterable[str],
    accounts: Iterable[str] | None = None,
    whose: str = "",
) -> list[Mail]:
    """The mail ledger of a journal of this version.

    Args:
        database: The journal.
        places: Of these services only.
        accounts: Of accounts with these ids only; None for all of them.
        whose: What is said after the run that a row belongs to.
    """
    only = "" if accounts is None else " AND account_id IN (SELECT value FROM json_each(?2))"
    values = () if accounts is None else (json.dumps([*accounts]),)
    return [
        Mail(
            claim=(where, own, half),
            person=person,
            again=again,
            state=State(state),
            at=at,
            sent=min(at, sent),
            by=f"{run_name(kind, run)}{whose}",
            mail=(run, row),
            way=Way(way),
            order=order,
            is_send=kind == RunKind.SEND,
        )
        for place in places
        for where, own, half, person, again, state, at, run, row, way, kind, order, sent in (
            database.execute(
                "SELECT service_address, account_id, mails.kind, person, again, state, at, receipt,"
                " row, way, runs.kind, runs.rowid, coalesce((SELECT min(sent_at) FROM steps"
                "  WHERE receipt = mails.receipt AND row = mails.row AND kind = 'email'),"
                "  started_at) FROM mails JOIN runs USING (receipt)"
                f" WHERE service_address = ?1{only}",
                (place, *values),
            )
        )
    ]
