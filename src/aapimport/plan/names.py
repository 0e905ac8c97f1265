"""Passes and teams by the names that people type."""

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

from aapimport.check.check_file import Checked
from aapimport.check.repair import clean
from aapimport.config.keys import setting
from aapimport.config.values import PassAs
from aapimport.errors import RefusedError, ServiceError
from aapimport.person import Person
from aapimport.services.directory import Unknown
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Pass, Team
from aapimport.template.cells import CellRef
from aapimport.text import closest, did_you_mean, fold

Remembered = Callable[[str], frozenset[str]]
"""Whom earlier uploads put into a Group, by its id: for portals that never show members."""
_BETWEEN_TEAMS = re.compile(r"[;,/|&\n]|\s+and\s+", re.IGNORECASE)
_MOST_MEANT = 3
_MANY_TEAMS = 12  # names that a message lists
_Named = TypeVar("_Named", Pass, Team)


def nobody(_group_id: str) -> frozenset[str]:
    """The members that are remembered where nothing is."""
    return frozenset()


@cache
def plain(name: str) -> str:
    """A name cleaned as the file's cells are, with single blanks: services' names need it, too."""
    return " ".join(clean(name, "team").text.split())


def meant(name: str, choices: Sequence[_Named], *, by_id: bool = True) -> list[_Named]:
    """Which passes or teams a name means: the exact ones, else those in any letter case.

    Both sides are cleaned alike before they are compared. Of teams that look alike the one that is
    spelt exactly so is meant; of passes none is: seats are at stake.

    Args:
        name: The name, as a person typed it.
        choices: What the service has.
        by_id: Whether an id is as good as a name.
    """

    def names(one: _Named) -> tuple[str, ...]:
        return (plain(one.name), one.id) if by_id else (plain(one.name),)

    spelt_so = [one for one in choices if name == one.name]
    if spelt_so and not by_id:
        return spelt_so
    exact = [one for one in choices if plain(name) in names(one)]
    key = fold(plain(name))
    return exact or [one for one in choices if key in map(fold, names(one))]


def choose_pass(
    portal: Portal, name: str, pass_as: PassAs = "auto", remembered: Remembered = nobody
) -> Pass:
    """The pass that a name or an id means; of two that differ in letter case only, the exact one.

    Args:
        portal: The portal.
        name: What was typed.
        pass_as: What being on the pass is; `auto` takes the Group of the pass's name where the
            portal keeps no entitlements.
        remembered: Whom earlier uploads put into a Group.

    Raises:
        RefusedError: The portal publishes its passes and none, or more than one, is meant; or the
            pass has to be a Group and there is none, or more than one, of its name.
        ServiceError: The portal can't be asked.
    """
    found, group = which_pass(portal, name, pass_as)
    if group is None:
        return found
    return replace(found, members=members_of(portal, [group], remembered)[group.id])


def which_pass(portal: Portal, name: str, pass_as: PassAs = "auto") -> tuple[Pass, Team | None]:
    """The same pass without its members, and the Group that it is, if any.

    Raises:
        RefusedError: As for `choose_pass`.
        ServiceError: Likewise.
    """
    found = _named_pass(portal, name)
    if pass_as == "entitlement" or (
        pass_as == "auto" and portal.capabilities.keeps("entitlements")
    ):
        return found, None
    teams = portal.teams()
    groups = meant(found.name, teams) or meant(found.id, teams)
    if len(groups) == 1:
        return replace(found, name=groups[0].name, group_id=groups[0].id), groups[0]
    if teams or pass_as == "group":  # a misspelt name must not leave everybody without the pass
        number = len(groups) or "no"
        raise RefusedError(
            f"the portal has {number} Group{'s' if len(groups) != 1 else ''} for pass {name!r}",
            hint=suggest(name, [one.name for one in teams])
            or "being on the pass is membership of a Group here: give the name of one, or say"
            f" entitlement in {setting('pass_as')} to put nobody on a pass",
        )
    return found, None


def _named_pass(portal: Portal, name: str) -> Pass:
    """The pass as the portal publishes it, or as it was typed."""
    passes = portal.passes()
    if not portal.capabilities.passes:
        return Pass(id=plain(name), name=plain(name))
    found = meant(name, passes)
    if len(found) == 1:
        return found[0]
    if found:
        raise RefusedError(
            f"there are {len(found)} passes {plain(name)!r}",
            hint="give the id of the one you mean: "
            + " or ".join(f"--pass {shlex.quote(one.id)}" for one in found),
        )
    raise RefusedError(
        f"there is no pass {name!r}",
        hint=suggest(name, [one.name for one in passes]) or "list them with: aapimport passes",
    )


@dataclass(frozen=True, kw_only=True)
class TeamFault:
    """A team's name that can't be used with a pass.

    Attributes:
        name: The name, as it was typed first.
        rows: The rows that name it, from 1.
        what: What is wrong, to be read after the name.
        cure: What may be meant; may be empty.
    """

    name: str
    rows: Sequence[int]
    what: str
    cure: str


def find_teams(checked: Checked, portal: Portal, pass_: Pass) -> dict[str, Team]:
    """The teams that the file names, by the name as it is typed there.

    Raises:
        RefusedError: Some are not on the pass; says each once, with all its cells.
    """
    typed = {person.row: person.team for person in checked.people if person.team}
    if not typed:
        return {}
    here, elsewhere = teams_of(portal, pass_)
    faults = team_faults(typed, here, elsewhere)
    if faults:
        blocks = [
            f"team {fault.name!r} {fault.what}: {_cells(checked, fault.rows)}"
            + (f"\n  {fault.cure}" if fault.cure else "")
            for fault in faults
        ]
        raise RefusedError(
            f"{len(blocks)} team name{'s' if len(blocks) > 1 else ''} in the file can't be used"
            f" with pass {pass_.name!r}\n" + "\n".join(blocks),
            hint="create the team on the portal first, correct the cells, or leave them blank",
        )
    return {name: meant(name, here, by_id=False)[0] for name in set(typed.values())}


def teams_of(portal: Portal, pass_: Pass) -> tuple[list[Team], list[Team]]:
    """The teams that can be used with a pass, and those of other passes."""
    here: list[Team] = []
    elsewhere: list[Team] = []
    for team in portal.teams():
        (here if team.pass_id in {"", pass_.id} else elsewhere).append(team)
    return here, elsewhere


def team_faults(
    typed: Mapping[int, str], here: Sequence[Team], elsewhere: Sequence[Team]
) -> list[TeamFault]:
    """The names that are none of a pass's teams, or several, each with all its rows.

    Args:
        typed: The name in each row.
        here: The teams that can be used with the pass.
        elsewhere: The teams of other passes.
    """
    found = {name: meant(name, here, by_id=False) for name in set(typed.values())}
    wrong: dict[str, list[int]] = {}
    for row, name in typed.items():
        # names of Groups are not unique (docs/scim.md, 8)
        if len(found[name]) != 1:
            wrong.setdefault(fold(plain(name)), []).append(row)
    faults = []
    for rows in wrong.values():
        what, cure = _fault(typed[rows[0]], here, elsewhere)
        faults.append(TeamFault(name=typed[rows[0]], rows=rows, what=what, cure=cure))
    return faults


def _fault(name: str, here: Sequence[Team], elsewhere: Sequence[Team]) -> tuple[str, str]:
    """What is wrong with a team's name, and what may be meant."""
    if meant(name, here, by_id=False):
        return "is the name of several teams on the pass", ""
    parts = [part for part in map(plain, _BETWEEN_TEAMS.split(name)) if part]
    if len(parts) > 1 and all(meant(part, here, by_id=False) for part in parts):
        return (
            f"is {len(parts)} teams in one cell, {' and '.join(map(repr, parts))}",
            "a row puts a person into one team: keep one, the others are joined on the portal",
        )
    what = "is not on the pass"
    if meant(name, elsewhere, by_id=False):
        return what, "it is a team of another pass"
    names = sorted(plain(team.name) for team in here)
    if close := suggest(name, names):
        return what, close
    more = f" and {len(names) - _MANY_TEAMS} more" if len(names) > _MANY_TEAMS else ""
    there = ", ".join(map(repr, names[:_MANY_TEAMS])) + more
    return what, f"the pass's teams are {there}" if names else "the pass has no teams"


def _cells(checked: Checked, rows: Sequence[int]) -> str:
    """The cells of some rows' teams, rows that follow each other as a range: `Users!E2:E9, E12`."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    cells = []
    for run in runs:
        first, last = (
            str(CellRef(checked.sheet, checked.columns["team"], row)) for row in (run[0], run[-1])
        )
        cells.append(first if len(run) == 1 else f"{first}:{last.rpartition('!')[2]}")
    return ", ".join(cells)


def members_of(
    portal: Portal, teams: Iterable[Team], remembered: Remembered = nobody
) -> dict[str, frozenset[str]]:
    """Who is in each team already, by team id.

    Args:
        portal: The portal.
        teams: The teams.
        remembered: Whom earlier uploads put into a team, which is asked where the portal shows no
            team's members.

    Raises:
        ServiceError: A team can't be read.
    """
    members = {}
    for team in teams:
        found = portal.members(team.id)
        if isinstance(found, Unknown):
            raise ServiceError(
                f"who is in team {team.name!r} can't be read: {found.reason}",
                hint="try again later",
            )
        if not found and (put_there := remembered(team.id)) and not portal.shows_members:
            found = put_there
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
    team = teams[person.team]
    return None if account is not None and is_member(account, members[team.id]) else team


def is_member(account: Account, members: Collection[str]) -> bool:
    """Whether an account is among a Group's members, listed by id or by userName."""
    return account.id in members or account.user_name in members


def suggest(name: str, choices: Sequence[str]) -> str:
    """`did you mean …?` with the closest names; empty when nothing is close."""
    by_key = {fold(plain(choice)): plain(choice) for choice in choices}
    close = closest(fold(plain(name)), by_key, most=_MOST_MEANT)
    return did_you_mean(by_key[key] for key in close)
