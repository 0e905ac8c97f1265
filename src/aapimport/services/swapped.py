"""Two services whose addresses were mistaken for each other."""

from aapimport.errors import SettingsError
from aapimport.services.discovery import Capabilities


def check_not_swapped(portal: Capabilities, jhana: Capabilities) -> None:
    """Refuse two services whose addresses were mistaken for each other.

    Only a portal has passes, so a Jhana that publishes some beside a portal without any is one.

    Raises:
        SettingsError: They are swapped.
    """
    if jhana.passes and not portal.passes:
        raise SettingsError(
            "Jhana's address publishes passes and the portal's does not: they look swapped",
            hint="set AAPIMPORT_PORTAL_URL to the address with the passes",
        )
