"""Who else on the portal has an address, asked again just before a write."""

import threading
import time
from collections.abc import Sequence

from aapimport.errors import ServiceError
from aapimport.run.both_lists import ANOTHER, NO_EMAILS
from aapimport.services.directory import Unknown
from aapimport.services.identity import keys
from aapimport.services.look_ups import find_owners
from aapimport.services.portal import Portal
from aapimport.services.scim import Account

_LIST_COUNTS = 30.0
"""Seconds for which the portal's list counts, where look-ups by address aren't proven there."""


class OtherOwners:
    """Tells whether somebody else has an address of two accounts.

    By look-ups by userName and by address where both are proven on this very portal; else by its
    list, which is read again when it is older than half a minute.

    Args:
        portal: The portal.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._lock = threading.Lock()
        self._list: Sequence[Account] = ()
        self._listed_at: float | None = None

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
            return NO_EMAILS
        others = any(one.id != account.id and not mine.isdisjoint(keys(one)) for one in found)
        return ANOTHER if others or self._is_unusable(mine) else ""

    def _is_unusable(self, mine: set[str]) -> bool:
        """Whether an account without a usable id or userName was met with one of the addresses."""
        return any(not mine.isdisjoint(keys(one)) for one in self._portal.unusable)

    def _listed(self) -> Sequence[Account]:
        now = time.monotonic()
        if self._listed_at is None or now - self._listed_at > _LIST_COUNTS:
            self._list, self._listed_at = [*self._portal.everybody()], now
        return self._list
