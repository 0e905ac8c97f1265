"""Whether a step of a repair may be written.

One decision for both: when a repair is planned, from both lists, and just before each write, from
what was read then. Where anything isn't certain the answer says what, and nothing is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aapimport.config.keys import setting
from aapimport.person import address_key
from aapimport.plan.own import COULD_NOT_SAY, Myself
from aapimport.run.digests import address_digest
from aapimport.run.reconcile_words import have_a_name_in_common, is_left_by, of_team, upload_of
from aapimport.run.reconciled import Kind
from aapimport.run.said_since import SaidSince
from aapimport.run.teams_now import GONE, NO_TEAMS, TeamsNow
from aapimport.run.words import Word, Words
from aapimport.services.identity import full_name
from aapimport.services.roles import is_client_admin, may_administer
from aapimport.services.scim import Account
from aapimport.template.roles import Role
from aapimport.text import fold

CLIENT_ADMIN = "a client admin is left alone: change it on the services"
_SETTING = setting("administrator")
_OWN = "this is your own account, which is left alone"
_NOT_ONE = "it isn't certain that both accounts are one person's"
_NOT_CERTAIN = "it isn't certain that this is the account that the upload was about"


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What is known of one person now.

    Attributes:
        portal: The account on the portal.
        jhana: The account on Jhana that would be written; None where the portal's would be.
        on_pass: Whether the person is on the pass.
        others: Why somebody else on the portal may be meant; empty where nobody else is.
        teams: The teams, where the person would be put into one.
        joining: How many others would be put into it with them.
    """

    portal: Account
    jhana: Account | None = None
    on_pass: bool = True
    others: str = ""
    teams: TeamsNow = NO_TEAMS
    joining: int = 0


@dataclass(frozen=True, kw_only=True)
class Allowing:
    """What holds of everybody.

    Attributes:
        words: What uploads have said.
        since: What newer ones say of those about whom an answer was lost.
        myself: Whoever runs this.
        shows_roles: Whether the portal shows roles, so that client admins can be told.
        left_out: Whether the portal's list leaves people out, so that an address proves less.
        administrator: A digest of the address of whoever began this; empty where it isn't set.
    """

    words: Words
    since: SaidSince
    myself: Myself
    shows_roles: bool
    left_out: bool = False
    administrator: str = ""

    def why_not(self, kind: Kind, now: Now) -> str:
        """Why a step isn't written; empty where it may be."""
        return next(self._against(kind, now), "")

    def _against(self, kind: Kind, now: Now) -> Iterator[str]:
        both = [one for one in (now.portal, now.jhana) if one]
        word = self.words.about(now.portal)
        if any(map(is_client_admin, both)) or (word and word.portal.role == Role.CLIENT_ADMIN):
            yield CLIENT_ADMIN
        addresses = {address_digest(it) for one in both for it in (one.user_name, *one.emails)}
        own = any(self.myself.owns(one, one.user_name) for one in both)
        if own or self.administrator in addresses - {""}:
            yield _OWN
        if self.myself.unknown.startswith(COULD_NOT_SAY):
            yield f"{self.myself.unknown}: give your address in {_SETTING}"
        if not self.shows_roles:
            yield "the portal shows no roles, so that nobody can tell client admins"
        if now.jhana is not None:
            yield from self._on_jhana(kind, now, now.jhana, word)
        elif word is None:
            yield "no upload from here has said it"
        else:
            yield from self._on_portal(kind, now, word)

    def _on_jhana(self, kind: Kind, now: Now, theirs: Account, word: Word | None) -> Iterator[str]:
        if now.others:
            yield f"{_NOT_ONE}: {now.others}"
        if not self._is_one_human(now.portal, theirs, word):
            yield _NOT_ONE
        if kind is Kind.NAME:
            if not (now.portal.first_name.strip() and now.portal.last_name.strip()):
                yield "the portal shows only a part of the name"
            return
        for where, account in (("the portal", now.portal), ("Jhana", theirs)):
            if not account.says_active:
                yield f"{where} doesn't tell any more whether they are active"
        if now.portal.active:
            yield "switched on again on the portal"

    def _is_one_human(self, account: Account, theirs: Account, word: Word | None) -> bool:
        """Whether nobody else can be meant: an upload left both, or the address is one.

        And a name is, always; an upload's word does where Jhana shows none at all. An address is
        no word where the portal's list leaves people out: another one may have it.
        """
        in_common = have_a_name_in_common(account, theirs)
        if is_left_by(word, account, theirs):
            return in_common or not full_name(theirs).strip()
        if self.left_out:
            return False
        same = address_key(account.user_name) == address_key(theirs.user_name)
        return "@" in account.user_name and same and in_common

    def _on_portal(self, kind: Kind, now: Now, word: Word) -> Iterator[str]:
        account = now.portal
        if kind is Kind.ROLE and may_administer(account):
            yield CLIENT_ADMIN
        if not account.says_active:
            yield "whether they are active on the portal isn't known"
        if not account.active:
            yield "deactivated on the portal"
        if not now.on_pass:
            yield "not on the pass"
        if word.asked_back:
            yield f"somebody wanted {upload_of(word)} undone"
        yield from _said_otherwise(kind, now, word)
        if not word.is_certain(account):
            yield _NOT_CERTAIN
        yield from self.since.against(word, kind)
        if kind is Kind.TEAM:
            yield from now.teams.against(word, account, now.joining)


def _said_otherwise(kind: Kind, now: Now, word: Word) -> Iterator[str]:
    """Why what is there isn't what an upload sent without an answer."""
    if kind is Kind.TEAM:
        if word.team is None:
            yield "no team was said"
        elif now.teams.groups.get(word.team.target) is None:
            yield GONE
        elif why := of_team(word.team.state, word.team.reason):
            yield why
        return
    before = word.portal.before
    roles = {*map(fold, now.portal.roles)}
    unchanged = before is not None and roles == {*map(fold, before["roles"])}
    if not (word.lost and unchanged):
        yield "somebody has given another role since"
