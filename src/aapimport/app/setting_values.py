"""What undos and repairs share: carried out, closed, shown again, and alone at their services."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from aapimport.errors import AapimportError, DeclinedError, ExitCode, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aapimport.app.desk import Desk
    from aapimport.app.notice import Teller
    from aapimport.plan.make import Services
    from aapimport.run.carrying import Carrying
    from aapimport.run.journal import Journal
    from aapimport.run.reconcile_report import RepairReport
    from aapimport.run.records import Run

    Showing = Callable[[Run, Mapping[int, str], bool], ExitCode]
    """Shows a receipt: the run, the addresses that were read, whether an error has ended it."""


@dataclass(frozen=True, kw_only=True)
class ValuesCarrier:
    """Carries undos and repairs out; their commands and `resume` share it.

    Attributes:
        journal: The open journal.
        services: The services.
        desk: Shows how far it is.
        settle_seconds: How long a service may still be finishing a lost request.
        teller: Tells whom `[notify]` names how it ended; None for nobody.
        repairs: The receipts of a repair that were printed; the last one is told.
    """

    journal: "Journal"
    services: "Services"
    desk: "Desk"
    settle_seconds: float
    teller: "Teller | None" = None
    repairs: "list[RepairReport]" = field(default_factory=list)

    def carry_out(self, run: "Run", emails: "Mapping[int, str] | None" = None) -> ExitCode:
        """Do everything that is left of a run, then print its receipt.

        Args:
            run: The run; one that is finished or closed only shows its receipt.
            emails: The addresses by row, where they were read just now.

        Raises:
            AapimportError: It could not go on; what was done is recorded.
        """

        def show(ended: "Run", told: "Mapping[int, str]", unfinished: bool) -> ExitCode:
            known = {**told, **(emails or {})}
            return print_again(self.journal, ended, self.desk, known, unfinished=unfinished)

        return self.go_on(run, show)

    def go_on(self, run: "Run", show: "Showing") -> ExitCode:
        """Do everything that is left of a run that is open, then show its receipt, however it ends.

        Args:
            run: The run.
            show: Shows the receipt of the run as it is then.

        Raises:
            AapimportError: It could not go on; what was done is recorded.
        """
        from aapimport.app.signals import stoppable

        if not run.is_open:
            return show(run, {}, False)
        carrying = self._carrying(run)
        with stoppable(carrying, self.desk):  # until the receipt is out: ^C must not lose it
            try:
                self.desk.progress(carrying.steps())
            except AapimportError as error:
                show(self.journal.run(run.receipt), carrying.told, True)
                self._tell(run, error)
                raise
            try:
                carrying.ask_addresses()
                return show(self.journal.run(run.receipt), carrying.told, False)
            finally:  # also where the receipt can't be printed
                self._tell(run)

    def _tell(self, run: "Run", error: AapimportError | None = None) -> None:
        if self.teller:
            repair = self.repairs[-1] if self.repairs else None
            self.teller.tell(self.journal, run.receipt, self.desk, error, repair)

    def _carrying(self, run: "Run") -> "Carrying":
        from aapimport.run.options import RunOptions
        from aapimport.run.records import RunKind
        from aapimport.run.repairing import Repairing
        from aapimport.run.undoing import Undoing

        options = RunOptions(settle_seconds=self.settle_seconds)
        kind = Undoing if run.kind == RunKind.UNDO else Repairing
        return kind(self.journal, self.services, run, options)

    def close(self, run: "Run") -> ExitCode:
        """End a run as it is, after a yes, and once nothing of it is on its way any more.

        While it is open, nobody plans with what its last requests may still change.

        Raises:
            DeclinedError: The answer was no.
            StoppedError: It was stopped while it waited, and stays open.
            UsageError: Nothing can answer.
        """
        from aapimport.run.kept_mails import keep_mails_back
        from aapimport.run.records import RunKind

        question = f"Close {run.name}? It can't be resumed any more."
        if run.is_open:
            if not self.desk.confirm(question, default=False, flags="--yes"):
                raise DeclinedError("you did not say yes")
            self._settled(run)
            self._carrying(run).look()
            if run.kind == RunKind.UNDO:
                keep_mails_back(self.journal, run)
            run = self.journal.close(run.receipt)
            self._tell(run)
        return self.carry_out(run)

    def _settled(self, run: "Run") -> None:
        """Wait as long as the services may be at what was sent to them."""
        from aapimport.app.signals import stoppable
        from aapimport.run.carrying import settled
        from aapimport.run.options import RunOptions
        from aapimport.run.session import Session

        options = RunOptions(settle_seconds=self.settle_seconds)
        session = Session(self.journal, run, self.services, options)
        with stoppable(session, self.desk):
            self.desk.progress(settled(session))


def print_again(
    journal: "Journal",
    run: "Run",
    desk: "Desk",
    emails: "Mapping[int, str] | None" = None,
    *,
    unfinished: bool = False,
) -> ExitCode:
    """Print the receipt of an undo or a repair, as the journal has it.

    Args:
        journal: The journal.
        run: The run.
        desk: Prints it.
        emails: The people's addresses by row, as far as they were read just now.
        unfinished: Whether an error has ended it, which is told afterwards.

    Returns:
        The exit code that the receipt stands for.
    """
    from aapimport.app.reconcile import print_repair
    from aapimport.app.undo import print_undo
    from aapimport.run.records import RunKind

    if run.kind == RunKind.UNDO:
        return print_undo(journal, run, desk, emails, unfinished=unfinished)
    return print_repair(journal, run, desk, unfinished=unfinished)


class _Receipt(Protocol):
    """What a receipt tells of itself."""

    @property
    def unfinished(self) -> int:
        """How much isn't done."""


class _Report(_Receipt, Protocol):
    """A receipt that can be printed."""

    def model_dump_json(self, *, by_alias: bool, indent: int) -> str:
        """It as JSON."""

    @property
    def exit_code(self) -> ExitCode:
        """What it stands for."""


def print_values_receipt(
    run: "Run",
    report: _Report,
    desk: "Desk",
    show: "Callable[[], None]",
    *,
    unfinished: bool = False,
) -> ExitCode:
    """Print a receipt, and the command that goes on where it isn't finished.

    Args:
        run: The run.
        report: Its receipt.
        desk: Prints it.
        show: Shows it on a screen.
        unfinished: Whether an error has ended it: nothing that hinders printing takes the place of
            that error, and as JSON both are one object.
    """
    from aapimport.app.receipts import printed_receipt

    if unfinished and desk.as_json:
        desk.hold_result(report.model_dump_json(by_alias=True, indent=2))
        return report.exit_code
    try:
        with printed_receipt(run, desk):
            if desk.as_json:
                desk.print_result(report.model_dump_json(by_alias=True, indent=2))
            else:
                show()
    except RefusedError as error:
        if not unfinished:
            raise
        desk.say(f"{error.message}; {error.hint}")
    except OSError:  # the terminal is gone
        if not unfinished:
            raise
    if report.unfinished and run.closed_at is None and not unfinished:
        desk.say(f"next: aapimport resume {run.receipt}")
    return report.exit_code


def refuse_beside_open_values(journal: "Journal", address: str) -> None:
    """Refuse to begin, or to go on with, anything beside an undo or a repair that isn't finished.

    Raises:
        RefusedError: One is open at these services.
    """
    from aapimport.config.addresses import share_a_place
    from aapimport.run.records import SETS_VALUES

    for run in journal.open_runs():
        if run.kind in SETS_VALUES and share_a_place(run.address, address):
            of = f" of upload {run.of}" if run.of else ""
            raise RefusedError(
                f"{run.name}{of} is still open, {journal.progress(run.receipt)}",
                hint=f"finish it, or end it with --close, first:  aapimport resume {run.receipt}",
            )


def refuse_beside_open_uploads(journal: "Journal", address: str, but: str = "") -> None:
    """Refuse to begin beside an upload that isn't finished.

    Args:
        journal: The journal.
        address: The pair of services.
        but: An upload that doesn't count.

    Raises:
        RefusedError: One is open at these services.
    """
    for other in journal.open_runs_beside(address):
        if other.receipt != but:
            raise RefusedError(
                f"upload {other.receipt} is still open at these services",
                hint=f"finish it, or end it, first:  aapimport resume {other.receipt}",
            )
