"""How a run left its people's accounts, as far as the journal tells.

Names and addresses may have been erased since; who an account's owner is, is told by our key and by
a digest of the address then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from aapimport.run.candidates import may_show_later
from aapimport.run.digests import address_digest, names_digest
from aapimport.run.joined import NOT_KNOWN, Joined, groups_found, may_be_done
from aapimport.run.journal import Journal
from aapimport.run.later import Later, later_than
from aapimport.run.left_mails import LeftMail, left_mails
from aapimport.run.own_words import WITHHELD
from aapimport.run.records import JOINS, Run, State, StepKind, Task
from aapimport.services.differences import lacking
from aapimport.services.identity import full_name
from aapimport.services.ownership import is_still
from aapimport.services.scim import Account
from aapimport.services.values import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One account of one person, as a run left it.

    Attributes:
        row: The person's row.
        service: `portal` or `jhana`.
        account_id: The account.
        key: Our own key, which it carries if the run made it; else empty.
        person: A digest of the address; empty where an earlier version didn't keep it.
        wanted: The address and the names; None where they are erased.
        touched: Whether the run wrote to the account.
        role: The role that it had then; None where the journal doesn't tell.
        pass_id: The pass that the run put it on; empty where it was there, none was asked for, or
            the journal doesn't tell.
        run_pass: The pass that the run was about.
        active: Whether it was active then.
        named: A digest of the names that the run set; empty where it left names alone.
        before: What it was before: `active`, `roles`, perhaps `names`; None when it wasn't there.
        lacks: What the service didn't keep.
        late: What of it the service has accepted all the same: it may show by now.
        adopted: Whether it was there when the run wanted to make it: what it was isn't known.
        unsure: Whether the run hasn't seen it: the service has only answered that it was made, so
            that nothing but our key tells that it is theirs.
        renamed: Whether the run changed the names of an account that was there.
        taken_back: Whether an undo of the run has taken back what it did to the account.
        back_in_doubt: Whether one may have, and nobody knows.
        back: The parts of it that undos have taken back (`back_parts`), also in part.
        role_gone: Whether a write of an undo took the role away, and the former one didn't come.
        stays: What of it that undo had to leave, in the journal's words; empty for nothing.
        later: The newest run since that has the account, too, with its day, `upload 7K3QX9 of
            28 Nov 2026`; empty for none.
        written_by: The newest that has written to it, without its day; likewise.
        row_named: A digest of the names in the row, whoever set those of the account; empty where
            an earlier version didn't keep it.
        beside: Digests of the roles that the service gave the account by itself when the run made
            it, as far as they were noted.
        late_role: The role that the run gave the account that it made, and hasn't seen.
        was_named: A digest of the names that it showed before the run; likewise, and empty where it
            wasn't there.
    """

    row: int
    service: str
    account_id: str
    key: str
    person: str
    wanted: Wanted | None
    touched: bool
    role: str | None
    pass_id: str
    run_pass: str
    active: bool
    named: str
    before: Mapping[str, Any] | None
    lacks: frozenset[str]
    late: frozenset[str]
    adopted: bool
    unsure: bool = False
    renamed: bool = False
    taken_back: bool = False
    back_in_doubt: bool = False
    back: frozenset[str] = frozenset()
    role_gone: bool = False
    stays: str = ""
    later: str = ""
    written_by: str = ""
    row_named: str = ""
    was_named: str = ""
    beside: frozenset[str] = frozenset()
    late_role: str = ""

    @property
    def made(self) -> bool:
        """Whether the run made the account."""
        return bool(self.key)

    @property
    def by_key_alone(self) -> bool:
        """Whether nothing but our key tells whose the account is, nor what name and role it had.

        So it is where version 1 of the journal has erased the person.
        """
        return self.made and self.wanted is None and not self.person

    def is_theirs(self, account: Account) -> bool:
        """Whether an account is still this person's (docs/protocol.md, "The way back")."""
        if account.id != self.account_id or (self.unsure and account.external_id != self.key):
            return False
        if self.wanted is not None:
            return is_still(account, replace(self.wanted, external_id=self.key))
        if self.by_key_alone:
            return account.external_id == self.key
        return bool(self.person) and address_digest(account.user_name) == self.person

    def has_names(self, account: Account) -> bool:
        """Whether an account that is this person's has the names that the run set."""
        address = self.wanted.email if self.wanted else account.user_name
        return names_digest(address, account.first_name, account.last_name) == self.named

    def is_called(self, account: Account) -> bool:
        """Whether an account has the names that the row gave; not where nobody knows them."""
        return bool(self.row_named) and self.row_named in self._digests(account)

    def is_known_by_name(self, account: Account) -> bool:
        """Whether an account has the names of the row, or those that it showed before the run.

        An undo gives these back, so that both are the person's.
        """
        return not {self.row_named, self.was_named}.isdisjoint(self._digests(account))

    def shows_another_name(self, account: Account) -> bool:
        """Whether an account shows other names than either: it may be another person's by now.

        Not where it shows none, or where nobody knows what it was called then.
        """
        return bool(self._called) and self._is_a_stranger(account)

    def has_unknown_name(self, account: Account) -> bool:
        """Whether an account shows a name, and nobody knows what it was called then.

        An earlier version hasn't kept that of an account that was there; one that has the names of
        the row is the person's. One that the run made was called so, or the service drops names.
        """
        known = self._called or self.by_key_alone or (self.made and self.row_named)
        return not known and self._is_a_stranger(account)

    @property
    def _called(self) -> str:
        """A digest of what an account was called when the run had left it; empty if not known."""
        return self.named or self.was_named or (self.row_named if self.adopted else "")

    def _is_a_stranger(self, account: Account) -> bool:
        return bool(full_name(account).strip()) and not self.is_known_by_name(account)

    def _digests(self, account: Account) -> set[str]:
        """Those of an account's names, with each address that they may have been kept with."""
        first, last = (" ".join(one.split()) for one in (account.first_name, account.last_name))
        addresses = (self.wanted.email if self.wanted else "", account.user_name, *account.emails)
        return {names_digest(one, first, last) for one in addresses if one}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftPerson:
    """One person, as a run left them.

    Attributes:
        row: The row.
        email: The address; empty where it is erased.
        accounts: The accounts that the run found, or made; also those of which it only has the id.
        joined: The Groups that it put the person into, or may have.
        mails: The e-mails that were sent, or may have been, about accounts that the run made.
        unknown: The services on which what became of the person isn't known.
        found_in: The Groups that it found the person in, as the file wants it.
        named: What undos have named of them already, by service and the undo's step.
        told_until: Until when undos have told of their e-mails, in seconds since 1970; negative
            where none has.
    """

    row: int
    email: str
    accounts: tuple[Left, ...]
    joined: tuple[Joined, ...]
    mails: tuple[LeftMail, ...]
    unknown: tuple[str, ...]
    found_in: tuple[Joined, ...] = ()
    named: frozenset[tuple[str, StepKind]] = frozenset()
    told_until: float = -1.0


def left_by(
    journal: Journal, run: Run, rows: Collection[int] | None = None, *, found_in: bool = False
) -> Iterator[LeftPerson]:
    """Everybody whom a run touched or found, by row; nobody who was left out or rejected.

    Args:
        journal: The journal.
        run: The run.
        rows: Which rows; all of them by default.
        found_in: Whether the Groups count, too, in which it found people: nothing of them can be
            taken back.
    """
    mails = left_mails(journal, run, rows)
    later, until = later_than(journal, run), journal.told_until(run.receipt)
    named = journal.named_back(run.receipt)
    for row, steps in groupby(journal.tasks(run.receipt), lambda task: task.row):
        tasks = [*steps]
        if rows is not None and row not in rows:
            continue
        wanted, before = journal.person(run.receipt, row)
        accounts = [task for task in tasks if task.kind is StepKind.ACCOUNT]
        known = [task for task in accounts if _has_account(task)]
        portal = next((task.account_id for task in known if task.service == "portal"), "")
        person = LeftPerson(
            row=row,
            email=wanted.get("portal", {}).get("email", ""),
            accounts=tuple(
                _afterwards(left_of(run, task, wanted, before), later) for task in known
            ),
            joined=tuple(_joined(tasks, portal, later)),
            mails=tuple(mails.get(row, ())),
            unknown=tuple(it.service for it in accounts if it not in known and _is_unknown(it)),
            found_in=tuple(groups_found(row, tasks, before, portal) if found_in else ()),
            named=named.get(row, frozenset()),
            told_until=until.get(row, -1.0),
        )
        if person.accounts or person.unknown:
            yield person


def _joined(tasks: Sequence[Task], portal: str, later: Later) -> Iterator[Joined]:
    """The Groups that somebody was put into, or may have been."""
    for task in tasks:
        if task.kind in JOINS and portal and task.sent_at and may_be_done(task):
            yield Joined(
                row=task.row,
                kind=task.kind,
                group_id=task.target,
                account_id=portal,
                taken_back=later.is_taken_back(task.row, "portal", task.kind),
                back_in_doubt=later.may_be_taken_back(task.row, "portal", task.kind),
                later=later.has(task.row, task.kind, task.target),
                state=task.state,
            )


def _is_unknown(task: Task) -> bool:
    return task.state in NOT_KNOWN or may_show_later(task)


def _has_account(task: Task) -> bool:
    """Whether a run knows an account, or has the id that a service has answered a create with."""
    is_answered = task.is_new and bool(task.key) and _is_unknown(task)
    return bool(task.account_id) and (task.state is State.DONE or is_answered)


def _afterwards(left: Left, later: Later) -> Left:
    """An account with what became of it afterwards; one that was made, also with its Groups."""
    return replace(
        left,
        taken_back=later.is_taken_back(left.row, left.service, StepKind.ACCOUNT),
        back_in_doubt=later.may_be_taken_back(left.row, left.service, StepKind.ACCOUNT),
        back=later.back.get((left.row, left.service), frozenset()),
        role_gone=(left.row, left.service) in later.role_gone,
        stays=later.stays(left.row, left.service),
        later=later.of_account(left.row, left.service, made=left.made),
        written_by=later.written.get((left.row, left.service), ""),
    )


def left_of(run: Run, task: Task, wanted: Mapping[str, Any], before: Mapping[str, Any]) -> Left:
    """How a run left one account.

    Args:
        run: The run.
        task: The account's step.
        wanted: What the person's accounts should be, as `Journal.person` has it.
        before: What they were.
    """
    made, on_portal = task.is_new, task.service == "portal"
    lacks, late = lacking(task.but)
    if WITHHELD in task.but:  # nobody knows whether it was accepted
        late = frozenset()
    touched = made or task.attempts > 0 or bool(late)
    away = lacks if made else lacks - late  # what it set for all that the run has seen
    was = None if made or task.adopted else before.get(task.service)
    of = Wanted(**wanted[task.service]) if task.service in wanted else None
    # version 1 kept nothing of before; of whoever wasn't final, what they should be
    role = before.get("role", of.role if of else None) if on_portal and not task.adopted else None
    by_right = before.get("by_entitlement", of.pass_id is not None if of else bool(before))
    sets_pass = on_portal and touched and by_right and not before.get("on_pass", not made)
    named = names_digest(of.email, of.first_name, of.last_name) if of else ""
    was_named = was.get("named", "") if was else ""
    if was and of and not was_named and "names" in was:  # as an earlier version kept them
        was_named = names_digest(of.email, *was["names"][:2])
    renamed = bool(was and (was.get("renamed") or "names" in was))
    return Left(
        row=task.row,
        service=task.service,
        account_id=task.account_id,
        key=task.key if made else "",
        person=before.get("person", ""),
        wanted=of,
        touched=touched,
        role=None if "role" in away else role,
        pass_id=run.pass_id if sets_pass and "pass" not in away else "",
        run_pass=run.pass_id,
        active="activation" not in away or bool(was and was["active"]),
        named=before.get("named", named) if (made or renamed) and "names" not in away else "",
        before=was,
        lacks=lacks,
        late=late,
        adopted=task.adopted,
        unsure=made and task.state is not State.DONE,
        renamed=renamed,
        row_named=before.get("named", named),
        was_named=was_named,
        beside=frozenset(before.get(f"beside_{task.service}", ())),
        late_role=(role or "") if made and "role" in away else "",
    )
