"""Settings for a mail server on loopback, an e-mail, and a clock that nobody waits for."""

from email.message import EmailMessage
from typing import Any

from aapimport.config.mail import Mail
from aapimport.config.mail_values import Preset


class VirtualClock:
    """A clock that waiting moves on.

    Attributes:
        slept: Every wait that was longer than nothing.
        stops_at: When the run is stopped; never by default.
    """

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.slept: list[float] = []
        self.stops_at = float("inf")

    def now(self) -> float:
        """Seconds since 1970."""
        return self.time

    def sleep(self, seconds: float) -> bool:
        """Move on."""
        self.time += seconds
        self.slept += [seconds] if seconds else []
        return self.time >= self.stops_at


def mail_for(port: int, **more: Any) -> Mail:
    """The settings for a server on loopback."""
    said: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "preset": Preset(host=""),
        "sender": "learning@example.com",
        "sign_in": "sso",
        "sign_in_url": "https://portal.example.com/",
    }
    return Mail(**(said | more))


def a_message(to: str = "ana@example.com") -> EmailMessage:
    """A short e-mail, with dots where SMTP doubles them."""
    made = EmailMessage()
    made["From"], made["To"] = "learning@example.com", to
    made["Subject"], made["Message-ID"] = "Welcome", f"<row-{abs(hash(to))}@example.com>"
    made.set_content("Hello Ana\n.\n..and a second line\n")
    return made
