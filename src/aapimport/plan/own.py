"""Who runs the upload: their own role is never changed, through whichever of their addresses."""

from dataclasses import dataclass

from aapimport.check.addresses import address_fault
from aapimport.config.keys import setting
from aapimport.config.settings import Settings
from aapimport.errors import SettingsError
from aapimport.person import address_key
from aapimport.services.directory import Absent, Found, LookUp, Unknown
from aapimport.services.identity import keys
from aapimport.services.portal import Portal
from aapimport.services.scim import Account
from aapimport.services.values import Wanted

COULD_NOT_SAY = "the portal could not say who you are"


@dataclass(frozen=True)
class Myself:
    """Whoever runs the upload.

    Attributes:
        address: As set, else the userName that the portal says; empty when nobody is known.
        account: The account of the portal's `/Me`, else of that address; None for neither.
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


def set_administrator(settings: Settings) -> str:
    """The address of whoever runs the upload, as it is set; empty when it isn't.

    Raises:
        SettingsError: It is no address.
    """
    address = settings.administrator
    if address and (fault := address_fault(address)):
        raise SettingsError(
            f"{setting('administrator')} is not an e-mail address: {address!r}",
            hint=fault,
        )
    return address


def who_runs(portal: Portal, address: str) -> Myself:
    """Whoever runs the upload, by the setting and by the portal's `/Me`.

    An address that no account on the portal has says nothing about whose role is one's own.

    Args:
        portal: The portal.
        address: The setting `administrator`; empty when it isn't set.

    Raises:
        SettingsError: The token is refused.
    """
    me = portal.whoami()
    if isinstance(me, Unknown):
        unknown = f"{COULD_NOT_SAY} ({me.reason})"
    else:
        unknown = "the portal doesn't say who you are" if me is None else ""
    if isinstance(me, Account):
        return Myself(address or me.user_name, me)
    if not address:
        return Myself("", None, unknown)
    found = portal.look_up(Wanted(email=address, first_name="", last_name=""))
    if account := _whose(found):
        return Myself(address, account)
    asked = isinstance(found, Unknown) and f"could not be looked up ({found.reason})"
    why = asked or "has no account there"
    return Myself(address, None, f"{unknown}, and the address in {setting('administrator')} {why}")


def _whose(found: LookUp) -> Account | None:
    """The account of an address, also where it is only a second one."""
    if isinstance(found, Found):
        return found.account
    return found.alike if isinstance(found, Absent) else None
