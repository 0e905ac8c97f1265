"""Whom an e-mail is for: the address and the names that the service has at that moment."""

from collections.abc import Mapping

from aapimport.errors import SettingsError
from aapimport.mail.envelope import is_writable
from aapimport.mail.message import Recipient, Texts
from aapimport.person import address_key
from aapimport.services.directory import Unknown
from aapimport.services.identity import full_name
from aapimport.services.ownership import HANDED_ON, NOT_SHOWN_SINCE, OFF_BY_UNDO, is_still
from aapimport.services.portal import Welcome
from aapimport.services.scim import Account
from aapimport.services.values import EmailKind, Wanted
from aapimport.text import fold

CHECKED = "if it is theirs all the same: aapimport send-emails {} --to ADDRESS --checked"
NO_KEY = (
    "whether an upload has made the account isn't known: it wasn't seen when it was made, and shows"
    f" no key of ours; {CHECKED}"
)
WITH_ANOTHER = (
    "the account was made with another one on the portal, which is there, too; if it is theirs,"
    " upload them with Jhana = 1"
)
ANOTHERS_ON_JHANA = (
    "the account with this address there shows another name; if it is theirs, upload them with"
    " Jhana = 1"
)
OTHER_ADDRESS = (
    "the account on Jhana has another e-mail address than that on the portal; have it corrected"
    " there"
)


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


def unwritable(
    texts: Texts | None, look: Welcome | Unknown | None, kind: EmailKind, pass_name: str
) -> str:
    """Why no e-mail of our own can be sent to somebody; empty when it can.

    Args:
        texts: What is sent; None where a service sends it.
        look: What the portal says of their account.
        kind: What it is about.
        pass_name: The pass.
    """
    if texts is None or not isinstance(look, Welcome):
        return ""
    account = look.account
    if not is_writable(mail_address(account)):
        return "the account has no e-mail address that can be written to"
    try:
        texts.message(kind, recipient(account, kind, pass_name), row="", now=0.0)
    except SettingsError as error:
        return f"the text can't be made for them: {error.message}"
    return ""


def other_on_jhana(
    looks: Mapping[str, Welcome | Unknown | None], key: str, *, by_address: bool = False
) -> str:
    """Why an account on Jhana isn't of the person of that on the portal; empty when it is.

    As the sending looks once more whose it is (`sends.begin_send`).

    Args:
        looks: What both services say of the accounts, where they are there.
        key: Our own key of the account on Jhana.
        by_address: Whether nothing but the address has told that it is theirs: the first name or
            the last has to be the same then.
    """
    portal, jhana = looks["portal"], looks["jhana"]
    if not (isinstance(portal, Welcome) and isinstance(jhana, Welcome)):
        return HANDED_ON
    it = portal.account
    wanted = Wanted(
        email=mail_address(it),
        first_name=it.first_name,
        last_name=it.last_name,
        external_id=key,
    )
    if by_address and not _shares_a_name(it, jhana.account):
        return ANOTHERS_ON_JHANA
    return "" if is_still(jhana.account, wanted) else HANDED_ON


def _shares_a_name(one: Account, other: Account) -> bool:
    """Whether two accounts may be one person's, whose name was corrected; or one shows none.

    Where a service shows only a name in one piece, it begins with the first name or ends with the
    last; `Perez, Ana` is turned.
    """
    names = [(fold(it.first_name), fold(it.last_name)) for it in (one, other)]
    if all(map(any, names)):
        return any(a == b for a, b in zip(*names, strict=True) if a)
    named, whole = (one, other) if any(names[0]) else (other, one)
    last, _, first = whole.display_name.partition(",")
    shown = fold(f"{first} {last}" if first else full_name(whole) or last).split()
    known = fold(full_name(named)).split()
    if not (shown and known):
        return True
    return shown[:1] == known[:1] or shown[-1:] == known[-1:]


def other_address(kind: EmailKind, looks: Mapping[str, Welcome | Unknown | None]) -> str:
    """Why no e-mail about Jhana alone is sent; empty where both accounts have one address.

    The plan shows that of the portal, and Jhana sends to its own, which may be old and by now
    somebody else's.
    """
    found = {
        address_key(mail_address(it.account)) for it in looks.values() if isinstance(it, Welcome)
    }
    return OTHER_ADDRESS if kind is EmailKind.JHANA and len(found) > 1 else ""


def not_welcome(look: Welcome | Unknown | None, off: str) -> str:
    """Why an account's person isn't to be welcomed; empty when they may be.

    Args:
        look: What the service says of the account.
        off: What is said where it is deactivated.
    """
    if look is None:
        by_undo = OFF_BY_UNDO in off
        return f"{off}, {NOT_SHOWN_SINCE}" if by_undo else "the account isn't there any more"
    if isinstance(look, Unknown):
        return f"the account can't be looked at: {look.reason}"
    return "" if look.account.active else off
