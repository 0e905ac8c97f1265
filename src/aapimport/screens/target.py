"""Which world a command works in."""

from rich.console import Console

PRACTICE = "practice portal: nothing real is touched"


def show_target(console: Console, target: str) -> None:
    """Say so when everything goes to the practice portal."""
    if target == "practice":
        console.print(PRACTICE)
