"""Reading both services for a comparison of the people of a pass."""

from collections.abc import Callable, Iterator
from functools import partial

from aapimport.errors import AapimportError
from aapimport.plan.make import Services
from aapimport.plan.own import who_runs
from aapimport.run.allowing import Allowing
from aapimport.run.both_lists import read_jhana, read_portal
from aapimport.run.journal import Journal
from aapimport.run.other_owners import OtherOwners
from aapimport.run.reconciled import Compared
from aapimport.run.reconciling import Comparing
from aapimport.run.records import Fact
from aapimport.run.said_since import said_since
from aapimport.run.teams_now import TeamsNow, read_teams
from aapimport.run.who_is_active import know_active
from aapimport.run.words import LOST, Words, words_of
from aapimport.services.directory import Unknown
from aapimport.services.portal import Portal
from aapimport.services.values import Pass


def compare(
    journal: Journal,
    services: Services,
    pass_: Pass,
    administrator: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> Compared:
    """Read both services, and say how they differ about the people of a pass; nothing is written.

    Args:
        journal: The journal.
        services: Both services.
        pass_: The pass.
        administrator: The address of whoever runs this; empty when it isn't set.
        tell: Is told what goes on.

    Raises:
        SettingsError: The token is refused.
        ServiceError: A list, or a Group, can't be had whole: it proves nothing.
    """
    words = words_of(journal, journal.uploads_to(services.address, pass_.id))
    portal, jhana = services.portal, services.jhana
    on_portal = read_portal(portal, pass_, words)
    if not on_portal.proves_pass:
        return Compared(unproven=on_portal.unproven)
    tell("reading Jhana's list")
    expects = partial(_expects, journal, services.address)
    on_jhana = read_jhana(services, on_portal, words, expects)
    on_portal, on_jhana = know_active(services, on_portal, on_jhana, words)
    tell("reading the teams")
    teams = _teams(portal, pass_, words)
    drops = journal.has_shown(services.address, "jhana", Fact.DROPS_NAMES)
    comparing = Comparing(
        portal=on_portal,
        jhana=on_jhana,
        words=words,
        allowing=Allowing(
            words=words,
            since=said_since(journal, services.address, words),
            myself=who_runs(portal, administrator),
            shows_roles=on_portal.shows_roles,
            left_out=bool(on_portal.left_out),
        ),
        keeps_names=jhana.capabilities.keeps("name.givenName") and not drops,
        teams=teams,
        owners=OtherOwners(portal),
        newest=words_of(journal, journal.uploads_to(services.address)),
        open_uploads=tuple(_open_uploads(journal, services.address)),
    )
    return comparing.compared()


def _expects(journal: Journal, address: str) -> bool | Unknown:
    """Whether any upload has asked for Jhana, to whichever pass and by whichever profile."""
    try:
        return journal.has_asked_for_jhana(address)
    except AapimportError as error:
        return Unknown(f"{error.message} ({error.hint})")


def _open_uploads(journal: Journal, address: str) -> Iterator[str]:
    for run in journal.open_runs_beside(address):
        yield f"{run.described} is still open: what it does isn't compared"


def _teams(portal: Portal, pass_: Pass, words: Words) -> TeamsNow:
    """The teams that uploads said; all of the pass where somebody may be put into one again."""
    said = [one.team for one in words.all if one.team]
    targets = dict.fromkeys(one.target for one in said)
    is_lost = any(one.state in LOST for one in said)
    return read_teams(portal, pass_.id, pass_.group_id, targets, all_of_pass=is_lost)
