"""One person's account on one service: what it should be, how it differs, making it so.

`differences` is the one definition of "same": the plan predicts with it, and every write is read
back and compared with it, because a 2xx is not "done" (SERVERS.md, 4). Whose account it is that a
service shows is decided by `identity.belongs` before anything is written to it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from aapimport.people.person import fold
from aapimport.services import changes as writes
from aapimport.services.changes import NAMES, current_role, entitlement
from aapimport.services.directory import Absent, Directory, Found, LookUp, Unknown
from aapimport.services.discovery import Capabilities
from aapimport.services.identity import belongs, has_names, is_named
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.scim import USER, Account, read_account, text
from aapimport.services.transport import Answer
from aapimport.services.values import Change, Wanted

_CONFLICT = 409
_ACCEPTED = 202
_UNIQUENESS = "uniqueness"


def differences(account: Account, wanted: Wanted) -> tuple[Change, ...]:
    """What has to change so that an account is as wanted; nothing when it is the same already."""
    changes = []
    if not account.active and may_be_activated(account, wanted):
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


def may_be_activated(account: Account, wanted: Wanted) -> bool:
    """Whether a deactivated account may be switched on; one that we created always may."""
    return wanted.activate or is_ours(account, wanted)


def is_ours(account: Account, wanted: Wanted) -> bool:
    """Whether an account carries our own key, so that this program has created it."""
    return bool(wanted.external_id) and account.external_id == wanted.external_id


def is_still(account: Account, wanted: Wanted) -> bool:
    """Whether an account that was this person's still is.

    One that carries our key under another address and another name was handed on since: what is
    written or mailed to it would reach somebody else.
    """
    handed_on = "@" in account.user_name and not (
        is_named(account, wanted.email) or has_names(account, wanted)
    )
    return belongs(account, wanted) and not handed_on


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
        body["entitlements"] = [entitlement(wanted)]
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

    Returns:
        `written` after any success: with the account's id where the answer shows that it is this
        person's, else without one and to be looked up. A conflict is looked up at once.
    """
    reply = directory.transport.request(
        "POST",
        "/Users",
        body=new_body(wanted, directory.capabilities),
        headers={"Idempotency-Key": wanted.external_id},
    )
    outcome = judge(reply)
    if not isinstance(reply, Answer):
        return outcome
    body = reply.json() or {}
    if is_conflict(reply.status, body):
        return resolve_conflict(directory, wanted, outcome.reason, text(body.get("scimType")))
    if outcome.verdict is not Verdict.DONE:
        return outcome
    return created(wanted, reply.status, body)


def is_conflict(status: int, body: Mapping[str, object]) -> bool:
    """Whether a create was refused because something is there already."""
    return status == _CONFLICT or text(body.get("scimType")) == _UNIQUENESS


def created(wanted: Wanted, status: int, body: Mapping[str, Any]) -> Outcome:
    """What the answer to a create is worth: only this person's own account counts.

    Args:
        wanted: The person.
        status: The answer's status, a success.
        body: The resource in it.
    """
    account = read_account(body)
    if status == _ACCEPTED:  # RFC 9967: it will be done, or not
        return Outcome(verdict=Verdict.WRITTEN, reason="accepted for later")
    if account is not None and belongs(account, wanted):
        return Outcome(verdict=Verdict.WRITTEN, account_id=account.id)
    if account is None or not (account.user_name or account.external_id):
        reason = "the answer doesn't say whose account it is"
    else:
        reason = "the answer names another account"
    return Outcome(verdict=Verdict.WRITTEN, reason=reason)


def settle(directory: Directory, wanted: Wanted, *, in_list: bool) -> Outcome:
    """Find out what became of a create whose answer was lost; writes nothing.

    Args:
        directory: The service.
        wanted: The person.
        in_list: Whether whom the look-ups don't find is looked for in the whole list as well:
            some services answer that there is nobody, whoever is asked for.

    Returns:
        `not sent` when nobody is found, else as `settle_sent`.
    """
    found = _looked_for(directory, wanted, in_list=in_list)
    if isinstance(found, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=found.reason)
    if isinstance(found, Found):
        return settle_sent(directory, wanted, found.account)
    return Outcome(verdict=Verdict.NOT_SENT, reason="not found")


def _looked_for(directory: Directory, wanted: Wanted, *, in_list: bool) -> LookUp:
    found = directory.look_up(wanted)
    if in_list and isinstance(found, Absent):
        found = directory.look_everywhere(wanted)
    return found


def resolve_conflict(directory: Directory, wanted: Wanted, words: str, kind: str = "") -> Outcome:
    """Find out whose account it is that a create conflicted with: by every key, then in the list.

    Args:
        directory: The service.
        wanted: The person.
        words: The service's words for the conflict.
        kind: Its scimType.

    Returns:
        `rejected` in the service's words when the owner can't be found, else as `settle_found`.
    """
    found = _looked_for(directory, wanted, in_list=True)
    if isinstance(found, Unknown):
        return Outcome(verdict=Verdict.UNKNOWN, reason=f"{words}; {found.reason}")
    if isinstance(found, Found):
        outcome = settle_found(wanted, found.account)
        return replace(outcome, proves_unique=kind in {"", _UNIQUENESS})
    return Outcome(verdict=Verdict.REJECTED, reason=f"{words} (conflict, owner not found)")


def settle_sent(directory: Directory, wanted: Wanted, account: Account) -> Outcome:
    """Whose the account is that is there after a create whose answer was lost.

    Nobody was there just before. Where the service has kept nobody's `externalId` so far, an
    account without one that is in everything what we sent is ours; one that only shows nothing
    where we sent a role or a pass may be ours too, less what the service drops, so that it is
    unknown: to adopt it would forget a spent seat. Else as `settle_found`. What a setting says
    that the service drops was not sent.
    """
    alike = not account.external_id and is_named(account, wanted.email) and account.active
    if not alike or directory.keeps_keys or not has_names(account, wanted):
        return settle_found(wanted, account)
    shown = {"role": account.roles, "pass": account.passes}
    short = [one.attribute for one in differences(account, wanted)]
    if any(shown[one] for one in short):
        return settle_found(wanted, account)
    if dropped := [one for one in short if writes.is_declared(directory.capabilities, one)]:
        return Outcome(
            verdict=Verdict.UNKNOWN,
            reason=f"an account without {' or '.join(dropped)} is there: ours, if the service drops"
            " that, which AAPIMPORT_NOT_KEPT would say; else somebody else has made it",
        )
    return Outcome(verdict=Verdict.WRITTEN, account_id=account.id)


def settle_found(wanted: Wanted, account: Account) -> Outcome:
    """Whether the account that is at a person's address is taken as it is; gives it nothing.

    Returns:
        `written` when it is ours, or when it has the same names, is active and no client admin's
        (adopted: its names and its role stay, and its person is never mailed); else `needs a
        person`, with what is in the way.
    """
    if is_ours(account, wanted):
        return Outcome(verdict=Verdict.WRITTEN, account_id=account.id)
    reason = ""
    if not has_names(account, wanted):
        reason = (
            "the address belongs to an account with another name; correct the row or that account,"
            " then upload again"
        )
    elif not account.active:
        reason = (
            "the address belongs to a deactivated account; if this person returns, upload again"
            " with --returning include"
        )
    elif any(
        "clientadmin" in re.sub("[^a-z]", "", fold(it))
        for it in (*account.roles, *account.role_labels)
    ):
        reason = (
            "the address belongs to a client admin's account that wasn't there for the plan; upload"
            " again to see it in the plan"
        )
    if reason:
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)
    return Outcome(verdict=Verdict.WRITTEN, account_id=account.id, adopted=True)


def compared(directory: Directory, account: Account, wanted: Wanted) -> Outcome:
    """What a person's account, as it is shown, says about what was written.

    Returns:
        `done` when it is as wanted; `done`, but, when only what the service doesn't declare is
        missing; else `written`: an old value is no refusal.
    """
    directory.keeps_keys = directory.keeps_keys or is_ours(account, wanted)
    short = tuple(change.attribute for change in differences(account, wanted))
    can_be = any(writes.is_declared(directory.capabilities, one) for one in short)
    return Outcome(
        verdict=Verdict.WRITTEN if can_be else Verdict.DONE,
        account_id=account.id,
        short=short,
        but="" if can_be else not_kept(short),
    )


def not_kept(attributes: Iterable[str], words: str = "") -> str:
    """What a service has not kept: `role, names not kept`, with its words where it refused it."""
    names = dict.fromkeys("names" if one in NAMES else one for one in attributes)
    listed = ", ".join("activation" if one == "account" else one for one in names)
    return (f"{listed} not kept" + (f": {words}" if words else "")) if listed else ""
