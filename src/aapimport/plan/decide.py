"""From what could happen to what will: who is left out, and whether the plan may be carried out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from aapimport.errors import RefusedError
from aapimport.plan.budget import Budget
from aapimport.plan.plan import Action, PersonPlan, Plan, rows_of
from aapimport.services.identity import full_name
from aapimport.twins.name_forms import Form
from aapimport.twins.name_relations import may_be_one
from aapimport.twins.same_human import Kind

NO_SEAT = "no seat left on the pass"
NO_PLACE = "no place left in team"
MAYBE = "may be there already"
ANOTHERS = "the account is another person's by its name, and would get administration rights"
RETURNS = "deactivated; --returning include switches them on again"
RETURNS_TO_PORTAL = "left out, as they are deactivated on the portal"
RETURNS_TO_JHANA = "left out, as they are deactivated on Jhana"
"""What is said of such people on the service on which they aren't deactivated."""
_MOST_NAMED = 10


def decide(
    plan: Plan, create: Collection[int] | None = None, include: Collection[int] | None = None
) -> Plan:
    """What will happen: `leave_out`, then `refuse_impossible`.

    Raises:
        RefusedError: Seats or places don't suffice, or more seats are used than allowed.
    """
    plan = leave_out(plan, create, include)
    refuse_impossible(plan)
    return plan


def leave_out(
    plan: Plan, create: Collection[int] | None = None, include: Collection[int] | None = None
) -> Plan:
    """Leave out whom the administrator, or the options, leave out.

    Args:
        plan: The plan as `draft_plan` made it.
        create: The rows, of those who may be there already, that are created all the same;
            None goes by the options.
        include: The rows, of those whose account is deactivated, that are switched on again; None
            goes by the options.

    Returns:
        The plan, which may still be one that can't be carried out.
    """
    if create is None:
        everybody = plan.options.maybe == "create"
        create = {one.person.row for one in plan.maybes} if everybody else ()
    if include is None:
        everybody = plan.options.returning == "include"
        include = {one.person.row for one in plan.returning} if everybody else ()
    people = []
    for one in plan.people:
        if one.twin and one.person.row not in create:
            people.append(one.skip(MAYBE))
        elif one.reactivates and one.person.row not in include:
            people.append(one.skip(RETURNS))
        elif one.makes_client_admin and is_anothers(one):
            people.append(one.skip(ANOTHERS))
        else:
            people.append(_told_apart(one))
    plan = replace(plan, people=tuple(people))
    return replace(plan, people=tuple(_fitting(plan))) if plan.options.fit else plan


def is_anothers(one: PersonPlan) -> bool:
    """Whether a person's account on the portal is, by its name, another human's.

    Judged as for those who are created: an initial or another spelling is no other.
    """
    account, person = one.portal.account, one.person
    if account is None or not full_name(account):
        return False
    row = Form(person.email, person.first_name, person.last_name)
    return not may_be_one(row, Form(person.email, account.first_name, account.last_name))


def _told_apart(one: PersonPlan) -> PersonPlan:
    """The same person; nobody who has their address otherwise, where somebody has said so."""
    if one.twin is None or one.twin.kind is not Kind.SECOND_ADDRESS:
        return one
    portal, *others = (
        replace(step, wanted=replace(step.wanted, distinct=True))
        for step in (one.portal, one.jhana)
        if step
    )
    return replace(one, portal=portal, jhana=next(iter(others), None))


def refuse_impossible(plan: Plan) -> None:
    """Refuse a plan that can't be carried out as a whole.

    Raises:
        RefusedError: Seats or places don't suffice, with who would not fit; or more seats are used
            than `--max-seats` allows.
    """
    if reasons := impossible(plan):
        short = len(reasons) > 1 or not _beyond_limit(plan)
        raise RefusedError(
            "\n".join(reasons),
            hint="take people out of the file, ask for more seats or places, or upload the first"
            " that fit with --fit"
            if short
            else "look at who is new with: aapimport plan, or raise the limit",
        )


def impossible(plan: Plan) -> tuple[str, ...]:
    """Why a plan can't be carried out, in sentences; empty when it can."""
    reasons = list(_short(plan))
    if _beyond_limit(plan):
        reasons.append(
            f"this upload uses {plan.seats:,} seat{'s' if plan.seats > 1 else ''}, more than"
            f" --max-seats {plan.options.max_seats:,} allows"
        )
    return tuple(reasons)


def _beyond_limit(plan: Plan) -> bool:
    limit = plan.options.max_seats
    return limit is not None and plan.seats > limit


def _fitting(plan: Plan) -> list[PersonPlan]:
    """Everybody, without those for whom there is no seat or no place left; first come first."""
    seats = plan.pass_.free
    places = {team.id: team.free for team in plan.teams}
    people = []
    for one in plan.people:
        left = places[one.team.id] if one.team else None
        if one.seat and seats == 0:
            people.append(one.skip(NO_SEAT))
        elif one.team and left == 0:
            people.append(one.skip(f"{NO_PLACE} {one.team.name}"))
        else:
            people.append(one)
            if one.seat and seats is not None:
                seats -= 1
            if one.team and left is not None:
                places[one.team.id] = left - 1
    return people


def _short(plan: Plan) -> Iterator[str]:
    """What doesn't suffice, and for whom: a line each, with the people below it."""
    for budget in plan.budgets:
        free = budget.free_before
        if free is None or budget.takes <= free:
            continue
        who = _takers(plan, budget)[free:]
        unit = "seat" if budget.kind == "pass" else "place"
        units = unit if free == 1 else f"{unit}s"
        sentence = (
            f"{budget.kind} {budget.name!r} has {free:,} free {units}, this file needs"
            f" {budget.takes:,}; no {unit} for {rows_of(who)}"
        )
        named = (f"  row {one.person.row}  {one.person.email}" for one in who[:_MOST_NAMED])
        lines = [sentence, *named]
        if len(who) > _MOST_NAMED:
            lines.append(f"  and {len(who) - _MOST_NAMED:,} more")
        yield "\n".join(lines)


def _takers(plan: Plan, budget: Budget) -> Sequence[PersonPlan]:
    """Everybody who takes something of a budget, in the file's order."""
    if budget.kind == "pass":
        return [one for one in plan.people if one.seat]
    return [one for one in plan.people if one.team and one.team.id == budget.id]


def unmailable(plan: Plan) -> tuple[int, ...]:
    """The rows of who is new, on a service that can't be asked for their welcome e-mail."""
    new = (
        (one.person.row, "portal" if one.on_portal is Action.CREATE else "jhana")
        for one in plan.people
        if Action.CREATE in {one.on_portal, one.on_jhana}
    )
    return tuple(row for row, service in new if service in plan.mute)
