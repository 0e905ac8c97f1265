"""Passes and teams by the names that people type."""

import difflib
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from aapimport.config import PassAs
from aapimport.errors import RefusedError, ServiceError
from aapimport.people.check import Checked
from aapimport.people.person import Person, fold
from aapimport.services.directory import Unknown
from aapimport.services.portal import Portal, find_by_name
from aapimport.services.scim import Account
from aapimport.services.values import Pass, Team


def choose_pass(portal: Portal, name: str, pass_as: PassAs = "auto") -> Pass:
    """The pass that a name or an id means, in any letter case.

    Args:
        portal: The portal.
        name: What was typed.
        pass_as: What being on the pass is; `auto` takes the Group of the pass's name where the
            portal keeps no entitlements.

    Raises:
        RefusedError: The portal publishes its passes and none, or more than one, is meant; or the
            pass has to be a Group and there is none, or more than one, of its name.
        ServiceError: The portal can't be asked.
    """
    found = _named_pass(portal, name)
    if pass_as == "entitlement" or (
        pass_as == "auto" and portal.capabilities.keeps("entitlements")
    ):
        return found
    keys = {fold(found.name.strip()), fold(found.id)}
    teams = portal.teams()
    groups = [one for one in teams if keys & {fold(one.name), fold(one.id)}]
    if len(groups) == 1:
        members = members_of(portal, {"": groups[0]})[groups[0].id]
        return replace(found, name=groups[0].name, group_id=groups[0].id, members=members)
    if teams or pass_as == "group":  # a misspelt name must not leave everybody without the pass
        number = len(groups) or "no"
        raise RefusedError(
            f"the portal has {number} Group{'s' if len(groups) != 1 else ''} for pass {name!r}",
            hint=suggest(name, [one.name for one in teams])
            or "being on the pass is membership of a Group here: give the name of one, or set"
            " AAPIMPORT_PASS_AS=entitlement to put nobody on a pass",
        )
    return found


def _named_pass(portal: Portal, name: str) -> Pass:
    """The pass as the portal publishes it, or as it was typed."""
    passes = portal.passes()
    if not portal.capabilities.passes:
        return Pass(id=name, name=name)
    if found := find_by_name(name, passes):
        return found
    same = [one for one in passes if fold(one.name) == fold(name.strip())]
    if same:
        raise RefusedError(
            f"there are {len(same)} passes {name.strip()!r}",
            hint="give the id of the one you mean: "
            + " or ".join(f"--pass {shlex.quote(one.id)}" for one in same),
        )
    raise RefusedError(
        f"there is no pass {name!r}",
        hint=suggest(name, [one.name for one in passes]) or "list them with: aapimport passes",
    )


def find_teams(checked: Checked, portal: Portal, pass_: Pass) -> dict[str, Team]:
    """The teams that the file names, by folded name.

    Raises:
        RefusedError: Some are not on the pass; says each once, with all its cells.
    """
    wanted: dict[str, list[Person]] = {}
    for person in checked.people:
        if person.team:
            wanted.setdefault(fold(person.team), []).append(person)
    if not wanted:
        return {}
    here: dict[str, list[Team]] = {}
    elsewhere: set[str] = set()
    for team in portal.teams():
        if team.pass_id in {"", pass_.id}:
            here.setdefault(fold(team.name), []).append(team)
        else:
            elsewhere.add(fold(team.name))
    blocks = [
        _block(
            checked,
            people,
            list(here.values()),
            found=len(here.get(key, ())),
            other=key in elsewhere,
        )
        for key, people in wanted.items()
        if len(here.get(key, ())) != 1  # names of Groups are not unique (SERVERS.md, 8)
    ]
    if blocks:
        raise RefusedError(
            f"{len(blocks)} team name{'s' if len(blocks) > 1 else ''} in the file can't be used"
            f" with pass {pass_.name!r}\n" + "\n".join(blocks),
            hint="create the team on the portal first, correct the cells, or leave them blank",
        )
    return {key: here[key][0] for key in wanted}


def _block(
    checked: Checked,
    people: Sequence[Person],
    known: Sequence[Sequence[Team]],
    *,
    found: int,
    other: bool,
) -> str:
    """What is wrong with one team's name, all the cells that hold it, and what may be meant."""
    name, cells = people[0].team or "", _cells(checked, people)
    if found:
        return f"there are several teams {name!r} on the pass: {cells}"
    block = f"team {name!r} is not on the pass: {cells}"
    if other:
        return f"{block}\n  it is a team of another pass"
    suggestion = suggest(name, [teams[0].name for teams in known])
    return f"{block}\n  {suggestion}" if suggestion else block


def _cells(checked: Checked, people: Sequence[Person]) -> str:
    """The cells of people's teams, rows that follow each other as a range: `Users!E2:E9, E12`."""
    runs: list[list[Person]] = []
    for person in people:
        if runs and person.row == runs[-1][-1].row + 1:
            runs[-1].append(person)
        else:
            runs.append([person])
    cells = []
    for run in runs:
        first, last = (str(checked.cell(person, "team")) for person in (run[0], run[-1]))
        cells.append(first if len(run) == 1 else f"{first}:{last.rpartition('!')[2]}")
    return ", ".join(cells)


def members_of(portal: Portal, teams: Mapping[str, Team]) -> dict[str, frozenset[str]]:
    """Who is in each team already, by team id.

    Raises:
        ServiceError: A team can't be read.
    """
    members = {}
    for team in teams.values():
        found = portal.members(team.id)
        if isinstance(found, Unknown):
            raise ServiceError(
                f"who is in team {team.name!r} can't be read: {found.reason}",
                hint="try again later",
            )
        members[team.id] = found
    return members


def team_to_join(
    person: Person,
    teams: Mapping[str, Team],
    members: Mapping[str, Collection[str]],
    account: Account | None,
) -> Team | None:
    """The team that a person is put into; None without one, and for who is in it already."""
    if not person.team:
        return None
    team = teams[fold(person.team)]
    return None if account is not None and is_member(account, members[team.id]) else team


def is_member(account: Account, members: Collection[str]) -> bool:
    """Whether an account is among a Group's members, listed by id or by userName."""
    return account.id in members or account.user_name in members


def suggest(name: str, choices: Sequence[str]) -> str:
    """`did you mean …?` with the closest names; empty when nothing is close."""
    by_key = {fold(choice): choice for choice in choices}
    close = difflib.get_close_matches(fold(name), by_key, n=3)
    if close:
        return "did you mean " + " or ".join(repr(by_key[key]) for key in close) + "?"
    return ""
