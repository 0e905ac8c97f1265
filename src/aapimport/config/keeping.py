"""Keeping a secret for one address, and forgetting it: what `login` and `logout` do."""

from contextlib import suppress

from aapimport.config.keyring_store import KeyringTroubleError, NoKeyringError, user_of
from aapimport.config.keys import TITLES
from aapimport.config.sources import Service, Sources
from aapimport.config.stores import KEYRING, Stores
from aapimport.errors import SettingsError


def keep(service: Service, value: str, stores: Stores, *, in_file: bool) -> str:
    """Keep a secret in the keyring, or in the file; nowhere else is one left.

    Args:
        service: What it opens, and only at the address that it has.
        value: The secret.
        stores: The keyring and the file.
        in_file: Whether it goes into the file, which others can't read, but isn't encrypted.

    Returns:
        Where it is now: `keyring`, or the path of the file.

    Raises:
        SettingsError: The keyring, or the file, can't be written.
    """
    user = user_of(stores.profile, service.name)
    if in_file:
        stores.file.write(service.place, user, value)
        _forget_in_keyring(service, stores)
        return str(stores.file.path)
    try:
        stores.keyring.write(service.place, user, value)
    except KeyringTroubleError as error:
        raise _not_kept(error) from None
    stores.file.delete(service.place, user)
    return KEYRING


def check_writable(service: Service, stores: Stores) -> None:
    """Refuse to keep anything in a keyring that can't be used, before a secret is asked for.

    Raises:
        SettingsError: It can't be used.
    """
    try:
        stores.keyring.read(service.place, user_of(stores.profile, service.name))
    except KeyringTroubleError as error:
        raise _not_kept(error) from None


def forget(service: Service, stores: Stores) -> list[str]:
    """Forget a secret wherever it is kept.

    Returns:
        Where it was: `keyring`, the path of the file, both, or nothing.

    Raises:
        SettingsError: The keyring doesn't say whether it has one, or the file can't be written.
    """
    user = user_of(stores.profile, service.name)
    found = [str(stores.file.path)] if stores.file.delete(service.place, user) else []
    try:
        there = stores.keyring.delete(service.place, user)
    except KeyringTroubleError as error:
        if isinstance(error, NoKeyringError):
            return found
        raise SettingsError(
            f"it isn't known whether the keyring has a secret of {TITLES[service.name]}: {error}",
            hint="unlock it and try again, or set AAPIMPORT_NO_KEYRING=1 if you never use it",
        ) from None
    return [KEYRING, *found] if there else found


def check_known(service: Service, sources: Sources) -> None:
    """Refuse to keep a secret for an address that only a file in the working folder names.

    On a terminal a person is asked about it; here nobody sees it.

    Raises:
        SettingsError: Neither the environment nor the user's own file has the address.
    """
    if sources.only_the_folder_names(service):
        raise SettingsError(
            f"no secret is kept for {service.url}: only a file in the working folder names that"
            f" address, {service.address.origin}",
            hint="run this on a terminal, which asks about it, or write it into your own settings"
            " file (`aapimport config path`)",
        )


def _not_kept(error: KeyringTroubleError) -> SettingsError:
    unlock = "" if isinstance(error, NoKeyringError) else "unlock it and try again, or "
    return SettingsError(
        f"the secret can't be kept: {error}",
        hint=f"{unlock}add --file to keep it in a file that only you can read",
    )


def _forget_in_keyring(service: Service, stores: Stores) -> None:
    """What is there would go before the file; a keyring that can't be used has no say."""
    with suppress(KeyringTroubleError):
        stores.keyring.delete(service.place, user_of(stores.profile, service.name))
