"""Which services a command works with, in words that no screen leaves out."""

from rich.console import Console

from aapimport.config.settings import Settings
from aapimport.screens.console import safe

PRACTICE = "PRACTICE portal: nothing real is touched"


def show_target(console: Console, settings: Settings) -> None:
    """Say where a command works."""
    of = f" (profile {safe(settings.profile)})" if settings.profile else ""
    console.print(f"{where(settings.target, settings.address)}{of}", soft_wrap=True)


def where(target: str, address: str) -> str:
    """Both services, as a line of a screen."""
    if target == "practice":
        return PRACTICE
    portal, _, jhana = address.partition(" ")
    return f"portal {safe(portal)}, Jhana {safe(jhana)}"


def place(target: str, address: str) -> str:
    """The portal, in a sentence: `the PRACTICE portal`, `https://portal.example.com/scim/v2`."""
    return "the PRACTICE portal" if target == "practice" else safe(address.partition(" ")[0])
