"""A welcome e-mail, as it is read."""

from rich.console import Console

from aapimport.screens.console import safe
from aapimport.screens.labelled import print_line


def show_text(console: Console, subject: str, text: str) -> None:
    """Print an e-mail's subject and text."""
    print_line(console, f"Subject: {safe(subject)}\n")
    for line in text.rstrip("\n").split("\n"):
        print_line(console, safe(line))


def show_page(console: Console, page: str) -> None:
    """Print an e-mail's page as it stands."""
    for line in page.rstrip("\n").split("\n"):
        console.print(safe(line), soft_wrap=True)


def show_sent(console: Console, to: str, reply: str) -> None:
    """Print that an e-mail to oneself was taken, with the mail server's words."""
    print_line(console, f"sent to {safe(to)}: the server says {safe(reply)}")
