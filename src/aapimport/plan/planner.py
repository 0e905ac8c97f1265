"""What happens to one person: their row against their accounts on both services."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from aapimport.person import Person
from aapimport.plan.notices import PassIs
from aapimport.plan.own import Myself
from aapimport.plan.plan import Action, PersonPlan, PlanOptions, Step
from aapimport.services.changes import is_declared
from aapimport.services.differences import differences
from aapimport.services.directory import Directory
from aapimport.services.discovery import Capabilities
from aapimport.services.identity import full_name
from aapimport.services.portal import Portal
from aapimport.services.roles import current_role, may_administer, other_roles
from aapimport.services.scim import Account
from aapimport.services.values import Change, EmailKind, Pass, Team, Wanted


def pass_is(portal: Portal, pass_: Pass) -> PassIs:
    """What being on a pass is, on a portal."""
    if pass_.group_id:
        return PassIs.GROUP
    return PassIs.ENTITLEMENT if portal.capabilities.keeps("entitlements") else PassIs.NOTHING


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Decides one person after the other.

    Attributes:
        portal: The portal.
        jhana: Jhana.
        options: The administrator's decisions.
        pass_: The pass.
        myself: Whoever runs the upload.
        without_role: The ids of the portal's accounts that we created and whose role isn't kept.
    """

    portal: Portal
    jhana: Directory
    options: PlanOptions
    pass_: Pass
    myself: Myself
    without_role: Collection[str]

    def person(
        self, person: Person, account: Account | None, jhana: Account | None, team: Team | None
    ) -> PersonPlan:
        """What happens to one person.

        Args:
            person: The row.
            account: Their account on the portal, or None.
            jhana: Their account on Jhana, or None.
            team: The team to be joined, or None.
        """
        wanted = Wanted(
            email=person.email, first_name=person.first_name, last_name=person.last_name
        )
        by_entitlement = pass_is(self.portal, self.pass_) is PassIs.ENTITLEMENT
        portal = self._step(
            replace(
                wanted,
                role=self._role(person, account),
                pass_id=self.pass_.id if by_entitlement else None,
                pass_name=self.pass_.name,
            ),
            account,
            self.portal,
        )
        on_jhana = self._step(wanted, jhana, self.jhana) if person.jhana else None
        return PersonPlan(
            person=person,
            portal=portal,
            jhana=on_jhana,
            seat=self._takes_seat(account),
            team=team,
            pass_group=self.pass_.group_id if self._takes_seat(account) else "",
            email=self._email(account, on_jhana),
        )

    def _takes_seat(self, account: Account | None) -> bool:
        """Whether a person is new to the pass; where nobody is put on it, who is new at all."""
        if account is None or pass_is(self.portal, self.pass_) is PassIs.NOTHING:
            return account is None
        return self.pass_.id not in account.passes

    def _role(self, person: Person, account: Account | None) -> str | None:
        """The row's role; where roles aren't kept, only whoever is created lacks it."""
        keeps = self.portal.capabilities.keeps("roles")
        return person.role.value if keeps or account is None else None

    def _step(self, wanted: Wanted, account: Account | None, directory: Directory) -> Step:
        if account is None:
            unsent = _unsent(wanted, directory.capabilities)
            return Step(action=Action.CREATE, wanted=wanted, unsent=unsent)
        allowed = replace(
            wanted,
            names=self.options.update_names,
            role=wanted.role if self._sets_role(account, wanted) else None,
            activate=not account.active,  # who is switched off after this is left as they are
            was_admin=may_administer(account),
            known_as=full_name(account),
        )
        changes = differences(account, allowed)
        return Step(
            action=Action.CHANGE if changes else Action.SAME,
            wanted=allowed,
            account_id=account.id,
            account=account,
            changes=changes,
            kept=tuple(
                _as_it_stands(one, account)
                for one in differences(account, wanted)
                if one not in changes
            ),
        )

    def _sets_role(self, account: Account, wanted: Wanted) -> bool:
        """Whether an existing account's role is set: when asked to, or still owed; never one's own.

        An account that we created and that has no role, because the portal didn't keep it, is owed
        the row's.
        """
        if self.myself.owns(account, wanted.email):
            return False
        is_owed = account.id in self.without_role and not current_role(account)
        return self.options.update_roles or is_owed

    def _email(self, account: Account | None, jhana: Step | None) -> EmailKind | None:
        """Being assigned to a pass sends no e-mail (vendor's help page); being new does."""
        new_on_jhana = jhana is not None and jhana.action is Action.CREATE
        if account is None and self.portal.capabilities.mails:
            return EmailKind.COMBINED if new_on_jhana else EmailKind.PORTAL
        if new_on_jhana and account is not None and self.jhana.capabilities.mails:
            return EmailKind.JHANA
        return None


def _unsent(wanted: Wanted, can: Capabilities) -> tuple[str, ...]:
    """What of a new person's row a service doesn't take, so that it isn't sent."""
    named = is_declared(can, "first name") and is_declared(can, "last name")
    no_role = wanted.role is not None and not is_declared(can, "role")
    return (*(["role"] if no_role else []), *([] if named else ["names"]))


def _as_it_stands(kept: Change, account: Account) -> Change:
    """What is kept: a role that is none of the four by its own words, as it may give rights."""
    if kept.attribute == "role" and account.roles and not current_role(account):
        return replace(kept, before=", ".join(other_roles(account)))
    return kept
