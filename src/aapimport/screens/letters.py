"""Letters to the vendor's support, in words that say what happened and what is asked for."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from aapimport.copies.letter import Letter
from aapimport.run.records import Run
from aapimport.screens.console import count, safe, safe_lines
from aapimport.screens.labelled import print_line
from aapimport.services.scim import Account

SeatRow = tuple[int, str, str]
"""A row of the file, the address as far as it is known, and the account's id on the portal."""
Renamed = tuple[Account, str]
"""An account, and the address that it is to have."""


def seats_letter(run: Run, rows: Sequence[SeatRow], undos: Sequence[Run], to: str) -> Letter:
    """Ask that seats be given back which an upload has used by mistake.

    Args:
        run: The upload.
        rows: Who used a seat.
        undos: What has taken it back since.
        to: The support's address; empty where it isn't known.
    """
    seats = count(len(rows), "seat")
    back = "; ".join(f"undo {one.receipt} of {_moment(one.started_at)}" for one in undos)
    happened = (
        f"It was a mistake and has been taken back ({back}): the accounts below are deactivated, or"
        " have their earlier values again. Deactivating an account does not free its seat."
        if undos
        else "It was a mistake. The accounts below have used a seat since."
    )
    lines = "\n".join(
        f"  row {row}: account {own_id}{f', {email}' if email else ''}"
        for row, email, own_id in rows
    )
    text = (
        f"Hello,\n\nplease give back {seats} of the pass {run.pass_name!r} (id {run.pass_id})"
        f" on our portal {_portal(run.address)}.\n\n"
        f"What happened: on {_moment(run.started_at)} an upload of {run.file!r} (receipt"
        f" {run.receipt}) put {count(len(rows), 'person', 'people')} on this pass. {happened}\n\n"
        f"{seats.capitalize()}, by row of that file:\n{lines}\n\n"
        "Nobody has to be contacted about it. Thank you.\n"
    )
    return Letter(to=to, subject=f"Please give back {seats} ({run.receipt})", text=text)


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
    text = (
        f"Hello,\n\nplease change the {names} of {people} on our portal {_portal(address)}, as"
        " administrators can't edit them:\n\n"
        f"{lines}\n\n"
        "The person is the same, only the address is new. Please change the account that is there,"
        " with its e-mail address: a new account would use a second seat, which can't be given"
        " back. Thank you.\n"
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


def _portal(address: str) -> str:
    if address == "practice":
        return "(the PRACTICE portal: send no such letter)"
    return address.split(" ", maxsplit=1)[0]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y %H:%M UTC")
