"""Whom an e-mail is for: the address and the names that the service has at that moment."""

from aapimport.mail.message import Recipient
from aapimport.services.directory import Unknown
from aapimport.services.portal import Welcome
from aapimport.services.scim import Account
from aapimport.services.values import EmailKind


def recipient(account: Account, kind: EmailKind, pass_name: str) -> Recipient:
    """Whom an e-mail about some services is for, as the text speaks of them."""
    return Recipient(
        email=mail_address(account),
        first_name=account.first_name,
        last_name=account.last_name,
        pass_name="" if kind is EmailKind.JHANA else pass_name,
    )


def mail_address(account: Account) -> str:
    """Where a service sends what is for an account; empty where that isn't known."""
    return next((one for one in (account.user_name, *account.emails) if "@" in one), "")


def not_welcome(look: Welcome | Unknown | None, off: str) -> str:
    """Why an account's person isn't to be welcomed; empty when they may be.

    Args:
        look: What the service says of the account.
        off: What is said where it is deactivated.
    """
    if look is None:
        return "the account isn't there any more"
    if isinstance(look, Unknown):
        return f"the account can't be looked at: {look.reason}"
    return "" if look.account.active else off
