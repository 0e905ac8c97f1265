"""Accounts of which a list doesn't tell enough, read by their ids: one request each."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from aapimport.services.directory import Directory, Unknown
from aapimport.services.scim import Account

AT_FIRST = 20
"""Accounts that are read before it is judged whether reading others can tell anything."""
_READERS = 4
_NAMELESS = Unknown("the account is there and has no userName", alone=True)


def read_each(directory: Directory, ids: Iterable[str]) -> dict[str, Account | Unknown | None]:
    """Each of some accounts as it is now, by id.

    Where a service can't be asked for any of `AT_FIRST` in a row, nobody else is asked for: that
    is the service's trouble, and holds for the others, too.

    Args:
        directory: The service.
        ids: The accounts.

    Returns:
        None for one that is gone, `Unknown` for one of which that can't be told.

    Raises:
        SettingsError: The token is refused.
    """
    left = list(dict.fromkeys(ids))
    found: dict[str, Account | Unknown | None] = {}
    with ThreadPoolExecutor(_READERS) as pool:
        while left:
            asked, left = left[:AT_FIRST], left[AT_FIRST:]
            read = dict(zip(asked, map(_account, pool.map(directory.fetch, asked)), strict=True))
            found |= read
            failed = [it for it in read.values() if isinstance(it, Unknown) and not it.alone]
            if len(failed) == AT_FIRST:
                return found | dict.fromkeys(left, failed[-1])
    return found


def _account(read: tuple[Account, object] | Unknown | None) -> Account | Unknown | None:
    if isinstance(read, tuple):
        return read[0] if read[0].user_name else _NAMELESS
    return read
