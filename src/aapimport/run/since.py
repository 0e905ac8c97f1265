"""What has become of the people of a run since: read by account id, and compared with the journal.

Nothing is written. What a service doesn't show proves nothing, and is said.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from aapimport.errors import ServiceError
from aapimport.plan.make import Services
from aapimport.run.back_parts import PASS
from aapimport.run.back_reasons import NOT_RECORDED, NOT_THEIRS
from aapimport.run.back_values import name_refusal
from aapimport.run.differing import ACTIVE, changes_since, hidden_parts, not_shown
from aapimport.run.elsewhere import Elsewhere, other_teams, teams_elsewhere
from aapimport.run.joined import Joined
from aapimport.run.left import Left, LeftPerson
from aapimport.run.records import State, StepKind
from aapimport.services.changes import Seen
from aapimport.services.directory import Directory, Unknown
from aapimport.services.membership import Members, counted, hides, read_team
from aapimport.services.scim import identifier, objects

_AT_ONCE = 4
GONE = "the account is gone"
NOT_SHOWN = "this portal doesn't show who is in it"
BY_KEY = f"known by our key; name and role then are {NOT_RECORDED}"
_IN_DOUBT = "whether the upload had put them in isn't known"
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
        teams: The teams of the portal that it is in, and the run didn't put it into.
        refused: Whether the service doesn't let it be read, as it does others.
        hidden: What the service doesn't show of it, as `differing.not_shown` has it.
        not_told: The parts that it shows of nobody, as `differing.hidden_parts` has it.
    """

    left: Left
    seen: Seen | None
    standing: Standing
    changes: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    refused: bool = False
    hidden: frozenset[str] = frozenset()
    not_told: frozenset[str] = frozenset()

    @property
    def name_refusal(self) -> str:
        """Why nothing is written to it by the name that it shows; empty where nothing is."""
        return name_refusal(self.left, self.seen.account) if self.seen else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedSince:
    """One membership now.

    Attributes:
        joined: The membership.
        standing: `same` where the person is still in, `changed` where they are out, else `unknown`.
        words: What is to be said of it; empty when it is the same, or as a rejection says.
    """

    joined: Joined
    standing: Standing
    words: str = ""

    @property
    def is_not_known(self) -> bool:
        """Whether the run may have put the person in, and nobody can tell."""
        return self.joined.in_doubt and bool(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSince:
    """One person now.

    Attributes:
        person: How the run left them.
        accounts: Their accounts.
        joined: The Groups that the run put them into.
        found_in: The Groups that it found them in.
        remarks: What the services don't tell beside that.
    """

    person: LeftPerson
    accounts: tuple[AccountSince, ...]
    joined: tuple[JoinedSince, ...]
    found_in: tuple[JoinedSince, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def _groups(self) -> tuple[JoinedSince, ...]:
        return (*self.joined, *self.found_in)

    @property
    def portal(self) -> AccountSince | None:
        """The account on the portal."""
        return next((one for one in self.accounts if one.left.service == "portal"), None)

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
            *(
                one.words
                for one in self._groups
                if one.words and (one.standing is Standing.CHANGED or one.is_not_known)
            ),
            *(f"{service}: what became of it isn't known" for service in self.person.unknown),
        )

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What the services don't show, or the journal doesn't tell, so that it isn't proven."""
        joined = tuple(
            one.words
            for one in self._groups
            if one.standing is Standing.UNKNOWN and not one.is_not_known
        )
        by_key = any(one.seen and one.left.by_key_alone for one in self.accounts)
        hidden = (
            f"{one.left.service}: {what} isn't shown"
            for one in self.accounts
            for what in sorted(one.hidden)
        )
        return (*joined, *hidden, *self.remarks, *((BY_KEY,) if by_key else ()))

    @property
    def standing(self) -> Standing:
        """The worst of all; what isn't shown of a Group, a name or a role is no difference.

        Whether an account is active is what a run is about: where it isn't shown nothing is known.
        """
        all_of = [one.standing for one in self.accounts]
        groups = [one for one in self._groups if not one.joined.in_doubt]
        all_of += [one.standing for one in groups if one.standing is not Standing.UNKNOWN]
        all_of += [Standing.UNKNOWN for one in self._groups if one.is_not_known]
        all_of += [Standing.UNKNOWN for _ in self.person.unknown]
        all_of += [Standing.UNKNOWN for one in self.accounts if ACTIVE in one.hidden]
        worst = (Standing.GONE, Standing.CHANGED, Standing.UNKNOWN)
        return next((one for one in worst if one in all_of), Standing.SAME)


def read_back(people: Iterable[LeftPerson], services: Services) -> Iterator[PersonSince]:
    """Everybody now, each account read by its id, each Group once, and the list of teams once.

    Raises:
        SettingsError: A service refuses the token.
        ServiceError: A service can't be asked, or refuses everybody.
    """
    people = [*people]
    groups = _groups(people, services)

    @cache
    def hiding(group_id: str) -> bool:
        """Whether somebody may be in a Group who isn't listed; looked at where somebody isn't."""
        team, portal = groups[group_id], services.portal
        if isinstance(team, Unknown):
            return True
        return portal.may_hide(team) or hides(team, counted(portal, group_id, team))

    places = {"portal": services.portal, "jhana": services.jhana}
    calls = [_read(places[left.service], left) for one in people for left in one.accounts]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        read = [*pool.map(lambda call: call(), calls)]
    for service, directory in places.items():
        theirs = [one for one in read if one.left.service == service]
        if len(theirs) > 1 and all(one.refused for one in theirs):
            raise ServiceError(f"{directory.name} can't be asked: {theirs[0].changes[0]}")
    was_put_on = [*filter(None, (one.seen for one in read if _is_put_on_the_pass(one.left)))]
    made = [*_made(read), *was_put_on]
    elsewhere = teams_elsewhere(services.portal, made, all_of=bool(was_put_on))
    found = iter(read)
    for one in people:
        read_now = [_with_teams(next(found), one.joined, elsewhere) for _ in one.accounts]
        accounts = tuple(it for it in read_now if not _is_lost(it))
        lost = (it.left.service for it in read_now if _is_lost(it))
        joined, found_in = (
            tuple(_member(it, groups[it.group_id], accounts, hiding) for it in some)
            for some in (one.joined, one.found_in)
        )
        may_be_in = any(it.seen and _may_be_elsewhere(it.left) for it in accounts)
        remarks = (elsewhere.why,) if may_be_in and elsewhere.why else ()
        yield PersonSince(
            person=replace(one, unknown=(*one.unknown, *lost)),
            accounts=accounts,
            joined=joined,
            found_in=found_in,
            remarks=remarks,
        )


def _is_lost(account: AccountSince) -> bool:
    """Whether it still isn't known what became of an account that the run hasn't seen."""
    return account.left.unsure and account.seen is None and not account.left.taken_back


def _made(read: Iterable[AccountSince]) -> list[Seen]:
    """The accounts on the portal that the run made."""
    return [one.seen for one in read if one.seen and one.left.made and one.left.service == "portal"]


def _is_put_on_the_pass(left: Left) -> bool:
    """Whether a run has put an account on the pass that was there, and no undo has taken it off."""
    return left.service == "portal" and bool(left.pass_id) and PASS not in left.back


def _may_be_elsewhere(left: Left) -> bool:
    """Whether a team that an account is in, and the run didn't put it into, is of since then."""
    return left.service == "portal" and (left.made or _is_put_on_the_pass(left))


def _with_teams(
    account: AccountSince, joined: Iterable[Joined], elsewhere: Elsewhere
) -> AccountSince:
    left = account.left
    if account.seen is None or not _may_be_elsewhere(left):
        return account
    of_pass = "" if left.made else left.run_pass
    teams = tuple(other_teams(account.seen, joined, elsewhere, of_pass))
    if not teams:
        return account
    words = (*account.changes, *(f"in the team {one}" for one in teams))
    return replace(account, teams=teams, changes=words, standing=Standing.CHANGED)


def _groups(people: Sequence[LeftPerson], services: Services) -> Mapping[str, Members | Unknown]:
    ids = dict.fromkeys(it.group_id for one in people for it in (*one.joined, *one.found_in))
    groups = {own_id: read_team(services.portal, own_id) for own_id in ids}
    for team in groups.values():
        if isinstance(team, Unknown) and not team.gone:
            raise ServiceError(f"{services.portal.name} can't be asked: {team.reason}")
    return groups


def _read(directory: Directory, left: Left) -> Callable[[], AccountSince]:
    def read() -> AccountSince:
        found = directory.fetch(left.account_id)
        if isinstance(found, Unknown):
            if not found.alone:
                raise ServiceError(f"{directory.name} can't be asked: {found.reason}")
            return AccountSince(
                left=left,
                seen=None,
                standing=Standing.UNKNOWN,
                changes=(found.reason,),
                refused=True,
            )
        if found is None:
            return AccountSince(left=left, seen=None, standing=Standing.GONE, changes=(GONE,))
        seen = Seen(account=found[0], resource=found[1])
        not_told = hidden_parts(left, seen, directory.shows)
        return replace(account_since(left, seen), not_told=not_told)

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
    hidden = not_shown(left, seen)
    changes = tuple(changes_since(left, seen, hidden))
    standing = Standing.CHANGED if changes else Standing.SAME
    return AccountSince(left=left, seen=seen, standing=standing, changes=changes, hidden=hidden)


def _member(
    joined: Joined,
    team: Members | Unknown,
    accounts: Iterable[AccountSince],
    hiding: Callable[[str], bool],
) -> JoinedSince:
    what = _GROUP[joined.kind]
    doubt = joined.in_doubt
    if isinstance(team, Unknown):
        return JoinedSince(
            joined=joined, standing=Standing.CHANGED, words=f"{what} is gone from the portal"
        )
    seen = next((one.seen for one in accounts if one.left.service == "portal" and one.seen), None)
    address = seen.account.user_name if seen else ""
    inside = JoinedSince(
        joined=joined, standing=Standing.SAME, words=f"in {what}: {_IN_DOUBT}" if doubt else ""
    )
    if team.listed({joined.account_id: address}):
        return inside
    if hiding(joined.group_id):
        if seen and joined.group_id in _said_groups(seen):
            return inside
        return JoinedSince(joined=joined, standing=Standing.UNKNOWN, words=f"{what}: {NOT_SHOWN}")
    words = f"not in {what}{f': {_IN_DOUBT}' if doubt else ''}"
    is_said = joined.state is State.REJECTED  # as the receipt has it
    return JoinedSince(joined=joined, standing=Standing.CHANGED, words="" if is_said else words)


def _said_groups(seen: Seen) -> set[str]:
    return {identifier(one.get("value")) for one in objects(seen.resource.get("groups"))}
