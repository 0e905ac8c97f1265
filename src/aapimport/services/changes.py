"""One write to an account that exists: only what differs, and nothing that was there goes away.

Where the service keeps versions, whole arrays are sent under If-Match. Elsewhere the one value is
added, because a whole array that was read a moment ago drops what a colleague has added meanwhile;
services on which `add` replaces the array (docs/scim.md, 5) get whole arrays once that is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aapimport.services.directory import Directory
from aapimport.services.discovery import Capabilities
from aapimport.services.kept import Item, Kept, Look
from aapimport.services.replies import Answer, Reply
from aapimport.services.roles import current_role, portal_roles
from aapimport.services.scim import (
    PASS_TYPE,
    PATCH_OP,
    Account,
    mapping,
    objects,
    plain_words,
    text,
)
from aapimport.services.values import Change, Wanted
from aapimport.text import fold

NAMES = frozenset({"first name", "last name"})
"""The changes that are one thing to a service: it keeps names, or it doesn't."""
_NO_PATCH = {404, 405, 501}
_PATHS = {
    "account": "active",
    "role": "roles",
    "pass": "entitlements",
    "first name": "name.givenName",
    "last name": "name.familyName",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An account as the service showed it.

    Attributes:
        account: What an upload looks at.
        resource: All of it, for what a write has to leave as it is.
    """

    account: Account
    resource: Mapping[str, Any]


def entitlement(wanted: Wanted) -> dict[str, Any]:
    """The entitlement that puts a person on the pass."""
    return {"value": wanted.pass_id, "display": wanted.pass_name, "type": PASS_TYPE}


def is_declared(capabilities: Capabilities, attribute: str) -> bool:
    """Whether a service declares what a change would set: only that can be waited for."""
    return capabilities.keeps(_PATHS[attribute])


def patch(directory: Directory, seen: Seen, wanted: Wanted, changes: Iterable[Change]) -> Reply:
    """Send some changes by one PATCH, once."""
    changes = list(changes)
    added = _added_alone(directory, seen, wanted, changes)
    operations = [
        {"op": "add", "path": path, "value": [added[path]]}
        if path in added
        else {"op": "replace", "path": path, "value": value}
        for path, value in _new_values(seen, wanted, changes)
        if directory.capabilities.keeps(path)
    ]
    return _patch(directory, seen, operations, _if_match(directory, seen))


def put(directory: Directory, seen: Seen, wanted: Wanted, changes: Iterable[Change]) -> Reply:
    """Send an account whole, once, with some changes in it."""
    return put_values(directory, seen, dict(_new_values(seen, wanted, changes)))


def put_values(directory: Directory, seen: Seen, values: Mapping[str, Any]) -> Reply:
    """Send an account whole, once, with other values at some attribute paths."""
    body = {name: value for name, value in seen.resource.items() if value is not None}
    body.pop("meta", None)
    body.pop("groups", None)
    name = {**mapping(seen.resource.get("name"))}
    for path, value in values.items():
        top, _, part = path.partition(".")
        if not directory.capabilities.keeps(path):
            continue
        if part:
            name[part] = value
        body[top] = name if part else value
    return directory.transport.request(
        "PUT",
        directory.user_path(seen.account.id),
        body=body,
        headers=_if_match(directory, seen),
    )


def patch_values(directory: Directory, seen: Seen, values: Mapping[str, Any]) -> Reply:
    """Set values at some attribute paths by one PATCH, once."""
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    return _patch(directory, seen, operations, _if_match(directory, seen))


def wants_put(reply: Reply) -> bool:
    """Whether a PATCH was answered as if there were no PATCH, or not of this kind.

    A refusal is none of that: a PUT of what a service shows wipes out what it doesn't show.
    """
    if not isinstance(reply, Answer) or reply.ok:
        return False
    kind = text((reply.json() or {}).get("scimType"))
    return reply.status in _NO_PATCH or kind == "invalidPath"


def _portal_roles(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return portal_roles(
        (text(one.get("value")) for one in items), (text(one.get("display")) for one in items)
    )


def to_keep(seen: Seen, wanted: Wanted) -> dict[str, list[Item]]:
    """What has to stay in an account's arrays; one of the four roles may have to go."""
    roles = list(objects(seen.resource.get("roles")))
    return {
        "entitlements": list(objects(seen.resource.get("entitlements"))),
        "roles": [
            held
            for held, role in zip(roles, _portal_roles(roles), strict=True)
            if not (wanted.role is not None and role)
        ],
    }


def at_risk(
    directory: Directory, seen: Seen, wanted: Wanted, changes: Iterable[Change]
) -> Kept | None:
    """What has to be kept before changes are sent by PATCH; None where nothing could go away."""
    if directory.adds_to_people.appends:
        return None
    added = _added_alone(directory, seen, wanted, changes)
    before = to_keep(seen, wanted)
    if not any(before[path] for path in added):
        return None
    values = {path: {text(one["value"]): ""} for path, one in added.items()}
    return Kept(owner=seen.account.user_name, before=before, added=values)


def is_guarded(directory: Directory, seen: Seen) -> bool:
    """Whether writes to an account are refused once somebody else has changed it."""
    return bool(_if_match(directory, seen))


def may_replace(
    directory: Directory, seen: Seen, wanted: Wanted, changes: Iterable[Change], *, put: bool
) -> bool:
    """Whether changes that are carried out late could take away what is there by then.

    Args:
        directory: The service.
        seen: The account.
        wanted: What it should be.
        changes: What is sent.
        put: Whether the account is sent whole.
    """
    if is_guarded(directory, seen):
        return False
    changes = list(changes)
    before = to_keep(seen, wanted)
    paths = {path for path, _ in _new_values(seen, wanted, changes)} & before.keys()
    if directory.adds_to_people.appends:
        paths -= _added_alone(directory, seen, wanted, changes).keys()
    return any(before[path] for path in (before if put else paths))


def look_at(kept: Kept, seen: Seen) -> Look[Seen]:
    """What an account shows of what was added, and of what was there before."""
    gone = {path: list(_missing(items, seen, path)) for path, items in kept.before.items()}
    return Look(
        shown=seen,
        fresh=all(set(map(fold, one)) <= _held(seen, path) for path, one in kept.added.items()),
        gone=taken_away(kept.before, seen),
        all_gone=any(
            gone[path] and len(gone[path]) == len(kept.before[path]) for path in kept.added
        ),
    )


def taken_away(before: Mapping[str, list[Item]], after: Seen) -> tuple[str, ...]:
    """What has to be in an account and isn't, in words."""
    return tuple(
        f"{name} {plain_words(text(item.get('display'))) or _value(item)}"
        for path, name in (("entitlements", "entitlement"), ("roles", "role"))
        for item in _missing(before.get(path, ()), after, path)
    )


def put_back(directory: Directory, before: Mapping[str, list[Item]], after: Seen) -> Reply:
    """Send whole arrays: what is there, and what was there before a write took it away."""
    operations = [
        {
            "op": "replace",
            "path": path,
            "value": [*missing, *objects(after.resource.get(path))],
        }
        for path, items in before.items()
        if (missing := list(_missing(items, after, path)))
    ]
    return _patch(directory, after, operations, _if_match(directory, after))


def _patch(
    directory: Directory, seen: Seen, operations: list[dict[str, Any]], headers: Mapping[str, str]
) -> Reply:
    return directory.transport.request(
        "PATCH",
        directory.user_path(seen.account.id),
        body={"schemas": [PATCH_OP], "Operations": operations},
        headers=headers,
    )


def _missing(before: Iterable[Item], after: Seen, path: str) -> Iterator[Item]:
    """The values of an array that are there no more."""
    left = _held(after, path)
    return (item for item in before if (value := _value(item)) and value not in left)


def _held(seen: Seen, path: str) -> set[str]:
    """The values of an array, folded; those of the four roles as they are called here as well."""
    items = list(objects(seen.resource.get(path)))
    return {*map(_value, items), *(_portal_roles(items) if path == "roles" else ())}


def _value(item: Mapping[str, Any]) -> str:
    return fold(str(item.get("value", "")))


def _added_alone(
    directory: Directory, seen: Seen, wanted: Wanted, changes: Iterable[Change]
) -> dict[str, Item]:
    """What a PATCH of some changes adds alone: the pass, and a role where none of the four goes.

    Nothing where whole arrays are sent: under a version, and where `add` would replace them.
    """
    if directory.adds_to_people.appends is False or _if_match(directory, seen):
        return {}
    single: dict[str, Item] = {"entitlements": entitlement(wanted)}
    if not current_role(seen.account):
        taken = any(role.get("primary") is True for role in objects(seen.resource.get("roles")))
        single["roles"] = {"value": wanted.role} | ({} if taken else {"primary": True})
    return {
        path: single[path]
        for path, _ in _new_values(seen, wanted, changes)
        if path in single and directory.capabilities.keeps(path)
    }


def _new_values(seen: Seen, wanted: Wanted, changes: Iterable[Change]) -> Iterator[tuple[str, Any]]:
    """For each attribute path that differs, its whole new value; what others put there is kept."""
    changed = {change.attribute for change in changes}
    resource = seen.resource
    if "account" in changed:
        yield "active", True
    if "role" in changed:
        roles = list(objects(resource.get("roles")))
        others = [
            {part: value for part, value in held.items() if part != "primary"}
            for held, role in zip(roles, _portal_roles(roles), strict=True)
            if not role
        ]
        yield "roles", [*others, {"value": wanted.role, "primary": True}]
    if "pass" in changed:
        yield "entitlements", [*objects(resource.get("entitlements")), entitlement(wanted)]
    if "first name" in changed:
        yield "name.givenName", wanted.first_name
    if "last name" in changed:
        yield "name.familyName", wanted.last_name
    if changed & NAMES:
        whole = f"{wanted.first_name} {wanted.last_name}"
        yield "displayName", whole
        if mapping(resource.get("name")).get("formatted"):
            yield "name.formatted", whole


def _if_match(directory: Directory, seen: Seen) -> dict[str, str]:
    """The header that makes a write fail when somebody else has written meanwhile."""
    etag = seen.account.etag
    usable = directory.capabilities.etags and etag and etag.isascii() and etag.isprintable()
    return {"If-Match": etag} if usable else {}
