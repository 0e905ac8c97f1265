"""How a difference between the portal and Jhana is said, and whose accounts are certain."""

from collections.abc import Sequence

from aapimport.person import address_key
from aapimport.run.differing import is_made_of
from aapimport.run.reconciled import Difference, Kind
from aapimport.run.records import State
from aapimport.run.words import LOST, Word
from aapimport.services.scim import Account
from aapimport.text import fold

MOST_NAMED = 5
"""People who are named in a sentence."""


def upload_of(word: Word) -> str:
    """Which upload, and which row of it, has said something."""
    return f"upload {word.receipt} (row {word.row})"


def left_out(service: str, people: Sequence[str]) -> str:
    """A list isn't whole: it leaves out people who are there by id."""
    named = ", ".join(people[:MOST_NAMED])
    more = f" and {len(people) - MOST_NAMED:,} more" if len(people) > MOST_NAMED else ""
    return (
        f"{service}'s list isn't whole: it leaves out {named}{more}, shown only when asked for by"
        " id; what was read so is compared, and others may be missing: tell the service's owner"
    )


def told(kind: Kind, account: Account, words: str, why: str) -> Difference:
    """A difference that is only named."""
    return Difference(kind=kind, email=account.user_name, portal=account, words=words, why_not=why)


def have_other_addresses(account: Account, theirs: Account) -> bool:
    """Whether both userNames are addresses, and not the same; numbers are no addresses."""
    names = (account.user_name, theirs.user_name)
    return all("@" in one for one in names) and len({*map(address_key, names)}) > 1


def not_on_jhana(account: Account, word: Word, *, gone: bool) -> Difference:
    """Somebody isn't on Jhana, for which an upload asked.

    Args:
        account: The account on the portal.
        word: What the upload has said.
        gone: Whether the account there, asked for by its id, is gone.
    """
    step = word.jhana
    again = "upload the file again if they are to be there"
    if gone:
        why = f"somebody deleted the account on Jhana, where its id isn't known any more; {again}"
    elif step is not None and step.state is State.DONE:
        what = (
            "certainly theirs any more" if step.account_id else "in its list, and its id not known"
        )
        why = f"the account that the upload left on Jhana isn't {what}: look there; {again}"
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
    return any(same_name(one, other) and one.strip() != "" for one, other in pairs)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same; capital letters and blanks around them don't count."""
    return fold(" ".join(one.split())) == fold(" ".join(other.split()))


def names_to_copy(account: Account, theirs: Account) -> dict[str, str]:
    """What of the names on Jhana is to be as on the portal, by path; nothing where they are.

    Only what differs. A displayed name is the portal's where that shows one, and else made of the
    names only where Jhana's was; one that Jhana doesn't show isn't set.
    """
    first, last = (" ".join(one.split()) for one in (account.first_name, account.last_name))
    pairs = {
        "name.givenName": (first, theirs.first_name),
        "name.familyName": (last, theirs.last_name),
    }
    values = {path: mine for path, (mine, now) in pairs.items() if not same_name(mine, now)}
    if not values:
        return {}
    shown = {
        "displayName": (account.display_name, theirs.display_name),
        "name.formatted": (account.formatted_name, theirs.formatted_name),
    }
    for path, (portals, now) in shown.items():
        wanted = portals.strip() or (f"{first} {last}" if is_made_of(now, theirs) else "")
        if now.strip() and wanted and not same_name(wanted, now):
            values[path] = wanted
    return values
