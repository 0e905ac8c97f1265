"""What one service can do: read from its discovery endpoints, believed as little as possible.

All three endpoints of RFC 7644 section 4 may be missing, wrong or refused (docs/scim.md, 2); the
defaults are then the least. Whatever is announced is still verified by what comes back.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from aapimport.errors import ServiceError
from aapimport.services.patience import (
    Patience,
    transient,
)
from aapimport.services.reaching import is_refusal, reachable
from aapimport.services.replies import Answer, NotSent, Reply
from aapimport.services.right_address import astray, check_address, check_scim
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
from aapimport.services.transport import Transport

_FELL_OVER = 500
_CONFIG, _TYPES, _SCHEMAS = "/ServiceProviderConfig", "/ResourceTypes", "/Schemas"
_FEATURES = {
    "pagination",
    "patch",
    "bulk",
    "filter",
    "changepassword",
    "sort",
    "etag",
    "authenticationschemes",
}
MAX_BULK = 200
"""Operations in one bulk request at the most: a lost answer then stays cheap (docs/scim.md, 13)."""
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
        sorts: Whether lists can be sorted.
        cursors: Whether lists are paged by cursor (RFC 9865).
        user_attributes: The core User attributes that the service declares and lets us write, in
            lower case, with their parts (`emails`, `emails.type`); None where it publishes no
            User schema, so that everything is tried.
        required: The core User attributes that the service demands, likewise.
        mails: Whether welcome e-mails can be asked for (the allaccesspass User extension).
        passes: Whether passes are published at /Passes.
        teams: Whether there are Groups.
        team_places: Whether Groups tell their pass and places (the allaccesspass Group extension).
        not_kept: The core User attributes that a setting says are declared and dropped all the
            same, in lower case and without parts.
    """

    bulk: int = 0
    bulk_bytes: int = MAX_BULK_BYTES
    filters: bool = False
    patches: bool = False
    etags: bool = False
    sorts: bool = False
    cursors: bool = False
    user_attributes: frozenset[str] | None = None
    required: frozenset[str] = frozenset()
    mails: bool = False
    passes: bool = False
    teams: bool = True
    team_places: bool = False
    not_kept: frozenset[str] = frozenset()

    def keeps(self, attribute: str) -> bool:
        """Whether a core User attribute is worth sending: declared, and not known to be dropped."""
        return _keeps(attribute.lower(), self.user_attributes, self.not_kept)

    def declares(self, attribute: str) -> bool:
        """Whether a core User attribute can be written, as far as the service declares any.

        A part (`emails.type`) of an attribute that is declared without parts may be anything.
        """
        return _keeps(attribute.lower(), self.user_attributes, frozenset())

    def demands(self, attribute: str) -> bool:
        """Whether the service refuses a User without an attribute, such as `name.formatted`."""
        return attribute.lower() in self.required


@lru_cache(1024)
def _keeps(name: str, declared: frozenset[str] | None, dropped: frozenset[str]) -> bool:
    """Whether an attribute is declared, where anything is, and not dropped."""
    top, dot, _ = name.partition(".")
    if top in dropped:
        return False
    if declared is None:
        return True
    if dot and top in declared:
        return name in declared or not any(one.startswith(f"{top}.") for one in declared)
    return name in declared


def discover(transport: Transport, patience: Patience, name: str) -> Capabilities:
    """Ask a service what it can do.

    Args:
        transport: The service.
        patience: Its retry budget.
        name: What the service is called in messages.

    Raises:
        SettingsError: The service refuses the token.
        WrongAddressError: No SCIM service is at the address.
        ServiceError: It can't be reached, or is busy or out of order.
    """
    ask = _Discovery(transport, patience, name)
    try:
        config, listed, published = (ask.about(one) for one in (_CONFIG, _TYPES, _SCHEMAS))
        if ask.is_refused or not (config or listed or published):
            check_scim(transport, patience, name)
    except ServiceError as error:
        check_address(error, transport, patience, name)
        raise
    types = list(objects(listed.get("Resources")))
    schemas = {text(schema.get("id")): schema for schema in objects(published.get("Resources"))}
    user = schemas.get(USER) or ask.about_users()
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
        sorts=_supported(config, "sort"),
        cursors=mapping(config.get("pagination")).get("cursor") is True,
        user_attributes=_writable(user) if user.get("attributes") else None,
        required=frozenset(name for name, one in _attributes(user) if one.get("required") is True),
        mails=AAP_USER in extensions,
        passes=any(text(kind.get("schema")) == AAP_PASS for kind in types),
        teams=not types or any(_is_groups(text(kind.get("endpoint"))) for kind in types),
        team_places=AAP_GROUP in extensions,
    )


class _Discovery:
    """The discovery endpoints of one service.

    Attributes:
        is_refused: Whether one of them refuses the token, as discovery alone may (docs/scim.md, 2).
    """

    def __init__(self, transport: Transport, patience: Patience, name: str) -> None:
        self._transport = transport
        self._patience = patience
        self._name = name
        self.is_refused = False

    def about(self, path: str) -> Mapping[str, Any]:
        """What a service answers; empty where it has nothing to say, or refuses to.

        Nothing is guessed from an answer that is damaged: a web page, half of a JSON or nothing at
        all, once, would otherwise mean that the service can do nothing and keeps nothing.

        Raises:
            SettingsError: Something has to be set before anything can be sent.
            WrongAddressError: No service is at the address.
            ServiceError: It can't be reached, is out of order, or answers with something that
                isn't SCIM.
        """
        reply = self._get(path, lambda answer: not answer.ok or _said(answer, path) is not None)
        if isinstance(reply, Answer) and is_refusal(reply):
            self.is_refused = True
            return {}
        if isinstance(reply, NotSent) and reply.astray:
            raise astray(reply, self._transport, self._name)
        answer = reachable(reply, self._name, self._transport.login)
        if transient(answer):
            raise ServiceError(
                f"{self._name} can't say what it can do: GET {path} is answered"
                f" {answer.status}: {error_detail(answer)}",
                hint="try again later; nothing is guessed about a service that is out of order",
                status=answer.status,
            )
        said = _said(answer, path) if answer.ok else {}
        if said is None and not (_is_page(answer) and self._shows_pages()):
            what = "something that isn't SCIM's JSON" if answer.body.strip() else "an empty success"
            what = "a web page" if _is_page(answer) else what
            raise ServiceError(
                f"{self._name} answers GET {path} with {what}",
                hint="try again later; if it stays, show this message to the service's owner",
                status=answer.status,
            )
        return said or {}

    def about_users(self) -> Mapping[str, Any]:
        """The User schema of a service that serves it at its own address only; or nothing.

        Raises:
            SettingsError: As for `about`.
            ServiceError: Likewise; but a service that has no such address may fall over it.
        """
        try:
            return self.about(f"{_SCHEMAS}/{quote(USER, safe='')}")
        except ServiceError as error:
            if error.status == _FELL_OVER:
                return {}
            raise

    def _shows_pages(self) -> bool:
        """Whether a path that can't exist is answered with a web page too (docs/scim.md, 1)."""
        reply = self._get(f"/aapimport-{secrets.token_hex(8)}")
        return isinstance(reply, Answer) and reply.ok and _is_page(reply)

    def _get(self, path: str, whole: Callable[[Answer], bool] | None = None) -> Reply:
        return self._patience.repeat(
            lambda: self._transport.request("GET", path), reads=True, whole=whole
        )


def _said(answer: Answer, path: str) -> Mapping[str, Any] | None:
    """What a success says at a discovery endpoint, a bare array as a list; None when damaged.

    Who has nothing to say says that: 404, or a list of nobody whose total is 0.
    """
    body = answer.json()
    if body is None:
        array = answer.array()
        return None if array is None or path == _CONFIG else {"Resources": array}
    if path == _CONFIG:
        return body if _FEATURES & {name.lower() for name in body} else None
    if path.startswith(f"{_SCHEMAS}/"):
        return body or None
    listed, total = body.get("Resources"), number(body.get("totalResults"))
    whole = bool(listed) or not total if isinstance(listed, list) else listed is None and total == 0
    return body if whole else None


def _is_page(answer: Answer) -> bool:
    """Whether an answer is a web page, whatever it is called."""
    kind = answer.headers.get("content-type", "").lower()
    return "html" in kind or answer.body.lstrip()[:1] == b"<"


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
