"""What a service can't do, in sentences: `plan`, `upload` and `doctor` say them alike."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from aapimport.config.keys import setting
from aapimport.services.discovery import Capabilities
from aapimport.services.health import Health, LookUps
from aapimport.services.values import Pass


class PassIs(StrEnum):
    """What being on the pass is, on a portal."""

    ENTITLEMENT = "entitlement"
    GROUP = "group"
    NOTHING = "nothing"


def portal_notices(
    portal: Capabilities, pass_is: PassIs, *, seats_published: bool
) -> Iterator[str]:
    """What the portal can't do, or does in its own way, of what every upload asks for."""
    if not portal.keeps("name"):
        yield f"{_lacks(portal, 'name', 'names')}: First Name and Last Name are not sent"
    if not portal.keeps("roles"):
        yield f"{_lacks(portal, 'roles', 'roles')}: User Role is not sent"
    no_entitlements = _lacks(portal, "entitlements", "entitlements")
    if pass_is is PassIs.GROUP:
        chosen = portal.keeps("entitlements")
        why = f"{setting('pass_as')} says group" if chosen else no_entitlements
        yield f"{why}: the pass is the Group of that name"
    elif pass_is is PassIs.NOTHING:
        yield f"{no_entitlements}, and there is no Group for the pass: nobody is put on it"
    if not seats_published:
        yield "the portal does not publish its seats: they can't be checked"
    if not portal.mails:
        yield "the portal takes no word about welcome e-mails: it may send its own"


def pass_notices(pass_: Pass, now: datetime) -> Iterator[str]:
    """That a pass is over, or hasn't begun."""
    if pass_.valid_until and pass_.valid_until < now:
        yield f"pass {pass_.name!r} ended on {pass_.valid_until:%d %b %Y}"
    elif pass_.valid_from and pass_.valid_from > now:
        yield f"pass {pass_.name!r} begins on {pass_.valid_from:%d %b %Y}"


def _lacks(portal: Capabilities, attribute: str, name: str) -> str:
    """Whose word it is that the portal doesn't keep something: its own, or a setting's."""
    if attribute in portal.not_kept:
        return f"{setting('not_kept')} says that the portal keeps no {name}"
    return f"the portal declares no {name}"


def jhana_notices(jhana: Capabilities) -> Iterator[str]:
    """What Jhana can't do of what an upload with Jhana asks for."""
    if not jhana.mails:
        yield (
            "Jhana takes no word about e-mails: it mails whoever is enabled there, and subscribes"
            " them to its weekly newsletter, by itself, also with --no-emails"
        )


def health_notices(health: Health) -> Iterator[str]:
    """What an upload does differently because of what a service can't do."""
    can, name = health.capabilities, health.name
    if can is None:
        return
    if can.user_attributes is None:
        yield f"{name} declares nothing: what it keeps shows when people are looked up afterwards"
    if not can.keeps("externalId"):
        why = "declares no externalId that can be written"
        if "externalid" in can.not_kept:
            why = f"keeps no externalId, says {setting('not_kept')}"
        yield f"{name} {why}: after a lost answer, people are recognised by address and names"
    yield from _look_up_notices(health)
    if not can.bulk:
        yield f"{name} takes no bulk requests: people are sent one by one"
    if not can.patches:
        yield f"{name} announces no PATCH: it is tried, then PUT"


def _look_up_notices(health: Health) -> Iterator[str]:
    name = health.name
    if health.malformed:
        some = len(health.malformed)
        yield (
            f"{name} has accounts that can't be read, and an upload leaves them alone: {some:,}"
            f" among those looked at, the first is {health.malformed[0]}"
        )
    if health.look_ups in {LookUps.IGNORED, LookUps.MISSING, LookUps.REFUSED}:
        yield f"{name} does not answer look-ups truthfully: its whole list is read instead"
    elif health.look_ups is LookUps.EXACT_CASE:
        yield (
            f"look-ups on {name} tell capital from small letters: its whole list is read instead"
        )
    elif health.look_ups is LookUps.UNTRIED:
        yield f"look-ups on {name} can't be tried: nobody is there yet"
