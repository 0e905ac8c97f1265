"""How the portal and Jhana differ about the people of a pass, and what of it may be put right.

A difference needs something that is known: the two services contradict each other, or one of them
contradicts what the newest upload from here has said. Jhana is each person's own choice, so that
somebody without it is none. What somebody has changed on purpose, as far as can be told, is named
and left: names are the portal's and Jhana follows; whoever is deactivated on the portal has no
business on Jhana; of roles and teams only what an upload sent without an answer is set once more.
Nothing here uses a seat, switches anybody on, or touches the portal's own `active`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aapimport.run.allowing import Allowing, Now
from aapimport.run.both_lists import HIDING, OnJhana, OnPortal
from aapimport.run.other_owners import NO_EMAILS, OtherOwners
from aapimport.run.reconcile_words import (
    have_other_addresses,
    left_out,
    names_to_copy,
    not_on_jhana,
    told,
    upload_of,
)
from aapimport.run.reconciled import Compared, Difference, Kind, NotKnown
from aapimport.run.teams_now import TeamsNow
from aapimport.run.words import Word, Words
from aapimport.services.directory import Unknown
from aapimport.services.identity import full_name
from aapimport.services.roles import current_role
from aapimport.services.scim import Account
from aapimport.text import fold

_MOST_ASKED = 200
"""People whose addresses are asked about one by one, where the portal's list shows none."""
_DISPLAYED = {"displayName": "displayName", "name.formatted": "formatted name"}


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Everything that is compared.

    Attributes:
        portal: The portal's people.
        jhana: Jhana's.
        words: What uploads have said.
        allowing: Decides what may be put right.
        keeps_names: Whether Jhana keeps names at all.
        teams: The teams that uploads have put people into, as they are shown.
        newest: What uploads to any pass have said.
        open_uploads: The uploads that aren't finished, in words.
        owners: Tells who else has an address, where the portal's list shows none.
        joining: How many the repair puts into each team.
        asked: Whose addresses were asked about so.
    """

    portal: OnPortal
    jhana: OnJhana
    words: Words
    allowing: Allowing
    keeps_names: bool
    teams: TeamsNow
    newest: Words
    owners: OtherOwners
    open_uploads: tuple[str, ...] = ()
    joining: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

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
            unseen = self.jhana.unproven or self.jhana.nobody
            if not (account.is_off or self._asks_for_jhana(word) or unseen):
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
            remarks=(self.jhana.nobody,) if self.jhana.nobody else (),
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
        values = names_to_copy(account, theirs)
        if not values:
            return
        before, after = full_name(theirs) or "(none)", full_name(account)
        words = f"{after!r} on the portal, {before!r} on Jhana"
        for path, label in _DISPLAYED.items():
            if path in values:
                shown = theirs.display_name if path == "displayName" else theirs.formatted_name
                before, after = f"{before}, {label} {shown!r}", f"{after}, {label} {values[path]!r}"
        yield self._repaired(
            Kind.NAME, account, theirs, words=words, before=before, after=after, values=values
        )

    def _as_said(
        self, account: Account, word: Word, inside: Mapping[str, set[str]]
    ) -> Iterator[Difference]:
        """What the portal shows, beside what the newest upload has said of somebody."""
        yield from self._role(account, word)
        team = word.team
        if team is None or account.id in inside.get(team.target, {account.id}):
            return
        name = self.teams.name(team.target)
        found = self._repaired(
            Kind.TEAM,
            account,
            None,
            words=f"not in team {name!r}, into which {upload_of(word)} puts them",
            before=f"not in team {name!r}",
            after=f"in team {name!r}",
            target=team.target,
        )
        self.joining[team.target] += not found.why_not
        yield found

    def _role(self, account: Account, word: Word) -> Iterator[Difference]:
        said = word.portal.role
        if said is None or not self.portal.shows_roles or current_role(account) == said:
            return
        newest = self.newest.about(account)
        later = newest and newest.receipt != word.receipt and newest.portal.role
        if later and later == current_role(account):
            return
        now = current_role(account) or ", ".join(account.roles) or "none"
        yield self._repaired(
            Kind.ROLE,
            account,
            None,
            words=f"{now} on the portal; {upload_of(word)} said {said}",
            before=now,
            after=said,
            target=said,
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
        for own_id, theirs in self.jhana.matched.items():
            shown = self.keeps_names and self.portal.shows_names and full_name(theirs)
            if shown and not full_name(people[own_id]):
                words = "what they are called on the portal, which shows no name of theirs"
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
            team = self.teams.groups[group_id]
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
        yield from self.jhana.malformed
        if not self.portal.shows_roles and any(one.portal.role for one in self.words.all):
            yield "the portal's list shows no roles: they are not compared"
        if not self.jhana.shows_names and self.keeps_names and self.jhana.matched:
            yield "Jhana's list shows no names: they are not compared"
        for group_id, team in self.teams.groups.items():
            if team == HIDING and group_id in self.teams.targets:
                name = self.teams.name(group_id)
                yield f"team {name!r} doesn't show who is in it: nothing is concluded from it"
        yield from self.open_uploads

    def _others(self, account: Account, theirs: Account) -> str:
        """Why an address may be somebody else's, where the portal's list shows no addresses."""
        self.asked[account.id] += 1
        if len(self.asked) > _MOST_ASKED:
            asked = f"{_MOST_ASKED} people were asked about, and nobody else is at once"
            return f"{NO_EMAILS}; {asked}: repair what can be, then compare again"
        found = self.owners.beside(account, theirs)
        return found.reason if isinstance(found, Unknown) else found

    def _repaired(
        self, kind: Kind, account: Account, theirs: Account | None, **parts: Any
    ) -> Difference:
        """A difference that is put right where that is allowed."""
        now = Now(
            portal=account,
            jhana=theirs,
            on_pass=account.id in self.portal.on_pass,
            others=self.portal.others(account, theirs) if theirs else "",
            teams=self.teams,
            joining=self.joining[parts.get("target", "")],
        )
        why = self.allowing.why_not(kind, now)
        if theirs and not (why or self.portal.shows_emails):
            why = self.allowing.why_not(kind, replace(now, others=self._others(account, theirs)))
        return Difference(
            kind=kind, email=account.user_name, portal=account, jhana=theirs, why_not=why, **parts
        )
