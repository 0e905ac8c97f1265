"""Creating one person's account on one service, and finding out what became of that.

Whose account it is that a service shows is decided by `identity`, and whether we created it by
`ownership`, before anything is written to it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aapimport.services import changes as writes
from aapimport.services.changes import entitlement
from aapimport.services.differences import NOT_SENT, differences, not_kept
from aapimport.services.directory import Absent, Directory, Found, LookUp, Several, Unknown
from aapimport.services.discovery import Capabilities
from aapimport.services.identity import belongs
from aapimport.services.outcomes import Outcome, Verdict, judge
from aapimport.services.ownership import is_ours, settle_conflict, settle_keyed, settle_sent
from aapimport.services.replies import Answer
from aapimport.services.roles import roles_beside
from aapimport.services.scim import USER, Account, read_account, text
from aapimport.services.troubles import trouble_of
from aapimport.services.values import Wanted

_CONFLICT = 409
_CREATED = 201
_ACCEPTED = 202
_UNIQUENESS = "uniqueness"


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
    is_new = status == _CREATED
    if status == _ACCEPTED:  # RFC 9967: it will be done, or not
        return Outcome(verdict=Verdict.WRITTEN, reason="accepted for later")
    if account is None or not (account.user_name or account.external_id):
        claimed = account.id if account and is_new else ""
        reason = "" if claimed else "the answer doesn't say whose account it is"
        return Outcome(verdict=Verdict.WRITTEN, account_id=claimed, reason=reason)
    if not belongs(account, wanted):
        return Outcome(verdict=Verdict.WRITTEN, reason="the answer names another account")
    if account.external_id and not is_ours(account, wanted):
        return settle_keyed(wanted, account, is_new=is_new)
    named = is_new or is_ours(account, wanted)
    return Outcome(verdict=Verdict.WRITTEN, account_id=account.id if named else "")


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
        return left_open(found)
    if isinstance(found, Found):
        return settle_sent(directory, wanted, found.account)
    return Outcome(verdict=Verdict.NOT_SENT, reason="not found")


def left_open(found: Unknown, words: str = "") -> Outcome:
    """What a look-up that settles nothing means: two accounts of one person need a person.

    Args:
        found: What the look-up said.
        words: The service's, for what was asked about.
    """
    several = isinstance(found, Several)
    return Outcome(
        verdict=Verdict.NEEDS_PERSON if several else Verdict.UNKNOWN,
        reason="; ".join(filter(None, (words, found.reason))),
    )


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
        `rejected` in the service's words when the owner can't be found, else as `settle_conflict`.
    """
    found = _looked_for(directory, wanted, in_list=True)
    if isinstance(found, Unknown):
        return left_open(found, words)
    if isinstance(found, Found):
        outcome = settle_conflict(directory, wanted, found.account)
        return replace(outcome, proves_unique=kind in {"", _UNIQUENESS})
    return Outcome(
        verdict=Verdict.REJECTED,
        reason=f"{words} (conflict, owner not found)",
        trouble=trouble_of(_CONFLICT, kind, words),
    )


def compared(account: Account, wanted: Wanted, capabilities: Capabilities) -> Outcome:
    """What a person's account, as it is shown, says about what was written.

    Returns:
        `done` when it is as wanted; `done`, but, when only what the service doesn't declare is
        missing; else `written`: an old value is no refusal.
    """
    short = tuple(change.attribute for change in differences(account, wanted))
    can_be = any(writes.is_declared(capabilities, one) for one in short)
    return Outcome(
        verdict=Verdict.WRITTEN if can_be else Verdict.DONE,
        account_id=account.id,
        short=short,
        but="" if can_be else not_kept(short, NOT_SENT),
        beside=roles_beside(account, wanted.role) if account.roles or not wanted.role else None,
    )
