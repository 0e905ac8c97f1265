"""SCIM 2.0 as it comes over the wire (RFC 7643, RFC 7644): resources in, bodies out.

Servers send lists where text belongs, numbers where lists belong, and HTML where JSON belongs
(SERVERS.md, 17), so everything read here may be anything.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aapimport.services.transport import Answer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
AAP_USER = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:User"
AAP_GROUP = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
AAP_PASS = "urn:ietf:params:scim:schemas:allaccesspass:2.0:Pass"
PASS_TYPE = "pass"
"""The `type` of the entitlements that put a person on a pass."""
_LONGEST_DETAIL = 300


def text(value: object) -> str:
    """A text attribute; empty for whatever isn't text."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """A whole-number attribute; None for whatever isn't one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a multi-valued attribute; a bare text counts as its `value`."""
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            yield item
        elif isinstance(item, str):
            yield {"value": item}


def mapping(value: object) -> Mapping[str, Any]:
    """A complex attribute; empty for whatever isn't one."""
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account on one service, as far as an upload looks at it.

    Attributes:
        id: The service's own identifier.
        user_name: The address as the service keeps it.
        external_id: The key that the creator gave, or empty.
        active: False when deactivated.
        first_name: `name.givenName`.
        last_name: `name.familyName`.
        roles: The values of `roles`.
        passes: The values of the entitlements whose type is `pass` or missing.
        emails: The values of `emails`.
        etag: The version, for If-Match; empty where the service has none.
    """

    id: str
    user_name: str
    external_id: str
    active: bool
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    passes: tuple[str, ...]
    emails: tuple[str, ...]
    etag: str


def read_account(resource: Mapping[str, Any]) -> Account | None:
    """An account from a User resource; None when it has no id."""
    identifier = resource.get("id")
    if not isinstance(identifier, str | int) or not str(identifier):
        return None
    name = mapping(resource.get("name"))
    return Account(
        id=str(identifier),
        user_name=text(resource.get("userName")),
        external_id=text(resource.get("externalId")),
        active=str(resource.get("active", True)).lower() != "false",
        first_name=text(name.get("givenName")),
        last_name=text(name.get("familyName")),
        roles=_values(resource.get("roles")),
        passes=tuple(
            text(item.get("value"))
            for item in objects(resource.get("entitlements"))
            if text(item.get("type")) in {"", PASS_TYPE}
        ),
        emails=_values(resource.get("emails")),
        etag=text(mapping(resource.get("meta")).get("version")),
    )


def _values(attribute: object) -> tuple[str, ...]:
    return tuple(text(item.get("value")) for item in objects(attribute))


def equals(attribute: str, value: str) -> str:
    """The filter `attribute eq "value"`, quoted as JSON (RFC 7644 section 3.4.2.2)."""
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def error_detail(answer: Answer) -> str:
    """The service's own words for a refusal, on one line; made up from the status if it has none.

    At most 300 characters, because some services answer with a whole page.
    """
    body = answer.json() or {}
    detail = body.get("detail")
    if isinstance(detail, list):
        detail = "; ".join(str(item) for item in detail)
    words = " ".join(text(detail).split())
    kind = text(body.get("scimType"))
    if not words:
        words = f"HTTP {answer.status}" + (f" ({kind})" if kind else "")
    return words[:_LONGEST_DETAIL]
