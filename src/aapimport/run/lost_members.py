"""Whom a team has lost by an undo, looked at again: settled once they are in it, or gone."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from aapimport.run.journal import Journal
from aapimport.run.taken_back import TakenBack
from aapimport.services.directory import Unknown
from aapimport.services.membership import Members, read_team
from aapimport.services.portal import Portal

NO_SUCH_TEAM = "the portal shows no such team now"
_LOOKS, _GAP = 2, 1.0
"""How often, and how many seconds apart, an account has to be away to count as gone."""


def looked_at_again(
    journal: Journal, portal: Portal, undos: Iterable[TakenBack]
) -> tuple[TakenBack, ...]:
    """Undos as they are, those of whom a team has lost nobody any more without that; remembered.

    What was settled once stays so: whoever leaves the team later was taken out by somebody else.

    Args:
        journal: The journal.
        portal: Is asked who is in those teams.
        undos: As `taken_back` has them.

    Raises:
        SettingsError: The token is refused.
    """
    return tuple(_looked_at(journal, portal, one) if one.lost else one for one in undos)


def _looked_at(journal: Journal, portal: Portal, undo: TakenBack) -> TakenBack:
    receipt = undo.undo.receipt
    members = journal.lost_members(receipt)
    settled = journal.rows_with_all_back(receipt)
    now: set[int] = set()
    words = dict(undo.lost)
    for row in words.keys() & members.keys() - settled:
        team_id, lost = members[row]
        team = read_team(portal, team_id)
        if _are_back(portal, team, lost):
            now.add(row)
        elif isinstance(team, Unknown) and team.gone:
            words[row] += f" ({NO_SUCH_TEAM})"
    journal.have_back(receipt, now)
    return replace(
        undo,
        lost=tuple((row, words[row]) for row, _ in undo.lost if row not in settled | now),
        back=tuple(row for row, _ in undo.lost if row in settled | now),
    )


def _are_back(portal: Portal, team: Members | Unknown, members: Collection[str]) -> bool:
    """Whether all of some people are seen in a team, or are certainly gone from the portal.

    A team, or an account, that isn't shown once may be there again in a moment.
    """
    inside = team.items if isinstance(team, Members) else {}
    outside = [one for one in members if one not in inside]
    for look in range(_LOOKS):
        if look and outside and portal.patience.rest(_GAP):
            return False
        if any(portal.fetch(one) is not None for one in outside):
            return False
    return True
