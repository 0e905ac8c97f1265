"""How a scripted SCIM service answers: discovery, lists and their pages, versions, changes."""

import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from support.habits import CORE, EXTENSION, PASS, Habits, Store, fold
from support.wire import Request, Response, as_json, error

_COMPARISON = re.compile(r'([\w.]+) eq ("(?:[^"\\]|\\.)*")')
_CURSOR = "after-"
Resource = dict[str, Any]


def is_read(request: Request) -> bool:
    """Whether a request changes nothing."""
    return request.method == "GET" or request.path.endswith("/.search")


def discovery(habits: Habits, kind: str) -> Response:
    """One of the three answers of RFC 7644 section 4."""
    if kind == "ServiceProviderConfig":
        bulk = {"maxOperations": habits.bulk, "maxPayloadSize": 1_000_000} if habits.bulk else {}
        paging: Resource = {}
        if habits.cursors:
            paging["pagination"] = {
                "cursor": True,
                "index": False,
                "defaultPaginationMethod": "cursor",
                "maxPageSize": habits.page,
            }
        config = {
            "filter": {"supported": True},
            "bulk": {"supported": bool(habits.bulk), **bulk},
            "sort": {"supported": habits.sorts},
            "etag": {"supported": habits.etags},
        }
        return as_json(200, config | paging)
    if kind == "Schemas":
        if habits.schemas is None:
            return error(404)
        return as_json(200, {"totalResults": 1, "Resources": [_user_schema(habits.schemas)]})
    extension = [{"schema": f"{EXTENSION}:User"}] if habits.mails else []
    types: list[Resource] = [
        {"endpoint": "/Users", "schema": f"{CORE}:User", "schemaExtensions": extension},
        {
            "endpoint": "/Groups",
            "schema": f"{CORE}:Group",
            "schemaExtensions": [{"schema": f"{EXTENSION}:Group"}],
        },
    ]
    if habits.passes:
        types.append({"endpoint": "/Passes", "schema": PASS})
    return as_json(200, {"Resources": types})


def _user_schema(names: frozenset[str]) -> Resource:
    """The User schema that declares some attributes (RFC 7643 section 7)."""
    attributes: dict[str, Resource] = {}
    for name in sorted(names):
        top, _, part = name.partition(".")
        one = attributes.setdefault(top, {"name": top, "mutability": "readWrite"})
        if part:
            one.setdefault("subAttributes", []).append({"name": part, "mutability": "readWrite"})
    return {"id": f"{CORE}:User", "attributes": list(attributes.values())}


def people(
    habits: Habits,
    store: Store,
    query: Mapping[str, str],
    asked: int,
    matches: Callable[[Resource, str], bool],
) -> list[Resource] | Response:
    """The people in their order, or those whom a filter finds.

    Args:
        habits: How the server looks up, sorts and pages.
        store: What it shows.
        query: The query, from the address or from the body of a `.search`.
        asked: How many requests came before; another order of the list depends on it.
        matches: Whether somebody is found for a filter.
    """
    found = list(store.users.values())
    if criterion := query.get("filter"):
        if habits.filters == "refused":
            return error(400, "filters are not supported")
        found = [one for one in found if matches(one, criterion)][: habits.hides_more]
    elif habits.shuffled:
        random.Random(asked).shuffle(found)
    if habits.sorts and (by := query.get("sortBy")):
        found.sort(key=lambda one: fold(str(one.get(by, ""))))
        if query.get("sortOrder") == "descending":
            found.reverse()
    if not habits.unlisted:
        return found
    return [{k: v for k, v in one.items() if k not in habits.unlisted} for one in found]


def matches(habits: Habits, user: Resource, criterion: str) -> bool:
    """Whether somebody is found for a filter."""
    if habits.filters in {"ignored", "empty"}:
        return habits.filters == "ignored"
    compare = fold if habits.filters == "folded" else str
    for attribute, quoted in _COMPARISON.findall(criterion):
        values = (
            [one.get("value", "") for one in user.get("emails", [])]
            if attribute == "emails.value"
            else [user.get(attribute, "")]
        )
        if compare(json.loads(quoted)) in [compare(str(one)) for one in values]:
            return True
    return False


def page(habits: Habits, found: list[Resource], query: Mapping[str, str]) -> Response:
    """A part of a list, from startIndex or from a cursor on."""
    size = min(habits.page, int(query.get("count", habits.page)))
    start = 0 if habits.same_page else max(0, int(query.get("startIndex", "1")) - 1)
    if habits.cursors:
        cursor = query.get("cursor") or f"{_CURSOR}0"
        if not cursor.startswith(_CURSOR):
            return as_json(400, {"status": "400", "scimType": "invalidCursor"})
        start = int(cursor.removeprefix(_CURSOR))
    total = len(found)
    if habits.total_cap is not None:
        total = min(total, habits.total_cap)
    shown = found[start : start + size]
    body: Resource = {
        "totalResults": total,
        "Resources": [with_version(habits, one) for one in shown],
    }
    if habits.cursors and start + len(shown) < len(found):
        body["nextCursor"] = f"{_CURSOR}{start + len(shown)}"
    return as_json(200, body)


def passes(habits: Habits, store: Store) -> list[Resource]:
    """The passes, with the seats that are used."""
    if not habits.counts:
        return list(store.passes.values())
    return [
        one | {"seatsUsed": one["seatsUsed"] + len(store.seats.get(one["id"], ()))}
        for one in store.passes.values()
    ]


def group(habits: Habits, one: Resource, *, members: bool = True) -> Resource:
    """A group as it is shown."""
    shown = with_version(habits, one)
    if not (members and habits.shows_members):
        shown.pop("members", None)
    if habits.counts and f"{EXTENSION}:Group" in one:
        extension = one[f"{EXTENSION}:Group"]
        used = extension["placesUsed"] + len(one["members"])
        shown[f"{EXTENSION}:Group"] = extension | {"placesUsed": used}
    return shown


def with_version(habits: Habits, resource: Resource) -> Resource:
    """A resource as it is shown, with its version where the server has any."""
    if not (habits.etags and isinstance(resource, dict)):
        return copy(resource)
    return resource | {"meta": {"version": version(resource)}}


def version(resource: Resource) -> str:
    """The version of a resource: another one whenever anything in it is different."""
    text = json.dumps(resource, sort_keys=True)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:12]}"'


def change(habits: Habits, user: Resource, operation: str, path: str, value: Any) -> None:
    """Carry out one operation of a PATCH (RFC 7644 section 3.5.2) on a person.

    Args:
        habits: What the server keeps.
        user: The person.
        operation: `add`, `replace` or `remove`, in any letter case.
        path: The attribute; one part of it after a dot.
        value: Its value.
    """
    top, _, part = path.partition(".")
    if top in habits.dropped:
        return
    if operation.lower() == "remove":
        user.pop(top, None)
    elif part:
        user.setdefault(top, {})[part] = value
    elif operation.lower() == "add" and isinstance(there := user.get(top), list):
        new = value if isinstance(value, list) else [value]
        kept = [] if habits.replaces_on_add else there
        user[top] = [*kept, *(one for one in new if one not in kept)]
    else:
        user[top] = value
