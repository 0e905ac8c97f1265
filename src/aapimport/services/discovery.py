"""What one service can do: read from its discovery endpoints, believed as little as possible.

All three endpoints of RFC 7644 section 4 may be missing, wrong or refused (SERVERS.md, 2); the
defaults are then the least. Whatever is announced is still verified by what comes back.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from aapimport.errors import ServiceError, SettingsError
from aapimport.services.patience import Patience, transient
from aapimport.services.scim import (
    AAP_GROUP,
    AAP_PASS,
    AAP_USER,
    USER,
    error_detail,
    mapping,
    number,
    objects,
    text,
)
from aapimport.services.transport import Answer, Lost, NotSent, Reply, Transport

UNAUTHORIZED, FORBIDDEN = 401, 403
_DISCOVERY = ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas")
MAX_BULK = 200
"""Operations in one bulk request at the most: a lost answer then stays cheap (SERVERS.md, 13)."""
MAX_BULK_BYTES = 1_000_000
"""Bytes in one bulk request at the most, where the service doesn't ask for fewer."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a service says it can do.

    Attributes:
        bulk: Operations that one bulk request may hold; 0 where bulk isn't offered.
        bulk_bytes: Bytes that one bulk request may have.
        filters: Whether look-ups by filter are announced.
        patches: Whether PATCH is announced; it is tried in any case.
        etags: Whether If-Match is announced.
        user_attributes: The core User attributes that the service declares and lets us write, in
            lower case, with their parts (`emails`, `emails.type`); None where it publishes no
            User schema, so that everything is tried.
        required: The core User attributes that the service demands, likewise.
        mails: Whether welcome e-mails can be asked for (the allaccesspass User extension).
        passes: Whether passes are published at /Passes.
        teams: Whether there are Groups.
        team_places: Whether Groups tell their pass and places (the allaccesspass Group extension).
    """

    bulk: int = 0
    bulk_bytes: int = MAX_BULK_BYTES
    filters: bool = False
    patches: bool = False
    etags: bool = False
    user_attributes: frozenset[str] | None = None
    required: frozenset[str] = frozenset()
    mails: bool = False
    passes: bool = False
    teams: bool = True
    team_places: bool = False

    def keeps(self, attribute: str) -> bool:
        """Whether a core User attribute can be written, as far as the service declares any.

        A part (`emails.type`) of an attribute that is declared without parts may be anything.
        """
        if self.user_attributes is None:
            return True
        name = attribute.lower()
        top, dot, _ = name.partition(".")
        if dot and top in self.user_attributes:
            parts = any(one.startswith(f"{top}.") for one in self.user_attributes)
            return not parts or name in self.user_attributes
        return name in self.user_attributes

    def demands(self, attribute: str) -> bool:
        """Whether the service refuses a User without an attribute, such as `name.formatted`."""
        return attribute.lower() in self.required


def discover(transport: Transport, patience: Patience, name: str) -> Capabilities:
    """Ask a service what it can do.

    Args:
        transport: The service.
        patience: Its retry budget.
        name: What the service is called in messages.

    Raises:
        SettingsError: The service refuses the token, or isn't a SCIM service.
        ServiceError: It can't be reached, or is busy or out of order.
    """
    found = [_get(transport, patience, path, name) for path in _DISCOVERY]
    if None in found:
        _try_token(transport, patience, name)
    config, listed, published = (one or {} for one in found)
    types = list(objects(listed.get("Resources")))
    schemas = {text(schema.get("id")): schema for schema in objects(published.get("Resources"))}
    user = schemas.get(USER) or _schema_alone(transport, patience)
    extensions = {
        text(extension.get("schema"))
        for kind in types
        for extension in objects(kind.get("schemaExtensions"))
    }
    bulk = mapping(config.get("bulk"))
    most = min(number(bulk.get("maxOperations")) or 0, MAX_BULK)
    return Capabilities(
        bulk=most if bulk.get("supported") is True else 0,
        bulk_bytes=min(number(bulk.get("maxPayloadSize")) or MAX_BULK_BYTES, MAX_BULK_BYTES),
        filters=_supported(config, "filter"),
        patches=_supported(config, "patch"),
        etags=_supported(config, "etag"),
        user_attributes=_writable(user) if user.get("attributes") else None,
        required=frozenset(name for name, one in _attributes(user) if one.get("required") is True),
        mails=AAP_USER in extensions,
        passes=any(text(kind.get("schema")) == AAP_PASS for kind in types),
        teams=not types or any(_is_groups(text(kind.get("endpoint"))) for kind in types),
        team_places=AAP_GROUP in extensions,
    )


def _get(
    transport: Transport, patience: Patience, path: str, name: str
) -> Mapping[str, Any] | None:
    """What a service answers; empty where it has nothing to say, None where it refuses to."""
    reply = patience.repeat(lambda: transport.request("GET", path))
    if isinstance(reply, Answer) and is_refusal(reply):
        return None
    answer = reachable(reply, name)
    if transient(answer):
        raise ServiceError(
            f"{name} can't say what it can do: {error_detail(answer)}",
            hint="try again later; nothing is guessed about a service that is out of order",
        )
    return (answer.json() if answer.ok else None) or {}


def _try_token(transport: Transport, patience: Patience, name: str) -> None:
    """Ask for people where discovery is closed, which it alone may be (SERVERS.md, 2).

    Raises:
        SettingsError: The service refuses the token there as well.
        ServiceError: It can't be reached.
    """
    few = {"startIndex": "1", "count": "1"}
    reachable(patience.repeat(lambda: transport.request("GET", "/Users", query=few)), name)


def _schema_alone(transport: Transport, patience: Patience) -> Mapping[str, Any]:
    """The User schema of a service that lists none and serves it at its own address; or nothing."""
    path = f"/Schemas/{quote(USER, safe='')}"
    reply = patience.repeat(lambda: transport.request("GET", path))
    return (reply.json() if isinstance(reply, Answer) and reply.ok else None) or {}


def _supported(config: Mapping[str, Any], feature: str) -> bool:
    return mapping(config.get(feature)).get("supported") is True


def _is_groups(endpoint: str) -> bool:
    """Whether an endpoint is that of Groups; canaille 0.3.6 gives whole addresses."""
    return urlsplit(endpoint).path.rstrip("/").endswith("/Groups")


def _attributes(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every attribute of a schema, and every part of one, by its name in lower case."""
    for attribute in objects(schema.get("attributes")):
        name = text(attribute.get("name")).lower()
        yield name, attribute
        for part in objects(attribute.get("subAttributes")):
            yield f"{name}.{text(part.get('name')).lower()}", part


def _writable(schema: Mapping[str, Any]) -> frozenset[str]:
    """What can be written; `externalId` is common to all resources and need not be declared.

    Source: RFC 7643 section 3.1; SCIMMY keeps externalId and doesn't declare it, canaille declares
    it read-only and refuses nothing.
    """
    declared = dict(_attributes(schema))
    declared.setdefault("externalid", {})
    return frozenset(
        name for name, one in declared.items() if text(one.get("mutability")) != "readOnly"
    )


def is_refusal(answer: Answer) -> bool:
    """Whether a service refuses the token, or sends us elsewhere."""
    return answer.status in {UNAUTHORIZED, FORBIDDEN} or 300 <= answer.status < 400  # noqa: PLR2004 -- RFC 9110 section 15.4


def reachable(reply: Reply, name: str) -> Answer:
    """The answer, or the error that says why there is none to be had.

    Raises:
        SettingsError: The service refuses the token, or sends us elsewhere.
        ServiceError: The service can't be reached.
    """
    if isinstance(reply, NotSent):
        raise ServiceError(
            f"{name} can't be reached: {reply.reason}",
            hint="check the address and your network, then try again",
        )
    if isinstance(reply, Lost):
        raise ServiceError(f"{name} did not answer: {reply.reason}", hint="try again later")
    if reply.status in {UNAUTHORIZED, FORBIDDEN}:
        raise SettingsError(
            f"{name} refuses the token (HTTP {reply.status})",
            hint="ask for a new token, or check that it belongs to this service",
        )
    if 300 <= reply.status < 400:  # noqa: PLR2004 -- RFC 9110 section 15.4
        raise SettingsError(
            f"{name} sends us to another address (HTTP {reply.status}), which is never followed",
            hint="configure the service's own SCIM address",
        )
    return reply
