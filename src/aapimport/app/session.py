"""Both services, real or practice, as the settings say, and the journal of what is sent to them."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aapimport.config.addresses import host_of, is_loopback
from aapimport.config.settings import Endpoint, Settings
from aapimport.errors import AapimportError, ServiceError, WrongAddressError

if TYPE_CHECKING:
    from aapimport.app.desk import Desk
    from aapimport.plan.make import Services
    from aapimport.run.beside import Beside
    from aapimport.run.journal import Journal
    from aapimport.services.transport import Transport

_IN_PROCESS = "http://127.0.0.1/v2"


@contextmanager
def connected(settings: Settings, pace: str | None = None) -> Iterator["Services"]:
    """Both services; their connections are closed at the end.

    Args:
        settings: Where they are.
        pace: Requests a second, or the name of a known service; what the settings say when None.

    Raises:
        SettingsError: The practice portal's folder can't be used, or the pace is none.
    """
    from aapimport.plan.make import Services
    from aapimport.services.directory import Directory
    from aapimport.services.patience import Budget, Patience
    from aapimport.services.portal import Portal

    with _telling_where(settings), ExitStack() as stack:
        portal, jhana = _transports(settings, stack, pace)
        budget = Budget()
        other = budget if host_of(portal.url) == host_of(jhana.url) else None
        # the budget belongs to the host; each waits by its own transport, and stops by itself
        directory = Portal(
            "All Access Pass", portal, Patience(portal.pause, budget), settings.not_kept
        )
        directory.adds_to_teams.trusted = settings.keeps_members
        yield Services(
            target=settings.target,
            portal=directory,
            jhana=Directory("Jhana", jhana, Patience(jhana.pause, other)),
        )


@contextmanager
def _telling_where(settings: Settings) -> Iterator[None]:
    """Have an error that speaks of a setting say where it is set."""
    try:
        yield
    except AapimportError as error:
        where = settings.where_set(error.message, error.hint)
        error.hint = "; ".join(filter(None, (error.hint, *where)))
        raise


@contextmanager
def listing(settings: Settings) -> Iterator["Services"]:
    """Both services, each found at its address, for a command that shows what the portal has.

    Args:
        settings: Where they are.

    Raises:
        SettingsError: As for `connected`; or the portal refuses the token.
        WrongAddressError: An address is not that of the service.
        ServiceError: The portal can't be asked.
    """
    from aapimport.services.swapped import check_addresses

    with connected(settings) as services:
        check_addresses(services.portal, services.jhana)
        yield services


def team_names(settings: Settings, pass_name: str) -> tuple[str, ...]:
    """The names of a pass's teams, sorted.

    Raises:
        RefusedError: There is no such pass.
        SettingsError: A setting is missing, or the portal refuses the token.
        ServiceError: The portal can't be asked.
    """
    from aapimport.plan.names import choose_pass

    with listing(settings) as services:
        chosen = choose_pass(services.portal, pass_name)
        return tuple(sorted(t.name for t in services.portal.teams() if t.pass_id == chosen.id))


def _transports(
    settings: Settings, stack: ExitStack, pace: str | None
) -> tuple["Transport", "Transport"]:
    from aapimport.config.pace import read_pace
    from aapimport.services.credentials import secrets_of
    from aapimport.services.pace import Pace
    from aapimport.services.redaction import Redaction
    from aapimport.services.transport import Transport

    typed = read_pace(pace or settings.pace)
    if settings.portal and settings.jhana:
        endpoints = (settings.portal, settings.jhana)
        paces = {host_of(one.url): Pace(typed or _pace(one)) for one in endpoints}
        redaction = Redaction(secret for one in endpoints for secret in secrets_of(one.login))
        portal, jhana = (
            stack.enter_context(
                closing(Transport(one, pace=paces[host_of(one.url)], redaction=redaction))
            )
            for one in endpoints
        )
        return portal, jhana
    from aapimport.sandbox.practice import Practice

    practice = stack.enter_context(closing(Practice(settings.state_dir)))
    endpoint = Endpoint.bearer(_IN_PROCESS, practice.token)
    portal, jhana = (
        stack.enter_context(closing(Transport(endpoint, app=app)))
        for app in (practice.portal, practice.jhana)
    )
    return portal, jhana


def _pace(endpoint: Endpoint) -> float | None:
    """Requests a second by default; a service on this machine is nobody else's."""
    from aapimport.services.pace import DEFAULT

    local = is_loopback(urlsplit(endpoint.url).hostname or "")
    return None if local else DEFAULT


@contextmanager
def opened_journal(settings: Settings, desk: "Desk") -> Iterator["Journal | None"]:
    """The journal of the configured services alone, which nobody else writes; None without one.

    Args:
        settings: Where it is.
        desk: Is told who else writes it.

    Raises:
        SettingsError: It can't be read.
        ServiceError: Another process has it.
    """
    from aapimport.run.journal import Journal, journal_path
    from aapimport.run.lock import only_writer

    path = journal_path(settings.state_dir, settings.target)
    if not path.exists():
        yield None
        return
    with only_writer(path, desk.say), Journal(path, settings.keep_people) as journal:
        yield journal


def journals_beside(settings: Settings, own: Path | None = None) -> "Beside | None":
    """The journals of the other profiles; None in practice, which has one journal for them all.

    Args:
        settings: The settings.
        own: The journal that they are beside; None for that of the settings.
    """
    from aapimport.run.beside import Beside
    from aapimport.run.journal import journal_path

    if settings.target == "practice":
        return None
    own = own or journal_path(settings.state_dir, settings.target)
    return Beside(common_folder(settings), own)


def common_folder(settings: Settings) -> Path:
    """The state folder that all profiles share, of settings for real services."""
    return settings.state_dir.parent.parent if settings.profile else settings.state_dir


@contextmanager
def opened(
    settings: Settings, desk: "Desk", pace: str | None, *, begins: bool
) -> Iterator[tuple["Journal", "Services"]]:
    """The journal of the configured services, which nobody else writes meanwhile, and both.

    Its file says that real services are worked with (`config.choice`), so the first is made only
    where an upload may begin, and once both services have answered; it stays if one was begun.

    Args:
        settings: Where the services are.
        desk: Is told who else writes the journal.
        pace: As for `connected`.
        begins: Whether an upload may begin.

    Raises:
        SettingsError: As for `connected`; or the journal can't be read, or a service refuses us.
        ServiceError: Another process has the journal, or a service can't be asked; or something
            else answers at an address at which an earlier upload was begun.
    """
    from aapimport.run.journal import Journal, journal_path
    from aapimport.run.lock import only_writer
    from aapimport.services.swapped import check_not_swapped

    others = journals_beside(settings)
    path = journal_path(settings.state_dir, settings.target)
    with ExitStack() as stack:
        services = None
        is_first = settings.target == "live" and not path.exists()
        if is_first:
            services = stack.enter_context(connected(settings, pace))
            if not begins:
                yield stack.enter_context(Journal.empty(others)), services
                return
            with desk.busy("asking the services"):
                check_not_swapped(services.portal, services.jhana)
        stack.enter_context(only_writer(path, desk.say))
        once_closed = stack.enter_context(ExitStack())
        journal = stack.enter_context(Journal(path, settings.keep_people, others))
        journal.purge_due()
        services = services or stack.enter_context(connected(settings, pace))
        try:
            yield journal, services
        except WrongAddressError as error:
            if away := _away(error, journal, services):
                raise away from error
            raise
        finally:
            if is_first and journal.is_empty:
                once_closed.callback(path.unlink)


def _away(
    error: WrongAddressError, journal: "Journal", services: "Services"
) -> ServiceError | None:
    """The error for a service that was at its address before; None where the address is wrong.

    An upload is begun only once both services have answered as what they are.
    """
    for at, directory in enumerate((services.portal, services.jhana)):
        receipt = journal.begun_at(directory.url, at) if directory.name == error.service else ""
        if receipt:
            return ServiceError(
                f"{error.message}; it was there when upload {receipt} was begun, so it seems to be"
                " out of order",
                hint="check your network, as a VPN that may be needed, and try again later; if it"
                " stays like that, ask whoever runs the service whether it has moved",
                state=error.state,
            )
    return None
