"""What the portal has, for people and for scripts, and a `resume` with nothing to do."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.errors import ExitCode
from aapimport.services.values import Pass, Team

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.config.settings import Settings

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


class PracticeNotice(_Model):
    """What somebody was told of the end of a run (`[notify]`); it was sent to nobody."""

    to: str
    subject: str
    sent_at: str
    text: str


class PracticeTeam(TeamEntry):
    """One team, with its pass's name instead of its id."""


class PracticeReport(_Answer):
    """What `sandbox show --json` prints."""

    passes: list[PassEntry]
    teams: list[PracticeTeam]
    people: list[PracticePerson]
    outbox: list[PracticeMail] = Field(description="the welcome e-mails")
    notices: list[PracticeNotice] = Field(description="no welcome e-mails, and not among them")


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


def list_passes(settings: "Settings", desk: "Desk") -> ExitCode:
    """List the passes of the portal, with their seats.

    Raises:
        AapimportError: The portal can't be asked.
    """
    from aapimport.app.session import listing
    from aapimport.screens.passes import show_passes
    from aapimport.screens.target import show_target

    with desk.busy("asking the services"), listing(settings) as services:
        found = services.portal.passes()
    if desk.as_json:
        report = passes_report(found, services.target, services.address)
        desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        return ExitCode.OK
    desk.show_beside(show_target, settings)
    desk.show(show_passes, found)
    return ExitCode.OK


def list_teams(settings: "Settings", desk: "Desk", pass_name: str | None) -> ExitCode:
    """List the teams of the portal, or of one pass, with their places.

    Raises:
        AapimportError: The portal can't be asked, or has no such pass.
    """
    from aapimport.app.session import listing
    from aapimport.plan.names import choose_pass
    from aapimport.screens.passes import show_teams
    from aapimport.screens.target import show_target

    with desk.busy("asking the services"), listing(settings) as services:
        found = services.portal.teams()
        passes = {one.id: one.name for one in services.portal.passes()}
        if pass_name is not None:
            chosen = choose_pass(services.portal, pass_name, settings.pass_as)
            found = tuple(team for team in found if team.pass_id in {"", chosen.id})
    if desk.as_json:
        report = teams_report(found, services.target, services.address)
        desk.print_result(report.model_dump_json(by_alias=True, indent=2))
        return ExitCode.OK
    desk.show_beside(show_target, settings)
    desk.show(show_teams, found, passes)
    return ExitCode.OK
