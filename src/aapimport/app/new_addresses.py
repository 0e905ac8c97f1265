"""The letter to the vendor's support that asks for other user names. Nothing is sent."""

from collections import Counter
from typing import TYPE_CHECKING

from aapimport.errors import ExitCode, RefusedError, ServiceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aapimport.app.desk import Desk
    from aapimport.app.request import LetterChoices
    from aapimport.config.settings import Settings
    from aapimport.plan.make import Services
    from aapimport.screens.letters import Renamed
    from aapimport.services.scim import Account


def request_addresses(
    pairs: "Sequence[tuple[str, str]]", settings: "Settings", desk: "Desk", choices: "LetterChoices"
) -> ExitCode:
    """Write the letter that asks for other user names; looks at the portal, and writes nothing.

    Raises:
        UsageError: What was given can't be addresses, or names one of them twice; or there can't be
            such a file.
        RefusedError: Nobody has an old address, or somebody has a new one already.
        SettingsError: The portal refuses the token.
        ServiceError: The portal can't be asked.
        FileProblemError: The file is there already, or can't be written.
    """
    from aapimport.app.request import checked_choices, give
    from aapimport.app.session import listing
    from aapimport.screens.letters import addresses_letter
    from aapimport.screens.target import show_target

    choices = checked_choices(choices)
    pairs = _checked_pairs(pairs)
    desk.show_beside(show_target, settings)
    with desk.busy("asking the portal"), listing(settings) as services:
        renamed = _renamed(services, pairs)
    give(addresses_letter(settings.address, renamed, choices.to), settings.address, desk, choices)
    return ExitCode.OK


def _renamed(services: "Services", pairs: "Sequence[tuple[str, str]]") -> "list[Renamed]":
    """Whose account gets which address; one of another account that gets a new one itself is free.

    Raises:
        RefusedError: Nobody has an old address, or somebody has a new one and keeps it.
        ServiceError: The portal can't be asked.
    """
    accounts = []
    for old, _ in pairs:
        if (found := _account(services, old)) is None:
            raise RefusedError(
                f"nobody on the portal has the user name {old}",
                hint="give the address that the person's account has now, then the new one",
            )
        accounts.append(found)
    ids = [one.id for one in accounts]
    for account, (old, new) in zip(accounts, pairs, strict=True):
        if ids.count(account.id) > 1:
            raise RefusedError(
                f"{old} is an address of account {account.id}, which stands there twice",
                hint="each person has one account, and gets one new address",
            )
        taken = _account(services, new)
        if taken and taken.id == account.id:
            raise RefusedError(
                f"{new} is an address of {old}'s account already: {account.id}",
                hint="look on the portal what is to be changed",
            )
        if taken and taken.id not in ids:
            raise RefusedError(
                f"{new} has an account of its own already: {taken.id}",
                hint="if both are the same person, a second seat is used already; tell the support"
                " of both accounts",
            )
    return [(account, new) for account, (_, new) in zip(accounts, pairs, strict=True)]


def _account(services: "Services", email: str) -> "Account | None":
    from aapimport.services.directory import Found, Unknown
    from aapimport.services.values import Wanted

    wanted = Wanted(email=email, first_name="", last_name="")
    found = services.portal.look_everywhere(wanted)
    if isinstance(found, Unknown):
        raise ServiceError(f"{services.portal.name} can't tell who is there: {found.reason}")
    return found.account if isinstance(found, Found) else None


def _checked_pairs(pairs: "Sequence[tuple[str, str]]") -> list[tuple[str, str]]:
    """Old and new addresses, without the blanks around them.

    Raises:
        UsageError: One can't be an address, stands there twice, or is both old and new of one pair.
    """
    from aapimport.check.addresses import address_fault
    from aapimport.person import address_key, without_edges

    checked = [(without_edges(old), without_edges(new)) for old, new in pairs]
    for old, new in checked:
        if not old or not old.isprintable():
            raise UsageError(
                f"{old!r} can't be a user name", hint="give the address that the account has now"
            )
        if fault := address_fault(new):
            raise UsageError(f"{new!r} can't be anybody's new address", hint=fault)
        if address_key(old) == address_key(new):
            raise UsageError(
                f"{old} and {new} are the same address",
                hint="capital letters don't count; give the address that the account has now, then"
                " the new one",
            )
    for which, addresses in zip(("an old", "a new"), zip(*checked, strict=True), strict=True):
        twice = Counter(map(address_key, addresses)).most_common(1)
        if twice and twice[0][1] > 1:
            raise UsageError(
                f"{twice[0][0]} stands there twice as {which} address",
                hint="each person has one address of their own",
            )
    return checked
