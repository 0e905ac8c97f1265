"""A repair: its steps in the journal, and carrying them out.

What a step sets is decided at a look just before each write, from both services as they are then:
whatever somebody has changed since the repair was approved is named and left. The journal holds no
name for it, only digests, by which it is told.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from aapimport.run.back_values import NOT_THEIRS
from aapimport.run.carrying import LEFT, Carrying
from aapimport.run.conveyor import Batch, Call
from aapimport.run.digests import address_digest, names_digest
from aapimport.run.progress import Progress
from aapimport.run.reconciled import REPAIRS, Difference, Kind
from aapimport.run.records import State, StepKind, Task
from aapimport.run.ways_back import BackStep
from aapimport.services.changes import Seen, to_keep
from aapimport.services.directory import Unknown
from aapimport.services.membership import read_team
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.roles import current_role, is_client_admin, may_administer
from aapimport.services.scim import Account, mapping
from aapimport.services.taking_back import Refusal, Values, take_back
from aapimport.services.values import Wanted

_ADMIN = "a client admin's account by now"
_SINCE = "changed since the repair was approved: {}"
_UNTOLD = "{} doesn't tell any more whether they are active"
_AT_ONCE = 50


def repair_steps(
    differences: Iterable[Difference],
) -> tuple[list[BackStep], dict[int, tuple[str, str]]]:
    """The steps that put differences right, one person a row; and who is who, as JSON by row.

    The first text names the person, and is erased like those of an upload; the second never does.
    """
    people: dict[str, list[Difference]] = {}
    for one in differences:
        if one.portal and not one.why_not:
            people.setdefault(one.portal.id, []).append(one)
    steps: list[BackStep] = []
    known: dict[int, tuple[str, str]] = {}
    for row, theirs in enumerate(people.values(), 1):
        steps += _steps(row, theirs)
        known[row] = (_named(theirs), _known(theirs))
    return steps, known


def _steps(row: int, theirs: list[Difference]) -> Iterator[BackStep]:
    on_jhana = [one for one in theirs if one.jhana]
    portal = theirs[0].portal
    if on_jhana and (account := on_jhana[0].jhana):
        words = ", ".join(REPAIRS[one.kind] for one in on_jhana)
        yield _step(row, "jhana", StepKind.REPAIR, words, account.id)
    for one in theirs:
        if portal and not one.jhana:
            is_team = one.kind is Kind.TEAM
            target = one.target if is_team else REPAIRS[one.kind]
            kind = StepKind.TEAM if is_team else StepKind.REPAIR
            yield _step(row, "portal", kind, target, portal.id)


def _step(row: int, service: str, kind: StepKind, target: str, account_id: str) -> BackStep:
    return BackStep(
        row=row,
        service=service,
        kind=kind,
        target=target,
        account_id=account_id,
        state=State.PLANNED,
    )


def _named(theirs: list[Difference]) -> str:
    account = theirs[0].portal
    wanted = Wanted(
        email=theirs[0].email,
        first_name=account.first_name if account else "",
        last_name=account.last_name if account else "",
        names=False,
        activate=False,
    )
    return json.dumps(dict.fromkeys(("portal", "jhana"), asdict(wanted)), ensure_ascii=False)


def _known(theirs: list[Difference]) -> str:
    """Whose accounts these are, and what they were when the repair was approved."""
    portal = theirs[0].portal
    jhana = next((one.jhana for one in theirs if one.jhana), None)
    known: dict[str, Any] = {"what": [one.kind.value for one in theirs]}
    for name, account in (("on_portal", portal), ("on_jhana", jhana)):
        if account:
            known[name] = {
                "id": account.id,
                "person": address_digest(account.user_name),
                "name": _name(account),
            }
    for one in theirs:
        if one.kind is Kind.ROLE and portal:
            known["role"] = {"was": current_role(portal), "to": one.target}
    return json.dumps(known)


def _name(account: Account) -> str:
    return names_digest(account.user_name, account.first_name, account.last_name)


class Repairing(Carrying):
    """Carries out one repair."""

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

        def call() -> list[Outcome]:
            directory = self.session.directories[task.service]
            if task.service == "portal":
                on_pass = self._on_pass()
                if isinstance(on_pass, Outcome):
                    return [on_pass]
                still = _while_on_pass(on_pass, known)
                return [take_back(directory, task.account_id, still)]
            found = self._on_portal(known)
            if isinstance(found, Outcome):
                return [found]
            keeps = directory.capabilities.keeps

            def decide(seen: Seen) -> Values | Refusal:
                values = _jhana(known, found, seen)
                if isinstance(values, Refusal):
                    return values
                return {path: value for path, value in values.items() if keeps(path)}

            return [take_back(directory, task.account_id, decide)]

        return call

    def _known(self, row: int) -> Mapping[str, Any]:
        return self.session.journal.person(self.session.receipt, row)[1]

    def _on_portal(self, known: Mapping[str, Any]) -> Account | Outcome:
        """The person's account on the portal, as it is now; why nothing is done, where it isn't."""
        found = self.session.services.portal.fetch(known["on_portal"]["id"])
        if isinstance(found, Unknown):
            return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason)
        if found is None:
            reason = "the account on the portal is gone"
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)
        if address_digest(found[0].user_name) != known["on_portal"]["person"]:
            return Outcome(verdict=Verdict.NEEDS_PERSON, reason=NOT_THEIRS)
        return found[0]

    def _joining(self, batch: Batch) -> Call:
        portal, team = self.session.services.portal, batch[0].target
        known = {task.account_id: self._known(task.row) for task in batch}

        def join() -> list[Outcome]:
            outcomes: dict[str, Outcome] = {}
            people: dict[str, str] = {}
            on_pass = self._on_pass()
            for own_id, their in known.items():
                found = self._on_portal(their)
                if isinstance(on_pass, Outcome):
                    outcomes[own_id] = on_pass
                elif isinstance(found, Outcome):
                    outcomes[own_id] = found
                elif not found.says_active:
                    why = _UNTOLD.format("the portal")
                    outcomes[own_id] = Outcome(verdict=Verdict.NEEDS_PERSON, reason=why)
                elif not on_pass(found) or not found.active or is_client_admin(found):
                    why = _SINCE.format("not on the pass, or deactivated, or a client admin's")
                    outcomes[own_id] = Outcome(verdict=Verdict.NEEDS_PERSON, reason=why)
                else:
                    people[own_id] = found.user_name
            since = time.monotonic()
            done = portal.add_members(team, people) if people else {}
            for _ in portal.patience.looks(since):
                late = {one for one, it in done.items() if it.verdict is Verdict.WRITTEN}
                if not late:
                    break
                done |= portal.read_members(team, {one: people[one] for one in late})
            outcomes |= {one: _last_word(it) for one, it in done.items()}
            return [outcomes[task.account_id] for task in batch]

        return join

    def _on_pass(self) -> Callable[[Account], bool] | Outcome:
        """Tells whether somebody still is on the pass: whoever isn't would use a seat by joining.

        Why nobody can tell, where the Group that is the pass can't be read.
        """
        run = self.session.run
        group = json.loads(run.options or "{}").get("pass_group")
        if not group:
            return lambda account: run.pass_id in account.passes
        team = read_team(self.session.services.portal, group)
        if isinstance(team, Unknown):
            return Outcome(verdict=Verdict.UNKNOWN, reason=team.reason)
        return lambda account: bool(team.listed({account.id: account.user_name}))


def _last_word(outcome: Outcome) -> Outcome:
    if outcome.verdict is not Verdict.WRITTEN:
        return outcome
    reason = outcome.reason or "accepted, and not shown in the team: look on the portal"
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason, but=outcome.but)


def _while_on_pass(
    on_pass: Callable[[Account], bool], known: Mapping[str, Any]
) -> Callable[[Seen], Values | Refusal]:
    """Decides about a role, of whoever still is on the pass."""

    def decide(seen: Seen) -> Values | Refusal:
        if not on_pass(seen.account):
            return Refusal(_SINCE.format("not on the pass"))
        return _role(known, seen)

    return decide


def _role(known: Mapping[str, Any], seen: Seen) -> Values | Refusal:
    """The role that the upload said, where it still is the one that was seen."""
    if address_digest(seen.account.user_name) != known["on_portal"]["person"]:
        return Refusal(NOT_THEIRS)
    if not seen.account.says_active:
        return Refusal(_UNTOLD.format("the portal"))
    if not seen.account.active:
        return Refusal(_SINCE.format("deactivated"))
    now, to = current_role(seen.account), known["role"]["to"]
    if now == to:
        return {}
    if may_administer(seen.account):
        return Refusal(_ADMIN)
    if now != known["role"]["was"]:
        return Refusal(_SINCE.format(f"role is {now or 'none'}"))
    wanted = Wanted(email="", first_name="", last_name="", role=to)
    others = (dict(one) for one in to_keep(seen, wanted)["roles"])
    kept = [{name: it for name, it in one.items() if name != "primary"} for one in others]
    return {"roles": [*kept, {"value": to, "primary": True}]}


def _not_off(portal: Account, account: Account) -> str:
    """Why somebody isn't switched off on Jhana; empty where they are deactivated on the portal."""
    for name, one in (("the portal", portal), ("Jhana", account)):
        if not one.says_active:
            return _UNTOLD.format(name)
    return _SINCE.format("switched on again on the portal") if portal.active else ""


def _jhana(known: Mapping[str, Any], portal: Account, seen: Seen) -> Values | Refusal:
    """What the portal says, on Jhana: the names, and that somebody is off."""
    account = seen.account
    if address_digest(account.user_name) != known["on_jhana"]["person"]:
        return Refusal(NOT_THEIRS)
    if is_client_admin(portal) or is_client_admin(account):
        return Refusal(_ADMIN)
    values: dict[str, Any] = {}
    if Kind.PORTAL_OFF in known["what"] and not account.is_off:
        if why := _not_off(portal, account):
            return Refusal(why)
        values["active"] = False
    if Kind.NAME not in known["what"]:
        return values
    names = (portal.first_name, portal.last_name)
    if _name(portal) != known["on_portal"]["name"]:
        return Refusal(_SINCE.format("the name on the portal"))
    if names_digest(account.user_name, *names) == _name(account):
        return values
    if _name(account) != known["on_jhana"]["name"]:
        return Refusal(_SINCE.format("the name on Jhana"))
    values["name.givenName"], values["name.familyName"] = names
    values["displayName"] = " ".join(filter(None, names))
    if mapping(seen.resource.get("name")).get("formatted"):
        values["name.formatted"] = values["displayName"]
    return values
