"""What a plan becomes in the journal: its people's values, its options, its steps."""

import getpass
import hashlib
import json
import socket
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aapimport.person import Person
from aapimport.plan.decide import MAYBE, RETURNS, RETURNS_TO_JHANA, RETURNS_TO_PORTAL
from aapimport.plan.file_admins import file_admins
from aapimport.plan.names import meant
from aapimport.plan.plan import Action, PersonPlan, Plan, Step
from aapimport.run.digests import address_digest, names_digest, server_digest, team_digest
from aapimport.run.own_roles import REPLACED, role_details
from aapimport.run.records import JOINS, State, StepKind
from aapimport.services.roles import replaced_roles
from aapimport.services.values import EmailKind, Pass, Wanted

_JSON = json.JSONEncoder(ensure_ascii=False)


def wanted_json(one: PersonPlan) -> str:
    """What a person's accounts should be, by service, as the journal keeps it."""
    wanted = {"portal": _fields(one.portal.wanted)}
    if one.jhana:
        wanted["jhana"] = _fields(one.jhana.wanted)
    return _JSON.encode(wanted)


def _fields(wanted: Wanted) -> dict[str, object]:
    """Like dataclasses.asdict, which copies deeply and takes ten times as long."""
    return {name: getattr(wanted, name) for name in Wanted.__dataclass_fields__}


def team_ids(plan: Plan) -> dict[str, str]:
    """The ids of the teams of a plan, by their names as the file has them."""
    typed = {one.person.team for one in plan.people if one.person.team}
    found = {name: meant(name, plan.teams, by_id=False) for name in typed}
    return {name: teams[0].id for name, teams in found.items() if teams}


def before_json(one: PersonPlan, plan: Plan, teams: Mapping[str, str]) -> str | None:
    """What a person was before the run, for a way back; None for people who are left out.

    On each service, where there was an account: whether it was active, its roles, which of them go
    where the run sets one (`replaced`), and a digest of
    the names that it showed, whoever's they were; where the plan changes the role, also what else
    the roles in question were, and which was primary. Then whether
    the person was on the pass, in the team that the file names (null when it names none), and on
    Jhana (null when the row doesn't ask for it). The former names, and what displays
    them in one piece, are kept only where the plan changes them: nothing else here names anybody,
    so it stays when `wanted` is erased, also that names were changed (`renamed`). So do the
    role that the run sets, null where it leaves roles alone, whether an entitlement puts people on
    the pass, a digest of the name of the team that they are put into, and digests of the address
    and the names, together and alone: by them a later look tells whose the account is, also of
    somebody who has another address by then, and whether it still is as the run left it. So do the
    ids of the Groups that the person was in already, as the file wants it (`found_in`).

    Args:
        one: The person.
        plan: The plan.
        teams: As `team_ids` has them.
    """
    if one.skipped:
        return None
    pass_, receipt = plan.pass_, plan.receipt
    before: dict[str, object] = {
        "portal": _before(one.portal, one.person.email),
        "jhana": _before(one.jhana, one.person.email),
        "on_pass": _was_on_pass(one.portal, pass_),
        "team": one.team is None if one.person.team else None,
        "on_jhana": _was_on_jhana(one.jhana),
        "person": address_digest(one.person.email),
        "named": names_digest(one.person.email, one.person.first_name, one.person.last_name),
        "called": names_digest(receipt, one.person.first_name, one.person.last_name),
        "role": one.portal.wanted.role,
        "by_entitlement": one.portal.wanted.pass_id is not None,
    }
    if one.team:
        before["team_named"] = team_digest(one.team.name)
    if found_in := dict(_found_in(one, pass_, teams)):
        before["found_in"] = found_in
    return _JSON.encode(before)


def _found_in(one: PersonPlan, pass_: Pass, teams: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if one.portal.account is None:
        return
    if pass_.group_id and not one.pass_group and pass_.id in one.portal.account.passes:
        yield StepKind.PASS.value, pass_.group_id
    if one.team is None and (own_id := teams.get(one.person.team or "")):
        yield StepKind.TEAM.value, own_id


def _before(step: Step | None, email: str) -> dict[str, object] | None:
    if step is None or step.account is None:
        return None
    account = step.account
    named = names_digest(email, account.first_name, account.last_name)
    before: dict[str, object] = {
        "active": account.active,
        "roles": account.roles,
        REPLACED: replaced_roles(account),
        "named": named,
    }
    if any(change.attribute == "role" for change in step.changes):
        before |= role_details(account)
    if any(change.attribute in {"first name", "last name"} for change in step.changes):
        whole = {"displayName": account.display_name, "name.formatted": account.formatted_name}
        before["renamed"] = True
        before["names"] = (account.first_name, account.last_name, whole)
    return before


def _was_on_pass(step: Step, pass_: Pass) -> bool:
    """Where nobody is put on a pass, everybody with an account is on it."""
    if step.account is None:
        return False
    put_on_it = step.wanted.pass_id is not None or pass_.group_id
    return pass_.id in step.account.passes if put_on_it else True


def _was_on_jhana(step: Step | None) -> bool | None:
    return None if step is None else step.account is not None and step.account.active


def options_json(plan: Plan) -> str:
    """What the administrator decided about a plan, by the names of the flags that decide it.

    `maybe` and `returning` say what became of those people, whoever was asked: `asked` when some
    are in and some are left out, and null where the question didn't arise. `maybe_created` has the
    rows of those who are created all the same. `letters` says which mail server was approved to
    send the welcome e-mails afterwards, and to whom; its digest stays when the sender's address is
    erased, so that another server is still known for another. `left_out` and `other_sheets` say
    which rows and sheets of the file were not read. Two settings decide, too; the
    administrator's is kept as a digest.
    """
    options = plan.options
    decided: dict[str, object] = {
        "maybe": _decided([one for one in plan.people if one.twin], MAYBE, "create"),
        "returning": _decided([one for one in plan.people if _was_off(one)], RETURNS, "include"),
        "fit": options.fit,
        "update_roles": options.update_roles,
        "update_names": options.update_names,
        "client_admins": len(file_admins(plan)),
        "new_client_admins": len(plan.client_admins),
        "left_out": plan.left_out,
        "other_sheets": plan.other_sheets,
        "maybe_created": [it.person.row for it in plan.people if it.twin and it.skipped != MAYBE],
        "administrator": address_digest(options.administrator),
        "pass_as": options.pass_as,
    }
    if plan.letters:
        server = plan.letters.server
        approved = {"server": server, "digest": server_digest(server)}
        decided["letters"] = approved | {"rows": plan.letters.rows}
    return _JSON.encode(decided)


def _was_off(one: PersonPlan) -> bool:
    accounts = [step.account for step in (one.portal, one.jhana) if step and step.account]
    return not all(account.active for account in accounts)


def _decided(people: Sequence[PersonPlan], reason: str, word: str) -> str | None:
    """What became of people about whom there was a question."""
    left_out = {one.skipped == reason for one in people}
    if len(left_out) == 1:
        return "leave-out" if left_out == {True} else word
    return "asked" if left_out else None


def people_digest(people: Iterable[Person]) -> str:
    """SHA-256 of a file's people: the same when it is merely saved again."""
    digest = hashlib.sha256()
    for person in people:
        digest.update(repr(person).encode())
    return digest.hexdigest()


def plan_digest(people: Sequence[PersonPlan], wanted: Sequence[str]) -> str:
    """SHA-256 of what is planned for everybody, and of what their accounts should be.

    Not that of a written plan, whose making takes half as long as the whole beginning of a run.

    Args:
        people: Everybody.
        wanted: `wanted_json` of each of them.
    """
    digest = hashlib.sha256()
    for one, text in zip(people, wanted, strict=True):
        joins = (one.team.id if one.team else "", one.pass_group, one.email or "", one.seat)
        digest.update(f"{one.person.row} {one.on_portal} {one.on_jhana} {joins} {text}".encode())
    return digest.hexdigest()


def this_user() -> str:
    """Who runs aapimport, and where: `ana@desk`; as far as the system says."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, in a container
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def steps_of(one: PersonPlan) -> Iterator[tuple[str, ...]]:
    """The steps of one person: service, kind, action, target, state, key, account id, reason."""
    yield _account_step("portal", one.portal, _why_skipped(one, one.portal, RETURNS_TO_JHANA))
    if one.jhana:
        yield _account_step("jhana", one.jhana, _why_skipped(one, one.jhana, RETURNS_TO_PORTAL))
    groups = {StepKind.PASS: one.pass_group, StepKind.TEAM: one.team.id if one.team else ""}
    for kind in JOINS:
        if groups[kind]:
            yield ("portal", kind, Action.CHANGE, groups[kind], State.PLANNED, "", "", "")
    if one.email:
        service = "jhana" if one.email is EmailKind.JHANA else "portal"
        key = uuid.uuid4().hex
        yield (service, StepKind.EMAIL, Action.CREATE, one.email, State.PLANNED, key, "", "")


def _why_skipped(one: PersonPlan, step: Step, elsewhere: str) -> str:
    """Why a person is left out, as it is said of one service: they may be off on the other."""
    is_off = step.account is not None and not step.account.active
    return elsewhere if one.skipped == RETURNS and not is_off else one.skipped


def _account_step(service: str, step: Step, skipped: str) -> tuple[str, ...]:
    state = State.DONE if step.action is Action.SAME else State.PLANNED
    if skipped:
        state = State.SKIPPED
    key = uuid.uuid4().hex
    return (service, StepKind.ACCOUNT, step.action, "", state, key, step.account_id, skipped)
