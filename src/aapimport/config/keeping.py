"""Keeping a secret for one address, and forgetting it: what `login` and `logout` do."""

from aapimport.config.digests import digest_of
from aapimport.config.keyring_store import KeyringTroubleError, NoKeyringError, user_of
from aapimport.config.keys import NO_KEYRING, TITLES, TableName
from aapimport.config.sources import Service, Sources
from aapimport.config.stores import KEYRING, Stores, address_of
from aapimport.errors import SettingsError


def keep(service: Service, value: str, stores: Stores, *, in_file: bool) -> str:
    """Keep a secret in the keyring, or in the file; nowhere else is one left.

    The keyring may be closed when somebody asks whose a secret is, so a digest is noted; until the
    keyring has taken the secret, only that something may be there.

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
        stores.file.write(service.kept_for, user, value)
        _take_out_of_keyring(service.kept_for, user, stores)
        return str(stores.file.path)
    stores.index.write(service.kept_for, user, KEYRING)
    try:
        stores.keyring.write(service.kept_for, user, value)
    except KeyringTroubleError as error:
        raise _not_kept(error) from None
    stores.index.write(service.kept_for, user, digest_of(value))
    stores.file.delete(service.kept_for, user)
    return KEYRING


def check_writable(service: Service, stores: Stores, *, in_file: bool) -> None:
    """Refuse what couldn't be kept, or wouldn't be used, before a secret is asked for.

    A keyring goes before the file: one that can't be opened may have an older secret.

    Raises:
        SettingsError: The keyring can't be used.
    """
    try:
        stores.keyring.read(service.kept_for, user_of(stores.profile, service.name))
    except KeyringTroubleError as error:
        if not in_file:
            raise _not_kept(error) from None
        if not isinstance(error, NoKeyringError):
            raise _may_go_first("the secret isn't kept", error) from None


def forget(name: TableName, place: str, stores: Stores) -> dict[str, list[str]]:
    """Forget a profile's secrets of a service, also those of addresses that it once had.

    Args:
        name: The service.
        place: What its secret is bound to now; empty without an address.
        stores: The keyring and the files.

    Returns:
        Where each was (`keyring`, the path of the file, or both), by what its address leads to.

    Raises:
        SettingsError: The keyring doesn't say whether it has one, or a file can't be written.
    """
    user = user_of(stores.profile, name)
    places = [*([place] if place else []), *stores.file.places(user), *stores.index.places(user)]
    found: dict[str, dict[str, None]] = {}
    for one in dict.fromkeys(places):
        where = _forgotten(name, one, user, stores)
        found.setdefault(address_of(one), {}).update(dict.fromkeys(where))
    return {address: [*where] for address, where in found.items() if where}


def _forgotten(name: TableName, place: str, user: str, stores: Stores) -> list[str]:
    found = [str(stores.file.path)] if stores.file.delete(place, user) else []
    try:
        there = stores.keyring.delete(place, user)
    except KeyringTroubleError as error:
        if isinstance(error, NoKeyringError) and stores.index.read(place, user) is None:
            return found
        raise SettingsError(
            f"it isn't known whether the keyring has a secret of {TITLES[name]} at"
            f" {address_of(place)}: {error}",
            hint=f"unlock it and try again, or set {NO_KEYRING}=1 if you never use it"
            if not isinstance(error, NoKeyringError)
            else "run this where the keyring is that it was kept in",
        ) from None
    stores.index.delete(place, user)
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
    off = "" if isinstance(error, NoKeyringError) else f"unlock it, or set {NO_KEYRING}=1 and "
    return SettingsError(
        f"the secret can't be kept: {error}",
        hint=f"{off}add --file to keep it in a file that only you can read",
    )


def _may_go_first(what: str, error: KeyringTroubleError) -> SettingsError:
    return SettingsError(
        f"{what}: {error}, and an older one that may be in it would go first",
        hint=f"unlock it and try again, or set {NO_KEYRING}=1, here and wherever aapimport runs",
    )


def _take_out_of_keyring(place: str, user: str, stores: Stores) -> None:
    """What is there would go before the file; a keyring that isn't there has no say."""
    try:
        stores.keyring.delete(place, user)
    except NoKeyringError:
        return
    except KeyringTroubleError as error:
        raise _may_go_first(f"the secret is kept in {stores.file.path}", error) from None
    stores.index.delete(place, user)
