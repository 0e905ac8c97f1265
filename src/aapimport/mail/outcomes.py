"""What becomes of one e-mail: it was sent, it wasn't, or nobody can know."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sent:
    """The server has taken it: its delivery is the server's from now on (RFC 5321, 4.2.5).

    Attributes:
        reply: The server's words, which mostly hold the number under which it knows the e-mail.
    """

    reply: str


@dataclass(frozen=True)
class NotSent:
    """The connection was lost before the final dot: the server has not taken it.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True)
class Refused:
    """The server refuses this person's e-mail for good (5xx).

    Attributes:
        reason: The server's words.
    """

    reason: str


@dataclass(frozen=True)
class Later:
    """The server doesn't take this person's e-mail now, and may do so later (4xx: greylisting).

    Attributes:
        reason: The server's words.
    """

    reason: str


@dataclass(frozen=True)
class InDoubt:
    """The connection was lost between the final dot and the reply: nobody can know (RFC 1047).

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True)
class Withdrawn:
    """The e-mail must not be sent any more, as a look just before it has shown; it was not sent.

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True)
class TakesNothing:
    """The server takes no e-mail at all, whoever it is for; this one was not sent.

    Attributes:
        reason: Why, in words.
        cure: What has to be set or mended first; empty where it may pass by itself.
    """

    reason: str
    cure: str = ""

    @property
    def passes(self) -> bool:
        """Whether it may pass by itself."""
        return not self.cure


@dataclass(frozen=True)
class DayIsFull:
    """The server takes no more within 24 hours; this one was not sent.

    Attributes:
        until: When to go on, in seconds since 1970.
        reason: Why, in words.
    """

    until: float
    reason: str


Outcome = Sent | NotSent | Refused | Later | InDoubt | Withdrawn | TakesNothing | DayIsFull
