"""Who runs the upload: their own role is never changed, through whichever of their addresses."""

from dataclasses import dataclass

from aapimport.people.person import address_key
from aapimport.services.directory import Unknown
from aapimport.services.identity import keys
from aapimport.services.portal import Portal
from aapimport.services.scim import Account


@dataclass(frozen=True)
class Myself:
    """Whoever runs the upload.

    Attributes:
        address: As set, else the userName that the portal says; empty when nobody is known.
        account: The account of the portal's `/Me`; None where it doesn't say.
        unknown: Why nobody is known, in a sentence; empty when somebody is.
    """

    address: str
    account: Account | None = None
    unknown: str = ""

    def owns(self, account: Account, email: str) -> bool:
        """Whether an account that was found for an address is one's own."""
        if self.account is not None and account.id == self.account.id:
            return True
        mine = {address_key(self.address)} if self.address else set()
        mine |= set(keys(self.account)) if self.account else set()
        return not mine.isdisjoint((address_key(email), *keys(account)))


def who_runs(portal: Portal, address: str) -> Myself:
    """Whoever runs the upload, by the setting and by the portal's `/Me`.

    Args:
        portal: The portal.
        address: AAPIMPORT_ADMINISTRATOR; empty when it isn't set.

    Raises:
        SettingsError: The token is refused.
    """
    me = portal.whoami()
    if isinstance(me, Unknown):
        unknown = f"the portal could not say who you are ({me.reason})"
    else:
        unknown = "the portal doesn't say who you are" if me is None else ""
    account = None if isinstance(me, Unknown) else me
    address = address or (account.user_name if account else "")
    return Myself(address, account, "" if address else unknown)
