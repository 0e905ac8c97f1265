"""What the mail ledger says of one account and one half of a welcome, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aapimport.run.records import UNSENT, State, Way


@dataclass(frozen=True, slots=True)
class Entry:
    """What the mail ledger says of one account and one half of a welcome.

    Attributes:
        state: How far the e-mail is.
        by: The run that has, or had, the right to it, in words.
        mail: That run's confirmation number, and the person's row there.
        way: How it was sent, or was to be.
        at: When that was written down, in seconds since 1970.
        sent: When it was sent, or at the latest when the right to it was taken; likewise.
        order: The number of that run in its journal.
        person: A digest of the address that it went to; empty when not known.
        is_send: Whether that run only sends e-mails: it may have gone on beside later uploads.
        elsewhere: Whether that is a run of another profile.
    """

    state: State
    by: str
    mail: tuple[str, int]
    way: Way
    at: float
    sent: float
    order: int
    person: str
    is_send: bool
    elsewhere: bool = False

    @property
    def is_held(self) -> bool:
        """Whether a run has the right to it, and hasn't sent it as far as is known."""
        return self.state not in {*UNSENT, State.DONE}


@dataclass(frozen=True, slots=True)
class Made:
    """An account that an upload has made, or may have.

    Attributes:
        key: Our own key, which it carries where the service keeps one.
        at: When that was sent, in seconds since 1970.
        order: The number of the upload in the journal.
        person: A digest of the address that it was made with; empty when not known.
        is_sure: Whether that isn't only what the service has answered, or may have: the upload has
            given it up, and nothing but our key tells that an account is the one.
    """

    key: str
    at: float
    order: int
    person: str = ""
    is_sure: bool = True

    def is_newer(self, entry: "Entry", person: str) -> bool:
        """Whether an e-mail certainly was to an account that had this one's id before.

        It is told without a clock, by the numbers of the runs in one journal: an upload ends before
        the next begins, and another person's e-mail isn't this one's.

        Args:
            entry: The e-mail.
            person: A digest of the address that the account was made with; empty when not known.
        """
        if entry.elsewhere or entry.order >= self.order or not (entry.person and person):
            return False
        return not (entry.is_send and entry.person == person)

    def may_be_newer(self, entry: "Entry") -> bool:
        """Whether it may have been: what clocks say of another journal, or the numbers in ours."""
        return entry.sent < self.at if entry.elsewhere else entry.order < self.order


def held_by(entries: Mapping[str, Entry | None]) -> frozenset[tuple[str, int]]:
    """The runs that have the right to mail somebody, and haven't done it as far as is known."""
    return frozenset(it.mail for it in entries.values() if it and it.is_held and not it.elsewhere)


def doubt(entries: Mapping[str, Entry | None]) -> str:
    """Why somebody isn't mailed of whom it isn't known whether they were, and what to do."""
    other = next(it for it in entries.values() if it and it.is_held)
    look = "ask them" if other.way is Way.SMTP else "look on the portal"
    there = " there" if other.elsewhere else ""
    return (
        f"whether {other.by} has mailed them isn't known; {look}, then say --sent or --not-sent"
        f"{there}, with --to"
    )


def not_told(entry: Entry, receipt: str) -> str:
    """Why somebody isn't mailed whose account's id may have been another's, and what to do.

    Args:
        entry: The e-mail that may have been to the former account.
        receipt: The upload that has made the account.
    """
    return (
        f"{entry.by} has mailed an account with this id, perhaps before this one was made: only"
        " clocks could tell; if this one was never mailed:  aapimport send-emails"
        f" {receipt} --again --to ADDRESS"
    )


def elsewhere(entries: Mapping[str, Entry | None]) -> str:
    """Which run of another profile has mailed somebody, or handed them over; empty for none."""
    words = {State.DONE: "mailed by", State.HANDED_OVER: "handed over by"}
    found = (it for it in entries.values() if it and it.elsewhere and it.state in words)
    return next((f"{words[it.state]} {it.by}" for it in found), "")


def half_of(
    entry: Entry | None, *, is_told: bool
) -> Literal["never", "rejected", "mailed", "handed_over", "in_doubt"]:
    """What is known of one half of a welcome.

    Args:
        entry: What the ledger says; None for nothing.
        is_told: Whether the service says that it has mailed the person.
    """
    if is_told or (entry and entry.state is State.DONE):
        return "mailed"
    if entry is None or entry.state in UNSENT:
        return "rejected" if entry and entry.state is State.REJECTED else "never"
    return "handed_over" if entry.state is State.HANDED_OVER else "in_doubt"
