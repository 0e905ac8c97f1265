"""Who else on the portal has an address, asked again just before a write."""

import threading
import time
from collections.abc import Sequence

from aapimport.errors import ServiceError
from aapimport.run.both_lists import ANOTHER
from aapimport.run.by_id import AT_FIRST, read_each
from aapimport.services.directory import Unknown
from aapimport.services.identity import keys
from aapimport.services.look_ups import find_owners
from aapimport.services.portal import Portal
from aapimport.services.scim import Account

_LIST_COUNTS = 30.0
"""Seconds for which the portal's list counts, where look-ups by address aren't proven there."""
_MOST_BY_ID = 200
"""Accounts that are read one by one where that list shows no e-mail addresses."""
NO_EMAILS = "the portal's list shows no e-mail addresses, so that another account may have one"
_NOR_BY_ID = (
    "neither the portal's list nor the accounts, read one by one, show e-mail addresses, so that"
    " another account may have one"
)
_TOO_MANY = (
    f"{NO_EMAILS}; it has {{:,}} accounts, and at most {_MOST_BY_ID} are read one by one, as that"
    " is done anew just before each write: put this right on Jhana by hand, or ask the portal's"
    " owner to have e-mail addresses listed, or found by a filter"
)
_NOT_READ = f"{NO_EMAILS}, and not every account could be read by itself"


class OtherOwners:
    """Tells whether somebody else has an address of two accounts.

    By look-ups by userName and by address where both are proven on this very portal; else by its
    list, which is read again when it is older than half a minute; where that shows no e-mail
    addresses, by each account, read by itself, as far as these are few.

    Args:
        portal: The portal.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._lock = threading.Lock()
        self._list: Sequence[Account] = ()
        self._listed_at: float | None = None
        self._unshown = NO_EMAILS

    def beside(self, account: Account, theirs: Account) -> str | Unknown:
        """Why an address of two accounts may be somebody else's; empty where it isn't.

        Args:
            account: The one on the portal.
            theirs: The one on Jhana.

        Raises:
            SettingsError: The token is refused.
        """
        addresses = [one for it in (account, theirs) for one in (it.user_name, *it.emails) if one]
        mine = {*keys(account), *keys(theirs)}
        with self._lock:
            try:
                asked = find_owners(self._portal, addresses)
                found = self._listed() if asked is None else asked
            except ServiceError as error:
                return ANOTHER if self._is_unusable(mine) else Unknown(error.message)
        if asked is None and not any(one.emails for one in found):
            return self._unshown
        others = any(one.id != account.id and not mine.isdisjoint(keys(one)) for one in found)
        return ANOTHER if others or self._is_unusable(mine) else ""

    def _is_unusable(self, mine: set[str]) -> bool:
        """Whether an account without a usable id or userName was met with one of the addresses."""
        return any(not mine.isdisjoint(keys(one)) for one in self._portal.unusable)

    def _listed(self) -> Sequence[Account]:
        now = time.monotonic()
        if self._listed_at is None or now - self._listed_at > _LIST_COUNTS:
            listed = [*self._portal.everybody()]
            if not any(one.emails for one in listed):
                listed = self._by_id(listed)
            self._list, self._listed_at = listed, now
        return self._list

    def _by_id(self, listed: list[Account]) -> list[Account]:
        """The accounts, each read by itself; as they were listed, where that doesn't tell more."""
        if len(listed) > _MOST_BY_ID:
            self._unshown = _TOO_MANY.format(len(listed))
            return listed
        ids = [one.id for one in listed]
        read = read_each(self._portal, ids[:AT_FIRST])
        if not any(isinstance(one, Account) and one.emails for one in read.values()):
            self._unshown = _NOR_BY_ID
            return listed
        read |= read_each(self._portal, ids[AT_FIRST:])
        if any(isinstance(one, Unknown) for one in read.values()):
            self._unshown = _NOT_READ
            return listed
        return [one for one in read.values() if isinstance(one, Account)]
