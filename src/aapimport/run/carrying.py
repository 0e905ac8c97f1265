"""Carrying out a run that sets values: intent committed, looked at, written, read back, recorded.

Every write sets a value, or says who joins or leaves a Group: after a kill it is looked at whether
it took effect, once it has had time to, and sent again where it didn't.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from aapimport.errors import AapimportError, ExitCode
from aapimport.plan.make import Services
from aapimport.run.conveyor import Batch, Call, StoppedError
from aapimport.run.journal import Journal
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.putting_back import GoneError, put_back_first, tell_what_is_gone
from aapimport.run.records import Run, State
from aapimport.run.runs import refuse_other_services
from aapimport.run.session import Session

LEFT = (State.PLANNED, State.INTENT, State.DOUBT)
"""The states of steps that are still to be carried out."""


class Carrying(ABC):
    """Carries out one run.

    Args:
        journal: The open journal; nobody else writes it.
        services: The services that the run belongs to.
        run: The run.
        options: How it is carried out.

    Raises:
        RefusedError: It belongs to other services.
    """

    def __init__(self, journal: Journal, services: Services, run: Run, options: RunOptions) -> None:
        refuse_other_services(run, services.address)
        self.session = Session(journal, run, services, options)
        self.told: dict[int, str] = {}

    def ask_addresses(self) -> None:  # noqa: B027 -- most know them
        """Have in `told`, by row, what the portal calls those whom the journal has erased."""

    @property
    def receipt(self) -> str:
        """The run's confirmation number."""
        return self.session.receipt

    def stop(self, code: ExitCode) -> None:
        """Ask for an end: what is in flight is finished and recorded first."""
        self.session.conveyor.stop(code)

    def steps(self) -> Iterator[Progress]:
        """Do everything that is left, yielding after each commit.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: A service refuses the token.
            ServiceError: A service is unreachable, or stays busy.
            RefusedError: Too much went wrong.
        """
        session = self.session
        yield session.conveyor.progress()
        try:
            session.ask_capabilities()
            self.begin()
            yield from put_back_first(session)
            yield from settled(session)
            yield from self.groups()
            lines = {service: self.accounts(service) for service in session.directories}
            yield from session.conveyor.drive(lines, self.doing)
            yield from tell_what_is_gone(session)
            session.conveyor.finish()
        except AapimportError as error:
            self.end()
            if not isinstance(error, GoneError):  # what is gone is looked at by the same run again
                session.journal.finish(session.receipt)
            if not session.journal.run(session.receipt).is_open:
                if isinstance(error, StoppedError):
                    error.message = "everything was done already"
                error.hint = error.hint.removesuffix(", then resume")
            error.state = self.standing()
            raise
        self.end()
        session.journal.finish(session.receipt)

    def standing(self) -> str:
        """The state of the world after a session that an error has ended, and what goes on."""
        return self.session.journal.standing(self.session.receipt)

    def begin(self) -> None:  # noqa: B027 -- most have nothing to do before
        """What comes before anything is sent; may be repeated."""

    def end(self) -> None:  # noqa: B027 -- likewise
        """What comes after everything else of a session, also of one that was stopped."""

    def look(self) -> None:  # noqa: B027 -- likewise
        """Record what became of what was sent, once it has settled, before the run is closed."""

    @abstractmethod
    def groups(self) -> Iterator[Progress]:
        """Carry out the steps about Groups."""

    @abstractmethod
    def accounts(self, service: str) -> Iterator[Batch]:
        """The steps about accounts of a service, each in a batch of its own."""

    @abstractmethod
    def doing(self, batch: Batch) -> Call:
        """Carry out one of them."""


def settled(session: Session) -> Iterator[Progress]:
    """Wait until what an earlier session sent has taken effect, or never will.

    Raises:
        StoppedError: The run was asked to stop.
    """
    for service in session.directories:
        left = session.unsettled(service)
        if left > 0 and not session.conveyor.is_halted(service):
            yield from session.wait(left, "waiting for what was sent to settle", left)
