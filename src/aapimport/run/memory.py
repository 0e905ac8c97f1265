"""What the journal remembers beyond a run: facts of the services, members, the mail ledger."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from aapimport.config.addresses import place
from aapimport.errors import ServiceError, SettingsError
from aapimport.run.beside import claiming
from aapimport.run.digests import address_digest
from aapimport.run.mail_rows import Mail, MailClaim
from aapimport.run.records import UNSENT, Fact, State, Way, run_name
from aapimport.run.unsettled import Unsettled
from aapimport.services.ownership import IS_ANOTHERS

_Others = Mapping[MailClaim, Sequence[Mail]]


NEVER_SENT = f"state IN ({', '.join(sorted(repr(state.value) for state in UNSENT))})"
"""The condition, in SQL, that a claimed e-mail certainly went to nobody."""


class Memory(Unsettled):
    """What outlives runs; each is bound to where the services are."""

    def has_shown(self, address: str, service: str, fact: Fact) -> bool:
        """Whether a service has shown something of itself.

        Args:
            address: The pair of services.
            service: `portal` or `jhana`.
            fact: What.
        """
        query = "SELECT 1 FROM facts WHERE address = ? AND service = ? AND fact = ?"
        return (
            self._database.execute(query, (place(address, service), service, fact)).fetchone()
            is not None
        )

    def learn(self, address: str, service: str, fact: Fact) -> None:
        """Remember what a service has shown of itself."""
        with self._writing():
            self._database.execute(
                "INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?)",
                (place(address, service), service, fact, time.time()),
            )

    def adding(self, address: str, service: str, kind: str) -> tuple[bool | None, str]:
        """What a service's `add` does (`services.keeping`), and what is kept because of one.

        Args:
            address: The pair of services.
            service: `portal` or `jhana`.
            kind: `people` or `teams`.

        Returns:
            Whether it appends, None when nothing has shown it; and what is kept, as it was saved.
        """
        found = self._database.execute(
            "SELECT appends, kept FROM adding WHERE address = ? AND service = ? AND kind = ?",
            (place(address, service), service, kind),
        ).fetchone()
        appends, kept = found or (None, "")
        return (None if appends is None else bool(appends)), kept

    def remember_adding(self, what: tuple[str, str, str], appends: bool | None, kept: str) -> None:
        """Remember what `adding` tells, from any thread; it is durable when this returns.

        Args:
            what: The pair of services, the service, and the kind.
            appends: Whether `add` appends; None when nothing has shown it.
            kept: What was there before an `add` whose effect isn't seen; empty when nothing is.
        """
        address, service, kind = what
        with self._writing():
            self._database.execute(
                "INSERT OR REPLACE INTO adding VALUES (?, ?, ?, ?, ?)",
                (place(address, service), service, kind, appends, kept),
            )

    def groups(self, address: str) -> Mapping[str, frozenset[str]]:
        """Whom we put into Groups that never show their members: account ids, by the Group's id."""
        found = self._database.execute(
            "SELECT steps.target, account_id FROM steps JOIN runs USING (receipt) WHERE address = ?"
            # a join that is done has a reason where the portal's word had to do
            " AND steps.kind IN ('pass', 'team') AND state = 'done' AND reason <> ''",
            (address,),
        )
        groups: dict[str, set[str]] = {}
        for group_id, account_id in found:
            groups.setdefault(group_id, set()).add(account_id)
        return {group_id: frozenset(members) for group_id, members in groups.items()}

    def not_kept(self, address: str) -> Mapping[tuple[str, str], str]:
        """What services didn't keep of accounts that we wrote, by service and account id.

        Of several runs, the newest that had something to say about an account counts.
        """
        found = self._database.execute(
            "SELECT service, account_id, but FROM steps JOIN runs USING (receipt)"
            " WHERE address = ? AND steps.kind = 'account' AND but <> '' AND account_id <> ''"
            " ORDER BY started_at, row",
            (address,),
        )
        return {(service, account_id): but for service, account_id, but in found}

    def unmailed(self, address: str) -> Mapping[str, str]:
        """Whom ended uploads have created, or may have, and certainly not sent the welcome e-mail.

        Returns:
            The upload's confirmation number, by the account's id on the portal, or by our key
            where no answer told the id. Whom another profile has mailed isn't there; as long as its
            journal can't be read they are, and `send-emails` refuses.
        """
        found = self._database.execute(
            "SELECT iif(account.account_id = '', account.key, account.account_id), runs.receipt"
            " FROM steps AS account JOIN runs USING (receipt)"
            " LEFT JOIN steps AS mail ON mail.receipt = account.receipt AND mail.row = account.row"
            "  AND mail.kind = 'email'"
            " JOIN (SELECT key, max(started_at) AS newest FROM steps JOIN runs USING (receipt)"
            "  WHERE address = ? AND service = 'portal' AND steps.kind = 'account'"
            "  GROUP BY key) AS last"
            # a later one may have taken over
            " ON last.key = account.key AND newest = started_at"
            " WHERE address = ? AND (closed_at IS NOT NULL OR finished_at IS NOT NULL)"
            " AND account.service = 'portal' AND account.kind = 'account'"
            " AND account.action = 'create' AND NOT account.adopted AND account.attempts > 0"
            " AND (account.state IN ('done', 'written', 'intent', 'doubt')"
            "  OR account.state = 'needs a person'"
            f"  AND NOT ({IS_ANOTHERS.format('account.reason')}))"
            " AND coalesce(mail.state, '') NOT IN ('done', 'written', 'intent', 'doubt')"
            " AND NOT EXISTS (SELECT 1 FROM mails JOIN runs AS theirs USING (receipt)"
            "  WHERE mails.account_id = account.account_id AND mails.account_id <> ''"
            "  AND service_address = ? AND theirs.rowid >= runs.rowid"
            f"  AND NOT mails.{NEVER_SENT})"
            " ORDER BY started_at",
            (address, address, place(address, "portal")),
        )
        unmailed = {own: receipt for own, receipt in found if own}
        if unmailed and self._beside:
            with suppress(ServiceError, SettingsError):
                for mail in self._beside.mails([place(address, "portal")], unmailed):
                    if mail.state not in UNSENT:
                        unmailed.pop(mail.claim[1], None)
        return unmailed

    def told_once(self, receipt: str, what: str) -> bool:
        """Whether a run says something for the first time; it is durable when this returns."""
        with self._writing():
            told = self._database.execute(
                "INSERT OR IGNORE INTO told VALUES (?, ?)", (receipt, what)
            )
        return told.rowcount == 1

    def claim_mails(
        self,
        receipt: str,
        claims: Mapping[int, Sequence[MailClaim]],
        people: Mapping[int, str] | None = None,
        *,
        again: bool = False,
        way: Way = Way.PORTAL,
    ) -> Mapping[int, str]:
        """Take the only right to mail some people, for good; in one transaction.

        It holds over all profiles: nobody claims at another journal meanwhile.

        Args:
            receipt: The run.
            claims: By row, what each person's e-mail speaks of.
            people: By row, the address of each. A service may use an account's id again, for
                somebody else; where an address isn't known, it counts as the same person's.
            again: Whether somebody has said that whoever was mailed is mailed once more.
            way: How they are mailed.

        Returns:
            By row, for those whom another run has the right to mail: that run in words,
            `upload 7K3QX9`, or `upload 7K3QX9 of profile acme`.

        Raises:
            ServiceError: It can't be written, or another process uses a journal for too long.
            SettingsError: The journal of another profile can't be read; nobody is claimed.
        """
        about = {claim for theirs in claims.values() for claim in theirs}
        owners: dict[int, str] = {}
        with claiming(self._beside, about) as others, self._writing():
            if again:
                self._claim_again(receipt, claims, people or {}, others)
                self._take_up_again(receipt, claims)
            for row, theirs in () if again else claims.items():
                person = address_digest((people or {}).get(row, ""))
                owners[row] = self._claim(receipt, row, theirs, person, others)
            self._database.executemany(
                "UPDATE mails SET way = ? WHERE receipt = ? AND row = ?",
                ((way, receipt, row) for row in claims if not owners.get(row)),
            )
        return {row: owner for row, owner in owners.items() if owner}

    def _claim(
        self,
        receipt: str,
        row: int,
        claims: Sequence[MailClaim],
        person: str,
        others: _Others,
    ) -> str:
        """Take the only right to mail somebody, for good: all of the claims, or none.

        Args:
            receipt: The run.
            row: The person's row.
            claims: What the e-mail speaks of: two for a combined one.
            person: A digest of the address; empty when not known, which counts as the same.
            others: What the journals of other profiles know of these e-mails.

        Returns:
            Empty when this row of this run has the right, now or since before; otherwise the run
            that has it, in words. What was claimed and certainly never sent is free again.
        """
        for claim in claims:
            made = self._made(claim)
            owner = self._database.execute(
                "SELECT runs.kind, receipt FROM mails JOIN runs USING (receipt)"
                " WHERE service_address = ?1 AND account_id = ?2 AND mails.kind = ?3"
                " AND (runs.rowid >= ?6 OR '' IN (person, ?7) OR person = ?7 AND runs.kind='send')"
                f" AND NOT (receipt = ?4 AND row = ?5) AND NOT {NEVER_SENT}",
                (*claim, receipt, row, made, person),
            ).fetchone()
            if owner:
                return run_name(*owner)
            for mail in others.get(claim, ()):
                if mail.bars:
                    return mail.by
        self._database.executemany(
            # beside what was sent to an account that had this id before
            "INSERT INTO mails (service_address, account_id, kind, person, receipt, row, state, at,"
            " request_id, again) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, key,"
            " (SELECT coalesce(max(again) + 1, 0) FROM mails WHERE service_address = ?1"
            "  AND account_id = ?2 AND kind = ?3 AND person = ?4"
            f"  AND NOT (receipt = ?5 AND row = ?6) AND NOT {NEVER_SENT}) FROM"
            " (SELECT coalesce(max(key), '') AS key FROM steps"
            "  WHERE receipt = ?5 AND row = ?6 AND kind = 'email')"
            " WHERE true ON CONFLICT DO UPDATE SET receipt = excluded.receipt,"
            " row = excluded.row, state = excluded.state, request_id = excluded.request_id,"
            f" at = excluded.at WHERE {NEVER_SENT}",
            ((*claim, person, receipt, row, State.INTENT, time.time()) for claim in claims),
        )
        return ""

    def _made(self, claim: MailClaim) -> int:
        """The number of the newest upload that has made an account with this id; 0 for none.

        A service may use an id again. Only an e-mail of a run before that one is not the account's.
        Runs are numbered as they are written down: the computer's clock may have been wrong. A
        sending may go on beside a later upload, so its e-mail to the same person may be later, too.
        """
        where, account_id, half = claim
        found = self._database.execute(
            "SELECT address, runs.rowid FROM steps JOIN runs USING (receipt)"
            " WHERE account_id = ? AND service = ? AND steps.kind = 'account'"
            " AND action = 'create' AND state = 'done' AND NOT adopted",
            (account_id, half),
        )
        made = (number for address, number in found if place(address, half) == where)
        return max(made, default=0)

    def give_up_half(self, receipt: str, row: int, half: str) -> None:
        """Leave one half of a welcome to others: the e-mail that is sent doesn't speak of it."""
        with self._writing():
            self._database.execute(
                "UPDATE mails SET state = ?, at = ? WHERE receipt = ? AND row = ? AND kind = ?"
                " AND state <> 'done'",
                (State.SKIPPED, time.time(), receipt, row, half),
            )

    def _claim_again(
        self,
        receipt: str,
        claims: Mapping[int, Sequence[MailClaim]],
        people: Mapping[int, str],
        others: _Others,
    ) -> None:
        """Take the right to one more e-mail to each: a row of its own, beside those of before.

        Its number counts on over the journals of all profiles.
        """
        self._database.executemany(
            "INSERT INTO mails (service_address, account_id, kind, person, again, receipt, row,"
            " state, at, request_id) SELECT ?1, ?2, ?3, ?4,"
            " (SELECT max(coalesce(max(again), -1), ?9) + 1 FROM mails"
            "  WHERE service_address = ?1 AND account_id = ?2 AND kind = ?3),"
            " ?5, ?6, ?7, ?8,"
            " (SELECT key FROM steps WHERE receipt = ?5 AND row = ?6 AND kind = 'email')"
            " WHERE NOT EXISTS (SELECT 1 FROM mails WHERE service_address = ?1 AND account_id = ?2"
            "  AND kind = ?3 AND receipt = ?5 AND row = ?6)",
            (
                (
                    *(*claim, address_digest(people.get(row, "")), receipt, row, State.INTENT, now),
                    max((mail.again for mail in others.get(claim, ())), default=-1),
                )
                for now in (time.time(),)
                for row, theirs in claims.items()
                for claim in theirs
            ),
        )

    def _take_up_again(self, receipt: str, claims: Mapping[int, Sequence[MailClaim]]) -> None:
        """Claim what this run has claimed and given up: it is spoken of after all."""
        self._database.executemany(
            "UPDATE mails SET state = ? WHERE service_address = ? AND account_id = ? AND kind = ?"
            " AND receipt = ? AND row = ? AND state = 'skipped'",
            (
                (State.INTENT, *claim, receipt, row)
                for row, theirs in claims.items()
                for claim in theirs
            ),
        )

    def settle_mails(self, receipt: str, row: int, state: State) -> None:
        """Record what became of an e-mail that was claimed."""
        with self._writing():
            self._settle_mails(receipt, [(state, row)])

    def _settle_mails(self, receipt: str, states: Iterable[tuple[State, int]]) -> None:
        now = time.time()
        self._database.executemany(
            # a half that was given up stays so, whatever becomes of the other
            "UPDATE mails SET state = ?, at = ? WHERE receipt = ? AND row = ?"
            " AND state <> 'skipped'",
            ((state, now, receipt, row) for state, row in states),
        )
