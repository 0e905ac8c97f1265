"""SCIM 2.0 as it comes over the wire (RFC 7643, RFC 7644): resources in, bodies out.

Servers send lists where text belongs, numbers where lists belong, and HTML where JSON belongs
(docs/scim.md, 17), so everything read here may be anything.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aapimport.text import fold

if TYPE_CHECKING:
    from aapimport.services.replies import Answer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
AAP_USER = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:User"
AAP_GROUP = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0:Group"
AAP_PASS = "urn:ietf:params:scim:schemas:allaccesspass:2.0:Pass"
PASS_TYPE = "pass"
"""The `type` of the entitlements that put a person on a pass."""
MOST = 2**53
"""The largest number that is read: what every JSON reader holds exactly (RFC 8259 section 6)."""
_YES = {"", "true", "1", "1.0", "yes", "active", "enabled"}
_NO = {"false", "0", "0.0", "no", "inactive", "disabled", "deactivated"}
_LONGEST_WORDS = 300
_MUCH = 20 * _LONGEST_WORDS  # what is looked at of a page; the rest would be cut off anyway
_UNSEEN = {"Cc", "Cf", "Cs", "Co"}  # control, format and bidi characters, and those of nobody
_COLOUR = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]")
_TRACEBACK = re.compile(
    r"""Traceback\ \(most\ recent\ call\ last\):?                # Python
    |\bFile\ "[^"\n]*",\ line\ \d+,\ in\b
    |(?:^|\s)at\ [^\s()]+\.[^\s()]+\(                         # Java, .NET
    |(?:^|\s)at\ [^\s()]+\ \([^)\n]*(?::\d+|<anonymous>)\)    # JavaScript
    |(?:^|\s)at\ \S*[/\\.]\S*:\d+:\d+
    |\b[Ss]tack\ ?[Tt]race:                                   # PHP
    |^goroutine\ \d+\ \[                                      # Go
    |\s\S+\.rb:\d+:in\b                                      # Ruby""",
    re.VERBOSE | re.MULTILINE,
)
_WORDS_FOR_AN_ERROR = ("detail", "message", "msg", "error_description", "error", "title")
"""Where services put their words: SCIM's own name first (RFC 7644 section 3.12)."""


def text(value: object) -> str:
    """A text attribute; empty for whatever isn't text."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """A whole-number attribute, from 0 to `MOST`; None for whatever isn't one.

    Services send `10**400`, `1e400` for "no limit", and numbers below nothing: those are the
    nearest that can be.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 -- not NaN
        return None
    within = min(max(value, 0), MOST)
    return int(within) if within == int(within) else None


def is_pass(entitlement: Mapping[str, Any]) -> bool:
    """Whether an entitlement may put somebody on a pass: its `type` says so, or is missing.

    Its case doesn't count (RFC 7643 section 2.1).
    """
    return fold(text(entitlement.get("type")).strip()) in {"", PASS_TYPE}


def pass_of(group: Mapping[str, Any]) -> str:
    """The id of the pass that a Group belongs to; empty where the portal doesn't say."""
    return identifier(mapping(mapping(group.get(AAP_GROUP)).get("pass")).get("value"))


def identifier(value: object) -> str:
    """A service's own identifier: a text, or a whole number as text; empty for whatever isn't one.

    "." and ".." are none either: in a web address they would mean another place.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    found = str(value)
    return "" if found in {".", ".."} else found


def objects(value: object) -> Iterator[dict[str, Any]]:
    """The objects of a multi-valued attribute; a bare text or number counts as its `value`.

    A single object or text stands for a list of one, as some services have it.
    """
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item
        elif isinstance(item, str | int):
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
        active: False when deactivated, also where that is said in a number or another word.
        first_name: `name.givenName`.
        last_name: `name.familyName`.
        roles: The values of `roles`.
        passes: The values of the entitlements whose type is `pass` or missing.
        emails: The values of `emails`, first that which is `primary` (RFC 7643 section 4.1.2).
        etag: The version, for If-Match; empty where the service has none.
        role_labels: The `display` of each of `roles`, which says what an opaque value means.
        role_types: The `type` of each of `roles`.
        primary_role: The value of that of them which is `primary`; empty where none is.
        display_name: `displayName`; empty where it isn't shown.
        formatted_name: `name.formatted`; likewise.
        says_active: Whether `active` was shown, as a clear yes or a clear no: it is optional (RFC
            7643 section 4.1.1). Where it isn't, or in a word such as `invited`, `active` above is
            no more than what a write may start from.
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
    role_labels: tuple[str, ...]
    display_name: str = ""
    formatted_name: str = ""
    says_active: bool = True
    role_types: tuple[str, ...] = ()
    primary_role: str = ""

    @property
    def is_on(self) -> bool:
        """Whether it is said to be active."""
        return self.says_active and self.active

    @property
    def is_off(self) -> bool:
        """Whether it is said to be deactivated."""
        return self.says_active and not self.active


def read_account(resource: Mapping[str, Any]) -> Account | None:
    """An account from a User resource; None when it has no id."""
    own_id = identifier(resource.get("id"))
    if not own_id:
        return None
    name = mapping(resource.get("name"))
    return Account(
        id=own_id,
        user_name=text(resource.get("userName")),
        external_id=text(resource.get("externalId")),
        active=_is_active(resource.get("active")),
        first_name=text(name.get("givenName")),
        last_name=text(name.get("familyName")),
        roles=_values(resource.get("roles")),
        passes=tuple(
            identifier(item.get("value"))
            for item in objects(resource.get("entitlements"))
            if is_pass(item)
        ),
        emails=_values(
            sorted(objects(resource.get("emails")), key=lambda one: one.get("primary") is not True)
        ),
        etag=text(mapping(resource.get("meta")).get("version")),
        role_labels=_values(resource.get("roles"), "display"),
        display_name=text(resource.get("displayName")),
        formatted_name=text(name.get("formatted")),
        says_active=_says_active(resource.get("active")),
        role_types=_values(resource.get("roles"), "type"),
        primary_role=next(
            (
                identifier(item.get("value"))
                for item in objects(resource.get("roles"))
                if item.get("primary") is True
            ),
            "",
        ),
    )


def _is_active(said: object) -> bool:
    """Whether an account is active: what isn't said is; what isn't a yes counts as a no.

    Whoever is deactivated is asked about before anything is written, so that is the safe side.
    """
    return said is None or str(said).strip().casefold() in _YES


def _says_active(said: object) -> bool:
    """Whether what is said of `active` is a clear yes or a clear no."""
    if not isinstance(said, str | int | float):
        return False
    return str(said).strip().casefold() in (_YES - {""}) | _NO


def _values(attribute: object, part: str = "value") -> tuple[str, ...]:
    return tuple(identifier(item.get(part)) for item in objects(attribute))


def equals(attribute: str, value: str) -> str:
    """The filter `attribute eq "value"`, quoted as JSON (RFC 7644 section 3.4.2.2)."""
    return f"{attribute} eq {json.dumps(value, ensure_ascii=False)}"


def plain_words(said: str) -> str:
    """Words of a service's that are fit for a screen, the journal and a log; empty for none.

    They are on one line and 300 characters long at the most. Control, format and bidi characters
    are gone, and so is all but the first line of a traceback: it is of no use to an administrator,
    and may hold other people's data.
    """
    said = _COLOUR.sub("", said[:_MUCH])
    if traceback := _TRACEBACK.search(said):
        before = said[: traceback.start()]
        said = before if before.strip() else traceback.group()
    seen = (one for one in said if one.isspace() or unicodedata.category(one) not in _UNSEEN)
    return " ".join("".join(seen).split())[:_LONGEST_WORDS]


def error_detail(answer: "Answer") -> str:
    """The service's own words for a refusal, as plain words; made up from the status for none."""
    body = answer.json() or {}
    words = next((found for key in _WORDS_FOR_AN_ERROR if (found := _said(body.get(key)))), "")
    if not words and answer.headers.get("content-type", "").startswith("text/plain"):
        words = plain_words(answer.body[: 4 * _MUCH].decode(errors="replace"))
    kind = plain_words(text(body.get("scimType")))
    return words or f"HTTP {answer.status}" + (f" ({kind})" if kind else "")


def _said(value: object) -> str:
    """The words in a part of an error; some services send a list of texts, or of objects."""
    items = value if isinstance(value, list) else [value]
    found = (
        next((one.get(key) for key in _WORDS_FOR_AN_ERROR if text(one.get(key))), "")
        if isinstance(one, dict)
        else one
        for one in items
    )
    return plain_words("; ".join(one for one in map(text, found) if one))
