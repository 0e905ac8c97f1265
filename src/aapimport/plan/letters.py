"""Welcome e-mails that a mail server sends after the upload, where no service takes a word."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTrouble:
    """Somebody whom it can't be sent to, or perhaps not.

    Attributes:
        row: The row.
        email: The address.
        why: Why, in words.
        is_sure: Whether they certainly aren't mailed by this server, and so aren't counted.
    """

    row: int
    email: str
    why: str
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """What is told of them, and approved with the plan.

    Attributes:
        server: Sender and server, as `config.mail.Mail.server` has it.
        sender: The address that they come from.
        place: Where the server is, with its port.
        rows: The rows of the people whom they are to go to, one each, `troubles` among them.
        seconds: How long that takes, as far as it is known.
        days: On how many days the server takes so many.
        today: How many of them it takes now.
        rest_at: When it takes the next, in seconds since 1970; None where it takes all now.
        per_day: How many it takes within 24 hours; 0 where nothing is known.
        troubles: Whom it can't be sent to, or perhaps not, by row.
    """

    server: str
    sender: str
    place: str
    rows: tuple[int, ...]
    seconds: float
    days: int = 1
    today: int
    rest_at: float | None = None
    per_day: int = 0
    troubles: tuple[LetterTrouble, ...] = ()

    @property
    def people(self) -> int:
        """How many people they go to: nobody to whom the server certainly can't send."""
        return len(self.rows) - sum(one.is_sure for one in self.troubles)
