"""Carrying out what the journal says: `upload` and `resume` are this one code path.

A fresh look at who is there; accounts on both services, side by side; then the pass where it is a
Group, and teams, one writer for each; then welcome e-mails, to people whose accounts are done. Each
write goes: intent committed, call, result committed, outcome yielded. What is in doubt is looked
up, twice, after the service has had time to finish (docs/protocol.md), and sent once more only
when nobody was found.
"""

from collections.abc import Generator, Iterator

from aapimport.errors import AapimportError, ExitCode, ServiceError
from aapimport.plan.make import Services
from aapimport.run.account_steps import AccountSteps
from aapimport.run.fresh import letters_left, mails_left
from aapimport.run.group_steps import GroupSteps
from aapimport.run.journal import Journal
from aapimport.run.mail_steps import MailSteps
from aapimport.run.options import RunOptions
from aapimport.run.progress import Progress
from aapimport.run.putting_back import tell_what_is_gone
from aapimport.run.records import Run, RunKind, Seats, State, StepKind, Way
from aapimport.run.runs import refuse_other_services
from aapimport.run.same_place import check_place
from aapimport.run.session import Session


class Runner:
    """Carries out one run.

    Args:
        journal: The open journal; nobody else writes it.
        services: The services that the run belongs to.
        run: The run.
        options: How it is carried out.

    Raises:
        RefusedError: The run belongs to other services.
    """

    def __init__(self, journal: Journal, services: Services, run: Run, options: RunOptions) -> None:
        refuse_other_services(run, services.address)
        self._session = Session(journal, run, services, options)

    @property
    def receipt(self) -> str:
        """The run's confirmation number."""
        return self._session.receipt

    def stop(self, code: ExitCode) -> None:
        """Ask the run to stop: what is in flight is finished and recorded first."""
        self._session.conveyor.stop(code)

    def steps(self, last_row: int | None = None) -> Iterator[Progress]:
        """Do everything that is left to do, yielding after each commit.

        Args:
            last_row: The last row to do anything for, without e-mails; None for all, with them. Of
                a run that only sends e-mails: the only row that is mailed.

        Raises:
            StoppedError: `stop` was called.
            SettingsError: A service refuses the token.
            ServiceError: A service is unreachable, or stays busy.
            RefusedError: Too much went wrong, or what was approved is not what would happen now.
        """
        session = self._session
        yield session.conveyor.progress()
        try:
            session.ask_capabilities()
            yield from check_place(session)
            yield from AccountSteps(session).steps(last_row)
            yield from GroupSteps(session).steps(last_row)
            if session.run.way is Way.SMTP:
                from aapimport.run.letter_steps import LetterSteps

                yield from LetterSteps(session).steps(only_row=last_row)
            elif session.run.kind == RunKind.SEND:
                yield from MailSteps(session).steps(only_row=last_row)
            elif last_row is None:
                yield from MailSteps(session).steps()
            yield from tell_what_is_gone(session)
            session.conveyor.finish()
            seats = yield from self._seats_after()
        except AapimportError as error:
            error.state = session.journal.standing(session.receipt)
            raise
        session.journal.finish(session.receipt, seats)

    def left(self) -> tuple[int, int, int]:
        """The seats that the run may still use, and the welcome e-mails that it may still send.

        The last number is of those that a mail server sends after it, in a run of their own.
        """
        session = self._session
        seats = session.journal.seats_left(session.receipt)
        return seats, mails_left(session), letters_left(session)

    def _seats_after(self) -> Generator[Progress, None, Seats]:
        """The seats of the pass as the portal tells them now; nothing where it doesn't.

        Somebody who left and returns may have got their former seat back, which only the portal
        knows. Its count may lag behind its writes, so a smaller one is asked for again; one that
        can't be right is not told. A receipt that is shown again says what was told at the end.
        """
        session, run = self._session, self._session.run
        before = run.seats_used_before
        if run.finished_at or before is None or session.conveyor.is_halted("portal"):
            return Seats()
        by_group = next(session.due(StepKind.PASS, *State), None)  # counted by membership
        ours = session.journal.seats_used(run.receipt)
        for gap in session.gaps():
            try:
                passes = session.services.portal.passes()
            except ServiceError:  # all is done; only the count is missing
                break
            now = next((one for one in passes if one.id == run.pass_id), None)
            if now is None or now.seats_used is None:
                break
            left = session.unsettled("portal")
            more = now.seats_used - before
            if more >= ours or left <= 0:
                lags = more < ours - run.leavers - session.journal.returning(run.receipt)
                return Seats(None if by_group else now.seats_used, None if lags else now.free)
            note = "waiting for the portal to count the seats"
            yield from session.wait(min(gap, left), note, left)
        return Seats()
