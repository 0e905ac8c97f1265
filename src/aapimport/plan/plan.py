"""The plan as a value: person by person and in totals, what an upload would do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from aapimport.check.check_file import LeftOut, OtherSheet
from aapimport.config.values import PassAs
from aapimport.person import Person
from aapimport.plan.budget import Budget
from aapimport.plan.doubt import Doubt
from aapimport.plan.letters import Letters
from aapimport.services.identity import full_name
from aapimport.services.roles import may_administer
from aapimport.services.scim import Account
from aapimport.services.values import Change, EmailKind, Pass, Team, Wanted
from aapimport.template.roles import Role
from aapimport.text import fold, rows_in_words
from aapimport.twins.same_human import Twin

Maybe = Literal["create", "leave-out"]
"""What happens to people who may be there already, where nobody is asked."""

Returning = Literal["include", "leave-out"]
"""What happens to people whose account is deactivated, where nobody is asked."""


class Action(StrEnum):
    """What happens to one person's account on one service."""

    CREATE = "create"
    CHANGE = "change"
    SAME = "same"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """What the administrator decided about the upload.

    Attributes:
        pass_name: The pass's name or id, in any letter case.
        update_roles: Whether the role of an account that exists is set as the file says.
        update_names: Whether its names are.
        fit: Whether the first that fit are uploaded when seats or places don't suffice.
        maybe: What happens to people who may be there already.
        returning: What happens to people whose account is deactivated, on either service.
        max_seats: The most seats that the upload may use; None for no limit.
        buffer: The part of the seats that should stay free, for a warning.
        administrator: The address of whoever runs the upload, as set or as the portal says; empty
            when not known. Their own role is never changed.
        pass_as: What being on the pass is, on the portal.
    """

    pass_name: str
    update_roles: bool = False
    update_names: bool = False
    fit: bool = False
    maybe: Maybe = "leave-out"
    returning: Returning = "leave-out"
    max_seats: int | None = None
    buffer: float = 0.1
    administrator: str = ""
    pass_as: PassAs = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One person on one service.

    Attributes:
        action: What happens.
        wanted: What the account should be afterwards.
        account_id: The account that exists; empty when it is created.
        account: That account as it was when the plan was made; None when it is created.
        changes: What is different afterwards.
        kept: What differs from the file and stays as it is.
        unsent: What of the row the service doesn't take: `role`, `names`.
    """

    action: Action
    wanted: Wanted
    account_id: str = ""
    account: Account | None = None
    changes: tuple[Change, ...] = ()
    kept: tuple[Change, ...] = ()
    unsent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlan:
    """One person.

    Attributes:
        person: The row of the file.
        portal: What happens on the portal.
        jhana: What happens on Jhana; None when the row doesn't ask for it.
        seat: Whether the person uses a seat that was free.
        team: The team to be joined; None without one, and for members.
        pass_group: The id of the Group to be joined that stands for the pass; empty for its
            members, and where being on the pass is an entitlement.
        email: The welcome e-mail to be sent; None for none.
        twin: Somebody on the pass, or in the file, who may be the same human.
        skipped: Why the person is left out; empty for everybody who is not.
    """

    person: Person
    portal: Step
    jhana: Step | None = None
    seat: bool = False
    team: Team | None = None
    pass_group: str = ""
    email: EmailKind | None = None
    twin: Twin | None = None
    skipped: str = ""

    @property
    def action(self) -> Action:
        """The person's mark in the preview: joining a team and Jhana count as changes."""
        if self.on_portal is not Action.SAME:
            return self.on_portal
        changes = self.jhana is not None and self.jhana.action is not Action.SAME
        return Action.CHANGE if changes else Action.SAME

    @property
    def on_portal(self) -> Action:
        """What happens on the portal: joining a team is a change of the account there."""
        if self.skipped:
            return Action.SKIP
        joins = self.team is not None or bool(self.pass_group)
        same = self.portal.action is Action.SAME
        return Action.CHANGE if joins and same else self.portal.action

    @property
    def on_jhana(self) -> Action | None:
        """What happens on Jhana; None when the row doesn't ask for it."""
        if self.jhana is None:
            return None
        return Action.SKIP if self.skipped else self.jhana.action

    @property
    def enables_jhana(self) -> bool:
        """Whether the person gets Jhana, or gets it back."""
        if self.skipped or self.jhana is None:
            return False
        changes = (it.attribute for it in self.jhana.changes)
        return self.jhana.action is Action.CREATE or "account" in changes

    @property
    def reactivates(self) -> bool:
        """Whether a deactivated account, on whichever service, is switched on again."""
        return self.reactivates_on(self.portal) or self.reactivates_on(self.jhana)

    def reactivates_on(self, step: Step | None) -> bool:
        """Whether one of the person's steps switches a deactivated account on again."""
        changes = step.changes if step and not self.skipped else ()
        return any(change.attribute == "account" for change in changes)

    @property
    def role_afterwards(self) -> str:
        """The role that the account has then: one that is kept, else the row's."""
        kept = (change.before for change in self.portal.kept if change.attribute == "role")
        return next(kept, self.person.role)

    @property
    def makes_client_admin(self) -> bool:
        """Whether administration rights are handed out that were not there before.

        Whoever is deactivated, and may have had them, gets them back when switched on again.
        """
        if self.skipped:
            return False
        if self.portal.action is Action.CREATE:
            is_sent = "role" not in self.portal.unsent
            return is_sent and self.portal.wanted.role == Role.CLIENT_ADMIN
        changes = {change.attribute for change in self.portal.changes}
        if self.role_afterwards == Role.CLIENT_ADMIN and changes & {"role", "account"}:
            return True
        account = self.portal.account
        if "account" not in changes or account is None:
            return False
        return may_administer(account, kept="role" in changes)

    @property
    def account_name(self) -> str:
        """The name of the account that is there, where it isn't the row's; empty otherwise.

        The portal's, where there is one; accounts that show no name have none.
        """
        steps = (self.portal, self.jhana)
        account = next((step.account for step in steps if step and step.account), None)
        if account is None:
            return ""
        row = f"{self.person.first_name} {self.person.last_name}"
        name = full_name(account)
        return "" if fold(name) == fold(row) else name

    @property
    def unsent(self) -> tuple[str, ...]:
        """What of the row isn't sent to a service, as that doesn't take it."""
        steps = (self.portal, self.jhana)
        found = (name for step in steps if step and not self.skipped for name in step.unsent)
        return tuple(dict.fromkeys(found))

    def skip(self, reason: str) -> "PersonPlan":
        """The same person, left out."""
        left_out = replace(self, skipped=reason, seat=False, email=None)
        return replace(left_out, team=None, pass_group="")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an upload would do.

    Attributes:
        receipt: The confirmation number of the run that carries it out.
        file: The file's name.
        file_digest: SHA-256 of the file's bytes.
        sheet: The sheet that was read; empty for csv.
        target: `practice` or `live`.
        address: Where the services are.
        pass_: The pass, with the seats it had when the plan was made.
        teams: The teams that the file names, with the places they had.
        options: The administrator's decisions.
        people: Everybody, in the file's order.
        emails: Whether welcome e-mails are sent; as long as nobody decided, they are planned.
        notices: What the services can't do, in sentences.
        doubts: What needs a word of its own before anything is sent.
        left_out: Rows of the file that hold somebody and weren't read, because it was decided so.
        other_sheets: Its sheets with people that weren't read.
        leavers: Used seats of the pass that nobody on the portal holds.
        taken_at: When the services were asked who is there, in seconds since 1970.
        mute: The services, `portal` and `jhana`, that can't be asked for a welcome e-mail.
        letters: The welcome e-mails that a mail server sends afterwards; None for none.
    """

    receipt: str
    file: str
    file_digest: str
    sheet: str
    target: Literal["practice", "live"]
    address: str
    pass_: Pass
    teams: tuple[Team, ...]
    options: PlanOptions
    people: tuple[PersonPlan, ...]
    emails: bool = True
    notices: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    other_sheets: tuple[OtherSheet, ...] = ()
    leavers: int = 0
    taken_at: float = 0.0
    mute: frozenset[str] = frozenset()
    letters: Letters | None = None

    def without_emails(self) -> "Plan":
        """The same plan, with no welcome e-mail to anybody."""
        people = tuple(replace(one, email=None) for one in self.people)
        return replace(self, emails=False, people=people, letters=None)

    @property
    def portal(self) -> Counter[Action]:
        """How many people have which action on the portal."""
        return Counter(one.on_portal for one in self.people)

    @property
    def jhana(self) -> Counter[Action]:
        """How many people have which action on Jhana."""
        return Counter(one.on_jhana for one in self.people if one.on_jhana)

    @property
    def is_whole(self) -> bool:
        """Whether nobody of the file is left out, or created without what the row says."""
        return not (self.left_out or any(one.skipped or one.unsent for one in self.people))

    @property
    def writes_to_jhana(self) -> bool:
        """Whether anybody is created or changed there, or welcomed to it."""
        return bool(self.jhana.keys() - {Action.SAME, Action.SKIP}) or any(
            one.email not in {None, EmailKind.PORTAL} for one in self.people
        )

    @property
    def seats(self) -> int:
        """Seats that this upload uses."""
        return sum(one.seat for one in self.people)

    @property
    def mails(self) -> int:
        """Welcome e-mails that the services are asked for."""
        return sum(one.email is not None for one in self.people)

    @property
    def welcomes(self) -> int:
        """Welcome e-mails in all, those that a mail server sends afterwards among them."""
        return self.mails + (self.letters.people if self.letters else 0)

    @property
    def client_admins(self) -> tuple[PersonPlan, ...]:
        """Everybody who would get administration rights."""
        return tuple(one for one in self.people if one.makes_client_admin)

    @property
    def maybes(self) -> tuple[PersonPlan, ...]:
        """Everybody who may be on the pass, or in the file, already."""
        return tuple(one for one in self.people if one.twin)

    @property
    def returning(self) -> tuple[PersonPlan, ...]:
        """Everybody whose account on a service would be switched on again."""
        return tuple(one for one in self.people if one.reactivates)

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """The pass's seats, the places of each team that somebody joins, and who gets Jhana."""
        held = self.pass_
        joining = Counter(one.team.id for one in self.people if one.team)
        seats = Budget(
            id=held.id,
            name=held.name,
            kind="pass",
            capacity=held.seats,
            used=held.seats_used,
            takes=self.seats,
            buffer=round((held.seats or 0) * self.options.buffer),
            leavers=self.leavers,
        )
        jhana = sum(one.enables_jhana for one in self.people)
        enabled = Budget(name="Jhana", kind="jhana", capacity=None, used=None, takes=jhana)
        places = (
            Budget(
                id=team.id,
                name=team.name,
                kind="team",
                capacity=team.places,
                used=team.places_used,
                takes=joining[team.id],
            )
            for team in self.teams
            if joining[team.id]
        )
        return (seats, *places, *((enabled,) if jhana else ()))


def rows_of(people: Iterable[PersonPlan], most: int = 10) -> str:
    """The rows of people in words."""
    return rows_in_words([one.person.row for one in people], most)
