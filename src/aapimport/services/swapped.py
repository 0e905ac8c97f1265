"""Are the portal and Jhana where their addresses say, each at its own?"""

from aapimport.errors import ServiceError, SettingsError, WrongAddressError
from aapimport.services.directory import Directory
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
    _ = portal.capabilities
    try:
        _ = jhana.capabilities
    except WrongAddressError:
        raise
    except (SettingsError, ServiceError):
        return
    check_not_swapped(portal, jhana)


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


def check_not_swapped(portal: Directory, jhana: Directory) -> None:
    """Refuse two services whose addresses were mistaken for each other.

    Only a portal has passes, so a Jhana that publishes some beside a portal without any is one.

    Raises:
        WrongAddressError: They are swapped.
        SettingsError: A service refuses the token.
        ServiceError: A service can't be asked.
    """
    portal_can, jhana_can = portal.capabilities, jhana.capabilities
    if jhana_can.passes and not portal_can.passes:
        raise WrongAddressError(
            "Jhana's address publishes passes and the portal's does not: they look swapped",
            hint=f"exchange {portal.transport.named} and {jhana.transport.named}",
        )
