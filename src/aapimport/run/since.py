"""What has become of the people of a run since: read by account id, and compared with the journal.

Nothing is written. What a service doesn't show proves nothing, and is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from aapimport.errors import ServiceError
from aapimport.plan.make import Services
from aapimport.run.left import Joined, Left, LeftPerson
from aapimport.run.records import StepKind
from aapimport.services.changes import Seen
from aapimport.services.directory import Directory, Unknown
from aapimport.services.membership import Members, read_team
from aapimport.services.roles import current_role, portal_roles
from aapimport.services.scim import Account, identifier, objects
from aapimport.text import fold

_AT_ONCE = 4
GONE = "the account is gone"
NOT_THEIRS = "the account isn't certainly this person's any more"
NOT_SHOWN = "this portal doesn't show who is in it"
NOT_RECORDED = "not recorded by the earlier version of aapimport that began the upload"
BY_KEY = f"known by our key; name and role then are {NOT_RECORDED}"
_GROUP = {StepKind.PASS: "the pass", StepKind.TEAM: "the team"}


class Standing(StrEnum):
    """How somebody stands now, beside how the run left them."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSince:
    """One account now.

    Attributes:
        left: How the run left it.
        seen: How it is; None where it is gone, somebody else's, or can't be read.
        standing: How it stands.
        changes: What is otherwise than the run left it, or why nothing is known.
    """

    left: Left
    seen: Seen | None
    standing: Standing
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedSince:
    """One membership now.

    Attributes:
        joined: The membership.
        standing: `same` where the person is still in, `changed` where they are out, else `unknown`.
        words: What is to be said of it; empty when it is the same.
    """

    joined: Joined
    standing: Standing
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSince:
    """One person now.

    Attributes:
        person: How the run left them.
        accounts: Their accounts.
        joined: The Groups that the run put them into.
    """

    person: LeftPerson
    accounts: tuple[AccountSince, ...]
    joined: tuple[JoinedSince, ...]

    @property
    def email(self) -> str:
        """The address: the journal's, or what the portal shows now."""
        shown = (one.seen.account.user_name for one in self.accounts if one.seen)
        return self.person.email or next(shown, "")

    @property
    def words(self) -> tuple[str, ...]:
        """What is otherwise than the run left it, by service."""
        return (
            *(f"{one.left.service}: {word}" for one in self.accounts for word in one.changes),
            *(one.words for one in self.joined if one.standing is Standing.CHANGED),
            *(f"{service}: what became of it isn't known" for service in self.person.unknown),
        )

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What the services don't show, or the journal doesn't tell, so that it isn't proven."""
        joined = tuple(one.words for one in self.joined if one.standing is Standing.UNKNOWN)
        if any(one.seen and one.left.by_key_alone for one in self.accounts):
            return (*joined, BY_KEY)
        return joined

    @property
    def standing(self) -> Standing:
        """The worst of all; what isn't shown of a Group alone is no difference."""
        all_of = [one.standing for one in self.accounts]
        all_of += [one.standing for one in self.joined if one.standing is not Standing.UNKNOWN]
        all_of += [Standing.UNKNOWN for _ in self.person.unknown]
        worst = (Standing.GONE, Standing.CHANGED, Standing.UNKNOWN)
        return next((one for one in worst if one in all_of), Standing.SAME)


def read_back(people: Iterable[LeftPerson], services: Services) -> Iterator[PersonSince]:
    """Everybody now, each account read by its id and each Group once.

    Raises:
        SettingsError: A service refuses the token.
        ServiceError: A service can't be asked.
    """
    people = [*people]
    groups = _groups(people, services)
    places = {"portal": services.portal, "jhana": services.jhana}
    calls = [_read(places[left.service], left) for one in people for left in one.accounts]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda call: call(), calls)
        for one in people:
            accounts = tuple(next(found) for _ in one.accounts)
            joined = tuple(
                _member(it, groups[it.group_id], accounts, services) for it in one.joined
            )
            yield PersonSince(person=one, accounts=accounts, joined=joined)


def _groups(people: Sequence[LeftPerson], services: Services) -> Mapping[str, Members | Unknown]:
    ids = dict.fromkeys(it.group_id for one in people for it in one.joined)
    groups = {own_id: read_team(services.portal, own_id) for own_id in ids}
    for team in groups.values():
        if isinstance(team, Unknown) and not team.gone:
            raise ServiceError(f"{services.portal.name} can't be asked: {team.reason}")
    return groups


def _read(directory: Directory, left: Left) -> Callable[[], AccountSince]:
    def read() -> AccountSince:
        found = directory.fetch(left.account_id)
        if isinstance(found, Unknown):
            raise ServiceError(f"{directory.name} can't be asked: {found.reason}")
        if found is None:
            return AccountSince(left=left, seen=None, standing=Standing.GONE, changes=(GONE,))
        return account_since(left, Seen(account=found[0], resource=found[1]))

    return read


def account_since(left: Left, seen: Seen) -> AccountSince:
    """An account beside how the run left it; one that isn't certainly the person's isn't shown."""
    if left.wanted is None and not left.person and not left.is_theirs(seen.account):
        what = "whose account it was"
        if left.touched and not left.made:
            what += ", and what it was before,"
        words = (f"{what} is {NOT_RECORDED}",)
        return AccountSince(left=left, seen=None, standing=Standing.UNKNOWN, changes=words)
    if not left.is_theirs(seen.account):
        return AccountSince(left=left, seen=None, standing=Standing.CHANGED, changes=(NOT_THEIRS,))
    changes = tuple(changes_since(left, seen))
    standing = Standing.CHANGED if changes else Standing.SAME
    return AccountSince(left=left, seen=seen, standing=standing, changes=changes)


def changes_since(left: Left, seen: Seen) -> Iterator[str]:
    """What is otherwise than the run left it, in words."""
    account = seen.account
    if account.active is not left.active:
        yield "switched on" if account.active else "deactivated"
    if (role := _role_since(left, account)) is not None:
        yield f"role is {role or 'none'}"
    if left.pass_id and left.pass_id not in account.passes:
        yield "not on the pass"
    if left.named and not left.has_names(account):
        yield f"name is {account.first_name} {account.last_name}"
    if left.made and (others := [one for one in account.passes if one != left.run_pass]):
        yield f"on another pass: {', '.join(others)}"


def _role_since(left: Left, account: Account) -> str | None:
    """The role that somebody has given since; None where it is the same, or nobody can tell."""
    if left.role is not None:
        role = current_role(account)
        return role if role != left.role else None
    if left.before is None or "role" in left.lacks:
        return None
    now, then = {*map(fold, account.roles)}, {*map(fold, left.before["roles"])}
    return ", ".join(account.roles) if now != then else None


def other_groups(seen: Seen, joined: Iterable[Joined]) -> list[str]:
    """The teams that an account says it is in, and the run didn't put it into.

    Those that it is in by another group (`indirect`, RFC 7643 section 4.1.2) nobody chose for it.
    """
    ours = {one.group_id for one in joined}
    return [
        str(one.get("display") or one.get("value"))
        for one in objects(seen.resource.get("groups"))
        if identifier(one.get("value")) not in ours and one.get("type") != "indirect"
    ]


def _member(
    joined: Joined,
    team: Members | Unknown,
    accounts: Iterable[AccountSince],
    services: Services,
) -> JoinedSince:
    what = _GROUP[joined.kind]
    if isinstance(team, Unknown):
        return JoinedSince(
            joined=joined, standing=Standing.CHANGED, words=f"{what} is gone from the portal"
        )
    seen = next((one.seen for one in accounts if one.left.service == "portal" and one.seen), None)
    address = seen.account.user_name if seen else ""
    if team.listed({joined.account_id: address}):
        return JoinedSince(joined=joined, standing=Standing.SAME)
    if services.portal.may_hide(team):
        if seen and joined.group_id in _said_groups(seen):
            return JoinedSince(joined=joined, standing=Standing.SAME)
        return JoinedSince(joined=joined, standing=Standing.UNKNOWN, words=f"{what}: {NOT_SHOWN}")
    return JoinedSince(joined=joined, standing=Standing.CHANGED, words=f"not in {what}")


def _said_groups(seen: Seen) -> set[str]:
    return {identifier(one.get("value")) for one in objects(seen.resource.get("groups"))}


def set_roles(left: Left, seen: Seen) -> list[str]:
    """The values of those of an account's roles that the run has set and weren't there before."""
    items = [*objects(seen.resource.get("roles"))]
    had = {*map(fold, (left.before or {}).get("roles", ()))}
    roles = portal_roles(seen.account.roles, seen.account.role_labels)
    values = (str(one.get("value", "")) for one in items)
    return [it for it, role in zip(values, roles, strict=True) if role and fold(it) not in had]
