"""Who waits for a welcome e-mail, as the journals know: one definition for all that tell of it.

`send-emails` plans by it, and asks the services besides; receipts and `history` ask nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Literal

from aapimport.config.addresses import place
from aapimport.errors import ServiceError, SettingsError
from aapimport.run.also_on_jhana import OnJhana
from aapimport.run.candidates import Candidate, may_be_there
from aapimport.run.created import Created
from aapimport.run.entries import Entry, half_of
from aapimport.run.journal import Journal
from aapimport.run.records import UNSENT, Run, RunKind, State, StepKind, Task
from aapimport.run.switched_off import switched_off_at

HALVES = ("portal", "jhana")
"""What a welcome speaks of: the kind of a row of the mail ledger, and the service."""
DUE = frozenset({"never", "rejected"})
"""How a half of a welcome is (`entries.half_of`) that somebody still waits for."""
OnLedger = Literal["waits", "mailed", "handed_over", "in_doubt", "was_there", "off"]
"""How somebody stands by the ledger; who `was_there` before every upload isn't welcomed, nor who is
`off` by an undo, and of whose e-mail nothing is to be settled."""


class OnRecord:
    """What the journals know of welcome e-mails at a pair of services.

    Args:
        journal: The journal.
        address: The pair of services.
        must: Whether the journals of other profiles have to be readable; else those that aren't
            count for nothing, as where nobody is mailed by what is told.
        by_key: The id of the account on a service that carries a key of ours; empty for none, and
            where no service is asked.

    Raises:
        ServiceError: `must`, and another process uses the journal of another profile for too long.
        SettingsError: `must`, and the journal of another profile can't be read.
    """

    def __init__(
        self,
        journal: Journal,
        address: str,
        *,
        must: bool = False,
        by_key: Callable[[str, str], str] = lambda _service, _key: "",
    ) -> None:
        self._journal = journal
        self._address, self._by_key = address, by_key
        self.created = journal.created(address)
        self._newest = {
            (service, made.person): made.order
            for (service, _), made in self.created.items()
            if made.person
        }
        self._beside: Created = {}
        try:
            self._ledger = journal.ledger(address)
            self._beside = journal.created_beside(address)
        except (ServiceError, SettingsError):
            if must:
                raise
            self._ledger = journal.ledger(address, beside=False)
        self._waiting = journal.waiting_in_sends(address)
        self._off = switched_off_at(journal, address)
        self._also = journal.also_on_jhana(address)

    def candidates(self, runs: Iterable[Run]) -> Iterator[Candidate]:
        """Everybody with an account, each once: of several uploads the newest counts.

        Whom that one doesn't speak of on Jhana has the account there that another upload has made
        (`_on_jhana`): one e-mail welcomes to both.

        Args:
            runs: The uploads, the newest first.
        """
        met: set[str] = set()
        for run in runs:
            for row, tasks in groupby(self._journal.tasks(run.receipt), key=lambda task: task.row):
                steps = [*tasks]
                there = (self._as_it_is(run, it) for it in steps if may_be_there(it))
                accounts = {it.service: it for it in there if it}
                portal = accounts.get("portal")
                if portal is None or {portal.account_id, portal.key} & met:
                    continue
                met |= {portal.account_id, portal.key} - {""}
                (wanted,) = self._journal.remembered(run.receipt, [portal])
                _, before = self._journal.person(run.receipt, row)
                former, by_address = "", False
                if "jhana" not in accounts and (also := self._on_jhana(run, portal, before)):
                    accounts["jhana"] = also.step
                    former = also.portal if also.portal != portal.account_id else ""
                    by_address = also.by_address
                self._learn_of(accounts)
                accounts = {service: self._keyed(it) for service, it in accounts.items()}
                group = next((it.target for it in steps if it.kind is StepKind.PASS), "")
                yield Candidate(
                    row=row,
                    steps=accounts,
                    group=group,
                    wanted=wanted,
                    receipt=run.receipt,
                    before=before,
                    former=former,
                    by_address=by_address,
                )

    def _learn_of(self, accounts: Mapping[str, Task]) -> None:
        """Count somebody's account on Jhana that another profile has made, to ours on the portal.

        So one e-mail welcomes to both; by which numbers it was made says nothing here.
        """
        ours = {service: (service, it.account_id) for service, it in accounts.items()}
        made = self._beside.get(ours.get("jhana", ("", "")))
        if made and ours.get("portal") in self.created:
            self.created.setdefault(ours["jhana"], replace(made, order=-1))

    def _as_it_is(self, run: Run, step: Task) -> Task | None:
        """A step about an account that may be there; None where it is another's matter by now.

        One that the upload has given up, or has no answer about, is the account that carries its
        key, whatever that is called. Where there is none, a later upload counts that has made
        another one, or, without an answer, has found the person.
        """
        if step.account_id and step.state is not State.NEEDS_PERSON:
            return step
        if own_id := self._by_key(step.service, step.key):
            return replace(step, account_id=own_id)
        return None if self._is_anothers(run, step) else step

    def _is_anothers(self, run: Run, step: Task) -> bool:
        _, before = self._journal.person(run.receipt, step.row)
        person, order = before.get("person") or "", self._journal.order(run.receipt)
        if self._newest.get((step.service, person), 0) > order:
            return True
        return not step.account_id and self._journal.is_found_since(step.service, person, order)

    def _on_jhana(self, run: Run, portal: Task, before: Mapping[str, Any]) -> OnJhana | None:
        """The account on Jhana of somebody of whom an upload says nothing there; None for none.

        One that an earlier upload has made counts in any case: nothing else welcomes to it where
        that upload's own row isn't asked. One that a later upload has made counts as long as
        neither half was sent; after that it is the later one's. Who was taken back isn't welcomed.

        Args:
            run: The upload.
            portal: Its step about the person's account on the portal.
            before: What it keeps of the person for good.
        """
        here = ("portal", portal.account_id)
        also = self._also.get(portal.account_id)
        if also is None or (here in self.created and also.order < self.created[here].order):
            also = self._by_digests(run, before)  # by its id it was another account's
        claim = ("jhana", also.step.account_id if also else "")
        made = self.created.get(claim)
        if run.kind != RunKind.UPLOAD or also is None or made is None or claim in self._off:
            return None
        if made.order > self._journal.order(run.receipt) and (
            here not in self.created or any(self._is_sent(*it, before) for it in (here, claim))
        ):
            return None
        return replace(also, step=replace(also.step, row=portal.row))

    def _by_digests(self, run: Run, before: Mapping[str, Any]) -> OnJhana | None:
        """What another upload has of somebody on Jhana whose account on the portal it hasn't.

        By address and names; or by the address alone, where the names were corrected, of an
        earlier upload. So it is of one that had another account on the portal for them.
        """
        order = self._journal.order(run.receipt)
        named = self._also.get(before.get("named") or "")
        if named and (not named.portal or named.order < order):
            return named
        person = self._also.get(before.get("person") or "")
        return replace(person, by_address=True) if person and person.order < order else None

    def _is_sent(self, service: str, own: str, before: Mapping[str, Any]) -> bool:
        """Whether a half of a welcome was sent to an account, or may have been."""
        entry = self._entry(service, own, before)
        return entry is not None and entry.state not in UNSENT

    def _keyed(self, step: Task) -> Task:
        """A step with the key of ours that its account carries: of the upload that has made it.

        Where a step has found the account made by another, the key that it had ready was never
        used.
        """
        made = self.created.get((step.service, step.account_id))
        key = made.key if made else "" if step.adopted else step.key
        return replace(step, key=key)

    def has_created(self, one: Candidate, service: str) -> bool:
        """Whether an upload has created somebody's account on a service, as the journal knows."""
        step = one.steps.get(service)
        return step is not None and (service, step.account_id) in self.created

    def waits_in(self, one: Candidate) -> str:
        """The sending that is open, and in which somebody's e-mail waits; empty for none."""
        return self._waiting.get(one.steps["portal"].account_id, "")

    def entry(self, one: Candidate, service: str) -> Entry | None:
        """What the ledger says of one half of somebody's welcome; None for nothing."""
        return self._entry(service, one.steps[service].account_id, one.before)

    def _entry(self, service: str, own: str, before: Mapping[str, Any]) -> Entry | None:
        entries = self._ledger.get((place(self._address, service), own, service), ())
        made, person = self.created.get((service, own)), before.get("person") or ""
        # the others are of an account that had this id before
        theirs = [entry for entry in entries if not (made and made.is_newer(entry, person))]
        return theirs[-1] if theirs else None

    def not_told(self, one: Candidate, entries: Mapping[str, Entry | None]) -> Entry | None:
        """An e-mail of which nobody can tell whether it was to this account; None for none."""
        for name, entry in entries.items():
            made = self.created.get((name, one.steps[name].account_id))
            if entry and made and entry.state not in UNSENT and made.may_be_newer(entry):
                return entry
        return None

    def standing(self, one: Candidate) -> OnLedger:
        """How somebody stands, where no service is asked."""
        ours = [name for name in HALVES if self.has_created(one, name)]
        if not ours:
            return "was_there"
        entries = {name: self.entry(one, name) for name in ours}
        halves = {half_of(entry, is_told=False) for entry in entries.values()}
        if self.not_told(one, entries):
            return "in_doubt"
        if halves == {"mailed"}:
            return "mailed"
        is_off = ("portal", one.steps["portal"].account_id) in self._off
        if not is_off and self.waits_in(one):
            return "waits"
        if "in_doubt" in halves:  # also of who is off: it is to be settled
            return "in_doubt"
        if is_off:
            return "handed_over" if "handed_over" in halves else "off"
        if halves & DUE:
            return "waits"
        return "handed_over" if "handed_over" in halves else "mailed"

    def waiting(self, runs: Sequence[Run]) -> int:
        """How many people of ended uploads wait: whom `send-emails` mails, or names with a why.

        Who waits in an open sending of another upload is that one's: none of these mails them.
        """
        of_runs = {one.receipt for run in runs for one in self._journal.sends_of(run.receipt)}
        return sum(
            self.standing(one) == "waits" and self.waits_in(one) in {"", *of_runs}
            for one in self.candidates(runs)
        )

    def in_doubt(self, runs: Sequence[Run]) -> int:
        """How many people of uploads may have been mailed, and nobody knows."""
        return sum(self.standing(one) == "in_doubt" for one in self.candidates(runs))
