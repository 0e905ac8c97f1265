"""What `passes`, `teams` and `sandbox show` tell scripts, and a `resume` with nothing to do."""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.services.values import Pass, Team

Target = Literal["practice", "live"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Answer(_Model):
    target: Target
    address: str = Field(description="where both services are")


class PassEntry(_Model):
    """One pass."""

    id: str
    name: str
    seats: int | None = Field(description="null where the portal doesn't publish them")
    seats_used: int | None = Field(description="null likewise")


class TeamEntry(_Model):
    """One team."""

    id: str
    name: str
    pass_: str | None = Field(alias="pass", description="the pass's id; null where none is told")
    places: int | None = Field(description="null where the portal doesn't publish them")
    places_used: int | None = Field(description="null likewise")


class PassesReport(_Answer):
    """What `passes --json` prints."""

    passes: list[PassEntry]


class TeamsReport(_Answer):
    """What `teams --json` prints."""

    teams: list[TeamEntry]


class NothingOpen(_Answer):
    """What `resume --json` prints where no upload is open and none was named."""

    receipt: None = None


class PracticePerson(_Model):
    """Somebody on the practice portal."""

    email: str
    active: bool
    roles: list[str]
    passes: list[str] = Field(description="their names")
    teams: list[str] = Field(description="their names")
    jhana: bool


class PracticeMail(_Model):
    """A welcome e-mail that nobody got."""

    to: str
    kind: str
    sent_at: str
    request_id: str


class PracticeTeam(TeamEntry):
    """One team, with its pass's name instead of its id."""


class PracticeReport(_Answer):
    """What `sandbox show --json` prints."""

    passes: list[PassEntry]
    teams: list[PracticeTeam]
    people: list[PracticePerson]
    outbox: list[PracticeMail]


def passes_report(passes: Iterable[Pass], target: Target, address: str) -> PassesReport:
    """The passes of a portal, for scripts."""
    entries = [
        PassEntry(id=one.id, name=one.name, seats=one.seats, seats_used=one.seats_used)
        for one in passes
    ]
    return PassesReport(target=target, address=address, passes=entries)


def teams_report(teams: Iterable[Team], target: Target, address: str) -> TeamsReport:
    """The teams of a portal, for scripts."""
    entries = [
        TeamEntry(
            id=one.id,
            name=one.name,
            pass_=one.pass_id or None,
            places=one.places,
            places_used=one.places_used,
        )
        for one in teams
    ]
    return TeamsReport(target=target, address=address, teams=entries)
