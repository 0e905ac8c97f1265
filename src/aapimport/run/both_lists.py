"""The people of a pass on the portal, and whose account on Jhana is whose: both lists, read once.

Nobody is matched by a guess: an account on Jhana is a person's by what an upload has left there, or
by its userName. Where that fits two, or only a second address does, that is said (`doubtful`).
Requests are the pages of both lists and one for the Group that is the pass; what is held are the
people of the pass and, of all others, the keys of their addresses.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from aapimport.errors import ServiceError
from aapimport.person import address_key
from aapimport.plan.make import Services
from aapimport.plan.notices import PassIs
from aapimport.plan.planner import pass_is
from aapimport.run.words import Word, Words
from aapimport.services.directory import Unknown
from aapimport.services.identity import full_name, keys
from aapimport.services.membership import Members, counted, hides, read_team
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Pass
from aapimport.text import fold

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
        shows_active: Whether anybody at all is active: a portal may say it in a way of its own.
    """

    on_pass: dict[str, Account] = field(default_factory=dict)
    elsewhere: dict[str, Account] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    unproven: tuple[str, ...] = ()
    proves_pass: bool = True
    shows_roles: bool = True
    shows_names: bool = True
    shows_active: bool = True

    def is_anothers(self, account: Account, own_id: str) -> bool:
        """Whether somebody else on the portal has one of the addresses of an account on Jhana."""
        return any(self.owners.get(one, set()) - {own_id} for one in keys(account))


@dataclass(frozen=True, kw_only=True)
class OnJhana:
    """Jhana's list beside it.

    Attributes:
        matched: The account of each person of the pass who has one, by the portal's account id.
        doubtful: The accounts that may be a person's, where that can't be decided; likewise.
        unknown: The addresses of active accounts that nobody on the portal has.
        shows_names: Whether it shows names.
        unproven: Why the list proves nothing; empty when it does.
    """

    matched: dict[str, Account] = field(default_factory=dict)
    doubtful: dict[str, list[Account]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    shows_names: bool = True
    unproven: str = ""


def read_portal(portal: Portal, pass_: Pass, words: Words) -> OnPortal:
    """Read the portal's list to its end.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The list, or the Group that is the pass, can't be had whole.
    """
    way = pass_is(portal, pass_)
    if way is PassIs.NOTHING:
        return _nothing("the portal doesn't show who is on a pass")
    listed = _members(portal, pass_) if way is PassIs.GROUP else None
    if isinstance(listed, str):
        return _nothing(listed)
    members: set[str] | None = listed
    found = OnPortal()
    shows_passes = shows_roles = shows_names = shows_active = False
    for account in portal.everybody():
        shows_passes = shows_passes or bool(account.passes)
        shows_roles = shows_roles or bool(account.roles)
        shows_names = shows_names or bool(full_name(account))
        shows_active = shows_active or account.active
        for one in keys(account):
            found.owners.setdefault(one, set()).add(account.id)
        found.names.add(address_key(account.user_name))
        if pass_.id in account.passes if members is None else _is_listed(account, members):
            found.on_pass[account.id] = account
        elif words.about(account):
            found.elsewhere[account.id] = account
    if members is None and not shows_passes and (words.all or pass_.seats_used):
        return _nothing("the portal's list of people shows nobody on any pass")
    if not (found.on_pass or words.all or portal.capabilities.passes):
        return _nothing(f"nobody on the portal has a pass {pass_.name!r}, which may be misspelt")
    return OnPortal(
        on_pass=found.on_pass,
        elsewhere=found.elsewhere,
        owners=found.owners,
        names=found.names,
        unproven=tuple(f"on the portal {one}" for one in portal.malformed),
        shows_roles=shows_roles,
        shows_names=shows_names,
        shows_active=shows_active,
    )


def _nothing(why: str) -> OnPortal:
    words = f"{why}: that proves nothing about who is on it, and nothing is concluded"
    return OnPortal(unproven=(words,), proves_pass=False)


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


def read_jhana(services: Services, portal: OnPortal, words: Words) -> OnJhana:
    """Read Jhana's list to its end, and find whose account each is.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The list can't be had whole.
    """
    matching = _Matching(portal, words)
    unknown = []
    listed = shows_names = False
    for account in services.jhana.everybody():
        listed = True
        shows_names = shows_names or bool(full_name(account))
        if matching.takes(account) or not account.active:
            continue
        if portal.owners.keys().isdisjoint(keys(account)):
            unknown.append(account.user_name)
    if not listed and (asked := sum(one.on_jhana is not None for one in words.all)):
        why = (
            f"Jhana lists nobody, though uploads from here have left {asked:,} of these people"
            " there: that proves nothing, and nothing is concluded from it"
        )
        return OnJhana(unproven=why)
    matched, doubtful = matching.decided()
    return OnJhana(
        matched=matched, doubtful=doubtful, unknown=sorted(unknown), shows_names=shows_names
    )


class _Matching:
    """Finds whose account each of Jhana's is.

    Args:
        portal: The portal's accounts.
        words: What uploads have said of them.
    """

    def __init__(self, portal: OnPortal, words: Words) -> None:
        self._people: dict[str, Account] = {}
        self._by_name: dict[str, list[str]] = {}
        self._by_mail: dict[str, list[str]] = {}
        self._by_key: dict[str, list[str]] = {}
        self._left: dict[str, tuple[str, Word]] = {}
        self._names = portal.names
        for one in (*portal.on_pass.values(), *portal.elsewhere.values()):
            self._people[one.id] = one
            name, *more = keys(one)
            self._by_name.setdefault(name, []).append(one.id)
            for mail in more:
                if mail != name:
                    self._by_mail.setdefault(mail, []).append(one.id)
            if one.external_id:
                self._by_key.setdefault(one.external_id, []).append(one.id)
            word = words.about(one)
            if word and word.on_jhana and word.is_about(one):
                self._left[word.on_jhana.account_id] = (one.id, word)
        self._certain: dict[str, list[Account]] = {}
        self._evidence: dict[str, list[Account]] = {}
        self._owners: dict[str, set[str]] = {}

    def takes(self, account: Account) -> bool:
        """Whether an account on Jhana is, or may be, one of the people's."""
        sure = {*self._sure(account)}
        alike = set() if sure else {*self._alike(account)}
        for own_id in sure:
            self._certain.setdefault(own_id, []).append(account)
        for own_id in alike:
            self._evidence.setdefault(own_id, []).append(account)
        if owners := sure | alike:
            self._owners[account.id] = owners
        return bool(owners)

    def _sure(self, account: Account) -> Iterator[str]:
        """The people whose it is: by an upload, by its userName, by one key and the same names."""
        own_id, word = self._left.get(account.id, ("", None))
        if word and word.on_jhana:
            ours = account.external_id == word.on_jhana.key != ""
            same = ours and _have_one_name(self._people[own_id], account)  # renamed on both
            if same or word.on_jhana.is_theirs(account):
                yield own_id
        if "@" in account.user_name:  # two services may give the same number to two people
            yield from self._by_name.get(address_key(account.user_name), ())
        if account.external_id:
            for one in self._by_key.get(account.external_id, ()):
                if _have_one_name(self._people[one], account):
                    yield one

    def _alike(self, account: Account) -> Iterator[str]:
        """The people whose it may be: one of the addresses is the same, and no userName.

        Not where somebody else on the portal has its userName.
        """
        if "@" in account.user_name and address_key(account.user_name) in self._names:
            return
        for mail in keys(account):
            yield from self._by_mail.get(mail, ())
            yield from self._by_name.get(mail, ())

    def decided(self) -> tuple[dict[str, Account], dict[str, list[Account]]]:
        """Who is matched, and who can't be; by the portal's account id."""
        matched, doubtful = {}, {}
        for own_id in self._certain.keys() | self._evidence.keys():
            sure = self._certain.get(own_id, [])
            alike = self._evidence.get(own_id, [])
            if len(sure) == 1 and len(self._owners[sure[0].id]) == 1:
                matched[own_id] = sure[0]
            elif not sure and self._is_named_otherwise(own_id, alike):
                matched[own_id] = alike[0]
            else:
                doubtful[own_id] = sure or alike
        return matched, doubtful

    def _is_named_otherwise(self, own_id: str, alike: list[Account]) -> bool:
        """Whether one account fits by address and names where userNames are no addresses.

        As `identity.belongs` has it for the row of a file.
        """
        if len(alike) != 1:
            return False
        mine, other = self._people[own_id], alike[0]
        several = len(self._owners[other.id]) > 1
        no_address = "@" not in mine.user_name or "@" not in other.user_name
        return no_address and not several and _have_one_name(mine, other)


def _have_one_name(one: Account, other: Account) -> bool:
    names = (fold(one.first_name), fold(one.last_name))
    return any(names) and names == (fold(other.first_name), fold(other.last_name))


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
