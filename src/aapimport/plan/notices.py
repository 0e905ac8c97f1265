"""What a service can't do, in sentences: `plan`, `upload` and `doctor` say them alike."""

from collections.abc import Iterator
from enum import StrEnum

from aapimport.services.discovery import Capabilities
from aapimport.services.health import Health, LookUps


class PassIs(StrEnum):
    """What being on the pass is, on a portal."""

    ENTITLEMENT = "entitlement"
    GROUP = "group"
    NOTHING = "nothing"


def portal_notices(
    portal: Capabilities, pass_is: PassIs, *, seats_published: bool
) -> Iterator[str]:
    """What the portal can't do, or does in its own way, of what every upload asks for."""
    if not portal.keeps("roles"):
        yield "the portal keeps no roles: User Role is not sent"
    if pass_is is PassIs.GROUP:
        why = "keeps entitlements, but AAPIMPORT_PASS_AS says group"
        if not portal.keeps("entitlements"):
            why = "keeps no entitlements"
        yield f"the portal {why}: the pass is the Group of that name"
    elif pass_is is PassIs.NOTHING:
        yield "the portal keeps no entitlements and has no Group for the pass: nobody is put on it"
    if not seats_published:
        yield "the portal does not publish its seats: they can't be checked"
    if not portal.mails:
        yield "the portal takes no word about welcome e-mails: it may send its own"


def jhana_notices(jhana: Capabilities) -> Iterator[str]:
    """What Jhana can't do of what an upload with Jhana asks for."""
    if not jhana.mails:
        yield "Jhana takes no word about welcome e-mails: it may send its own"


def health_notices(health: Health) -> Iterator[str]:
    """What an upload does differently because of what a service can't do."""
    can, name = health.capabilities, health.name
    if can is None:
        return
    if can.user_attributes is None:
        yield f"{name} does not say what it keeps: that shows when people are read back"
    elif not can.keeps("externalId"):
        yield (
            f"{name} keeps no externalId: after a lost answer, people are recognised by address"
            " and names"
        )
    if health.look_ups in {LookUps.IGNORED, LookUps.MISSING, LookUps.REFUSED}:
        yield f"{name} does not answer look-ups truthfully: its whole list is read instead"
    elif health.look_ups is LookUps.EXACT_CASE:
        yield (
            f"look-ups on {name} tell capital from small letters: its whole list is read instead"
        )
    elif health.look_ups is LookUps.UNTRIED:
        yield f"look-ups on {name} can't be tried: nobody is there yet"
    if not can.bulk:
        yield f"{name} takes no bulk requests: people are sent one by one"
    if not can.patches:
        yield f"{name} announces no PATCH: it is tried, then PUT"
