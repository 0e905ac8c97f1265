"""Which services a command works with, in words that no screen leaves out."""

from rich.console import Console

from aapimport.config.settings import Settings
from aapimport.screens.console import safe
from aapimport.screens.labelled import print_line

PRACTICE = "PRACTICE portal: nothing real is touched"


def show_target(console: Console, settings: Settings) -> None:
    """Say where a command works."""
    line = where(settings.target, settings.address, settings.profile)
    print_line(console, line)


def where(target: str, address: str, profile: str = "") -> str:
    """Both services, as a line of a screen, and the profile that they are configured in."""
    of = f" (profile {safe(profile)})" if profile else ""
    if target == "practice":
        return f"{PRACTICE}{of}"
    portal, _, jhana = address.partition(" ")
    return f"portal {safe(portal)}, Jhana {safe(jhana)}{of}"


def place(target: str, address: str, profile: str = "", *, with_jhana: bool = False) -> str:
    """The portal, in a sentence: `the PRACTICE portal`, `https://portal.example.com/scim/v2`.

    Args:
        target: `practice` or `live`.
        address: The pair of services.
        profile: The profile that they are configured in; empty without one.
        with_jhana: Whether Jhana's address is named as well.
    """
    of = f" (profile {safe(profile)})" if profile else ""
    if target == "practice":
        return f"the PRACTICE portal{of}"
    portal, _, jhana = map(safe, address.partition(" "))
    return f"{portal}{f' and Jhana {jhana}' if with_jhana else ''}{of}"
