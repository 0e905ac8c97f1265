"""The steps of a repair, as the journal has them: for good without names, only with digests."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from aapimport.run.digests import address_digest, names_digest
from aapimport.run.reconciled import REPAIRS, Difference, Kind
from aapimport.run.records import State, StepKind
from aapimport.run.ways_back import BackStep
from aapimport.services.roles import current_role
from aapimport.services.scim import Account
from aapimport.services.values import Wanted


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
                "name": name_of(account),
            }
    for one in theirs:
        if one.kind is Kind.NAME:
            known["paths"] = [*one.values]
        if one.kind is Kind.ROLE and portal:
            known["role"] = {"was": current_role(portal), "to": one.target}
    return json.dumps(known)


def name_of(account: Account) -> str:
    """A digest of the names of an account."""
    return names_digest(account.user_name, account.first_name, account.last_name)
