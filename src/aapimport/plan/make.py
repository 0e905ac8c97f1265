"""Making the plan: the file's people against what both services hold today. Writes nothing."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from aapimport.check.check_file import Checked
from aapimport.config.addresses import place_of
from aapimport.config.keys import setting
from aapimport.plan.by_name import OpenMail, by_name
from aapimport.plan.decide import decide
from aapimport.plan.doubt import Doubt
from aapimport.plan.maybes import find_maybes
from aapimport.plan.names import (
    Remembered,
    choose_pass,
    find_teams,
    members_of,
    nobody,
    team_to_join,
)
from aapimport.plan.notices import PassIs, jhana_notices, pass_notices, portal_notices
from aapimport.plan.own import Myself, who_runs
from aapimport.plan.plan import Action, PersonPlan, Plan, PlanOptions
from aapimport.plan.planner import Planner, pass_is
from aapimport.plan.seen_passes import as_seen
from aapimport.plan.shared_accounts import refuse_shared_accounts, refuse_shared_addresses
from aapimport.plan.snapshot import Snapshot, take_snapshot
from aapimport.services.directory import Directory
from aapimport.services.portal import Portal
from aapimport.services.swapped import check_not_swapped
from aapimport.services.values import Pass, Team

RECEIPT_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that look alike
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
        """What a journal's runs are bound to: where both services are, however that is spelled."""
        if self.target == "practice":
            return "practice"
        return f"{place_of(self.portal.url)} {place_of(self.jhana.url)}"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What earlier uploads to the same services know.

    Attributes:
        unique: The services, `portal` and `jhana`, that have proved to refuse a taken userName.
        remembered: Whom they put into a Group, by its id.
        not_kept: By service and account id, what an account that they created lacks.
        unmailed: The upload that has created somebody on the portal whom it was to mail and didn't,
            by the account's id, or by our key where no answer told the id.
        unsettled: The welcome e-mails that are in doubt or handed over, by the service that they
            are about, and the account's id there.
    """

    unique: frozenset[str] = frozenset()
    remembered: Remembered = nobody
    not_kept: Mapping[tuple[str, str], str] = field(default_factory=dict)
    unmailed: Mapping[str, str] = field(default_factory=dict)
    unsettled: Mapping[tuple[str, str], OpenMail] = field(default_factory=dict)

    @property
    def without_role(self) -> frozenset[str]:
        """The ids of the portal's accounts whose role it didn't keep."""
        return frozenset(
            account_id
            for (service, account_id), lacking in self.not_kept.items()
            if service == "portal" and "role" in lacking
        )


NO_MEMORY = Memory()
"""What is known before the first upload."""


def new_receipt() -> str:
    """A confirmation number: six letters and digits, none of which look alike."""
    return "".join(secrets.choice(RECEIPT_LETTERS) for _ in range(_RECEIPT_LENGTH))


def draft_plan(
    checked: Checked,
    services: Services,
    options: PlanOptions,
    memory: Memory = NO_MEMORY,
    asked: Callable[[], None] = lambda: None,
) -> Plan:
    """Find out what an upload could do; `decide` then says what it will.

    Args:
        checked: The file, without errors.
        services: Both services; they are only read.
        options: The administrator's decisions.
        memory: What earlier uploads know.
        asked: Called when both services have been asked, and only thinking is left.

    Raises:
        RefusedError: The pass or a team doesn't exist, or two rows are one account.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked; nobody is taken for absent on a guess.
    """
    seen = _look(checked, services, options, memory)
    asked()
    planner = _planner(services, options, seen, memory)
    people = _people(checked, planner, seen)
    unproven = _single_witnesses(people, *seen.snapshots)
    return Plan(
        receipt=new_receipt(),
        file=checked.name,
        file_digest=checked.digest,
        sheet=checked.sheet,
        target=services.target,
        address=services.address,
        pass_=seen.pass_,
        teams=tuple(dict.fromkeys(seen.teams.values())),
        options=replace(options, administrator=seen.myself.address),
        people=people,
        notices=(
            *_notices(services, options, seen, people),
            *by_name(people, memory.unmailed, memory.unsettled),
            *(doubt.sentence for _, doubt in unproven),
            *_remarks(*seen.snapshots),
        ),
        doubts=(*seen.doubts, *(it for service, it in unproven if service not in memory.unique)),
        left_out=checked.left_out,
        other_sheets=checked.other_sheets,
        leavers=_leavers(seen.pass_, seen.snapshots[0]),
        taken_at=seen.taken_at,
        mute=_mute(services),
    )


def _mute(services: Services) -> frozenset[str]:
    """The services that can't be asked for a welcome e-mail."""
    both = {"portal": services.portal, "jhana": services.jhana}
    return frozenset(name for name, one in both.items() if not one.capabilities.mails)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What both services have been asked for one plan, and when that began."""

    taken_at: float
    myself: Myself
    pass_: Pass
    notices: Sequence[str]
    doubts: Sequence[Doubt]
    teams: Mapping[str, Team]
    snapshots: tuple[Snapshot, Snapshot]
    members: Mapping[str, frozenset[str]]


def _look(checked: Checked, services: Services, options: PlanOptions, memory: Memory) -> _Seen:
    """Ask both services what the plan needs to know.

    Raises:
        RefusedError: The pass or a team doesn't exist, or two rows are one account.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    refuse_shared_addresses(checked)
    check_not_swapped(services.portal, services.jhana)
    taken_at = time.time()
    myself = who_runs(services.portal, options.administrator)
    pass_, notices, doubts = _chosen_pass(services, options, memory)
    teams = find_teams(checked, services.portal, pass_)
    return _Seen(
        taken_at=taken_at,
        myself=myself,
        pass_=pass_,
        notices=notices,
        doubts=doubts,
        teams=teams,
        snapshots=_snapshots(checked, services, pass_),
        members=members_of(services.portal, set(teams.values()), memory.remembered),
    )


def _planner(services: Services, options: PlanOptions, seen: _Seen, memory: Memory) -> Planner:
    return Planner(
        portal=services.portal,
        jhana=services.jhana,
        options=options,
        pass_=seen.pass_,
        myself=seen.myself,
        without_role=memory.without_role,
    )


def make_plan(
    checked: Checked, services: Services, options: PlanOptions, memory: Memory = NO_MEMORY
) -> Plan:
    """What an upload will do when nobody is asked: `draft_plan`, then `decide`.

    Raises:
        RefusedError: The plan can't be carried out.
        SettingsError: A service refuses its token.
        ServiceError: A service can't be asked.
    """
    return decide(draft_plan(checked, services, options, memory))


def _snapshots(checked: Checked, services: Services, pass_: Pass) -> tuple[Snapshot, Snapshot]:
    """What both services hold of the file's people.

    Raises:
        RefusedError: Two rows are one account.
    """
    on_portal = take_snapshot(services.portal, checked.people, pass_)
    on_jhana = take_snapshot(services.jhana, [one for one in checked.people if one.jhana])
    refuse_shared_accounts(checked, services.portal.name, on_portal.accounts)
    refuse_shared_accounts(checked, services.jhana.name, on_jhana.accounts)
    return on_portal, on_jhana


def _chosen_pass(
    services: Services, options: PlanOptions, memory: Memory
) -> tuple[Pass, Sequence[str], Sequence[Doubt]]:
    """The pass, with what is to be said and asked about it."""
    portal = services.portal
    pass_ = choose_pass(portal, options.pass_name, options.pass_as, memory.remembered)
    if services.target == "practice":  # its years are invented
        return pass_, (), ()
    if portal.capabilities.passes or pass_is(portal, pass_) is not PassIs.ENTITLEMENT:
        return pass_, tuple(pass_notices(pass_, datetime.now(UTC))), ()
    pass_, notice, doubt = as_seen(portal, pass_)
    return pass_, (notice,) if notice else (), (doubt,) if doubt else ()


def _people(checked: Checked, planner: Planner, seen: _Seen) -> tuple[PersonPlan, ...]:
    """What happens to everybody, with whom they may be."""
    on_portal, on_jhana = seen.snapshots
    people = [
        planner.person(
            person,
            on_portal.accounts.get(person.key),
            on_jhana.accounts.get(person.key),
            team_to_join(person, seen.teams, seen.members, on_portal.accounts.get(person.key)),
        )
        for person in checked.people
    ]
    maybes = find_maybes(checked, people, planner.pass_, on_portal, on_jhana)
    return tuple(replace(one, twin=maybes.get(one.person.row)) for one in people)


def _notices(
    services: Services, options: PlanOptions, seen: _Seen, people: Sequence[PersonPlan]
) -> Iterator[str]:
    """What is to be said of the pass, the services and one's own role."""
    yield from seen.notices
    yield from _service_notices(services, seen.pass_, people)
    yield from _own_role(seen.myself, services, options)


def _service_notices(
    services: Services, pass_: Pass, people: Sequence[PersonPlan]
) -> Sequence[str]:
    """What the services can't do that the file asks for."""
    portal = services.portal
    published = pass_.free is not None
    notices = list(
        portal_notices(portal.capabilities, pass_is(portal, pass_), seats_published=published)
    )
    if any(one.jhana for one in people):
        notices += jhana_notices(services.jhana.capabilities)
    return notices


def _own_role(myself: Myself, services: Services, options: PlanOptions) -> Sequence[str]:
    """That one's own role isn't safe, where roles change and nobody knows whose is one's own."""
    roles_change = options.update_roles and services.portal.capabilities.keeps("roles")
    if not (roles_change and myself.unknown):
        return ()
    what = f"your own role could be changed; give your address in {setting('administrator')}"
    return (f"{myself.unknown}: {what}",)


def _single_witnesses(
    people: Sequence[PersonPlan], on_portal: Snapshot, on_jhana: Snapshot
) -> Sequence[tuple[str, Doubt]]:
    """The services on which people are new by one way of asking only, and what that means."""
    created = {
        "portal": (on_portal, [one.portal for one in people]),
        "jhana": (on_jhana, [one.jhana for one in people if one.jhana]),
    }
    return [
        (service, Doubt(snapshot.single, "Create whom it doesn't find?", "--unproven"))
        for service, (snapshot, steps) in created.items()
        if snapshot.single and any(step.action is Action.CREATE for step in steps)
    ]


def _remarks(*snapshots: Snapshot) -> Sequence[str]:
    """What nobody can tell of the services' people, and accounts that might be anybody's."""
    remarks = [it.remark for it in snapshots if it.remark]
    unread = (one for it in snapshots for one in it.malformed)
    return [*remarks, *(f"an account can't be read: {one}" for one in unread)]


def _leavers(pass_: Pass, on_portal: Snapshot) -> int:
    """Used seats that nobody on the portal holds, where everybody on the pass is known."""
    if not on_portal.everybody_compared or pass_.seats_used is None:
        return 0
    return max(0, pass_.seats_used - len(on_portal.on_pass))
