"""How long e-mails take to be sent, and when, in words."""

from dataclasses import dataclass
from datetime import datetime

from aapimport.screens.console import count


@dataclass(frozen=True, kw_only=True)
class Sent:
    """How long so many e-mails take.

    Attributes:
        number: How many.
        seconds: How long, about, within one day's limit.
        today: How many of them the server takes within the 24 hours that are under way.
        rest_at: When it takes the next, in seconds since 1970; None where it takes all of them now.
        days: On how many days it takes them.
        per_day: How many it takes within 24 hours; 0 where nothing is known.
    """

    number: int
    seconds: float
    today: int
    rest_at: float | None
    days: int
    per_day: int


def how_long(sent: Sent) -> str:
    """How long e-mails take: in minutes, or how many go now and when the others do."""
    if sent.rest_at is None:
        minutes = round(sent.seconds / 60)
        return f"about {count(minutes, 'minute')}" if minutes else "less than a minute"
    days = f", on {sent.days} days in all" if sent.days > 2 else ""  # noqa: PLR2004 -- now and then
    return (
        f"{sent.today:,} now, the other {sent.number - sent.today:,} from {moment(sent.rest_at)}"
        f"{days}: the server takes {sent.per_day:,} within 24 hours; it ends with the resume line"
    )


def moment(seconds: float) -> str:
    """A time as the administrator's clock shows it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%d %b %Y %H:%M %Z")
