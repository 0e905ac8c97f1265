"""The two SCIM services as WSGI applications, on the library scim2-server."""

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, cast

from scim2_models import (
    Context,
    ListResponse,
    PatchOp,
    PatchOperation,
    PayloadTooLargeException,
    Resource,
    ResourceType,
    SCIMException,
    SearchRequest,
    UnauthorizedException,
)
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)
from scim2_server.applications.wsgi import WSGIApplication
from scim2_server.conditions import Conditions
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService
from scim2_server.storage import SearchPage

from aapimport.sandbox.models import MAX_BODY_BYTES, GroupExtension, TeamMember
from aapimport.sandbox.portal import PortalStorage
from aapimport.sandbox.storage import SqliteStorage


class PracticeService(ScimService):
    """The protocol, with one limit on the size of every body."""

    def max_body_size(self, request: ScimRequest) -> int | None:
        """The most bytes that are read of a request's body."""
        limit = super().max_body_size(request)
        return MAX_BODY_BYTES if limit is None else limit

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """A resource with its addresses, in place: what our storage returns is nobody else's."""
        if resource.meta is not None:
            resource_type = self.get_resource_type_of(resource)
            resource.meta.location = self.resource_location(
                base_url, resource_type, str(resource.id)
            )
        for holder in _references(resource):
            if holder.ref is not None:
                holder.ref = self.reference_location(base_url, holder.ref)
        return resource

    def search_response(
        self,
        base_url: str,
        resource_types: list[ResourceType],  # noqa: ARG002 -- the library's; only cursors use it
        page: SearchPage,
        search_request: SearchRequest[Any],
    ) -> ScimResponse:
        """A page; made of what was validated already, where the library would do it again."""
        resources = [
            self.publish(base_url, resource).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search_request
            )
            for resource in page.resources
        ]
        body = {
            "schemas": [str(ListResponse.__schema__)],
            "totalResults": page.total,
            "startIndex": search_request.start_index,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }
        return ScimResponse(HTTPStatus.OK, body)


class PracticeHandler(ScimHandler):
    """The operations, each in one transaction; a bulk request as a whole in one, too."""

    storage: SqliteStorage

    def query(self, request: ScimRequest) -> ScimResponse:
        """Read a resource."""
        with self.storage.database.reading():
            return super().query(request)

    def search(self, request: ScimRequest) -> ScimResponse:
        """Search with GET."""
        with self.storage.database.reading():
            return super().search(request)

    def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search with POST."""
        with self.storage.database.reading():
            return super().search_with_body(request)

    def bulk(self, request: ScimRequest) -> ScimResponse:
        """Run a bulk request: one transaction, in it a savepoint for each operation."""
        with self.storage.database.transaction():
            return super().bulk(request)

    def patch(self, request: ScimRequest) -> ScimResponse:
        """Modify a resource; what the client wants to see of it is read afresh."""
        response = super().patch(request)
        if response.status is not HTTPStatus.OK:
            return response
        return self.query(replace(request, method="GET", body=b"", headers={}))

    def patch_resource(
        self,
        resource_type: ResourceType,
        resource_id: str,
        patch_op: "PatchOp[Any]",
        conditions: Conditions,
    ) -> Resource[Any]:
        """Modify a resource; people enter and leave a team without its other members being read."""
        change = membership_change(patch_op) if resource_type.name == "Group" else None
        if change is None or not isinstance(self.storage, PortalStorage):
            return super().patch_resource(resource_type, resource_id, patch_op, conditions)
        storage = self.storage
        with storage.database.joining():
            current = storage.brief(storage.row("Group", resource_id))
            self.service.check_preconditions(current, "PATCH", conditions)
            return storage.brief(storage.change_members(resource_id, change.add, change.remove))


class PracticeApplication(WSGIApplication):
    """One service over WSGI, at the base path `/v2`, behind a bearer token.

    Args:
        storage: The service's resources.
        token: The bearer token.
    """

    def __init__(self, storage: SqliteStorage, token: str) -> None:
        super().__init__(storage, storage.provider, PracticeService(storage.provider))
        self.handler = PracticeHandler(self.service, storage)
        self._token = token.encode()

    def check_auth(self, request: ScimRequest) -> None:
        """Refuse a request without the token."""
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        given = token.strip().encode("utf-8", "surrogateescape")
        if scheme.casefold() != "bearer" or not secrets.compare_digest(given, self._token):
            raise UnauthorizedException

    def dispatch_request(self, request: ScimRequest) -> ScimResponse:
        """Serve a request whose body isn't too large."""
        if len(request.body) > MAX_BODY_BYTES:
            raise PayloadTooLargeException(detail=f"a body holds at most {MAX_BODY_BYTES} bytes")
        return super().dispatch_request(request)

    def handle_exception(self, request: ScimRequest, exception: Exception) -> ScimResponse:
        """The answer to a failure; 503 while another process keeps the file busy."""
        if isinstance(exception, sqlite3.OperationalError) and "locked" in str(exception):
            busy = SCIMException(detail="the practice portal is busy, try again")
            busy.status = HTTPStatus.SERVICE_UNAVAILABLE
            response = super().handle_exception(request, busy)
            response.headers["Retry-After"] = "1"
            return response
        return super().handle_exception(request, exception)


def _references(resource: Resource[Any]) -> Iterator[Any]:
    """Every value of a resource that refers to another one."""
    for name in ("members", "groups"):
        yield from getattr(resource, name, None) or ()
    team = getattr(resource, GroupExtension.__name__, None)
    if team is not None and team.pass_ is not None:
        yield team.pass_


@dataclass(frozen=True)
class MembershipChange:
    """Who enters and who leaves a team.

    Attributes:
        add: Ids of people.
        remove: Ids of people.
    """

    add: tuple[str, ...]
    remove: tuple[str, ...]


def membership_change(patch_op: "PatchOp[Any]") -> MembershipChange | None:
    """What a PATCH does to a team's members, if that is all it does.

    `add` of members and `remove` of `members[value eq "…"]` are understood; everything else,
    also the two in an order that matters, gives None.
    """
    add: list[str] = []
    remove: list[str] = []
    for operation in patch_op.operations or ():
        node = operation.path.ast if operation.path is not None else None
        if operation.op is PatchOperation.Op.add and node == AttrPath("members"):
            people = list(_listed(operation.value))
        elif operation.op is PatchOperation.Op.remove and isinstance(node, ValuePath):
            people = list(_selected(node)) if _is_plain(node) else [None]
        else:
            return None
        if None in people:
            return None
        (add if operation.op is PatchOperation.Op.add else remove).extend(cast("list[str]", people))
    if set(add) & set(remove):
        return None
    return MembershipChange(tuple(add), tuple(remove))


def _listed(value: Any) -> Iterator[str | None]:
    for member in value if isinstance(value, list) else [value]:
        if isinstance(member, TeamMember):
            yield member.value
        elif isinstance(member, dict) and set(member) <= {"value", "type", "$ref", "display"}:
            yield member.get("value")
        else:
            yield None


def _is_plain(node: ValuePath) -> bool:
    return node.attr_path == AttrPath("members") and node.sub_attr is None


def _selected(node: ValuePath) -> Iterator[str | None]:
    inner = node.val_filter
    terms: tuple[FilterNode, ...] = (inner,)
    if isinstance(inner, LogicalExpr) and inner.op is LogicalOperator.or_:
        terms = inner.terms
    for term in terms:
        if (
            isinstance(term, Comparison)
            and term.op is CompareOperator.eq
            and term.attr_path == AttrPath("value")
            and isinstance(term.value, str)
        ):
            yield term.value
        else:
            yield None
