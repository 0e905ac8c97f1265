"""How the portal and Jhana differ about the people of a pass, and what of it may be put right.

A difference needs something that is known: the two services contradict each other, or one of them
contradicts what the newest upload from here has said. Jhana is each person's own choice, so that
somebody without it is none. What somebody has changed on purpose, as far as can be told, is named
and left: names are the portal's and Jhana follows; whoever is deactivated on the portal has no
business on Jhana; of roles and teams only what an upload sent without an answer is set once more.
Nothing here uses a seat, switches anybody on, or touches the portal's own `active`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from aapimport.person import address_key
from aapimport.plan.make import Services
from aapimport.plan.own import Myself, who_runs
from aapimport.run.both_lists import (
    HIDING,
    Group,
    OnJhana,
    OnPortal,
    read_groups,
    read_jhana,
    read_portal,
)
from aapimport.run.journal import Journal
from aapimport.run.reconciled import Compared, Difference, Kind
from aapimport.run.records import Fact, State
from aapimport.run.words import LOST, Word, Words, words_of
from aapimport.services.identity import full_name
from aapimport.services.roles import current_role, is_client_admin, may_administer
from aapimport.services.scim import Account
from aapimport.services.values import Pass
from aapimport.template.roles import Role
from aapimport.text import fold

_ADMIN = "a client admin is left alone: change it on the services"
_OWN = "this is your own account, which is left alone"


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Everything that is compared.

    Attributes:
        portal: The portal's people.
        jhana: Jhana's.
        words: What uploads have said.
        myself: Whoever runs this.
        keeps_names: Whether Jhana keeps names at all.
        groups: The teams that uploads have put people into, as they are shown.
        team_names: Their names.
    """

    portal: OnPortal
    jhana: OnJhana
    words: Words
    myself: Myself
    keeps_names: bool
    groups: Mapping[str, Group]
    team_names: Mapping[str, str]

    @cached_property
    def _shows_active(self) -> bool:
        """Whether anybody on the pass is active: a portal may say it in a way of its own."""
        people = self.portal.on_pass.values()
        return len(people) <= 1 or any(account.active for account in people)

    def compared(self) -> Compared:
        """All of it."""
        found: list[Difference] = []
        without, off = [], []
        inside = self._inside()
        for account in self.portal.on_pass.values():
            word, handed_on = self._word(account)
            found += handed_on
            if not (handed_on and account.id in self.jhana.doubtful):  # that is said already
                found += self._on_both(account, word)
            if account.active and word:
                found += self._as_said(account, word, inside)
            if account.active and not self._asks_for_jhana(word):
                if account.id not in self.jhana.matched.keys() | self.jhana.doubtful.keys():
                    without.append(account.user_name)
                elif (theirs := self.jhana.matched.get(account.id)) and not theirs.active:
                    off.append(account.user_name)
        found += self._missing()
        on_pass = self.portal.on_pass
        return Compared(
            on_pass=len(on_pass),
            on_jhana=len(on_pass.keys() & self.jhana.matched.keys()),
            differences=tuple(sorted(found, key=lambda one: (fold(one.email), one.kind))),
            without_jhana=tuple(sorted(without)),
            jhana_off=tuple(sorted(off)),
            only_jhana=tuple(self.jhana.unknown),
            unproven=tuple(self._unproven()),
        )

    def _asks_for_jhana(self, word: Word | None) -> bool:
        return word is not None and word.jhana is not None

    def _word(self, account: Account) -> tuple[Word | None, list[Difference]]:
        """The word about whom an account belongs to; none where it was handed on since."""
        word = self.words.about(account)
        if word is None or word.is_about(account):
            return word, []
        if word.portal.wanted is None and not word.portal.person:
            return None, []  # an earlier version didn't keep whose it was
        said = f"the account isn't certainly that person's any more whom {_upload(word)} put here"
        why = "look whose it is now, there and on Jhana"
        handed_on = _told(Kind.HANDED_ON, account, said, why)
        return None, [handed_on]

    def _on_both(self, account: Account, word: Word | None) -> Iterator[Difference]:
        """What the two services say of one person."""
        if account.id in self.jhana.doubtful:
            listed = ", ".join(one.user_name for one in self.jhana.doubtful[account.id])
            words = f"which account on Jhana is theirs can't be decided: {listed}"
            why = "make it one account with this address, and compare again"
            yield _told(Kind.UNDECIDED, account, words, why)
            return
        theirs = self.jhana.matched.get(account.id)
        if theirs is None:
            if account.active and word and word.jhana and not self.jhana.unproven:
                yield _not_on_jhana(account, word)
            return
        if not account.active and theirs.active and self._shows_active:
            yield self._repaired(
                Kind.PORTAL_OFF,
                account,
                theirs,
                words="deactivated on the portal, active on Jhana",
                before="active on Jhana",
                after="switched off on Jhana",
            )
        elif account.active and not theirs.active and word and word.jhana:
            why = (
                "switching somebody on makes Jhana mail them: switch them on there, or upload the"
                " file again with --returning include"
            )
            words = f"active on the portal, switched off on Jhana; {_upload(word)} asked for Jhana"
            yield _told(Kind.JHANA_OFF, account, words, why)
        yield from self._names(account, theirs)
        if _have_other_addresses(account, theirs):
            words = f"{account.user_name} on the portal, {theirs.user_name} on Jhana"
            why = "only support changes a user name; `aapimport request address` writes the letter"
            yield _told(Kind.ADDRESS, account, words, why)

    def _names(self, account: Account, theirs: Account) -> Iterator[Difference]:
        if not (self.keeps_names and self.jhana.shows_names and full_name(account)):
            return
        mine = (fold(account.first_name), fold(account.last_name))
        if mine == (fold(theirs.first_name), fold(theirs.last_name)):
            return
        before, after = full_name(theirs) or "(none)", full_name(account)
        words = f"{after!r} on the portal, {before!r} on Jhana"
        why = "" if all(mine) else "the portal shows only a part of the name"
        yield self._repaired(
            Kind.NAME, account, theirs, words=words, before=before, after=after, why_not=why
        )

    def _as_said(
        self, account: Account, word: Word, inside: Mapping[str, set[str]]
    ) -> Iterator[Difference]:
        """What the portal shows, beside what the newest upload has said of somebody."""
        yield from self._role(account, word)
        team = word.team
        if team is None or account.id in inside.get(team.target, {account.id}):
            return
        name = self.team_names.get(team.target) or team.target
        why = _of_team(team.state, team.reason)
        if self.groups[team.target] is None:
            why = "the team is gone from the portal"
        yield self._repaired(
            Kind.TEAM,
            account,
            None,
            words=f"not in team {name!r}, into which {_upload(word)} puts them",
            before=f"not in team {name!r}",
            after=f"in team {name!r}",
            target=team.target,
            why_not=why,
        )

    def _role(self, account: Account, word: Word) -> Iterator[Difference]:
        said = word.portal.role
        if said is None or not self.portal.shows_roles or current_role(account) == said:
            return
        now = current_role(account) or ", ".join(account.roles) or "none"
        before = word.portal.before
        unchanged = before is not None and {*map(fold, account.roles)} == {
            *map(fold, before["roles"])
        }
        why = "" if word.lost and unchanged else "somebody has given another role since"
        if said == Role.CLIENT_ADMIN or may_administer(account):
            why = _ADMIN
        yield self._repaired(
            Kind.ROLE,
            account,
            None,
            words=f"{now} on the portal; {_upload(word)} said {said}",
            before=now,
            after=said,
            target=said,
            why_not=why,
        )

    def _missing(self) -> Iterator[Difference]:
        """Whom uploads have put on the pass, and who isn't on it."""
        words = {id(word): word for word in self.words.all}
        for account in self.portal.on_pass.values():
            words.pop(id(self.words.about(account)), None)
        for account in self.portal.elsewhere.values():
            word = self.words.about(account)
            if word is None or words.pop(id(word), None) is None:
                continue
            theirs = self.jhana.matched.get(account.id)
            on_jhana = "; on Jhana they are active" if theirs and theirs.active else ""
            said = f"not on the pass any more, on which {_upload(word)} put them{on_jhana}"
            why = "somebody took them off, and being put on it again may use a seat"
            yield _told(Kind.NOT_ON_PASS, account, said, why)
            yield from (it for it in self._on_both(account, None) if it.kind is Kind.PORTAL_OFF)
        for word in words.values():
            said = f"no account on the portal; {_upload(word)} put them on the pass"
            why = "somebody deleted it; whether they are to be disabled on Jhana is yours to say"
            if word.lost:
                said = f"no account on the portal; {_upload(word)} had no answer"
                why = "upload the file again: who is there stays as they are"
            yield Difference(kind=Kind.NOT_ON_PORTAL, email=word.email, words=said, why_not=why)

    def _inside(self) -> dict[str, set[str]]:
        """Who of those whom uploads put into a team is in it; nothing of one that may hide them."""
        asked: dict[str, dict[str, str]] = {}
        for account in self.portal.on_pass.values():
            word = self.words.about(account)
            if word and word.team:
                asked.setdefault(word.team.target, {})[account.id] = account.user_name
        inside: dict[str, set[str]] = {}
        for group_id, people in asked.items():
            team = self.groups[group_id]
            if team != HIDING:
                inside[group_id] = team.listed(people) if team else set()
        return inside

    def _unproven(self) -> Iterator[str]:
        yield from self.portal.unproven
        if not self._shows_active:
            yield "the portal shows everybody on the pass as deactivated: who is off isn't compared"
        if self.jhana.unproven:
            yield self.jhana.unproven
        if not self.portal.shows_roles and any(one.portal.role for one in self.words.all):
            yield "the portal's list shows no roles: they are not compared"
        if not self.jhana.shows_names and self.keeps_names and self.jhana.matched:
            yield "Jhana's list shows no names: they are not compared"
        for group_id, team in self.groups.items():
            if team == HIDING:
                name = self.team_names.get(group_id) or group_id
                yield f"team {name!r} doesn't show who is in it: nothing is concluded from it"

    def _repaired(
        self, kind: Kind, account: Account, theirs: Account | None, **parts: str
    ) -> Difference:
        """A difference that may be put right, unless whose it is forbids it."""
        if any(map(is_client_admin, filter(None, (account, theirs)))):
            parts["why_not"] = _ADMIN
        elif self.myself.owns(account, account.user_name):
            parts["why_not"] = _OWN
        return Difference(kind=kind, email=account.user_name, portal=account, jhana=theirs, **parts)


def compare(
    journal: Journal,
    services: Services,
    pass_: Pass,
    administrator: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> Compared:
    """Read both services, and say how they differ about the people of a pass; nothing is written.

    Args:
        journal: The journal.
        services: Both services.
        pass_: The pass.
        administrator: The address of whoever runs this; empty when it isn't set.
        tell: Is told what goes on.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A list, or a Group, can't be had whole: it proves nothing.
    """
    words = words_of(journal, journal.uploads_to(services.address, pass_.id))
    portal, jhana = services.portal, services.jhana
    on_portal = read_portal(portal, pass_, words)
    if not on_portal.proves_pass:
        return Compared(unproven=on_portal.unproven)
    tell("reading Jhana's list")
    on_jhana = read_jhana(services, on_portal, words)
    tell("reading the teams")
    groups = read_groups(portal, (one.team.target for one in words.all if one.team))
    drops = journal.has_shown(services.address, "jhana", Fact.DROPS_NAMES)
    comparing = Comparing(
        portal=on_portal,
        jhana=on_jhana,
        words=words,
        myself=who_runs(portal, administrator),
        keeps_names=jhana.capabilities.keeps("name.givenName") and not drops,
        groups=groups,
        team_names={one.id: one.name for one in portal.teams()} if groups else {},
    )
    return comparing.compared()


def _upload(word: Word) -> str:
    return f"upload {word.receipt} (row {word.row})"


def _told(kind: Kind, account: Account, words: str, why: str) -> Difference:
    return Difference(kind=kind, email=account.user_name, portal=account, words=words, why_not=why)


def _have_other_addresses(account: Account, theirs: Account) -> bool:
    """Whether both userNames are addresses, and not the same; numbers are no addresses."""
    names = (account.user_name, theirs.user_name)
    return all("@" in one for one in names) and len({*map(address_key, names)}) > 1


def _not_on_jhana(account: Account, word: Word) -> Difference:
    step = word.jhana
    if step is not None and step.state is State.DONE:
        why = "somebody deleted the account on Jhana; upload the file again if it is to be there"
    elif step is not None and step.state in {State.REJECTED, State.NEEDS_PERSON}:
        why = (
            f"Jhana refused it; `aapimport receipt {word.receipt} --xlsx OUT.xlsx --file FILE`"
            " writes who is to be corrected and uploaded"
        )
    else:
        why = "it isn't known to have been sent; upload the file again"
    words = f"on the portal, not on Jhana, for which {_upload(word)} asked"
    return _told(Kind.NOT_ON_JHANA, account, words, why)


def _of_team(state: State, reason: str) -> str:
    """Why somebody isn't put into a team again; empty where only an answer was lost."""
    if state in LOST:
        return ""
    if state is State.DONE:
        return "somebody took them out since"
    return reason or "it was never sent; upload the file again"
