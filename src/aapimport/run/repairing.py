"""A repair: carrying out its steps (`repair_steps` has them).

What a step sets is decided at a look just before each write, from both services as they are then,
by the same rules by which it was planned (`allowing`): whatever somebody has changed since the
repair was approved is named and left.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from aapimport.errors import ServiceError
from aapimport.plan.own import COULD_NOT_SAY, who_runs
from aapimport.run.allowing import CLIENT_ADMIN, Allowing, Now
from aapimport.run.back_reasons import NOT_THEIRS
from aapimport.run.carrying import LEFT, Carrying
from aapimport.run.conveyor import Batch, Call
from aapimport.run.digests import address_digest
from aapimport.run.other_owners import OtherOwners
from aapimport.run.progress import Progress
from aapimport.run.reconcile_words import names_to_copy
from aapimport.run.reconciled import Kind
from aapimport.run.records import StepKind, Task
from aapimport.run.repair_steps import name_of
from aapimport.run.said_since import said_since
from aapimport.run.teams_now import TeamsNow, read_teams
from aapimport.run.words import words_of
from aapimport.services.changes import Seen, to_keep
from aapimport.services.directory import Unknown
from aapimport.services.membership import Members, read_team
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.repeating import NOT_SEEN
from aapimport.services.roles import current_role, is_client_admin, may_administer
from aapimport.services.scim import Account, mapping
from aapimport.services.taking_back import Refusal, Values, take_back
from aapimport.services.values import Wanted

_SINCE = "changed since the repair was approved: {}"
_AT_ONCE = 50


class _UnseenError(ServiceError):
    """What has to be known before a write can't be looked at now."""


class Repairing(Carrying):
    """Carries out one repair."""

    def begin(self) -> None:
        """What holds of everybody: what uploads have said, and who runs this.

        Raises:
            ServiceError: The portal can't say who runs this, or can't be listed.
        """
        session, run = self.session, self.session.run
        journal, portal = session.journal, session.services.portal
        words = words_of(journal, journal.uploads_to(run.address, run.pass_id))
        myself = who_runs(portal, "")
        if myself.unknown.startswith(COULD_NOT_SAY):
            raise ServiceError(myself.unknown)
        self._allowing = Allowing(
            words=words,
            since=said_since(journal, run.address, words),
            myself=myself,
            shows_roles=any(one.roles for one in portal.some_people()[0]),
            administrator=self._options.get("administrator", ""),
        )
        self._others = OtherOwners(portal)

    def groups(self) -> Iterator[Progress]:
        """Put people into their teams again, one writer for each."""
        by_team: dict[str, list[Task]] = {}
        for task in self.session.due(StepKind.TEAM, *LEFT):
            by_team.setdefault(task.target, []).append(task)
        for tasks in by_team.values():
            for start in range(0, len(tasks), _AT_ONCE):
                if not self.session.conveyor.is_halted("portal"):
                    batch = tasks[start : start + _AT_ONCE]
                    yield from self.session.conveyor.drive({"portal": iter([batch])}, self._joining)

    def accounts(self, service: str) -> Iterator[Batch]:
        """The accounts of a service on which values are set."""
        return iter([[it] for it in self.session.due(StepKind.REPAIR, *LEFT, service=service)])

    def doing(self, batch: Batch) -> Call:
        """Set what is to be set on one account."""
        (task,) = batch
        known = self._known(task.row)
        directory = self.session.directories[task.service]
        rules = self._role if task.service == "portal" else self._jhana

        def decide(seen: Seen) -> Values | Refusal:
            return rules(known, seen)

        def call() -> list[Outcome]:
            try:
                return [take_back(directory, task.account_id, decide)]
            except _UnseenError as error:
                return [Outcome(verdict=Verdict.UNKNOWN, reason=error.message)]

        return call

    def _known(self, row: int) -> Mapping[str, Any]:
        return self.session.journal.person(self.session.receipt, row)[1]

    def _why_not(self, kind: Kind, now: Now) -> str:
        why = self._allowing.why_not(kind, now)
        return why if why in {"", CLIENT_ADMIN} else _SINCE.format(why)

    def _on_portal(self, known: Mapping[str, Any]) -> Account | Refusal:
        """The person's account on the portal, as it is now; why nothing is done, where it isn't.

        Raises:
            _UnseenError: It can't be read.
        """
        found = self.session.services.portal.fetch(known["on_portal"]["id"])
        if isinstance(found, Unknown):
            raise _UnseenError(found.reason)
        if found is None:
            return Refusal("the account on the portal is gone")
        if address_digest(found[0].user_name) != known["on_portal"]["person"]:
            return Refusal(NOT_THEIRS)
        return found[0]

    def _jhana(self, known: Mapping[str, Any], seen: Seen) -> Values | Refusal:
        """What the portal says, on Jhana: the names, and that somebody is off."""
        account = seen.account
        portal = self._on_portal(known)
        if isinstance(portal, Refusal):
            return portal
        if address_digest(account.user_name) != known["on_jhana"]["person"]:
            return Refusal(NOT_THEIRS)
        wanted = _wanted_on_jhana(known, portal, account)
        if isinstance(wanted, Refusal):
            return wanted
        if not wanted:
            return {}
        if is_client_admin(portal) or is_client_admin(account):
            return Refusal(CLIENT_ADMIN)
        others = self._others.beside(portal, account)
        if isinstance(others, Unknown):
            raise _UnseenError(others.reason)
        now = Now(portal=portal, jhana=account, others=others)
        if why := next(filter(None, (self._why_not(kind, now) for kind in wanted)), ""):
            return Refusal(why)
        keeps = self.session.services.jhana.capabilities.keeps
        values = {path: it for one in wanted.values() for path, it in one.items()}
        return {path: it for path, it in values.items() if keeps(path)}

    def _role(self, known: Mapping[str, Any], seen: Seen) -> Values | Refusal:
        """The role that the upload said, where it still is the one that was seen."""
        account, to = seen.account, known["role"]["to"]
        if address_digest(account.user_name) != known["on_portal"]["person"]:
            return Refusal(NOT_THEIRS)
        if (now := current_role(account)) == to:
            return {}
        if may_administer(account):
            return Refusal(CLIENT_ADMIN)
        if now != known["role"]["was"]:
            return Refusal(_SINCE.format(f"role is {now or 'none'}"))
        word = self._allowing.words.about(account)
        if word and word.portal.role != to:
            return Refusal(_SINCE.format("the newest upload says another role"))
        on_pass = self._on_pass()(account)
        if why := self._why_not(Kind.ROLE, Now(portal=account, on_pass=on_pass)):
            return Refusal(why)
        wanted = Wanted(email="", first_name="", last_name="", role=to)
        others = (dict(one) for one in to_keep(seen, wanted)["roles"])
        kept = [{name: it for name, it in one.items() if name != "primary"} for one in others]
        return {"roles": [*kept, {"value": to, "primary": True}]}

    def _joining(self, batch: Batch) -> Call:
        portal, team = self.session.services.portal, batch[0].target
        known = {task.account_id: self._known(task.row) for task in batch}

        def join() -> list[Outcome]:
            try:
                outcomes, people = self._may_join(team, known)
            except ServiceError as error:
                return [Outcome(verdict=Verdict.UNKNOWN, reason=error.message)] * len(batch)
            since = time.monotonic()
            done = portal.add_members(team, people) if people else {}
            for _ in portal.patience.looks(since):
                late = {one for one, it in done.items() if it.verdict is Verdict.WRITTEN}
                if not late:
                    break
                done |= portal.read_members(team, {one: people[one] for one in late})
            has_settled = portal.patience.has_settled(since)
            outcomes |= {one: _last_word(it, has_settled=has_settled) for one, it in done.items()}
            return [outcomes[task.account_id] for task in batch]

        return join

    def _may_join(
        self, team: str, known: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, Outcome], dict[str, str]]:
        """What becomes of those who aren't put into a team, and the address of whoever is.

        Raises:
            ServiceError: Somebody, the pass or the teams can't be read.
        """
        teams = self._teams(team)
        on_pass = self._on_pass()
        group = teams.groups[team]
        outcomes: dict[str, Outcome] = {}
        people: dict[str, str] = {}
        for own_id, their in known.items():
            found = self._on_portal(their)
            if isinstance(found, Refusal):
                why = found.why
            elif isinstance(group, Members) and group.listed({own_id: found.user_name}):
                outcomes[own_id] = Outcome(verdict=Verdict.DONE, account_id=own_id)
                continue
            else:
                on = on_pass(found)
                now = Now(portal=found, on_pass=on, teams=teams, joining=len(people))
                why = self._why_not(Kind.TEAM, now)
                word = self._allowing.words.about(found)
                if not why and not (word and word.team and word.team.target == team):
                    why = _SINCE.format("the newest upload says another team")
                if not why:
                    people[own_id] = found.user_name
                    continue
            outcomes[own_id] = Outcome(verdict=Verdict.NEEDS_PERSON, reason=why)
        return outcomes, people

    def _teams(self, team: str) -> TeamsNow:
        portal, run = self.session.services.portal, self.session.run
        return read_teams(portal, run.pass_id, self._pass_group, [team], all_of_pass=True)

    @property
    def _options(self) -> Mapping[str, Any]:
        return mapping(json.loads(self.session.run.options or "{}"))

    @property
    def _pass_group(self) -> str:
        return self._options.get("pass_group") or ""

    def _on_pass(self) -> Callable[[Account], bool]:
        """Tells whether somebody still is on the pass: whoever isn't would use a seat by joining.

        Raises:
            _UnseenError: The Group that is the pass can't be read.
        """
        if not self._pass_group:
            return lambda account: self.session.run.pass_id in account.passes
        team = read_team(self.session.services.portal, self._pass_group)
        if isinstance(team, Unknown):
            raise _UnseenError(team.reason)
        return lambda account: bool(team.listed({account.id: account.user_name}))


def _last_word(outcome: Outcome, *, has_settled: bool) -> Outcome:
    if outcome.verdict is not Verdict.WRITTEN:
        return outcome
    if not has_settled:  # the run is stopping: the next session looks again
        return replace(outcome, verdict=Verdict.UNKNOWN, reason=NOT_SEEN)
    reason = outcome.reason or "accepted, and not shown in the team: look on the portal"
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason, but=outcome.but)


def _wanted_on_jhana(
    known: Mapping[str, Any], portal: Account, account: Account
) -> dict[Kind, dict[str, Any]] | Refusal:
    """What is set on Jhana, by what it puts right; nothing where all is as on the portal."""
    wanted: dict[Kind, dict[str, Any]] = {}
    if Kind.PORTAL_OFF in known["what"] and not account.is_off:
        wanted[Kind.PORTAL_OFF] = {"active": False}
    if Kind.NAME not in known["what"]:
        return wanted
    if name_of(portal) != known["on_portal"]["name"]:
        return Refusal(_SINCE.format("the name on the portal"))
    values = names_to_copy(portal, account)
    if values and name_of(account) != known["on_jhana"]["name"]:
        return Refusal(_SINCE.format("the name on Jhana"))
    if approved := {path: it for path, it in values.items() if path in known["paths"]}:
        wanted[Kind.NAME] = approved
    return wanted
