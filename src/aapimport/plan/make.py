"""Making the plan: the file's people against what both services hold today. Writes nothing."""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from aapimport.config import Settings
from aapimport.people.check import Checked
from aapimport.people.person import Person, address_key
from aapimport.plan.decide import decide
from aapimport.plan.names import choose_pass, find_teams, members_of, team_to_join
from aapimport.plan.notices import PassIs, jhana_notices, portal_notices
from aapimport.plan.plan import Action, PersonPlan, Plan, PlanOptions, Step
from aapimport.plan.same_human import Known, Twin, find_twins
from aapimport.plan.snapshot import take_snapshot
from aapimport.services.accounts import differences
from aapimport.services.directory import Directory
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import EmailKind, Pass, Team, Wanted

_RECEIPT_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that look alike
_RECEIPT_LENGTH = 6


@dataclass(frozen=True, kw_only=True)
class Services:
    """Both services, and whether anything real is behind them.

    Attributes:
        target: `practice` or `live`.
        portal: The All Access Pass portal.
        jhana: Jhana.
    """

    target: Literal["practice", "live"]
    portal: Portal
    jhana: Directory

    @property
    def address(self) -> str:
        """What a journal's runs are bound to: where both services are."""
        return "practice" if self.target == "practice" else f"{self.portal.url} {self.jhana.url}"


def administrator_of(services: Services, settings: Settings) -> str:
    """The address of whoever runs aapimport: as set, else as the portal's `/Me` says; or empty."""
    return settings.administrator or services.portal.whoami()


def new_receipt() -> str:
    """A confirmation number: six letters and digits, none of which look alike."""
    return "".join(secrets.choice(_RECEIPT_LETTERS) for _ in range(_RECEIPT_LENGTH))


def draft_plan(checked: Checked, services: Services, options: PlanOptions) -> Plan:
    """Find out what an upload could do; `decide` then says what it will.

    Args:
        checked: The file, without errors.
        services: Both services; they are only read.
        options: The administrator's decisions.

    Raises:
        RefusedError: The pass or a team doesn't exist.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked; nobody is taken for absent on a guess.
    """
    portal = services.portal
    taken_at = time.time()
    pass_ = choose_pass(portal, options.pass_name, options.pass_as)
    teams = find_teams(checked, portal, pass_)
    on_portal = take_snapshot(portal, {one.key: one.email for one in checked.people}, pass_)
    on_jhana = take_snapshot(
        services.jhana, {one.key: one.email for one in checked.people if one.jhana}
    )
    members = members_of(portal, teams)
    planner = _Planner(services, options, pass_)
    people = [
        planner.person(
            person,
            on_portal.accounts.get(person.key),
            on_jhana.accounts.get(person.key),
            team_to_join(person, teams, members, on_portal.accounts.get(person.key)),
        )
        for person in checked.people
    ]
    twins = _twins(checked, people, on_portal.on_pass)
    return Plan(
        receipt=new_receipt(),
        file=checked.path.name,
        file_digest=checked.digest,
        sheet=checked.sheet,
        target=services.target,
        address=services.address,
        pass_=pass_,
        teams=tuple(teams.values()),
        options=options,
        people=tuple(replace(one, twin=twins.get(one.person.row)) for one in people),
        notices=planner.notices(people),
        taken_at=taken_at,
    )


def make_plan(checked: Checked, services: Services, options: PlanOptions) -> Plan:
    """What an upload will do when nobody is asked: `draft_plan`, then `decide`.

    Raises:
        RefusedError: The plan can't be carried out.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    return decide(draft_plan(checked, services, options))


def _twins(
    checked: Checked, people: Iterable[PersonPlan], on_pass: Iterable[Account]
) -> Mapping[int, Twin]:
    """Whom of the newcomers may be somebody on the pass, or in the file, already: by row.

    Rows whose account is on the pass are compared with as accounts; those with an account that is
    not on it (last year's people) and those who are new, as rows.
    """
    newcomers, joining = [], []
    for one in people:
        if one.portal.action is Action.CREATE:
            newcomers.append(one.person)
        elif one.seat:
            joining.append(one.person)
    if not newcomers:
        return {}
    existing = [
        Known(
            email=account.user_name,
            first_name=account.first_name,
            last_name=account.last_name,
            where="on the pass" if account.active else "on the pass, deactivated",
            active=account.active,
        )
        for account in on_pass
    ]
    existing += [_row(checked, person) for person in joining]
    rows = [_row(checked, person) for person in newcomers]
    return {newcomers[twin.index].row: twin for twin in find_twins(rows, existing)}


def _row(checked: Checked, person: Person) -> Known:
    """A row of the file, to be compared with."""
    return Known(
        email=person.email,
        first_name=person.first_name,
        last_name=person.last_name,
        where=str(checked.cell(person, "email")),
    )


class _Planner:
    """Decides one person after the other."""

    def __init__(self, services: Services, options: PlanOptions, pass_: Pass) -> None:
        self._services = services
        self._options = options
        self._pass = pass_
        self._roles = services.portal.capabilities.keeps("roles")
        self._pass_is = PassIs.NOTHING
        if pass_.group_id:
            self._pass_is = PassIs.GROUP
        elif services.portal.capabilities.keeps("entitlements"):
            self._pass_is = PassIs.ENTITLEMENT

    def person(
        self, person: Person, account: Account | None, jhana: Account | None, team: Team | None
    ) -> PersonPlan:
        """What happens to one person."""
        portal = self._step(
            Wanted(
                email=person.email,
                first_name=person.first_name,
                last_name=person.last_name,
                role=person.role.value if self._roles else None,
                pass_id=self._pass.id if self._pass_is is PassIs.ENTITLEMENT else None,
                pass_name=self._pass.name,
            ),
            account,
        )
        jhana_step = None
        if person.jhana:
            jhana_step = self._step(
                Wanted(
                    email=person.email, first_name=person.first_name, last_name=person.last_name
                ),
                jhana,
            )
        return PersonPlan(
            person=person,
            portal=portal,
            jhana=jhana_step,
            seat=self._takes_seat(account),
            team=team,
            pass_group=self._pass.group_id if self._takes_seat(account) else "",
            email=self._email(account, jhana_step),
        )

    def notices(self, people: Iterable[PersonPlan]) -> tuple[str, ...]:
        """What the services can't do that the file asks for, said before anything is sent."""
        everybody = list(people)
        portal, jhana = self._services.portal.capabilities, self._services.jhana.capabilities
        seats_published = self._pass.free is not None
        notices = list(portal_notices(portal, self._pass_is, seats_published=seats_published))
        if any(one.jhana for one in everybody):
            notices += jhana_notices(jhana)
        return tuple(notices)

    def _takes_seat(self, account: Account | None) -> bool:
        """Whether a person is new to the pass; where nobody is put on it, who is new at all."""
        if account is None or self._pass_is is PassIs.NOTHING:
            return account is None
        return self._pass.id not in account.passes

    def _step(self, wanted: Wanted, account: Account | None) -> Step:
        if account is None:
            return Step(action=Action.CREATE, wanted=wanted)
        own = address_key(wanted.email) == address_key(self._options.administrator)
        allowed = replace(
            wanted,
            names=self._options.update_names,
            role=wanted.role if self._options.update_roles and not own else None,
        )
        changes = differences(account, allowed)
        return Step(
            action=Action.CHANGE if changes else Action.SAME,
            wanted=allowed,
            account_id=account.id,
            account=account,
            changes=changes,
            kept=tuple(one for one in differences(account, wanted) if one not in changes),
        )

    def _email(self, account: Account | None, jhana: Step | None) -> EmailKind | None:
        """Being assigned to a pass sends no e-mail (vendor's help page); being new does."""
        new_on_jhana = jhana is not None and jhana.action is Action.CREATE
        if account is None and self._services.portal.capabilities.mails:
            return EmailKind.COMBINED if new_on_jhana else EmailKind.PORTAL
        if new_on_jhana and account is not None and self._services.jhana.capabilities.mails:
            return EmailKind.JHANA
        return None
