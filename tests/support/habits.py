"""What a scripted SCIM service always does, what it holds, and the names that both use."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

CORE = "urn:ietf:params:scim:schemas:core:2.0"
EXTENSION = "urn:ietf:params:scim:schemas:extension:allaccesspass:2.0"
PASS = "urn:ietf:params:scim:schemas:allaccesspass:2.0:Pass"
TOKEN = "stub-token-3f9a"


@dataclass(kw_only=True)
class Habits:
    """What the server always does.

    Attributes:
        filters: How `eq` compares: `folded`, `exact`, not at all and everybody comes back
            (`ignored`), nobody ever does (`empty`), or refused (`refused`).
        search_by_post: Whether `POST /.search` is offered.
        page: People in a page at the most.
        total_cap: What totalResults never exceeds.
        same_page: Whether every page is the first.
        shuffled: Whether each page of the list of people is cut from another order of them.
        unlisted: Attributes that lists of people don't show, and an account by its id does.
        hides_more: People whom a filter shows at the most; totalResults says no more either.
        sorts: Whether `sortBy` is announced and honoured.
        cursors: Whether lists go on by cursor alone (RFC 9865): startIndex is not looked at.
        schemas: The attributes of the User schema that is published, parts with a dot
            (`name.givenName`); None where none is.
        dropped: Attributes that a write doesn't keep.
        lower_cased: Whether userName is kept in lower case.
        patch: `kept`, `ignored` (200 and nothing changes), or `refused` (501).
        replaces_on_add: Whether a PATCH that adds to a person's array replaces the array.
        replaces_members: Whether a PATCH that adds members of a group replaces them.
        etags: Whether resources have versions and If-Match is honoured (412).
        unique: Whether userName is.
        conflict: The answer to a taken userName: its status and its scimType.
        forbids: Addresses whose creates and changes are answered with 403.
        shows_members: Whether groups show who is in them.
        clears_on_remove: Whether a PATCH that removes one member of a group removes all of them.
        repeats_members: Whether who is added twice is in a group twice.
        loses_members: Whether a PATCH with `excludedAttributes=members` stores the group as that
            query would show it: without those who were in it.
        max_members: Members in one PATCH at the most.
        deactivates_on_delete: Whether a deleted person stays, deactivated.
        mails: Whether welcome e-mails can be asked for.
        passes: Whether passes are published.
        counts: Whether passes and teams count who is on them, seats for good.
        brief: Whether a create answers only with the id.
        int_ids: Whether ids of people and groups are JSON numbers.
        bulk: Operations that one bulk request may hold; 0 where bulk isn't offered.
        bulk_stops: Whether a bulk request ends at its first error, whatever it asked for.
        bulk_turned: Whether each bulk answer names the account of the operation after it.
        lag: Seconds by which reads lag behind writes.
        accepted: Seconds after which writes are carried out that were answered with 202 and an
            empty body; None where they are carried out at once.
        token: The bearer token that is accepted.
    """

    filters: Literal["folded", "exact", "ignored", "empty", "refused"] = "folded"
    search_by_post: bool = True
    page: int = 1000
    total_cap: int | None = None
    same_page: bool = False
    shuffled: bool = False
    unlisted: frozenset[str] = frozenset()
    hides_more: int | None = None
    sorts: bool = False
    cursors: bool = False
    schemas: frozenset[str] | None = None
    dropped: frozenset[str] = frozenset()
    lower_cased: bool = False
    patch: Literal["kept", "ignored", "refused"] = "kept"
    replaces_on_add: bool = False
    replaces_members: bool = False
    etags: bool = False
    unique: bool = True
    conflict: tuple[int, str] = (409, "uniqueness")
    forbids: frozenset[str] = frozenset()
    shows_members: bool = True
    clears_on_remove: bool = False
    repeats_members: bool = False
    loses_members: bool = False
    max_members: int = 1000
    deactivates_on_delete: bool = False
    mails: bool = True
    passes: bool = True
    counts: bool = True
    brief: bool = False
    int_ids: bool = False
    bulk: int = 0
    bulk_stops: bool = False
    bulk_turned: bool = False
    lag: float = 0.0
    accepted: float | None = None
    token: str = TOKEN


@dataclass(kw_only=True)
class Store:
    """What the server holds; `seats` are the ids of all who were ever on a pass."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    passes: dict[str, dict[str, Any]] = field(default_factory=dict)
    seats: dict[str, set[str]] = field(default_factory=dict)
    mails: list[tuple[str, str, str]] = field(default_factory=list)


def fold(text: str) -> str:
    """The form in which the server compares addresses."""
    return unicodedata.normalize("NFKC", text).casefold()


def is_forbidden(habits: Habits, resource: Mapping[str, Any]) -> bool:
    """Whether writes about a person are answered with 403."""
    return fold(str(resource.get("userName", ""))) in habits.forbids
