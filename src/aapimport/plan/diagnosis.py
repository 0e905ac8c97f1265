"""What `aapimport doctor` finds: both services, and what they mean for an upload."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from aapimport.config.values import PassAs
from aapimport.errors import ExitCode, ServiceError, SettingsError
from aapimport.plan.make import Services
from aapimport.plan.notices import PassIs, health_notices, jhana_notices, portal_notices
from aapimport.services.health import Health, State, examine
from aapimport.services.portal import Portal
from aapimport.services.swapped import check_not_swapped
from aapimport.services.values import Pass, Team


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Announced(_Model):
    """What a service says it can do, at /ServiceProviderConfig, /ResourceTypes and /Schemas.

    What is declared isn't always kept: that shows when the first person is read back.
    """

    bulk: int = Field(description="people in one bulk request; 0 where it takes none")
    filter: bool = Field(description="look-ups are announced; whether they are true is look_ups")
    patch: bool
    etag: bool
    schema_published: bool = Field(description="whether it declares what a person can have")
    names: bool = Field(description="whether they are declared; true where nothing is")
    roles: bool
    entitlements: bool
    external_id: bool
    welcome_emails: bool
    passes: bool = Field(description="whether passes are published at /Passes")
    groups: bool
    places: bool = Field(description="whether Groups tell their pass and places")


class ServiceDiagnosis(_Model):
    """One service."""

    name: str
    address: str
    state: Literal["ok", "refused", "unusable", "no-scim", "out-of-order", "unreachable"]
    status: int | None = Field(description="the HTTP status of what it answers, where out-of-order")
    problem: str
    hint: str
    accounts: int | None = Field(description="as the service says; null where it can't be asked")
    look_ups: Literal["true", "exact-case", "ignored", "missing", "refused", "untried"] | None = (
        Field(description="what became of look-ups by filter for somebody who is there")
    )
    malformed: int = Field(description="accounts among those looked at that can't be read")
    announced: Announced | None
    not_kept: list[str] = Field(description="attributes that the setting not_kept names")


class Diagnosis(_Model):
    """What `doctor --json` prints."""

    target: Literal["practice", "live"]
    address: str = Field(description="where both services are")
    can_upload: bool
    problem: str = Field(description="what is wrong with the two together; empty when nothing is")
    hint: str
    services: list[ServiceDiagnosis] = Field(description="the portal, then Jhana")
    passes: int | None = Field(description="how many the portal publishes; null where it doesn't")
    seats_published: bool
    teams: int | None = Field(description="how many Groups the portal has; null where it has none")
    pass_is: Literal["entitlement", "group", "nothing"] | None = Field(
        description="what being on the pass is, on this portal"
    )
    meaning: list[str] = Field(description="what all this means for an upload")

    @property
    def sentences(self) -> list[str]:
        """Everything that it says in words."""
        troubles = [(one.problem, one.hint) for one in self.services] + [(self.problem, self.hint)]
        return [*self.meaning, *(text for trouble in troubles for text in trouble)]

    @property
    def exit_code(self) -> ExitCode:
        """0 when an upload can run, 3 for settings and credentials, 4 for unreachable services."""
        states = {one.state for one in self.services}
        if self.problem or states & {"refused", "unusable", "no-scim"}:
            return ExitCode.SETTINGS
        return ExitCode.SERVICE if states & {"unreachable", "out-of-order"} else ExitCode.OK


def diagnose(services: Services, pass_as: PassAs = "auto") -> Diagnosis:
    """Find out how both services are; they are only read.

    Args:
        services: Both services.
        pass_as: What the setting says about the pass.
    """
    portal, jhana = examine(services.portal), examine(services.jhana)
    passes: tuple[Pass, ...] = ()
    teams: tuple[Team, ...] = ()
    if portal.state is State.OK:
        portal, passes, teams = _holdings(services.portal, portal)
    seats = bool(passes) and all(one.free is not None for one in passes)
    groups = portal.capabilities is not None and portal.capabilities.teams
    is_what = _pass_is(portal, pass_as, groups=bool(teams))
    problem, hint = _swapped(services, portal, jhana)
    return Diagnosis(
        target=services.target,
        address=services.address,
        can_upload=portal.state is State.OK and jhana.state is State.OK and not problem,
        problem=problem,
        hint=hint,
        services=[_service(portal), _service(jhana)],
        passes=len(passes) if portal.capabilities and portal.capabilities.passes else None,
        seats_published=seats,
        teams=len(teams) if groups and portal.state is State.OK else None,
        pass_is=is_what.value if is_what else None,
        meaning=list(_meaning(portal, jhana, is_what, teams, seats_published=seats)),
    )


def _holdings(
    directory: Portal, health: Health
) -> tuple[Health, tuple[Pass, ...], tuple[Team, ...]]:
    """The portal's passes and teams; its health says so when they can't be read."""
    try:
        return health, directory.passes(), directory.teams()
    except (ServiceError, SettingsError) as error:
        status = error.status if isinstance(error, ServiceError) else None
        state = State.OUT_OF_ORDER if status else State.UNREACHABLE
        if isinstance(error, SettingsError):
            state = State.REFUSED
        ill = replace(health, state=state, status=status, problem=error.message, hint=error.hint)
        return ill, (), ()


def _swapped(services: Services, portal: Health, jhana: Health) -> tuple[str, str]:
    """What is wrong with the two addresses together and what to do, or nothing."""
    if portal.capabilities and jhana.capabilities:
        try:
            check_not_swapped(services.portal, services.jhana)
        except SettingsError as error:
            return error.message, error.hint
    return "", ""


def _pass_is(portal: Health, pass_as: PassAs, *, groups: bool) -> PassIs | None:
    if portal.capabilities is None:
        return None
    if pass_as == "group":
        return PassIs.GROUP
    if portal.capabilities.keeps("entitlements"):
        return PassIs.ENTITLEMENT
    return PassIs.GROUP if groups and pass_as == "auto" else PassIs.NOTHING


def _meaning(
    portal: Health,
    jhana: Health,
    is_what: PassIs | None,
    teams: tuple[Team, ...],
    *,
    seats_published: bool,
) -> Iterator[str]:
    if portal.state is State.OK and portal.capabilities and is_what:
        yield from portal_notices(portal.capabilities, is_what, seats_published=seats_published)
        if not teams:
            yield "the portal has no teams: a file that names one is refused"
        yield from health_notices(portal)
    if jhana.state is State.OK and jhana.capabilities:
        yield from jhana_notices(jhana.capabilities)
        yield from health_notices(jhana)


def _service(health: Health) -> ServiceDiagnosis:
    can = health.capabilities
    return ServiceDiagnosis(
        name=health.name,
        address=health.address,
        state=health.state.value,
        status=health.status,
        problem=health.problem,
        hint=health.hint,
        accounts=health.accounts,
        look_ups=health.look_ups.value if health.look_ups else None,
        malformed=len(health.malformed),
        not_kept=sorted(can.not_kept) if can else [],
        announced=Announced(
            bulk=can.bulk,
            filter=can.filters,
            patch=can.patches,
            etag=can.etags,
            schema_published=can.user_attributes is not None,
            names=can.declares("name.givenName") and can.declares("name.familyName"),
            roles=can.declares("roles"),
            entitlements=can.declares("entitlements"),
            external_id=can.declares("externalId"),
            welcome_emails=can.mails,
            passes=can.passes,
            groups=can.teams,
            places=can.team_places,
        )
        if can
        else None,
    )
