"""The people of a pass on the portal, and whose account on Jhana is whose: both lists, read once.

Nobody is matched by a guess: an account on Jhana is a person's by what an upload has left there, or
by its userName. Where that fits two, or only a second address does, that is said (`doubtful`).
Requests are the pages of both lists, one for the Group that is the pass, and one for each account
that an upload has left there and a list doesn't show; what is held are the people of the pass and,
of all others, the keys of their addresses.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.plan.make import Services
from aapimport.plan.notices import PassIs
from aapimport.plan.planner import pass_is
from aapimport.run.by_id import read_each
from aapimport.run.matching import Matching
from aapimport.run.words import Words
from aapimport.services.directory import Unknown
from aapimport.services.identity import full_name, keys
from aapimport.services.membership import Members, counted, hides, read_team
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Pass

MOST_NAMED = 5
"""Accounts that can't be read, and that are named one by one."""
ANOTHER = "another account on the portal has one of the addresses"
NOBODY = (
    "Jhana lists nobody, which proves nothing about who is missing there; no upload from here has"
    " ever asked for Jhana, by whichever profile, so nobody is expected there"
)
HIDING: Literal["hiding"] = "hiding"
Group = Members | Literal["hiding"] | None
"""Who is in a Group: `HIDING` where it may not list all, None where it is gone."""


@dataclass(frozen=True, kw_only=True)
class OnPortal:
    """The portal's list, as far as a pass goes.

    Attributes:
        on_pass: Who is on the pass, by account id.
        elsewhere: Who isn't and is known from an upload to it, by account id.
        owners: By the key of each address that the portal's accounts have, whose it is.
        names: The keys of their userNames alone.
        unproven: What the list doesn't prove, in words; nothing may be concluded where it is about
            the pass itself.
        proves_pass: Whether it shows who is on the pass.
        shows_roles: Whether it shows roles.
        shows_names: Whether it shows names.
        shows_emails: Whether it shows `emails`: else nobody knows who else has an address.
        told_active: What was met of people's `active`, wherever it is told.
        gone: The accounts that an upload has left, and that are gone when asked for by id.
        unread: Why others of them can't be read, by account id.
        left_out: Who is there by id, and isn't in the list.
        active_unknown: Why it isn't known whether somebody is active, by account id.
    """

    on_pass: dict[str, Account] = field(default_factory=dict)
    elsewhere: dict[str, Account] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    unproven: tuple[str, ...] = ()
    proves_pass: bool = True
    shows_roles: bool = True
    shows_names: bool = True
    shows_emails: bool = True
    told_active: set[bool] = field(default_factory=set)
    gone: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    active_unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> dict[str, Account]:
        """Whoever is on the pass, or is known from an upload to it, by account id."""
        return {**self.on_pass, **self.elsewhere}

    @property
    def shows_active(self) -> bool:
        """Whether not everybody is deactivated: a portal may say `active` in a way of its own."""
        return self.told_active != {False}

    def others(self, account: Account, theirs: Account) -> str:
        """Why an address of one of two accounts may be somebody else's; empty where it isn't.

        Where the list shows no e-mail addresses it tells that by userNames alone.
        """
        both = {*keys(account), *keys(theirs)}
        return ANOTHER if any(self.owners.get(one, set()) - {account.id} for one in both) else ""


@dataclass(frozen=True, kw_only=True)
class OnJhana:
    """Jhana's list beside it.

    Attributes:
        matched: The account of each person of the pass who has one, by the portal's account id.
        doubtful: The accounts that may be a person's, where that can't be decided; likewise.
        unknown: The addresses of accounts that nobody on the portal has, but of those that are off.
        shows_names: Whether it shows names.
        unproven: Why the list proves nothing; empty when it does.
        nobody: That nobody is there, and nobody is expected there, in words; empty otherwise.
        malformed: Which of its accounts can't be read, or whose they are can't be told, in words.
        gone: Whose account there is gone when asked for by id, by the portal's account id.
        unread: Why the accounts of others can't be read, likewise.
        left_out: Whose account is there by id, and isn't in the list.
        active_unknown: Why it isn't known whether somebody's account is active, likewise.
    """

    matched: dict[str, Account] = field(default_factory=dict)
    doubtful: dict[str, list[Account]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    shows_names: bool = True
    unproven: str = ""
    nobody: str = ""
    malformed: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()
    unread: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    active_unknown: Mapping[str, str] = field(default_factory=dict)


def read_portal(portal: Portal, pass_: Pass, words: Words) -> OnPortal:
    """Read the portal's list to its end, and by id whom uploads have left and it doesn't show.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The list, or the Group that is the pass, can't be had whole.
    """
    way = pass_is(portal, pass_)
    if way is PassIs.NOTHING:
        return _nothing("the portal doesn't tell who is on a pass")
    listed = _members(portal, pass_) if way is PassIs.GROUP else None
    if isinstance(listed, str):
        return _nothing(listed)
    members: set[str] | None = listed
    found = OnPortal()
    shows_passes = shows_roles = shows_names = shows_emails = False
    for account in portal.everybody():
        shows_passes = shows_passes or bool(account.passes)
        shows_roles = shows_roles or bool(account.roles)
        shows_names = shows_names or bool(full_name(account))
        shows_emails = shows_emails or bool(account.emails)
        _take(found, account, words, pass_.id if members is None else members)
    is_empty = pass_.seats_used == 0 and not words.all  # the seats say it, and not the list
    if members is None and not shows_passes and not is_empty:
        return _nothing("the portal's list of people shows nobody on any pass")
    if not (found.on_pass or words.all or portal.capabilities.passes):
        return _nothing(f"nobody on the portal has a pass {pass_.name!r}, which may be misspelt")
    read = read_each(portal, _not_listed(found, words))
    left_out = [one for one in read.values() if isinstance(one, Account)]
    for account in left_out:
        _take(found, account, words, pass_.id if members is None else members)
    if members is None and not found.on_pass and pass_.seats_used:
        used = f"of which seats are used ({pass_.seats_used:,})"
        return _nothing(f"the portal's list of people shows nobody on this pass, {used}")
    for number, one in enumerate(portal.unusable):
        for key in keys(one):
            found.owners.setdefault(key, set()).add(f"unusable {number}")
    return replace(
        found,
        unproven=_some("on the portal", portal.malformed),
        shows_roles=shows_roles,
        shows_emails=shows_emails,
        shows_names=shows_names,
        gone=frozenset(one for one, it in read.items() if it is None),
        unread={one: it.reason for one, it in read.items() if isinstance(it, Unknown)},
        left_out=tuple(one.user_name for one in left_out),
    )


def _take(found: OnPortal, account: Account, words: Words, on_pass: str | set[str]) -> None:
    """Put an account among the others; on the pass of an id, or that is a Group of some."""
    for one in keys(account):
        found.owners.setdefault(one, set()).add(account.id)
    found.names.add(address_key(account.user_name))
    if account.says_active:
        found.told_active.add(account.active)
    if on_pass in account.passes if isinstance(on_pass, str) else _is_listed(account, on_pass):
        found.on_pass[account.id] = account
    elif words.about(account):
        found.elsewhere[account.id] = account


def _not_listed(found: OnPortal, words: Words) -> list[str]:
    """The accounts that uploads have left on the portal, and that it doesn't list."""
    listed = {id(words.about(account)) for account in found.people.values()}
    ids = (word.portal.account_id for word in words.all if id(word) not in listed)
    return [one for one in ids if one]


def _nothing(why: str) -> OnPortal:
    words = (
        f"{why}: that proves nothing about who is on it, and nothing is concluded; look on the"
        " portal itself who is on the pass, and ask its owner to let this token see it"
        " (aapimport doctor tells what the portal shows)"
    )
    return OnPortal(unproven=(words,), proves_pass=False)


def _some(where: str, malformed: Sequence[str]) -> tuple[str, ...]:
    """Accounts that can't be read, in words; of many the first, and how many more."""
    said = [f"{where} {one}" for one in malformed[:MOST_NAMED]]
    if len(malformed) > MOST_NAMED:
        said.append(f"{where} {len(malformed) - MOST_NAMED:,} more accounts can't be read")
    return tuple(said)


def _is_listed(account: Account, members: set[str]) -> bool:
    """Whether a Group lists an account, by its id or its userName.

    A userName counts only where it is an address: a number may be another account's id.
    """
    named = "@" in account.user_name and address_key(account.user_name) in members
    return named or account.id in members


def _members(portal: Portal, pass_: Pass) -> set[str] | str:
    """The ids, and the keys of the userNames, in the Group that is the pass; else why it hides."""
    team = read_team(portal, pass_.group_id)
    if isinstance(team, Unknown):
        raise ServiceError(f"who is on pass {pass_.name!r} can't be read: {team.reason}")
    if portal.may_hide(team) or hides(team, counted(portal, pass_.group_id, team)):
        return f"the portal doesn't show who is in the Group that is the pass {pass_.name!r}"
    return {*team.items, *map(address_key, team.items)}


def read_jhana(
    services: Services, portal: OnPortal, words: Words, expects: Callable[[], bool | Unknown]
) -> OnJhana:
    """Read Jhana's list to its end, by id whom it doesn't show, and find whose account each is.

    Args:
        services: Both services.
        portal: The portal's list.
        words: What uploads to the pass have said.
        expects: Tells whether any upload from here has ever asked for Jhana.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The list can't be had whole.
    """
    matching = Matching(portal.people.values(), portal.names, words)
    unknown = []
    nameless = 0
    listed = shows_names = False
    for account in services.jhana.everybody():
        listed = True
        shows_names = shows_names or bool(full_name(account))
        if matching.takes(account) or not account.active:
            continue
        if portal.owners.keys().isdisjoint(keys(account)):
            unknown.append(account.user_name)
            nameless += not any("@" in one for one in (account.user_name, *account.emails))
    malformed = _some("on Jhana", services.jhana.malformed)
    if not listed and portal.people:
        return _nobody(services, words, malformed, expects())
    if nameless:
        people = "1 account shows" if nameless == 1 else f"{nameless:,} accounts show"
        malformed += (f"on Jhana {people} no address: whose they are can't be told",)
    whose = matching.not_met
    read = read_each(services.jhana, whose)
    left_out = [one for one in read.values() if isinstance(one, Account)]
    for account in left_out:
        matching.takes(account)
    matched, doubtful = matching.decided()
    return OnJhana(
        matched=matched,
        doubtful=doubtful,
        unknown=sorted(unknown),
        shows_names=shows_names or any(map(full_name, left_out)),
        gone=frozenset(whose[one] for one, it in read.items() if it is None),
        unread={whose[one]: it.reason for one, it in read.items() if isinstance(it, Unknown)},
        malformed=malformed,
        left_out=tuple(one.user_name for one in left_out),
    )


def _nobody(
    services: Services, words: Words, malformed: tuple[str, ...], is_expected: bool | Unknown
) -> OnJhana:
    """What a list on Jhana without anybody says: nothing, whoever is expected there."""
    if not (is_expected or malformed):
        page = services.jhana.first_page()
        if page.says_total and not (page.total or page.elements or page.cursor):
            return OnJhana(nobody=NOBODY)
    asked = sum(one.on_jhana is not None for one in words.all)
    though = f", though uploads from here have left {asked:,} of these people there"
    why = f"Jhana lists nobody{though if asked else ''}"
    if isinstance(is_expected, Unknown):
        why += f", and whether anybody is expected there isn't known, as {is_expected.reason}"
    return OnJhana(
        unproven=f"{why}: that proves nothing, and nothing is concluded from it",
        malformed=malformed,
    )


def read_groups(portal: Portal, ids: Iterable[str]) -> dict[str, Group]:
    """Some Groups, each read once.

    Raises:
        SettingsError: The token is refused.
        ServiceError: One can't be read.
    """
    groups: dict[str, Group] = {}
    for own_id in dict.fromkeys(ids):
        team = read_team(portal, own_id)
        if isinstance(team, Unknown):
            if not team.gone:
                raise ServiceError(f"{portal.name} can't be asked: {team.reason}")
            groups[own_id] = None
        elif portal.may_hide(team) or hides(team, counted(portal, own_id, team)):
            groups[own_id] = HIDING
        else:
            groups[own_id] = team
    return groups
