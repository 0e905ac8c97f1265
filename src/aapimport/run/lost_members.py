"""Whom a team has lost by an undo, looked at again: settled once they are in it, or gone."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from aapimport.run.journal import Journal
from aapimport.run.taken_back import TakenBack
from aapimport.services.directory import Unknown
from aapimport.services.membership import read_team
from aapimport.services.portal import Portal


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
    now = {
        row
        for row, _ in undo.lost
        if row in members and row not in settled and _are_back(portal, *members[row])
    }
    journal.have_back(receipt, now)
    return replace(
        undo,
        lost=tuple(one for one in undo.lost if one[0] not in settled | now),
        back=tuple(row for row, _ in undo.lost if row in settled | now),
    )


def _are_back(portal: Portal, team_id: str, members: Collection[str]) -> bool:
    """Whether all of some people are in a team, as far as it and they are there at all."""
    team = read_team(portal, team_id)
    if isinstance(team, Unknown):
        return team.gone
    return all(one in team.items or portal.fetch(one) is None for one in members)
