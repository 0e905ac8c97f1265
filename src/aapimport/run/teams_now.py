"""The teams of a pass as the portal shows them now, and why nobody is put into one of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from aapimport.run.both_lists import HIDING, Group, read_groups
from aapimport.run.digests import team_digest
from aapimport.run.words import Word
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Team

GONE = "the team is gone from the portal"


@dataclass(frozen=True, kw_only=True)
class TeamsNow:
    """The teams, as they are shown.

    Attributes:
        pass_id: The pass.
        listed: The portal's list of teams, by id.
        groups: Who is in those that were read, by id.
        targets: The ids of those that uploads have put people into.
        of_pass: The ids of all teams of the pass; known only where somebody may be put into one.
    """

    pass_id: str = ""
    listed: Mapping[str, Team] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    targets: frozenset[str] = frozenset()
    of_pass: frozenset[str] = frozenset()

    def name(self, team_id: str) -> str:
        """What a team is called; its id where the portal doesn't list it."""
        team = self.listed.get(team_id)
        return (team and team.name) or team_id

    def against(self, word: Word, account: Account, joining: int) -> Iterator[str]:
        """Why somebody isn't put into the team that an upload said; nothing where nothing is.

        Args:
            word: What the upload has said.
            account: The person's account on the portal.
            joining: How many others are put into the team with them.
        """
        target = word.team.target if word.team else ""
        group, team = self.groups.get(target), self.listed.get(target)
        if group is None:
            yield GONE
            return
        if group == HIDING:
            yield "the team doesn't show who is in it"
            return
        if team is None:
            yield "the portal's list of teams doesn't show the team any more"
            return
        if team.pass_id not in {"", self.pass_id}:
            yield "the team belongs to another pass by now, and joining it may use a seat there"
        if not word.team_named:
            yield (
                f"upload {word.receipt} is of an earlier version of aapimport, which didn't record"
                " what the team was called, so that it may be another one by now: look at it on the"
                " portal, and put them into it there, or upload the file again"
            )
        elif word.team_named != team_digest(team.name):
            yield "the team is called otherwise by now"
        used = max(team.places_used or 0, len(group.items))
        if team.places is not None and used + joining >= team.places:
            yield "the team has no free place"
        yield from self._elsewhere(account, target)

    def _elsewhere(self, account: Account, target: str) -> Iterator[str]:
        for other in sorted(self.of_pass - {target}):
            group = self.groups.get(other)
            if group == HIDING:
                yield f"team {self.name(other)!r} of the pass doesn't show whether they are in it"
            elif group and group.listed({account.id: account.user_name}):
                yield f"they are in team {self.name(other)!r} of the pass by now"


NO_TEAMS = TeamsNow()


def read_teams(
    portal: Portal, pass_id: str, group_id: str, targets: Iterable[str], *, all_of_pass: bool
) -> TeamsNow:
    """Read some teams, and the list of all.

    Args:
        portal: The portal.
        pass_id: The pass.
        group_id: The Group that is the pass; empty where none is.
        targets: The teams.
        all_of_pass: Whether the other teams of the pass are read, too.

    Raises:
        SettingsError: The token is refused.
        ServiceError: The list, or one of them, can't be read.
    """
    ids = [*targets]
    listed = {one.id: one for one in portal.teams()} if ids else {}
    of_pass: frozenset[str] = frozenset()
    if all_of_pass:
        mine = (one.id for one in listed.values() if one.pass_id in {"", pass_id})
        of_pass = frozenset(mine) - {group_id}
    return TeamsNow(
        pass_id=pass_id,
        listed=listed,
        groups=read_groups(portal, (*ids, *of_pass)),
        targets=frozenset(ids),
        of_pass=of_pass,
    )
