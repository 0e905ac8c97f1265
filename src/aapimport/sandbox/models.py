"""What the practice portal and Jhana speak over the wire, as scim2-models classes.

Users and groups are those of RFC 7643; passes, the seats of a team and the welcome e-mail are the
extensions that `docs/protocol.md` proposes to portal owners.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Group,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)
from scim2_models.resources.user import Role as CoreRole

from aapimport.template.roles import Role

MAX_OPERATIONS = 1000
"""The most operations that one bulk request may hold."""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest body of any request, announced as bulk's maxPayloadSize."""

MAX_RESULTS = 1000
"""The most resources on one page."""

USER_EXTENSION = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:User"
GROUP_EXTENSION = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
PASS_SCHEMA = "urn:ietf:params:scim:schemas:allaccesspass:2.0:Pass"


class PortalRole(CoreRole):
    """A role on the All Access Pass."""

    value: str | None = Field(None, examples=[role.value for role in Role])
    """One of the four roles."""


class PracticeUser(User[AnyExtension]):
    """A person."""

    roles: list[PortalRole] | None = None  # type: ignore[assignment]  # narrower, as meant
    """The person's role."""

    Roles: ClassVar[type[ComplexAttribute]] = PortalRole


class WelcomeEmail(ComplexAttribute):
    """A welcome e-mail that a client asks for."""

    request_id: Annotated[str | None, CaseExact.true, Required.true] = None
    """Names the request; a request id is answered by at most one e-mail, ever."""

    sent_at: Annotated[datetime | None, Mutability.read_only, Returned.request] = None
    """When the e-mail was sent."""


class PortalWelcomeEmail(WelcomeEmail):
    """A welcome e-mail that the portal sends."""

    kind: Annotated[str | None, Required.true] = Field(None, examples=["combined", "portal"])
    """Which text: for the pass alone, or for the pass and Jhana."""


class JhanaWelcomeEmail(WelcomeEmail):
    """A welcome e-mail that Jhana sends."""

    kind: Annotated[str | None, Required.true] = Field(None, examples=["jhana"])
    """Which text; Jhana has one."""


class PortalUserExtension(Extension):
    """What the portal adds to a user."""

    __schema__ = URN(USER_EXTENSION)

    welcome_email: PortalWelcomeEmail | None = None
    """The welcome e-mail that was asked for last."""


class JhanaUserExtension(Extension):
    """What Jhana adds to a user."""

    __schema__ = URN(USER_EXTENSION)

    welcome_email: JhanaWelcomeEmail | None = None
    """The welcome e-mail that was asked for last."""


class Pass(Resource[Any]):
    """An All Access Pass."""

    __schema__ = URN(PASS_SCHEMA)

    display_name: Annotated[str | None, Required.true] = None
    """The pass's name."""

    seats: int | None = None
    """How many people the pass holds; without it, any number."""

    seats_used: Annotated[int | None, Mutability.read_only] = None
    """How many seats were ever filled; a used seat is never free again."""

    valid_from: Annotated[datetime | None, Mutability.read_only] = None
    """The first day of the pass."""

    valid_until: Annotated[datetime | None, Mutability.read_only] = None
    """The last day of the pass."""


class TeamMember(ComplexAttribute):
    """A person in a team, as RFC 7643 section 8.7.1 has it."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The person's id."""

    ref: Annotated[Reference[User[Any]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The person's address."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """Always `User`: a team holds no teams."""

    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """The person's name, for clients that ask for `members.display`."""


class Team(Group, Generic[AnyExtension]):
    """A team."""

    members: list[TeamMember] | None = None  # type: ignore[assignment]  # narrower, as meant
    """The people in it."""

    Members: ClassVar[type[ComplexAttribute]] = TeamMember


class PassReference(ComplexAttribute):
    """The pass that a team belongs to."""

    value: Annotated[str | None, CaseExact.true] = None
    """The pass's id."""

    ref: Reference[Pass] | None = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The pass's address."""


class GroupExtension(Extension):
    """What the portal adds to a group: a team."""

    __schema__ = URN(GROUP_EXTENSION)

    pass_: PassReference | None = Field(None, serialization_alias="pass", validation_alias="pass")
    """The pass that the team belongs to."""

    places: int | None = None
    """How many people the team holds; without it, any number."""

    places_used: Annotated[int | None, Mutability.read_only, Returned.request] = None
    """How many people are in the team."""


def _config() -> ServiceProviderConfig:
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=MAX_BODY_BYTES),
        filter=Filter(supported=True, max_results=MAX_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="The token that `aapimport sandbox serve` prints",
                spec_uri=Reference[External]("https://datatracker.ietf.org/doc/html/rfc6750"),
                primary=True,
            )
        ],
    )


def portal_provider() -> ScimProvider:
    """What the practice portal serves: users, groups (teams) and passes."""
    return ScimProvider(
        models=[PracticeUser, PortalUserExtension, Team, GroupExtension, Pass],
        resource_types=[
            ResourceType.from_resource(PracticeUser[PortalUserExtension]),
            ResourceType.from_resource(Team[GroupExtension]),
            _pass_type(),
        ],
        config=_config(),
    )


def jhana_provider() -> ScimProvider:
    """What the practice Jhana serves: users."""
    return ScimProvider(
        models=[User, JhanaUserExtension],
        resource_types=[ResourceType.from_resource(User[JhanaUserExtension])],
        config=_config(),
    )


def _pass_type() -> ResourceType:
    derived = ResourceType.from_resource(Pass)
    return derived.model_copy(update={"endpoint": Reference("/Passes")})
