"""How a difference between the portal and Jhana is said, and whose accounts are certain."""

from aapimport.person import address_key
from aapimport.run.reconciled import Difference, Kind
from aapimport.run.records import State
from aapimport.run.words import LOST, Word
from aapimport.services.scim import Account
from aapimport.text import fold


def upload_of(word: Word) -> str:
    """Which upload, and which row of it, has said something."""
    return f"upload {word.receipt} (row {word.row})"


def told(kind: Kind, account: Account, words: str, why: str) -> Difference:
    """A difference that is only named."""
    return Difference(kind=kind, email=account.user_name, portal=account, words=words, why_not=why)


def have_other_addresses(account: Account, theirs: Account) -> bool:
    """Whether both userNames are addresses, and not the same; numbers are no addresses."""
    names = (account.user_name, theirs.user_name)
    return all("@" in one for one in names) and len({*map(address_key, names)}) > 1


def not_on_jhana(account: Account, word: Word) -> Difference:
    """Somebody isn't on Jhana, for which an upload asked."""
    step = word.jhana
    if step is not None and step.state is State.DONE:
        why = (
            "somebody deleted the account on Jhana, or its list leaves it out: look there; upload"
            " the file again if it is to be there"
        )
    elif step is not None and step.state in {State.REJECTED, State.NEEDS_PERSON}:
        why = (
            f"Jhana refused it; `aapimport receipt {word.receipt} --xlsx OUT.xlsx --file FILE`"
            " writes who is to be corrected and uploaded"
        )
    else:
        why = "it isn't known to have been sent; upload the file again"
    words = f"on the portal, not on Jhana, for which {upload_of(word)} asked"
    return told(Kind.NOT_ON_JHANA, account, words, why)


def of_team(state: State, reason: str) -> str:
    """Why somebody isn't put into a team again; empty where only an answer was lost."""
    if state in LOST:
        return ""
    if state is State.DONE:
        return "somebody took them out since"
    return reason or "it was never sent; upload the file again"


def is_left_by(word: Word | None, account: Account, theirs: Account) -> bool:
    """Whether an upload from here has left both accounts, and both still are the person's."""
    left = word.on_jhana if word else None
    if word is None or left is None or left.account_id != theirs.id:
        return False
    ours = theirs.external_id == left.key != "" and have_a_name_in_common(account, theirs)
    return word.is_of(account) and (left.is_theirs(theirs) or ours)


def have_a_name_in_common(account: Account, theirs: Account) -> bool:
    """Whether the first or the last names are the same; of two who share none nobody can tell."""
    pairs = ((account.first_name, theirs.first_name), (account.last_name, theirs.last_name))
    return any(fold(one) == fold(other) != "" for one, other in pairs)
