"""One person's account on one service: what it should be, how it differs, making it so.

`differences` is the one definition of "same": the plan predicts with it, and every write is read
back and compared with it, because a 2xx is not "done" (SERVERS.md, 4).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aapimport.people.person import fold
from aapimport.services.directory import Absent, Directory, Found, Unknown
from aapimport.services.discovery import Capabilities
from aapimport.services.identity import has_address
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.scim import (
    PASS_TYPE,
    PATCH_OP,
    USER,
    Account,
    mapping,
    objects,
    read_account,
    text,
)
from aapimport.services.transport import Answer
from aapimport.services.values import Change, Wanted
from aapimport.template.roles import Role

_CONFLICT = 409
_NAMES = {"first name", "last name"}
_ROLES = {role.value for role in Role}


def differences(account: Account, wanted: Wanted) -> tuple[Change, ...]:
    """What has to change so that an account is as wanted; nothing when it is the same already."""
    changes = []
    if not account.active:
        changes.append(Change("account", "deactivated", "active"))
    if wanted.role is not None:
        role = current_role(account)
        if role != wanted.role:
            changes.append(Change("role", role or "none", wanted.role))
    if wanted.pass_id is not None and wanted.pass_id not in account.passes:
        changes.append(Change("pass", "not on it", wanted.pass_name))
    if wanted.names:
        if fold(account.first_name) != fold(wanted.first_name):
            changes.append(Change("first name", account.first_name, wanted.first_name))
        if fold(account.last_name) != fold(wanted.last_name):
            changes.append(Change("last name", account.last_name, wanted.last_name))
    return tuple(changes)


def current_role(account: Account) -> str:
    """The account's role among the four, as its wire value; empty when it has none of them."""
    return next((fold(value) for value in account.roles if fold(value) in _ROLES), "")


def new_body(wanted: Wanted, capabilities: Capabilities) -> dict[str, Any]:
    """The User resource that creates an account: only what the service declares, no nulls."""
    email = {"value": wanted.email, "type": "work", "primary": True}
    body: dict[str, Any] = {
        "userName": wanted.email,
        "externalId": wanted.external_id,
        "name": _name(wanted, capabilities),
        "displayName": f"{wanted.first_name} {wanted.last_name}",
        "active": True,
        "emails": [
            {part: it for part, it in email.items() if capabilities.keeps(f"emails.{part}")}
        ],
    }
    if wanted.role is not None:
        body["roles"] = [{"value": wanted.role, "primary": True}]
    if wanted.pass_id is not None:
        body["entitlements"] = [_entitlement(wanted)]
    kept = {name: value for name, value in body.items() if value and capabilities.keeps(name)}
    return {"schemas": [USER], **kept, "userName": wanted.email}


def _name(wanted: Wanted, capabilities: Capabilities) -> dict[str, str]:
    """The name; `formatted` is said only to services that insist on it, such as canaille 0.3.6."""
    parts = {"givenName": wanted.first_name, "familyName": wanted.last_name}
    name = {part: it for part, it in parts.items() if capabilities.keeps(f"name.{part}")}
    if capabilities.demands("name.formatted"):
        name["formatted"] = f"{wanted.first_name} {wanted.last_name}"
    return name


def create(directory: Directory, wanted: Wanted) -> Outcome:
    """Create an account, with one POST that is never repeated here.

    A conflict is looked up; the account found is adopted only when it is ours or has the same
    names. Whatever the service dropped is set afterwards, or said.
    """
    reply = directory.transport.request(
        "POST",
        "/Users",
        body=new_body(wanted, directory.capabilities),
        headers={"Idempotency-Key": wanted.external_id},
    )
    if isinstance(reply, Answer) and _is_conflict(reply):
        return resolve_conflict(directory, wanted)
    outcome = judge(reply)
    if outcome.verdict is not Verdict.DONE or not isinstance(reply, Answer):
        return outcome
    account = read_account(reply.json() or {})
    if account is None:
        return Outcome(verdict=Verdict.UNKNOWN, reason="the answer names no account")
    if not differences(account, wanted):
        return Outcome(verdict=Verdict.WRITTEN, account_id=account.id)
    outcome = make_so(directory, account.id, wanted)
    if outcome.gone:  # lists lag behind writes: only what was there before can be gone
        return replace(outcome, verdict=Verdict.UNKNOWN, reason="the new account is not shown yet")
    return outcome


def settle(directory: Directory, wanted: Wanted, *, in_list: bool) -> Outcome:
    """Find out what became of a create whose answer was lost.

    Args:
        directory: The service.
        wanted: The person.
        in_list: Whether whom the look-ups don't find is looked for in the whole list as well:
            some services answer that there is nobody, whoever is asked for.

    Returns:
        `not sent` when nobody is found, else as `settle_found`.
    """
    found = directory.look_up(wanted.email, wanted.external_id)
    if in_list and isinstance(found, Absent):
        found = directory.look_everywhere(wanted.email)
    if isinstance(found, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason)
    if isinstance(found, Found):
        return settle_found(directory, wanted, found.account)
    return Outcome(verdict=Verdict.NOT_SENT, reason="not found")


def resolve_conflict(directory: Directory, wanted: Wanted) -> Outcome:
    """Find out whose account it is that a create conflicted with: by every key, then in the list.

    Returns:
        `rejected` when the owner can't be found, else as `settle_found`.
    """
    outcome = settle(directory, wanted, in_list=True)
    if outcome.verdict is not Verdict.NOT_SENT or outcome.account_id:
        return outcome
    return Outcome(verdict=Verdict.REJECTED, reason="conflict, owner not found")


def settle_found(directory: Directory, wanted: Wanted, account: Account) -> Outcome:
    """Adopt the account that has a person's address, if it is ours or has the same names.

    Ours is brought to what is wanted. Another's is put on the pass; its names and its role stay,
    and its person is never mailed.
    """
    if wanted.external_id and account.external_id == wanted.external_id:
        return make_so(directory, account.id, wanted)
    if any(change.attribute in _NAMES for change in differences(account, wanted)):
        return Outcome(
            verdict=Verdict.REJECTED,
            reason="the address belongs to an account with another name:"
            f" {account.first_name} {account.last_name}",
        )
    theirs = replace(wanted, names=False, role=None)
    return replace(make_so(directory, account.id, theirs), adopted=True)


def make_so(directory: Directory, identifier: str, wanted: Wanted) -> Outcome:
    """Bring an account that exists to what is wanted; may be repeated at any time.

    Reads, sends the whole wanted arrays by PATCH, reads back; if that did not take, PUTs the
    merged resource and reads back again (SERVERS.md, 5).
    """
    last = Outcome(verdict=Verdict.DONE)
    refusal = ""
    left: tuple[Change, ...] = ()
    for method in ("PATCH", "PUT", ""):
        current = directory.fetch(identifier)
        if isinstance(current, Unknown):
            return Outcome(verdict=Verdict.UNKNOWN, reason=current.reason, account_id=identifier)
        if current is None:
            return Outcome(
                verdict=Verdict.REJECTED,
                reason="the account is gone",
                account_id=identifier,
                gone=True,
            )
        account, resource = current
        if not wanted.external_id and not has_address(account, wanted.email):
            return Outcome(
                verdict=Verdict.REJECTED, reason="the account is another person's by now"
            )
        left = differences(account, wanted)
        if not left:
            return Outcome(verdict=Verdict.DONE, account_id=identifier)
        if method:
            last = replace(
                _send(directory, method, account, resource, wanted), account_id=identifier
            )
            if last.verdict in {Verdict.PAUSE, Verdict.NOT_SENT}:
                return last
            refusal = refusal or (last.reason if last.verdict is Verdict.REJECTED else "")
    if last.verdict is Verdict.UNKNOWN:
        return last
    not_kept = "accepted but not kept by the server: " + ", ".join(one.attribute for one in left)
    if not refusal and all(change.attribute in _NAMES for change in left):
        return Outcome(verdict=Verdict.DONE, reason=not_kept, account_id=identifier)
    return Outcome(verdict=Verdict.REJECTED, reason=refusal or not_kept, account_id=identifier)


def _send(
    directory: Directory, method: str, account: Account, resource: dict[str, Any], wanted: Wanted
) -> Outcome:
    new = {
        path: value
        for path, value in _new_values(account, resource, wanted).items()
        if directory.capabilities.keeps(path)
    }
    matches = directory.capabilities.etags and account.etag.isascii() and account.etag.isprintable()
    headers = {"If-Match": account.etag} if matches and account.etag else {}
    if method == "PATCH":
        body: dict[str, Any] = {
            "schemas": [PATCH_OP],
            "Operations": [
                {"op": "replace", "path": path, "value": value} for path, value in new.items()
            ],
        }
    else:
        body = {name: value for name, value in resource.items() if value is not None}
        body.pop("meta", None)
        body.pop("groups", None)
        name = {**mapping(resource.get("name"))}
        for path, value in new.items():
            top, _, part = path.partition(".")
            if part:
                name[part] = value
                body[top] = name
            else:
                body[top] = value
    reply = directory.repeat(method, directory.user_path(account.id), body=body, headers=headers)
    return judge(reply)


def _new_values(account: Account, resource: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    """For each attribute path that differs, its whole new value; what others put there is kept."""
    changed = {change.attribute for change in differences(account, wanted)}
    new: dict[str, Any] = {}
    if "account" in changed:
        new["active"] = True
    if "role" in changed:
        others = [
            {part: value for part, value in role.items() if part != "primary"}
            for role in objects(resource.get("roles"))
            if fold(text(role.get("value"))) not in _ROLES
        ]
        new["roles"] = [*others, {"value": wanted.role, "primary": True}]
    if "pass" in changed:
        new["entitlements"] = [*objects(resource.get("entitlements")), _entitlement(wanted)]
    if "first name" in changed:
        new["name.givenName"] = wanted.first_name
    if "last name" in changed:
        new["name.familyName"] = wanted.last_name
    if changed & _NAMES:
        whole = f"{wanted.first_name} {wanted.last_name}"
        new["displayName"] = whole
        if mapping(resource.get("name")).get("formatted"):
            new["name.formatted"] = whole
    return new


def _entitlement(wanted: Wanted) -> dict[str, Any]:
    return {"value": wanted.pass_id, "display": wanted.pass_name, "type": PASS_TYPE}


def _is_conflict(answer: Answer) -> bool:
    return answer.status == _CONFLICT or text((answer.json() or {}).get("scimType")) == "uniqueness"
