"""Letters to the vendor's support, in words that say what happened and what is asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from aapimport.copies.letter import Letter
from aapimport.person import address_key
from aapimport.run.records import Run
from aapimport.run.seats_now import FREE_TO_ASK, Now, SeatNow
from aapimport.screens.console import count, safe, safe_lines
from aapimport.screens.labelled import print_line
from aapimport.services.scim import Account

Renamed = tuple[Account, str]
"""An account, and the address that it is to have."""


def seats_letter(run: Run, seats: Sequence[SeatNow], to: str) -> Letter:
    """Ask that seats be given back which an upload has used by mistake.

    Args:
        run: The upload.
        seats: The seats, with what is true of each account now.
        to: The support's address; empty where it isn't known.
    """
    many = count(len(seats), "seat")
    undos = {one.by.receipt: one.by for one in seats if one.by}
    back = "; ".join(f"undo {one.receipt} of {_moment(one.started_at)}" for one in undos.values())
    taken = f" and was taken back ({back})" if back else ""
    active = sum(one.now not in FREE_TO_ASK for one in seats)
    state = {
        0: "Nobody uses the accounts below any more: each line says how it is with it",
        len(seats): "The accounts below are still active",
    }.get(active, "Each line below says how it is with the account; some are still active")
    lines = "\n".join(
        f"  row {one.row}: account {one.account_id}{f', {one.email}' if one.email else ''}:"
        f" {_now(one)}"
        for one in seats
    )
    text = (
        f"Hello,\n\nplease give back {many} of the pass {run.pass_name!r} (id {run.pass_id})"
        f" on our portal {_portal(run.address)}.\n\n"
        f"What happened: on {_moment(run.started_at)} an upload of {run.file!r} (receipt"
        f" {run.receipt}) put {count(len(seats), 'person', 'people')} on this pass. It was a"
        f" mistake{taken}. {state}. Deactivating an account, or taking it off the pass, does not"
        " free its seat.\n\n"
        f"{many.capitalize()}, by row of that file:\n{lines}\n\n"
        "Nobody has to be contacted about it. Thank you.\n"
    )
    return Letter(to=to, subject=f"Please give back {many} ({run.receipt})", text=text)


def addresses_letter(address: str, renamed: Sequence[Renamed], to: str) -> Letter:
    """Ask that user names be changed, which administrators can't: a second seat would be used.

    Args:
        address: The pair of services.
        renamed: Whose.
        to: The support's address; empty where it isn't known.
    """
    people = count(len(renamed), "person", "people")
    lines = "\n".join(
        f"  account {account.id}: {account.user_name}  ->  {new}" for account, new in renamed
    )
    names = "user name" if len(renamed) == 1 else "user names"
    old = {address_key(account.user_name) for account, _ in renamed}
    order = (
        "Some of the new addresses still belong to another account of this list: please change"
        " that one first, or both together. "
        if any(address_key(new) in old for _, new in renamed)
        else ""
    )
    text = (
        f"Hello,\n\nplease change the {names} of {people} on our portal {_portal(address)}, as"
        " administrators can't edit them:\n\n"
        f"{lines}\n\n"
        f"{order}The person is the same, only the address is new. Please change the account that is"
        " there, with its e-mail address: a new account would use a second seat, which can't be"
        " given back. Thank you.\n"
    )
    return Letter(to=to, subject=f"Please change the {names} of {people}", text=text)


def show_letter(console: Console, letter: Letter, written: str = "") -> None:
    """A letter as it would be sent; where it was written, if it was.

    Args:
        console: Where.
        letter: The letter.
        written: The file; empty without one.
    """
    print_line(console, f"To: {safe(letter.to) or '(the support of the vendor)'}")
    print_line(console, f"Subject: {safe(letter.subject)}\n")
    print_line(console, safe_lines(letter.text))
    if written:
        print_line(console, f"written: {safe(written)}")


def _now(seat: SeatNow) -> str:
    """What is true of an account; a portal may hide whoever an undo has switched off."""
    by = f" by undo {seat.by.receipt}" if seat.by else ""
    if by and seat.now is Now.GONE:
        return f"taken back{by}, and not shown by the portal since"
    return f"{seat.now}{by}"


def _portal(address: str) -> str:
    if address == "practice":
        return "(the PRACTICE portal: send no such letter)"
    return address.split(" ", maxsplit=1)[0]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y %H:%M UTC")
