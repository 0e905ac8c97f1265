"""Who is active, read by id where a list doesn't tell it and a comparison depends on it.

`active` is optional (RFC 7643 section 4.1.1): where it isn't shown, or in a word that is no clear
yes and no clear no, nothing is known.
"""

from collections.abc import Iterable
from dataclasses import replace

from aapimport.plan.make import Services
from aapimport.run.both_lists import OnJhana, OnPortal
from aapimport.run.by_id import AT_FIRST, read_each
from aapimport.run.words import Words
from aapimport.services.directory import Directory, Unknown
from aapimport.services.scim import Account

_UNTOLD = "neither the list nor the account itself tells it, as a clear yes or no"
_UNTOLD_OF_ALL = (
    "neither the list nor any account that was read by itself tells it, as a clear yes or no"
)
_GONE = "the account is gone since the list was read"


def know_active(
    services: Services, portal: OnPortal, jhana: OnJhana, words: Words
) -> tuple[OnPortal, OnJhana]:
    """Both lists with what by id is known besides of who is active.

    On the portal that matters of whoever has Jhana, or was uploaded; on Jhana of whoever is
    deactivated on the portal, or was uploaded with Jhana.

    Raises:
        SettingsError: The token is refused.
    """
    silent = [one for one in portal.people.values() if not one.says_active]
    asked = [one for one in silent if one.id in jhana.matched or words.about(one)]
    told, unknown = _told(services.portal, asked)
    portal.told_active.update(one.active for one in told.values())
    portal = replace(
        portal,
        on_pass={own_id: told.get(own_id, it) for own_id, it in portal.on_pass.items()},
        elsewhere={own_id: told.get(own_id, it) for own_id, it in portal.elsewhere.items()},
        active_unknown=unknown,
    )
    theirs = {}
    for own_id, account in portal.people.items():
        found, word = jhana.matched.get(own_id), words.about(account)
        matters = account.is_off or (account.is_on and word and word.jhana)
        if found and not found.says_active and matters:
            theirs[own_id] = found
    told, unknown = _told(services.jhana, theirs.values())
    jhana = replace(
        jhana,
        matched={own_id: told.get(it.id, it) for own_id, it in jhana.matched.items()},
        active_unknown={
            own_id: unknown[it.id] for own_id, it in theirs.items() if it.id in unknown
        },
    )
    return portal, jhana


def _told(
    directory: Directory, accounts: Iterable[Account]
) -> tuple[dict[str, Account], dict[str, str]]:
    """Those of whom it is told by id, and why it isn't known of the others; by account id.

    Where it is told of none of the first, a service tells it of nobody, and isn't asked further.
    """
    by_id = {one.id: one for one in accounts}
    ids = list(by_id)
    read = read_each(directory, ids[:AT_FIRST])
    found = [one for one in read.values() if isinstance(one, Account)]
    if not found or any(one.says_active for one in found):
        read |= read_each(directory, ids[AT_FIRST:])
    told: dict[str, Account] = {}
    unknown = dict.fromkeys(by_id.keys() - read.keys(), _UNTOLD_OF_ALL)
    for own_id, one in read.items():
        if isinstance(one, Unknown):
            unknown[own_id] = one.reason
        elif one is None:
            unknown[own_id] = _GONE
        elif one.says_active:
            told[own_id] = replace(by_id[own_id], active=one.active, says_active=True)
        else:
            unknown[own_id] = _UNTOLD
    return told, unknown
