"""The runs that send welcome e-mails later, and what they need to know of earlier ones."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aapimport import __version__
from aapimport.config.addresses import place
from aapimport.errors import RefusedError
from aapimport.plan.plan import Action
from aapimport.run.beside import claiming
from aapimport.run.created import Created, created_in
from aapimport.run.digests import address_digest
from aapimport.run.entries import Entry
from aapimport.run.mail_rows import Mail, MailClaim, read_mails
from aapimport.run.memory import Memory
from aapimport.run.planned import this_user
from aapimport.run.records import UNSENT, Run, RunKind, State, StepKind, Way
from aapimport.run.remembered import NO_WORKBOOK, RESULTS_DUE
from aapimport.run.runs import RUN_FIELDS, Runs
from aapimport.run.send_plan import Addressee, SendPlan
from aapimport.services.values import EmailKind, Wanted

NOT_SENT_BY_HAND = "not sent, as somebody knows"


_OVER = "letters over"
"""What is told of an upload of whose e-mails nothing is owed any more."""


class Sends(Runs, Memory):
    """The runs that send welcome e-mails later."""

    def created(self, address: str) -> Created:
        """The accounts that uploads have created, or may have, as `created_in` has it."""
        return created_in(self._database, address)

    def created_beside(self, address: str) -> Created:
        """Those that uploads of other profiles have; errors as for `ledger`."""
        return self._beside.created(address) if self._beside else {}

    def ledger(self, address: str, *, beside: bool = True) -> Mapping[MailClaim, Sequence[Entry]]:
        """What the mail ledger says at a pair of services.

        Of several about one the last counts, unless it is of an account that had the id before;
        what went to nobody comes first.

        Args:
            address: The pair of services.
            beside: Whether those of the other profiles are read, too.

        Raises:
            ServiceError: Another process uses the journal of another profile for too long.
            SettingsError: The journal of another profile can't be read.
        """
        places = {place(address, service) for service in ("portal", "jhana")}
        found = [(mail, False) for mail in read_mails(self._database, places)]
        others = self._beside.mails(places) if self._beside and beside else ()
        found += [(it, True) for it in others]
        found.sort(key=lambda one: (one[0].state not in UNSENT, one[0].again, one[0].sent))
        ledger: dict[MailClaim, list[Entry]] = {}
        for mail, other in found:
            entry = Entry(
                state=mail.state,
                by=mail.by,
                mail=mail.mail,
                way=mail.way,
                at=mail.at,
                sent=mail.sent,
                order=mail.order,
                person=mail.person,
                is_send=mail.is_send,
                elsewhere=other,
            )
            ledger.setdefault(mail.claim, []).append(entry)
        return ledger

    def uploads_to(self, address: str, pass_id: str | None = None) -> list[Run]:
        """The uploads to a pass, or to any, that are finished or closed, the newest first."""
        return self._runs(
            "address = ?1 AND (?2 IS NULL OR pass_id = ?2) AND kind = ?3"
            " AND (finished_at IS NOT NULL OR closed_at IS NOT NULL)",
            (address, pass_id, RunKind.UPLOAD),
        )

    def sends_of(self, of: str) -> list[Run]:
        """Every sending of an upload's e-mails that was ever begun, the newest first."""
        return self._runs("of = ? AND kind = ?", (of, RunKind.SEND))

    def uploads_about(self, run: Run) -> list[Run]:
        """The uploads whose people a run is about, the oldest first.

        Of an upload that is itself; of a sending the one whose it is, and every other that has
        created, changed or found an account of which it speaks: its receipt tells how their e-mails
        stand, too. Of whatever sets values none.
        """
        if run.kind != RunKind.SEND:
            return [self.run(run.receipt)] if run.kind == RunKind.UPLOAD else []
        found = self._runs(
            "kind = ?2 AND address = ?3 AND (receipt = ?4 OR receipt IN (SELECT held.receipt"
            " FROM steps JOIN steps AS held USING (service, account_id)"
            " WHERE steps.receipt = ?1 AND steps.kind = 'account' AND account_id <> ''"
            " AND held.kind = 'account' AND (held.state = 'done' OR held.attempts > 0)))",
            (run.receipt, RunKind.UPLOAD, run.address, run.of),
        )
        return found[::-1]

    def end_letters(self, receipt: str) -> None:
        """Remember that nothing is owed any more of the e-mails that were approved with an upload.

        Each was settled otherwise, can't be sent, or was withdrawn: who waits all the same is named
        by the receipt.
        """
        with self._writing():
            self._database.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (receipt, _OVER))

    def letters_ended(self, receipt: str) -> bool:
        """Whether nothing is owed of them any more."""
        query = "SELECT 1 FROM told WHERE receipt = ? AND what = ?"
        return self._database.execute(query, (receipt, _OVER)).fetchone() is not None

    def waiting_in_sends(self, address: str) -> dict[str, str]:
        """The accounts on the portal whose e-mail waits in an open sending, each with its number.

        It waits for a day, for a word after a canary, or for whoever resumes it: nobody else mails
        these people meanwhile.
        """
        found = self._database.execute(
            "SELECT account.account_id, runs.receipt FROM runs"
            " JOIN steps AS mail ON mail.receipt = runs.receipt AND mail.kind = 'email'"
            "  AND mail.state = 'planned'"
            " JOIN steps AS account ON account.receipt = mail.receipt AND account.row = mail.row"
            "  AND account.kind = 'account' AND account.service = 'portal'"
            " WHERE runs.kind = 'send' AND runs.address = ? AND runs.finished_at IS NULL"
            "  AND runs.closed_at IS NULL",
            (address,),
        )
        return dict(found.fetchall())

    def open_sends(self, address: str, of: str, pass_id: str) -> list[Run]:
        """The sending that is open, of an upload or of a pass as a whole."""
        return [
            run
            for run in self.open_runs(address, RunKind.SEND)
            if (run.of, run.pass_id) == (of, pass_id)
        ]

    def begin_send(self, plan: SendPlan) -> Run:
        """Write down what was approved: the run exists whole, or not at all.

        Whoever should have been mailed and can't be is in it, so that its receipt names them.
        Whoever is handed over counts as mailed from here on.

        Raises:
            RefusedError: Another run has the right to mail somebody who is to be handed over.
            ServiceError: It can't be written; nothing is sent then.
            SettingsError: Likewise, as the journal of another profile can't be read.
        """
        if plan.means.way is not Way.HAND_OVER:
            return self._begin_send(plan, {})
        about = {claim for one in plan.to_mail for claim in _claims(one, plan.address)}
        with claiming(self._beside, about) as others:
            return self._begin_send(plan, others)

    def _begin_send(self, plan: SendPlan, others: Mapping[MailClaim, Sequence[Mail]]) -> Run:
        run = _run_of(plan)
        people = [*plan.to_mail, *plan.told]
        with self._writing():
            self._database.execute(
                f"INSERT INTO runs ({', '.join(RUN_FIELDS)})"
                f" VALUES ({', '.join('?' * len(RUN_FIELDS))})",
                tuple(getattr(run, name) for name in RUN_FIELDS),
            )
            self._database.executemany(
                "INSERT INTO people (receipt, row, seat, wanted, before) VALUES (?, ?, 0, ?, ?)",
                (
                    (run.receipt, one.row, _wanted_json(one, plan), json.dumps({"of": one.of}))
                    for one in people
                ),
            )
            self._database.executemany(
                "INSERT INTO steps (receipt, row, service, kind, action, target, state, key,"
                " account_id, reason, but) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (run.receipt, one.row, *step)
                    for one in people
                    for step in _steps(one, plan.means.way)
                ),
            )
            self._database.execute("INSERT INTO told VALUES (?, ?)", (run.receipt, RESULTS_DUE))
            if plan.means.way is Way.HAND_OVER:
                self._hand_over(plan, others)
            self._forget(run.receipt, (one.row for one in people))
        return run

    def _hand_over(self, plan: SendPlan, others: Mapping[MailClaim, Sequence[Mail]]) -> None:
        """Take the right to mail everybody of a plan, and pass it on to whoever mails by hand."""
        claims = {one.row: _claims(one, plan.address) for one in plan.to_mail}
        addresses = {one.row: one.email for one in plan.to_mail}
        if plan.choice.again:
            self._claim_again(plan.receipt, claims, addresses, others)
        for row, theirs in () if plan.choice.again else claims.items():
            person = address_digest(addresses[row])
            if other := self._claim(plan.receipt, row, theirs, person, others):
                raise RefusedError(f"{addresses[row]} is mailed by {other} already")
        self._database.execute(
            "UPDATE mails SET state = ?, way = ? WHERE receipt = ?",
            (State.HANDED_OVER, Way.HAND_OVER, plan.receipt),
        )
        self._database.execute("INSERT INTO told VALUES (?, ?)", (plan.receipt, NO_WORKBOOK))

    def handed_over(self, address: str) -> Mapping[str, set[int]]:
        """The rows of people who are handed over and not settled, by the run that did it."""
        found = self._database.execute(
            "SELECT receipt, row FROM steps JOIN runs USING (receipt)"
            " WHERE address = ? AND runs.kind = 'send' AND steps.kind = 'email'"
            " AND state = 'handed over' ORDER BY started_at",
            (address,),
        )
        rows: dict[str, set[int]] = {}
        for receipt, row in found:
            rows.setdefault(receipt, set()).add(row)
        return rows

    def settle_by_hand(self, mails: Iterable[tuple[str, int]], *, sent: bool) -> None:
        """Record what somebody knows of e-mails that were handed over or are in doubt.

        Args:
            mails: Their runs and rows.
            sent: Whether they were sent; else others may send them. Durable on return.
        """
        state, reason = (State.DONE, "") if sent else (State.SKIPPED, NOT_SENT_BY_HAND)
        ids = list(mails)
        with self._writing():
            self._database.executemany(
                "UPDATE steps SET state = ?, reason = ? WHERE receipt = ? AND row = ?"
                " AND kind = 'email' AND state <> 'done'",
                ((state, reason, *one) for one in ids),
            )
            self._database.executemany(
                # a half that was given up was never sent
                "UPDATE mails SET state = ?, at = ? WHERE receipt = ? AND row = ?"
                " AND state NOT IN ('done', 'skipped')",
                ((state, time.time(), *one) for one in ids),
            )
            self._database.executemany(
                "INSERT OR IGNORE INTO told VALUES (?, ?)", {(it, RESULTS_DUE) for it, _ in ids}
            )


def _claims(one: Addressee, address: str) -> Sequence[MailClaim]:
    """What an e-mail speaks of, as the ledger has it."""
    accounts = {"portal": one.portal, "jhana": one.jhana}
    if one.kind is EmailKind.JHANA:
        del accounts["portal"]
    if one.kind is EmailKind.PORTAL:
        del accounts["jhana"]
    return [
        (place(address, service), task.account_id, service)
        for service, task in accounts.items()
        if task
    ]


def _run_of(plan: SendPlan) -> Run:
    choice = plan.choice
    options = {
        "only": choice.only,
        "kinds": sorted(choice.kinds),
        "to": len(choice.to),  # addresses would stay for good
        "again": choice.again,
        "way": plan.means.way,
        "server": plan.means.server.server if plan.means.server else "",
    }
    return Run(
        receipt=plan.receipt,
        address=plan.address,
        target=plan.target,
        file=plan.file,
        file_digest="",
        sheet=plan.sheet,
        pass_id=plan.pass_id,
        pass_name=plan.pass_name,
        emails=True,
        seats_free=None,
        started_at=time.time(),
        finished_at=None,
        started_by=this_user(),
        version=__version__,
        options=json.dumps(options),
        kind=RunKind.SEND,
        of=plan.of,
        not_before=plan.means.not_before,
    )


def _wanted_json(one: Addressee, plan: SendPlan) -> str:
    """Who the accounts are of, so that the last look before an e-mail can tell."""
    wanted = Wanted(
        email=one.email,
        first_name=one.first_name,
        last_name=one.last_name,
        names=False,
        activate=False,
        pass_name=plan.pass_name,
    )
    values: dict[str, Any] = {"portal": asdict(wanted)}
    values["portal"] |= {
        "pass_id": plan.pass_id if one.on_pass else None,
        "external_id": one.portal.key,  # by which whoever is renamed is known again
    }
    if one.jhana:
        values["jhana"] = asdict(wanted) | {"external_id": one.jhana.key}
    return json.dumps(values, ensure_ascii=False)


def _steps(one: Addressee, way: Way) -> Iterator[tuple[str, ...]]:
    """Steps as `planned.steps_of` has them, and what isn't as it should be about an account."""
    accounts: Iterable[Any] = filter(None, (one.portal, one.jhana))
    for task in accounts:
        # our key stays the upload's that has made the account: what it owes is known by that
        yield (
            *(task.service, StepKind.ACCOUNT, Action.SAME, "", State.DONE, ""),
            *(task.account_id, "", task.but),
        )
    if one.group:
        yield ("portal", StepKind.PASS, Action.CHANGE, one.group, State.DONE, "", "", "", "")
    kind = one.kind or EmailKind.PORTAL
    service = "jhana" if kind is EmailKind.JHANA else "portal"
    state, why = State.HANDED_OVER if way is Way.HAND_OVER else State.PLANNED, ""
    if one.standing != "to_mail":
        state, why = State.NEEDS_PERSON, f"not mailed: {one.why}"
    yield (service, StepKind.EMAIL, Action.CREATE, kind, state, uuid.uuid4().hex, "", why, "")
