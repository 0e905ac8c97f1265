"""Did this upload create the account that is a person's, or was it there before?

`identity` says whose an account is. Only one that we created is set as the row says, counts a seat
and is mailed; one that was there is adopted, which gives it nothing, or needs a person.
"""

from aapimport.config.keys import setting
from aapimport.services import changes
from aapimport.services.changes import NAMES
from aapimport.services.differences import differences
from aapimport.services.directory import Directory
from aapimport.services.identity import (
    belongs,
    full_name,
    has_address,
    has_names,
    is_named,
)
from aapimport.services.outcomes import Outcome, Verdict
from aapimport.services.roles import current_role, is_client_admin, may_administer
from aapimport.services.scim import Account
from aapimport.services.values import Wanted
from aapimport.template.roles import Role
from aapimport.text import fold

HANDED_ON = "the account is another person's by now"
NOBODY_CAN_TELL = (
    "the account has another address and another name by now, and who it was is erased here, so"
    " that nobody can tell whose it is; look on the portal"
)
SWITCH_ON = "switch it on there, or upload again with --returning include"
"""What is to be done where somebody is off who shouldn't be."""
ROLE_STAYS = "the role was left as it is: somebody else has made the account since the plan"
"""What is said where that isn't the row's."""
OFF_BY_UNDO = " was switched off by undo "
MAY_COME = " has asked for a change of the account that isn't shown so far, and may come still"
"""What is said of an account after the name of the undo, or the repair, that has asked for it."""
NOT_SHOWN_SINCE = "and isn't shown since"
"""What is said after that where a service hides whoever is switched off."""
DEACTIVATED_SINCE = (
    "the account was created by this upload and is switched off, by the service or by somebody"
    f" since; {SWITCH_ON}"
)


_BELONGS = "the address belongs to"
IS_ANOTHERS = f"substr({{}}, 1, {len(_BELONGS)}) = '{_BELONGS}'"
"""`is_anothers` as a condition in SQL, with a gap for the column of the reason."""


def is_anothers(reason: str) -> bool:
    """Whether a create was refused because of an account that isn't ours: none was made."""
    return reason.startswith(_BELONGS)


def is_ours(account: Account, wanted: Wanted) -> bool:
    """Whether an account carries our own key, so that this program has created it."""
    return bool(wanted.external_id) and account.external_id == wanted.external_id


def is_still(account: Account, wanted: Wanted) -> bool:
    """Whether an account that was this person's still is.

    One under another address and another name was handed on since, whatever key it carries: what is
    written or mailed to it would reach somebody else.
    """
    if not belongs(account, wanted):
        return False
    if has_names(account, wanted) or is_named(account, wanted.email):
        return True
    if "@" in account.user_name:
        return False
    if account.emails:
        return has_address(account, wanted.email)
    return not full_name(account)


def forbidden(account: Account, wanted: Wanted) -> str:
    """Why nothing may be written to a person's account as it is now; empty when it may.

    Neither a deactivated account nor a client admin's was approved unless the plan showed it. What
    this session has just created has no rights but those that the service has made up.
    """
    if not account.active and not wanted.activate:
        if wanted.external_id:
            return DEACTIVATED_SINCE
        return "the account is deactivated; if this person returns, upload with --returning include"
    takes = wanted.role not in {None, Role.CLIENT_ADMIN} and is_client_admin(account)
    gives = not account.active and may_administer(account)
    just_created = wanted.external_id and not wanted.earlier
    if (takes or gives) and not (just_created or wanted.was_admin):
        return "the account is a client admin's by now; upload again to see it in the plan"
    if _gives_rights(account, wanted) and not _is_known(account, wanted):
        return (
            "the account has another name by now, and would get administration rights; look whose"
            " it is, then upload again to see it in the plan"
        )
    return ""


def _gives_rights(account: Account, wanted: Wanted) -> bool:
    """Whether a person's account would have administration rights that it doesn't have now."""
    if not account.active and may_administer(account):
        return True
    is_admin = current_role(account) == Role.CLIENT_ADMIN
    held = wanted.role == Role.CLIENT_ADMIN or (wanted.role is None and is_admin)
    return held and not (is_admin and account.active)


def _is_known(account: Account, wanted: Wanted) -> bool:
    """Whether an account's names are the row's, or those that the plan showed beside them.

    One that we created is the row's whatever the service makes of its names.
    """
    name = full_name(account)
    known = has_names(account, wanted) or fold(name) == fold(wanted.known_as)
    return bool(wanted.external_id) or not name or known


def settle_found(wanted: Wanted, account: Account) -> Outcome:
    """Whether the account that is at a person's address is taken as it is; gives it nothing.

    Returns:
        `written` when it is ours, or when it has the same names, is active and no client admin's
        (adopted: its names and its role stay, which is said where the row has another, and its
        person is never mailed); else `needs a person`, with what is in the way.
    """
    ours = is_ours(account, wanted)
    reason = ""
    if ours and not is_still(account, wanted):
        reason = HANDED_ON
    elif ours and not (account.active or wanted.activate):
        reason = DEACTIVATED_SINCE
    elif not (ours or has_names(account, wanted)):
        reason = (
            f"{_BELONGS} an account with another name; correct the row or that account,"
            " then upload again"
        )
    elif not (ours or account.active):
        reason = (
            f"{_BELONGS} a deactivated account; if this person returns, upload again"
            " with --returning include"
        )
    elif not ours and is_client_admin(account):
        reason = (
            f"{_BELONGS} a client admin's account that wasn't there for the plan; upload"
            " again to see it in the plan"
        )
    if reason:
        return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)
    stays = not ours and wanted.role is not None and current_role(account) != wanted.role
    return Outcome(
        verdict=Verdict.WRITTEN,
        account_id=account.id,
        adopted=not ours,
        but=ROLE_STAYS if stays else "",
    )


def settle_sent(directory: Directory, wanted: Wanted, account: Account) -> Outcome:
    """Whose the account is that is there after a create whose answer was lost.

    Nobody was there just before. Where the service keeps our keys, an account without ours was made
    by somebody else. Where it doesn't, one that is in everything what we sent is ours. As long as
    that isn't known of what an earlier session sent, and where the account shows nothing in place
    of a role or a pass, it is in doubt: to adopt it could forget a spent seat, and to take it for
    ours could mail somebody twice. What a setting says that the service drops was not sent.
    """
    if account.external_id or not _is_alike(directory, wanted, account):
        return settle_found(wanted, account)
    short = _dropped(directory, wanted, account)
    unsure = list(dict.fromkeys("name" if one in NAMES else one for one in short))
    if wanted.earlier and _keeps_keys(directory) is None:
        unsure = ["externalId", *unsure]
    if unsure:
        return Outcome(
            verdict=Verdict.UNKNOWN,
            reason=f"an account without {' and '.join(unsure)} is there: ours, if the service drops"
            f" that, which {setting('not_kept')} would say; else somebody else has made it",
        )
    return Outcome(verdict=Verdict.WRITTEN, account_id=account.id)


def settle_conflict(directory: Directory, wanted: Wanted, account: Account) -> Outcome:
    """Whose the account is that a create conflicted with: as `settle_sent`.

    One with the role and on the pass that were sent needs a person there, unless it has a key: a
    request that was repeated on its way looks the same as a colleague who was quicker, and looking
    longer tells nothing.
    """
    role_sent = wanted.role is not None and changes.is_declared(directory.capabilities, "role")
    sent = role_sent or wanted.pass_id is not None
    if not sent or _dropped(directory, wanted, account):
        return settle_found(wanted, account)
    outcome = settle_sent(directory, wanted, account)
    if outcome.adopted or is_ours(account, wanted) or outcome.verdict is Verdict.NEEDS_PERSON:
        return outcome
    reason = (
        "an account just like this was there already: this upload's own, if its request was"
        " repeated on the way, else somebody else's; look into it on the service"
    )
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)


def settle_keyed(wanted: Wanted, account: Account, *, is_new: bool) -> Outcome:
    """Whose the account is that a create was answered with, and that carries another's key.

    Args:
        wanted: The person.
        account: The account.
        is_new: Whether the answer says that it was created: then either that isn't so, or the
            service gives keys of its own, and only a person can tell.
    """
    outcome = settle_found(wanted, account)
    if not (is_new and outcome.adopted):
        return outcome
    reason = (
        "the service says that it created the account, which carries another key than was sent;"
        " look into it on the service"
    )
    return Outcome(verdict=Verdict.NEEDS_PERSON, reason=reason)


def settle_accepted(
    directory: Directory, wanted: Wanted, account: Account, *, answered: bool
) -> Outcome | None:
    """Whose the account is that shows after a create that was accepted.

    Args:
        directory: The service.
        wanted: The person, with our own key.
        account: What is there at the person's address, or under the id.
        answered: Whether the service has named this very account as the one that it created.

    Returns:
        None when it is ours, to be compared with what was sent; else what it is.
    """
    if is_ours(account, wanted):
        directory.keeps_keys = True
        outcome = settle_found(wanted, account)
        return None if outcome.verdict is Verdict.WRITTEN else outcome
    named = has_names(account, wanted) or not full_name(account)
    keyed = account.external_id or _keeps_keys(directory)
    if answered and account.active and named and not keyed:
        if directory.keeps_keys is None:
            directory.keeps_keys = False
        return None
    outcome = settle_sent(directory, wanted, account)
    return None if outcome.verdict is Verdict.WRITTEN and not outcome.adopted else outcome


def _is_alike(directory: Directory, wanted: Wanted, account: Account) -> bool:
    """Whether an account without a key could be what we sent, less what the service drops."""
    if _keeps_keys(directory) or not (account.active and is_named(account, wanted.email)):
        return False
    if not has_names(account, wanted) and full_name(account):
        return False
    shown = {"role": account.roles, "pass": account.passes}
    short = (one.attribute for one in differences(account, wanted))
    can = directory.capabilities
    return not any(shown.get(one) and changes.is_declared(can, one) for one in short)


def _dropped(directory: Directory, wanted: Wanted, account: Account) -> tuple[str, ...]:
    """What was sent and isn't shown."""
    can = directory.capabilities
    short = (one.attribute for one in differences(account, wanted))
    return tuple(
        one for one in short if changes.is_declared(can, one) and one not in directory.drops
    )


def _keeps_keys(directory: Directory) -> bool | None:
    """Whether the service keeps our keys; None where nobody knows yet."""
    if directory.keeps_keys is None and not directory.capabilities.keeps("externalId"):
        return False
    return directory.keeps_keys
