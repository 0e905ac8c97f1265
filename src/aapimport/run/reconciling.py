"""How the portal and Jhana differ about the people of a pass, and what of it may be put right.

A difference needs something that is known: the two services contradict each other, or one of them
contradicts what the newest upload from here has said. Jhana is each person's own choice, so that
somebody without it is none. What somebody has changed on purpose, as far as can be told, is named
and left: names are the portal's and Jhana follows; whoever is deactivated on the portal has no
business on Jhana; of roles and teams only what an upload sent without an answer is set once more.
Nothing here uses a seat, switches anybody on, or touches the portal's own `active`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aapimport.config.keys import setting
from aapimport.person import address_key
from aapimport.plan.own import COULD_NOT_SAY, Myself
from aapimport.run.both_lists import (
    HIDING,
    Group,
    OnJhana,
    OnPortal,
)
from aapimport.run.reconcile_words import (
    have_a_name_in_common,
    have_other_addresses,
    is_left_by,
    left_out,
    not_on_jhana,
    of_team,
    told,
    upload_of,
)
from aapimport.run.reconciled import Compared, Difference, Kind, NotKnown
from aapimport.run.words import Word, Words
from aapimport.services.identity import full_name
from aapimport.services.roles import current_role, is_client_admin, may_administer
from aapimport.services.scim import Account
from aapimport.template.roles import Role
from aapimport.text import fold

_ADMIN = "a client admin is left alone: change it on the services"
_SETTING = setting("administrator")
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
        newest: What uploads to any pass have said.
        full_teams: The teams without a free place, as the portal tells.
    """

    portal: OnPortal
    jhana: OnJhana
    words: Words
    myself: Myself
    keeps_names: bool
    groups: Mapping[str, Group]
    team_names: Mapping[str, str]
    newest: Words
    full_teams: frozenset[str]

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
            if not account.is_off and word:
                found += self._as_said(account, word, inside)
            if not account.is_off and not self._asks_for_jhana(word):
                if account.id not in self.jhana.matched.keys() | self.jhana.doubtful.keys():
                    without.append(account.user_name)
                elif (theirs := self.jhana.matched.get(account.id)) and theirs.is_off:
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
            not_known=tuple(sorted(self._not_known(), key=lambda one: fold(one.email))),
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
        said = f"the account isn't certainly that person's any more whom {upload_of(word)} put here"
        why = "look whose it is now, there and on Jhana"
        handed_on = told(Kind.HANDED_ON, account, said, why)
        return None, [handed_on]

    def _on_both(self, account: Account, word: Word | None) -> Iterator[Difference]:
        """What the two services say of one person."""
        if account.id in self.jhana.doubtful:
            listed = ", ".join(one.user_name for one in self.jhana.doubtful[account.id])
            words = f"which account on Jhana is theirs can't be decided: {listed}"
            why = "make it one account with this address, and compare again"
            yield told(Kind.UNDECIDED, account, words, why)
            return
        theirs = self.jhana.matched.get(account.id)
        if theirs is None:
            known = not self.jhana.unproven and account.id not in self.jhana.unread
            if account.is_on and word and word.jhana and known:
                yield not_on_jhana(account, word, gone=account.id in self.jhana.gone)
            return
        if account.is_off and theirs.is_on and self.portal.shows_active:
            yield self._repaired(
                Kind.PORTAL_OFF,
                account,
                theirs,
                words="deactivated on the portal, active on Jhana",
                before="active on Jhana",
                after="switched off on Jhana",
            )
        elif account.is_on and theirs.is_off and word and word.jhana:
            why = (
                "switching somebody on makes Jhana mail them: switch them on there, or upload the"
                " file again with --returning include"
            )
            words = (
                f"active on the portal, switched off on Jhana; {upload_of(word)} asked for Jhana"
            )
            yield told(Kind.JHANA_OFF, account, words, why)
        yield from self._names(account, theirs)
        if have_other_addresses(account, theirs):
            words = f"{account.user_name} on the portal, {theirs.user_name} on Jhana"
            why = "only support changes a user name; `aapimport request address` writes the letter"
            yield told(Kind.ADDRESS, account, words, why)

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
        why = of_team(team.state, team.reason)
        if self.groups[team.target] is None:
            why = "the team is gone from the portal"
        elif word.asked_back:
            why = f"somebody wanted {upload_of(word)} undone"
        elif not word.is_certain(account):
            why = "it isn't certain that this is the account that the upload was about"
        elif self.full_teams.intersection({team.target}):
            why = "the team has no free place"
        yield self._repaired(
            Kind.TEAM,
            account,
            None,
            words=f"not in team {name!r}, into which {upload_of(word)} puts them",
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
        elif word.asked_back:
            why = f"somebody wanted {upload_of(word)} undone"
        elif not word.is_certain(account):
            why = "it isn't certain that this is the account that the upload was about"
        newest = self.newest.about(account)
        if newest and newest.receipt != word.receipt and newest.portal.role:
            if newest.portal.role == current_role(account):
                return
            why = f"{upload_of(newest)}, to another pass, has said {newest.portal.role} since"
        yield self._repaired(
            Kind.ROLE,
            account,
            None,
            words=f"{now} on the portal; {upload_of(word)} said {said}",
            before=now,
            after=said,
            target=said,
            why_not=why,
        )

    def _is_one_human(self, account: Account, theirs: Account) -> bool:
        """Whether nobody else can be meant: an upload left both, or the address and a name are one.

        Never where another account on the portal has one of the addresses, nor by the address where
        the portal's list leaves people out: another one may have it.
        """
        if self.portal.is_anothers(theirs, account.id):
            return False
        if is_left_by(self.words.about(account), account, theirs):
            return True
        if self.portal.left_out:
            return False
        same = address_key(account.user_name) == address_key(theirs.user_name)
        return "@" in account.user_name and same and have_a_name_in_common(account, theirs)

    def _missing(self) -> Iterator[Difference]:
        """Whom uploads have put on the pass, and who isn't on it."""
        words = {id(word): word for word in self.words.all}
        for account in self.portal.on_pass.values():
            words.pop(id(self.words.about(account)), None)
        for account in self.portal.elsewhere.values():
            word = self.words.about(account)
            if word is None or words.pop(id(word), None) is None:
                continue
            word, handed_on = self._word(account)
            if word is None:
                yield from handed_on
                continue
            theirs = self.jhana.matched.get(account.id)
            on_jhana = "; on Jhana they are active" if theirs and theirs.is_on else ""
            said = f"not on the pass any more, on which {upload_of(word)} put them{on_jhana}"
            why = "somebody took them off, and being put on it again may use a seat"
            yield told(Kind.NOT_ON_PASS, account, said, why)
            yield from (it for it in self._on_both(account, word) if it.kind is Kind.PORTAL_OFF)
        for word in words.values():
            if word.portal.account_id in self.portal.unread:
                continue
            said = f"no account on the portal; {upload_of(word)} put them on the pass"
            why = (
                "somebody deleted it: its id isn't known there any more; whether they are to be"
                " disabled on Jhana is yours to say"
            )
            if word.lost:
                said = f"no account on the portal; {upload_of(word)} had no answer"
                why = "upload the file again: who is there stays as they are"
            yield Difference(kind=Kind.NOT_ON_PORTAL, email=word.email, words=said, why_not=why)

    def _not_known(self) -> Iterator[NotKnown]:
        """Of whom something that matters couldn't be learnt."""
        for word in self.words.all:
            if reason := self.portal.unread.get(word.portal.account_id):
                words = f"whether their account still is on the portal: {reason}"
                yield NotKnown(email=word.email, words=words)
        people = self.portal.people
        for own_id, reason in self.portal.active_unknown.items():
            words = f"whether they are active on the portal: {reason}"
            yield NotKnown(email=people[own_id].user_name, words=words)
        for own_id, reason in self.jhana.unread.items():
            if own_id not in self.jhana.matched.keys() | self.jhana.doubtful.keys():
                words = f"whether their account still is on Jhana: {reason}"
                yield NotKnown(email=people[own_id].user_name, words=words)
        for own_id, reason in self.jhana.active_unknown.items():
            words = f"whether they are active on Jhana: {reason}"
            yield NotKnown(email=people[own_id].user_name, words=words)

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
        if self.portal.left_out:
            yield left_out("the portal", self.portal.left_out)
        if self.jhana.left_out:
            yield left_out("Jhana", self.jhana.left_out)
        if not self.portal.shows_active:
            yield "the portal shows everybody as deactivated: who is off isn't compared"
        if not self.portal.shows_names and self.portal.on_pass:
            yield "the portal's list shows no names: they are not compared"
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
        both = [one for one in (account, theirs) if one]
        word = self.words.about(account)
        if any(map(is_client_admin, both)) or (word and word.portal.role == Role.CLIENT_ADMIN):
            parts["why_not"] = _ADMIN
        elif any(self.myself.owns(one, one.user_name) for one in both):
            parts["why_not"] = _OWN
        elif self.myself.unknown.startswith(COULD_NOT_SAY):
            parts["why_not"] = f"{self.myself.unknown}: give your address in {_SETTING}"
        elif not self.portal.shows_roles:
            parts["why_not"] = "the portal shows no roles, so that nobody can tell client admins"
        elif theirs and not self._is_one_human(account, theirs):
            parts["why_not"] = "it isn't certain that both accounts are one person's"
        elif theirs is None and not account.says_active and not parts["why_not"]:
            parts["why_not"] = "whether they are active on the portal isn't known"
        return Difference(kind=kind, email=account.user_name, portal=account, jhana=theirs, **parts)
