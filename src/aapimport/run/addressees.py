"""Who of an upload, or of a pass, was never sent a welcome e-mail and may be sent one now.

Only people whom uploads have created are welcomed. Each account is read by its id: the address is
the one that the service has at that moment. Whether somebody was mailed is told by the portal where
it tells (`welcomeEmail.sentAt`), and in any case by the mail ledger: either is enough to leave them
alone.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from aapimport.mail.message import Texts
from aapimport.person import address_key
from aapimport.plan.make import Services, new_receipt
from aapimport.run.candidates import NOT_KNOWN_THERE, Candidate
from aapimport.run.entries import Entry, doubt, elsewhere, half_of, held_by, not_told
from aapimport.run.journal import Journal
from aapimport.run.on_record import DUE, HALVES, OnRecord
from aapimport.run.places import place_of
from aapimport.run.recipients import (
    CHECKED,
    NO_KEY,
    WITH_ANOTHER,
    mail_address,
    not_welcome,
    other_address,
    other_on_jhana,
    unwritable,
)
from aapimport.run.records import UNSENT, Fact, State, Way
from aapimport.run.send_plan import Addressee, Means, SendChoice, SendPlan, Source, Standing
from aapimport.run.switched_off import being_undone_at, switched_off_at, who_is_off
from aapimport.run.unseen import Unseen
from aapimport.services.directory import Directory, Unknown
from aapimport.services.identity import has_names
from aapimport.services.ownership import HANDED_ON, NOBODY_CAN_TELL, is_still
from aapimport.services.portal import Welcome, welcomed
from aapimport.services.scim import Account, equals
from aapimport.services.values import EmailKind

_READERS = 8
_KINDS = {
    frozenset({"portal", "jhana"}): EmailKind.COMBINED,
    frozenset({"portal"}): EmailKind.PORTAL,
    frozenset({"jhana"}): EmailKind.JHANA,
}
_OTHER_WAYS = "--hand-over writes a workbook for you to send them, --smtp sends them from here"
_Look = Welcome | Unknown | None


def make_send_plan(
    journal: Journal,
    services: Services,
    source: Source,
    choice: SendChoice,
    means: Means,
) -> SendPlan:
    """Find out who was never mailed, and may be now; nothing is written.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A service can't be asked what it can do.
    """
    asking = _Asking(journal, services, source, choice, means)
    only = source.runs[0] if source.of else None
    return SendPlan(
        receipt=new_receipt(),
        target=services.target,
        address=services.address,
        of=source.upload,
        file=only.file if only else "",
        sheet=only.sheet if only else "",
        pass_id=source.pass_id,
        pass_name=source.pass_name,
        told_by="portal" if services.portal.capabilities.mails else "ledger",
        choice=choice,
        means=means,
        people=asking.people(),
    )


class _Asking:
    """Asks about everybody of a source."""

    def __init__(
        self,
        journal: Journal,
        services: Services,
        source: Source,
        choice: SendChoice,
        means: Means,
    ) -> None:
        self._journal = journal
        self._services = services
        self._source = source
        self._choice = choice
        self._way = means.way
        self._texts = Texts(means.server) if means.server else None
        self._to = {address_key(one) for one in choice.to}
        self._address = services.address
        self._record = OnRecord(journal, self._address, must=True, by_key=self._own_id)
        self._unseen = Unseen(self._record.created, self._own_id)
        self._undos = switched_off_at(journal, self._address)
        self._undone = being_undone_at(journal, self._address)
        self._keeps_keys = journal.has_shown(self._address, "portal", Fact.KEEPS_KEYS)
        self._shows_pass = services.portal.capabilities.keeps(
            "entitlements"
        ) and not journal.has_shown(self._address, "portal", Fact.DROPS_PASSES)

    def people(self) -> Sequence[Addressee]:
        """Everybody, by row."""
        found = candidates = [*self._record.candidates(self._source.runs)]
        if not self._source.of:  # rows of several files: numbers of their own
            candidates = [replace(one, row=row) for row, one in enumerate(found, 1)]
        with ThreadPoolExecutor(_READERS) as pool:
            people = pool.map(self._judged, candidates)
            return [*map(self._placed, people, found)]

    def _placed(self, one: Addressee, there: Candidate) -> Addressee:
        """Somebody of several uploads, with the place in the upload that they are of."""
        of = there.before.get("of") if self._source.of else (there.receipt, there.row)
        if not of:
            return one
        receipt, row = of
        sheet = self._journal.run(receipt).sheet
        return replace(one, of=(receipt, row), place=place_of(receipt, row, sheet))

    def _judged(self, one: Candidate) -> Addressee:
        """How somebody stands, by what the ledger and both services say."""
        if not one.steps["portal"].account_id:
            return _addressee(one, None, "unknown", why=NOT_KNOWN_THERE)
        looks: dict[str, _Look] = {}
        ours = [name for name in HALVES if self._is_ours(one, name, looks)]
        entries = {name: self._record.entry(one, name) for name in ours}
        for name, entry in entries.items():
            is_unsent = entry is None or entry.state in UNSENT
            if is_unsent and self._shows_no_key(one, name, looks.get(name)):
                return _addressee(one, looks[name], "refused", why=NO_KEY.format(one.receipt))
        if not ours:
            return _addressee(one, None, "was_there")
        sure = not (self._choice.again or self._to or self._not_told(one, entries))
        if sure and all(it is not None and it.state is State.DONE for it in entries.values()):
            if one.unknown:
                return _addressee(one, None, "refused", why=f"Jhana: {one.unknown}")
            return _addressee(one, None, "mailed", why=elsewhere(entries))
        waits = self._record.waits_in(one)
        if waits and not (self._choice.again or self._to):
            why = f"waits in sending {waits}, which is open: aapimport resume {waits}"
            return _addressee(one, None, "refused", why=why)
        for name in {"portal", *ours} - looks.keys():
            looks[name] = self._look(one, name)
        return self._standing(one, looks, entries)

    def _standing(
        self, one: Candidate, looks: Mapping[str, _Look], entries: Mapping[str, Entry | None]
    ) -> Addressee:
        """How somebody stands, of whom not everything is known to be sent."""
        portal = looks["portal"]
        sent = frozenset[str]().union(
            *(it.sent for it in looks.values() if isinstance(it, Welcome))
        )
        by_half = {name: half_of(entry, is_told=name in sent) for name, entry in entries.items()}
        untold = {name: it for name, it in entries.items() if name not in sent}
        why = self._not_told(one, untold)
        if why or ("in_doubt" in by_half.values() and not self._choice.again):
            return self._held(one, portal, "in_doubt", why or doubt(entries), entries)
        due = {name for name, it in by_half.items() if self._is_due(it)}
        if due and (why := self._refusal(one, portal)):
            refused: Standing = "unknown" if isinstance(portal, Unknown) else "refused"
            return _addressee(one, portal, refused, why=why)
        if "jhana" in due and isinstance(looks["jhana"], Unknown):
            why = self._not_welcome(one, "jhana", looks["jhana"])
            return _addressee(one, portal, "unknown", why=f"Jhana: {why}")
        why = self._not_welcome(one, "jhana", looks["jhana"]) if "jhana" in due else one.unknown
        lacks = f"Jhana: {why}" if why else ""
        if "jhana" in due and (why := why or self._anothers_on_jhana(one, looks)):
            due, lacks = due - {"jhana"}, f"Jhana: {why}"
            if not due:
                return _addressee(one, portal, "refused", why=lacks)
        if not due:
            left = set(by_half.values())
            standing: Standing = "mailed" if "mailed" in left else "not_chosen"
            standing = "handed_over" if "handed_over" in left else standing
            return self._held(one, portal, standing, elsewhere(entries), entries)
        kind = _KINDS[frozenset(due)]
        asked = self._services.jhana if kind is EmailKind.JHANA else self._services.portal
        found = _addressee(one, portal, "to_mail", kind)
        hinders = unwritable(self._texts, portal, kind, self._source.pass_name)
        hinders = hinders or other_address(kind, looks)
        if self._way is Way.PORTAL and not asked.capabilities.mails:
            hinders = f"{asked.name} takes no word about welcome e-mails; {_OTHER_WAYS}"
        if hinders:
            return replace(found, standing="refused", kind=None, why=hinders)
        wrong_kind = self._choice.kinds and kind not in self._choice.kinds
        if wrong_kind or (self._to and address_key(found.email) not in self._to):
            return replace(found, standing="not_chosen", kind=None)
        jhana = one.steps["jhana"] if "jhana" in due or lacks else None
        return replace(
            found,
            why=lacks,
            jhana=replace(jhana, but=f"no welcome to it: {why}") if jhana and lacks else jhana,
            on_pass=self._shows_pass and not one.group,
        )

    def _held(
        self,
        one: Candidate,
        look: _Look,
        standing: Standing,
        why: str,
        entries: Mapping[str, Entry | None],
    ) -> Addressee:
        """Somebody whose e-mail another run has, or had: not whoever has the account by now."""
        found = replace(_addressee(one, look, standing, why=why), held_by=held_by(entries))
        other = self._not_theirs(one, look.account) if isinstance(look, Welcome) else ""
        if not (other and found.held_by):
            return found
        known = one.wanted.email if one.wanted else ""
        return replace(
            found if other != HANDED_ON else _addressee(one, None, standing),
            why="; ".join(filter(None, (why, other))),
            person="" if known else one.before.get("person") or "",
            held_by=found.held_by,
        )

    def _is_ours(self, one: Candidate, service: str, looks: dict[str, _Look]) -> bool:
        """Whether an upload has created an account, or may have."""
        step = one.steps.get(service)
        if step is None or not step.account_id:
            return False
        if not self._unseen.asks(one, service):
            return (service, step.account_id) in self._record.created
        look = looks[service] = self._look(one, service)
        return self._unseen.may_be_ours(one, service, look)

    def _shows_no_key(self, one: Candidate, service: str, look: _Look) -> bool:
        """Whether nothing tells that an account is the one that an upload has never seen."""
        if not isinstance(look, Welcome) or not self._unseen.asks(one, service):
            return False
        is_known = self._unseen.has_key(service, look.account)
        return not (is_known or self._has_checked(look.account))

    def _has_checked(self, account: Account) -> bool:
        """Whether somebody has looked whose an account is, and said so."""
        return self._choice.checked and address_key(mail_address(account)) in self._to

    def _look(self, one: Candidate, service: str) -> _Look:
        return welcomed(self._directory(service), one.steps[service].account_id)

    def _directory(self, service: str) -> Directory:
        return self._services.portal if service == "portal" else self._services.jhana

    def _own_id(self, service: str, key: str) -> str:
        """The id of the account that carries a key of ours; empty for none, or an odd answer."""
        found = self._directory(service).search(equals("externalId", key)) if key else []
        mine = (
            [] if isinstance(found, Unknown) else [it.id for it in found if it.external_id == key]
        )
        return mine[0] if len(mine) == 1 else ""

    def _not_told(self, one: Candidate, entries: Mapping[str, Entry | None]) -> str:
        """Why it can't be told that the e-mails of the ledger are to this account; else empty."""
        entry = None if self._choice.again else self._record.not_told(one, entries)
        return not_told(entry, self._source.of or one.receipt) if entry else ""

    def _is_due(self, half: str) -> bool:
        if half in DUE:
            chosen = {"never-mailed": "never", "rejected": "rejected"}
            return self._choice.only is None or chosen[self._choice.only] == half
        return self._choice.again

    def _refusal(self, one: Candidate, look: _Look) -> str:
        """Why somebody may not be mailed whatever they are owed; empty when they may."""
        if why := self._not_welcome(one, "portal", look):
            return why
        for name, step in one.steps.items():
            if why := self._undone.get((name, step.account_id), ""):
                return why
        account = look.account if isinstance(look, Welcome) else None
        if account is None or (why := self._not_theirs(one, account)):
            return why if account else HANDED_ON
        if self._shows_pass and not one.group and self._source.pass_id not in account.passes:
            return f"not on the pass {self._source.pass_name} any more"
        return "" if mail_address(account) else "the account has no e-mail address"

    def _not_welcome(self, one: Candidate, service: str, look: _Look) -> str:
        """Why somebody isn't welcomed to a service as their account there is; empty if they are."""
        return not_welcome(look, who_is_off(self._undos, service, one.steps[service].account_id))

    def _anothers_on_jhana(self, one: Candidate, looks: Mapping[str, _Look]) -> str:
        """Why an account on Jhana isn't that of the person of the portal's; empty if it is."""
        former = welcomed(self._services.portal, one.former) if one.former else None
        if isinstance(former, Unknown):
            return not_welcome(former, "")
        if former is not None:  # whoever had both may have another address by now
            return WITH_ANOTHER
        return other_on_jhana(looks, one.steps["jhana"].key, by_address=one.by_address)

    def _not_theirs(self, one: Candidate, account: Account) -> str:
        """Why an account that an upload has created isn't the person's any more; empty if it is.

        Somebody who is renamed keeps the account; one under another key, or another address and
        another name, was handed on. Where the names are erased here, the digest of the address
        tells; where an earlier version didn't keep one, our key.
        """
        step = one.steps["portal"]
        is_made = (step.service, step.account_id) in self._record.created
        key = step.key if step.is_new or is_made else ""
        # version 1 learnt nothing of keys, and erased who it was
        shows_key = self._keeps_keys or (one.wanted is None and account.external_id)
        ours = key in {"", account.external_id} or (step.service, account.external_id) in (
            self._record.created
        )
        if shows_key and not (ours or self._has_checked(account)):
            return HANDED_ON
        if one.wanted is None:
            renamed = f"{NOBODY_CAN_TELL}; {CHECKED.format(one.receipt)}"
            return "" if self._has_checked(account) or one.is_still(account) else renamed
        wanted = replace(one.wanted, external_id=key)
        return "" if has_names(account, wanted) or is_still(account, wanted) else HANDED_ON


def _addressee(
    one: Candidate,
    look: _Look,
    standing: Standing,
    kind: EmailKind | None = None,
    why: str = "",
) -> Addressee:
    """Somebody, with the address and the names that the service has now, or had in the file."""
    account = look.account if isinstance(look, Welcome) else None
    known = one.wanted
    return Addressee(
        row=one.row,
        place=f"row {one.row}",
        email=mail_address(account) if account else known.email if known else "",
        first_name=account.first_name if account else known.first_name if known else "",
        last_name=account.last_name if account else known.last_name if known else "",
        standing=standing,
        kind=kind,
        why=why,
        portal=one.steps["portal"],
        group=one.group,
    )
