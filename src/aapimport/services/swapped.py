"""Are the portal and Jhana where their addresses say, each at its own?"""

from aapimport.errors import ServiceError, SettingsError, WrongAddressError
from aapimport.services.directory import Directory
from aapimport.services.discovery import Capabilities
from aapimport.services.paging import Page
from aapimport.services.right_address import check_address


def check_addresses(portal: Directory, jhana: Directory) -> None:
    """Look at both services once, for a command that needs nothing of Jhana but its address.

    A Jhana that is away, busy or closed to us is no wrong address.

    Raises:
        WrongAddressError: No SCIM service is at an address, or the two are swapped.
        SettingsError: The portal refuses the token.
        ServiceError: The portal can't be asked.
    """
    portal_can = portal.capabilities
    try:
        jhana_can = jhana.capabilities
    except WrongAddressError:
        raise
    except (SettingsError, ServiceError):
        return
    check_not_swapped(portal_can, jhana_can)


def certain_page(directory: Directory) -> Page:
    """The first page of a service's people at the start of a command; a wrong address has none.

    Raises:
        WrongAddressError: No SCIM service is at the address.
        SettingsError: The token is refused.
        ServiceError: The page can't be had.
    """
    try:
        return directory.first_page()
    except ServiceError as error:
        check_address(error, directory.transport, directory.patience, directory.name)
        raise


def check_not_swapped(portal: Capabilities, jhana: Capabilities) -> None:
    """Refuse two services whose addresses were mistaken for each other.

    Only a portal has passes, so a Jhana that publishes some beside a portal without any is one.

    Raises:
        WrongAddressError: They are swapped.
    """
    if jhana.passes and not portal.passes:
        raise WrongAddressError(
            "Jhana's address publishes passes and the portal's does not: they look swapped",
            hint="set AAPIMPORT_PORTAL_URL to the address with the passes",
        )
