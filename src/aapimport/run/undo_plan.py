"""What an undo would do: every effect of a run, and whether it can be taken back.

Only what still is as the run left it is touched. Words here name nobody: they stay in the journal.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aapimport.run.left import Joined, Left
from aapimport.run.records import LEAVES, Run, State, StepKind, Task
from aapimport.run.since import (
    BY_KEY,
    NOT_RECORDED,
    AccountSince,
    PersonSince,
    Standing,
    changes_since,
    other_groups,
    set_roles,
)
from aapimport.run.ways_back import BackStep
from aapimport.services.changes import Seen
from aapimport.services.roles import current_role, portal_roles
from aapimport.services.scim import mapping, objects
from aapimport.services.taking_back import Refusal, Values
from aapimport.text import fold

SEAT_STAYS = "the seat stays used"
_NAMED = "name is "


class Sort(StrEnum):
    """What can become of an effect."""

    BACK = "taken back"
    HALF = "half"
    IMPOSSIBLE = "impossible"
    CHANGED = "changed since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect of a run on one person.

    Attributes:
        row: The person's row.
        service: `portal` or `jhana`.
        kind: The undo's step; `email` for an e-mail.
        account_id: The account.
        target: The Group; empty for others.
        sort: What can become of it.
        words: What is taken back, or why it isn't.
    """

    row: int
    service: str
    kind: StepKind
    account_id: str
    target: str
    sort: Sort
    words: str

    @property
    def is_step(self) -> bool:
        """Whether something is written for it."""
        return self.sort in {Sort.BACK, Sort.HALF}


@dataclass(frozen=True, kw_only=True)
class UndoPlan:
    """What an undo would do.

    Attributes:
        run: The run that is taken back.
        people: Everybody of it whose rows were asked for, as they are now.
        effects: What can become of each effect.
        embargoed: The rows of those whose e-mail was never asked for, and won't be.
    """

    run: Run
    people: tuple[PersonSince, ...]
    effects: tuple[Effect, ...]
    embargoed: frozenset[int]

    @property
    def rows(self) -> frozenset[int]:
        """The rows of those about whom something is taken back."""
        return self.embargoed | {one.row for one in self.effects if one.is_step}

    @property
    def by_key_alone(self) -> tuple[PersonSince, ...]:
        """Those about whom something is taken back, and nothing but our key tells who they are."""
        rows = self.rows
        return tuple(
            one
            for one in self.people
            if one.person.row in rows
            and any(it.seen and it.left.by_key_alone for it in one.accounts)
        )

    @property
    def emails(self) -> dict[int, str]:
        """The address of each row, as far as anybody tells."""
        return {one.person.row: one.email for one in self.people}


def effects_of(person: PersonSince) -> Iterator[Effect]:
    """Every effect on a person that isn't as before already."""
    portal = next((one for one in person.accounts if one.left.service == "portal"), None)
    for joined in person.joined:
        theirs = portal is not None and portal.seen is not None
        if joined.standing is Standing.SAME and theirs:
            yield _of_group(joined.joined, Sort.BACK, f"out of {_GROUPS[joined.joined.kind]}")
        elif joined.standing is Standing.UNKNOWN:
            yield _of_group(joined.joined, Sort.IMPOSSIBLE, joined.words)
        elif portal is not None and portal.standing is Standing.UNKNOWN:
            yield _of_group(joined.joined, Sort.IMPOSSIBLE, f"who was put in is {NOT_RECORDED}")
    for account in person.accounts:
        if effect := _of_account(account, [one.joined for one in person.joined]):
            yield effect
    for service in person.person.unknown:
        yield Effect(
            row=person.person.row,
            service=service,
            kind=StepKind.TAKE_BACK,
            account_id="",
            target="",
            sort=Sort.IMPOSSIBLE,
            words="what became of it isn't known: look on the service",
        )
    yield from map(_of_mail, person.person.mails)


def back_steps(effects: Iterable[Effect]) -> Iterator[BackStep]:
    """The steps of an undo; also for what is only named, so that its receipt has it."""
    for one in effects:
        if one.kind is StepKind.EMAIL:
            continue
        in_words = one.kind is StepKind.TAKE_BACK and one.is_step
        yield BackStep(
            row=one.row,
            service=one.service,
            kind=one.kind,
            target=one.words if in_words else one.target,
            account_id=one.account_id,
            state=State.PLANNED if one.is_step else State.NEEDS_PERSON,
            reason="" if one.is_step else one.words,
        )


_GROUPS = {StepKind.PASS: f"the pass; {SEAT_STAYS}", StepKind.TEAM: "the team"}


def _of_group(joined: Joined, sort: Sort, words: str) -> Effect:
    half = sort is Sort.BACK and joined.kind is StepKind.PASS
    return Effect(
        row=joined.row,
        service="portal",
        kind=LEAVES[joined.kind],
        account_id=joined.account_id,
        target=joined.group_id,
        sort=Sort.HALF if half else sort,
        words=words,
    )


def _of_mail(mail: Task) -> Effect:
    return Effect(
        row=mail.row,
        service=mail.service,
        kind=StepKind.EMAIL,
        account_id=mail.account_id,
        target=mail.target,
        sort=Sort.IMPOSSIBLE,
        words="a welcome e-mail was sent, or may have been",
    )


def _of_account(account: AccountSince, joined: Iterable[Joined]) -> Effect | None:
    left = account.left
    if not left.touched:
        return None
    if account.standing is Standing.GONE:
        return None if left.made else _effect(left, Sort.CHANGED, "the account is gone")
    if account.seen is None:
        unknown = account.standing is Standing.UNKNOWN
        sort = Sort.IMPOSSIBLE if unknown else Sort.CHANGED
        return _effect(left, sort, "; ".join(account.changes))
    if not (left.made or left.adopted) and left.before is None:
        return _effect(left, Sort.IMPOSSIBLE, f"what it was before is {NOT_RECORDED}")
    found = to_take_back(left, account.seen, joined)
    if isinstance(found, Refusal):
        return _effect(left, Sort.CHANGED, found.why)
    if not found:
        return None
    words = _words(left, found)
    return _effect(left, Sort.HALF if SEAT_STAYS in words else Sort.BACK, words)


def _effect(left: Left, sort: Sort, words: str) -> Effect:
    return Effect(
        row=left.row,
        service=left.service,
        kind=StepKind.TAKE_BACK,
        account_id=left.account_id,
        target="",
        sort=sort,
        words=words,
    )


def _words(left: Left, values: Mapping[str, Any]) -> str:
    """What is taken back, without a name."""
    said = []
    if "active" in values:
        made = f"account deactivated; {SEAT_STAYS}" if left.made else "deactivated again"
        said.append("Jhana disabled" if left.service == "jhana" else made)
        if left.by_key_alone:
            said.append(BY_KEY)
    if "roles" in values:
        former = [role for role in portal_roles((left.before or {}).get("roles", ()), ()) if role]
        said.append(f"role {former[0] if former else 'none'} again")
    if "entitlements" in values:
        said.append(f"off the pass; {SEAT_STAYS}")
    if "displayName" in values:
        said.append("former name again")
    return ", ".join(said)


def to_take_back(left: Left, seen: Seen, joined: Iterable[Joined]) -> Values | Refusal:
    """What has to be set on an account, so that it is as before the run; nothing when it is.

    An account that the run made is switched off, unless anything at all was changed since: somebody
    works with it. Of one that was there, each value is looked at by itself.
    """
    if not left.is_theirs(seen.account):
        return Refusal("the account isn't certainly this person's any more")
    if left.made:
        return _off(left, seen, joined)
    values: dict[str, Any] = {}
    changed: list[str] = []
    before = left.before or {}
    if before and not before["active"] and left.active and seen.account.active:
        values["active"] = False
    _roles_back(left, seen, values, changed)
    _names_back(left, seen, values, changed)
    if left.pass_id and left.pass_id in seen.account.passes:
        held = objects(seen.resource.get("entitlements"))
        values["entitlements"] = [one for one in held if str(one.get("value")) != left.pass_id]
    if changed and not values:
        return Refusal(f"changed since: {', '.join(changed)}")
    return values


def _off(left: Left, seen: Seen, joined: Iterable[Joined]) -> Values | Refusal:
    if not seen.account.active:
        return {}
    changes = ["name" if one.startswith(_NAMED) else one for one in changes_since(left, seen)] + [
        f"in the team {one}" for one in other_groups(seen, joined)
    ]
    return Refusal(f"changed since: {', '.join(changes)}") if changes else {"active": False}


def _roles_back(left: Left, seen: Seen, values: dict[str, Any], changed: list[str]) -> None:
    """The former role in place of that which the run set, where it still is that."""
    if left.role is None or left.before is None:
        return
    items = [*objects(seen.resource.get("roles"))]
    ours = {*map(fold, set_roles(left, seen))}
    there = {*map(fold, seen.account.roles)}
    missing = [one for one in left.before["roles"] if fold(one) not in there]
    if not ours:
        return
    if current_role(seen.account) != left.role:
        changed.append("role")
        return
    stays = [one for one in items if fold(str(one.get("value", ""))) not in ours]
    back = [
        {"value": one} | ({"primary": True} if at == 0 else {}) for at, one in enumerate(missing)
    ]
    values["roles"] = [*stays, *back]


def _names_back(left: Left, seen: Seen, values: dict[str, Any], changed: list[str]) -> None:
    """The former names in place of those that the run set, where they still are those."""
    names = (left.before or {}).get("names")
    if not names or not left.named:
        return
    now = (fold(seen.account.first_name), fold(seen.account.last_name))
    if now == tuple(map(fold, names)):
        return
    if not left.has_names(seen.account):
        changed.append("name")
        return
    values["name.givenName"], values["name.familyName"] = names
    values["displayName"] = " ".join(filter(None, names))
    if mapping(seen.resource.get("name")).get("formatted"):
        values["name.formatted"] = values["displayName"]
